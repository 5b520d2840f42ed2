"""Gradient checkers side by side, on the wrong ops of tests/wrong_ops."""
