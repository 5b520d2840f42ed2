"""microdl: a small autograd framework with PyTorch's training-loop API, on NumPy and Numba.

    import microdl as torch

gives the names that PyTorch scripts use, with PyTorch's meaning. This file is that face and nothing else: what a name
does is where it is imported from.
"""

import warnings
from math import e, inf, nan, pi
from typing import TYPE_CHECKING

from . import _memory  # noqa: F401  # what it does it does at import
from . import (
    accelerator, amp, autograd, backends, cuda, dtypes, kernels, linalg, mps, nn, optim, random,
    special, storage, surface, version, xpu,
)  # fmt: skip
from ._later import Later
from .amp import autocast, is_autocast_enabled
from .autograd.anomaly import is_anomaly_check_nan_enabled, is_anomaly_enabled
from .autograd import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .creation import (
    arange, as_tensor, asarray, empty, empty_like, eye, from_numpy, full, full_like,
    linspace, logspace, ones, ones_like, scalar_tensor, tensor, zeros, zeros_like,
)  # fmt: skip
from .device import (
    channels_last, channels_last_3d, contiguous_format, device, layout, memory_format, preserve_format, strided,
)  # fmt: skip
from .dtypes import (
    Size, double, dtype, finfo, float16, float32, float64, get_default_dtype, half, iinfo, int8, int16, int32, int64,
    long, promote_types, set_default_dtype, short, uint8,
)  # fmt: skip
from .dtypes import bool_ as bool
from .dtypes import float32 as float
from .dtypes import int32 as int
from .interop import from_dlpack, frombuffer
from .kernels import get_num_threads, set_num_threads
from .ops.arithmetic import (
    abs, acos, add, asin, atan, atan2, bitwise_and, bitwise_not, bitwise_or, bitwise_xor, ceil, clone, cos,
    cosh, eq, exp, exp2, expm1, floor, frac, ge, gt, isfinite, isinf, isnan, le, log, log10, log1p, log2,
    logical_and, logical_not, logical_or, logical_xor, lt, maximum, minimum, mul, ne, neg, pow, reciprocal,
    round, rsqrt, rsub, sgn, sign, sin, sinh, sqrt, square, sub, tan, tanh, trunc,
)  # fmt: skip
from .ops.division import div, floor_divide, fmod, remainder, true_divide
from .ops.choice import clamp, clamp_max, clamp_min, where
from .ops.shape import (
    broadcast_tensors, broadcast_to, flatten, permute, reshape, squeeze, t, transpose, unflatten, unsqueeze,
)  # fmt: skip
from .ops.join import (
    cat, chunk, flip, hstack, repeat_interleave, roll, split, stack, tile, unbind, vstack,
)  # fmt: skip
from .ops.indexing import select
from .ops.reduction import (
    all, any, count_nonzero, logsumexp, mean, nanmean, nansum, sum,
)  # fmt: skip
from .ops.moments import (
    std, std_mean, var, var_mean,
)  # fmt: skip
from .ops.extremum import (
    amax, amin, aminmax, argmax, argmin, max, min,
)  # fmt: skip
from .ops.cumulative import (
    cummax, cummin, cumprod, cumsum, logcumsumexp, prod,
)  # fmt: skip
from .ops.norm import (
    dist, norm,
)  # fmt: skip
from .ops.products import (
    addmm, addmv, baddbmm, bmm, dot, ger, inner, matmul, mm, mv, outer, vdot,
)  # fmt: skip
from .ops.matrix import (
    diag, diag_embed, diagonal, trace, tril, triu,
)  # fmt: skip
from .ops.einsum import (
    chain_matmul, einsum, kron, tensordot,
)  # fmt: skip
from .ops.gather import (
    gather, scatter, scatter_add, take_along_dim,
)  # fmt: skip
from .ops.bins import (
    bincount, bucketize, histc, searchsorted,
)  # fmt: skip
from .ops.sorting import (
    argsort, kthvalue, median, mode, msort, quantile, sort, topk, unique,
)  # fmt: skip
from .ops.activation import (
    celu, prelu, relu, selu, sigmoid, threshold,
)  # fmt: skip
from .ops.blend import (
    addcdiv, addcmul, allclose, bitwise_left_shift, bitwise_right_shift, diff, equal, heaviside, hypot, isclose,
    lerp, logaddexp, nan_to_num,
)  # fmt: skip
from .ops.decomposition import (
    cholesky, matrix_power, pinverse, qr, svd,
)  # fmt: skip
from .ops.changes import fill
from .ops.distance import cdist, pdist
from .ops.gamma import digamma, lgamma, mvlgamma, polygamma
from .ops.grids import (
    bartlett_window, blackman_window, empty_strided, hamming_window, hann_window, kaiser_window, range, tril_indices,
    triu_indices, unravel_index,
)  # fmt: skip
from .ops.index_reduce import (
    diagonal_scatter, index_reduce, masked_scatter, put, scatter_reduce, select_scatter, slice_scatter,
)  # fmt: skip
from .ops.pointwise import (
    acosh, angle, asinh, atanh, copysign, deg2rad, float_power, fmax, fmin, frexp, gcd, isneginf, isposinf, isreal,
    lcm, ldexp, logaddexp2, nextafter, positive, rad2deg, signbit,
)  # fmt: skip
from .ops.queries import (
    can_cast, get_default_device, imag, is_complex, is_conj, is_floating_point, is_neg, is_nonzero, is_same_size,
    is_signed, is_storage, is_tensor, itself, numel, result_type, set_default_device, typename,
)  # fmt: skip
from .ops.rearrange import (
    adjoint, atleast_1d, atleast_2d, atleast_3d, block_diag, broadcast_shapes, column_stack, dsplit,
    dstack, fliplr, flipud, hsplit, movedim, ravel, rot90, split_with_sizes, tensor_split, vsplit,
)  # fmt: skip
from .ops.special import (
    erf, erfc, erfinv, logit, sinc, xlogy,
)  # fmt: skip
from .ops.statistics import (
    corrcoef, cov, cumulative_trapezoid, gradient, histogram, nanmedian, nanquantile, trapezoid, unique_consecutive,
)  # fmt: skip
from .ops.strides import as_strided, narrow
from .ops.systems import (
    cholesky_inverse, cholesky_solve, matrix_exp, removed_eig, removed_lstsq, removed_matrix_rank, removed_solve,
    removed_symeig, triangular_solve,
)  # fmt: skip
from .ops.vectors import (
    addbmm, addr, cross, frobenius_norm, nuclear_norm, renorm, vander,
)  # fmt: skip
from .ops.linalg import (
    det, inverse, logdet, slogdet,
)  # fmt: skip
from .ops.positions import (
    argwhere, cartesian_prod, combinations, isin, meshgrid, nonzero,
)  # fmt: skip
from .ops.slices import (
    index_add, index_copy, index_fill, index_select, masked_fill, masked_select, take,
)  # fmt: skip
from .nn.functional import (
    bilinear, celu_, cosine_similarity, hardshrink, pairwise_distance, relu_, rms_norm, rrelu, rrelu_, selu_,
    threshold_,
)  # fmt: skip
from .nn.native import (
    alpha_dropout, alpha_dropout_, batch_norm, binary_cross_entropy_with_logits, constant_pad_nd,
    cosine_embedding_loss, dropout, dropout_, embedding, feature_alpha_dropout, feature_alpha_dropout_,
    feature_dropout, feature_dropout_, group_norm, hinge_embedding_loss, kl_div, layer_norm, margin_ranking_loss,
    poisson_nll_loss, triplet_margin_loss,
)  # fmt: skip
from .ops import return_types
from .ops.spelling import in_one_tuple, with_out
from .printing import set_printoptions
from .random.counts import binomial, poisson
from .random.lowrank import pca_lowrank, svd_lowrank
from .random import (
    Generator, bernoulli, default_generator, get_rng_state, initial_seed, manual_seed, multinomial, normal, rand,
    rand_like, randint, randint_like, randn, randn_like, randperm, seed, set_rng_state,
)  # fmt: skip
from .storage import UntypedStorage
from .switches import (
    are_deterministic_algorithms_enabled, compile, get_deterministic_debug_mode, get_float32_matmul_precision,
    get_num_interop_threads, is_deterministic_algorithms_warn_only_enabled, set_deterministic_debug_mode,
    is_warn_always_enabled, set_float32_matmul_precision, set_flush_denormal, set_num_interop_threads, set_warn_always,
    use_deterministic_algorithms,
)  # fmt: skip
from .tensor import Tensor
from .typed import set_default_tensor_type, typed

if TYPE_CHECKING:
    from . import datasets, distributions, func, profiler, serialization, testing, utils
    from .func import vmap
    from .serialization import load, save
else:  # what a first training step needs not
    __getattr__ = Later(
        __name__,
        {
            ".datasets": "", ".distributions": "", ".func": "vmap", ".profiler": "", ".safetensors": "",
            ".serialization": "load save", ".testing": "", ".utils": "",
        },
    )  # fmt: skip
    __dir__ = __getattr__.dir

# Overflow and NaN are values here, as in PyTorch: NumPy's warnings about them are silenced where microdl's own code
# raises them, and nowhere else.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"microdl\.")

__version__ = "0.1.0.dev0"

# Functions of `torch` that are stricter than the methods and than those of `nn.functional`
softmax, log_softmax = Tensor.softmax, Tensor.log_softmax
for _name in ("flip", "permute", "reshape", "tile"):
    globals()[_name] = in_one_tuple(globals()[_name])

# What takes `out=` as a function and not as a method
_WITH_OUT = """
    addcdiv addcmul addmm addmv aminmax argsort baddbmm bernoulli bucketize cat chain_matmul cholesky
    clamp_max clamp_min cummax cummin cumprod cumsum diag diff gather histc hstack index_add index_copy
    index_select inner inverse isin kron kthvalue lerp log_softmax logcumsumexp logsumexp
    masked_select matrix_power mode msort multinomial nan_to_num nonzero norm qr quantile scatter
    scatter_add searchsorted slogdet softmax sort stack svd take take_along_dim tensordot threshold topk
    tril triu vstack where
"""
for _name in _WITH_OUT.split():
    globals()[_name] = with_out(globals()[_name])
concat = concatenate = cat

# PyTorch's other names for the same
absolute, negative, subtract, multiply, divide, clip = abs, neg, sub, mul, div, clamp
arccos, arcsin, arctan, arctan2 = acos, asin, atan, atan2
greater, greater_equal, less, less_equal, not_equal = gt, ge, lt, le, ne
swapaxes = swapdims = transpose
moveaxis, row_stack, trapz, fix, arcsinh, arccosh, arctanh = (
    movedim, vstack, trapezoid, trunc, asinh, acosh, atanh,
)  # fmt: skip
unsafe_split, unsafe_chunk, unsafe_split_with_sizes, diagflat = split, chunk, split_with_sizes, Tensor.diagflat
real = conj = conj_physical = resolve_conj = resolve_neg = itself
detach, get_device, is_inference, index_put = Tensor.detach, Tensor.get_device, Tensor.is_inference, Tensor.index_put
newaxis = None
solve, lstsq, symeig, eig, matrix_rank = (
    removed_solve, removed_lstsq, removed_symeig, removed_eig, removed_matrix_rank,
)  # fmt: skip

FloatTensor, DoubleTensor, HalfTensor = typed(float32), typed(float64), typed(float16)
LongTensor, IntTensor, ShortTensor, CharTensor = typed(int64), typed(int32), typed(int16), typed(int8)
ByteTensor, BoolTensor = typed(uint8), typed(bool)


def as_torch():  # type: ignore[no-untyped-def]  # a Takeover, which is not loaded before it is wanted
    """From here on, `import torch` gives microdl: see `microdl.compat.as_torch`."""
    from .compat import as_torch

    return as_torch()


__all__ = [
    "accelerator", "xpu",
    "amp", "are_deterministic_algorithms_enabled", "as_torch", "autocast", "compile", "get_deterministic_debug_mode",
    "get_float32_matmul_precision", "get_num_interop_threads", "is_autocast_enabled",
    "is_deterministic_algorithms_warn_only_enabled", "mps", "set_deterministic_debug_mode",
    "set_float32_matmul_precision", "set_flush_denormal", "set_num_interop_threads", "set_warn_always",
    "use_deterministic_algorithms", "version",
    "__version__", "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "Generator",
    "HalfTensor", "IntTensor", "LongTensor", "ShortTensor", "Size", "Tensor",
    "channels_last", "channels_last_3d", "contiguous_format", "layout", "memory_format", "preserve_format",
    "strided",
    "UntypedStorage", "from_dlpack", "load", "save", "serialization", "storage",
    "abs", "absolute", "acos", "add",
    "addcdiv", "addcmul", "addmm", "addmv", "all", "allclose", "amax", "amin", "aminmax", "any", "arange", "arccos",
    "arcsin", "arctan", "arctan2", "argmax", "argmin", "argsort", "argwhere", "as_tensor", "asarray", "asin",
    "atan", "atan2", "autograd", "backends", "baddbmm", "batch_norm", "bernoulli", "bincount", "bitwise_and",
    "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "bmm", "bool",
    "broadcast_tensors", "broadcast_to", "bucketize", "cartesian_prod", "cat", "ceil", "celu", "chain_matmul",
    "cholesky", "chunk", "clamp", "clamp_max", "clamp_min", "clip", "clone", "combinations", "concat",
    "concatenate", "cos", "cosh", "cosine_similarity", "count_nonzero", "cuda", "cummax", "cummin", "cumprod",
    "cumsum", "datasets", "default_generator", "det", "device", "diag", "diag_embed", "diagonal", "diff", "dist",
    "distributions",
    "div", "divide", "dot", "double", "dropout", "dtype", "dtypes", "e", "einsum", "empty", "empty_like",
    "enable_grad", "eq", "equal", "exp", "exp2", "expm1", "eye", "finfo", "flatten", "flip", "float", "float16",
    "float32", "float64", "floor", "floor_divide", "fmod", "frac", "func", "from_numpy", "full", "full_like", "gather",
    "ge", "ger", "get_default_dtype", "get_num_threads", "get_rng_state", "greater", "greater_equal", "gt", "half",
    "heaviside", "hinge_embedding_loss", "histc", "hstack", "hypot", "iinfo", "index_add", "index_copy",
    "index_fill", "index_select", "inf", "inference_mode", "initial_seed", "inner", "int", "int16", "int32",
    "int64", "int8", "inverse", "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "is_floating_point",
    "is_grad_enabled", "is_inference_mode_enabled", "is_tensor",
    "isclose", "isfinite", "isin", "isinf", "isnan", "kernels", "kl_div", "kron", "kthvalue", "layer_norm", "le",
    "lerp", "less", "less_equal", "linalg", "linspace", "log", "log10", "log1p", "log2", "log_softmax", "logaddexp",
    "logcumsumexp", "logdet", "logical_and", "logical_not", "logical_or", "logical_xor", "logspace", "logsumexp",
    "long", "lt", "manual_seed", "margin_ranking_loss", "masked_fill", "masked_select", "matmul", "matrix_power",
    "max", "maximum", "mean", "median", "meshgrid", "min", "minimum", "mm", "mode", "msort", "mul", "multinomial",
    "multiply", "mv", "nan", "nan_to_num", "nanmean", "nansum", "narrow", "ne", "neg", "negative", "nn", "no_grad",
    "nonzero", "norm", "normal", "not_equal", "numel", "ones", "ones_like", "optim", "outer", "pairwise_distance",
    "permute", "pi", "pinverse", "poisson_nll_loss", "pow", "prelu", "prod", "profiler", "promote_types", "qr",
    "quantile",
    "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "random", "randperm", "reciprocal",
    "relu", "relu_", "remainder", "repeat_interleave", "reshape", "return_types", "roll", "round", "rsqrt", "rsub",
    "scalar_tensor", "scatter", "scatter_add", "searchsorted", "seed", "select", "selu", "set_default_dtype",
    "set_default_tensor_type",
    "set_grad_enabled", "set_num_threads", "set_printoptions", "set_rng_state", "sgn", "short", "sigmoid", "sign",
    "sin", "sinh", "slogdet", "softmax", "sort", "split", "sqrt", "square", "squeeze", "stack", "std", "std_mean",
    "sub", "subtract", "sum", "svd", "swapaxes", "swapdims", "t", "take", "take_along_dim", "tan", "tanh", "tensor",
    "tensordot", "testing",
    "threshold", "tile", "topk", "trace", "transpose", "tril", "triu", "true_divide", "trunc", "uint8", "unbind",
    "unflatten", "unique", "unsqueeze", "utils", "var", "var_mean", "vdot", "vstack", "where", "zeros", "zeros_like",
    "alpha_dropout", "alpha_dropout_", "bilinear", "binary_cross_entropy_with_logits", "celu_", "constant_pad_nd",
    "cosine_embedding_loss", "dropout_", "embedding", "feature_alpha_dropout", "feature_alpha_dropout_",
    "feature_dropout", "feature_dropout_", "group_norm", "hardshrink", "rms_norm", "rrelu", "rrelu_", "selu_",
    "threshold_", "triplet_margin_loss", "frombuffer", "get_device", "is_inference", "newaxis",
    "is_warn_always_enabled", "index_put", "binomial", "pca_lowrank", "poisson", "svd_lowrank",
    "acosh", "addbmm", "addr", "adjoint", "angle", "arccosh", "arcsinh", "arctanh", "as_strided", "asinh", "atanh",
    "atleast_1d", "atleast_2d", "atleast_3d", "bartlett_window", "blackman_window", "block_diag", "broadcast_shapes",
    "can_cast", "cdist", "cholesky_inverse", "cholesky_solve", "column_stack", "conj", "conj_physical", "copysign",
    "corrcoef", "cov", "cross", "cumulative_trapezoid", "deg2rad", "detach", "diagflat", "diagonal_scatter",
    "digamma", "dsplit", "dstack", "eig", "empty_strided", "erf", "erfc", "erfinv", "fill", "fix", "fliplr", "flipud",
    "float_power", "fmax", "fmin", "frexp", "frobenius_norm", "gcd", "get_default_device", "gradient",
    "hamming_window", "hann_window", "histogram", "hsplit", "imag", "index_reduce", "is_complex", "is_conj", "is_neg",
    "is_nonzero", "is_same_size", "is_signed", "is_storage", "isneginf", "isposinf", "isreal", "kaiser_window", "lcm",
    "ldexp", "lgamma", "logaddexp2", "logit", "lstsq", "masked_scatter", "matrix_exp", "matrix_rank", "moveaxis",
    "movedim", "mvlgamma", "nanmedian", "nanquantile", "nextafter", "nuclear_norm", "pdist", "polygamma", "positive",
    "put", "rad2deg", "range", "ravel", "real", "renorm", "resolve_conj", "resolve_neg", "result_type", "rot90",
    "row_stack", "scatter_reduce", "select_scatter", "set_default_device",
    "signbit", "sinc", "slice_scatter", "solve", "special", "split_with_sizes", "symeig", "tensor_split", "trapezoid",
    "trapz", "triangular_solve", "tril_indices", "triu_indices", "typename", "unique_consecutive", "unravel_index",
    "unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes", "vander", "vmap", "vsplit", "xlogy",
]  # fmt: skip

# The methods in place that PyTorch has as functions, too
_IN_PLACE = [
    "abs_", "acos_", "acosh_", "addmv_", "arccos_", "arccosh_", "arcsin_", "arcsinh_", "arctan_", "arctanh_",
    "as_strided_", "asin_", "asinh_", "atan_", "atanh_", "ceil_", "clamp_", "clamp_max_", "clamp_min_", "clip_",
    "cos_", "cosh_", "deg2rad_", "detach_", "erf_", "erfc_", "exp2_", "exp_", "expm1_", "fill_", "fix_", "floor_",
    "frac_", "gcd_", "index_put_", "lcm_", "ldexp_", "log10_", "log1p_", "log2_", "log_", "logit_", "nan_to_num_",
    "neg_", "negative_", "rad2deg_", "reciprocal_", "resize_as_", "round_", "rsqrt_", "sigmoid_", "sin_", "sinc_",
    "sinh_", "sqrt_", "square_", "tan_", "tanh_", "trunc_", "xlogy_", "zero_",
]  # fmt: skip
globals().update({name: getattr(Tensor, name) for name in _IN_PLACE})
__all__ += _IN_PLACE

surface.install()
