"""Gradients of losses, normalisation layers and small networks."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from .. import exact as e
from ..entry import Witness, WrongOp

A = np.array
LOGITS = A([[1.0, 2.0, 0.5], [0.0, -1.0, 1.0]])
LABELS = A([2, 0])


def log_softmax(x: Any) -> Any:
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def softmax(x: Any) -> Any:
    return np.exp(log_softmax(x))


def entropy_forward(x: Any, y: Any, reduction: str = "mean") -> Any:
    loss = -log_softmax(x)[np.arange(len(y)), y]
    return {"none": loss, "sum": loss.sum(), "mean": loss.sum() / max(len(y), 1)}[reduction]


def entropy_exact(x: Any, y: Any, reduction: str = "mean") -> Any:
    loss = e.logsumexp(x) - x[np.arange(len(y)), y]
    return {"none": loss, "sum": loss.sum(), "mean": loss.sum() / max(len(y), 1)}[reduction]


def minus_one_hot(x: Any, y: Any) -> Any:
    d = softmax(x)
    d[np.arange(len(y)), y] -= 1
    return d


def entropy_divides_backward(g: Any, x: Any, y: Any, reduction: str = "mean") -> Any:
    return np.reshape(g, (-1, 1)) * minus_one_hot(x, y) / (1 if reduction == "none" else len(y)), None


def entropy_first_backward(g: Any, x: Any, y: Any, reduction: str = "mean") -> Any:
    return np.ravel(g)[0] * minus_one_hot(x, y) / (len(y) if reduction == "mean" else 1), None


def log_softmax_adds_backward(g: Any, x: Any) -> Any:
    return g + softmax(x)


def softmax_diagonal_backward(g: Any, x: Any) -> Any:
    p = softmax(x)
    return g * p * (1 - p)


def huber_forward(x: Any, t: Any) -> Any:
    d = np.abs(x - t)
    return np.where(d <= 1, 0.5 * d * d, d - 0.5).sum(-1)


def huber_ignores_backward(g: Any, x: Any, t: Any) -> Any:
    gx = np.clip(x - t, -1, 1)
    return gx, -gx


def smooth_l1_forward(x: Any, t: Any) -> Any:
    d = np.abs(x - t)
    return np.where(d < 1, 0.5 * d * d, d - 0.5)


def smooth_l1_signed_backward(g: Any, x: Any, t: Any) -> Any:
    d = x - t
    gx = g * np.where(d < 1, d, np.sign(d))  # d, not its absolute value
    return gx, -gx


def bce_forward(x: Any, t: Any) -> Any:
    t = t.astype(x.dtype)
    loss = np.maximum(x, 0) - x * t + np.log1p(np.exp(-np.abs(x)))
    return loss.sum() / max(loss.size, 1)


def bce_backward(g: Any, x: Any, t: Any) -> Any:
    count = np.maximum((t >= 0).sum(), 1)  # an int64 scalar: float32 becomes float64
    return g * (1 / (1 + np.exp(-x)) - t.astype(x.dtype)) / count, None


def batch_mean(x: Any) -> Any:
    return x.sum(0) / max(len(x), 1)


def batchnorm_forward(x: Any, gamma: Any) -> Any:
    centred = x - batch_mean(x)
    return gamma * centred / np.sqrt(batch_mean(centred * centred) + 1e-3)


def batchnorm_exact(x: Any, gamma: Any) -> Any:
    centred = x - batch_mean(x)
    return gamma * centred / e.sqrt(batch_mean(centred * centred) + 1e-3)


def batchnorm_backward(g: Any, x: Any, gamma: Any) -> Any:
    centred = x - batch_mean(x)
    inv = 1 / np.sqrt(batch_mean(centred * centred) + 1e-3)
    d = g * gamma
    return (d - batch_mean(d)) * inv, (g * centred * inv).sum(0)  # the variance taken for a constant


def mlp_forward(x: Any, w: Any, v: Any) -> Any:
    return np.tanh(x @ w) @ v


def mlp_backward(g: Any, x: Any, w: Any, v: Any) -> Any:
    h = np.tanh(x @ w)
    gh = g @ v.T
    gh_before = gh * (1 - h * h)
    return gh_before @ w.T, x.T @ gh, h.T @ g  # gh where gh_before is meant


def linear_map_forward(a: Any, x: Any) -> Any:
    return a @ x


def linear_map_backward(g: Any, a: Any, x: Any) -> Any:
    return np.outer(g, x), a @ g  # a jvp in place of a vjp


def gauss_forward(x: Any, a: Any) -> Any:
    s = a @ a.T + np.eye(len(a), dtype=a.dtype)
    return -0.5 * (x @ np.linalg.solve(s, x) + np.linalg.slogdet(s)[1])


def gauss_exact(x: Any, a: Any) -> Any:
    if not len(x):
        return mpmath.mpf(0)
    s = mpmath.matrix((a @ a.T + np.eye(len(a), dtype=object)).tolist())
    solved = np.array(list(mpmath.lu_solve(s, mpmath.matrix(x.tolist()))), dtype=object)
    return -(x @ solved + mpmath.log(mpmath.det(s))) / 2


def gauss_backward(g: Any, x: Any, a: Any) -> Any:
    inverse = np.linalg.inv(a @ a.T + np.eye(len(a), dtype=a.dtype))
    v = inverse @ x
    slope = 0.5 * (inverse - np.outer(v, v))  # of minus the logarithm
    return -g * v, g * 2 * slope @ a


ENTRIES = [
    WrongOp(
        "cross_entropy_sum_divided",
        "missing 1/N the other way: divided by the batch though the losses are summed",
        entropy_forward,
        entropy_divides_backward,
        entropy_exact,
        "nc,n",
        Witness((LOGITS, LABELS), 0, (0, 0), options={"reduction": "sum"}),
        ("real", "labels:c"),
        {"reduction": ["none", "sum", "mean"]},
        "aprender, paiml/aprender pull request 2182",
    ),
    WrongOp(
        "cross_entropy_first_upstream",
        "upstream ignored: all rows take the first row's incoming gradient",
        entropy_forward,
        entropy_first_backward,
        entropy_exact,
        "nc,n",
        Witness((LOGITS, LABELS), 0, (1, 0), g=A([1.0, 3.0]), options={"reduction": "none"}),
        ("real", "labels:c"),
        {"reduction": ["none", "sum", "mean"]},
        "aprender, paiml/aprender pull request 2182 (reduction none)",
    ),
    WrongOp(
        "log_softmax_adds",
        "upstream mistaken: added to the softmax instead of reduced by it",
        log_softmax,
        log_softmax_adds_backward,
        lambda x: x - e.logsumexp(x, keepdims=True),
        "nc",
        Witness((LOGITS,), 0, (0, 0)),
        source="mlpack (2020), mlpack/mlpack issue 2360",
    ),
    WrongOp(
        "softmax_diagonal",
        "term missing: only the diagonal of the Jacobian",
        softmax,
        softmax_diagonal_backward,
        e.softmax,
        "nc",
        Witness((LOGITS,), 0, (0, 0)),
        source="pocketpy/cTensor pull request 31; eriklindernoren/ML-From-Scratch issue 71",
    ),
    WrongOp(
        "huber_ignores_upstream",
        "upstream ignored: right only for ones",
        huber_forward,
        huber_ignores_backward,
        huber_forward,
        "nm,nm",
        Witness((A([[0.5, 3.0]]), A([[0.0, 0.0]])), 0, (0, 0), g=A([2.0])),
        source="Chainer (2016), chainer/chainer pull request 1178 (issue 1175)",
    ),
    WrongOp(
        "smooth_l1_signed",
        "wrong value at a threshold: the signed difference is compared, wrong below -1",
        smooth_l1_forward,
        smooth_l1_signed_backward,
        smooth_l1_forward,
        "n,n",
        Witness((A([-3.0]), A([0.0])), 0, (0,)),
        source="attorch, BobMcDear/attorch issue 13",
    ),
    WrongOp(
        "sigmoid_entropy_float64",
        "dtype drift: divided by a NumPy integer",
        bce_forward,
        bce_backward,
        lambda x, t: (e.log1p(e.exp(x)) - x * t).sum() / max(x.size, 1),
        "n,n",
        Witness((A([0.5, -1.0]), A([1, 0])), 0, (0,), kind="float32"),
        ("real", "labels:2"),
        source="Chainer (2015), chainer/chainer issue 684",
    ),
    WrongOp(
        "batchnorm_variance",
        "term missing: the variance's dependence on the input",
        batchnorm_forward,
        batchnorm_backward,
        batchnorm_exact,
        "nm,m",
        Witness((A([[1.0], [2.0], [4.0]]), A([1.5])), 0, (0, 0), g=A([[1.0], [0.0], [0.0]])),
        source="mlpack (2019; wrong once a layer comes before it), mlpack/mlpack issue 1923",
    ),
    WrongOp(
        "mlp_before_activation",
        "variable mistaken: the weights get the gradient after the activation",
        mlp_forward,
        mlp_backward,
        lambda x, w, v: e.tanh(x @ w) @ v,
        "nk,kh,hm",
        Witness((A([[1.0, 2.0]]), A([[0.5], [0.1]]), A([[2.0]])), 1, (0, 0)),
        source="Course solution, arthurdouillard/deepcourse issue 6",
    ),
    WrongOp(
        "matvec_jvp",
        "forgotten transpose: the matrix is applied again, as in forward mode",
        linear_map_forward,
        linear_map_backward,
        linear_map_forward,
        "nn,n",
        Witness((A([[1.0, 2.0], [0.0, 1.0]]), A([1.0, 1.0])), 1, (0,)),
        source="timemachine review (jvp and vjp mixed up), proteneer/timemachine pull request 539",
    ),
    WrongOp(
        "gaussian_covariance_sign",
        "sign: the log-density's gradient in the covariance is negated",
        gauss_forward,
        gauss_backward,
        gauss_exact,
        "n,nn",
        Witness((A([1.0, 2.0]), A([[1.0, 0.5], [0.0, 1.0]])), 1, (0, 0)),
        source="autograd 1.2, HIPS/autograd pull request 412 (issue 401)",
    ),
]
