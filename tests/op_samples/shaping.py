"""Samples of shape, join and index operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import microdl as torch
from microdl.autograd import inplace
from microdl.ops import indexing, join, shape
from microdl.testing.strategies import shapes

from .kinds import MATRICES, REAL, SHAPES, Array, Case, arrays, axes, one_axis, with_arguments


def other_shapes(x: Array) -> st.SearchStrategy[tuple[Any, ...]]:
    flat = [(x.size,), (1, x.size, 1), x.shape[::-1]]
    return st.sampled_from([*flat, (-1,)] if x.size else flat).map(lambda s: (s,))


def basic_indices(x: Array) -> st.SearchStrategy[tuple[Any, ...]]:
    return hnp.basic_indices(x.shape, allow_newaxis=True).filter(_no_negative_step).map(lambda i: (i,))


def _no_negative_step(index: Any) -> bool:
    items = index if isinstance(index, tuple) else (index,)
    return all(not isinstance(i, slice) or i.step is None or i.step > 0 for i in items)


def index_arrays(x: Array) -> st.SearchStrategy[tuple[Any, ...]]:
    """Integer arrays, with repeats and negative numbers, or a mask."""
    masks = hnp.arrays(np.bool_, x.shape).map(lambda m: ((m,),))
    if not x.size or not x.ndim:
        return masks
    integers = hnp.integer_array_indices(x.shape, result_shape=hnp.array_shapes(max_dims=2, max_side=4), dtype=np.int64)
    return integers.map(lambda i: (i,)) | masks


def tensor_index(index: Any) -> Any:
    return tuple(torch.from_numpy(i) if isinstance(i, np.ndarray) else i for i in index)


@st.composite
def puts(draw: st.DrawFn) -> Case:
    """A value, broadcast, written at places that do not repeat."""
    x = draw(arrays(REAL))
    index: Any = draw(hnp.arrays(np.bool_, x.shape))
    target = x[index]
    value = draw(arrays(REAL, target.shape) | arrays(REAL, ()))
    on_tensors = torch.from_numpy(index) if isinstance(index, np.ndarray) else index

    def call(t: Any, v: Any) -> Any:
        t = t.clone()
        t[on_tensors] = v
        return t

    def reference(a: Array, v: Array) -> Array:
        a = a.copy()
        a[index] = v
        return a

    return Case(call, (x, value), reference)


@st.composite
def slice_backwards(draw: st.DrawFn) -> Case:
    whole = draw(SHAPES)
    index = draw(basic_indices(np.empty(whole)))[0]
    index = (*(index if isinstance(index, tuple) else (index,)), *(() if Ellipsis in _listed(index) else (...,)))
    part = draw(arrays(REAL, np.empty(whole)[index].shape))
    return Case(lambda g: indexing._spread(g, whole, index), (part,), lambda g: _added(g, whole, index))


def _listed(index: Any) -> list[Any]:
    return [i for i in (index if isinstance(index, tuple) else (index,)) if not isinstance(i, np.ndarray)]


def _added(g: Array, whole: tuple[int, ...], index: Any) -> Array:
    out = np.zeros(whole)
    np.add.at(out, index, g)
    return out


@st.composite
def index_backwards(draw: st.DrawFn) -> Case:
    whole = draw(SHAPES)
    index = draw(index_arrays(np.empty(whole)))[0]
    part = draw(arrays(REAL, np.empty(whole)[index].shape))
    return Case(lambda g: indexing._accumulate(g, whole, index), (part,), lambda g: _added(g, whole, index))


@st.composite
def replaced_parts(draw: st.DrawFn) -> Case:
    """A change in place through a view, on a tensor with history."""
    x = draw(arrays(REAL))
    index = draw(basic_indices(x))[0]
    part = draw(arrays(REAL, x[index].shape))

    def call(t: Any, p: Any) -> Any:
        base = t.clone()
        base[index].mul_(p)
        return base

    def reference(a: Array, p: Array) -> Array:
        a = a.copy()
        a[index] *= p
        return a

    return Case(call, (x, part), reference)


def squeezes(call: Any, reference: Any, one: bool) -> st.SearchStrategy[Case]:
    """Dimension 0, which has size 1, named as such or in a list."""
    dim: Any = 0 if one else (0,)
    return arrays(REAL).map(lambda x: Case(lambda t: call(t, dim), (x[None],), lambda a: reference(a, 0)))


@st.composite
def views_of_changed(draw: st.DrawFn) -> Case:
    """A view whose base was changed after it was made; it may show an element in several places."""
    x = draw(arrays(REAL))
    index = draw(basic_indices(x))[0]
    wide = (draw(st.integers(1, 2)), *x[index].shape)

    def call(t: Any) -> Any:
        base = t * 2
        part = base[index].expand(wide)
        base.mul_(3)
        return part

    return Case(call, (x,), lambda a: np.broadcast_to((a * 2)[index] * 3, wide))


@st.composite
def views_backward(draw: st.DrawFn) -> Case:
    x = draw(arrays(REAL))
    index = draw(basic_indices(x))[0]
    wide = (draw(st.integers(1, 2)), *x[index].shape)
    g = draw(arrays(REAL, wide))
    path = torch.from_numpy(x)[index].expand(wide)._view_of.calls
    return Case(lambda t: inplace._view_again_backward(t, x.shape, path), (g,))


@st.composite
def expands(draw: st.DrawFn) -> Case:
    x = draw(arrays(REAL))
    ones = [n if n != 1 else draw(st.integers(0, 3)) for n in x.shape]
    wide = (*draw(st.lists(st.integers(0, 2), max_size=2)), *ones)
    return Case(lambda t: t.expand(wide), (x,), lambda a: np.broadcast_to(a, wide))


@st.composite
def joins(draw: st.DrawFn, call: Callable[..., Any], reference: Any, new: int) -> Case:
    """Up to three tensors of one shape, joined along any dimension (`new` says whether it is a new one)."""
    size = draw(shapes(1 - new, 3, 1))
    parts = tuple(draw(arrays(REAL, size)) for _ in range(draw(st.integers(1, 3))))
    dim = draw(st.integers(0, len(size) - 1 + new))
    return Case(lambda *ts: call(ts, dim), parts, lambda *xs: reference(xs, dim))


def unbinds() -> st.SearchStrategy[Case]:
    nonempty = shapes(1, 3, 1)
    return with_arguments(
        join.unbind,
        lambda a, d: [np.asarray(p) for p in np.moveaxis(a, d, 0)],
        lambda x: st.tuples(one_axis(x)),
        REAL,
        nonempty,
    )


def rolls(x: Array) -> st.SearchStrategy[tuple[Any, ...]]:
    flat = st.tuples(st.integers(-4, 4))
    one = st.tuples(st.integers(-4, 4), one_axis(x))
    two = st.tuples(st.tuples(*[st.integers(-4, 4)] * 2), st.just((0, -1)))
    return flat | two if x.ndim > 1 else flat | one if x.ndim else flat


SHAPING: dict[str, st.SearchStrategy[Case]] = {
    "view": with_arguments(torch.reshape, np.reshape, other_shapes),
    "unsafe_view": with_arguments(shape.unsafe_view, np.reshape, other_shapes),
    "permute": with_arguments(
        torch.permute, np.transpose, lambda x: st.permutations(range(x.ndim)).map(lambda dims: (tuple(dims),))
    ),
    "transpose": with_arguments(
        torch.transpose, np.swapaxes, lambda x: st.tuples(one_axis(x), one_axis(x)), shape=MATRICES
    ),
    "unsqueeze": with_arguments(torch.unsqueeze, np.expand_dims, lambda x: st.tuples(st.integers(0, x.ndim))),
    "squeeze": with_arguments(torch.squeeze, np.squeeze, lambda x: st.just(())),
    "squeeze_dim": squeezes(torch.squeeze, np.squeeze, one=True),
    "squeeze_dims": squeezes(torch.squeeze, np.squeeze, one=False),
    "view_again": views_of_changed(),
    "view_again_backward": views_backward(),
    "expand": expands(),
    "t": arrays(REAL, MATRICES).map(lambda x: Case(torch.t, (x,), np.transpose)),
    "cat": joins(torch.cat, np.concatenate, 0),
    "stack": joins(torch.stack, np.stack, 1),
    "unbind": unbinds(),
    "flip": with_arguments(torch.flip, np.flip, lambda x: st.tuples(axes(x))),
    "repeat": with_arguments(lambda x, n: x.repeat(*n), np.tile, lambda x: st.just(((0,) * max(x.ndim, 1),))),
    "roll": with_arguments(torch.roll, np.roll, rolls),
    "slice": with_arguments(lambda x, i: x[i], lambda a, i: a[i], basic_indices),
    "slice_backward": slice_backwards(),
    "index": with_arguments(lambda x, i: x[tensor_index(i)], lambda a, i: a[i], index_arrays),
    "index_backward": index_backwards(),
    "index_put": puts(),
    "copy_slices": replaced_parts(),
}
