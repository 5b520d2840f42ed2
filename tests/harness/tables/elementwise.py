"""Elementwise operations of one, two and three tensors, Python's operators, and comparisons."""

from __future__ import annotations

from itertools import chain
from typing import Any

from ..cases import Case, Name, T, case
from .kinds import ALL, FLOAT, LAYOUTS, MAIN, binary, operators, unary

# Cases are set in rows.
# fmt: off

EXACT = {"ulps": 0}
_UNARY: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("abs", "neg", "ceil", "floor", "round", "trunc", "frac", "sign", "square", "sqrt"), EXACT),
    **{key: {} for key in ("exp", "exp2", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh", "atan", "sigmoid")},
    **{key: {"values": "unit"} for key in ("asin", "acos")},
    **{key: {"values": "positive"} for key in ("log", "log2", "log10", "log1p", "rsqrt", "reciprocal")},
    "relu": EXACT,
    "logical_not": EXACT, "bitwise_not": EXACT,
    "nan_to_num": EXACT,
}
_UNARY["sqrt"] = {"values": "positive", "ulps": 1}  # PyTorch's own is off by one in places
_NOT_IN_PLACE = ("isfinite", "isinf", "isnan", "selu")
_ALIASES = {
    "absolute": "abs", "negative": "neg", "arccos": "acos", "arcsin": "asin", "arctan": "atan", "fix": "trunc",
    "sgn": "sign",
}

_BINARY: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("add", "sub", "mul"), EXACT),
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor"), EXACT),
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor"), EXACT),
    "div": {"ulps": 0},
    "floor_divide": EXACT | {"second": "positive"},
    "remainder": EXACT | {"second": "positive"},
    "fmod": EXACT | {"second": "positive"},
    "pow": {"first": "positive"},
    "atan2": {}, "hypot": {}, "heaviside": EXACT,
}
_BINARY_PLAIN: dict[str, dict[str, Any]] = {
    "maximum": EXACT, "minimum": EXACT, "logaddexp": {}, "bitwise_left_shift": EXACT | {"second": "below:4"},
    "bitwise_right_shift": EXACT | {"second": "below:4"}, "isclose": EXACT, "rsub": EXACT,
}
_BINARY_ALIASES = {
    "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div", "arctan2": "atan2",
    "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le", "not_equal": "ne",
}


def _few(name: str, two: bool, values: str = "normal") -> list[Case]:
    """Another name for an operation that has its cases."""
    rest = [T(seed=1, values="positive")] if two else []
    forms = ["Tensor.{}", "Tensor.{}_", *([] if name == "fix" else ["torch.{}"])]
    return [case(f.format(name), T(dtype=d, values=values), *rest) for f in forms for d in ("f32", "i64")]


def _clamps() -> list[Case]:
    found = []
    for f in ("torch.clamp", "Tensor.clamp", "Tensor.clamp_", "torch.clip", "Tensor.clip", "Tensor.clip_"):
        for d in MAIN if f == "torch.clamp" else ("f32", "i64"):
            x = T((3, 4), dtype=d)
            found += [case(f, x, -1, 1), case(f, x, min=0), case(f, x, max=2), case(f, x, -0.5, 0.5),
                case(f, x, 2, 1)]
            found += [case(f, x, T((4,), dtype=d, values="zeros"), None),
                case(f, x, None, T((3, 1), dtype=d, seed=1))]
            found += [case(f, x, T((4,), dtype="f64", seed=2)), case(f, x), case(f, x, min=None, max=None)]
    for f in ("clamp_min", "clamp_max"):
        for form in (f"torch.{f}", f"Tensor.{f}", f"Tensor.{f}_"):
            found += [case(form, T(dtype=d), n) for d in MAIN for n in (0, 1.5)]
            found += [case(form, T((3, 4)), T((4,), seed=1)), case(form, T(), "a"), case(form, T()),
                case(form, T(), None)]
    for v in ("special", "ties"):
        found += [case("torch.clamp", T((12,), values=v), 0, 1).but(second=False),
            case("torch.clamp", T((12,), values=v), min=T((12,), values=v, seed=3)).but(second=False)]
    found += [case("torch.clamp", T((3, 4), layout=lay), -0.5, 0.5) for lay in LAYOUTS]
    found += [case("torch.clamp", T(), "a", 1), case("torch.clamp", T(), T((4,))), case("torch.clamp", T(), 0, T())]
    return found


def _three() -> list[Case]:
    found = []
    y, z = T(seed=1, values="positive"), T(seed=2, values="positive")
    for name in ("addcmul", "addcdiv"):
        for f in (f"torch.{name}", f"Tensor.{name}", f"Tensor.{name}_"):
            found += [case(f, T(), y, z), case(f, T(), y, z, value=0.5), case(f, T((2, 1)), T((3,), seed=1), z)]
            found += [case(f, T(dtype="f64"), y, z), case(f, T(dtype="i64"), T(dtype="i64", seed=1),
                T(dtype="i64", values="ones")), case(f, T(), T((4,)), z)]
            found += [case(f, T(dtype="i64"), T(dtype="i64"), T(dtype="i64"), value=0.5), case(f, T(), y),
                case(f, T(), y, 2.0), case(f, T(), y, z, value="a")]
    for f in ("torch.lerp", "Tensor.lerp", "Tensor.lerp_"):
        found += [case(f, T(), y, w) for w in (0.3, 0, 1, 2.0, 0.5, -1.0)]
        found += [case(f, T(), y, T((3,), seed=4, values="probability")), case(f, T((3,)), y, 0.5),
            case(f, T(dtype="f64"), y, 0.5)]
        found += [case(f, T(dtype="i64"), T(dtype="i64"), 0.5), case(f, T(), 2.0, 0.5), case(f, T(), y),
            case(f, T((2, 4)), y, 0.5), case(f, T(), y, "a")]
        found += [case(f, T((3, 4), layout=lay), T((3, 4), seed=1), 0.25) for lay in LAYOUTS
            if lay != "e" or not f.endswith("_")]
    c = T(dtype="bool")
    for a, b in (("f32", "f32"), ("f32", "f64"), ("i64", "f32"), ("i32", "i64"), ("bool", "u8"), ("f16", "f32")):
        found += [case("torch.where", c, T(dtype=a), T(dtype=b, seed=1)),
            case("Tensor.where", T(dtype=a), c, T(dtype=b, seed=1))]
        found += [case("torch.where", c, T((), dtype=a), T(dtype=b, seed=1)),
            case("torch.where", c, T((3,), dtype=a), T((2, 1), dtype=b, seed=1))]
    found += [case("torch.where", c, a, b) for a in (T(), T(dtype="i64"), 1, 2.0, True)
        for b in (T(seed=1), 0, 1.5, False)]
    found += [case("torch.where", c), case("torch.where", T(dtype="i64")), case("torch.where", c, T()),
        case("torch.where", T(), T(), T())]
    found += [case("torch.where", T(dtype="u8", values="below:2"), T(), T()), case("torch.where", c, T((4,)), T()),
        case("torch.where", c, "a", T()), case("torch.where", c, None, None)]
    found += [case("torch.where", T((3, 4), dtype="bool", layout=lay), T((3, 4)), T((3, 4), layout=lay, seed=1))
        for lay in LAYOUTS]
    return found


def _options() -> list[Case]:
    found = []
    for f in ("torch.add", "torch.sub", "Tensor.add_", "Tensor.sub_", "torch.rsub"):
        for d in ("f32", "i64", "bool"):
            found += [case(f, T(dtype=d), T(dtype=d, seed=1), alpha=a)
                for a in (2, 0.5, -1, True)] + [case(f, T(dtype=d), 3, alpha=2)]
        found += [case(f, T(), T(), alpha="a"), case(f, T(), T(), alpha=None)]
    for f in ("torch.div", "Tensor.div", "Tensor.div_"):
        for mode in ("floor", "trunc", None, "round"):
            found += [case(f, T((3, 4), dtype=d), T((3, 4), dtype=d, seed=5, values="positive" if d in FLOAT
                else "normal"), rounding_mode=mode) for d in ("f32", "f64")]
            found += [case(f, T((3, 4), dtype=d), n, rounding_mode=mode) for d in ("f32", "i64", "u8", "bool")
                for n in (2, -3, 0.75)]
    found += [case("torch.round", T((3, 4), dtype=d), decimals=n) for d in ("f32", "f64", "i64")
        for n in (0, 1, 3, -1)]
    found += [case("Tensor.round_", T((3, 4)), decimals=1), case("torch.round", T(), decimals="a")]
    for f in ("torch.nan_to_num", "Tensor.nan_to_num", "Tensor.nan_to_num_"):
        found += [case(f, T((12,), values="special"), **k).but(second=False)
            for k in ({}, {"nan": 1.0}, {"posinf": 5.0, "neginf": -5.0}, {"nan": 2, "posinf": 3})]
    found += [case("torch.pow", a, b) for a in (2, 2.0, -1.5, 0, True)
        for b in (T(), T(dtype="i64", values="below:5"), T((), dtype="f64"))]
    found += [case("torch.pow", T((12,), values=v), n).but(second=False) for v in ("special", "normal", "zeros")
        for n in (0, 1, 2, 3, 0.5, -1, -2, -0.5, 1.5)]
    found += [case("torch.pow", T(dtype="i64"), n) for n in (0, 1, 2, 3, -1, 0.5)] + [case("torch.pow", 2, 3),
        case("torch.pow", T(dtype="i64"), T(dtype="i64", seed=1))]
    found += [case("torch.pow", T(values="zeros"), T(values=v)).but(second=False)
        for v in ("zeros", "positive", "ones")]
    for f in ("torch.isclose", "torch.allclose", "Tensor.allclose", "Tensor.isclose"):
        found += [case(f, T((12,), values=a), T((12,), values=b), **k) for a,
            b in (("special", "special"), ("normal", "normal"), ("normal", "ties"))
                for k in ({}, {"equal_nan": True}, {"rtol": 0.5, "atol": 1.0})]
        found += [case(f, T(), T(dtype="f64")), case(f, T(), T((4,))), case(f, T(), 1.0),
            case(f, T(), T(), rtol=-1.0), case(f, T(dtype="i64"), T(dtype="i64")),
                case(f, T(dtype="bool"), T(dtype="bool"))]
    for f in ("torch.equal", "Tensor.equal"):
        found += [case(f, T(), T(layout="t")), case(f, T(), T((3,))), case(f, T(), T(dtype="f64")), case(f, T(), 1),
            case(f, T((12,), values="special"), T((12,), values="special")), case(f, T(), T(seed=1))]
    for name in ("isfinite", "isinf", "isnan"):
        found += [case(f, T((12,), dtype=d, values="special" if d in FLOAT else "normal"))
            for f in (f"torch.{name}", f"Tensor.{name}") for d in ALL]
        found += [case(f"torch.{name}", 1.0), case(f"torch.{name}", T((3, 4), layout="t"))]
    found += [case("torch.is_floating_point", T(dtype=d)) for d in ALL] + [case("Tensor.is_floating_point",
        T(dtype=d)) for d in ALL]
    found += [case("torch.is_floating_point", 1.0), case("torch.clone", T(layout="t")),
        case("Tensor.clone", T((3, 4), layout="s")), case("Tensor.clone", T((3, 4), layout="e"))]
    found += [case("torch.abs", T(dtype="f32"), out=None), case("torch.add", T(), T(), out=T((2, 3), grad=False)),
        case("torch.promote_types", Name("int64"), Name("float16"))]
    return found


OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "eq", "ne", "lt", "le", "gt", "ge", "and_",
    "or_", "xor", "lshift", "rshift")
IN_PLACE = ("iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "iand", "ior", "ixor", "ilshift",
    "irshift")

TABLE: dict[str, list[Case]] = {
    **{n: list(unary(n, **k)) for n, k in _UNARY.items()},
    **{f"alias {n}": _few(n, False, "unit") for n in _ALIASES},
    **{n: list(binary(n, **k)) for n, k in _BINARY.items()},
    **{n: list(binary(n, in_place=False, **k)) for n, k in _BINARY_PLAIN.items()},
    **{f"alias {n}": _few(n, True) for n in _BINARY_ALIASES},
    **{f"operator {n}": list(operators(n, "positive" if "pow" in n else "below:4" if "shift" in n else "normal"))
        for n in (*OPERATORS, *IN_PLACE)},
    "operator unary": [case(f"operator.{n}", T(dtype=d)) for n in ("neg", "pos", "abs", "invert") for d in ALL],
    "clamp": _clamps(),
    "ternary": _three(),
    "options": _options(),
}
for _name in ("add", "sub", "mul"):
    TABLE[_name] += list(chain(binary(_name, dtypes=("i8", "i16"))))
