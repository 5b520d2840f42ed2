"""Samples of distances, of reductions by index, and of views by stride."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import microdl as torch
from microdl.ops import index_reduce
from microdl.testing.strategies import shapes

from .kinds import BETWEEN, PLAIN, REAL, Array, Case, arrays, eighths, raw

VECTORS = shapes(1, 1, 1)


@st.composite
def rows(draw: st.DrawFn, p: float | None = None) -> Case:
    """Any two points, unless the distance comes of a product, in which what nearly cancels is lost."""
    n, m, d = (draw(st.integers(0, 3)) for _ in range(3))
    lead = draw(st.sampled_from([(), (2,)]))
    x = draw(arrays(REAL if p is None else eighths(-3, 3), (*lead, n, d)))
    y = draw(arrays(REAL if p is None else BETWEEN, (m, d)))
    order = draw(st.sampled_from([0, 1, 2, 2.5, 3])) if p is None else p
    mode = "donot_use_mm_for_euclid_dist" if p is None else "use_mm_for_euclid_dist"

    def reference(a: Array, b: Array) -> Any:
        return np.linalg.norm(a[..., :, None, :] - b[..., None, :, :], order, axis=-1)

    return Case(lambda a, b: torch.cdist(a, b, order, mode), (x, y), reference)


# --- reductions by index ----------------------------------------------------------------------------------------


@st.composite
def scattered(draw: st.DrawFn, reduce: str) -> Case:
    n, m, width = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    index = draw(hnp.arrays(np.int64, (m, width), elements=st.integers(0, n - 1)))
    domain = PLAIN if reduce == "prod" else REAL  # a product over a tiny factor, as in PyTorch, loses digits
    x, src = draw(arrays(domain, (n, width))), draw(arrays(domain, (m, width)))
    ufunc = {"prod": np.multiply, "amax": np.maximum, "amin": np.minimum}[reduce]

    def reference(a: Array, b: Array) -> Array:
        out = a.copy()
        for i, j in np.ndindex(index.shape):
            out[index[i, j], j] = ufunc(out[index[i, j], j], b[i, j])
        return out

    where = torch.from_numpy(index)
    return Case(lambda a, b: index_reduce.scatter_reduce(a, 0, where, b, reduce), (x, src), reference)


# --- views by stride ----------------------------------------------------------------------------------------------


@st.composite
def windows(draw: st.DrawFn, back: bool = False) -> Case:
    n, step = draw(st.integers(1, 5)), draw(st.integers(1, 2))
    size = draw(st.integers(1, n))
    starts = range(0, n - size + 1, step)
    if not back:
        x = draw(arrays(REAL, (2, n)))
        return Case(
            lambda t: t.unfold(1, size, step), (x,), lambda a: np.stack([a[:, i : i + size] for i in starts], 1)
        )
    x = draw(arrays(REAL, (2, len(starts), size)))

    def reference(a: Array) -> Array:
        out = np.zeros((2, n))
        for k, i in enumerate(starts):
            out[:, i : i + size] += a[:, k]
        return out

    return Case(lambda t: raw("unfold_backward")(t, (2, n), 1, size, step), (x,), reference)


@st.composite
def strided(draw: st.DrawFn, back: bool = False) -> Case:
    size = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    stride = (draw(st.integers(0, 2)), draw(st.integers(0, 2)))
    offset = draw(st.integers(0, 1))
    place = offset + np.add.outer(np.arange(size[0]) * stride[0], np.arange(size[1]) * stride[1])
    n = int(place.max()) + 1
    if not back:
        x = draw(arrays(REAL, (n,)))
        return Case(lambda t: torch.as_strided(t.contiguous(), size, stride, offset), (x,), lambda a: a[place])

    def reference(a: Array) -> Array:
        out = np.zeros(n)
        np.add.at(out, place, a)
        return out

    x = draw(arrays(REAL, size))
    return Case(lambda t: raw("as_strided_backward")(t, (n,), size, stride, offset), (x,), reference)


def runs() -> st.SearchStrategy[Case]:
    def reference(a: Array) -> Array:
        return a[np.append(True, a[1:] != a[:-1])]

    return arrays(REAL, VECTORS).map(lambda x: Case(torch.unique_consecutive, (x,), reference))


DISTANCES: dict[str, st.SearchStrategy[Case]] = {
    "cdist": rows(),
    "euclidean_dist": rows(2),
    "scatter_extreme": scattered("amax") | scattered("amin"),
    "scatter_prod": scattered("prod"),
    "unfold": windows(),
    "unfold_backward": windows(True),
    "as_strided": strided(),
    "as_strided_backward": strided(True),
    "unique_consecutive": runs(),
}
