"""From bytes to `contents`: one reader a kind of file, each reporting what it meets with file and line."""
