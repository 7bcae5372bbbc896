"""Fault runs: processes that are killed, commands that race, bytes that change; and what must hold afterwards.

`python -m tests.chaos --minutes 10 --seed 1` runs all of it and prints the table; a short form is part of the tests.
Every harness has a twin of the product with one seeded defect, which it must catch.
"""
