"""App folders: read, checked and compiled into an immutable `AppVersion`, and the form data that follows it."""
