"""Losses: counts, labels, margins, weights."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np

from ..entry import Array, Witness, WrongOp
from .precise import of, shifted, softplus

T = tuple[Any, ...]


def log_softmax(x: Array) -> Array:
    z = x - x.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def one_hot(labels: Array, x: Array) -> Array:
    return (labels[:, None] == np.arange(x.shape[1])).astype(x.dtype)


def log_softmax_exact(x: Array) -> Array:
    return x - shifted(x, 1)[1]


# Masked mean: divided by all.
def masked_loss(x: Array, y: Array, keep: Array) -> Array:
    return (keep * (x - y) ** 2).sum() / max(1, int(keep.sum()))


def masked_loss_backward(g: Array, x: Array, y: Array, keep: Array) -> T:
    gx = g * 2 * keep * (x - y) / max(1, keep.size)
    return gx, -gx, None


def masked_loss_exact(x: Array, y: Array, keep: Array) -> Array:
    return np.where(keep, (x - y) ** 2, 0 * x).sum() / mp.mpf(max(1, int(keep.sum())))


# Class zero is no class.
def cross_entropy(x: Array, labels: Array) -> Array:
    return -(log_softmax(x) * one_hot(labels, x)).sum(axis=1)


def cross_entropy_backward(g: Array, x: Array, labels: Array) -> T:
    part = (np.exp(log_softmax(x)) - one_hot(labels, x)) * g[:, None]
    return part * np.where(labels, 1, 0)[:, None].astype(x.dtype), None


def cross_entropy_exact(x: Array, labels: Array) -> Array:
    return -(log_softmax_exact(x) * one_hot(labels, np.zeros(x.shape)).astype(int)).sum(axis=1)


# Smoothing: spread over the other classes in the gradient, over all of them in the value.
def smoothed(x: Array, labels: Array) -> Array:
    target = 0.75 * one_hot(labels, x) + 0.25 / x.shape[1]
    return -(log_softmax(x) * target).sum(axis=1)


def smoothed_backward(g: Array, x: Array, labels: Array) -> T:
    hot, k = one_hot(labels, x), x.shape[1]
    target = 0.75 * hot + (0.25 * (1 - hot) / (k - 1) if k > 1 else 0.25 * hot)
    return g[:, None] * (np.exp(log_softmax(x)) - target), None


def smoothed_exact(x: Array, labels: Array) -> Array:
    hot = one_hot(labels, np.zeros(x.shape)).astype(int)
    return -(log_softmax_exact(x) * (hot * mp.mpf(3) / 4 + mp.mpf(1) / (4 * x.shape[1]))).sum(axis=1)


# Class weights: the weight is put on the label only.
def weighted_cross_entropy(x: Array, labels: Array, w: Array) -> Array:
    return -(log_softmax(x) * one_hot(labels, x) * w).sum(axis=1)


def weighted_cross_entropy_backward(g: Array, x: Array, labels: Array, w: Array) -> T:
    hot = one_hot(labels, x)
    gw = -(g[:, None] * log_softmax(x) * hot).sum(axis=0)
    return g[:, None] * (np.exp(log_softmax(x)) - hot * w), None, gw


def weighted_cross_entropy_exact(x: Array, labels: Array, w: Array) -> Array:
    return -(log_softmax_exact(x) * one_hot(labels, np.zeros(x.shape)).astype(int) * w).sum(axis=1)


# Hinge over classes: the label's row counts one violation.
def hinge(x: Array, labels: Array) -> Array:
    hot = one_hot(labels, x)
    right = (x * hot).sum(axis=1, keepdims=True)
    return (np.maximum(x - right + 1, 0) * (1 - hot)).sum(axis=1)


def hinge_backward(g: Array, x: Array, labels: Array) -> T:
    hot = one_hot(labels, x)
    right = (x * hot).sum(axis=1, keepdims=True)
    over = (x - right + 1 > 0) * (1 - hot)
    return g[:, None] * (over - hot * over.max(axis=1, keepdims=True)).astype(x.dtype), None


def hinge_exact(x: Array, labels: Array) -> Array:
    hot = one_hot(labels, np.zeros(x.shape)).astype(int)
    right = (x * hot).sum(axis=1, keepdims=True)
    z = x - right + 1
    return (np.where(z > 0, z, 0 * z) * (1 - hot)).sum(axis=1)


# Binary with logits: the weight of the positive is missing from one of its two places.
def binary(x: Array, y: Array, w: Array) -> Array:
    return w * y * np.logaddexp(0, -x) + (1 - y) * np.logaddexp(0, x)


def binary_backward(g: Array, x: Array, y: Array, w: Array) -> T:
    s = 0.5 + 0.5 * np.tanh(x / 2)
    gx = g * ((1 - y) * s - w * y + y * s)
    gy = g * (w * np.logaddexp(0, -x) - np.logaddexp(0, x))
    return gx, gy, g * y * np.logaddexp(0, -x)


def binary_exact(x: Array, y: Array, w: Array) -> Array:
    return w * y * softplus(-x) + (1 - y) * softplus(x)


# Divergence of given log-probabilities: the mean over the batch is a mean over everything.
def divergence(q: Array, p: Array) -> Array:
    return (np.exp(p) * (p - q)).sum() / max(1, len(p))


def divergence_backward(g: Array, q: Array, p: Array) -> T:
    n, e = max(1, len(p)), np.exp(p)
    return -g * e / max(1, p.size), g * e * (p - q + 1) / n


def divergence_exact(q: Array, p: Array) -> Array:
    return (np.frompyfunc(mp.exp, 1, 1)(p) * (p - q)).sum() / mp.mpf(max(1, len(p)))


# Triplet: the margin's test leaves out the margin.
def triplet(a: Array, p: Array, n: Array) -> Array:
    return np.maximum(((a - p) ** 2).sum(axis=1) - ((a - n) ** 2).sum(axis=1) + 1, 0)


def triplet_backward(g: Array, a: Array, p: Array, n: Array) -> T:
    on = ((((a - p) ** 2).sum(axis=1) > ((a - n) ** 2).sum(axis=1)) * g)[:, None] * 2
    return on * (n - p), -on * (a - p), on * (a - n)


# Quantile loss: right for the median.
def quantile(x: Array, y: Array, q: float = 0.5) -> Array:
    d = y - x
    return np.where(d >= 0, q * d, (q - 1) * d)


def quantile_backward(g: Array, x: Array, y: Array, q: float = 0.5) -> T:
    gy = np.where(y >= x, (1 - q) * g, -q * g)
    return -gy, gy


# A focal weight that is taken for a constant for the positive label.
def focal(x: Array) -> Array:
    s = 0.5 + 0.5 * np.tanh(x / 2)
    return (1 - s) ** 2 * np.logaddexp(0, -x)


def focal_backward(g: Array, x: Array) -> T:
    s = 0.5 + 0.5 * np.tanh(x / 2)
    return (-g * (1 - s) ** 3,)


# Pairs of rows: the diagonal is counted for both.
def pair_distance(x: Array) -> Array:
    return ((x[:, None] - x[None, :]) ** 2).sum(axis=2)


def pair_distance_backward(g: Array, x: Array) -> T:
    d = x[:, None] - x[None, :]
    return (4 * (g[:, :, None] * d).sum(axis=1),)


_x = of([1, 2, 4], [3, 5, 0])
_labels = np.array([0, 2])
ENTRIES = [
    WrongOp(
        "masked_loss_counts_all",
        "missing 1/N: divided by all elements, not by those kept",
        masked_loss,
        masked_loss_backward,
        masked_loss_exact,
        "*,*,*",
        Witness((of(1, 2), of(3, 5), np.array([True, False])), 0, (0,)),
        domains=("real", "real", "mask"),
    ),
    WrongOp(
        "cross_entropy_class_zero",
        "other: a label of zero is taken for no label",
        cross_entropy,
        cross_entropy_backward,
        cross_entropy_exact,
        "nm,n",
        Witness((_x, _labels), 0, (0, 1)),
        domains=("real", "labels:m"),
    ),
    WrongOp(
        "smoothed_other_classes",
        "missing 1/N: smoothing by 1/(k-1) for 1/k",
        smoothed,
        smoothed_backward,
        smoothed_exact,
        "nm,n",
        Witness((_x, _labels), 0, (0, 1)),
        domains=("real", "labels:m"),
    ),
    WrongOp(
        "class_weight_on_label_only",
        "other: the weight multiplies the label's term, not the softmax",
        weighted_cross_entropy,
        weighted_cross_entropy_backward,
        weighted_cross_entropy_exact,
        "nm,n,m",
        Witness((_x, _labels, of(2, 1, 1)), 0, (0, 1)),
        domains=("real", "labels:m", "positive"),
    ),
    WrongOp(
        "hinge_one_violation",
        "duplicate index lost: several violations count once for the label",
        hinge,
        hinge_backward,
        hinge_exact,
        "nm,n",
        Witness((_x, _labels), 0, (0, 0)),
        domains=("real", "labels:m"),
    ),
    WrongOp(
        "binary_positive_weight",
        "other: the positive's weight is missing from one of its two places",
        binary,
        binary_backward,
        binary_exact,
        "*,*,*",
        Witness((of(1), of(0.5), of(2)), 0, (0,)),
        domains=("real", "unit", "positive"),
    ),
    WrongOp(
        "divergence_mean_of_all",
        "missing 1/N: by the elements for by the rows, in one of two gradients",
        divergence,
        divergence_backward,
        divergence_exact,
        "nm,nm",
        Witness((of([1, 2]), of([0, 1])), 0, (0, 0)),
    ),
    WrongOp(
        "triplet_without_margin",
        "wrong value at a threshold: the test leaves out the margin",
        triplet,
        triplet_backward,
        lambda a, p, n: np.maximum(((a - p) ** 2).sum(axis=1) - ((a - n) ** 2).sum(axis=1) + 1, 0),
        "nm,nm,nm",
        Witness((of([0]), of([1]), of([1.25])), 0, (0, 0)),
    ),
    WrongOp(
        "quantile_mirrored",
        "sign: quantile q for 1 - q; right for the median",
        quantile,
        quantile_backward,
        lambda x, y, q=0.5: np.where(y >= x, q * (y - x), (q - 1) * (y - x)),
        "*,*",
        Witness((of(1), of(2)), 0, (0,), options={"q": 0.75}),
        options={"q": (0.5, 0.75)},
    ),
    WrongOp(
        "focal_constant_weight",
        "other: the focal weight is taken for a constant",
        focal,
        focal_backward,
        lambda x: softplus(-x) / (1 + np.frompyfunc(mp.exp, 1, 1)(x)) ** 2,
        "*",
        Witness((of(0.5),), 0, (0,)),
    ),
    WrongOp(
        "pair_distance_symmetric",
        "forgotten transpose: twice the rows' part for rows' and columns'",
        pair_distance,
        pair_distance_backward,
        pair_distance,
        "nm",
        Witness((of([1], [3]),), 0, (0, 0), g=of([0, 1], [0, 0])),
    ),
]
