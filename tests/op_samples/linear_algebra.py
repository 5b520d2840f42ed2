"""Samples of products, of operations on matrices, and of decompositions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import microdl as torch
from microdl.ops import decomposition, linalg, linear, matrix, products
from microdl.testing.strategies import shapes

from .kinds import MATRICES as RECTANGLES
from .kinds import REAL, Array, Case, arrays, raw, with_arguments

SIDE = st.integers(0, 3)
SOME = st.integers(1, 3)
SMALL = st.sampled_from([1 / 8, 2 / 8, -1 / 8, -2 / 8])  # not 0, where the sign of a factor jumps


@st.composite
def product(draw: st.DrawFn, call: Callable[..., Any], first: str, second: str, reference: Any = np.matmul) -> Case:
    """Two operands whose shapes are spelled in letters, such as "nk" and "km"; a letter is one size, 0 included."""
    size = {letter: draw(SIDE) for letter in sorted({*first, *second})}
    x, y = (draw(arrays(REAL, tuple(size[c] for c in word))) for word in (first, second))
    return Case(call, (x, y), reference)


@st.composite
def batched(draw: st.DrawFn) -> Case:
    """Stacks of matrices whose leading dimensions broadcast."""
    shapes = draw(hnp.mutually_broadcastable_shapes(signature="(n,k),(k,m)->(n,m)", max_dims=1, min_side=0, max_side=2))
    x, y = (draw(arrays(REAL, s)) for s in shapes.input_shapes)
    return Case(products.matmul, (x, y), np.matmul)


@st.composite
def sums(draw: st.DrawFn, call: Callable[..., Any], shapes: tuple[str, str, str]) -> Case:
    """beta * input + alpha * x @ y, the first broadcast."""
    size = {letter: draw(SIDE) for letter in "bknm"}
    term, x, y = (draw(arrays(REAL, tuple(size[c] for c in word))) for word in shapes)
    beta, alpha = draw(st.sampled_from([(1, 1), (0.5, 2.0), (2.0, -1.0)]))
    return Case(
        lambda a, b, c: call(a, b, c, beta=beta, alpha=alpha), (term, x, y), lambda a, b, c: beta * a + alpha * (b @ c)
    )


@st.composite
def layers(draw: st.DrawFn) -> Case:
    lead = draw(shapes(0, 2, 0, 3))
    k, m = draw(SOME), draw(SOME)
    x, w, b = draw(arrays(REAL, (*lead, k))), draw(arrays(REAL, (m, k))), draw(arrays(REAL, (m,)))
    if draw(st.booleans()):
        return Case(linear.linear, (x, w), lambda x, w: x @ w.T)
    return Case(linear.linear, (x, w, b), lambda x, w, b: x @ w.T + b)


PRODUCTS: dict[str, st.SearchStrategy[Case]] = {
    "mm": product(products.matmul, "nk", "km"),
    "mv": product(products.matmul, "nk", "k"),
    "vm": product(products.matmul, "k", "km"),
    "dot": product(products.matmul, "k", "k"),
    "fold_matrix": product(products.matmul, "bnk", "km"),
    "fold_vector": product(products.matmul, "bnk", "k"),
    "matmul": batched().filter(lambda case: case.inputs[1].ndim > 2) | product(products.matmul, "k", "bkm"),
    "bmm": product(products.bmm, "bnk", "bkm"),
    "addmm": sums(products.addmm, ("m", "nk", "km")) | sums(products.addmm, ("nm", "nk", "km")),
    "addmv": sums(products.addmv, ("n", "nk", "k")),
    "baddbmm": sums(products.baddbmm, ("nm", "bnk", "bkm")),
    "linear": layers(),
}


# --- matrices -------------------------------------------------------------------------------------------


def offsets(x: Array) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(st.integers(-1, 1))


@st.composite
def diagonals(draw: st.DrawFn) -> Case:
    x = draw(arrays(REAL, shapes(2, 3, 1, 3)))
    offset = draw(st.integers(-1, 1))
    dims = draw(st.permutations(range(x.ndim)))[:2]
    return Case(lambda t: matrix.diagonal(t, offset, *dims), (x,), lambda a: np.diagonal(a, offset, *dims))


@st.composite
def on_diagonals(draw: st.DrawFn, name: str) -> Case:
    x = draw(arrays(REAL, shapes(1, 2, 1, 3)))
    offset = draw(st.integers(-1, 1))

    def reference(a: Array) -> Any:
        flat = [np.diag(row, offset) for row in a.reshape(-1, a.shape[-1])]
        return np.stack(flat).reshape(*a.shape[:-1], *flat[0].shape)

    if name == "diag_embed":
        return Case(lambda t: matrix.diag_embed(t, offset), (x,), reference)
    n = x.shape[-1] + abs(offset)
    return Case(
        lambda t: raw("diagonal_backward")(t, (*x.shape[:-1], n, n), offset, x.ndim - 1, x.ndim), (x,), reference
    )


def filled_diagonal(a: Array) -> Array:
    out = a.copy()
    np.fill_diagonal(out, 5.0)
    return out


@st.composite
def invertible(draw: st.DrawFn, symmetric: bool = False) -> Array:
    """Matrices of distinct eigenvalues far from 0 and from each other: 2, 4 and 6, and a little around them."""
    n = draw(SOME)
    noise = draw(arrays(SMALL, (*draw(shapes(0, 1, 1, 2)), n, n)))
    a = noise + np.diag(np.arange(2.0, 2 * n + 1, 2))
    return (a + a.swapaxes(-1, -2)) / 2 if symmetric else a


def square(call: Callable[..., Any], reference: Any, symmetric: bool = False) -> st.SearchStrategy[Case]:
    return invertible(symmetric).map(lambda a: Case(call, (a,), reference))


@st.composite
def solves(draw: st.DrawFn) -> Case:
    a = draw(invertible())
    b = draw(arrays(REAL, (*a.shape[:-1], draw(SOME))))
    return Case(linalg.solve, (a, b), np.linalg.solve)


MATRICES: dict[str, st.SearchStrategy[Case]] = {
    "diagonal": diagonals(),
    "diagonal_backward": on_diagonals("diagonal_backward"),
    "diag_embed": on_diagonals("diag_embed"),
    "trace": arrays(REAL, RECTANGLES).map(lambda x: Case(matrix.trace, (x,), np.trace)),
    "fill_diagonal": arrays(REAL, RECTANGLES).map(
        lambda x: Case(lambda t: raw("fill_diagonal")(t, 5.0), (x,), filled_diagonal)
    ),
    "tril": with_arguments(matrix.tril, np.tril, offsets, REAL, RECTANGLES),
    "triu": with_arguments(matrix.triu, np.triu, offsets, REAL, RECTANGLES),
    "inv": square(linalg.inv, np.linalg.inv),
    "solve": solves(),
    "det": square(linalg.det, np.linalg.det),
    "det_sign": square(lambda a: linalg.slogdet(a)[0], lambda a: np.linalg.slogdet(a)[0]),
    "logabsdet": square(lambda a: linalg.slogdet(a)[1], lambda a: np.linalg.slogdet(a)[1]),
}


# --- decompositions -------------------------------------------------------------------------------------


def signs(columns: Any) -> Any:
    """1 or -1 for each column: a decomposition leaves their signs open, and these settle them."""
    held = columns if isinstance(columns, np.ndarray) else columns.detach().numpy()
    found = np.sign(3.0 ** np.arange(held.shape[-2]) @ held)[..., None, :].astype(held.dtype)
    return found if held is columns else torch.from_numpy(found)


def eigh(a: Any) -> list[Any]:
    """Of the symmetric part: differences move one element, and the decomposition reads both of a pair."""
    decompose = np.linalg.eigh if isinstance(a, np.ndarray) else decomposition.eigh
    values, vectors = decompose((a + a.mT) / 2)
    return [values, vectors * signs(vectors)]


def svd(a: Any) -> list[Any]:
    decompose = np.linalg.svd if isinstance(a, np.ndarray) else decomposition.linalg_svd
    u, s, vh = decompose(a, full_matrices=False)
    return [u * signs(u), s, vh * signs(u).mT]


@st.composite
def thin(draw: st.DrawFn, call: Callable[..., Any], reference: Any, tall_only: bool = False) -> Case:
    """A matrix that need not be square, of full rank."""
    a = draw(invertible())
    n = a.shape[-1]
    more = draw(arrays(SMALL, (*a.shape[:-2], draw(st.integers(0, 2)), n)))
    a = np.concatenate([a, more], axis=-2)
    if not tall_only and draw(st.booleans()):
        a = np.ascontiguousarray(a.swapaxes(-1, -2))
    return Case(call, (a,), reference)


DECOMPOSITIONS: dict[str, st.SearchStrategy[Case]] = {
    "eigh": square(eigh, eigh, symmetric=True),
    "svd": thin(svd, svd),
    "qr": thin(lambda a: list(decomposition.qr(a)), lambda a: list(np.linalg.qr(a)), tall_only=True),
    "cholesky": invertible(symmetric=True).map(
        lambda a: Case(lambda t: decomposition.cholesky((t + t.mT) / 2), (a,), np.linalg.cholesky)
    ),
}
