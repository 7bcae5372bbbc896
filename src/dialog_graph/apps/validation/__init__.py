"""What validation says of form data, one module a source (app folder §10)."""
