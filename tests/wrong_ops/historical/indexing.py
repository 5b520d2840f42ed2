"""Gradients of gathering, scattering, sorting and windows that lose, repeat or misplace elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..entry import Witness, WrongOp

A = np.array


def take_forward(x: Any, i: Any) -> Any:
    return x[i]


def take_backward(g: Any, x: Any, i: Any) -> Any:
    gx = np.zeros_like(x)
    gx[i] += g  # a buffered addition: the last of equal indices
    return gx, None


def embed_backward(g: Any, table: Any, i: Any) -> Any:
    gt = np.zeros_like(table)
    for row, words in enumerate(i):
        gt[words] += g[row]  # right across rows, not within one
    return gt, None


def along_forward(x: Any, i: Any) -> Any:
    return np.take_along_axis(x, i % x.shape[1], axis=1)


def along_backward(g: Any, x: Any, i: Any) -> Any:
    gx = np.zeros_like(x)
    np.put_along_axis(gx, i % x.shape[1], g, axis=1)
    return gx, None


def fill_forward(x: Any, v: Any, i: Any) -> Any:
    out = x.copy()
    out[i] = v
    return out


def fill_backward(g: Any, x: Any, v: Any, i: Any) -> Any:
    gx = g.copy()
    gx[i] = 0
    return gx, g[i].sum(), None  # a row named twice counts twice


def copy_forward(x: Any, y: Any, i: Any) -> Any:
    out = x.copy()
    for k, row in enumerate(i):
        out[row] = y[k]
    return out


def copy_backward(g: Any, x: Any, y: Any, i: Any) -> Any:
    gx = g.copy()
    gx[i] = 0
    return gx, g[i], None  # rows that were overwritten get a gradient too


def scale_forward(x: Any, v: Any, i: Any) -> Any:
    out = x.copy()
    for k, n in enumerate(i):
        out[n] = out[n] * v[k]
    return out


def scale_backward(g: Any, x: Any, v: Any, i: Any) -> Any:
    gx = g.copy()
    gx[i] = g[i] * v  # one factor where an index has several
    i = i % max(len(x), 1)
    gv = np.array([g[n] * x[n] * np.prod(v[(i == n) & (np.arange(len(i)) != k)]) for k, n in enumerate(i)])
    return gx, gv.reshape(v.shape).astype(v.dtype), None


def add_forward(x: Any, src: Any, i: Any) -> Any:
    out = x.copy()
    for k in range(min(len(src), len(i))):
        out[i[k]] = out[i[k]] + src[k]
    return out


def add_backward(g: Any, x: Any, src: Any, i: Any) -> Any:
    return g, g[i[: len(src)]], None  # as long as the indices, not as the source


def sort_forward(x: Any) -> Any:
    return np.sort(x, axis=-1)


def sort_backward(g: Any, x: Any) -> Any:
    return np.take_along_axis(g, np.argsort(x, axis=-1, kind="stable"), axis=-1)  # the inverse is wanted


def pool_forward(x: Any) -> Any:
    return np.maximum(x[:, :-1], x[:, 1:])


def pool_backward(g: Any, x: Any) -> Any:
    gx = np.zeros_like(x)
    rows, cols = np.indices(g.shape)
    left = x[:, :-1] >= x[:, 1:]
    for r, c, is_left, d in zip(rows.ravel(), cols.ravel(), left.ravel(), g.ravel(), strict=True):
        gx[r, c + (not is_left)] = d  # windows overlap
    return gx


def ceil_windows(n: int) -> list[tuple[int, int]]:
    return [(i, min(i + 3, n)) for i in range(0, max(n - 1, min(n, 1)), 2)]


def ceil_pool_forward(x: Any) -> Any:
    windows = ceil_windows(len(x))
    return np.array([x[a:b].sum() / (b - a) for a, b in windows], dtype=x.dtype)


def ceil_pool_backward(g: Any, x: Any) -> Any:
    gx = np.zeros_like(x)
    for (a, b), d in zip(ceil_windows(len(x)), g, strict=True):
        gx[a:b] += d / 3  # the last window may be shorter
    return gx


def conv_forward(x: Any, w: Any) -> Any:
    return np.einsum("dn,md->mn", x, w)


def conv_backward(g: Any, x: Any, w: Any) -> Any:
    gx = np.zeros_like(x)
    for m in range(len(w)):
        for d in range(len(x)):
            gx[m % len(x)] += w[m, d] * g[m]  # the output's index where the input's is meant
    return gx, np.einsum("mn,dn->md", g, x)


I3 = A([0, 2, 0])
ENTRIES = [
    WrongOp(
        "take_duplicates",
        "duplicate index lost: a row taken twice gets one of its gradients",
        take_forward,
        take_backward,
        take_forward,
        "nm,k",
        Witness((np.ones((3, 1)), I3), 0, (0, 0)),
        ("real", "indices:n"),
        source="autograd (2015), HIPS/autograd issue 39",
    ),
    WrongOp(
        "embedding_within_row",
        "duplicate index lost: words repeated within a sentence, not across sentences",
        take_forward,
        embed_backward,
        take_forward,
        "nd,bk",
        Witness((np.ones((3, 2)), A([[1, 1], [0, 2]])), 0, (1, 0)),
        ("real", "indices:n"),
        source="Zero to Hero lecture 4, karpathy/nn-zero-to-hero issue 57",
    ),
    WrongOp(
        "take_along_overwrites",
        "duplicate index lost: the gradient is written, not added",
        along_forward,
        along_backward,
        along_forward,
        "nm,nk",
        Witness((np.ones((1, 2)), A([[1, 1]])), 0, (0, 1)),
        ("real", "indices:m"),
        source="Paddle gather, PaddlePaddle/Paddle pull request 17662",
    ),
    WrongOp(
        "index_fill_counts_twice",
        "duplicate over-counted: the value's gradient sums repeated rows again",
        fill_forward,
        fill_backward,
        fill_forward,
        "nm,,k",
        Witness((np.ones((3, 2)), A(2.0), A([2, 2])), 1, ()),
        ("real", "real", "indices:n"),
        source="PyTorch (2021), pytorch/pytorch issue 57006",
    ),
    WrongOp(
        "index_copy_counts_all",
        "duplicate over-counted: rows overwritten by a later one still get a gradient",
        copy_forward,
        copy_backward,
        copy_forward,
        "nm,km,k",
        Witness((np.zeros((2, 1)), A([[1.0], [2.0]]), A([0, 0])), 1, (0, 0)),
        ("real", "real", "indices:n"),
        source="PyTorch (2017), pytorch/pytorch issue 473",
    ),
    WrongOp(
        "scatter_mul_one_factor",
        "duplicate index lost: the base's gradient has one of several factors",
        scale_forward,
        scale_backward,
        scale_forward,
        "n,k,k",
        Witness((A([1.0, 2.0]), A([3.0, 5.0]), A([1, 1])), 0, (1,)),
        ("real", "real", "indices:n"),
        source="Burn scatter_nd review, tracel-ai/burn pull request 4909",
    ),
    WrongOp(
        "scatter_add_long_source",
        "size mismatch: the source's gradient has the shape of the indices",
        add_forward,
        add_backward,
        add_forward,
        "n,k,j",
        Witness((np.zeros(2), A([1.0, 2.0, 3.0]), A([0, 1])), 1, (0,)),
        ("real", "real", "indices:n"),
        source="PyTorch, pytorch/pytorch pull request 188843 (issues 27614, 94336)",
    ),
    WrongOp(
        "sort_not_inverted",
        "forgotten transpose: the sorting permutation is applied again instead of inverted",
        sort_forward,
        sort_backward,
        sort_forward,
        "nm",
        Witness((A([[2.0, 3.0, 1.0]]),), 0, (0, 0), g=A([[1.0, 2.0, 4.0]])),
        source="Paddle argsort on the CPU, PaddlePaddle/Paddle pull request 22739; MLX topk, ml-explore/mlx issue 1428",
    ),
    WrongOp(
        "pool_overlap",
        "`=` for `+=`: overlapping windows with the same maximum",
        pool_forward,
        pool_backward,
        pool_forward,
        "nm",
        Witness((A([[1.0, 3.0, 2.0]]),), 0, (0, 1), g=A([[1.0, 2.0]])),
        source="Joey, devitocodes/joey pull request 5",
    ),
    WrongOp(
        "avg_pool_last_window",
        "forward and backward constants differing: the short last window is divided by three",
        ceil_pool_forward,
        ceil_pool_backward,
        lambda x: A([sum(x[a:b]) / (b - a) for a, b in ceil_windows(len(x))], dtype=object),
        "n",
        Witness((A([1.0, 2.0, 3.0, 4.0]),), 0, (3,)),
        source="PyTorch 2.14 Inductor, pytorch/pytorch issue 198119",
    ),
    WrongOp(
        "conv_wrong_index",
        "wrong loop index: the gradient of input channel d is added to channel m",
        conv_forward,
        conv_backward,
        conv_forward,
        "dn,md",
        Witness((np.ones((2, 1)), A([[1.0, 2.0], [3.0, 5.0]])), 0, (0, 0)),
        source="neon (2015), NervanaSystems/neon issue 111",
    ),
]
