"""Distributions of whole numbers: Bernoulli, Categorical, OneHotCategorical, Poisson."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from .. import dtypes
from ..autograd.mode import no_grad
from ..creation import arange, eye, tensor
from ..dtypes import Size
from ..ops.binary_loss import binary_cross_entropy_with_logits
from ..ops.positions import one_hot
from ..ops.shape import broadcast_tensors
from ..ops.softmax import softmax
from ..random import bernoulli, multinomial
from ..random.counts import poisson
from . import constraints
from .distribution import Distribution, FromProbabilities, broadcast_all, clamp_probs

__all__ = ["Bernoulli", "Categorical", "OneHotCategorical", "Poisson"]


class Bernoulli(FromProbabilities):
    """1 with probability `probs` = sigmoid(`logits`), else 0; given by one of the two.

    >>> import microdl as torch
    >>> b = torch.distributions.Bernoulli(torch.tensor([0.3]))
    >>> b.log_prob(torch.tensor([1.])), b.mean, b.variance
    (tensor([-1.2040]), tensor([0.3000]), tensor([0.2100]))

    Source: https://pytorch.org/docs/stable/distributions.html#bernoulli
    """

    arg_constraints: ClassVar[Any] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.boolean
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        if logits is None:
            (self.probs,) = broadcast_all(probs)
        else:
            (self.logits,) = broadcast_all(logits)
        super().__init__(self._param.size(), validate_args=validate_args)

    def _logits_of(self, probs: Any) -> Any:
        clamped = clamp_probs(probs)
        return clamped.log() - (-clamped).log1p()

    def _probs_of(self, logits: Any) -> Any:
        return logits.sigmoid()

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def mode(self) -> Any:
        mode = (self.probs >= 0.5).to(self.probs)
        return mode.masked_fill(self.probs == 0.5, math.nan)

    @property
    def variance(self) -> Any:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            return bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        self._check_value(value)
        logits, value = broadcast_all(self.logits, value)
        return -binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self) -> Any:
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand: bool = True) -> Any:
        values = arange(2, dtype=self._param.dtype).reshape((2,) + (1,) * len(self._batch_shape))
        return values.expand((2, *self._batch_shape)) if expand else values


class Categorical(FromProbabilities):
    """One of K categories, with probabilities `probs` (..., K), which are normalised, or softmax(`logits`).

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> c = torch.distributions.Categorical(torch.tensor([1., 1., 2.]))
    >>> c.probs, c.log_prob(torch.tensor(2)), c.entropy()
    (tensor([0.2500, 0.2500, 0.5000]), tensor(-0.6931), tensor(1.0397))

    Source: https://pytorch.org/docs/stable/distributions.html#categorical
    """

    arg_constraints: ClassVar[Any] = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        given, name = (logits, "logits") if probs is None else (probs, "probs")
        if given.dim() < 1:
            raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
        if probs is None:
            self.logits = logits - logits.logsumexp(-1, True)
        else:
            self.probs = probs / probs.sum(-1, True)
        super().__init__(given.size()[:-1], validate_args=validate_args)

    @property
    def _num_events(self) -> int:
        return int(self._param.size(-1))

    def _logits_of(self, probs: Any) -> Any:
        return clamp_probs(probs).log()

    def _probs_of(self, logits: Any) -> Any:
        return softmax(logits, -1)

    @property
    def support(self) -> Any:
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self) -> Any:
        return tensor(math.nan, dtype=self._param.dtype).expand(self._extended_shape())

    variance = mean

    @property
    def mode(self) -> Any:
        return self.probs.argmax(-1)

    def sample(self, sample_shape: Any = ()) -> Any:
        rows = self.probs.detach().reshape(-1, self._num_events)
        drawn = multinomial(rows, math.prod(sample_shape), True)
        return drawn.t().reshape(self._extended_shape(sample_shape))

    def log_prob(self, value: Any) -> Any:
        self._check_value(value)
        index, logits = broadcast_tensors(value.long().unsqueeze(-1), self.logits)
        return logits.gather(-1, index[..., :1]).squeeze(-1)

    def entropy(self) -> Any:
        logits = self.logits.clamp(min=dtypes.finfo(self.logits.dtype).min)
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Any:
        n = self._num_events
        values = arange(n).reshape((n,) + (1,) * len(self._batch_shape))
        return values.expand((n, *self._batch_shape)) if expand else values


class OverCategories(Distribution):
    """A distribution of vectors with a place for each category of a `Categorical`."""

    arg_constraints: ClassVar[Any] = {"probs": constraints.simplex, "logits": constraints.real_vector}

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._categorical = Categorical(probs, logits)
        super().__init__(self._categorical.batch_shape, self._categorical.param_shape[-1:], validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape)
        new._categorical = self._categorical.expand(batch_shape)
        return new

    @property
    def probs(self) -> Any:
        """The probabilities."""
        return self._categorical.probs

    @property
    def logits(self) -> Any:
        """Their logarithms."""
        return self._categorical.logits

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter."""
        return self._categorical.param_shape


class OneHotCategorical(OverCategories):
    """`Categorical`, whose samples are vectors with a 1 in the place of the category.

    Source: https://pytorch.org/docs/stable/distributions.html#onehotcategorical
    """

    support = constraints.one_hot
    has_enumerate_support = True

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def mode(self) -> Any:
        return one_hot(self._categorical.mode, self._event_shape[0]).to(self.probs)

    @property
    def variance(self) -> Any:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        return one_hot(self._categorical.sample(sample_shape), self._event_shape[0]).to(self.probs)

    def log_prob(self, value: Any) -> Any:
        self._check_value(value)
        return self._categorical.log_prob(value.argmax(-1))

    def entropy(self) -> Any:
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Any:
        n = self._event_shape[0]
        values = eye(n, dtype=self.probs.dtype).reshape((n,) + (1,) * len(self._batch_shape) + (n,))
        return values.expand((n, *self._batch_shape, n)) if expand else values


class Poisson(Distribution):
    """Counts of rate `rate` >= 0: `log_prob(k) = k log(rate) - rate - log(k!)`.

    Source: https://pytorch.org/docs/stable/distributions.html#poisson
    """

    arg_constraints: ClassVar[Any] = {"rate": constraints.nonnegative}
    support = constraints.nonnegative_integer

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.size(), validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.rate

    @property
    def mode(self) -> Any:
        return self.rate.floor()

    @property
    def variance(self) -> Any:
        return self.rate

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            return poisson(self.rate.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        self._check_value(value)
        rate, value = broadcast_all(self.rate, value)
        return value.xlogy(rate) - rate - (value + 1).lgamma()
