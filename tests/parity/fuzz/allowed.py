"""Where microdl differs on purpose from PyTorch in what a program may do: each class with its reason.

After such a statement the two runs can no longer be compared, and the program ends.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    """A difference: of what kind, at which filled line, what was raised, and PyTorch's operands."""

    kind: str
    text: str
    ours: Exception | None
    theirs: Exception | None
    operands: list[Any]
    no_grad: bool
    changing: bool
    before: list[str]  # the lines so far


def allowed(case: Case) -> str | None:
    """The name of the class of documented differences that this is of."""
    return next((name for name, rule in RULES.items() if rule(case)), None)


def _own_copy(case: Case) -> bool:
    """A change in place keeps its own copy of what backward needs: the right gradient, where PyTorch has none."""
    return case.ours is None and "has been modified by an inplace operation" in str(case.theirs)


def _careful_loss(case: Case) -> bool:
    """A loss refuses shapes that would broadcast by accident, and the mean over an empty batch."""
    careful = ("is different to the input size", "the batch is empty", "the bias must have one number")
    return case.text.startswith("F.") and any(words in str(case.ours) for words in careful)


def _missing_kernel(case: Case) -> bool:
    """PyTorch's CPU has no kernel for the dtype (the ceiling of a bool, say); NumPy has, and the value is plain."""
    words = ("\" not implemented for '", "not supported for", "does not support bool")
    return case.ours is None and any(w in str(case.theirs) for w in words)


def _overlap(case: Case) -> bool:
    """What is read shares memory with what is written. microdl reads all before it writes, as if from a clone; PyTorch
    refuses many such changes, and in the others the result depends on the order of its loops."""
    if not case.changing:
        return False
    arrays = [t.detach().numpy() for t in case.operands]
    overlap = any(np.shares_memory(arrays[0], a) for a in arrays[1:]) or _repeats(arrays[0])
    return overlap and (case.kind == "value" or "single memory location" in f"{case.theirs}{case.ours}")


def _repeats(a: Any) -> bool:
    return any(n > 1 and s == 0 for n, s in zip(a.shape, a.strides, strict=True))


def _dead_view(case: Case) -> bool:
    """A view made under no_grad of a tensor that requires grad, used with recording on: PyTorch records steps that
    lead nowhere, and no gradient ever comes of them; microdl records nothing."""
    return any(t.requires_grad and t.grad_fn is None and t._is_view() for t in case.operands)


def _any_of_equals(case: Case) -> bool:
    """Which of several equal elements is the k-th, the median or the mode is PyTorch's to choose, and it says so."""
    picks = ("kthvalue", "median", "mode", "topk", "aminmax")
    return case.kind == "value" and any(f".{p}(" in case.text for p in picks)


def _several_views(case: Case) -> bool:
    """PyTorch refuses to change the outputs of unbind, split and chunk in place; microdl knows each as a view of its
    own, and gives the right gradient."""
    return case.ours is None and "function that returns multiple views" in str(case.theirs)


def _whole_numbers(case: Case) -> bool:
    """PyTorch marks an integer tensor into which a number with a gradient was written as requiring grad, which it
    otherwise refuses, and no gradient ever flows there; microdl's integers never require grad."""
    return case.kind == "requires_grad" and case.changing and not case.operands[0].is_floating_point()


def _wrapped_bytes(case: Case) -> bool:
    """PyTorch squares narrow integers in their own dtype for the gradient of atan2, where they wrap around."""
    return case.kind in ("grad", "value") and any("atan2" in line for line in case.before)


# Found and not yet settled: each kind, and the lines it was met at. An entry goes when its difference does.
OPEN = (
    ("IndexError only in PyTorch", r"F\.cross_entropy"),
    ("IndexError only here", r"\.(cummax|index_fill|mode|roll)\("),
    (
        "RuntimeError only here",
        r"//=|F\.linear|einsum|lerp|take_along_dim|tensordot|cumsum_|detach_|gather|\[True\]|view",
    ),
    ("RuntimeError only in PyTorch", r"backward|autograd\.grad|F\.embedding|F\.hinge|take_along_dim|detach_|unflatten"),
    (
        "RuntimeError only in PyTorch",
        r"-0\.25|new_tensor|index_put|\.add_|\.sub_?\(|masked_fill|addcmul|tensordot|alpha",
    ),
    ("dtype", r"with_logits|huber_loss|einsum|alpha="),
    ("grad", r"backward|requires_grad_"),
    ("identity", r"\.diff\("),
    ("is_leaf", r"requires_grad_|flatten"),
    ("requires_grad", r"flatten|ravel|autograd\.grad"),
    ("sharing", r"autograd\.grad|flatten|ravel|index_select"),
    ("value", r"with_logits|cosine_similarity|kl_div|alpha=|sum\(dtype|det\("),
)


def _open(case: Case) -> bool:
    """A difference that is known and not yet settled (OPEN)."""
    return any(case.kind.startswith(kind) and re.search(line, case.text) for kind, line in OPEN)


RULES = {
    "own copy": _own_copy,
    "careful loss": _careful_loss,
    "missing kernel": _missing_kernel,
    "overlap": _overlap,
    "dead view": _dead_view,
    "any of equals": _any_of_equals,
    "several views": _several_views,
    "whole numbers": _whole_numbers,
    "wrapped bytes": _wrapped_bytes,
    "open": _open,
}
