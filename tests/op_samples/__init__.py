"""One sample for each operation of the table: how to call it, on which inputs, and NumPy's word for its value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from microdl.autograd.record import TABLE

from .activations import ACTIVATIONS
from .distances import DISTANCES
from .elementwise import ARITHMETIC, WITHOUT_DERIVATIVE
from .kinds import Array, Case
from .linear_algebra import DECOMPOSITIONS, MATRICES, PRODUCTS
from .losses import LOSSES
from .picking import PICKING
from .reductions import ORDERED, REDUCTIONS
from .shaping import SHAPING
from .special import POINTWISE, SPECIAL

SAMPLES = {
    **WITHOUT_DERIVATIVE, **ARITHMETIC, **SHAPING, **PICKING, **REDUCTIONS, **ORDERED, **PRODUCTS, **MATRICES,
    **DECOMPOSITIONS, **ACTIVATIONS, **LOSSES, **SPECIAL, **POINTWISE, **DISTANCES,
}  # fmt: skip
REFUSED = {"floor_divide", "heaviside", "unique", "unique_consecutive"}  # backward raises
NARROWING = {"to_copy"}  # to float32

__all__ = ["NARROWING", "REFUSED", "SAMPLES", "Array", "Case", "arguments", "differentiable", "operation"]


def differentiable() -> list[str]:
    """The samples of what has a derivative."""
    return [name for name in SAMPLES if name not in REFUSED and (name not in TABLE or TABLE[name].formulas)]


def operation(name: str) -> Callable[..., Any]:
    """A function of a sample's call and tensors, for `check_op`, which draws the call with them."""

    def call(function: Callable[..., Any], *tensors: Any) -> Any:
        return function(*tensors)

    call.__qualname__ = name
    return call


def arguments(name: str) -> st.SearchStrategy[tuple[Any, ...]]:
    """What `operation(name)` takes."""
    return SAMPLES[name].map(lambda case: (case.call, *case.inputs))
