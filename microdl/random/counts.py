"""Counts of random events, of the Poisson and the binomial distribution: PyTorch's own from the same seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase
from ..autograd.record import not_a_tensor
from ..ops.shape import expand, require
from ..ops.slices import expand_pair
from .fills import chosen, drawn, floating

Uniform = Callable[[], float]


def _uniform(generator: Any) -> Uniform:
    """The next float64 number of [0, 1): how many are needed is not known beforehand."""
    draw = chosen(generator)
    return lambda: (draw.random64() & (2**53 - 1)) * 2.0**-53


# --- Poisson ---------------------------------------------------------------------------------------------------


def _poisson(rate: float, uniform: Uniform) -> float:
    """Products of uniform numbers for a small rate, transformed rejection for one from 10 on.

    Source: W. Hoermann, The transformed rejection method for generating Poisson random variables, 1993.
    """
    if rate == 0:
        return 0
    if rate < 10:
        limit, k, product = math.exp(-rate), 0, uniform()
        while product > limit:
            k, product = k + 1, product * uniform()
        return k
    root = math.sqrt(rate)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    scale, accept = 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = uniform() - 0.5, uniform()
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + rate + 0.43)
        if us >= 0.07 and v <= accept:
            return k
        if k < 0 or (us < 0.013 and v > us):
            continue
        height = math.log(v) + math.log(scale) - math.log(a / (us * us) + b)
        if height <= k * math.log(rate) - rate - math.lgamma(k + 1):
            return k


def poisson(input: Any, generator: Any = None) -> Any:
    """Random counts, each of the Poisson distribution whose rate is the element of `input`; of its dtype.

    The gradient is zero, as in PyTorch. RuntimeError for a negative rate, NotImplementedError for integers.

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.poisson(torch.tensor([2., 4., 100.]))
    tensor([ 6.,  4., 96.])

    Source: https://pytorch.org/docs/stable/generated/torch.poisson.html
    """
    a = require("poisson", input)._a
    floating("poisson_cpu", a.dtype)
    if not (a >= 0).all():
        raise RuntimeError(f"invalid Poisson rate, expected rate to be non-negative, but the least is {a.min()}")
    uniform = _uniform(generator)
    numbers = np.array([_poisson(float(rate), uniform) for rate in a.ravel()], np.float64)
    return drawn("PoissonBackward0")(input, None, numbers.astype(a.dtype).reshape(a.shape))


# --- binomial --------------------------------------------------------------------------------------------------


def _stirling(k: float) -> float:
    """What Stirling's approximation to log k! lacks."""
    if k <= 9:
        return _LACKS[int(k)]
    square = (k + 1) ** 2
    return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)


_LACKS = (
    0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509, 0.0166446911898211,
    0.0138761288230707, 0.0118967099458917, 0.0104112652619720, 0.00925546218271273, 0.00833056343336287,
)  # fmt: skip


def _by_waiting(n: float, p: float, uniform: Uniform) -> float:
    """Successes counted by the geometric waiting times between them."""
    passed, successes = 0.0, 0
    while True:
        u = uniform()
        passed += math.ceil(math.log(u) / math.log1p(-p)) if u else math.inf
        if passed > n:
            return successes
        successes += 1


def _by_rejection(n: float, p: float, uniform: Uniform) -> float:
    """Source: W. Hoermann, The generation of binomial random variates, 1993 (algorithm BTRS)."""
    deviation = math.sqrt(n * p * (1 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    centre, accept, odds = n * p + 0.5, 0.92 - 4.2 / b, p / (1 - p)
    alpha, m = (2.83 + 5.1 / b) * deviation, math.floor((n + 1) * p)
    while True:
        u, v = uniform() - 0.5, uniform()
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + centre)
        if us >= 0.07 and v <= accept:
            return k
        if k < 0 or k > n:
            continue
        bound = (
            (m + 0.5) * math.log((m + 1) / (odds * (n - m + 1)))
            + (n + 1) * math.log((n - m + 1) / (n - k + 1))
            + (k + 0.5) * math.log(odds * (n - k + 1) / (k + 1))
            + _stirling(m) + _stirling(n - m) - _stirling(k) - _stirling(n - k)
        )  # fmt: skip
        if math.log(v * alpha / (a / (us * us) + b)) <= bound:
            return k


def _binomial(n: float, p: float, uniform: Uniform) -> float:
    if math.isnan(n) or math.isnan(p):
        return math.nan
    if n <= 0 or p <= 0:
        return 0
    if p >= 1:
        return n
    if p > 0.5:
        return n - _binomial(n, 1 - p, uniform)
    return (_by_rejection if n * p >= 10 else _by_waiting)(n, p, uniform)


def binomial(count: Any, prob: Any, generator: Any = None) -> Any:
    """Random numbers of successes in `count` trials of probability `prob`, floating tensors that broadcast.

    A count or a probability below 0 gives 0, a probability above 1 gives `count`. The gradients are zero (PyTorch has
    none). RuntimeError for dtypes that differ.

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.binomial(torch.tensor([10., 100.]), torch.tensor([0.5, 0.25]))
    tensor([ 7., 26.])

    Source: https://pytorch.org/docs/stable/generated/torch.binomial.html
    """
    n = require("binomial", count)._a
    if not isinstance(prob, TensorBase):
        raise not_a_tensor("binomial", 2, prob, "prob")
    p = prob._a
    floating("binomial_cpu", n.dtype)
    if n.dtype != p.dtype:
        raise RuntimeError(
            f"Found dtype {prob.dtype.legacy} but expected {count.dtype.legacy}. Convert one with .to()."
        )
    shape = expand_pair(n, p)
    wide = [expand(x, shape) for x in (count, prob)]
    uniform = _uniform(generator)
    pairs = zip(*(x._a.ravel().tolist() for x in wide), strict=True)
    numbers = np.array([_binomial(a, b, uniform) for a, b in pairs], np.float64).astype(n.dtype).reshape(shape)
    return drawn("BinomialBackward0")(wide[0], wide[1], numbers)
