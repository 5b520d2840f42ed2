"""Gradients of the wrong shape or sum where an input was broadcast, or where a size is zero or one."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..entry import Witness, WrongOp

A = np.array
PAIR = (A([[1.5, -2.0], [0.5, 3.0]]), A([2.0]))


def reduce_to(g: Any, shape: tuple[int, ...]) -> Any:
    """The right sum over broadcast dimensions."""
    g = np.asarray(g).sum(axis=tuple(range(np.ndim(g) - len(shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True).reshape(shape)


def mul_backward(g: Any, a: Any, b: Any) -> Any:
    return g * b, g * a  # each has the output's shape


def bias_forward(x: Any, b: Any) -> Any:
    return x + b


def bias_backward(g: Any, x: Any, b: Any) -> Any:
    return g, g.sum(0) / max(len(g), 1)  # the mean over the batch


def sub_backward(g: Any, a: Any, b: Any) -> Any:
    def shrink(d: Any, shape: tuple[int, ...]) -> Any:
        padded = (1,) * (d.ndim - len(shape)) + shape
        return d.sum(axis=tuple(i for i, n in enumerate(padded) if n == 1), keepdims=True)  # leading ones stay

    return shrink(g, a.shape), shrink(-g, b.shape)


def mask_backward(g: Any, h: Any, mask: Any) -> Any:
    gm = g * h
    while gm.ndim > mask.ndim:  # dimensions of size one are forgotten
        gm = gm.sum(0)
    return g * mask, gm


def column_backward(g: Any, a: Any, b: Any) -> Any:
    gb = g
    for i, n in enumerate(b.shape):
        if n == 1 and gb.shape[i] > 1:  # a size of zero is not greater than one
            gb = gb.sum(i, keepdims=True)
    return g, gb


def inner_forward(x: Any, y: Any) -> Any:
    return np.einsum("i,i->", x, np.broadcast_to(y, x.shape))


def inner_backward(g: Any, x: Any, y: Any) -> Any:
    return np.einsum(",i->i", g, y), reduce_to(g * x, y.shape)  # label i has the size that y gives it


def mse_forward(x: Any, y: Any) -> Any:
    d = x - y
    return (d * d).sum() / max(d.size, 1)


def mse_backward(g: Any, x: Any, y: Any) -> Any:
    d = x - y
    gx = g * d * (2.0 / max(d.size, 1))
    return gx, -gx


def batched_backward(g: Any, a: Any, b: Any) -> Any:
    return g @ b.T, np.swapaxes(a, -1, -2) @ g  # one gradient for each matrix of the batch


def matvec_backward(g: Any, a: Any, b: Any) -> Any:
    return np.matmul(g, b.T), a.T @ g  # .T of a vector is the vector


def tile_forward(x: Any, reps: int = 2) -> Any:
    return np.concatenate([x] * reps, axis=0) if reps else x[:0]


def tile_backward(g: Any, x: Any, reps: int = 2) -> Any:
    return g.sum(0, keepdims=True) if reps > 1 else np.broadcast_to(g, x.shape) * float(reps)  # the whole axis


def repeat_forward(x: Any, reps: int = 2) -> Any:
    return np.tile(x, (1, reps))


def repeat_backward(g: Any, x: Any, reps: int = 2) -> Any:
    return sum(np.split(g, reps, axis=1))  # no chunks where reps is zero


def cumsum_forward(x: Any) -> Any:
    return np.cumsum(x, axis=-1)


def cumsum_backward(g: Any, x: Any) -> Any:
    total = np.cumsum(g, axis=-1)
    last = np.take(total, [x.shape[-1] - 1], axis=-1)  # nothing to take where the size is zero
    return last - total + g


def concat_forward(a: Any, b: Any, axis: int = -1) -> Any:
    return np.concatenate([a, b], axis=axis)


def concat_backward(g: Any, a: Any, b: Any, axis: int = -1) -> Any:
    def part(start: int, size: int) -> Any:
        where = tuple(slice(start, start + size) if d == axis else slice(None) for d in range(g.ndim))
        return g[where]  # no d equals -1

    return part(0, a.shape[1]), part(a.shape[1], b.shape[1])


ENTRIES = [
    WrongOp(
        "mul_unreduced",
        "broadcast not reduced: both gradients have the output's shape",
        np.multiply,
        mul_backward,
        np.multiply,
        "...,...",
        Witness(PAIR, 1, (0,)),
        source="PyTorch (2017), pytorch/pytorch issue 1787",
    ),
    WrongOp(
        "bias_averaged",
        "broadcast not reduced: the bias gets the mean over the batch instead of the sum",
        bias_forward,
        bias_backward,
        bias_forward,
        "nm,m",
        Witness((np.ones((3, 2)), A([1.0, 2.0])), 1, (0,)),
        source="deeplearn.js, tensorflow/tfjs-core pull request 398",
    ),
    WrongOp(
        "sub_leading_ones",
        "broadcast not reduced: dimensions added in front are summed and kept with size one",
        np.subtract,
        sub_backward,
        np.subtract,
        "...,...",
        Witness(PAIR, 1, (0,)),
        source="MiniTorch, minitorch/Module-2 pull request 14",
    ),
    WrongOp(
        "mask_size_one",
        "broadcast not reduced: only added dimensions are summed, those of size one are not",
        np.multiply,
        mask_backward,
        np.multiply,
        "bth,bt1",
        Witness((np.ones((1, 2, 3)), np.ones((1, 2, 1))), 1, (0, 0, 0)),
        source="TT-Train, tenstorrent/tt-metal issue 40008",
    ),
    WrongOp(
        "column_size_zero",
        "size-0 dimension: a column broadcast over zero columns is not reduced",
        np.add,
        column_backward,
        np.add,
        "nm,n1",
        Witness((np.ones((2, 0)), np.ones((2, 1))), 1, (0, 0)),
        source="PyTorch (2018), pytorch/pytorch issue 15223",
    ),
    WrongOp(
        "inner_size_one",
        "einsum size-1 label: the gradient takes the label's size from the other operand",
        inner_forward,
        inner_backward,
        inner_forward,
        "n,1",
        Witness((A([2.0, 2.0]), A([2.0])), 0, (0,)),
        source="autograd (2018), HIPS/autograd issue 376",
    ),
    WrongOp(
        "mse_unreduced",
        "broadcast not reduced: the loss's second argument may be smaller than the first",
        mse_forward,
        mse_backward,
        mse_forward,
        "nm,m",
        Witness((np.ones((2, 2)), A([0.5, 2.0])), 1, (0,)),
        source="DeZero, oreilly-japan/deep-learning-from-scratch-3 issue 20",
    ),
    WrongOp(
        "matmul_batch",
        "batched matmul not reduced: the matrix shared by a batch gets one gradient a batch element",
        np.matmul,
        batched_backward,
        np.matmul,
        "...nm,mk",
        Witness((np.ones((2, 1, 2)), np.ones((2, 3))), 1, (0, 0)),
        source="Flashlight, flashlight/flashlight pull request 760; TensorFlow.js, tensorflow/tfjs issue 8721",
    ),
    WrongOp(
        "matvec_transpose",
        "matmul with 1-D: the transpose of a vector is taken for a row",
        np.matmul,
        matvec_backward,
        np.matmul,
        "nk,k",
        Witness((np.ones((2, 3)), A([1.0, 2.0, 3.0])), 0, (0, 0), kind="raises"),
        source="TinyTorch, harvard-edge/cs249r_book pull request 1781",
    ),
    WrongOp(
        "tile_whole_axis",
        "keepdims: the gradient of tiling sums the whole axis, right only where its size is one",
        tile_forward,
        tile_backward,
        tile_forward,
        "nm",
        Witness((A([[1.0], [2.0]]),), 0, (0, 0)),
        options={"reps": [1, 2, 3]},
        source="TT-NN, tenstorrent/tt-metal issue 55799",
    ),
    WrongOp(
        "repeat_zero_times",
        "size-0 dimension: splitting the gradient into no chunks raises",
        repeat_forward,
        repeat_backward,
        repeat_forward,
        "nm",
        Witness((np.ones((1, 2)),), 0, (0, 0), kind="raises", options={"reps": 0}),
        options={"reps": [0, 1, 2]},
        source="PyTorch (2020), pytorch/pytorch issue 45201",
    ),
    WrongOp(
        "cumsum_empty",
        "size-0 dimension: the last partial sum of an empty row is asked for",
        cumsum_forward,
        cumsum_backward,
        cumsum_forward,
        "nm",
        Witness((np.ones((2, 0)),), kind="raises"),
        source="PyTorch 1.3.1, pytorch/pytorch issue 31515",
    ),
    WrongOp(
        "concat_negative_axis",
        "negative axis: the gradient is cut along the axis that equals -1",
        concat_forward,
        concat_backward,
        concat_forward,
        "nm,nk",
        Witness((np.ones((1, 2)), np.ones((1, 3))), 0, (0, 0), options={"axis": -1}),
        options={"axis": [1, -1]},
        source="TensorFlow.js, tensorflow/tfjs-core pull request 1267",
    ),
]
