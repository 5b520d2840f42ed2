"""Data sets: handwritten digits, inside the package."""

from microdl.datasets.digits import Digits

__all__ = ["Digits"]
