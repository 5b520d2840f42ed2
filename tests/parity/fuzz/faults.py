"""What an error says is wrong, so that two errors of unlike types can be told apart; and what repeats its places."""

from __future__ import annotations

from typing import Any

import numpy as np

FAULTS = {  # by the words that say so, in lower case; the first that fits counts
    "memory": ("setstorage",),
    "leaf": ("a leaf variable", "is a view and is being modified", "in no_grad mode and is being modified"),
    "kernel": ("not implemented for", "expected a floating point or complex", "can't be cast to the desired output"),
    "derivative": ("is not differentiable with respect to", "could not infer output dtype"),
    "value": ("without overflow",),
    "dtype of an index": ("tensors used as indices must be", "for index", "target dtype"),
    "dtype": ("dtype", "scalar type", "with a bool tensor is not supported"),
    "size of a part": ("be non-negative", "sizes must be non-empty"),
    "dimensions of an operand": (
        "must be 3d", "matrix @ vector expected", "must be 2-d", "expected a matrix", "dimensionality must match",
        "1 or more dimensions",
    ),
    "dimension": ("dimension out of range", "dimension specified as", "appears multiple times"),
    "number of indices": (
        "should have one element", "number of indices", "too many indices for tensor", "to be a vector",
        "can have only 1 value",
    ),
    "index": ("out of bounds", "out of range", "out of data bounds", "shape of the mask"),
    "rows": ("dim should be positive", "more than 1 value per channel", "to have non-zero size"),
    "shape": ("shape", "size", "broadcast", "dimensions do not match", "multi-target", "should contain"),
}  # fmt: skip


def fault(error: Exception | None) -> str | None:
    text = str(error).lower()
    return next((name for name, words in FAULTS.items() if any(w in text for w in words)), None)


def repeats(a: Any) -> bool:
    """Whether two places of an array are one place in memory."""
    steps = zip(np.indices(a.shape), a.strides, strict=True)
    return len(np.unique(sum((i * s for i, s in steps), np.zeros(a.shape)))) < a.size
