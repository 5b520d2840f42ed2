"""Distributions of vectors: MultivariateNormal, and Independent, which makes vectors of numbers."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, ClassVar

from ..creation import eye
from ..ops.decomposition import cholesky
from ..ops.join import flip
from ..ops.rearrange import broadcast_shapes
from ..ops.shape import broadcast_to
from ..ops.systems import cholesky_inverse, solve_triangular
from . import constraints
from .continuous import standard_normal
from .distribution import Distribution, sum_rightmost

__all__ = ["Independent", "MultivariateNormal"]

_FORMS = {
    "covariance_matrix": constraints.positive_definite,
    "precision_matrix": constraints.positive_definite,
    "scale_tril": constraints.lower_cholesky,
}


def _times(matrix: Any, vector: Any) -> Any:
    return (matrix @ vector.unsqueeze(-1)).squeeze(-1)


def square_distance(scale_tril: Any, difference: Any) -> Any:
    """`d^T (L L^T)^-1 d` for vectors d and lower triangular L: the squared Mahalanobis distance."""
    return solve_triangular(scale_tril, difference.unsqueeze(-1), upper=False).squeeze(-1).pow(2).sum(-1)


def half_log_det(scale_tril: Any) -> Any:
    """Half the logarithm of the determinant of L L^T."""
    return scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def _scale_of_precision(precision: Any) -> Any:
    """The lower triangular L with L L^T = P^-1, without inverting P."""
    upper = flip(cholesky(flip(precision, (-2, -1))), (-2, -1)).mT
    return solve_triangular(upper, eye(precision.shape[-1], dtype=precision.dtype), upper=False)


class MultivariateNormal(Distribution):
    """The normal distribution of vectors, of mean `loc` (..., d) and one of the three matrices (..., d, d).

    `scale_tril` is the lower triangular L with covariance L L^T, with which all is computed.

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> m = torch.distributions.MultivariateNormal(torch.zeros(2), torch.eye(2))
    >>> m.sample(), m.log_prob(torch.zeros(2))
    (tensor([ 1.5410, -0.2934]), tensor(-1.8379))

    Source: https://pytorch.org/docs/stable/distributions.html#multivariatenormal
    """

    arg_constraints: ClassVar[Any] = {"loc": constraints.real_vector, **_FORMS}
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        matrices = (covariance_matrix, precision_matrix, scale_tril)
        given = {k: m for k, m in zip(_FORMS, matrices, strict=True) if m is not None}
        if len(given) != 1:
            raise ValueError(
                "Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified."
            )  # fmt: skip
        ((name, matrix),) = given.items()
        if matrix.dim() < 2:
            raise ValueError(f"{name} must be at least two-dimensional, with optional leading batch dimensions")
        batch = broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        self._given = frozenset({name})
        setattr(self, name, broadcast_to(matrix, (*batch, *matrix.shape[-2:])))
        self.loc = broadcast_to(loc, (*batch, loc.shape[-1]))
        super().__init__(batch, loc.shape[-1:], validate_args)
        self._unbroadcasted_scale_tril = _to_scale(name, matrix)

    @cached_property
    def scale_tril(self) -> Any:
        """L."""
        return self._unbroadcasted_scale_tril.expand(self._matrix_shape())

    @cached_property
    def covariance_matrix(self) -> Any:
        """L L^T."""
        scale = self._unbroadcasted_scale_tril
        return (scale @ scale.mT).expand(self._matrix_shape())

    @cached_property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance matrix."""
        return cholesky_inverse(self._unbroadcasted_scale_tril).expand(self._matrix_shape())

    def _matrix_shape(self) -> Any:
        return self._batch_shape + self._event_shape + self._event_shape

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        scale = vars(self)["_unbroadcasted_scale_tril"]
        new = type(self).__new__(type(self))
        new._given = self._given
        Distribution.__init__(new, batch_shape, self._event_shape, validate_args=False)
        new.loc = self.loc.expand((*batch_shape, *self._event_shape))
        new._unbroadcasted_scale_tril = scale
        for name in self._given:
            setattr(new, name, getattr(self, name).expand(new._matrix_shape()))
        vars(new)["_validate_args"] = self._validate_args
        return new

    @property
    def mean(self) -> Any:
        return self.loc

    mode = mean

    @property
    def variance(self) -> Any:
        return self._unbroadcasted_scale_tril.pow(2).sum(-1).expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        eps = standard_normal(self._extended_shape(sample_shape), self.loc)
        return self.loc + _times(self._unbroadcasted_scale_tril, eps)

    def log_prob(self, value: Any) -> Any:
        self._check_value(value)
        scale, d = self._unbroadcasted_scale_tril, self._event_shape[0]
        difference = value - self.loc
        distance = square_distance(scale.expand((*difference.shape[:-1], d, d)), difference)
        return -0.5 * (d * math.log(2 * math.pi) + distance) - half_log_det(scale)

    def entropy(self) -> Any:
        half = half_log_det(self._unbroadcasted_scale_tril)
        entropy = 0.5 * self._event_shape[0] * (1 + math.log(2 * math.pi)) + half
        return entropy.expand(self._batch_shape) if self._batch_shape else entropy


def _to_scale(name: str, matrix: Any) -> Any:
    if name == "scale_tril":
        return matrix
    return cholesky(matrix) if name == "covariance_matrix" else _scale_of_precision(matrix)


class Independent(Distribution):
    """`base_distribution`, of whose batch the last `reinterpreted_batch_ndims` dimensions become part of a sample.

    So `log_prob` sums over them. ValueError for more dimensions than the batch has.

    >>> import microdl as torch
    >>> n = torch.distributions.Normal(torch.zeros(3), torch.ones(3))
    >>> torch.distributions.Independent(n, 1).log_prob(torch.zeros(3))
    tensor(-2.7568)

    Source: https://pytorch.org/docs/stable/distributions.html#independent
    """

    arg_constraints: ClassVar[Any] = {}

    def __init__(
        self, base_distribution: Any, reinterpreted_batch_ndims: int, validate_args: bool | None = None
    ) -> None:
        n = len(base_distribution.batch_shape)
        if reinterpreted_batch_ndims > n:
            raise ValueError(
                "Expected reinterpreted_batch_ndims <= len(base_distribution.batch_shape), actual "
                f"{reinterpreted_batch_ndims} vs {n}"
            )
        shape, split = base_distribution.batch_shape + base_distribution.event_shape, n - reinterpreted_batch_ndims
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, reinterpreted_batch_ndims
        super().__init__(shape[:split], shape[split:], validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        inner = self._event_shape[: self.reinterpreted_batch_ndims]
        base = self.base_dist.expand((*batch_shape, *inner))
        return Independent(base, self.reinterpreted_batch_ndims, self._validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        return bool(self.base_dist.has_rsample)

    @property
    def support(self) -> Any:
        base, n = self.base_dist.support, self.reinterpreted_batch_ndims
        return constraints.independent(base, n) if n else base

    @property
    def mean(self) -> Any:
        return self.base_dist.mean

    @property
    def mode(self) -> Any:
        return self.base_dist.mode

    @property
    def variance(self) -> Any:
        return self.base_dist.variance

    def sample(self, sample_shape: Any = ()) -> Any:
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Any) -> Any:
        return sum_rightmost(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Any:
        return sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def __repr__(self) -> str:
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"
