"""Distributions made from others by functions: TransformedDistribution, and those PyTorch makes with it."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from ..autograd.mode import no_grad
from ..creation import full, full_like, ones_like, zeros_like
from ..dtypes import finfo
from ..ops.choice import where
from . import constraints
from .continuous import Cauchy, Exponential, Normal, Uniform
from .distribution import Distribution, broadcast_all, sum_rightmost
from .multivariate import Independent
from .transforms import (
    AbsTransform,
    AffineTransform,
    ComposeTransform,
    ExpTransform,
    PowerTransform,
    Transform,
)  # fmt: skip

__all__ = [
    "EULER", "Gumbel", "HalfCauchy", "HalfNormal", "LogNormal", "Pareto",
    "TransformedDistribution", "Weibull",
]  # fmt: skip

EULER = 0.57721566490153286060


class TransformedDistribution(Distribution):
    """Of `f(X)`, X being of `base_distribution` and f the `transforms`, one or a list, one after the other.

    `log_prob(y) = log p(x) - log |dy / dx|`. ValueError for what are no transforms, and for a base of too few
    dimensions.

    >>> from microdl.distributions import AffineTransform, SigmoidTransform, TransformedDistribution, Uniform
    >>> import microdl as torch
    >>> logistic = TransformedDistribution(Uniform(0, 1), [SigmoidTransform().inv, AffineTransform(1., 2.)])
    >>> logistic.log_prob(torch.tensor(1.)), logistic.cdf(torch.tensor(1.))
    (tensor(-2.0794), tensor(0.5000))

    Source: https://pytorch.org/docs/stable/distributions.html#transformeddistribution
    """

    arg_constraints: ClassVar[Any] = {}

    def __init__(self, base_distribution: Any, transforms: Any, validate_args: bool | None = None) -> None:
        self.transforms = [transforms] if isinstance(transforms, Transform) else transforms
        if not isinstance(self.transforms, list):
            raise ValueError(f"transforms must be a Transform or list, but was {transforms}")
        if not all(isinstance(t, Transform) for t in self.transforms):
            raise ValueError("transforms must be a Transform or a list of Transforms")
        f, base, n = ComposeTransform(self.transforms), base_distribution, len(base_distribution.event_shape)
        before, after = f.domain.event_dim, f.codomain.event_dim
        shape = base.batch_shape + base.event_shape
        if len(shape) < before:
            raise ValueError(
                f"base_distribution needs to have shape with size at least {before}, but got {shape}."
            )  # fmt: skip
        forward = f.forward_shape(shape)
        wide = f.inverse_shape(forward)
        if wide != shape:
            base = base.expand(wide[: len(wide) - n])
        self.base_dist = Independent(base, before - n) if before > n else base
        cut = len(forward) - max(after, n + after - before)
        super().__init__(forward[:cut], forward[cut:], validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape)
        shape = tuple(batch_shape) + tuple(self.event_shape)
        for t in reversed(self.transforms):
            shape = t.inverse_shape(shape)
        new.base_dist = self.base_dist.expand(shape[: len(shape) - len(self.base_dist.event_shape)])
        return new

    @property
    def support(self) -> Any:
        if not self.transforms:
            return self.base_dist.support
        support = self.transforms[-1].codomain
        n = len(self.event_shape) - support.event_dim
        return constraints.independent(support, n) if n > 0 else support

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        return bool(self.base_dist.has_rsample)

    def _forward(self, x: Any) -> Any:
        for t in self.transforms:
            x = t(x)
        return x

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            return self._forward(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self._forward(self.base_dist.rsample(sample_shape))

    def log_prob(self, value: Any) -> Any:
        self._check_value(value)
        dim, total = len(self.event_shape), 0.0
        for t in reversed(self.transforms):
            x = t.inv(value)
            dim += t.domain.event_dim - t.codomain.event_dim
            total = total - sum_rightmost(t.log_abs_det_jacobian(x, value), dim - t.domain.event_dim)
            value = x
        return total + sum_rightmost(self.base_dist.log_prob(value), dim - len(self.base_dist.event_shape))

    def _turned(self, value: Any) -> Any:
        """A probability, or its complement where the function decreases."""
        sign = ComposeTransform(self.transforms).sign
        return value if isinstance(sign, int) and sign == 1 else sign * (value - 0.5) + 0.5

    def cdf(self, value: Any) -> Any:
        for t in reversed(self.transforms):
            value = t.inv(value)
        self.base_dist._check_value(value)
        return self._turned(self.base_dist.cdf(value))

    def icdf(self, value: Any) -> Any:
        return self._forward(self.base_dist.icdf(self._turned(value)))


class LogNormal(TransformedDistribution):
    """The distribution of numbers whose logarithms are normal, of mean `loc` and standard deviation `scale`.

    Source: https://pytorch.org/docs/stable/distributions.html#lognormal
    """

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.positive
    loc = property(lambda self: self.base_dist.loc)
    scale = property(lambda self: self.base_dist.scale)

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(loc, scale, validate_args), ExpTransform(), validate_args)

    @property
    def mean(self) -> Any:
        return (self.loc + self.scale.pow(2) / 2).exp()

    @property
    def mode(self) -> Any:
        return (self.loc - self.scale.square()).exp()

    @property
    def variance(self) -> Any:
        square = self.scale.pow(2)
        return square.expm1() * (2 * self.loc + square).exp()

    def entropy(self) -> Any:
        return self.base_dist.entropy() + self.loc


class _Half(TransformedDistribution):
    """The absolute value of a number of a distribution that is symmetric about 0."""

    arg_constraints: ClassVar[Any] = {"scale": constraints.positive}
    support = constraints.nonnegative
    scale = property(lambda self: self.base_dist.scale)
    _whole: ClassVar[Any]

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(self._whole(0, scale, False), AbsTransform(), validate_args)

    @property
    def mode(self) -> Any:
        return zeros_like(self.scale)

    def log_prob(self, value: Any) -> Any:
        self._check_value(value)
        return where(value >= 0, self.base_dist.log_prob(value) + math.log(2), -math.inf)

    def cdf(self, value: Any) -> Any:
        self._check_value(value)
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, value: Any) -> Any:
        return self.base_dist.icdf((value + 1) / 2)

    def entropy(self) -> Any:
        return self.base_dist.entropy() - math.log(2)


class HalfNormal(_Half):
    """The absolute value of a normal number of mean 0 and standard deviation `scale`.

    Source: https://pytorch.org/docs/stable/distributions.html#halfnormal
    """

    _whole = Normal

    @property
    def mean(self) -> Any:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Any:
        return self.scale.pow(2) * (1 - 2 / math.pi)


class HalfCauchy(_Half):
    """The absolute value of a number of Cauchy's distribution about 0 of width `scale`.

    Source: https://pytorch.org/docs/stable/distributions.html#halfcauchy
    """

    _whole = Cauchy

    @property
    def mean(self) -> Any:
        return full(self._extended_shape(), math.inf, dtype=self.scale.dtype)

    @property
    def variance(self) -> Any:
        return self.base_dist.variance


class Gumbel(TransformedDistribution):
    """Gumbel's distribution of the greatest of many: `P(X <= x) = exp(-exp(-(x - loc) / scale))`.

    Source: https://pytorch.org/docs/stable/distributions.html#gumbel
    """

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        limits = finfo(self.loc.dtype)
        base = Uniform(full_like(self.loc, limits.tiny), full_like(self.loc, 1 - limits.eps), validate_args)
        steps = [
            ExpTransform().inv,
            AffineTransform(loc=0, scale=-ones_like(self.scale)),
            ExpTransform().inv,
            AffineTransform(loc=loc, scale=-self.scale),
        ]
        super().__init__(base, steps, validate_args)

    def log_prob(self, value: Any) -> Any:
        self._check_value(value)
        y = (self.loc - value) / self.scale
        return (y - y.exp()) - self.scale.log()

    @property
    def mean(self) -> Any:
        return self.loc + self.scale * EULER

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def stddev(self) -> Any:
        return (math.pi / math.sqrt(6)) * self.scale

    @property
    def variance(self) -> Any:
        return self.stddev.pow(2)

    def entropy(self) -> Any:
        return self.scale.log() + (1 + EULER)


class Weibull(TransformedDistribution):
    """Weibull's distribution: `P(X > x) = exp(-(x / scale) ** concentration)`.

    Source: https://pytorch.org/docs/stable/distributions.html#weibull
    """

    arg_constraints: ClassVar[Any] = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        steps = [PowerTransform(self._exponent), AffineTransform(loc=0, scale=self.scale)]
        super().__init__(Exponential(ones_like(self.scale), validate_args), steps, validate_args)

    @property
    def _exponent(self) -> Any:
        return self.concentration.reciprocal()

    @property
    def mean(self) -> Any:
        return self.scale * (1 + self._exponent).lgamma().exp()

    @property
    def mode(self) -> Any:
        return self.scale * ((self.concentration - 1) / self.concentration) ** self._exponent

    @property
    def variance(self) -> Any:
        k = self._exponent
        return self.scale.pow(2) * ((1 + 2 * k).lgamma().exp() - (2 * (1 + k).lgamma()).exp())

    def entropy(self) -> Any:
        return EULER * (1 - self._exponent) + (self.scale * self._exponent).log() + 1


class Pareto(TransformedDistribution):
    """Pareto's distribution: `P(X > x) = (scale / x) ** alpha` for x >= scale.

    Source: https://pytorch.org/docs/stable/distributions.html#pareto
    """

    arg_constraints: ClassVar[Any] = {"alpha": constraints.positive, "scale": constraints.positive}

    def __init__(self, scale: Any, alpha: Any, validate_args: bool | None = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        steps = [ExpTransform(), AffineTransform(loc=0, scale=self.scale)]
        super().__init__(Exponential(self.alpha, validate_args), steps, validate_args)

    @property
    def support(self) -> Any:
        return constraints.greater_than_eq(self.scale)

    @property
    def mean(self) -> Any:
        a = self.alpha.clamp(min=1)
        return a * self.scale / (a - 1)

    @property
    def mode(self) -> Any:
        return self.scale

    @property
    def variance(self) -> Any:
        a = self.alpha.clamp(min=2)
        return self.scale.pow(2) * a / ((a - 1).pow(2) * (a - 2))

    def entropy(self) -> Any:
        return (self.scale / self.alpha).log() + (1 + self.alpha.reciprocal())
