"""Hypothesis strategies for the inputs of ops: arrays whose values, shapes and layouts find wrong gradients.

Values come from palettes that shrink to informative numbers: 1, 2, 1/2, -1, and only then 0. A draw may be "wild": then
values near kinks, huge ones and tiny ones are among them. A plain draw is moved off the palette's grid, so that its
elements are not tied, unless it is a draw with ties.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError(
        "inputs are drawn with Hypothesis, which is not installed: pip install 'microdl[gradcheck]'. "
        "gradcheck and numerical_vjp, whose inputs the caller gives, need no Hypothesis."
    ) from error

from .battery import LAYOUTS
from .subject import uneven

__all__ = [
    "axes", "broadcastable", "broadcastable_shapes", "indices", "labels", "logits", "matmul_pair", "shapes",
    "signature", "tensors", "upstream",
]  # fmt: skip

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

MOST_DIMS, MOST_SIDE = 3, 4
NEAR = (1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4)  # distances from a kink
FIRST = (1.0, 2.0, 0.5, -1.0, 0.0, -2.0, 3.0, -0.5, 1.5, 0.25, -3.0, -1.5, 0.75, -0.25, 2.5, -0.75)
EIGHTHS = tuple(k / 8 for k in range(-24, 25))


@functools.cache
def _real() -> tuple[Array, Array]:
    near = [c + s * d for d in NEAR for c in (0.0, 1.0, -1.0) for s in (1, -1)]
    extreme = [s * v for v in (1e-30, 1e-12, 10.0, 30.0, 100.0, 300.0, 1e3, 1e5) for s in (1, -1)]
    return _palette(FIRST, EIGHTHS), _both(_palette(near), _palette(extreme))


@functools.cache
def _positive() -> tuple[Array, Array]:
    plain = [v for v in (*FIRST, *EIGHTHS) if v > 0]
    return _palette(plain), _both(_palette(NEAR, [1 + d for d in NEAR]), _palette((1e-12, 10.0, 100.0, 1e3, 1e5)))


@functools.cache
def _nonzero() -> tuple[Array, Array]:
    plain, wild = _real()
    return plain[plain != 0], wild[wild != 0]


@functools.cache
def _unit() -> tuple[Array, Array]:
    plain = (0.5, 0.25, 0.75, *(k / 16 for k in range(1, 16)))
    return _palette(plain), _palette(plain[:3], NEAR, [1 - d for d in NEAR])


def _palette(*values: Sequence[float]) -> Array:
    return np.array(list(dict.fromkeys(float(v) for part in values for v in part)))


def _both(near: Array, extreme: Array) -> Array:
    """Values next to kinks and extreme ones, in equal parts: either finds what the other does not."""
    return np.concatenate([near, np.resize(extreme, near.size)])


DOMAINS: dict[str, Callable[[], tuple[Array, Array]]] = {
    "real": _real, "positive": _positive, "nonzero": _nonzero, "unit": _unit,
}  # fmt: skip


def _between(low: float, high: float) -> tuple[Array, Array]:
    """Values in the open interval; an infinite end leaves that side open."""
    kept = [np.array([v for v in p if low < v < high]) for p in _real()]
    if np.isfinite(low) and np.isfinite(high):
        inner = low + (high - low) * _unit()[0]
        kept = [np.concatenate([inner, k]) for k in kept]
    if not kept[0].size:
        ends = [low + 1.0, low + 2.0, low + 0.5] if np.isfinite(low) else [high - 1.0, high - 2.0, high - 0.5]
        kept = [np.array(ends)] * 2
    return kept[0], kept[1] if kept[1].size else kept[0]


# --- shapes ------------------------------------------------------------------------------------------------

SIDES = (1, 2, 3, 4, 0)
TIMES = (12, 8, 3, 1)  # how often a shape of so many dimensions stands in the table that is drawn from
LONGER = 2  # and how often one with a long side


@functools.cache
def _shapes(min_dims: int, max_dims: int, min_side: int, max_side: int) -> tuple[Shape, ...]:
    """The shapes to draw from, the simplest first; a table, because one draw costs Hypothesis 0.1 ms."""
    sides = [n for n in SIDES if min_side <= n <= max_side] + list(range(max(5, min_side), max_side + 1))
    table = [s for n in range(min_dims, max_dims + 1) for s in itertools.product(sides, repeat=n) if _tame(s)]
    often = [s for s in sorted(table, key=_empty) for _ in range(TIMES[min(len(s), 3)])]
    long = [s for n in range(max(min_dims, 1), max_dims + 1) for s in _long(n)] if max_side == MOST_SIDE else []
    return tuple(often + [s for s in long if min(s) >= min_side] * LONGER)


def _empty(shape: Shape) -> bool:
    """Empty shapes are the last to which others shrink, because they show only what fails on empty arrays."""
    return 0 in shape


# Whether empty shapes and those of `_long` are drawn. What is wrong on plain arrays too is shown on one.
_unusual_allowed: ContextVar[bool] = ContextVar("unusual_allowed", default=True)


@contextlib.contextmanager
def unusual_shapes(allowed: bool) -> Iterator[None]:
    """Draw empty and long shapes, or none, until the block ends."""
    before = _unusual_allowed.set(allowed)
    try:
        yield
    finally:
        _unusual_allowed.reset(before)


def _usual(shape: Shape) -> Shape:
    return shape if _unusual_allowed.get() else tuple(min(max(n, 1), MOST_SIDE) for n in shape)


def _long(dims: int) -> list[Shape]:
    """Shapes with one longer side: blocks, loops that are unrolled and counters behave otherwise there."""
    return [
        (*[2] * k, side, *[1 + (dims > 2)] * (dims - k - 1)) for side in (5, 7, 9, 17, 33, 300) for k in range(dims)
    ]


def _tame(shape: Shape) -> bool:
    """No more than 24 elements, and no zero in more than one place, as soon as there are three dimensions."""
    return len(shape) < 3 or (int(np.prod(shape)) <= 24 and shape.count(0) <= 1)


def shapes(
    min_dims: int = 0, max_dims: int = MOST_DIMS, min_side: int = 0, max_side: int = MOST_SIDE
) -> st.SearchStrategy[Shape]:
    """Shapes, as tuples; they shrink to `(1,) * min_dims`.

    >>> from hypothesis import find
    >>> from microdl.testing.strategies import shapes
    >>> find(shapes(min_dims=2, max_dims=2), lambda shape: True)  # the simplest
    (1, 1)
    """
    found = st.sampled_from(_shapes(min_dims, max_dims, min_side, max_side))
    return found.map(_usual) if 0 < max_side <= MOST_SIDE else found


@st.composite
def broadcastable_shapes(
    draw: st.DrawFn, /, n: int = 2, max_dims: int = MOST_DIMS, max_side: int = MOST_SIDE
) -> list[Shape]:
    """`n` shapes that broadcast together: leading dimensions may be left out, others may be 1."""
    whole = draw(shapes(0, max_dims, 0, max_side))
    how = draw(st.integers(0, 4**n * 2 ** (n * len(whole)) - 1)) if whole else 0
    found = []
    for _ in range(n):
        how, manner = divmod(how, 4)  # 0, 1: whole; 2: some dimensions 1; 3: and leading ones left out
        how, ones = divmod(how, 2 ** len(whole))
        part = tuple(1 if manner > 1 and ones >> k & 1 else side for k, side in enumerate(whole))
        found.append(part[1 + ones % len(whole) :] if manner == 3 else part)
    return found


# --- values --------------------------------------------------------------------------------------------------


def tensors(
    domain: str | tuple[float, float] = "real",
    shape: Shape | st.SearchStrategy[Shape] | None = None,
    *,
    specials: bool = True,
    ties: bool = True,
    layout: bool = False,
    dtype: Any = np.float64,
) -> st.SearchStrategy[Array]:
    """Arrays of values in a domain: "real", "positive", "nonzero", "unit" (between 0 and 1), or (low, high).

    `specials` lets values near kinks, huge and tiny ones in, `ties` equal elements, `layout` Fortran order, negative
    strides and gaps.

    >>> from hypothesis import find
    >>> from microdl.testing.strategies import tensors
    >>> find(tensors("positive", (3,)), lambda x: True)  # the simplest
    array([1., 1., 1.])
    """
    if isinstance(domain, str) and domain not in DOMAINS:
        raise ValueError(f"domain must be one of {sorted(DOMAINS)} or an interval (low, high), but got {domain!r}")
    plain, wild = DOMAINS[domain]() if isinstance(domain, str) else _between(*domain)
    where = shapes() if shape is None else st.just(shape) if isinstance(shape, tuple) else shape
    bounds = (-np.inf, np.inf) if isinstance(domain, str) else domain
    return _tensors(plain, wild if specials else plain, bounds, where, ties, layout, np.dtype(dtype))


MODES = ("grid", "generic", "generic", "ties", "wild", "sparse", "ties", "wild")


@st.composite
def _tensors(
    draw: st.DrawFn, /, plain: Array, wild: Array, bounds: Any, where: Any, ties: bool, layout: bool, dtype: Any
) -> Array:
    shape = draw(where)
    n = int(np.prod(shape))
    mode = draw(st.sampled_from(MODES))
    codes = np.frombuffer(draw(st.binary(min_size=n, max_size=n)), np.uint8).astype(int)
    if mode in ("generic", "wild", "sparse"):
        codes = (codes + 5 * np.arange(n)) % 256  # so that the simplest draw is not of equal elements
    elif mode == "ties" and ties:
        codes = codes % 5  # 1, 2, 1/2, -1, 0 among the real numbers
    x = plain[codes % len(plain)]
    if mode == "wild":
        x = np.where(codes >= 128, wild[codes % len(wild)], x)
    if mode == "sparse" and ties and n and (plain == 0).any():  # several zeros among other numbers, or nothing else
        x = np.where((codes % 2 == 1) & (codes[0] % 16 > 2), x, 0.0)
    if mode == "generic" or not ties:
        moved = _apart(x, plain)
        x = np.where((bounds[0] < moved) & (moved < bounds[1]), moved, x)
    found: Array = np.ascontiguousarray(x, dtype).reshape(shape)
    return draw(st.sampled_from(_LAYOUTS))(found) if layout else found


def _apart(x: Array, plain: Array) -> Array:
    """The values moved by up to a twentieth, each by another amount."""
    move = uneven(x.size) - 0.5
    moved: Array = x * (1 + move / 10)
    return np.where(x == 0, move / 5, moved) if (plain == 0).any() else np.clip(moved, plain.min(), plain.max())


_LAYOUTS: tuple[Callable[[Array], Array], ...] = (lambda a: a, *LAYOUTS.values())


@st.composite
def broadcastable(draw: st.DrawFn, /, n: int = 2, domain: Any = "real", **options: Any) -> tuple[Array, ...]:
    """`n` arrays whose shapes broadcast together; `domain` may be one for each. Options as in `tensors`.

    >>> from hypothesis import find
    >>> from microdl.testing.strategies import broadcastable
    >>> find(broadcastable(2), lambda pair: True)  # the simplest
    (array(1.), array(1.))
    """
    domains = [domain] * n if isinstance(domain, str) or not isinstance(domain, (list, tuple)) else list(domain)
    sizes = draw(broadcastable_shapes(n))
    return tuple(draw(tensors(d, s, **options)) for d, s in zip(domains, sizes, strict=True))


def logits(shape: Any = None, **options: Any) -> st.SearchStrategy[Array]:
    """Scores of classes, (rows, classes) unless a shape is given: real numbers, at times large or tied."""
    return tensors("real", shapes(2, 2, 1, 4) if shape is None else shape, **options)


def labels(classes: int, shape: Any = None) -> st.SearchStrategy[Array]:
    """Class numbers, int64, from 0 below `classes`; they shrink to 0."""
    where = shapes(1, 1) if shape is None else st.just(shape) if isinstance(shape, tuple) else shape
    return where.flatmap(
        lambda s: st.lists(st.integers(0, classes - 1), min_size=int(np.prod(s)), max_size=int(np.prod(s))).map(
            lambda v: np.array(v, np.int64).reshape(s)
        )
    )


def axes(ndim: int, *, negative: bool = True) -> st.SearchStrategy[int]:
    """A dimension of an array of `ndim` dimensions; it shrinks to 0, negative ones come last."""
    return st.sampled_from([*range(ndim), *(range(-1, -ndim - 1, -1) if negative else ())])


@st.composite
def indices(
    draw: st.DrawFn, /, size: int, shape: Any = None, *, duplicates: bool = True, negative: bool = True
) -> Array:
    """Indices into a dimension of `size`, int64: repeated ones and negative ones among them, unless told otherwise."""
    where = shapes(1, 1) if shape is None else st.just(shape) if isinstance(shape, tuple) else shape
    s = draw(where)
    n = int(np.prod(s)) if duplicates else min(int(np.prod(s)), size)
    low = -size if negative else 0
    values = draw(
        st.lists(
            st.integers(0, size - 1 - low), min_size=n, max_size=n, unique_by=None if duplicates else lambda k: k % size
        )
    )
    found = np.array([k if k < size else k - 2 * size for k in values], np.int64)
    return found.reshape(s) if duplicates else found


@st.composite
def matmul_pair(draw: st.DrawFn, /, **options: Any) -> tuple[Array, Array]:
    """Two arrays that `matmul` takes: vectors, matrices, and batches of them that broadcast."""
    n, m, k = draw(shapes(3, 3, 0, 3))
    batch = draw(broadcastable_shapes(2, 2, 2))
    vector = draw(st.integers(0, 5))
    a = (m,) if vector in (3, 5) else (*batch[0], n, m)
    b = (m,) if vector in (4, 5) else (*batch[1], m, k)
    return draw(tensors("real", a, **options)), draw(tensors("real", b, **options))


def upstream(shape: Shape, dtype: Any = np.float64) -> st.SearchStrategy[Array]:
    """Gradients of an output of that shape: signed, not one."""
    return tensors("nonzero", shape, specials=False, dtype=dtype).map(
        lambda g: np.asarray(np.where(g == 1, 1.5, g), dtype)
    )


@st.composite
def signature(draw: st.DrawFn, /, spec: str, *domains: Any, **options: Any) -> tuple[Any, ...]:
    """One array for each part of `spec`, which names dimensions: "nm,mk" are two matrices that can be multiplied.

    The same letter is the same size; a digit is that size; "..." stands for any leading dimensions (of several parts:
    which broadcast), "*" for any shape, the same wherever it stands. `domains` are those of `tensors`, and "labels:m"
    (class numbers below the size of m), "indices:n" (from -n below n, repeated ones too), "mask" (bool),
    "probability" (rows that sum to 1). `options` are lists of values for keyword arguments, drawn into a dict at the
    end.

    >>> from hypothesis import find
    >>> from microdl.testing.strategies import signature
    >>> find(signature("nm,mk"), lambda pair: True)  # the simplest
    (array([[1.]]), array([[1.]]))
    """
    parts = spec.replace(" ", "").split(",")
    letters = sorted({c for part in parts for c in part if c.isalpha()})
    sides = dict(zip(letters, draw(shapes(len(letters), len(letters))) if letters else (), strict=True))
    same = draw(shapes()) if "*" in parts else ()
    alone = all(part in ("...", "*") for part in parts)  # else room is left for the named dimensions
    leading = iter(
        draw(broadcastable_shapes(spec.count("..."), *((3, 4) if alone else (2, 2)))) if "..." in spec else ()
    )
    found: list[Any] = []
    for k, part in enumerate(parts):
        shape = (
            same
            if part == "*"
            else (next(leading) if part.startswith("...") else ())
            + tuple(int(c) if c.isdigit() else sides[c] for c in part.removeprefix("..."))
        )
        found.append(draw(_of_domain(domains[k] if k < len(domains) else "real", shape, sides)))
    if options:
        found.append({name: draw(st.sampled_from(list(values))) for name, values in options.items()})
    return tuple(found)


def _of_domain(domain: Any, shape: Shape, sides: dict[str, int]) -> st.SearchStrategy[Array]:
    if not isinstance(domain, str):
        return tensors(domain, shape)
    kind, _, letter = domain.partition(":")
    size = int(letter) if letter.isdigit() else max(sides.get(letter, 1), 1)
    if kind == "labels":
        return labels(size, shape)
    if kind == "indices":
        return indices(size, shape)
    if kind == "mask":
        n = int(np.prod(shape))
        return st.binary(min_size=n, max_size=n).map(lambda b: (np.frombuffer(b, np.uint8) % 2 == 0).reshape(shape))
    if kind == "probability":
        return tensors("positive", shape, specials=False).map(lambda p: p / p.sum(-1, keepdims=True) if p.ndim else p)
    return tensors(domain, shape)
