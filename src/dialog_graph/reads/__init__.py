"""The read side: one module per root. Functions take a snapshot and lists of ids, and give values of `model`.

What a caller may not know of is left out, as if it did not exist. Row level security cuts at party and resource; the
exact decision (task, level) is made here with the same table that commands ask.
"""
