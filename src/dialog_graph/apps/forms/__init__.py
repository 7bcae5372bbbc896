"""Forms on the server: the tree of a task with its rows; hidden, required and read-only parts (app folder §9)."""
