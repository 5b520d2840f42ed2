"""`Distribution`, what all of them share: shapes, the checks of parameters and values, and how they are shown."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

from .. import dtypes
from ..autograd.graph import TensorBase
from ..autograd.mode import enable_grad, no_grad
from ..creation import tensor
from ..dtypes import Size
from ..ops.shape import broadcast_tensors
from . import constraints
from .constraints import Constraint

__all__ = ["Distribution"]


def broadcast_all(*values: Any) -> tuple[Any, ...]:
    """Tensors and numbers as tensors of one shape; a number has the dtype of the first tensor, or the default one."""
    tensors = [v for v in values if isinstance(v, TensorBase)]
    if not all(isinstance(v, (TensorBase, int, float)) for v in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects implementing __torch_function__."
        )
    dtype = tensors[0].dtype if tensors else dtypes.get_default_dtype()
    return tuple(broadcast_tensors(*(v if isinstance(v, TensorBase) else tensor(v, dtype=dtype) for v in values)))


class Distribution:
    """A probability distribution: a batch of them of `batch_shape`, whose samples have the shape `event_shape`.

    ValueError, where `validate_args` (by default it is on), for parameters outside `arg_constraints` and values outside
    `support`; NotImplementedError for what a distribution has no formula for.

    Source: https://pytorch.org/docs/stable/distributions.html
    """

    arg_constraints: ClassVar[Any] = None
    support: Any = constraints.dependent
    has_rsample = False
    has_enumerate_support = False
    _validate_args: ClassVar[bool] = __debug__

    def __init__(
        self, batch_shape: Any = (), event_shape: Any = (), validate_args: bool | None = None
    ) -> None:  # fmt: skip
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)
        if validate_args is not None:
            self.__dict__["_validate_args"] = validate_args
        if self._validate_args:
            self._check_parameters()

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Turns the checks on or off for all distributions made from here on; ValueError for what is no bool."""
        if value not in (True, False):
            raise ValueError(f"set_default_validate_args takes True or False, not {value!r}")
        Distribution._validate_args = value

    def _parameters(self) -> dict[str, Any]:
        """The parameters it was given, and those computed from them by now."""
        names = self.arg_constraints or {}
        return {name: vars(self)[name] for name in names if name in vars(self)}

    def _check_parameters(self) -> None:
        for name, value in self._parameters().items():
            constraint: Constraint = self.arg_constraints[name]
            if not constraint.check(value).all():
                raise ValueError(
                    f"Expected parameter {name} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution "
                    f"{self!r} to satisfy the constraint {constraint!r}, but found invalid values:\n{value}"
                )

    def _check_value(self, value: Any) -> None:
        """ValueError for a value that is none of this distribution's; nothing where the checks are off."""
        if not self._validate_args:
            return
        if not isinstance(value, TensorBase):
            raise ValueError("The value argument to log_prob must be a Tensor")
        shape, mine = value._a.shape, tuple(self._batch_shape + self._event_shape)
        n = len(self._event_shape)
        if shape[len(shape) - n :] != tuple(self._event_shape):
            raise ValueError(
                f"The right-most size of value must match event_shape: {value.shape} vs {self._event_shape}."
            )
        for i, j in zip(reversed(shape), reversed(mine), strict=False):
            if i != 1 and j != 1 and i != j:
                raise ValueError(
                    f"Value is not broadcastable with batch_shape+event_shape: {value.shape} vs {Size(mine)}."
                )
        if not self.support.check(value).all():
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(shape)}) to be within the support "
                f"({self.support!r}) of the distribution {self!r}, but found invalid values:\n{value}"
            )

    @property
    def batch_shape(self) -> Size:
        """The shape of the batch of distributions."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one sample of one of them."""
        return self._event_shape

    def _extended_shape(self, sample_shape: Any = ()) -> Size:
        return Size((*sample_shape, *self._batch_shape, *self._event_shape))

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """The same distribution for a larger batch; the parameters are expanded, not copied."""
        batch = tuple(batch_shape)
        new = type(self).__new__(type(self))
        vars(new).update({k: v for k, v in vars(self).items() if k not in self._computed()})
        new._batch_shape = Size(batch)
        old = len(self._batch_shape)
        for name, value in vars(new).items():
            if isinstance(value, TensorBase):
                setattr(new, name, value.expand(batch + tuple(value.shape[old:])))
        return new

    def _computed(self) -> set[str]:
        """What was made from the parameters and kept."""
        kept = {name for name in vars(self) if isinstance(getattr(type(self), name, None), cached_property)}
        return kept - set(self._given)

    _given: Any = frozenset()

    def sample(self, sample_shape: Any = ()) -> Any:
        """Random values of shape `sample_shape + batch_shape + event_shape`, without gradient."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        """Like `sample`, as a differentiable function of the parameters (the reparametrization trick)."""
        raise NotImplementedError(f"{type(self).__name__} has no reparametrized samples: use sample()")

    def sample_n(self, n: int) -> Any:
        """`sample((n,))`, by its older name."""
        return self.sample((n,))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density, or of the probability, at `value`."""
        raise self._absent("log_prob")

    def cdf(self, value: Any) -> Any:
        """The probability of a sample that is at most `value`."""
        raise self._absent("cdf")

    def icdf(self, value: Any) -> Any:
        """The inverse of `cdf`."""
        raise self._absent("icdf")

    def entropy(self) -> Any:
        """The expectation of `-log_prob`, for each distribution of the batch."""
        raise self._absent("entropy")

    def enumerate_support(self, expand: bool = True) -> Any:
        """All values a discrete distribution may give, along the first dimension."""
        raise self._absent("enumerate_support")

    @property
    def mean(self) -> Any:
        """The expectation."""
        raise self._absent("mean")

    @property
    def mode(self) -> Any:
        """The most probable value."""
        raise self._absent("mode")

    @property
    def variance(self) -> Any:
        """The variance."""
        raise self._absent("variance")

    @property
    def stddev(self) -> Any:
        """The square root of the variance."""
        return self.variance.sqrt()

    def perplexity(self) -> Any:
        """`exp(entropy)`."""
        return self.entropy().exp()

    def _absent(self, name: str) -> NotImplementedError:
        return NotImplementedError(f"{type(self).__name__} has no {name}")

    def __repr__(self) -> str:
        shown = (f"{k}: {v if v.numel() == 1 else v.size()}" for k, v in self._parameters().items())
        return f"{type(self).__name__}({', '.join(shown)})"


class FromProbabilities(Distribution):
    """A distribution given by probabilities or by logits, of which the other is made when it is asked for."""

    _given: Any = frozenset({"probs", "logits"})

    @property
    def _by_logits(self) -> bool:
        return "logits" in self._given

    def _take(self, probs: Any, logits: Any) -> None:
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        self._given = frozenset({"logits" if probs is None else "probs"})

    @cached_property
    def logits(self) -> Any:
        """The logits."""
        with enable_grad():
            return self._logits_of(self.probs)

    @cached_property
    def probs(self) -> Any:
        """The probabilities."""
        with enable_grad():
            return self._probs_of(self.logits)

    @property
    def _param(self) -> Any:
        return self.logits if self._by_logits else self.probs

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter it was given."""
        shape: Size = self._param.shape
        return shape

    def _logits_of(self, probs: Any) -> Any:
        raise NotImplementedError

    def _probs_of(self, logits: Any) -> Any:
        raise NotImplementedError


def clamp_probs(probs: Any) -> Any:
    """Probabilities in [eps, 1 - eps], so that their logarithms are finite: PyTorch's rule for logits."""
    eps = dtypes.finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def sum_rightmost(value: Any, n: int) -> Any:
    """The sum over the last n dimensions."""
    return value if not n else value.reshape((*value.shape[: value.ndim - n], -1)).sum(-1)
