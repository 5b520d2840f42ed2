"""The same calls on microdl and on PyTorch: cases generated from tables, compared live or with a record."""
