"""One sample for each operation of the table: how to call it, on which inputs, and NumPy's word for its value."""

from __future__ import annotations

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

__all__ = ["SAMPLES", "Array", "Case"]
