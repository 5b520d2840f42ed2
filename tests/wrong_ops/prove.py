"""Proof that an entry is wrong where its witness says, against mpmath with 120 digits; says why when it is not.

The derivative of sum(g * exact) along a direction is taken from both sides, by extrapolated differences with a step
of 1e-30. A gradient is right where it lies in the hull of the two sides, so at a kink every subgradient passes. Besides
the witness's element, the elements equal to it are moved together: all of them, those in its row along each axis, and
those at the same place in other arguments. That shows a wrong share among ties, which no single element shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

from .draws import upstream
from .entry import WrongOp

Array = np.ndarray[Any, Any]
DIGITS = 120
STEP = mpmath.mpf(10) ** -30
HUGE = mpmath.mpf(10) ** 15  # a quotient beyond this is a jump or a vertical tangent


@dataclass(frozen=True)
class Hull:
    """The one-sided derivatives along a direction, in order; None where neither side has one."""

    low: Any
    high: Any

    def misses(self, value: Any, relative: float, absolute: float) -> bool:
        """Whether `value` is outside by more than rounding."""
        value = float(value)
        if not np.isfinite(value):
            return True
        slack = relative * max(abs(self.low), abs(self.high)) + absolute
        return bool(value < self.low - slack or value > self.high + slack)


class NotProven(AssertionError):
    """The witness does not show what it claims."""


def is_real(x: Any) -> bool:
    """Whether an input is differentiable: an array of floating point."""
    return bool(np.issubdtype(np.asarray(x).dtype, np.floating))


def lift(x: Any) -> Any:
    """The same numbers as mpf, for a real input; integers and masks as they are."""
    x = np.asarray(x)
    if not is_real(x):
        return x
    out = np.empty(x.shape, dtype=object)
    for i in np.ndindex(x.shape):
        out[i] = mpmath.mpf(float(x[i]))
    return out


def as_tuple(x: Any) -> tuple[Any, ...]:
    """Outputs or gradients, one or several, as a tuple."""
    return tuple(x) if isinstance(x, tuple | list) else (x,)


def ones_for(out: Any) -> Any:
    """The upstream gradient of ones, of the same kind as a forward's value."""
    if isinstance(out, tuple):
        return tuple(ones_for(o) for o in out)
    return np.ones(np.shape(out), dtype=np.asarray(out).dtype)


def copy_of(x: Any) -> Any:
    """A copy of an array or of a tuple of them; other values as they are."""
    if isinstance(x, tuple | list):
        return tuple(copy_of(v) for v in x)
    return np.array(x) if isinstance(x, np.ndarray | np.generic) else x


def same(a: Any, b: Any) -> bool:
    """Whether two gradients or tuples of arrays are equal to the last bit, NaN included."""
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if a is None or b is None:
        return a is b
    return np.shape(a) == np.shape(b) and np.array_equal(a, b, equal_nan=is_real(a))


def inner(g: Any, out: Any) -> Any:
    """sum(g * out) over all outputs, in mpf."""
    total = mpmath.mpf(0)
    for gi, oi in zip(as_tuple(g), as_tuple(out), strict=True):
        weights, values = lift(np.asarray(gi, dtype=float)), np.asarray(oi, dtype=object)
        if weights.shape != values.shape:
            raise NotProven(f"upstream of shape {weights.shape} for an output of shape {values.shape}")
        total += sum((w * v for w, v in zip(weights.ravel(), values.ravel(), strict=True) if w != 0), mpmath.mpf(0))
    return total


def one_sided(f: Callable[[Any], Any], sign: int) -> Any:
    """The derivative of f at 0 from one side; None where there is none (domain's end, jump, vertical tangent)."""
    try:
        base, near, far = f(mpmath.mpf(0)), f(sign * STEP), f(sign * 2 * STEP)
    except (ZeroDivisionError, ValueError, mpmath.libmp.ComplexResult):
        return None
    if any(isinstance(v, mpmath.mpc) or not mpmath.isfinite(v) for v in (base, near, far)):
        return None
    slope = sign * (4 * near - far - 3 * base) / (2 * STEP)
    return None if abs(slope) > HUGE else slope


def hull(f: Callable[[Any], Any]) -> Hull | None:
    """Both sides' derivatives of f at 0; where the domain ends there, the one side's."""
    sides = [s for s in (one_sided(f, -1), one_sided(f, 1)) if s is not None]
    return Hull(min(sides), max(sides)) if sides else None


def along(
    entry: WrongOp, inputs: Sequence[Any], options: dict[str, Any], g: Any, moves: dict[int, Array]
) -> Hull | None:
    """The derivative of sum(g * exact) where input k moves along the array moves[k]."""
    with mpmath.workdps(DIGITS):
        lifted = [lift(x) for x in inputs]
        directions = {k: lift(np.asarray(d, dtype=float)) for k, d in moves.items()}

        def f(t: Any) -> Any:
            moved = [x + t * directions[k] if k in directions else x for k, x in enumerate(lifted)]
            return inner(g, entry.exact(*[np.asarray(x) for x in moved], **options))

        return hull(f)


def directions_at(x: Any, index: tuple[int, ...]) -> list[Array]:
    """The element alone; then its ties moved together, everywhere and along each axis."""
    x = np.asarray(x)
    unit = np.zeros(x.shape)
    unit[index] = 1
    found = [unit]
    ties = (x == x[index]).astype(float)
    rows = [np.zeros(x.shape) for _ in range(x.ndim)]
    for axis, row in enumerate(rows):
        row[(*index[:axis], slice(None), *index[axis + 1 :])] = 1
    for d in [ties, *(ties * row for row in rows)]:
        if not any(np.array_equal(d, e) for e in found):
            found.append(d)
    return found


def moves_at(inputs: Sequence[Any], argument: int, index: tuple[int, ...]) -> list[dict[int, Array]]:
    """What to move: the directions in one argument, and the element with its equals in other arguments."""
    moves = [{argument: d} for d in directions_at(inputs[argument], index)]
    x = np.asarray(inputs[argument])
    unit = moves[0][argument]
    others = [
        k
        for k, y in enumerate(inputs)
        if k != argument and is_real(y) and np.shape(y) == x.shape and np.asarray(y)[index] == x[index]
    ]
    return [*moves, dict.fromkeys([argument, *others], unit)] if others else moves


def call(entry: WrongOp, inputs: Sequence[Any], options: dict[str, Any], g: Any) -> tuple[Any, ...]:
    """Forward, then backward: one gradient an input."""
    with np.errstate(all="ignore"):
        out = entry.forward(*inputs, **options)
        grads = entry.backward(ones_for(out) if g is None else g, *inputs, **options)
    grads = as_tuple(grads)
    if len(grads) != len(inputs):
        raise NotProven(f"{len(grads)} gradients for {len(inputs)} inputs")
    return grads


def upstream_for(entry: WrongOp, inputs: Sequence[Any], options: dict[str, Any], rng: np.random.Generator) -> Any:
    """A signed upstream gradient for the forward's value."""
    with np.errstate(all="ignore"):
        return upstream(entry.forward(*inputs, **options), rng)


def check_forward(entry: WrongOp, inputs: Sequence[Any], options: dict[str, Any], relative: float = 1e-10) -> None:
    """Raises unless forward agrees with exact in shape and, to rounding, in value."""
    with np.errstate(all="ignore"):
        outs = as_tuple(entry.forward(*inputs, **options))
    with mpmath.workdps(50):
        exacts = as_tuple(entry.exact(*[lift(x) for x in inputs], **options))
    if len(outs) != len(exacts):
        raise NotProven(f"forward gives {len(outs)} outputs, exact {len(exacts)}")
    for out, want in zip(outs, exacts, strict=True):
        want = np.asarray(want, dtype=object)
        if np.shape(out) != want.shape:
            raise NotProven(f"forward gives shape {np.shape(out)}, exact {want.shape}")
        expected = np.array([complex(v).real for v in want.ravel()], dtype=float).reshape(want.shape)
        scale = np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected))
        np.testing.assert_allclose(out, expected, rtol=relative, atol=relative * scale + 1e-300, err_msg=entry.name)


def wrong_at(
    entry: WrongOp,
    inputs: Sequence[Any],
    options: dict[str, Any],
    g: Any,
    grads: Sequence[Any],
    argument: int,
    index: tuple[int, ...],
    relative: float = 1e-6,
    absolute: float = 1e-12,
    alone: bool = False,
) -> str:
    """Why `grads[argument]` is wrong at `index`, in words; "" where the directions tried show nothing.

    `alone`: the element is moved by itself only, without its ties.
    """
    x, grad = np.asarray(inputs[argument]), grads[argument]
    if grad is not None and np.shape(grad) != x.shape:
        return f"gradient of shape {np.shape(grad)} for an input of shape {x.shape}"
    grad = np.zeros(x.shape) if grad is None else np.asarray(grad)
    absolute *= 1 + max((float(np.max(np.abs(v), initial=0)) for v in as_tuple(g)), default=0.0)
    if not x.size:
        return ""
    for moves in moves_at(inputs, argument, index)[: 1 if alone else None]:
        if any(k != argument and np.shape(grads[k]) != np.shape(inputs[k]) for k in moves):
            continue
        right = along(entry, inputs, options, g, moves)
        if right is None:
            continue
        with np.errstate(all="ignore"):
            parts = [np.where(d != 0, (grad if k == argument else grads[k]) * d, 0) for k, d in moves.items()]
            value = float(sum(np.sum(p, dtype=float) for p in parts))
        if right.misses(value, relative, absolute):
            count = sum(int(np.count_nonzero(d)) for d in moves.values())
            return f"{value!r} along {count} element(s), right: {float(right.low)!r} to {float(right.high)!r}"
    return ""


def any_wrong(
    entry: WrongOp, inputs: Sequence[Any], options: dict[str, Any], g: Any, grads: Sequence[Any]
) -> tuple[int, tuple[int, ...], str] | None:
    """The first wrong element among all of the real inputs: argument, index and why; single elements before ties."""
    places = [
        (argument, tuple(index))
        for argument, x in enumerate(inputs)
        if is_real(x)
        for index in (np.ndindex(np.shape(x)) if np.size(x) else [()])
    ]
    for alone in (True, False):
        for argument, index in places:
            why = wrong_at(entry, inputs, options, g, grads, argument, index, alone=alone)
            if why:
                return argument, index, why
    return None


def prove(entry: WrongOp) -> str:
    """Why the entry is wrong, in words; raises NotProven when its witness does not show it."""
    from .prove_kinds import KINDS  # the kinds use what is above

    w = entry.witness
    if w.kind not in KINDS:
        raise NotProven(f"unknown kind {w.kind!r}")
    options = dict(w.options)
    inputs = w.inputs
    check_forward(entry, inputs, options)
    with np.errstate(all="ignore"):
        g = ones_for(entry.forward(*inputs, **options)) if w.g is None else w.g
    why = KINDS[w.kind](entry, w, inputs, options, g)
    if not why:
        raise NotProven(f"{entry.name}: nothing wrong shows on the witness (kind {w.kind!r})")
    return str(why)


__all__ = ["Hull", "NotProven", "any_wrong", "call", "check_forward", "lift", "prove", "upstream_for", "wrong_at"]
