"""App folders: read, checked and compiled into an immutable `AppVersion`; form data, validation and evaluation on it."""
