"""Every operation on tensors, one declaration each, a theme a file; `methods.py` lists them as methods."""
