"""Categories and coins as points between them, whose samples are differentiable.

Source: C. J. Maddison and others, "The Concrete Distribution", 2017; E. Jang and others, "Categorical Reparametrization
with Gumbel-Softmax", 2017.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..creation import full_like
from ..dtypes import Size
from ..random import rand
from . import constraints
from .discrete import Bernoulli, Categorical
from .distribution import Distribution, broadcast_all, clamp_probs
from .transformed import TransformedDistribution
from .transforms import ExpTransform, SigmoidTransform

__all__ = ["RelaxedBernoulli", "RelaxedOneHotCategorical"]


class _Relaxed(Distribution):
    """What a relaxed distribution shares with the one it relaxes: `probs` and `logits`."""

    has_rsample = True
    _exact: Any
    temperature: Any

    probs = property(lambda self: self._exact.probs)
    logits = property(lambda self: self._exact.logits)
    param_shape = property(lambda self: self._exact._param.shape)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = type(self).__new__(type(self))
        vars(new).update(vars(self))  # the temperature broadcasts by itself
        new._batch_shape, new._exact = Size(batch_shape), self._exact.expand(batch_shape)
        return new


class ExpRelaxedCategorical(_Relaxed):
    """The logarithms of `RelaxedOneHotCategorical`'s samples."""

    arg_constraints: ClassVar[Any] = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.real_vector

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._exact, self.temperature = Categorical(probs, logits), temperature
        super().__init__(self._exact.batch_shape, self._exact.param_shape[-1:], validate_args)

    def rsample(self, sample_shape: Any = ()) -> Any:
        uniforms = clamp_probs(rand(self._extended_shape(sample_shape), dtype=self.logits.dtype))
        gumbels = -((-(uniforms.log())).log())
        scores = (self.logits + gumbels) / self.temperature
        return scores - scores.logsumexp(-1, True)

    def log_prob(self, value: Any) -> Any:
        self._check_value(value)
        k = self._exact._num_events
        logits, value = broadcast_all(self.logits, value)
        scale = full_like(self.temperature, float(k)).lgamma() - self.temperature.log().mul(-(k - 1))
        score = logits - value.mul(self.temperature)
        return (score - score.logsumexp(-1, True)).sum(-1) + scale


class LogitRelaxedBernoulli(_Relaxed):
    """The logits of `RelaxedBernoulli`'s samples."""

    arg_constraints: ClassVar[Any] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.real

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._exact, self.temperature = Bernoulli(probs, logits), temperature
        super().__init__(self._exact.batch_shape, validate_args=validate_args)

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        probs = clamp_probs(self.probs.expand(shape))
        uniforms = clamp_probs(rand(shape, dtype=probs.dtype))
        return (uniforms.log() - (-uniforms).log1p() + probs.log() - (-probs).log1p()) / self.temperature

    def log_prob(self, value: Any) -> Any:
        self._check_value(value)
        logits, value = broadcast_all(self.logits, value)
        difference = logits - value.mul(self.temperature)
        return self.temperature.log() + difference - 2 * difference.exp().log1p()


class _OfRelaxed(TransformedDistribution):
    temperature = property(lambda self: self.base_dist.temperature)
    probs = property(lambda self: self.base_dist.probs)
    logits = property(lambda self: self.base_dist.logits)


class RelaxedOneHotCategorical(_OfRelaxed):
    """Points of the simplex, the nearer to its corners the lower the `temperature`: softmax of logits and noise.

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.distributions.RelaxedOneHotCategorical(torch.tensor(0.5), torch.tensor([0.2, 0.8])).rsample()
    tensor([0.0088, 0.9912])

    Source: https://pytorch.org/docs/stable/distributions.html#relaxedonehotcategorical
    """

    arg_constraints: ClassVar[Any] = ExpRelaxedCategorical.arg_constraints
    support = constraints.simplex

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args)
        super().__init__(base, ExpTransform(), validate_args)


class RelaxedBernoulli(_OfRelaxed):
    """Numbers between 0 and 1, the nearer to them the lower the `temperature`.

    Source: https://pytorch.org/docs/stable/distributions.html#relaxedbernoulli
    """

    arg_constraints: ClassVar[Any] = LogitRelaxedBernoulli.arg_constraints
    support = constraints.unit_interval

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = LogitRelaxedBernoulli(temperature, probs, logits, validate_args)
        super().__init__(base, SigmoidTransform(), validate_args)
