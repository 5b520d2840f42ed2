"""The properties that what the reader wrote must have, one file a chapter."""
