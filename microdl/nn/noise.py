"""Functions that draw random numbers: dropout in its forms, the randomised rectifier, Gumbel's softmax.

The default generator draws what PyTorch's does; for the masks see `microdl.random` on which processors.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import random
from .._warning import warn
from ..autograd.graph import named, wrap
from ..autograd.inplace import write
from ..ops.activation import leaky_relu
from ..ops.arithmetic import add, mul
from ..ops.gather import scatter
from ..ops.shape import require
from ..ops.shrinkage import rrelu_of
from ..ops.softmax import softmax

__all__ = [
    "alpha_dropout",
    "dropout",
    "dropout1d",
    "dropout2d",
    "feature_alpha_dropout",
    "feature_dropout",
    "gumbel_softmax",
    "rrelu",
    "rrelu_",
]


def _checked(name: str, input: Any, p: float) -> Any:
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    return require(name, input)._a


def _kept(shape: tuple[int, ...], dtype: Any, p: float) -> Any:
    """1 with probability 1 - p, else 0."""
    return random.default_generator.bernoulli_array(1.0 - p, shape, dtype)


def _each_channel(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of one number for each channel of each example."""
    return shape[:2] + (1,) * (len(shape) - 2)


def _scaled(input: Any, mask: Any, inplace: bool, name: str) -> Any:
    return write(input, mul, (wrap(mask),), name) if inplace else mul(input, wrap(mask))


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """In training each element is 0 with probability `p` and else divided by 1 - p; otherwise the input as it is.

    The mask is what `bernoulli_(1 - p)` draws from the default generator: with the same seed it is PyTorch's own on the
    processors where that is (see `microdl.random`), and another one elsewhere.
    Raises ValueError for a p outside [0, 1].

    >>> import microdl as torch
    >>> torch.nn.functional.dropout(torch.ones(3), p=0.5, training=False)
    tensor([1., 1., 1.])

    Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014.
    """
    a = _checked("dropout", input, p)
    if not training or p == 0 or not a.size:
        return input
    return _dropped(input, a.shape, p, inplace, "dropout_")


def _dropped(input: Any, shape: tuple[int, ...], p: float, inplace: bool, name: str) -> Any:
    if p < 1 and input._a.dtype.kind != "f":
        raise RuntimeError(
            f"dropout: result type Float can't be cast to the desired output type {input.dtype}: convert the input "
            "with .float()"
        )
    a = input._a
    if shape == a.shape and not a.flags.c_contiguous and all(a.strides):  # drawn in the order of memory
        order = sorted(range(a.ndim), key=lambda i: -a.strides[i])
        mask = _kept(tuple(shape[i] for i in order), a.dtype, p).transpose(np.argsort(order))
    else:
        mask = _kept(shape, a.dtype, p)
    if p < 1:
        mask /= 1.0 - p
    return _scaled(input, mask, inplace, name)


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole channels: of the rows of an input (C, L) or (N, C, L).

    Raises ValueError for a p outside [0, 1], RuntimeError for an input of other dimensions.

    Source: Tompson et al., "Efficient Object Localization Using Convolutional Networks", 2015.
    """
    a = _checked("dropout1d", input, p)
    if a.ndim not in (2, 3):
        raise RuntimeError(f"dropout1d: Expected 2D or 3D input, but received a {a.ndim}D input.")
    if not training or p == 0 or not a.size:
        return input
    shape = _each_channel(a.shape) if a.ndim == 3 else (a.shape[0], 1)
    return _dropped(input, shape, p, inplace, "feature_dropout_")


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole channels (dimension 1), meant for an input (N, C, H, W): a UserWarning tells of others.

    Raises ValueError for a p outside [0, 1].

    Source: Tompson et al., "Efficient Object Localization Using Convolutional Networks", 2015.
    """
    n = _checked("dropout2d", input, p).ndim
    if n == 3:
        warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired "
            "- input is interpreted as shape (N, C, L), where C is the channel dim. Use dropout1d for that.",
        )
    elif n != 4:
        warn(
            f"dropout2d: Received a {n}-D input to dropout2d, which is deprecated and will result in an error in a "
            "future release. To retain the behavior and silence this warning, please use dropout instead.",
        )
    return feature_dropout(input, p, training, inplace)


def feature_dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole channels (dimension 1) of an input of at least 2 dimensions, else RuntimeError."""
    a = _checked("feature_dropout", input, p)
    if not training or p == 0 or not a.size:
        return input
    if a.ndim < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    return _dropped(input, _each_channel(a.shape), p, inplace, "feature_dropout_")


_ALPHA = 1.7580993408473766  # scale * alpha of SELU: what its outputs tend to, with the sign changed


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """Dropout that keeps mean 0 and variance 1 after SELU: elements are set to SELU's lower limit, then all rescaled.

    Raises ValueError for a p outside [0, 1].

    Source: Klambauer et al., "Self-Normalizing Neural Networks", 2017.
    """
    a = _checked("alpha_dropout", input, p)
    return _alpha_dropped(input, a.shape, p, training, inplace)


def feature_alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """`alpha_dropout` of whole channels (dimension 1). RuntimeError for an input of fewer than 2 dimensions."""
    a = _checked("feature_alpha_dropout", input, p)
    if training and 0 < p < 1 and a.ndim < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    return _alpha_dropped(input, _each_channel(a.shape), p, training, inplace)


def _alpha_dropped(input: Any, shape: tuple[int, ...], p: float, training: bool, inplace: bool) -> Any:
    if not training or p == 0 or not input._a.size:
        return input
    if input._a.dtype.kind != "f":
        raise RuntimeError(
            f"result type Float can't be cast to the desired output type {input.dtype.legacy}: convert the input with "
            ".float()"
        )
    if p == 1:
        return _scaled(input, np.zeros((), input._a.dtype), inplace, "alpha_dropout_")
    kept = _kept(shape, input._a.dtype, p)
    scale = 1.0 / math.sqrt((_ALPHA * _ALPHA * p + 1) * (1 - p))
    shift = (kept - 1) * input._a.dtype.type(_ALPHA * scale) + input._a.dtype.type(_ALPHA * scale * p)
    scaled = _scaled(input, kept * input._a.dtype.type(scale), inplace, "alpha_dropout_")
    return write(scaled, add, (wrap(shift),), "alpha_dropout_") if inplace else add(scaled, wrap(shift))


def rrelu(
    input: Any, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Any:
    """`input` where positive, else times a slope: in training one of [lower, upper) for each element, else their mean.

    Raises RuntimeError where lower > upper.

    Source: Xu et al., "Empirical Evaluation of Rectified Activations in Convolutional Network", 2015.
    """
    a = require("rrelu", input)._a
    if lower > upper:
        raise RuntimeError(f"Lower bound should be less than or equal to the upper bound, but got {lower} and {upper}")
    if not training:
        out = leaky_relu(input, (lower + upper) / 2, inplace)
        return out if out._view_of else named(out, f"RreluWithNoiseBackward{int(inplace)}")
    negative = a <= 0
    slopes = np.ones(a.shape, a.dtype)
    count = int(np.count_nonzero(negative))
    slopes[negative] = random.default_generator.uniform_array((count,), np.float64, lower, upper)
    return rrelu_of(input, slopes, inplace)


def rrelu_(input: Any, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False) -> Any:
    """`rrelu` in place."""
    return rrelu(input, lower, upper, training, True)


def gumbel_softmax(logits: Any, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Any:
    """softmax((logits + noise) / tau) along `dim`, with noise of the Gumbel distribution: soft samples of a class.

    With `hard` the result is one-hot, and its gradient that of the soft samples. `eps` has no effect, as in PyTorch.

    Source: Jang, Gu, Poole, "Categorical Reparameterization with Gumbel-Softmax", 2016.
    """
    a = require("gumbel_softmax", logits)._a
    if eps != 1e-10:
        warn("`eps` parameter is deprecated and has no effect.")
    if a.dtype.kind != "f":
        raise RuntimeError(
            "Exponential distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {logits.dtype.legacy}: convert the logits with .float()"
        )
    noise = -np.log(random.default_generator.exponential_array(a.shape, a.dtype))
    soft = softmax((logits + wrap(noise)) / tau, dim)
    if not hard:
        return soft
    chosen = soft.max(dim, keepdim=True)[1]
    one_hot = scatter(wrap(np.zeros(a.shape, a.dtype)), dim, chosen, 1.0)
    return one_hot - soft.detach() + soft
