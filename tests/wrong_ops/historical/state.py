"""Gradients that depend on what they should not: earlier calls, chance, memory layout; and gradients that mutate."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import exact as e
from ..entry import Witness, WrongOp

A = np.array
BUFFERS: dict[tuple[int, ...], Any] = {}
ADJOINTS: dict[tuple[int, ...], Any] = {}
WORK: dict[tuple[int, ...], Any] = {}
STREAM = np.random.default_rng(7)


def take_forward(x: Any, i: Any, axis: int = 0) -> Any:
    return np.take(x, i % x.shape[0] if axis == 0 else i % x.shape[1], axis=axis)


def take_backward(g: Any, x: Any, i: Any, axis: int = 0) -> Any:
    gx = BUFFERS.setdefault(x.shape, np.zeros(x.shape))
    if axis == 0:
        gx[...] = 0  # for the other axis the buffer is not cleared
    np.add.at(gx, (i % x.shape[0],) if axis == 0 else (slice(None), i % x.shape[1]), g)
    return gx.astype(x.dtype), None


def square_forward(x: Any) -> Any:
    return x * x


def adjoint_backward(g: Any, x: Any) -> Any:
    return g * ADJOINTS.setdefault(x.shape, 2 * x)  # computed the first time only


def sigmoid_forward(x: Any) -> Any:
    z = np.exp(-np.abs(x))
    out = np.where(x >= 0, 1, z) / (1 + z)
    np.copyto(WORK.setdefault(x.shape, np.empty(x.shape)), out)
    return out


def sigmoid_backward(g: Any, x: Any) -> Any:
    saved = WORK[x.shape].astype(x.dtype)  # of the latest forward, whichever that was
    return g * saved * (1 - saved)


def keep(shape: tuple[int, ...], stream: np.random.Generator) -> Any:
    return stream.random(shape) < 0.5


def dropout_forward(x: Any) -> Any:
    return x * keep(x.shape, np.random.default_rng(0)) * 2


def dropout_backward(g: Any, x: Any) -> Any:
    return g * keep(x.shape, STREAM) * 2  # drawn anew


def softmax(x: Any) -> Any:
    z = np.exp(x - x.max(-1, keepdims=True))
    return z / z.sum(-1, keepdims=True)


def softmax_backward(g: Any, x: Any) -> Any:
    p = softmax(x)
    inner = (g * p).sum(-1, keepdims=True)
    g -= inner  # the incoming gradient's memory holds the result
    g *= p
    return g


def mean_forward(x: Any) -> Any:
    return x.sum(-1) / x.shape[-1]


def mean_backward(g: Any, x: Any) -> Any:
    flat = g.ravel(order="K")  # as it lies in memory
    return np.repeat(flat, x.shape[-1]).reshape(x.shape) / x.shape[-1]


def row_entropy_forward(x: Any) -> Any:
    return np.log(np.exp(x - x.max(-1, keepdims=True)).sum(-1)) + x.max(-1)


def row_entropy_backward(g: Any, x: Any) -> Any:
    stored = g[tuple(slice(None) if s else slice(1) for s in g.strides)]  # what is really in memory
    scale = np.zeros(g.shape, g.dtype)
    scale.flat[: stored.size] = stored.ravel()  # past its end there is something else
    return scale[:, None] * softmax(x)


def rows_times_forward(x: Any, w: Any) -> Any:
    return x @ w


def rows_times_backward(g: Any, x: Any, w: Any) -> Any:
    gx = g @ w.T
    for axis, stride in enumerate(x.strides):  # laid out as x is: with strides of zero, all in one place
        if stride == 0 and x.shape[axis] > 1:
            gx = np.broadcast_to(np.take(gx, [-1], axis), gx.shape)
    return gx, x.T @ g


def gelu_forward(x: Any) -> Any:
    return x * x * np.exp(-x)


def gelu_backward(g: Any, x: Any) -> Any:
    gx = np.zeros_like(x, order="C")
    if g.flags.c_contiguous:
        gx += g * (2 * x - x * x) * np.exp(-x)
    return gx  # the strided path fills nothing


def second_fill(a: Any) -> Any:
    return np.broadcast_to(a[:1], a.shape)


SQUARE = A([[1.0, 2.0], [3.0, 4.0]])
ENTRIES = [
    WrongOp(
        "take_buffer_not_cleared",
        "shared gradient buffer: not cleared for axes other than the first",
        take_forward,
        take_backward,
        take_forward,
        "nm,k",
        Witness((SQUARE, A([0, 1])), 0, (0, 0), kind="repeat", options={"axis": 1}),
        ("real", "indices:n"),
        {"axis": [0, 1]},
        source="MXNet 1.5 and 1.6 take, apache/mxnet issue 19817",
    ),
    WrongOp(
        "adjoint_cached",
        "module-level cache: the derivative of the first call is used for all",
        square_forward,
        adjoint_backward,
        square_forward,
        "nm",
        Witness((A([[1.0]]),), 0, (0, 0), kind="repeat", other=(A([[5.0]]),)),
        source="autobw.torch, bshillingford/autobw.torch pull request 7",
    ),
    WrongOp(
        "output_buffer_reused",
        "saved tensor overwritten: the output is kept in a buffer that the next forward fills",
        sigmoid_forward,
        sigmoid_backward,
        e.sigmoid,
        "nm",
        Witness((A([[0.5, 1.0]]),), 0, (0, 0), kind="repeat", other=(A([[-1.0, 3.0]]),)),
        source="SimpleChains (the second call wrong), PumasAI/SimpleChains.jl pull request 144",
    ),
    WrongOp(
        "dropout_new_mask",
        "nondeterminism: backward draws another mask than forward",
        dropout_forward,
        dropout_backward,
        lambda x: x * keep(x.shape, np.random.default_rng(0)) * 2,
        "nm",
        Witness((np.ones((4, 4)),), 0, (0, 0), kind="repeat"),
        source="voodoo, Benny-Nottonson/voodoo issue 19",
    ),
    WrongOp(
        "softmax_in_place",
        "upstream mutated: the result is written into the incoming gradient",
        softmax,
        softmax_backward,
        e.softmax,
        "nm",
        Witness((SQUARE,), 0, (0, 0), g=A([[1.0, 2.0], [0.5, -1.0]]), kind="mutates"),
        source="Apex fused softmax, NVIDIA/apex issue 1430",
    ),
    WrongOp(
        "mean_memory_order",
        "non-contiguous upstream: read in the order of memory",
        mean_forward,
        mean_backward,
        mean_forward,
        "nmk",
        Witness((np.arange(8.0).reshape(2, 2, 2),), 0, (0, 1, 0), g=SQUARE, kind="layout", layout=np.asfortranarray),
        source="Torch7 nn.Mean, torch/nn pull request 345",
    ),
    WrongOp(
        "entropy_stride_zero",
        "stride-0 upstream: one stored element is read as if there were one a row",
        row_entropy_forward,
        row_entropy_backward,
        e.logsumexp,
        "nc",
        Witness((SQUARE,), 0, (1, 0), g=np.ones(2), kind="layout", layout=second_fill),
        source="Transformer Engine cross entropy, ROCm/TransformerEngine pull request 623",
    ),
    WrongOp(
        "gradient_strides_zero",
        "non-contiguous input: the gradient gets the strides of an expanded input",
        rows_times_forward,
        rows_times_backward,
        rows_times_forward,
        "nk,km",
        Witness((np.ones((2, 2)), SQUARE), 0, (0, 0), g=A([[1.0, 0.0], [0.0, 1.0]]), kind="layout", layout=second_fill),
        source="PyTorch (2019) reshape on CUDA, pytorch/pytorch issue 30303",
    ),
    WrongOp(
        "strided_upstream_unfilled",
        "non-contiguous upstream: the path for strided gradients fills nothing",
        gelu_forward,
        gelu_backward,
        lambda x: x * x * e.exp(-x),
        "nm",
        Witness((SQUARE,), 0, (0, 0), g=SQUARE, kind="layout", layout=np.asfortranarray),
        source="PyTorch 2.1 GELU, pytorch/pytorch issue 112006",
    ),
]
