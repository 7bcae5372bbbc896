"""What an app folder says, as frozen values: one module a kind of file. No reading, no rules across files."""
