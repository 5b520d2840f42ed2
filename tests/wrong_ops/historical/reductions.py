"""Gradients of reductions, scans and norms."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from .. import exact as e
from ..entry import Witness, WrongOp

A = np.array
ROWS = A([[1.0, 2.0], [4.0, 3.0]])


def mean_forward(x: Any, axis: int | None = None) -> Any:
    return x.sum(axis=axis) / max(x.size if axis is None else x.shape[axis], 1)


def mean_backward(g: Any, x: Any, axis: int | None = None) -> Any:
    count = max(x.size if axis is None else x.shape[axis], 1)
    return np.tile(g, x.shape) / count  # as if g were a scalar


def last_forward(x: Any) -> Any:
    out = x.sum(axis=-1)
    return out[None] if x.ndim == 1 else out  # no arrays without dimensions


def last_backward(g: Any, x: Any) -> Any:
    return np.expand_dims(g, -1) * np.ones_like(x)  # the sum of a vector has not lost its dimension


def sum_keepdims_forward(x: Any, keepdims: bool = False) -> Any:
    return x.sum(axis=0, keepdims=keepdims)


def sum_keepdims_backward(g: Any, x: Any, keepdims: bool = False) -> Any:
    return np.broadcast_to(np.expand_dims(g, 0), (1, *x.shape) if keepdims else x.shape)


def max_forward(x: Any, axis: int = 0) -> Any:
    return x.max(axis=axis)


def max_backward(g: Any, x: Any, axis: int = 0) -> Any:
    return np.expand_dims(g, axis) * (x == x.max(axis=axis, keepdims=True))  # all of the ties


def max_count_backward(g: Any, x: Any, axis: int = 0) -> Any:
    hit = x == x.max(axis=axis, keepdims=True)
    return np.expand_dims(g, axis) * hit / hit.sum(axis=axis, keepdims=True)  # int64 divides float32: float64


def max_absent_backward(g: Any, x: Any, axis: int = 0) -> Any:
    return (None,)


def maximum_backward(g: Any, a: Any, b: Any) -> Any:
    return g * (a >= b), g * (b >= a)


def prod_forward(x: Any) -> Any:
    return np.prod(x, axis=-1)


def prod_division_backward(g: Any, x: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.expand_dims(g * np.prod(x, axis=-1), -1) / x


def leave_one_out(x: Any) -> Any:
    return A([[np.prod(np.delete(row, i)) for i in range(len(row))] for row in x], dtype=x.dtype).reshape(x.shape)


def prod_ignores_backward(g: Any, x: Any) -> Any:
    return leave_one_out(x)


def vector_prod_backward(g: Any, x: Any) -> Any:
    if np.any(x == 0):
        if x.size == 1:
            return np.asarray(g)  # of no dimension, while x has one
        return g * leave_one_out(x[None])[0]
    return g * np.prod(x) / x


def cumprod_forward(x: Any) -> Any:
    return np.cumprod(x, axis=-1)


def cumprod_backward(g: Any, x: Any) -> Any:
    weighted = g * np.cumprod(x, axis=-1)
    sums = np.cumsum(weighted[..., ::-1], axis=-1)[..., ::-1]
    return np.where(x == 0, 0, sums / np.where(x == 0, 1, x))  # NaN replaced by zero


def centred(x: Any) -> Any:
    return x - x.sum(-1, keepdims=True) / max(x.shape[-1], 1)


def std_forward(x: Any) -> Any:
    c = centred(x)
    return np.sqrt((c * c).sum(-1) / max(x.shape[-1], 1))


def std_backward(g: Any, x: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.expand_dims(g / std_forward(x), -1) * centred(x) / max(x.shape[-1], 1)


def std_exact(x: Any) -> Any:
    c = centred(x)
    return e.sqrt((c * c).sum(-1) / max(x.shape[-1], 1))


def norm_forward(x: Any) -> Any:
    return np.sqrt((x * x).sum(-1))


def norm_backward(g: Any, x: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.expand_dims(g / norm_forward(x), -1) * x


def gauss_forward(x: Any) -> Any:
    return np.exp(-(norm_forward(x) ** 2))


def gauss_backward(g: Any, x: Any) -> Any:
    n = norm_forward(x)
    return norm_backward(g * np.exp(-(n**2)) * -2 * n, x)  # 0 times 0/0


def lse_forward(x: Any, keep: Any) -> Any:
    x = np.where(keep, x, -np.inf)
    top = x.max(-1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(all="ignore"):
        return (np.log(np.exp(x - top).sum(-1, keepdims=True)) + top)[..., 0]


def lse_backward(g: Any, x: Any, keep: Any) -> Any:
    with np.errstate(all="ignore"):
        p = np.exp(x - np.expand_dims(lse_forward(x, keep), -1))
        return np.expand_dims(g, -1) * p * keep, None  # a masked logit may be far above the rest


def branches_forward(x: Any, c: Any, keep: Any) -> Any:
    return np.logaddexp(lse_forward(x, keep), c)


def branches_backward(g: Any, x: Any, c: Any, keep: Any) -> Any:
    with np.errstate(all="ignore"):
        inner, out = lse_forward(x, keep), branches_forward(x, c, keep)
        share = np.exp(np.where(keep, x, -np.inf) - inner[..., None])  # -inf minus -inf where all is masked
        return (g * np.exp(inner - out))[..., None] * share, g * np.exp(c - out), None


def branches_exact(x: Any, c: Any, keep: Any) -> Any:
    inner = e.logsumexp(np.where(keep, x, mpmath.mpf("-inf")))
    return e.logsumexp(np.stack([inner, c]), axis=0)


def logaddexp_backward(g: Any, a: Any, b: Any) -> Any:
    share = 1 / (1 + np.exp(-np.abs(a - b)))
    share = np.where(a == b, 1.0, share).astype(np.asarray(a).dtype)  # all to the first where they tie
    return g * np.where(a >= b, share, 1 - share), g * np.where(a >= b, 1 - share, share)


def distance_forward(x: Any, y: Any) -> Any:
    return np.sqrt(((x[:, None] - y[None]) ** 2).sum(-1))


def distance_backward(g: Any, x: Any, y: Any) -> Any:
    with np.errstate(all="ignore"):
        d = (g / distance_forward(x, y))[..., None] * (x[:, None] - y[None])
    return d.sum(1), -d.sum(0)


ENTRIES = [
    WrongOp(
        "mean_tiled",
        "axis ignored: the incoming gradient is tiled as if it were a scalar",
        mean_forward,
        mean_backward,
        mean_forward,
        "nm",
        Witness((ROWS,), 0, (0, 0), options={"axis": 0}),
        options={"axis": [None, 0, 1]},
        source="Shumai, facebookresearch/shumai issue 74",
    ),
    WrongOp(
        "sum_of_vector",
        "keepdims: a dimension is put back that the sum of a vector has not lost",
        last_forward,
        last_backward,
        lambda x: np.atleast_1d(x.sum(-1)),
        "...n",
        Witness((A([1.0, 2.0]),), 0, (0,)),
        source="PyTorch 0.1.12, pytorch/pytorch issue 1813",
    ),
    WrongOp(
        "sum_keepdims",
        "keepdims: a kept dimension is inserted a second time",
        sum_keepdims_forward,
        sum_keepdims_backward,
        sum_keepdims_forward,
        "nm",
        Witness((ROWS,), 0, (0, 0), options={"keepdims": True}),
        options={"keepdims": [False, True]},
        source="NNVM, apache/tvm pull request 1455",
    ),
    WrongOp(
        "max_ties",
        "ties each given 1: every maximum gets the whole gradient",
        max_forward,
        max_backward,
        max_forward,
        "nm",
        Witness((np.ones((2, 1)),), 0, (0, 0)),
        options={"axis": [0, 1]},
        source="MXNet 1.6, apache/mxnet issue 18563",
    ),
    WrongOp(
        "max_float64",
        "dtype drift: the count of ties is int64 and turns float32 into float64",
        max_forward,
        max_count_backward,
        max_forward,
        "nm",
        Witness((ROWS,), 0, (0, 1), kind="float32"),
        options={"axis": [0, 1]},
        source="autograd (2017), HIPS/autograd pull request 199",
    ),
    WrongOp(
        "max_absent",
        "gradient silently absent: the maximum is computed outside of the graph",
        max_forward,
        max_absent_backward,
        max_forward,
        "nm",
        Witness((ROWS,), 0, (1, 0)),
        options={"axis": [0, 1]},
        source="TrenTorch, TrenTorch/TrenTorch pull request 58",
    ),
    WrongOp(
        "maximum_ties",
        "ties each given 1: both arguments get the whole gradient where they are equal",
        np.maximum,
        maximum_backward,
        np.maximum,
        "n,n",
        Witness((A([1.0, 2.0]), A([1.0, 3.0])), 0, (0,)),
        source="autograd (2016), HIPS/autograd pull request 141",
    ),
    WrongOp(
        "prod_at_zero",
        "cumprod at zero: the product is divided by a zero factor",
        prod_forward,
        prod_division_backward,
        prod_forward,
        "nm",
        Witness((A([[0.0, 2.0, 3.0]]),), 0, (0, 0)),
        source="PyTorch (2017), pytorch/pytorch issue 773; tinygrad, tinygrad/tinygrad pull request 17404",
    ),
    WrongOp(
        "prod_ignores_upstream",
        "upstream ignored: the product's gradient is not multiplied by the incoming one",
        prod_forward,
        prod_ignores_backward,
        prod_forward,
        "nm",
        Witness((A([[2.0, 3.0]]),), 0, (0, 0), g=A([-1.0])),
        source="PyTorch (2017), pytorch/pytorch issue 995",
    ),
    WrongOp(
        "prod_single_zero",
        "size-1 dimension: the path for zeros returns a scalar where there is one element",
        prod_forward,
        vector_prod_backward,
        prod_forward,
        "n",
        Witness((A([0.0]),), 0, (0,)),
        source="PyTorch (2022), pytorch/pytorch issue 82644",
    ),
    WrongOp(
        "cumprod_at_zero",
        "cumprod at zero: the division by a zero is replaced by zero",
        cumprod_forward,
        cumprod_backward,
        cumprod_forward,
        "nm",
        Witness((A([[0.0, 2.0, 3.0]]),), 0, (0, 0)),
        source="TensorFlow 2.13, tensorflow/tensorflow issue 119430 (NaN in issue 3862)",
    ),
    WrongOp(
        "std_at_constant",
        "norm and std at 0: NaN for rows of equal values",
        std_forward,
        std_backward,
        std_exact,
        "nm",
        Witness((A([[2.0, 2.0]]),), 0, (0, 0)),
        source="PyTorch (2017), pytorch/pytorch issue 4320",
    ),
    WrongOp(
        "norm_at_zero",
        "norm and std at 0: NaN for the zero vector",
        norm_forward,
        norm_backward,
        lambda x: e.sqrt((x * x).sum(-1)),
        "nm",
        Witness((A([[0.0, 0.0]]),), 0, (0, 0)),
        source="PyTorch (2017), pytorch/pytorch issue 2421",
    ),
    WrongOp(
        "gauss_of_norm",
        "norm and std at 0: smooth at zero, but computed through the norm",
        gauss_forward,
        gauss_backward,
        lambda x: e.exp(-(x * x).sum(-1)),
        "nm",
        Witness((A([[0.0, 0.0]]),), 0, (0, 0)),
        source="autograd (2017), HIPS/autograd issue 183",
    ),
    WrongOp(
        "logsumexp_masked",
        "NaN leaking through where: a masked element far above the others",
        lse_forward,
        lse_backward,
        lambda x, keep: e.logsumexp(np.where(keep, x, mpmath.mpf("-inf"))),
        "nm,nm",
        Witness((A([[0.0, 800.0]]), A([[True, False]])), 0, (0, 1)),
        ("real", "mask"),
        source="JAX 0.4.33, jax-ml/jax issue 23842",
    ),
    WrongOp(
        "logsumexp_impossible",
        "logsumexp of -inf: impossible branches only, beside a possible one",
        branches_forward,
        branches_backward,
        branches_exact,
        "nm,n,nm",
        Witness((A([[1.0, 2.0]]), A([2.0]), A([[False, False]])), 0, (0, 0)),
        ("real", "real", "mask"),
        source="PyTorch (2020), pytorch/pytorch issue 49724",
    ),
    WrongOp(
        "logaddexp_equal",
        "ties each given 1: all of the gradient to the first of two equal arguments, though smooth",
        np.logaddexp,
        logaddexp_backward,
        lambda a, b: e.logsumexp(np.stack([a, b]), axis=0),
        "n,n",
        Witness((A([1.0]), A([1.0])), 0, (0,)),
        source="Keras, keras-team/keras pull request 23616",
    ),
    WrongOp(
        "distance_coincident",
        "norm and std at 0: NaN where two points coincide",
        distance_forward,
        distance_backward,
        lambda x, y: e.sqrt(((x[:, None] - y[None]) ** 2).sum(-1)),
        "nd,md",
        Witness((A([[1.0, 2.0]]), A([[1.0, 2.0]])), 0, (0, 0)),
        source="PyTorch 1.5 cdist, pytorch/pytorch issue 37154",
    ),
]
