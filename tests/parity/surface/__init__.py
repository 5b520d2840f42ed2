"""How microdl's public names compare with PyTorch's: `python -m tests.parity.surface` writes SURFACE.md."""
