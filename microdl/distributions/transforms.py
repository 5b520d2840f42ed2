"""Invertible functions of random numbers, with the determinants of their derivatives.

Source: https://pytorch.org/docs/stable/distributions.html#module-torch.distributions.transforms
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

from ..autograd.graph import TensorBase
from ..creation import full_like, zeros_like
from ..dtypes import Size, finfo
from ..ops.activation import softplus
from ..ops.rearrange import broadcast_shapes
from . import constraints
from .distribution import broadcast_all, sum_rightmost

__all__ = [
    "AbsTransform", "AffineTransform", "ComposeTransform", "ExpTransform", "PowerTransform", "SigmoidTransform",
    "SoftmaxTransform", "SoftplusTransform", "TanhTransform", "Transform", "identity_transform",
]  # fmt: skip


class Transform:
    """A function `y = t(x)`. `t.inv` is its inverse, `t.log_abs_det_jacobian(x, y)` is `log |dy / dx|`.

    A subclass defines `_call`, `_inverse` and `log_abs_det_jacobian`, and says where x (`domain`) and y (`codomain`)
    are. With `cache_size=1` the last pair is kept, so that the inverse of what was just made is exact. ValueError for
    another size.
    """

    bijective: Any = False
    domain: Any
    codomain: Any
    sign: Any
    _fields: ClassVar[tuple[str, ...]] = ()  # what it is given beside the size of the cache

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError("cache_size must be 0 or 1")
        self._cache_size = cache_size
        self._pair: tuple[Any, Any] = (None, None)
        self._inv: Any = None

    @property
    def event_dim(self) -> int:
        """How many dimensions of x one value has; ValueError where those of y are another number."""
        if self.domain.event_dim == self.codomain.event_dim:
            return int(self.domain.event_dim)
        raise ValueError("Please use either .domain.event_dim or .codomain.event_dim")

    @property
    def inv(self) -> Any:
        """The inverse; `t.inv.inv is t`."""
        if self._inv is None:
            self._inv = _Inverse(self)
        return self._inv

    def with_cache(self, cache_size: int = 1) -> Any:
        """The same function with a cache of this size."""
        if cache_size == self._cache_size:
            return self
        kind: Any = type(self)
        return kind(*(getattr(self, name) for name in self._fields), cache_size=cache_size)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        known = type(self) is type(other) and type(self).__module__ == __name__
        return known and all(_same(getattr(self, name), getattr(other, name)) for name in self._fields)

    __hash__ = None  # type: ignore[assignment]

    def __call__(self, x: Any) -> Any:
        if self._cache_size and x is self._pair[0]:
            return self._pair[1]
        y = self._call(x)
        self._keep(x, y)
        return y

    def _inv_call(self, y: Any) -> Any:
        if self._cache_size and y is self._pair[1]:
            return self._pair[0]
        x = self._inverse(y)
        self._keep(x, y)
        return x

    def _keep(self, x: Any, y: Any) -> None:
        if self._cache_size:
            self._pair = (x, y)

    def _call(self, x: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no _call")

    def _inverse(self, y: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no _inverse")

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """`log |dy / dx|`, for each value."""
        raise NotImplementedError(f"{type(self).__name__} has no log_abs_det_jacobian")

    def forward_shape(self, shape: Any) -> Any:
        """The shape of y for an x of this shape."""
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        """The shape of x for a y of this shape."""
        return shape

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def _same(a: Any, b: Any) -> bool:
    same = a == b
    return bool(same.all()) if isinstance(same, TensorBase) else bool(same)


class _Inverse(Transform):
    """What `Transform.inv` gives."""

    _fields = ("inv",)

    def __init__(self, transform: Transform) -> None:
        super().__init__()
        self._inv = transform

    domain = property(lambda self: self._inv.codomain)
    codomain = property(lambda self: self._inv.domain)
    bijective = property(lambda self: self._inv.bijective)
    sign = property(lambda self: self._inv.sign)

    def with_cache(self, cache_size: int = 1) -> Any:
        return self._inv.with_cache(cache_size).inv

    def __call__(self, x: Any) -> Any:
        return self._inv._inv_call(x)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -self._inv.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Any) -> Any:
        return self._inv.inverse_shape(shape)

    def inverse_shape(self, shape: Any) -> Any:
        return self._inv.forward_shape(shape)

    def __repr__(self) -> str:
        return f"_InverseTransform({self._inv!r})"


class ComposeTransform(Transform):
    """Several functions, the first one first."""

    _fields = ("parts",)

    def __init__(self, parts: list[Any], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.parts = [part.with_cache(cache_size) for part in parts] if cache_size else parts

    def _limits(self, ends: list[Any], first: str, last: str) -> Any:
        """The region of x or y: the first part's, of as many dimensions as any part needs there."""
        if not ends:
            return constraints.real
        region, dim = getattr(ends[0], first), getattr(ends[-1], last).event_dim
        for part in reversed(ends):
            inner, outer = getattr(part, first).event_dim, getattr(part, last).event_dim
            dim = max(dim + inner - outer, inner)
        return constraints.independent(region, dim - region.event_dim) if dim > region.event_dim else region

    domain = property(lambda self: self._limits(self.parts, "domain", "codomain"))
    codomain = property(lambda self: self._limits(self.parts[::-1], "codomain", "domain"))
    bijective = property(lambda self: all(part.bijective for part in self.parts))

    @property
    def sign(self) -> Any:
        sign = 1
        for part in self.parts:
            sign = sign * part.sign
        return sign

    @property
    def inv(self) -> Any:
        if self._inv is None:
            self._inv = ComposeTransform([part.inv for part in reversed(self.parts)])
            self._inv._inv = self
        return self._inv

    def __call__(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        if not self.parts:
            return zeros_like(x)
        total, dim = 0, self.domain.event_dim
        for i, part in enumerate(self.parts):
            after = y if i + 1 == len(self.parts) else part(x)
            total = total + sum_rightmost(part.log_abs_det_jacobian(x, after), dim - part.domain.event_dim)
            dim += part.codomain.event_dim - part.domain.event_dim
            x = after
        return total

    def forward_shape(self, shape: Any) -> Any:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return shape

    def __repr__(self) -> str:
        return f"{type(self).__name__}(\n    " + ",\n    ".join(repr(part) for part in self.parts) + "\n)"


identity_transform = ComposeTransform([])


class _OfNumbers(Transform):
    """An increasing function of real numbers."""

    domain, codomain, bijective, sign = constraints.real, constraints.positive, True, 1


class ExpTransform(_OfNumbers):
    """`y = exp(x)`."""

    def _call(self, x: Any) -> Any:
        return x.exp()

    def _inverse(self, y: Any) -> Any:
        return y.log()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return x


class SoftplusTransform(_OfNumbers):
    """`y = log(1 + exp(x))`."""

    def _call(self, x: Any) -> Any:
        return softplus(x)

    def _inverse(self, y: Any) -> Any:
        return (-y).expm1().neg().log() + y

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -softplus(-x)


class SigmoidTransform(_OfNumbers):
    """`y = 1 / (1 + exp(-x))`, kept off 0 and 1."""

    codomain = constraints.unit_interval

    def _call(self, x: Any) -> Any:
        return _inside(x.sigmoid())

    def _inverse(self, y: Any) -> Any:
        y = _inside(y)
        return y.log() - (-y).log1p()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -softplus(-x) - softplus(x)


def _inside(y: Any) -> Any:
    limits = finfo(y.dtype)
    return y.clamp(min=limits.tiny, max=1.0 - limits.eps)


class TanhTransform(_OfNumbers):
    """`y = tanh(x)`: with `cache_size=1` where y may round to 1."""

    codomain = constraints.interval(-1.0, 1.0)

    def _call(self, x: Any) -> Any:
        return x.tanh()

    def _inverse(self, y: Any) -> Any:
        return y.atanh()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return 2.0 * (math.log(2.0) - x - softplus(-2.0 * x))


class AbsTransform(Transform):
    """`y = |x|`, of which the inverse is y."""

    domain, codomain = constraints.real, constraints.positive

    def _call(self, x: Any) -> Any:
        return x.abs()

    def _inverse(self, y: Any) -> Any:
        return y


class SoftmaxTransform(Transform):
    """`y = exp(x) / sum(exp(x))` of vectors; not bijective."""

    domain, codomain = constraints.real_vector, constraints.simplex

    def _call(self, x: Any) -> Any:
        probs = (x - x.max(-1, True)[0]).exp()
        return probs / probs.sum(-1, True)

    def _inverse(self, y: Any) -> Any:
        return y.log()


class PowerTransform(Transform):
    """`y = x ** exponent` of positive numbers."""

    domain = codomain = constraints.positive
    bijective = True
    _fields = ("exponent",)

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        (self.exponent,) = broadcast_all(exponent)

    @property
    def sign(self) -> Any:
        return self.exponent.sign()

    def _call(self, x: Any) -> Any:
        return x.pow(self.exponent)

    def _inverse(self, y: Any) -> Any:
        return y.pow(1 / self.exponent)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return (self.exponent * y / x).abs().log()

    def forward_shape(self, shape: Any) -> Any:
        return broadcast_shapes(shape, self.exponent.shape)

    inverse_shape = forward_shape


class AffineTransform(Transform):
    """`y = loc + scale * x`, of values with `event_dim` dimensions.

    >>> import microdl as torch
    >>> t = torch.distributions.AffineTransform(1., 2.)
    >>> t(torch.tensor([3.])), t.inv(torch.tensor([7.])), t.log_abs_det_jacobian(torch.tensor([3.]), None)
    (tensor([7.]), tensor([3.]), tensor([0.6931]))
    """

    bijective = True
    _fields = ("loc", "scale", "event_dim")

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.loc, self.scale, self._event_dim = loc, scale, event_dim

    @property
    def event_dim(self) -> int:
        return self._event_dim

    @property
    def domain(self) -> Any:
        n = self._event_dim
        return constraints.independent(constraints.real, n) if n else constraints.real

    codomain = domain

    @property
    def sign(self) -> Any:
        return self.scale.sign() if isinstance(self.scale, TensorBase) else (self.scale > 0) - (self.scale < 0)

    def _call(self, x: Any) -> Any:
        return self.loc + self.scale * x

    def _inverse(self, y: Any) -> Any:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        n = len(x.shape) - self._event_dim
        if isinstance(self.scale, TensorBase):
            logs = self.scale.abs().log()
        else:
            logs = full_like(x, math.log(abs(self.scale)))
        return sum_rightmost(logs, self._event_dim).expand(x.shape[:n])

    def forward_shape(self, shape: Any) -> Any:
        return broadcast_shapes(shape, *(getattr(v, "shape", Size()) for v in (self.loc, self.scale)))

    inverse_shape = forward_shape
