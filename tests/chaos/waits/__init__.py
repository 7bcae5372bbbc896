"""Waits under fault: timers, messages and jobs while the processes that work on them are killed again and again."""
