"""The types of the schema, one file per noun. Each declares names and nullability; the values are those of `model`."""
