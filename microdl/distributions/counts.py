"""Distributions of counts of trials: Geometric, Binomial, Multinomial, NegativeBinomial."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

from ..autograd.mode import no_grad
from ..creation import arange, ones_like, tensor, zeros, zeros_like
from ..dtypes import finfo
from ..ops.activation import logsigmoid
from ..ops.binary_loss import binary_cross_entropy_with_logits
from ..ops.choice import where
from ..random.counts import binomial, poisson
from . import constraints
from .discrete import OverCategories
from .distribution import FromProbabilities, broadcast_all, clamp_probs
from .gamma import Gamma

__all__ = ["Binomial", "Geometric", "Multinomial", "NegativeBinomial"]


class _OfTrials(FromProbabilities):
    """Trials that succeed with probability `probs` = sigmoid(`logits`)."""

    def _logits_of(self, probs: Any) -> Any:
        clamped = clamp_probs(probs)
        return clamped.log() - (-clamped).log1p()

    def _probs_of(self, logits: Any) -> Any:
        return logits.sigmoid()


class Geometric(_OfTrials):
    """The number of trials that fail before the first that succeeds: 0, 1, ... (`Tensor.geometric_` counts from 1).

    Source: https://pytorch.org/docs/stable/distributions.html#geometric
    """

    arg_constraints: ClassVar[Any] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.nonnegative_integer

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        if logits is None:
            (self.probs,) = broadcast_all(probs)
        else:
            (self.logits,) = broadcast_all(logits)
        super().__init__(self._param.size(), validate_args=validate_args)
        if self._validate_args and logits is None and not (self.probs > 0).all():
            wrong = self.probs.detach()[self.probs <= 0]
            raise ValueError(
                f"Expected parameter probs ({type(self.probs).__name__} of shape {tuple(self.probs.shape)}) of "
                f"distribution {self!r} to be positive but found invalid values:\n{wrong}"
            )

    @property
    def mean(self) -> Any:
        return 1.0 / self.probs - 1.0

    @property
    def mode(self) -> Any:
        return zeros_like(self.probs)

    @property
    def variance(self) -> Any:
        return (1.0 / self.probs - 1.0) / self.probs

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            u = zeros(self._extended_shape(sample_shape), dtype=self.probs.dtype)
            return (u.uniform_(finfo(u.dtype).tiny, 1).log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Any) -> Any:
        self._check_value(value)
        value, probs = broadcast_all(value, self.probs)
        return value * (-where((probs == 1) & (value == 0), 0.0, probs)).log1p() + self.probs.log()

    def entropy(self) -> Any:
        return _binary_entropy(self.logits, self.probs) / self.probs


def _binary_entropy(logits: Any, probs: Any) -> Any:
    return binary_cross_entropy_with_logits(logits, probs, reduction="none")


class _OfCount(_OfTrials):
    """Trials of which `total_count` are meant, in a way that each class says."""

    def _take_counts(self, total_count: Any, probs: Any, logits: Any) -> None:
        self._take(probs, logits)
        if logits is None:
            count, self.probs = broadcast_all(total_count, probs)
        else:
            count, self.logits = broadcast_all(total_count, logits)
        self.total_count = count.type_as(self._param)


class Binomial(_OfCount):
    """The number of `total_count` trials that succeed.

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.distributions.Binomial(100, torch.tensor([0.0, 0.2, 0.8, 1.0])).sample()
    tensor([  0.,  20.,  78., 100.])

    Source: https://pytorch.org/docs/stable/distributions.html#binomial
    """

    arg_constraints: ClassVar[Any] = {
        "total_count": constraints.nonnegative_integer,
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    has_enumerate_support = True

    def __init__(
        self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._take_counts(total_count, probs, logits)
        super().__init__(self._param.size(), validate_args=validate_args)

    @property
    def support(self) -> Any:
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Any:
        return self.total_count * self.probs

    @property
    def mode(self) -> Any:
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        with no_grad():
            return binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def log_prob(self, value: Any) -> Any:
        self._check_value(value)
        n, logits = self.total_count, self.logits
        above = (logits.clamp(min=0) + logits - logits.clamp(max=0)) / 2  # max(logits, 0), half of whose slope is at 0
        normaliser = n * above + n * (-logits.abs()).exp().log1p() - (n + 1).lgamma()
        return value * logits - (value + 1).lgamma() - (n - value + 1).lgamma() - normaliser

    def entropy(self) -> Any:
        logs = self.log_prob(self.enumerate_support(False))
        return -(logs.exp() * logs).sum(0)

    def enumerate_support(self, expand: bool = True) -> Any:
        n = int(self.total_count.max())
        if self.total_count.min() != n:
            raise NotImplementedError("Inhomogeneous total count not supported by `enumerate_support`.")
        values = arange(1 + n, dtype=self._param.dtype).reshape((-1,) + (1,) * len(self._batch_shape))
        return values.expand((-1, *self._batch_shape)) if expand else values


class NegativeBinomial(_OfCount):
    """The number of trials that succeed before `total_count` fail; that number may be any >= 0.

    Source: https://pytorch.org/docs/stable/distributions.html#negativebinomial
    """

    arg_constraints: ClassVar[Any] = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._take_counts(total_count, probs, logits)
        super().__init__(self._param.size(), validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Any:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    @property
    def variance(self) -> Any:
        return self.mean / (-self.logits).sigmoid()

    @cached_property
    def _gamma(self) -> Gamma:
        return Gamma(self.total_count, (-self.logits).exp(), validate_args=False)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            return poisson(self._gamma.sample(sample_shape))

    def log_prob(self, value: Any) -> Any:
        self._check_value(value)
        n = self.total_count
        chances = n * logsigmoid(-self.logits) + value * logsigmoid(self.logits)
        norm = -(n + value).lgamma() + (1.0 + value).lgamma() + n.lgamma()
        return chances - norm.masked_fill(n + value == 0.0, 0.0)


class Multinomial(OverCategories):
    """How often each of K categories is drawn in `total_count` draws.

    Source: https://pytorch.org/docs/stable/distributions.html#multinomial
    """

    def __init__(
        self, total_count: int = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError("inhomogeneous total_count is not supported")
        self.total_count = total_count
        super().__init__(probs, logits, validate_args)

    @property
    def support(self) -> Any:
        return constraints.multinomial(self.total_count)

    @property
    def mean(self) -> Any:
        return self.probs * self.total_count

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        drawn = self._categorical.sample((self.total_count, *sample_shape)).movedim(0, -1)
        counts = zeros(self._extended_shape(sample_shape), dtype=drawn.dtype)
        return counts.scatter_add(-1, drawn, ones_like(drawn)).type_as(self.probs)

    def log_prob(self, value: Any) -> Any:
        self._check_value(value)
        logits, value = broadcast_all(self.logits, value)
        powers = (where((value == 0) & logits.isneginf(), 0.0, logits) * value).sum(-1)
        return (value.sum(-1) + 1).lgamma() - (value + 1).lgamma().sum(-1) + powers

    def entropy(self) -> Any:
        n = tensor(self.total_count)
        one = Binomial(self.total_count, probs=self.probs)
        counts = one.enumerate_support(expand=False)[1:]
        shared = (one.log_prob(counts).exp() * (counts + 1).lgamma()).sum([0, -1])
        return n * self._categorical.entropy() - (n + 1).lgamma() + shared
