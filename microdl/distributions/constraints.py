"""What values a parameter or a sample may have: PyTorch's `torch.distributions.constraints`.

Source: https://pytorch.org/docs/stable/distributions.html#module-torch.distributions.constraints
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..ops.systems import cholesky_ex

__all__ = [
    "Constraint", "boolean", "dependent", "greater_than", "greater_than_eq", "half_open_interval", "independent",
    "integer_interval", "interval", "less_than", "lower_cholesky", "multinomial", "nonnegative",
    "nonnegative_integer", "of_mixture", "one_hot", "positive", "positive_definite", "real", "real_vector",
    "simplex", "unit_interval",
]  # fmt: skip


class Constraint:
    """A region of values. `check(value)` says for each, or for each vector or matrix of them, whether it is inside.

    >>> import microdl as torch
    >>> torch.distributions.constraints.positive.check(torch.tensor([-1., 1.]))
    tensor([False,  True])
    """

    def __init__(self, name: str, check: Callable[[Any], Any], event_dim: int = 0, is_discrete: bool = False) -> None:
        self._name, self.check, self.event_dim, self.is_discrete = name, check, event_dim, is_discrete

    def __repr__(self) -> str:
        return self._name


def _is_simplex(value: Any) -> Any:
    return (value >= 0).all(-1) & ((value.sum(-1) - 1).abs() < 1e-6)


def _is_one_hot(value: Any) -> Any:
    return ((value == 0) | (value == 1)).all(-1) & (value.sum(-1) == 1)


def _is_lower_cholesky(value: Any) -> Any:
    return (value.tril() == value).flatten(-2).all(-1) & (value.diagonal(dim1=-2, dim2=-1) > 0).all(-1)


def _is_positive_definite(value: Any) -> Any:
    if value.shape[-2] != value.shape[-1]:
        return value.new_zeros(value.shape[:-2]).bool()
    symmetric = (value - value.mT).abs().flatten(-2).amax(-1) <= 1e-6 if value.numel() else value.flatten(-2).all(-1)
    return symmetric & (cholesky_ex(value.detach())[1] == 0)


def interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """Numbers of [lower_bound, upper_bound]."""
    name = f"Interval(lower_bound={lower_bound}, upper_bound={upper_bound})"
    return Constraint(name, lambda value: (value >= lower_bound) & (value <= upper_bound))


def integer_interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """Whole numbers of [lower_bound, upper_bound]."""
    name = f"IntegerInterval(lower_bound={lower_bound}, upper_bound={upper_bound})"
    inside = interval(lower_bound, upper_bound).check
    return Constraint(name, lambda value: (value % 1 == 0) & inside(value), is_discrete=True)


def greater_than(lower_bound: Any) -> Constraint:
    """Numbers > lower_bound."""
    return Constraint(f"GreaterThan(lower_bound={lower_bound})", lambda value: value > lower_bound)


def greater_than_eq(lower_bound: Any) -> Constraint:
    """Numbers >= lower_bound."""
    return Constraint(f"GreaterThanEq(lower_bound={lower_bound})", lambda value: value >= lower_bound)


def less_than(upper_bound: Any) -> Constraint:
    """Numbers < upper_bound."""
    return Constraint(f"LessThan(upper_bound={upper_bound})", lambda value: value < upper_bound)


def independent(base: Constraint, ndims: int) -> Constraint:
    """`base` for all elements of the last `ndims` dimensions."""

    def check(value: Any) -> Any:
        inside = base.check(value)
        return inside.reshape((*inside.shape[: inside.ndim - ndims], -1)).all(-1)

    return Constraint(f"IndependentConstraint({base!r}, {ndims})", check, base.event_dim + ndims, base.is_discrete)


def half_open_interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """Numbers of [lower_bound, upper_bound)."""
    name = f"HalfOpenInterval(lower_bound={lower_bound}, upper_bound={upper_bound})"
    return Constraint(name, lambda value: (value >= lower_bound) & (value < upper_bound))


def multinomial(upper_bound: int) -> Constraint:
    """Vectors of whole numbers >= 0 with the sum `upper_bound`."""
    return Constraint("Multinomial()", lambda x: (x >= 0).all(-1) & (x.sum(-1) <= upper_bound), 1, is_discrete=True)


def of_mixture(base: Constraint) -> Constraint:
    """What each component of a mixture may give."""

    def check(value: Any) -> Any:
        inside = base.check(value.unsqueeze(-1 - base.event_dim))
        return inside.reshape((*value.shape[: value.ndim - base.event_dim], -1)).all(-1)

    return Constraint(f"MixtureSameFamilyConstraint({base!r})", check, base.event_dim, base.is_discrete)


real = Constraint("Real()", lambda value: value == value)
positive, nonnegative = greater_than(0.0), greater_than_eq(0.0)
unit_interval = interval(0.0, 1.0)
boolean = Constraint("Boolean()", lambda value: (value == 0) | (value == 1), is_discrete=True)
nonnegative_integer = Constraint(
    "IntegerGreaterThan(lower_bound=0)", lambda value: (value % 1 == 0) & (value >= 0), is_discrete=True
)
simplex = Constraint("Simplex()", _is_simplex, 1)
one_hot = Constraint("OneHot()", _is_one_hot, 1, is_discrete=True)
real_vector = independent(real, 1)
lower_cholesky = Constraint("LowerCholesky()", _is_lower_cholesky, 2)
positive_definite = Constraint("PositiveDefinite()", _is_positive_definite, 2)
dependent = Constraint("Dependent()", lambda value: value == value)
