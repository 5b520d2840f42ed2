"""Nested tuples, lists and dicts of tensors: taking them apart and putting them together again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..autograd.graph import TensorBase


def leaves(tree: Any) -> list[Any]:
    """What is not a tuple, list or dict, in order."""
    if isinstance(tree, dict):
        return [leaf for value in tree.values() for leaf in leaves(value)]
    if isinstance(tree, (tuple, list)):
        return [leaf for value in tree for leaf in leaves(value)]
    return [tree]


def rebuilt(tree: Any, new: Iterator[Any]) -> Any:
    """The same structure with other leaves."""
    if isinstance(tree, dict):
        return type(tree)((key, rebuilt(value, new)) for key, value in tree.items())
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(rebuilt(value, new) for value in tree))
    if isinstance(tree, (tuple, list)):
        return type(tree)(rebuilt(value, new) for value in tree)
    return next(new)


def tensors(tree: Any, what: str) -> list[Any]:
    """The leaves, which must be tensors."""
    found = leaves(tree)
    for leaf in found:
        if not isinstance(leaf, TensorBase):
            raise ValueError(f"{what}: expected Tensors, or nested tuples, lists and dicts of them, got {type(leaf)}")
    return found
