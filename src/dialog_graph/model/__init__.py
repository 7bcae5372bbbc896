"""The domain's frozen values and the two readers that every parser of foreign text uses."""
