"""The words on the boxes of a computational graph."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ..autograd.function import FunctionNode
from ..autograd.graph import Node, OpNode, short_name

Array = np.ndarray[Any, Any]
SPACE = "\N{NO-BREAK SPACE}"  # which no format drops
ACROSS, DOWN = 6, 4  # values in a line, lines of a matrix
LONGEST, LONGEST_VALUES = 64, 56

# One step here that is several in PyTorch, whose last gives its name: where that says less, or another thing.
_WHOLE = {"linear": "linear", "matmul": "matmul", "fold_matrix": "matmul", "fold_vector": "matmul", "vm": "matmul"}
_WHOLE_LOSSES = {"cross_entropy", "cross_entropy_mean"}
_RESHAPINGS = {"view", "unsafe_view", "squeeze", "clone"}


def name_of_step(node: Node) -> tuple[str, str]:
    """A step's name for the picture, and PyTorch's name of it: ("log_softmax", "LogSoftmaxBackward0")."""
    full = short_name(node)
    if isinstance(node, FunctionNode):
        return node.cls.__name__, full
    stem = re.sub(r"Backwards?\d*(?=_copy$|$)", "", full)
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", stem).lower() or full
    declared = node.plan.declared.name if isinstance(node, OpNode) else ""
    if declared in _WHOLE_LOSSES:
        return "cross_entropy", full
    return (_WHOLE.get(declared, name) if name in _RESHAPINGS else name), full


def of_shape(shape: tuple[int, ...], dtype: Any) -> str:
    return f"{tuple(int(n) for n in shape)} {np.dtype(dtype).name}"


def plain_value(value: Any) -> str:
    """A number, a word, or a few of them; "" for anything else."""
    if isinstance(value, (bool, int, str, np.integer)):
        text = repr(value.item() if isinstance(value, np.integer) else value)
    elif isinstance(value, (float, np.floating)):
        text = _number(value)
    elif isinstance(value, tuple) and all(isinstance(part, int) for part in value):
        text = repr(value)
    else:
        return ""
    return text if len(text) <= LONGEST else ""


def lines_of_values(kind: str, array: Array, word: str) -> list[tuple[str, str]]:
    """The values of a small array, in one line or one for each row; of a larger one their range."""
    lead = f"{word:<6}".replace(" ", SPACE)
    if not array.size:
        return []
    texts = _written_out(array)
    if not texts or max(map(len, texts)) > LONGEST_VALUES:
        texts = [_range(array)]
    return [(kind, (lead if i == 0 else SPACE * len(lead)) + text) for i, text in enumerate(texts)]


def _written_out(array: Array) -> list[str]:
    """The lines of a small array; none for a larger one."""
    if array.size == 1:
        return ["[" * array.ndim + _number(array.reshape(-1)[0], 6) + "]" * array.ndim]
    if array.ndim == 1 and len(array) <= ACROSS:
        return [f"[{', '.join(map(_number, array))}]"]
    if array.ndim == 2 and array.shape[0] <= DOWN and array.shape[1] <= ACROSS:
        return _rows(array)
    return []


def _range(array: Array) -> str:
    """From the least to the greatest; NaN is neither."""
    low, high = array.min(), array.max()
    if low == high:
        return f"all {_number(low)}"
    if array.dtype.kind == "f" and np.isnan(low):
        return "all nan" if np.isnan(array).all() else "some nan"
    return f"{_number(low)} … {_number(high)}"


def _rows(matrix: Array) -> list[str]:
    cells = [[_number(value) for value in row] for row in matrix]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rows = [", ".join(cell.rjust(width, SPACE) for cell, width in zip(row, widths, strict=True)) for row in cells]
    last = len(rows) - 1
    return [f"{'[[' if i == 0 else SPACE + '['}{row}]{']' if i == last else ','}" for i, row in enumerate(rows)]


def _number(value: Any, digits: int = 4) -> str:
    return f"{float(value):.{digits}g}" if np.asarray(value).dtype.kind == "f" else str(value)


def printable(text: str) -> str:
    """The text in one line, without characters that XML forbids."""
    return "".join(c if c.isprintable() or c == SPACE else "\N{REPLACEMENT CHARACTER}" for c in text)


def shortened(text: str) -> str:
    """The same, and at most `LONGEST` characters of it."""
    flat = printable(text)
    return flat if len(flat) <= LONGEST else flat[: LONGEST - 1] + "…"
