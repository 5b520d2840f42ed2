"""One body for a forward and its `exact`: f(M, *inputs), where M holds functions of NumPy or of mpmath."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import mpmath as mp
import numpy as np

from ..entry import Array, Witness, WrongOp


def of(*values: Any) -> Array:
    """A float64 array of these values (or rows)."""
    return np.array(values, float)


def ints(*values: Any) -> Array:
    """An array of integers."""
    return np.array(values, dtype=np.int64)


def _floats(function: Callable[[float], float]) -> Callable[[Any], Any]:
    """A function of Python floats as one of arrays, which keeps float32."""
    each = np.frompyfunc(function, 1, 1)

    def call(x: Any) -> Any:
        x = np.asarray(x)
        return np.asarray(each(x.astype(np.float64)), dtype=x.dtype)

    return call


def _digamma(x: float) -> float:
    return float(mp.digamma(x))


def _one(function: Any) -> Any:
    return np.frompyfunc(function, 1, 1)


NP = SimpleNamespace(
    exp=np.exp,
    log=np.log,
    log1p=np.log1p,
    expm1=np.expm1,
    sqrt=np.sqrt,
    cbrt=np.cbrt,
    sin=np.sin,
    cos=np.cos,
    tanh=np.tanh,
    sinh=np.sinh,
    cosh=np.cosh,
    arctan=np.arctan,
    arctan2=np.arctan2,
    arcsin=np.arcsin,
    arcsinh=np.arcsinh,
    floor=np.floor,
    ceil=np.ceil,
    rint=np.rint,
    trunc=np.trunc,
    sigmoid=lambda x: np.exp(-np.logaddexp(0, -x)),
    softplus=lambda x: np.logaddexp(0, x),
    erf=_floats(math.erf),
    lgamma=_floats(math.lgamma),
    digamma=_floats(_digamma),
)


def _cbrt(x: Any) -> Any:
    return mp.cbrt(x) if x >= 0 else -mp.cbrt(-x)


MP = SimpleNamespace(
    exp=_one(mp.exp),
    log=_one(mp.log),
    log1p=_one(mp.log1p),
    expm1=_one(mp.expm1),
    sqrt=_one(mp.sqrt),
    cbrt=_one(_cbrt),
    sin=_one(mp.sin),
    cos=_one(mp.cos),
    tanh=_one(mp.tanh),
    sinh=_one(mp.sinh),
    cosh=_one(mp.cosh),
    arctan=_one(mp.atan),
    arctan2=np.frompyfunc(mp.atan2, 2, 1),
    arcsin=_one(mp.asin),
    arcsinh=_one(mp.asinh),
    floor=_one(mp.floor),
    ceil=_one(mp.ceil),
    rint=_one(mp.nint),
    trunc=_one(lambda x: mp.floor(x) if x >= 0 else mp.ceil(x)),
    sigmoid=_one(lambda x: 1 / (1 + mp.exp(-x))),
    softplus=_one(lambda x: mp.log1p(mp.exp(x)) if x < 0 else x + mp.log1p(mp.exp(-x))),
    erf=_one(mp.erf),
    lgamma=_one(mp.loggamma),
    digamma=_one(mp.digamma),
)


def sign(x: Any) -> Any:
    """-1, 0 or 1, also of mpf."""
    return np.where(x > 0, 1, np.where(x < 0, -1, 0))


def softmax(M: Any, x: Any, axis: int = -1) -> Any:
    """exp(x) over its sum along `axis`."""
    if x.size == 0:
        return x
    e = M.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def lse(M: Any, x: Any, axis: int = -1, keepdims: bool = False) -> Any:
    """log of the sum of exp(x) along `axis`."""
    top = np.max(x, axis=axis, keepdims=True)
    out = M.log(np.sum(M.exp(x - top), axis=axis, keepdims=True)) + top
    return out if keepdims else np.squeeze(out, axis=axis)


def keep(g: Any, x: Any, axis: Any, keepdims: bool = False) -> Any:
    """An upstream gradient of a reduction, with the reduced axes back."""
    if axis is None:
        return np.asarray(g).reshape((1,) * np.ndim(x))
    return g if keepdims else np.expand_dims(g, axis)


def like(g: Any, x: Any) -> Any:
    """A gradient in the dtype and shape of its input."""
    return np.array(np.broadcast_to(g, np.shape(x)), dtype=np.asarray(x).dtype)


def _bound(f: Callable[..., Any], M: Any) -> Callable[..., Any]:
    """f with its first argument given."""

    def call(*inputs: Any, **options: Any) -> Any:
        with np.errstate(all="ignore"):
            return f(M, *inputs, **options)

    return call


def _real(x: Any) -> bool:
    return bool(np.issubdtype(np.asarray(x).dtype, np.floating))


def _cast_out(f: Callable[..., Any]) -> Callable[..., Any]:
    """A forward in the inputs' dtype, so that an entry is wrong for its own reason alone."""

    def call(*inputs: Any, **options: Any) -> Any:
        with np.errstate(all="ignore"):
            out = f(*inputs, **options)
        dtype = np.result_type(*[np.asarray(x).dtype for x in inputs if _real(x)])
        return tuple(np.asarray(v, dtype) for v in out) if isinstance(out, tuple) else np.asarray(out, dtype)

    return call


def _cast_back(f: Callable[..., Any], fresh: bool = False) -> Callable[..., Any]:
    """A backward whose gradients have their inputs' dtypes (and, `fresh`, are arrays of their own)."""

    def call(g: Any, *inputs: Any, **options: Any) -> Any:
        with np.errstate(all="ignore"):
            grads = f(g, *inputs, **options)
        make = np.array if fresh else np.asarray
        several = grads if isinstance(grads, tuple) else (grads,)
        several = tuple(
            None if v is None or not _real(x) else make(v, dtype=np.asarray(x).dtype)
            for v, x in zip(several, inputs, strict=True)
        )
        return several if isinstance(grads, tuple) else several[0]

    return call


def wrong(
    name: str,
    bug: str,
    f: Callable[..., Any],
    backward: Callable[..., Any],
    shapes: str,
    *inputs: Any,
    domains: str = "",
    options: Mapping[str, Sequence[Any]] | None = None,
    differentiable: Any = None,
    at: tuple[int, tuple[int, ...]] = (0, ()),
    given: Mapping[str, Any] | None = None,
    forward: Callable[..., Any] | None = None,
    **witness: Any,
) -> WrongOp:
    """An entry: `f` gives forward and exact, `at` the witness's argument and index, `given` its options."""
    w = Witness(inputs=inputs, argument=at[0], index=at[1], options=given or {}, **witness)
    return WrongOp(
        name=name,
        bug=bug,
        forward=_cast_out(forward or _bound(f, NP)),
        backward=backward if w.kind == "float32" else _cast_back(backward),
        exact=_bound(f, MP),
        shapes=shapes,
        witness=w,
        domains=tuple(domains.split()),
        options=options or {},
        differentiable=differentiable,
    )


@dataclass(frozen=True)
class RightOp:
    """A right op that is hard to check by numbers; fields as of WrongOp, proven at `points`."""

    name: str
    why: str  # what makes it hard
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    exact: Callable[..., Any]
    shapes: str
    domains: Sequence[str] = ()
    options: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    points: Sequence[tuple[Any, ...]] = ()
    tolerance: float = 1e-6  # what its own rounding costs, relative


def right(
    name: str,
    why: str,
    f: Callable[..., Any],
    backward: Callable[..., Any],
    shapes: str,
    *points: Any,
    domains: str = "",
    options: Mapping[str, Sequence[Any]] | None = None,
    forward: Callable[..., Any] | None = None,
    tolerance: float = 1e-6,
) -> RightOp:
    """A right op of one body; a point is an array, or a tuple of the inputs."""
    return RightOp(
        name=name,
        why=why,
        forward=_cast_out(forward or _bound(f, NP)),
        backward=_cast_back(backward, fresh=True),
        exact=_bound(f, MP),
        shapes=shapes,
        domains=tuple(domains.split()),
        options=options or {},
        points=tuple(p if isinstance(p, tuple) else (p,) for p in points),
        tolerance=tolerance,
    )
