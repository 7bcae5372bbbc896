"""The database's history: numbered revisions that only go forward, each a SQL file written by hand."""
