"""The write side: one module per mutation, each a short story over the shared frame in `step/`."""
