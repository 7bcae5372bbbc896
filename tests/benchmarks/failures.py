"""What makes a benchmark fail: wrong, partial or refused answers, never a slow one."""


class BenchmarkFailed(Exception):
    """A candidate did not do the work; the text says which one and what it answered."""
