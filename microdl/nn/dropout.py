"""Dropout: in training each element, or each channel, is left out with a probability.

For the stream of random numbers see `microdl.nn.functional.dropout`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import noise
from .module import Module

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "FeatureAlphaDropout"]


class _Dropout(Module):
    """A dropout with its function. ValueError for a p outside [0, 1]."""

    _function: Callable[..., Any]

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p, self.inplace = p, inplace

    def forward(self, input: Any) -> Any:
        return type(self)._function(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """In training each element is 0 with probability `p` and else divided by 1 - p; in eval mode nothing happens.

    ValueError for a p outside [0, 1].

    >>> import microdl as torch
    >>> torch.nn.Dropout(0.5).eval()(torch.ones(3))
    tensor([1., 1., 1.])

    Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014.
    """

    _function = noise.dropout


class Dropout1d(_Dropout):
    """`Dropout` of whole channels of an input (N, C, L) or (C, L): see `functional.dropout1d`.

    Source: Tompson et al., "Efficient Object Localization Using Convolutional Networks", 2015.
    """

    _function = noise.dropout1d


class Dropout2d(_Dropout):
    """`Dropout` of whole channels of an input (N, C, H, W): see `functional.dropout2d`.

    Source: Tompson et al., "Efficient Object Localization Using Convolutional Networks", 2015.
    """

    _function = noise.dropout2d


class AlphaDropout(_Dropout):
    """The dropout that goes with SELU, as it keeps mean 0 and variance 1: see `functional.alpha_dropout`.

    Source: Klambauer et al., "Self-Normalizing Neural Networks", 2017.
    """

    _function = noise.alpha_dropout


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels (dimension 1)."""

    _function = noise.feature_alpha_dropout
