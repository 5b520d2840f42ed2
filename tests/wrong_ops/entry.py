"""What a wrong op is: NumPy functions for its value and its (wrong) gradient, how its inputs look, and a witness.

A pair of NumPy functions can be wrapped for every framework, so that the same wrong op stands before every checker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Witness:
    """Concrete inputs on which the gradient is wrong: element `index` of input `argument`, by `g` (None: all ones).

    `kind` says what shows there:
    - "value": `backward` gives another number (or NaN, or another shape, or None) than the derivative of `exact`.
    - "float32": the same, with inputs in float32 and beyond float32's rounding; or a gradient that is not float32.
    - "layout": another number than for the same values in C order; `layout` makes the array that shows it,
      from the input `argument` or from `g`: whichever it leaves equal in value.
    - "repeat": the same call gives another number after a call on `other` inputs (state, caches, shared buffers),
      or an array returned before has changed.
    - "mutates": an input or the upstream gradient has been changed by the call.
    - "raises": `backward` raises where `forward` gives a value.
    - "reuse": wrong only where the same array is given for two arguments (`inputs` holds it twice, the same object).
    - "linear": backward(2 g) is not 2 backward(g), and the derivative of `exact` agrees with neither or only one.
    - "second": the first derivative is right, the second is wrong (for `differentiable` ops, see WrongOp).
    """

    inputs: tuple[Any, ...]
    argument: int = 0
    index: tuple[int, ...] = ()
    g: Any = None
    kind: str = "value"
    options: Mapping[str, Any] = field(default_factory=dict)
    layout: Callable[[Array], Array] | None = None
    other: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class WrongOp:
    """`forward(*inputs, **options)` gives an array or a tuple, `backward(g, *inputs, **options)` one gradient an input.

    `shapes` has one letter a dimension, the same letter the same size, a comma between inputs: "nm,mk". "..." is for
    any leading dimensions (those of several inputs broadcast together), "*" alone for any shape, the same for every
    "*", "1" for size one. `domains` has one word an input: "real", "positive", "nonzero", "unit" (open, from 0 to 1),
    "probability" (rows that sum to 1), "labels:m" (integers below the size of m), "indices:n" (from -n below n,
    repeated ones too), "mask" (bool). `options` lists the values each keyword may take. Inputs whose domain is not of
    real numbers have None for their gradient, rightly.
    `exact` is the right forward in mpmath: arrays of dtype object that hold mpf (integers for labels), to the same.
    `differentiable`, for ops whose second derivative is wrong: `differentiable(torch)` returns a function of tensors,
    written with torch.autograd.Function, where `torch` is PyTorch or microdl.
    """

    name: str
    bug: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    exact: Callable[..., Any]
    shapes: str
    witness: Witness
    domains: Sequence[str] = ()  # all "real" where empty
    options: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    source: str = ""  # historical: library, version, issue or change where it was seen
    differentiable: Callable[[Any], Callable[..., Any]] | None = None
