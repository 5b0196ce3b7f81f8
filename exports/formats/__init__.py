"""What posts are written as. A format receives items and yields bytes: no database, no clock, no
settings."""
