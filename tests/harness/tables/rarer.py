"""The rarer functions and methods: a few calls of each, in every form that there is, in place too."""

from __future__ import annotations

from typing import Any

import microdl

from ..cases import Case, Name, T, case

# Cases are set in rows.
# fmt: off

X, Y, V, W = T(), T(seed=1), T((4,)), T((4,), seed=1)
S, S2 = T((3, 3), dtype="f64", values="dominant"), T((3, 3), dtype="f64", values="dominant", seed=1)
PD = T((3, 3), dtype="f64", values="definite")
C = T((2, 3, 4))
K, J = T(dtype="i64", values="positive"), T(dtype="i64", values="positive", seed=1)
INDEX = T((2,), dtype="i64", values="below:2", grad=False)

_ONE = {
    **dict.fromkeys(("asinh", "arcsinh", "deg2rad", "rad2deg", "erf", "erfc", "sinc", "angle", "conj", "conj_physical",
        "positive", "real", "resolve_conj", "resolve_neg", "signbit", "isneginf", "isposinf", "isreal", "detach",
        "imag", "is_complex", "is_conj", "is_neg", "is_signed", "fix", "frexp"), "normal"),
    **dict.fromkeys(("atanh", "arctanh", "erfinv"), "unit"),
    **dict.fromkeys(("acosh", "arccosh", "digamma", "lgamma"), "positive"),
    "logit": "probability",
}
_TWO = ("copysign", "float_power", "fmax", "fmin", "ldexp", "logaddexp2", "nextafter", "xlogy", "gcd", "lcm")
_IN_PLACE = (  # of torch; as methods they have cases
    "abs", "acos", "arccos", "arcsin", "arctan", "asin", "atan", "ceil", "cos", "cosh", "exp", "exp2", "expm1", "floor",
    "frac", "log", "log10", "log1p", "log2", "nan_to_num", "neg", "negative", "reciprocal", "round", "rsqrt", "sigmoid",
    "sin", "sinh", "sqrt", "square", "tan", "tanh", "trunc", "zero",
)
_FLAGS = ("is_cpu", "is_ipu", "is_maia", "is_mtia", "is_vulkan", "output_nr", "is_meta",
    "is_mkldnn", "is_mps", "is_nested", "is_quantized", "is_sparse_csr", "is_xla", "is_xpu")
_ASKING = ("is_distributed", "is_inference", "is_pinned", "get_device")


def _forms(name: str) -> list[str]:
    found = [f"torch.{name}"] if hasattr(microdl, name) else []
    return [*found, *(form for n in (name, f"{name}_") for form in (f"Tensor.{n}",) if hasattr(microdl.Tensor, n))] + (
        [f"torch.{name}_"] if hasattr(microdl, f"{name}_") else []
    )


def _rows(name: str, *calls: tuple[Any, ...], **changes: Any) -> list[Case]:
    """All forms with each row of arguments; a dict at the end holds keywords."""
    found = []
    for form in _forms(name):
        for row in calls:
            args, kwargs = (row[:-1], row[-1]) if isinstance(row[-1], dict) else (row, {})
            found.append(case(form, *args, **kwargs).but(**changes))
    return found


def _elementwise() -> list[Case]:
    found = []
    for name, values in _ONE.items():
        xs = [T(values=values), T((), values=values), T(dtype="f64", values=values), T(dtype="i64"), T(dtype="bool"),
            T((12,), values="special")]
        found += _rows(name, *[(x,) for x in xs], second=False, ulps=64.0)
        found += [case(f"torch.{name}", T(values=values))] if hasattr(microdl, name) else []
    for name in _TWO:
        whole = name in ("gcd", "lcm")
        x, y = (K, J) if whole else (T(values="positive"), T(values="positive", seed=1))
        found += _rows(name, (x, y), (x, T((3,), dtype=y.dtype, values="positive")), (x, T((4,), dtype=y.dtype)), (x,),
            (x, 2), (X, K), (K, J))
        found += _rows(name, (T((12,), values="special"), T((12,), values="special", seed=1)), second=False)
    for name in _IN_PLACE:
        found += [case(f"torch.{name}_", T(values="unit")), case(f"torch.{name}_", T(dtype="i64")),
            case(f"torch.{name}_", 2)]
    for name, *args in (("clamp", -1, 1), ("clip", -1, 1), ("clamp_min", 0), ("clamp_max", 0), ("fill", 2), ("detach",),
        ("index_put", (INDEX,), T((3,), seed=1)), ("addmv", T((2, 4)), V)):
        x = T((2,)) if name == "addmv" else X
        found += [case(f"torch.{name}_", x, *args), case(f"torch.{name}_", T(dtype="i64"), *args)]
    found += [case(f"Tensor.bitwise_{s}_shift_", K, n) for s in ("left", "right") for n in (J, 1)]
    found += _rows("fill", (X, 2), (X, T(())), (X, "a")) + _rows("polygamma", (1, T(values="positive")), (0, X))
    found += [case(f"Tensor.polygamma{u}", T(values="positive"), n) for u in ("", "_") for n in (0, 1)]
    found += _rows("mvlgamma", (T(values="full:3.5"), 2), (T(values="full:0.2"), 2), (X, 0))
    found += [case(f"Tensor.{n}", x) for n in (*_FLAGS, *_ASKING) for x in (X, K)]
    found += _rows("is_nonzero", (T(()),), (T((1,), dtype="i64"),), (X,)) + _rows("is_same_size", (X, Y), (X, V))
    return found


def _rearranging() -> list[Case]:
    found = [case(f"Tensor.{n}", x) for n in ("H", "mH") for x in (X, V, T(()), C)]
    for name, *calls in (
        ("adjoint", (X,), (C,), (V,)),
        ("fliplr", (X,), (C,), (V,)), ("flipud", (X,), (V,), (T(()),)),
        ("rot90", (X,), (X, 2), (C, 1, (1, 2)), (X, 1, (0, 0)), (V,)),
        ("movedim", (C, 0, 2), (C, (0, 1), (1, 0)), (C, 0, 5)), ("moveaxis", (C, 0, 2), (C, (0, 1), (1, 0))),
        ("tensor_split", (X, 2), (V, 3), (V, (1, 3)), (X, 2, 1), (X, 0), (T(()), 1)),
        ("hsplit", (X, 3), (V, 2), (V, 3), (V, (1,))), ("vsplit", (X, 2), (X, (1,)), (V, 2)),
        ("dsplit", (C, 2), (C, (1,)), (X, 2)),
        ("unsafe_chunk", (V, 2), (X, 2, 1)), ("unsafe_split", (V, 2), (X, 2, 1)),
        ("split_with_sizes", (V, (1, 3)), (X, (1, 2), 1), (V, (1, 1))), ("unsafe_split_with_sizes", (V, (1, 3))),
        ("as_strided", (X, (2, 2), (1, 2)), (X, (2,), (2,), 1), (X, (9,), (9,))),
        ("diagflat", (V,), (X, 1), (T(()),)),
        ("diagonal_scatter", (S, T((3,), dtype="f64")), (S, T((2,), dtype="f64"), 1)),
        ("select_scatter", (X, T((3,)), 0, 1), (X, V, 0, 1)),
        ("slice_scatter", (X, T((1, 3)), 0, 0, 1), (X, T((2, 2)), 1, 0, 3, 2), (X, V, 0, 0, 1)),
        ("masked_scatter", (X, T(dtype="bool"), T((8,))), (X, T(dtype="bool", values="ones"), T((2,)))),
        ("put", (X, INDEX, T((2,))), (X, INDEX, T((2,)), True), (X, INDEX, V)),
        ("index_reduce", *[(X, 0, INDEX, T(seed=1), how) for how in ("prod", "mean", "amax", "amin", "sum")]),
        ("scatter_reduce", *[(X, 0, T(dtype="i64", values="below:2"), T(seed=1), how)
            for how in ("sum", "prod", "mean", "amax", "amin", "max")]),
        ("renorm", (X, 2, 0, 1.0), (X, 1, 1, 0.5), (V, 2, 0, 1.0)),
        ("resize_as", (T(grad=False), T((3,), grad=False)), (T(grad=False), T((3, 2), grad=False))),
        ("unfold", (V, 0, 2, 1), (X, 1, 2, 1), (V, 0, 5, 1)), ("unravel_index", (K, (4, 9)), (X, (4,))),
        ("unique_consecutive", (T((6,), dtype="i64", values="ties"),),
            (T((6,), dtype="i64", values="ties"), True, True)),
        ("sum_to_size", (X, 1, 3), (X, (3,)), (X, 4)), ("to_dense", (X,)),
        ("new", (X,)), ("new_empty", (X, (0, 2)),), ("new_empty_strided", (X, (0, 2), (2, 1))),
        ("atleast_1d", (T(()),), (X,), (T(()), V)), ("atleast_2d", (V,), (C,)), ("atleast_3d", (V,), (X,), (T(()),)),
        ("block_diag", (X, S), (V, T(())), (C,)), ("column_stack", ([V, W],), ([X, Y],), ([X, V],)),
        ("dstack", ([V, W],), ([X, Y],), ([X, V],)), ("row_stack", ([V, W],), ([X, Y],), ([X, V],)),
        ("broadcast_shapes", ((2, 1), (3,)), ((2,), (3,))), ("ravel", (X,), (T(()),)),
    ):
        found += _rows(name, *calls)
    return found


def _linear() -> list[Case]:
    found = []
    for name, *calls in (
        ("addbmm", (X, T((5, 2, 4)), T((5, 4, 3))),
            (X, T((5, 2, 4)), T((5, 4, 3)), {"beta": 2, "alpha": 0.5}), (X, X, X)),
        ("addr", (X, T((2,)), T((3,))), (X, T((2,)), T((3,)), {"beta": 2, "alpha": 0.5}), (X, V, V)),
        ("cholesky_inverse", (PD,), (X,)), ("cholesky_solve", (T((3, 2), dtype="f64"), PD), (V, X)),
        ("triangular_solve", (T((3, 2), dtype="f64"), S), (T((3, 2), dtype="f64"), S, {"upper": False})),
        ("matrix_exp", (S,), (X,)), ("cross", (T((3,)), T((3,), seed=1)), (X, Y), (X, Y, 0), (V, W)),
        ("cov", (X,), (V,), (X, {"correction": 0}), (C,)), ("corrcoef", (X,), (V,)),
        ("cdist", (X, Y), (X, Y, 1.0), (X, T((4, 2)))), ("pdist", (X,), (X, 1.0), (V,)),
        ("nuclear_norm", (S,), (S, True)), ("frobenius_norm", (X,), (X, 1), (X, 1, True)),
        ("eig", (S,)), ("symeig", (S,)), ("lstsq", (S, S2)), ("solve", (S, S2)), ("matrix_rank", (S,)),
        ("vander", (V,), (V, 3), (V, 3, True), (X,)),
        ("trapezoid", (X,), (X, Y), (X, {"dx": 2.0}), (X, {"dim": 0})), ("trapz", (X,), (X, Y)),
        ("cumulative_trapezoid", (X,), (X, Y), (X, {"dx": 2.0})), ("gradient", (V,), (X, {"dim": 0}), (T((1,)),)),
        ("nanmedian", (X,), (X, 1), (T((12,), values="special"),), (X, 1, True)),
        ("nanquantile", (X, 0.5), (X, 0.3, 1), (T((5,), values="full:nan"), 0.5), (X, 2.0)),
        ("histogram", (T((4,), grad=False), 3), (T((4,), grad=False), 3, {"range": (-1.0, 1.0)})),
    ):
        found += _rows(name, *calls, mixes=True, ulps=64.0)
    b = T((3, 2), dtype="f64", seed=1)
    for name, *calls in (
        ("cholesky_ex", (PD,)), ("cond", (S,), (S, 1), (S, "fro"), (X,)), ("cross", (T((3,)), T((3,), seed=1)), (V, W)),
        ("inv_ex", (S,), (X,)), ("lstsq", (T((4, 3), dtype="f64", grad=False), T((4, 2), dtype="f64", grad=False))),
        ("matrix_exp", (S,)), ("solve_triangular", (S, b, {"upper": True}), (S, b, {"upper": False}), (S, b)),
        ("tensorinv", (T((2, 3, 6), dtype="f64"), 2), (X,)),
        ("tensorsolve", (T((2, 3, 6), dtype="f64"), T((2, 3), dtype="f64"))), ("vander", (V,), (V, {"N": 3})),
        ("vecdot", (X, Y), (X, Y, {"dim": 0}), (X, V)),
    ):
        for args in calls:
            given, kwargs = (args[:-1], args[-1]) if isinstance(args[-1], dict) else (args, {})
            found.append(case(f"linalg.{name}", *given, **kwargs).but(mixes=True, ulps=64.0))
    return found


def _making() -> list[Case]:
    found = []
    for w in ("bartlett", "blackman", "hamming", "hann", "kaiser"):
        found += [case(f"torch.{w}_window", n) for n in (0, 1, 5, -1)]
        found += [case(f"torch.{w}_window", 6, periodic=False), case(f"torch.{w}_window", 6, dtype=Name("float64"))]
    found += [case("torch.range", 1, 4), case("torch.range", 0, 1, 0.25), case("torch.range", 3, 1)]
    found += [case(f"torch.{t}_indices", *n) for t in ("tril", "triu") for n in ((3, 3), (2, 4, 1), (0, 3), (-1, 2))]
    found += [case("torch.empty_strided", (0, 2), (2, 1)), case("torch.result_type", X, K),
        case("torch.result_type", K, 1.5)]
    found += [case("torch.can_cast", Name(a), Name(b)) for a in ("float32", "int64", "bool")
        for b in ("float64", "int32", "bool")]
    found += [case("torch.typename", X), case("torch.typename", 2), case("torch.is_storage", X),
        case("torch.get_default_device")]
    unit = T((3, 4), values="probability", grad=False)
    found += [case("torch.poisson", unit), case("torch.poisson", T(values="full:-1", grad=False)),
        case("torch.binomial", T((3, 4), values="full:5", grad=False), unit)]
    low = T((6, 4), dtype="f64", grad=False)
    found += [case(f"torch.{n}_lowrank", low, 2).but(values=False) for n in ("svd", "pca")]
    return found


def _native() -> list[Case]:
    """Layers and activations as PyTorch has them beside `nn.functional`."""
    found = [case(f"torch.{n}", x, 0.5, train) for n in ("alpha_dropout", "feature_alpha_dropout", "feature_dropout")
        for x in (X, C) for train in (True, False)]
    found += [case(f"torch.{n}_", C, 0.5, False) for n in
        ("dropout", "alpha_dropout", "feature_alpha_dropout", "feature_dropout")]
    found += [case("F.dropout2d", C, 0.5), case("nn.Dropout2d", 0.3), case("F.pdist", X, 1.0), case("F.pdist", V)]
    found += [case(f"torch.{n}_", X) for n in ("celu", "selu")] + [case("torch.threshold_", X, 0.1, 2.0)]
    found += [case("torch.rrelu", X), case("torch.rrelu_", X), case("torch.hardshrink", X), case("torch.hardshrink", K)]
    found += [case("torch.rms_norm", X, (3,)), case("torch.rms_norm", X, (4,))]
    found += [case("torch.bilinear", X, T((2, 4)), T((5, 3, 4))), case("torch.bilinear", X, X, T((5, 3, 4)))]
    return found


TABLE = {"native layers": _native(), "rarer elementwise": _elementwise(), "rarer rearranging": _rearranging(),
    "rarer linear algebra": _linear(), "rarer constructors": _making()}
