"""Samples of gather, scatter and their kin: whole slices and single elements by index, and by mask."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import microdl as torch
from microdl.ops import gather, slices
from microdl.testing.strategies import shapes

from .kinds import REAL, Array, Case, arrays, raw

SHAPES = shapes(1, 2, 1)


@st.composite
def indices(draw: st.DrawFn, shape: tuple[int, ...], dim: int, repeats: bool = True) -> Array:
    """An index for each place, along `dim` of any length; without repeats, an order of what is there."""
    if not repeats:
        rng = np.random.default_rng(draw(st.integers(0, 99)))
        return rng.permuted(
            np.broadcast_to(np.arange(shape[dim]).reshape(-1, *[1] * (len(shape) - 1 - dim)), shape), axis=dim
        )
    size = tuple(draw(st.integers(1, 3)) if i == dim else draw(st.integers(1, n)) for i, n in enumerate(shape))
    return draw(hnp.arrays(np.int64, size, elements=st.integers(0, shape[dim] - 1)))


@st.composite
def places(draw: st.DrawFn, repeats: bool = True) -> tuple[Array, int, Array]:
    x = draw(arrays(REAL, SHAPES))
    dim = draw(st.integers(0, x.ndim - 1))
    return x, dim, draw(indices(x.shape, dim, repeats))


@st.composite
def gathers(draw: st.DrawFn) -> Case:
    x, dim, index = draw(places())
    region = tuple(slice(None) if i == dim else slice(n) for i, n in enumerate(index.shape))
    return Case(
        lambda t: gather.gather(t, dim, torch.from_numpy(index)),
        (x,),
        lambda a: np.take_along_axis(a[region], index, dim),
    )


@st.composite
def gather_backwards(draw: st.DrawFn) -> Case:
    x, dim, index = draw(places())
    part = draw(arrays(REAL, index.shape))
    return Case(lambda g: raw("gather_backward")(g, x.shape, dim, index, False), (part,))


@st.composite
def scatters(draw: st.DrawFn, call: Any, reference: Any, repeats: bool) -> Case:
    """The source is larger than the index where that is allowed: what is left over gets no gradient."""
    x, dim, index = draw(places(repeats))
    src = draw(arrays(REAL, tuple(n + draw(st.integers(0, 1)) for n in index.shape)))
    region = tuple(slice(n) for n in index.shape)

    def value(a: Array, s: Array) -> Array:
        out = a.copy()
        for at in np.ndindex(index.shape):
            to = (*at[:dim], index[at], *at[dim + 1 :])
            out[to] = reference(out[to], s[region][at])
        return out

    return Case(lambda t, s: call(t, dim, torch.from_numpy(index), s), (x, src), value)


@st.composite
def rows(draw: st.DrawFn, repeats: bool = True) -> tuple[Array, int, Array]:
    x = draw(arrays(REAL, SHAPES))
    dim = draw(st.integers(0, x.ndim - 1))
    index = st.lists(st.integers(0, x.shape[dim] - 1), min_size=1, max_size=3, unique=not repeats)
    return x, dim, np.array(draw(index), np.int64)


@st.composite
def embeddings(draw: st.DrawFn, backward: bool) -> Case:
    """Rows of a table. For the backward, which is linear, with a row left out and shares by frequency as well."""
    table = draw(arrays(REAL, shapes(2, 2, 1)))
    index = draw(hnp.arrays(np.int64, shapes(1, 2, 1, 3), elements=st.integers(0, table.shape[0] - 1)))
    if not backward:
        return Case(lambda t: raw("embedding")(t, index, -1, False), (table,), lambda a: a[index])
    g = draw(arrays(REAL, (*index.shape, table.shape[1])))
    padding, by_frequency = draw(st.integers(-1, table.shape[0] - 1)), draw(st.booleans())
    call = raw("embedding_dense_backward")
    return Case(lambda t: call(t, table.shape[0], index, padding, by_frequency), (g,))


@st.composite
def selects(draw: st.DrawFn) -> Case:
    x, dim, index = draw(rows())
    return Case(lambda t: slices.index_select(t, dim, torch.from_numpy(index)), (x,), lambda a: np.take(a, index, dim))


@st.composite
def select_backwards(draw: st.DrawFn) -> Case:
    x, dim, index = draw(rows())
    part = draw(arrays(REAL, np.take(x, index, dim).shape))
    return Case(lambda g: raw("index_select_backward")(g, x.shape, dim, index), (part,))


@st.composite
def index_changes(draw: st.DrawFn, name: str) -> Case:
    x, dim, index = draw(rows(repeats=name == "index_add"))
    source = draw(arrays(REAL, () if name == "index_fill" else np.take(x, index, dim).shape))
    at = (slice(None),) * dim + (index,)

    def value(a: Array, s: Array) -> Array:
        out = a.copy()
        if name == "index_add":
            np.add.at(out, at, 2 * s)
        else:
            out[at] = s
        return out

    options = {"alpha": 2} if name == "index_add" else {}
    return Case(lambda t, s: getattr(slices, name)(t, dim, torch.from_numpy(index), s, **options), (x, source), value)


@st.composite
def masked_fills(draw: st.DrawFn) -> Case:
    x = draw(arrays(REAL, SHAPES))
    mask = draw(hnp.arrays(np.bool_, x.shape))
    value = draw(arrays(REAL, ()))
    return Case(
        lambda t, v: slices.masked_fill(t, torch.from_numpy(mask), v), (x, value), lambda a, v: np.where(mask, v, a)
    )


@st.composite
def pads(draw: st.DrawFn) -> Case:
    x = draw(arrays(REAL, SHAPES))
    more = [draw(st.integers(0, 2)) for _ in x.shape]
    wide = tuple(n + m for n, m in zip(x.shape, more, strict=True))
    return Case(lambda t: raw("pad_to")(t, wide), (x,), lambda a: np.pad(a, [(0, m) for m in more]))


@st.composite
def multiplications(draw: st.DrawFn) -> Case:
    x, dim, index = draw(places(repeats=False))

    def value(a: Array, s: Array) -> Array:
        out = a.copy()
        np.put_along_axis(out, index, np.take_along_axis(a, index, dim) * s, dim)
        return out

    src = draw(arrays(REAL, index.shape))
    return Case(lambda t, s: raw("scatter_multiply")(t, dim, index, s), (x, src), value)


@st.composite
def masked_selects(draw: st.DrawFn) -> Case:
    x = draw(arrays(REAL, SHAPES))
    mask = draw(hnp.arrays(np.bool_, x.shape[-1:]))
    wide = np.broadcast_to(mask, x.shape)
    return Case(lambda t: slices.masked_select(t, torch.from_numpy(mask)), (x,), lambda a: a[wide])


@st.composite
def takes(draw: st.DrawFn) -> Case:
    x = draw(arrays(REAL, SHAPES))
    index = draw(hnp.arrays(np.int64, SHAPES, elements=st.integers(-x.size, x.size - 1)))
    return Case(lambda t: slices.take(t, torch.from_numpy(index)), (x,), lambda a: np.take(a, index))


def fills() -> st.SearchStrategy[Case]:
    return st.tuples(arrays(REAL, SHAPES), arrays(REAL, ())).map(
        lambda xs: Case(lambda t, v: t.clone().fill_(v), xs, lambda a, v: np.full_like(a, v))
    )


def comparisons() -> st.SearchStrategy[Case]:
    numbers = st.integers(-40, 40)  # eighths, half of one apart: no small step changes the result
    left = arrays(numbers.map(lambda n: n / 8), SHAPES)
    return st.tuples(left, numbers.map(lambda n: n / 8 + 1 / 16)).map(
        lambda given: Case(lambda t: t.clone().lt_(given[1]), given[:1], lambda a: np.less(a, given[1]) * 1.0)
    )


PICKING: dict[str, st.SearchStrategy[Case]] = {
    "gather": gathers(),
    "gather_backward": gather_backwards(),
    "scatter": scatters(gather.scatter, lambda old, new: new, False),
    "scatter_add": scatters(gather.scatter_add, lambda old, new: old + new, True),
    "scatter_multiply": multiplications(),
    "masked_select": masked_selects(),
    "take": takes(),
    "pad_to": pads(),
    "embedding": embeddings(False),
    "embedding_dense_backward": embeddings(True),
    "index_select": selects(),
    "index_select_backward": select_backwards(),
    "index_add": index_changes("index_add"),
    "index_copy": index_changes("index_copy"),
    "index_fill": index_changes("index_fill"),
    "masked_fill": masked_fills(),
    "fill": fills(),
    "comparison": comparisons(),
}
