"""Form data of a version: made, prefilled, patched, calculated, written as JSON and XML (app folder §6, §7, §10.2)."""
