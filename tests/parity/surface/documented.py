"""The differences from PyTorch that are decisions, with their reasons: one place, read by the table and by its test."""

from __future__ import annotations

from fnmatch import fnmatchcase

_EMPTY = "the mean over no elements is an error here, not a silent NaN"
_SHAPES = "shapes that would broadcast by accident are an error; PyTorch warns"
_STREAM = "the stream of random numbers is another: see the docstring"

# Pattern of names, pattern of findings, reason.
DOCUMENTED = [
    ("torch.*_loss", "ValueError here, accepted there", f"{_SHAPES}; {_EMPTY}"),
    ("torch.nn.functional.binary_cross_entropy*", "ValueError here, accepted there", f"{_SHAPES}; {_EMPTY}"),
    ("*", "accepted here, NotImplementedError there", "works for this dtype too; PyTorch has no kernel for it"),
    ("*", "no argument `out`", "no `out=`"),
    ("torch.*is_tensor", "accepted here, TypeError there", "takes its argument by keyword too"),
    ("torch.Tensor.to", "accepted here, TypeError there", "takes `other` by keyword, as documented"),
    ("torch.autograd.grad*check", "default of *", "without tolerances the comparison has error bars of its own"),
    ("torch.Size*", "*by position only", "a Python tuple's own method"),
]


def reason(path: str, finding: str) -> str | None:
    """Why this is so; None for a difference that is not decided, but open."""
    return next((why for name, what, why in DOCUMENTED if fnmatchcase(path, name) and fnmatchcase(finding, what)), None)
