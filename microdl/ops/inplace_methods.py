"""The in-place methods of a tensor: `x.exp_()` is `exp(x)` written into `x`, with PyTorch's rules."""

from __future__ import annotations

from ..autograd.inplace import inplace
from . import (
    activation,
    arithmetic,
    blend,
    changes,
    choice,
    cumulative,
    division,
    gather,
    matrix,
    products,
    shape,
    slices,
)


class InPlace:
    """Methods whose names end with an underscore; each changes the tensor and returns it."""

    __slots__ = ()

    # operators: the raw operations, which have no keywords
    __iadd__ = inplace(arithmetic._add, "add_")
    __isub__ = inplace(arithmetic._sub, "sub_")
    __imul__ = inplace(arithmetic._mul, "mul_")
    __itruediv__ = inplace(division.true_divide, "div_")
    __ifloordiv__ = inplace(division.floor_divide, "floor_divide_")
    __imod__ = inplace(division.remainder, "remainder_")
    __ipow__ = inplace(arithmetic.pow, "pow_")
    __iand__ = inplace(arithmetic.bitwise_and, "bitwise_and_")
    __ior__ = inplace(arithmetic.bitwise_or, "bitwise_or_")
    __ixor__ = inplace(arithmetic.bitwise_xor, "bitwise_xor_")
    __ilshift__ = inplace(blend.bitwise_left_shift, "bitwise_left_shift_")
    __irshift__ = inplace(blend.bitwise_right_shift, "bitwise_right_shift_")

    # two operands
    add_ = inplace(arithmetic.add, "add_")
    sub_ = subtract_ = inplace(arithmetic.sub, "sub_")
    mul_ = multiply_ = inplace(arithmetic.mul, "mul_")
    div_ = divide_ = inplace(division.div, "div_")
    true_divide_ = inplace(division.true_divide, "true_divide_")
    floor_divide_ = inplace(division.floor_divide, "floor_divide_")
    remainder_ = inplace(division.remainder, "remainder_")
    fmod_ = inplace(division.fmod, "fmod_")
    pow_ = inplace(arithmetic.pow, "pow_")
    atan2_ = arctan2_ = inplace(arithmetic.atan2, "atan2_")
    hypot_ = inplace(blend.hypot, "hypot_")
    heaviside_ = inplace(blend.heaviside, "heaviside_")
    eq_ = inplace(changes.written(arithmetic.eq), "eq_")
    ne_ = not_equal_ = inplace(changes.written(arithmetic.ne), "ne_")
    lt_ = less_ = inplace(changes.written(arithmetic.lt), "lt_")
    le_ = less_equal_ = inplace(changes.written(arithmetic.le), "le_")
    gt_ = greater_ = inplace(changes.written(arithmetic.gt), "gt_")
    ge_ = greater_equal_ = inplace(changes.written(arithmetic.ge), "ge_")
    logical_and_ = inplace(arithmetic.logical_and, "logical_and_")
    logical_or_ = inplace(arithmetic.logical_or, "logical_or_")
    logical_xor_ = inplace(arithmetic.logical_xor, "logical_xor_")
    bitwise_and_ = inplace(arithmetic.bitwise_and, "bitwise_and_")
    bitwise_or_ = inplace(arithmetic.bitwise_or, "bitwise_or_")
    bitwise_xor_ = inplace(arithmetic.bitwise_xor, "bitwise_xor_")

    # one operand
    neg_ = negative_ = inplace(arithmetic.neg, "neg_")
    abs_ = absolute_ = inplace(arithmetic.abs, "abs_")
    sign_ = inplace(arithmetic.sign, "sign_")
    sgn_ = inplace(arithmetic.sgn, "sgn_")
    square_ = inplace(arithmetic._square, "square_")
    exp_ = inplace(arithmetic.exp, "exp_")
    exp2_ = inplace(arithmetic.exp2, "exp2_")
    expm1_ = inplace(arithmetic.expm1, "expm1_")
    log_ = inplace(arithmetic.log, "log_")
    log2_ = inplace(arithmetic.log2, "log2_")
    log10_ = inplace(arithmetic.log10, "log10_")
    log1p_ = inplace(arithmetic.log1p, "log1p_")
    sqrt_ = inplace(arithmetic.sqrt, "sqrt_")
    rsqrt_ = inplace(arithmetic.rsqrt, "rsqrt_")
    reciprocal_ = inplace(arithmetic.reciprocal, "reciprocal_")
    sin_ = inplace(arithmetic.sin, "sin_")
    cos_ = inplace(arithmetic.cos, "cos_")
    tan_ = inplace(arithmetic.tan, "tan_")
    asin_ = arcsin_ = inplace(arithmetic.asin, "asin_")
    acos_ = arccos_ = inplace(arithmetic.acos, "acos_")
    atan_ = arctan_ = inplace(arithmetic.atan, "atan_")
    sinh_ = inplace(arithmetic.sinh, "sinh_")
    cosh_ = inplace(arithmetic.cosh, "cosh_")
    tanh_ = inplace(arithmetic.tanh, "tanh_")
    floor_ = inplace(arithmetic.floor, "floor_")
    ceil_ = inplace(arithmetic.ceil, "ceil_")
    trunc_ = fix_ = inplace(arithmetic.trunc, "trunc_")
    frac_ = inplace(arithmetic.frac, "frac_")
    round_ = inplace(arithmetic.round, "round_")
    logical_not_ = inplace(arithmetic.logical_not, "logical_not_")
    bitwise_not_ = inplace(arithmetic.bitwise_not, "bitwise_not_")
    clamp_ = clip_ = inplace(choice.clamp, "clamp_")
    clamp_min_ = inplace(choice.clamp_min, "clamp_min_")
    clamp_max_ = inplace(choice.clamp_max, "clamp_max_")
    nan_to_num_ = inplace(blend.nan_to_num, "nan_to_num_")
    relu_ = inplace(activation.relu, "relu_")
    sigmoid_ = inplace(activation.sigmoid, "sigmoid_")

    # several operands, products, along a dimension
    lerp_ = inplace(blend.lerp, "lerp_")
    addcmul_ = inplace(blend.addcmul, "addcmul_")
    addcdiv_ = inplace(blend.addcdiv, "addcdiv_")
    addmm_ = inplace(products.addmm, "addmm_")
    addmv_ = inplace(products.addmv, "addmv_")
    baddbmm_ = inplace(products.baddbmm, "baddbmm_")
    cumsum_ = inplace(cumulative.cumsum, "cumsum_")
    cumprod_ = inplace(cumulative.cumprod, "cumprod_")
    tril_ = inplace(matrix.tril, "tril_")
    triu_ = inplace(matrix.triu, "triu_")

    # by value, index and mask
    fill_, zero_, fill_diagonal_ = changes.fill_, changes.zero_, changes.fill_diagonal_
    apply_, map_, index_put_ = changes.apply_, changes.map_, changes.index_put_
    masked_fill_ = inplace(slices.masked_fill, "masked_fill_")
    scatter_ = inplace(gather.scatter, "scatter_")
    scatter_add_ = inplace(gather.scatter_add, "scatter_add_")
    index_add_ = inplace(slices.index_add, "index_add_")
    index_copy_ = inplace(slices.index_copy, "index_copy_")
    index_fill_ = inplace(slices.index_fill, "index_fill_")

    # shape
    squeeze_ = changes.restrided(shape.squeeze, "squeeze_")
    unsqueeze_ = changes.restrided(shape.unsqueeze, "unsqueeze_")
    t_ = changes.restrided(shape.t, "t_")
    transpose_ = swapaxes_ = swapdims_ = changes.restrided(shape.transpose, "transpose_")
