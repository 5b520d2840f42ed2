"""The table of tensor methods: which operations `Tensor` has, and under which names."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from ..autograd.graph import grad_of, wrap
from . import (
    activation,
    arithmetic,
    bins,
    blend,
    choice,
    cumulative,
    decomposition,
    division,
    einsum,
    extremum,
    gather,
    indexing,
    join,
    linalg,
    matrix,
    moments,
    norm,
    pointwise,
    positions,
    products,
    reduction,
    shape,
    slices,
    softmax,
    sorting,
    strides,
)  # fmt: skip
from .elementwise_docs import ARITHMETIC, DIVISION, describe
from .indexing import getitem, setitem
from .inplace_methods import InPlace
from .rarer_methods import RarerMethods
from .shape import wrap_dim
from .spelling import method_of

__all__ = ["Methods", "getitem", "keep_grad", "method_of", "setitem", "wrap_dim"]


def keep_grad(tensor: Any) -> Callable[[Any], None]:
    """A hook that stores the gradient in `tensor.grad`, without keeping the tensor alive."""
    ref = weakref.ref(tensor)

    def hook(g: Any) -> None:
        t = ref()
        if t is not None:
            if t._grad is None:
                t._grad = wrap(g._a.copy(), g._node)
            else:
                before = grad_of(t)
                t._grad = wrap(before._a + g._a) if g._node is None else before + g

    return hook


def _or_not_implemented(call: Callable[..., Any]) -> Callable[..., Any]:
    """A comparison that leaves None, strings and foreign objects to Python."""

    def method(self: Any, other: Any) -> Any:
        try:
            return call(self, other)
        except TypeError:
            return NotImplemented

    return method


def _times(self: Any, other: Any) -> Any:
    return NotImplemented if isinstance(other, (str, list, tuple)) else arithmetic._mul(self, other)


class Methods(InPlace, RarerMethods):
    """Operations as methods and operators: `x.exp()` is `exp(x)`, `x + y` is `add(x, y)`, `x.add_(y)` in place."""

    __slots__ = ()

    # operators
    __add__ = __radd__ = arithmetic._add
    __sub__ = arithmetic._sub
    __rsub__ = arithmetic.rsub
    __mul__ = arithmetic._mul
    __rmul__ = method_of(_times, "__rmul__", "The product; a sequence is repeated, by an integer of one element.")
    __truediv__ = division.true_divide
    __rtruediv__ = method_of(lambda self, other: arithmetic.reciprocal(self) * other, "__rtruediv__", "")
    __floordiv__ = division.floor_divide
    __rfloordiv__ = method_of(lambda self, other: division.floor_divide(other, self), "__rfloordiv__", "")
    __mod__ = division.remainder
    __rmod__ = method_of(lambda self, other: division.remainder(other, self), "__rmod__", "")
    __pow__ = arithmetic.pow
    __rpow__ = arithmetic.rpow
    __neg__ = arithmetic.neg
    __pos__ = pointwise.positive
    __abs__ = arithmetic.abs
    __invert__ = arithmetic.invert
    __eq__ = method_of(_or_not_implemented(arithmetic.eq), "__eq__", "Elementwise; False for what is no number.")
    __ne__ = method_of(_or_not_implemented(arithmetic.ne), "__ne__", "Elementwise; True for what is no number.")
    __lt__ = arithmetic.lt
    __le__ = arithmetic.le
    __gt__ = arithmetic.gt
    __ge__ = arithmetic.ge
    __matmul__ = products.at
    __rmatmul__ = method_of(lambda self, other: products.at(other, self), "__rmatmul__", "")
    __lshift__, __rshift__ = blend.bitwise_left_shift, blend.bitwise_right_shift
    __rlshift__ = method_of(lambda self, other: blend.bitwise_left_shift(other, self), "__rlshift__", "")
    __rrshift__ = method_of(lambda self, other: blend.bitwise_right_shift(other, self), "__rrshift__", "")
    __and__ = __rand__ = arithmetic.bitwise_and
    __or__ = __ror__ = arithmetic.bitwise_or
    __xor__ = __rxor__ = arithmetic.bitwise_xor
    # arithmetic
    add, sub, mul, div, pow = arithmetic.add, arithmetic.sub, arithmetic.mul, division.div, arithmetic.pow
    subtract, multiply, divide, true_divide = sub, mul, div, division.true_divide
    floor_divide, fmod, remainder = division.floor_divide, division.fmod, division.remainder
    maximum, minimum, atan2 = arithmetic.maximum, arithmetic.minimum, arithmetic.atan2
    eq, ne, lt, le, gt, ge = (
        arithmetic.eq, arithmetic.ne, arithmetic.lt, arithmetic.le, arithmetic.gt, arithmetic.ge,
    )  # fmt: skip
    logical_and, logical_or, logical_xor = arithmetic.logical_and, arithmetic.logical_or, arithmetic.logical_xor
    logical_not, bitwise_not = arithmetic.logical_not, arithmetic.bitwise_not
    bitwise_and, bitwise_or, bitwise_xor = arithmetic.bitwise_and, arithmetic.bitwise_or, arithmetic.bitwise_xor
    bitwise_left_shift, bitwise_right_shift = blend.bitwise_left_shift, blend.bitwise_right_shift
    not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge
    neg, abs, sign, square = arithmetic.neg, arithmetic.abs, arithmetic.sign, arithmetic.square
    negative, absolute, sgn = neg, abs, arithmetic.sgn
    exp, exp2, expm1 = arithmetic.exp, arithmetic.exp2, arithmetic.expm1
    log, log2, log10, log1p = arithmetic.log, arithmetic.log2, arithmetic.log10, arithmetic.log1p
    sqrt, rsqrt, reciprocal = arithmetic.sqrt, arithmetic.rsqrt, arithmetic.reciprocal
    sin, cos, tan = arithmetic.sin, arithmetic.cos, arithmetic.tan
    asin, acos, atan = arithmetic.asin, arithmetic.acos, arithmetic.atan
    sinh, cosh, tanh = arithmetic.sinh, arithmetic.cosh, arithmetic.tanh
    arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
    floor, ceil, trunc, frac, round = (
        arithmetic.floor, arithmetic.ceil, arithmetic.trunc, arithmetic.frac, arithmetic.round,
    )  # fmt: skip
    fix = trunc
    isnan, isinf, isfinite = arithmetic.isnan, arithmetic.isinf, arithmetic.isfinite
    clamp = clip = choice.clamp
    where = method_of(lambda self, condition, other: choice.where(condition, self, other), "where", "")
    clamp_min, clamp_max, clone = choice.clamp_min, choice.clamp_max, arithmetic.clone

    # shape
    view, view_as, reshape, reshape_as = shape.view, shape.view_as, shape.reshape, shape.reshape_as
    flatten, unflatten = shape.flatten, shape.unflatten
    permute, transpose, t, swapaxes = shape.permute, shape.transpose, shape.t, shape.transpose
    swapdims = shape.transpose
    squeeze, unsqueeze = shape.squeeze, shape.unsqueeze
    expand, expand_as, broadcast_to = shape.expand, shape.expand_as, shape.broadcast_to
    split = method_of(
        lambda self, split_size, dim=0: join.split(self, split_size, dim), "split", "Views of consecutive parts."
    )
    chunk, unbind, flip, roll = join.chunk, join.unbind, join.flip, join.roll
    repeat, tile, repeat_interleave = join.repeat, join.tile, join.repeat_interleave
    select, narrow = indexing.select, strides.narrow
    T = property(lambda self: shape.permute(self, tuple(reversed(range(self._a.ndim)))), doc="All dimensions reversed.")
    mT = property(lambda self: shape.matrix_transpose(self), doc="The last two dimensions exchanged.")

    # activations
    relu, sigmoid, prelu = activation.relu, activation.sigmoid, activation.prelu
    softmax, log_softmax = softmax.along(softmax.softmax), softmax.along(softmax.log_softmax)

    # reductions
    sum, nansum, mean, nanmean = reduction.sum, reduction.nansum, reduction.mean, reduction.nanmean
    logsumexp, count_nonzero = reduction.logsumexp, reduction.count_nonzero
    all, any = reduction.all, reduction.any
    var, std = moments.var, moments.std
    max, min, amax, amin = extremum.max, extremum.min, extremum.amax, extremum.amin
    argmax, argmin, aminmax = extremum.argmax, extremum.argmin, extremum.aminmax
    norm, dist = norm.norm, norm.dist

    # along a dimension, in order
    prod, cumsum, cumprod, logcumsumexp = (
        cumulative.prod, cumulative.cumsum, cumulative.cumprod, cumulative.logcumsumexp,
    )  # fmt: skip
    cummax, cummin, diff = cumulative.cummax, cumulative.cummin, blend.diff
    sort, argsort, msort, topk = sorting.sort, sorting.argsort, sorting.msort, sorting.topk
    kthvalue, median, mode, quantile = sorting.kthvalue, sorting.median, sorting.mode, sorting.quantile
    unique, bincount, histc = sorting.unique, bins.bincount, bins.histc

    # matrices
    matmul, mm, mv, dot, vdot, bmm = (
        products.matmul, products.mm, products.mv, products.dot, products.vdot, products.bmm,
    )  # fmt: skip
    outer, ger, inner = products.outer, products.ger, products.inner
    addmm, addmv, baddbmm, kron = products.addmm, products.addmv, products.baddbmm, einsum.kron
    diagonal, diag, diag_embed, trace = matrix.diagonal, matrix.diag, matrix.diag_embed, matrix.trace
    tril, triu = matrix.tril, matrix.triu
    inverse, det, slogdet, logdet = linalg.inverse, linalg.det, linalg.slogdet, linalg.logdet
    svd, qr, cholesky = decomposition.svd, decomposition.qr, decomposition.cholesky
    pinverse, matrix_power = decomposition.pinverse, decomposition.matrix_power

    # by index and mask
    gather, scatter, scatter_add, take_along_dim = (
        gather.gather, gather.scatter, gather.scatter_add, gather.take_along_dim,
    )  # fmt: skip
    index_select, index_add, index_copy, index_fill = (
        slices.index_select, slices.index_add, slices.index_copy, slices.index_fill,
    )  # fmt: skip
    masked_fill, masked_select, take = slices.masked_fill, slices.masked_select, slices.take
    nonzero, argwhere = positions.nonzero, positions.nonzero
    index_put = method_of(
        lambda self, indices, values, accumulate=False: self.clone().index_put_(indices, values, accumulate),
        "index_put", "`index_put_` on a copy.",
    )  # fmt: skip

    # elementwise with more operands, comparing whole tensors
    lerp, addcmul, addcdiv = blend.lerp, blend.addcmul, blend.addcdiv
    logaddexp, hypot, heaviside, nan_to_num = blend.logaddexp, blend.hypot, blend.heaviside, blend.nan_to_num
    isclose, allclose, equal = blend.isclose, blend.allclose, blend.equal


describe(arithmetic, ARITHMETIC)
describe(division, DIVISION)
