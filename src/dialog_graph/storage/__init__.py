"""Everything that is kept: the database and its launcher, blobs, and one module of SQL per aggregate."""
