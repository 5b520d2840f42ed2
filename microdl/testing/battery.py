"""The checks that a gradient must pass, cheapest first. Each looks at a `Subject` and raises a `Finding`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .finding import Finding
from .numerical import compare_gradients
from .subject import Array, Counts, Subject, accepted, flat, is_real, largest, raised, uneven

__all__ = ["BATTERY", "EACH", "IN_TURN", "LAYOUTS", "Check", "run"]

# Relative, in float64: what is computed in another order may differ by so much of its largest term.
ROUNDING = 2.0**-26
Check = Callable[[Subject, Counts], None]


def forward(subject: Subject, counts: Counts) -> None:
    """The forward is repeatable, and leaves its inputs alone."""
    before = _copies(subject.args)
    first, second_time = subject.outputs, subject.forward()
    _unchanged(before, subject.args, "the forward changed input")
    for i, (y, again) in enumerate(zip(first, second_time, strict=True)):
        if y.shape != again.shape or not np.array_equal(y, again, equal_nan=y.dtype.kind == "f"):
            raise Finding("repeat", f"output {i} differs between two calls on the same inputs", again, y)


def backward(subject: Subject, counts: Counts) -> None:
    """Gradients have their inputs' shapes and dtypes; inputs and upstream stay as they were."""
    before = _copies(subject.args)
    gs = subject.upstream()
    given = _copies(gs)
    outputs, pull = subject.backward()
    for i, (y, recorded) in enumerate(zip(subject.outputs, outputs, strict=True)):
        if y.shape != recorded.shape or not _close(recorded, y, ROUNDING):
            raise Finding("forward", f"output {i} differs once the graph is recorded", recorded, y)
    found = pull(*gs)
    _unchanged(before, subject.args, "the backward changed input")
    _unchanged(given, gs, "the backward changed upstream gradient")
    for i, g in zip(subject.wanted, found, strict=True):
        x = subject.args[i]
        if g is not None and g.shape != x.shape:
            raise Finding(
                "shape", f"the gradient of input {i} has shape {g.shape}, the input has {x.shape}", g, argument=i
            )
        if g is not None and g.dtype != subject.dtype(x):
            raise Finding("dtype", f"the gradient of input {i} is {g.dtype}, the input is {x.dtype}", g, argument=i)


def linear(subject: Subject, counts: Counts) -> None:
    """The gradient is linear in the upstream gradient: an ignored, squared or clipped one shows without differences."""
    g = subject.upstream()
    one = subject.gradients(g)
    for factor in (-2.0, 2.0**40, 2.0**-40):
        scaled = subject.gradients([np.asarray(u * u.dtype.type(factor)) for u in g])
        for i, a, b in zip(subject.wanted, one, scaled, strict=True):
            if not _close(b, factor * a, ROUNDING, overflow=True):
                claim = (
                    f"{factor:g} times the upstream gradient does not give {factor:g} times the gradient of input {i}"
                )
                raise Finding("linear", claim, b, factor * a, i, _worst(b, factor * a), upstream=g)
    first, rest = _split(g)
    for i, whole, a, b in zip(subject.wanted, one, subject.gradients(first), subject.gradients(rest), strict=True):
        if not _close(a + b, whole, ROUNDING, largest(a, b, *g), overflow=True):
            claim = f"split into two parts, the upstream gradient gives gradients of input {i} that do not add up"
            raise Finding("linear", claim, a + b, whole, i, _worst(a + b, whole), upstream=g)


def _split(g: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    """The upstream gradient as a sum: the first output's and the others', or every second element and the others."""
    if len(g) > 1:
        first = [u if k == 0 else np.zeros_like(u) for k, u in enumerate(g)]
    else:
        first = [np.where(np.arange(u.size).reshape(u.shape) % 2, u, u.dtype.type(0)) for u in g]
    return first, [np.asarray(u - v) for u, v in zip(g, first, strict=True)]


def numeric(subject: Subject, counts: Counts) -> None:
    """Differences agree with the gradient of every element, or of a sample of them and of sums over all."""
    g = subject.upstream()
    compare_gradients(subject, g, subject.gradients(g, missing=True), counts)


def repeat(subject: Subject, counts: Counts) -> None:
    """Calls on other inputs in between change neither what was returned before nor what comes next."""
    g = subject.upstream()
    first = subject.backward()[1](*g)
    kept = _copies(first)
    _, pull = subject.backward()
    aside = subject.on(
        [np.asarray(x * x.dtype.type(0.5) + x.dtype.type(0.25)) if is_real(x) else x for x in subject.args]
    )
    if _defined(aside):
        aside.gradients(aside.upstream())
    _same(subject, pull(*g), kept, "after a call on other inputs, an earlier graph gives another gradient of input")
    if not subject.adapter.once:
        pull(*subject.upstream(1))
        _same(subject, pull(*g), kept, "a second backward through the same graph gives another gradient of input")
    _same(subject, first, kept, "a later call changed the array returned earlier as the gradient of input")
    again = subject.backward()[1](*g)
    _same(subject, again, kept, "the same call, after one on other inputs, gives another gradient of input")


def layouts(subject: Subject, counts: Counts) -> None:
    """Fortran order, negative strides, gaps, strides of zero change nothing, of inputs and of upstream gradients."""
    g = subject.upstream()
    plain = subject.gradients(g)
    for name, change in LAYOUTS.items():
        claim = f"in {name}, there is another gradient of input"
        moved = subject.on([change(x) if is_real(x) else x for x in subject.args])
        if accepted(moved):
            _same(subject, moved.gradients(g), plain, f"with inputs {claim}", "layout")
        found = subject.gradients([change(u) for u in g])
        _same(subject, found, plain, f"with an upstream gradient {claim}", "layout")
    for dims in (slice(None), slice(1)):  # repeated along all dimensions, or along the first
        even = [_repeated(u, dims) for u in g]
        expected = subject.gradients([np.array(u) for u in even])
        claim = "with an upstream gradient of stride 0, there is another gradient of input"
        _same(subject, subject.gradients(even), expected, claim, "layout")
    wide = subject.on([_repeated(x, slice(1)) if is_real(x) else x for x in subject.args])
    copied = subject.on(_copies(wide.args))
    if _defined(copied) and accepted(wide):
        claim = "with inputs of stride 0, there is another gradient of input"
        _same(subject, wide.gradients(g), copied.gradients(g), claim, "layout")


def _repeated(a: Array, dims: slice) -> Array:
    """The first element along these dimensions in place of all: strides of zero."""
    first = tuple(slice(0, 1) if d in range(a.ndim)[dims] else slice(None) for d in range(a.ndim))
    return np.broadcast_to(a[first], a.shape) if a.size else a


def reuse(subject: Subject, counts: Counts) -> None:
    """One tensor given in two places gets the sum of the gradients of both."""
    places = [
        (i, j) for i, j in itertools.combinations(subject.wanted, 2)
        if subject.args[i].shape == subject.args[j].shape and subject.args[i].dtype == subject.args[j].dtype
    ]  # fmt: skip
    for i, j in places[:2]:
        twice = subject.on([subject.args[i].copy() if k == j else x for k, x in enumerate(subject.args)])
        if not _defined(twice):
            continue
        g = twice.upstream()
        apart = dict(zip(subject.wanted, twice.gradients(g), strict=True))
        shared = dict(zip(subject.wanted, twice.gradients(g, shared=(i, j)), strict=True))
        expected = apart[i] + apart[j]
        if not _close(shared[i], expected, ROUNDING, largest(apart[i], apart[j], *g)):
            claim = f"with one tensor as inputs {i} and {j}, its gradient is not the sum of the gradients of both"
            raise Finding("reuse", claim, shared[i], expected, i, _worst(shared[i], expected), upstream=g)


def float32(subject: Subject, counts: Counts) -> None:
    """In float32 the gradient is float32, and that of float64 up to rounding."""
    sizes = np.concatenate([np.abs(_real(x)).ravel() for x in subject.args] or [np.zeros(0)])
    if ((sizes > 0) & ((sizes < 1e-6) | (sizes > 1e3))).any():
        return  # where float32 may well overflow, and float64 does not
    single = subject.on([np.asarray(x, np.float32) if is_real(x) else x for x in subject.args])
    double = subject.on([np.asarray(x, np.float64) if is_real(x) else x for x in single.args])
    near = subject.on([np.asarray(_beside(x)) if is_real(x) else x for x in double.args])
    if not _defined(double):
        return
    with raised("in float32, the forward"):
        if not np.isfinite(flat(single.outputs)).all():
            return
    g = [u.astype(np.float32) for u in double.upstream()]
    wide = [u.astype(np.float64) for u in g]
    found, expected, moved = (
        single.gradients(g),
        double.gradients(wide),
        (near if _defined(near) else double).gradients(wide),
    )
    for i, a, b, c in zip(subject.wanted, found, expected, moved, strict=True):
        if a.dtype != np.float32:
            raise Finding("float32", f"the gradient of input {i} is {a.dtype} for an input of float32", a, b, i)
        size = np.abs(b).max(initial=0)
        bar = (
            1e-3 * size
            + 64 * np.abs(c - b).max(initial=0)
            + 2.0**-18 * largest(*wide) * max(1.0, largest(*map(_real, double.args)))
        )
        if not (np.abs(a - b) <= bar).all() and np.isfinite(bar) and size < 1e30:
            raise Finding(
                "float32", f"in float32, the gradient of input {i} is another than in float64", a, b, i, _worst(a, b)
            )


def _beside(x: Array) -> Array:
    """Every element moved by up to four roundings of float32, each by another amount."""
    by = 2 * uneven(x.size).reshape(x.shape) - 1
    moved: Array = x * (1 + by * 2.0**-21) + by * 2.0**-39
    return moved


def second(subject: Subject, counts: Counts) -> None:
    """The gradient's own gradient, by the inputs and by the upstream gradient, through the same comparison."""
    if subject.adapter.higher is None:
        return
    g = subject.upstream()
    again = subject.derivative(g)
    upstream = again.upstream()
    try:
        compare_gradients(again, upstream, again.gradients(upstream, missing=True), counts)
    except Finding as finding:
        finding.kind, finding.claim = "second", f"second derivative: {finding.claim}"
        raise


# In this order on every example, and one of these in turn.
EACH: tuple[Check, ...] = (forward, backward, linear, numeric)
IN_TURN: tuple[Check, ...] = (repeat, layouts, reuse, float32, second)
BATTERY: dict[str, Check] = {check.__name__: check for check in (*EACH, *IN_TURN)}

LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "Fortran order": lambda a: np.array(a, order="F"),
    "reversed order": lambda a: np.asarray(np.flip(np.flip(a).copy())),
    "memory with gaps": lambda a: np.stack([a, np.full_like(a, 99)], axis=-1)[..., 0],
}


def _defined(subject: Subject) -> bool:
    """Whether there is a finite value; the op may refuse inputs that a check has changed."""
    return accepted(subject) and bool(np.isfinite(flat(subject.outputs)).all())


def _copies(values: Sequence[Any]) -> list[Any]:
    return [np.array(a) if isinstance(a, np.ndarray) else a for a in values]


def _unchanged(before: Sequence[Any], after: Sequence[Any], claim: str) -> None:
    for i, (a, b) in enumerate(zip(before, after, strict=True)):
        if isinstance(a, np.ndarray) and not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
            raise Finding("mutates", f"{claim} {i}", b, a, i, _worst(b, a))


def _close(found: Array, expected: Array, within: float = 0.0, size: float = 0.0, overflow: bool = False) -> bool:
    """Equal up to `within` of the largest element, or of `size`; NaN equals NaN, with `overflow` infinity also."""
    if found.shape != expected.shape:
        return False
    with np.errstate(all="ignore"):
        finite = np.abs(expected[np.isfinite(expected)])
        within *= float(np.finfo(found.dtype).eps) / 2.0**-52 if found.dtype.kind == "f" else 0.0
        bar = within * max(float(finite.max(initial=0.0)), size)
        same = (found == expected) | (np.isnan(found) & np.isnan(expected)) | (np.abs(found - expected) <= bar)
        if overflow:
            same |= ~np.isfinite(found) & ~np.isfinite(expected)
    return bool(same.all())


def _real(x: Any) -> Array:
    return x if is_real(x) else np.zeros(0)


def _worst(found: Array, expected: Array) -> tuple[int, ...] | None:
    if found.shape != expected.shape or not found.size:
        return None
    with np.errstate(all="ignore"):
        off = np.abs(np.subtract(found, expected, dtype=np.float64))
    return tuple(int(k) for k in np.unravel_index(int(np.argmax(np.nan_to_num(off, nan=np.inf))), found.shape))


def _same(subject: Subject, found: Sequence[Any], expected: Sequence[Any], claim: str, kind: str = "repeat") -> None:
    size = largest(*subject.upstream())
    for i, a, b in zip(subject.wanted, found, expected, strict=True):
        if (a is None) != (b is None) or (a is not None and not _close(a, b, ROUNDING, size)):
            raise Finding(kind, f"{claim} {i}", a, b, i, _worst(a, b) if a is not None and b is not None else None)


def run(subject: Subject, checks: Sequence[Check], counts: Counts) -> None:
    """The checks in turn; the first finding is raised, and says which check it is of."""
    for check in checks:
        try:
            check(subject, counts)
        except Finding as finding:
            finding.check = check.__name__
            raise
