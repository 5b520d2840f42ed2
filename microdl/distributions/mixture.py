"""Mixtures of distributions of one kind."""

from __future__ import annotations

from typing import Any, ClassVar

from ..autograd.mode import no_grad
from ..ops.softmax import log_softmax
from . import constraints
from .discrete import Categorical
from .distribution import Distribution

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(Distribution):
    """One of K distributions, the last dimension of `component_distribution`'s batch, chosen by a `Categorical`.

    `log_prob(x) = logsumexp_k(log p_k + log_prob_k(x))`. ValueError for what is no such pair, and for numbers of
    components or batches that do not match.

    >>> import microdl as torch
    >>> from microdl.distributions import Categorical, MixtureSameFamily, Normal
    >>> m = MixtureSameFamily(Categorical(torch.ones(2)), Normal(torch.tensor([-1., 1.]), 0.5))
    >>> m.mean, m.variance, m.log_prob(torch.tensor(1.))
    (tensor(0.), tensor(1.2500), tensor(-0.9186))

    Source: https://pytorch.org/docs/stable/distributions.html#mixturesamefamily
    """

    arg_constraints: ClassVar[Any] = {}

    def __init__(
        self, mixture_distribution: Any, component_distribution: Any, validate_args: bool | None = None
    ) -> None:
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(" The Mixture distribution needs to be an  instance of torch.distributions.Categorical")
        if not isinstance(component_distribution, Distribution):
            raise ValueError("The Component distribution needs to be an instance of torch.distributions.Distribution")
        ours, theirs = mixture_distribution.batch_shape, component_distribution.batch_shape[:-1]
        if any(a != b and 1 not in (a, b) for a, b in zip(reversed(ours), reversed(theirs), strict=False)):
            raise ValueError(
                f"`mixture_distribution.batch_shape` ({ours}) is not compatible with `component_distribution."
                f"batch_shape`({theirs})"
            )
        n, k = mixture_distribution.logits.shape[-1], component_distribution.batch_shape[-1]
        if n != k:
            raise ValueError(
                f"`mixture_distribution component` ({n}) does not equal `component_distribution.batch_shape[-1]` ({k})"
            )
        self.mixture_distribution, self.component_distribution = mixture_distribution, component_distribution
        self._event_ndims = len(component_distribution.event_shape)
        super().__init__(theirs, component_distribution.event_shape, validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        k = self.mixture_distribution.logits.shape[-1]
        component = self.component_distribution.expand((*batch_shape, k))
        return MixtureSameFamily(self.mixture_distribution.expand(batch_shape), component, self._validate_args)

    @property
    def support(self) -> Any:
        return constraints.of_mixture(self.component_distribution.support)

    def _pad(self, x: Any) -> Any:
        return x.unsqueeze(-1 - self._event_ndims)

    def _weights(self) -> Any:
        """The probabilities, of the shape of the components' samples but for the sizes."""
        p = self.mixture_distribution.probs
        return p.reshape(tuple(p.shape) + (1,) * self._event_ndims)

    @property
    def mean(self) -> Any:
        return (self._weights() * self.component_distribution.mean).sum(-1 - self._event_ndims)

    @property
    def variance(self) -> Any:
        p, parts, dim = self._weights(), self.component_distribution, -1 - self._event_ndims
        within = (p * parts.variance).sum(dim)
        return within + (p * (parts.mean - self._pad(self.mean)).pow(2.0)).sum(dim)

    def cdf(self, value: Any) -> Any:
        return (self.component_distribution.cdf(self._pad(value)) * self.mixture_distribution.probs).sum(-1)

    def log_prob(self, value: Any) -> Any:
        self._check_value(value)
        logs = self.component_distribution.log_prob(self._pad(value))
        return (logs + log_softmax(self.mixture_distribution.logits, dim=-1)).logsumexp(-1)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            chosen = self.mixture_distribution.sample(sample_shape)
            values = self.component_distribution.sample(sample_shape)
            dim = len(sample_shape) + len(self._batch_shape)
            index = chosen.reshape(tuple(chosen.shape) + (1,) * (1 + self._event_ndims))
            index = index.expand((*values.shape[:dim], 1, *self._event_shape))
            return values.gather(dim, index).squeeze(dim)

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self.mixture_distribution},\n  {self.component_distribution})"
