"""The in-place methods of a tensor: `x.exp_()` is `exp(x)` written into `x`, with PyTorch's rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.inplace import inplace
from . import (
    activation,
    arithmetic,
    blend,
    changes,
    choice,
    cumulative,
    division,
    gamma,
    gather,
    index_reduce,
    matrix,
    pointwise,
    products,
    shape,
    slices,
    special,
    strides,
    vectors,
)

_UFUNCS = {"add_": np.add, "sub_": np.subtract, "mul_": np.multiply, "div_": np.true_divide}


class InPlace:
    """Methods whose names end with an underscore; each changes the tensor and returns it."""

    __slots__ = ()

    # operators: the raw operations, which have no keywords
    __iadd__ = inplace(arithmetic._add, "add_", _UFUNCS["add_"])
    __isub__ = inplace(arithmetic._sub, "sub_", _UFUNCS["sub_"])
    __imul__ = inplace(arithmetic._mul, "mul_", _UFUNCS["mul_"])
    __itruediv__ = inplace(division.true_divide, "div_", _UFUNCS["div_"])
    __ifloordiv__ = inplace(division.floor_divide, "floor_divide_")
    __imod__ = inplace(division.remainder, "remainder_")
    __ipow__ = inplace(arithmetic.pow, "pow_")
    __iand__ = inplace(arithmetic.bitwise_and, "bitwise_and_")
    __ior__ = inplace(arithmetic.bitwise_or, "bitwise_or_")
    __ixor__ = inplace(arithmetic.bitwise_xor, "bitwise_xor_")
    __ilshift__ = inplace(blend.bitwise_left_shift, "bitwise_left_shift_")
    __irshift__ = inplace(blend.bitwise_right_shift, "bitwise_right_shift_")

    # by value, index and mask
    fill_, zero_, fill_diagonal_ = changes.fill_, changes.zero_, changes.fill_diagonal_
    apply_, map_, index_put_ = changes.apply_, changes.map_, changes.index_put_

    # shape
    squeeze_ = changes.restrided(shape.squeeze, "squeeze_")
    unsqueeze_ = changes.restrided(shape.unsqueeze, "unsqueeze_")
    t_ = changes.restrided(shape.t, "t_")
    transpose_ = swapaxes_ = swapdims_ = changes.restrided(shape.transpose, "transpose_")
    as_strided_ = changes.restrided(strides.as_strided, "as_strided_")

    true_divide_ = inplace(division.true_divide, "true_divide_")
    polygamma_ = inplace(gamma.polygamma_of, "polygamma_")
    float_power_ = inplace(pointwise.float_power_in_place, "float_power_")


# What is written where its operand was: `x.exp_()` for `exp(x)`
_WRITTEN: tuple[Callable[..., Any], ...] = (
    arithmetic.add, arithmetic.sub, arithmetic.mul, arithmetic.pow, arithmetic.atan2,
    division.div, division.floor_divide, division.remainder, division.fmod,
    arithmetic.logical_and, arithmetic.logical_or, arithmetic.logical_xor, arithmetic.logical_not,
    arithmetic.bitwise_and, arithmetic.bitwise_or, arithmetic.bitwise_xor, arithmetic.bitwise_not,
    blend.bitwise_left_shift, blend.bitwise_right_shift, blend.hypot, blend.heaviside,
    pointwise.copysign, pointwise.ldexp, pointwise.nextafter, pointwise.gcd, pointwise.lcm,
    arithmetic.neg, arithmetic.abs, arithmetic.sign, arithmetic.sgn, arithmetic._square,
    arithmetic.exp, arithmetic.exp2, arithmetic.expm1,
    arithmetic.log, arithmetic.log2, arithmetic.log10, arithmetic.log1p,
    arithmetic.sqrt, arithmetic.rsqrt, arithmetic.reciprocal,
    arithmetic.sin, arithmetic.cos, arithmetic.tan, arithmetic.asin, arithmetic.acos, arithmetic.atan,
    arithmetic.sinh, arithmetic.cosh, arithmetic.tanh, pointwise.asinh, pointwise.acosh, pointwise.atanh,
    arithmetic.floor, arithmetic.ceil, arithmetic.trunc, arithmetic.frac, arithmetic.round,
    pointwise.deg2rad, pointwise.rad2deg, choice.clamp, choice.clamp_min, choice.clamp_max, blend.nan_to_num,
    activation.relu, activation.sigmoid,
    special.erf, special.erfc, special.erfinv, special.logit, special.sinc, special.xlogy,
    gamma.lgamma, gamma.digamma, gamma.mvlgamma,
    blend.lerp, blend.addcmul, blend.addcdiv, products.addmm, products.addmv, products.baddbmm,
    vectors.addr, vectors.addbmm, vectors.renorm, matrix.tril, matrix.triu,
    slices.masked_fill, slices.index_add, slices.index_copy, slices.index_fill,
    gather.scatter, gather.scatter_add, index_reduce.scatter_reduce, index_reduce.index_reduce,
    index_reduce.put, index_reduce.masked_scatter,
    *map(cumulative.in_own_dtype, (cumulative.cumsum, cumulative.cumprod)),
    *map(changes.written, (arithmetic.eq, arithmetic.ne, arithmetic.lt, arithmetic.le, arithmetic.gt, arithmetic.ge)),
)  # fmt: skip
_ALSO = {
    "sub_": "subtract_", "mul_": "multiply_", "div_": "divide_", "neg_": "negative_", "abs_": "absolute_",
    "ne_": "not_equal_", "lt_": "less_", "le_": "less_equal_", "gt_": "greater_", "ge_": "greater_equal_",
    "asin_": "arcsin_", "acos_": "arccos_", "atan_": "arctan_", "atan2_": "arctan2_",
    "asinh_": "arcsinh_", "acosh_": "arccosh_", "atanh_": "arctanh_", "trunc_": "fix_", "clamp_": "clip_",
}  # fmt: skip

for _call in _WRITTEN:
    _name = f"{_call.__name__}_"
    _method = inplace(_call, _name, _UFUNCS.get(_name))
    for _spelling in (_name, _ALSO.get(_name, _name)):
        setattr(InPlace, _spelling, _method)
