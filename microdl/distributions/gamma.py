"""The gamma distribution and those made of it: Gamma, Chi2, Beta, Dirichlet, StudentT.

Samples are PyTorch's. The gradient of a reparametrized one is exact here, where PyTorch approximates; for Dirichlet and
Beta it is another unbiased estimate than PyTorch's.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

from ..autograd.graph import TensorBase
from ..creation import as_tensor, tensor
from ..dtypes import finfo
from ..ops.choice import where
from ..ops.join import stack
from ..ops.positions import one_hot
from ..ops.special import xlogy
from ..random.gamma import sample_dirichlet, standard_gamma
from . import constraints
from .continuous import standard_normal
from .distribution import Distribution, broadcast_all

__all__ = ["Beta", "Chi2", "Dirichlet", "Gamma", "StudentT"]


class Gamma(Distribution):
    """The gamma distribution of shape `concentration` and `rate`, both > 0; it has no `cdf` here.

    `log_prob(x) = concentration log(rate) + (concentration - 1) log(x) - rate x - lgamma(concentration)`.

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> g = torch.distributions.Gamma(2., 4.)
    >>> g.sample((2,)), g.mean, g.log_prob(torch.tensor(1.))
    (tensor([1.1382, 0.3290]), tensor(0.5000), tensor(-1.2274))

    Source: https://pytorch.org/docs/stable/distributions.html#gamma
    """

    arg_constraints: ClassVar[Any] = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.size(), validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.concentration / self.rate

    @property
    def mode(self) -> Any:
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Any:
        return self.concentration / self.rate.pow(2)

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        value = standard_gamma(self.concentration.expand(shape)) / self.rate.expand(shape)
        value.detach().clamp_(min=finfo(value.dtype).tiny)
        return value

    def log_prob(self, value: Any) -> Any:
        value = as_tensor(value, dtype=self.rate.dtype)
        self._check_value(value)
        return (
            xlogy(self.concentration, self.rate)
            + xlogy(self.concentration - 1, value)
            - self.rate * value
            - self.concentration.lgamma()
        )

    def entropy(self) -> Any:
        a = self.concentration
        return a - self.rate.log() + a.lgamma() + (1.0 - a) * a.digamma()


class Chi2(Gamma):
    """The chi-squared distribution of `df` > 0 degrees of freedom: `Gamma(df / 2, 1 / 2)`.

    Source: https://pytorch.org/docs/stable/distributions.html#chi2
    """

    arg_constraints: ClassVar[Any] = {"df": constraints.positive}

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        super().__init__(0.5 * df, 0.5, validate_args=validate_args)

    @property
    def df(self) -> Any:
        """The degrees of freedom."""
        return self.concentration * 2


class Dirichlet(Distribution):
    """Vectors of positive numbers with the sum 1, of the parameters `concentration` (..., K) > 0.

    `log_prob(x) = sum((a - 1) log(x)) + lgamma(sum(a)) - sum(lgamma(a))`, a being the concentration.

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.distributions.Dirichlet(torch.tensor([0.5, 0.5])).sample()
    tensor([0.0176, 0.9824])

    Source: https://pytorch.org/docs/stable/distributions.html#dirichlet
    """

    arg_constraints: ClassVar[Any] = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Any, validate_args: bool | None = None) -> None:
        if concentration.dim() < 1:
            raise ValueError("`concentration` parameter must be at least one-dimensional.")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return sample_dirichlet(self.concentration.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        self._check_value(value)
        a = self.concentration
        return xlogy(a - 1.0, value).sum(-1) + a.sum(-1).lgamma() - a.lgamma().sum(-1)

    @property
    def mean(self) -> Any:
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self) -> Any:
        excess = (self.concentration - 1).clamp(min=0.0)
        mode = excess / excess.sum(-1, True)
        corner = one_hot(mode.argmax(-1), mode.shape[-1]).to(mode)  # where all are below 1, a corner: the first
        return where((self.concentration < 1).all(-1, True), corner, mode)

    @property
    def variance(self) -> Any:
        total = self.concentration.sum(-1, True)
        return self.concentration * (total - self.concentration) / (total.pow(2) * (total + 1))

    def entropy(self) -> Any:
        a, k = self.concentration, self.concentration.size(-1)
        total = a.sum(-1)
        return (
            a.lgamma().sum(-1)
            - total.lgamma()
            - (k - total) * total.digamma()
            - ((a - 1.0) * a.digamma()).sum(-1)
        )  # fmt: skip


class Beta(Distribution):
    """Numbers of [0, 1], of the parameters `concentration1` and `concentration0`, both > 0.

    `log_prob(x) = (c1 - 1) log(x) + (c0 - 1) log(1 - x) + lgamma(c1 + c0) - lgamma(c1) - lgamma(c0)`.

    >>> import microdl as torch
    >>> b = torch.distributions.Beta(2., 3.)
    >>> b.mean, b.variance, b.log_prob(torch.tensor(0.5))
    (tensor(0.4000), tensor(0.0400), tensor(0.4055))

    Source: https://pytorch.org/docs/stable/distributions.html#beta
    """

    arg_constraints: ClassVar[Any] = {
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        if isinstance(concentration1, TensorBase) or isinstance(concentration0, TensorBase):
            both = stack(broadcast_all(concentration1, concentration0), -1)
        else:
            both = tensor([float(concentration1), float(concentration0)])
        self._dirichlet = Dirichlet(both, validate_args)
        super().__init__(self._dirichlet.batch_shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape)
        new._dirichlet = self._dirichlet.expand(batch_shape)
        return new

    @property
    def concentration1(self) -> Any:
        """The first parameter, of the ones."""
        return self._dirichlet.concentration[..., 0]

    @property
    def concentration0(self) -> Any:
        """The second one, of the zeros."""
        return self._dirichlet.concentration[..., 1]

    @property
    def mean(self) -> Any:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Any:
        return self._dirichlet.mode[..., 0]

    @property
    def variance(self) -> Any:
        total = self.concentration1 + self.concentration0
        return self.concentration1 * self.concentration0 / (total.pow(2) * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self._dirichlet.rsample(sample_shape).select(-1, 0)

    def log_prob(self, value: Any) -> Any:
        self._check_value(value)
        return self._dirichlet.log_prob(stack([value, 1.0 - value], -1))

    def entropy(self) -> Any:
        return self._dirichlet.entropy()


class StudentT(Distribution):
    """Student's t-distribution of `df` degrees of freedom, moved by `loc` and stretched by `scale`.

    Source: https://pytorch.org/docs/stable/distributions.html#studentt
    """

    arg_constraints: ClassVar[Any] = {
        "df": constraints.positive,
        "loc": constraints.real,
        "scale": constraints.positive,
    }
    support = constraints.real
    has_rsample = True

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        self._chi2 = Chi2(self.df)
        super().__init__(self.df.size(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape)
        new._chi2 = self._chi2.expand(batch_shape)
        return new

    @property
    def mean(self) -> Any:
        return where(self.df <= 1, math.nan, self.loc)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        finite = self.scale.pow(2) * self.df / (where(self.df > 2, self.df, 3.0) - 2)
        return where(self.df > 2, finite, where(self.df > 1, math.inf, math.nan).to(finite))

    def rsample(self, sample_shape: Any = ()) -> Any:
        x = standard_normal(self._extended_shape(sample_shape), self.df)
        z = self._chi2.rsample(sample_shape)
        return self.loc + self.scale * (x * (z / self.df).rsqrt())

    def log_prob(self, value: Any) -> Any:
        self._check_value(value)
        y, df = (value - self.loc) / self.scale, self.df
        norm = (
            self.scale.log()
            + 0.5 * df.log()
            + 0.5 * math.log(math.pi)
            + (0.5 * df).lgamma()
            - (0.5 * (df + 1.0)).lgamma()
        )
        return -0.5 * (df + 1.0) * (y**2.0 / df).log1p() - norm

    def entropy(self) -> Any:
        df = self.df
        lbeta = (0.5 * df).lgamma() + math.lgamma(0.5) - (0.5 * (df + 1)).lgamma()
        return (
            self.scale.log()
            + 0.5 * (df + 1) * ((0.5 * (df + 1)).digamma() - (0.5 * df).digamma())
            + 0.5 * df.log()
            + lbeta
        )
