"""Every module by constructor options, input shapes, dtypes and mode; the functions behind them; initialisers."""

from __future__ import annotations

from typing import Any

from ..cases import Case, Name, T, case, module

# Cases are set in rows.
# fmt: off

MIXES: dict[str, Any] = {"mixes": True, "ulps": 32.0}
_INPUTS = (T((3, 4)), T((4,)), T(()), T((2, 3, 4)), T((0, 4)), T((3, 4), dtype="f64"), T((3, 4), dtype="f16"),
    T((3, 4), layout="t"), T((3, 4), layout="s"), T((3, 4), layout="e"), T((12,), values="special"))

# class name: function of F, options (both take them), and whether it has a form in place
_ACTIVATIONS: dict[str, tuple[str, list[dict[str, Any]], bool]] = {
    "ReLU": ("relu", [{}], True), "ReLU6": ("relu6", [{}], True), "SELU": ("selu", [{}], True),
        "SiLU": ("silu", [{}], True), "Mish": ("mish", [{}], True),
    "Hardswish": ("hardswish", [{}], True), "Hardsigmoid": ("hardsigmoid", [{}], True),
    "LeakyReLU": ("leaky_relu", [{}, {"negative_slope": 0.2}, {"negative_slope": -0.5}], True),
        "ELU": ("elu", [{}, {"alpha": 0.5}], True), "CELU": ("celu", [{}, {"alpha": 0.5}], True),
    "Hardtanh": ("hardtanh", [{}, {"min_val": -0.5, "max_val": 0.25}], True),
        "Threshold": ("threshold", [{"threshold": 0.1, "value": 20.0}, {"threshold": 0, "value": 1}], True),
    "Sigmoid": ("sigmoid", [{}], False), "Tanh": ("tanh", [{}], False), "LogSigmoid": ("logsigmoid", [{}], False),
        "Softsign": ("softsign", [{}], False), "Tanhshrink": ("tanhshrink", [{}], False),
    "Softplus": ("softplus", [{}, {"beta": 2}, {"beta": 0.5, "threshold": 1.0}], False),
        "GELU": ("gelu", [{}, {"approximate": "tanh"}, {"approximate": "bad"}], False),
    "Softmax": ("softmax", [{"dim": 0}, {"dim": -1}, {"dim": 7}, {}], False),
        "LogSoftmax": ("log_softmax", [{"dim": 0}, {"dim": -1}, {"dim": 7}, {}], False),
            "Softmin": ("softmin", [{"dim": 0}, {"dim": -1}, {"dim": 7}], False),
}
_MIXING = ("Softmax", "LogSoftmax", "Softmin")


def _activation(name: str) -> list[Case]:
    function, options, in_place = _ACTIVATIONS[name]
    found = []
    loose = MIXES if name in _MIXING else {"ulps": 16.0}
    for o in options:
        for x in _INPUTS:
            second = x.values != "special"
            found += [module(f"nn.{name}", inputs=(x,), **o).but(second=second, **loose),
                case(f"F.{function}", x, **o).but(second=second, **loose)]
        if in_place:
            found += [module(f"nn.{name}", inputs=(T((3, 4), layout=lay),), **o, inplace=True).but(**loose)
                for lay in "ct"] + [case(f"F.{function}", T((3, 4)), **o, inplace=True).but(**loose)]
        found += [module(f"nn.{name}", inputs=(T((3, 4), dtype=d),), **o).but(**loose) for d in ("i64", "bool", "u8")]
    found += [module(f"nn.{name}", inputs=(x,), **options[0]) for x in ("a", None, 1.0)] + [module(f"nn.{name}",
        inputs=(), **options[0]), module(f"nn.{name}", inputs=(T(), T()), **options[0]),
            module(f"nn.{name}", inputs=(T(),), wrong=1)]
    return found + [case(f"F.{function}", x, **options[0]) for x in ("a", None, 1.0)] + [case(f"F.{function}", T(),
        **options[0], wrong=1)]


def _linear() -> list[Case]:
    found = []
    for x in (T((3, 4)), T((4,)), T((2, 3, 4)), T((0, 4)), T((3, 4), layout="t"), T((3, 4), layout="s"),
        T((3, 4), layout="e"), T((2, 2, 3, 4)), T((1, 4))):
        for o in ({}, {"bias": False}):
            found += [module("nn.Linear", 4, n, inputs=(x,), **o).but(**MIXES)
                for n in (1, 2, 5)] + [module("nn.LazyLinear", 3, inputs=(x,), **o).but(**MIXES)]
        found += [case("F.linear", x, T((5, 4), seed=1)).but(**MIXES),
            case("F.linear", x, T((5, 4), seed=1), T((5,), seed=2)).but(**MIXES)]
    found += [module("nn.Linear", 4, 2, inputs=(T((3, 4), dtype=d),), dtype=Name(n)).but(**MIXES)
        for d in ("f32", "f64", "f16", "i64") for n in ("float32", "float64", "float16", "int64")]
    found += [module("nn.Linear", *a, inputs=(x,)) for a in ((4, 2), (0, 3), (3, 0), (-1, 2), ("a", 2), (2.5, 1),
        (4,)) for x in (T((3, 4)), T((3, 5)), T(()), "a", T((3, 0)))]
    found += [case("F.linear", T((3, 4)), w, *b) for w, b in ((T((5, 3)), ()), (T((4,), seed=1), ()),
        (T((5, 4)), (T((4,)),)), (T((5, 4), dtype="f64"), ()), (T((2, 5, 4)), ()), (None, ()), (T((5, 4)), (T(()),)))]
    return [*found, module("nn.Linear", 4, 2, bias=1, inputs=(T((3, 4)),)),
        module("nn.Linear", in_features=4, out_features=2, device="cpu", inputs=(T((3, 4)),)).but(**MIXES),
            module("nn.Linear", 4, 2, wrong=1, inputs=(T((3, 4)),))]


def _normalisation() -> list[Case]:
    found = []
    for train in (True, False):
        for o in ({}, {"affine": False}, {"track_running_stats": False}, {"momentum": 0.5, "eps": 1e-3},
            {"momentum": None}):
            found += [module("nn.BatchNorm1d", 4, inputs=(x,), train=train, **o).but(**MIXES)
                for x in (T((5, 4)), T((3, 4, 2)), T((5, 4), dtype="f64"), T((4, 4), layout="t"),
                    T((5, 4), layout="s"), T((1, 4)), T((0, 4)), T((5, 3)), T((4,)), T((2, 4, 2, 2)), T((1, 4, 3)),
                        T((5, 4), dtype="i64"))]
    found += [module("nn.BatchNorm1d", 4, dtype=Name("float64"), inputs=(T((5, 4), dtype="f64"),)).but(**MIXES),
        module("nn.BatchNorm1d", -1, inputs=(T((5, 4)),)), module("nn.BatchNorm1d", "a", inputs=(T((5, 4)),)),
            module("nn.BatchNorm1d", 4, inputs=("a",))]
    for shape in (4, (4,), (3, 4), [3, 4], (5,), ()):
        for o in ({}, {"elementwise_affine": False}, {"bias": False}, {"eps": 0.1}):
            found += [module("nn.LayerNorm", shape, inputs=(x,), **o).but(**MIXES)
                for x in (T((2, 3, 4)), T((3, 4)), T((3, 4), layout="t"), T((3, 4), layout="s"),
                    T((3, 4), dtype="f64"), T((0, 3, 4)), T((4,)))]
    weight, bias = T((4,), seed=1, values="positive"), T((4,), seed=2)
    found += [case("F.layer_norm", T((3, 4)), (4,), *a).but(**MIXES)
        for a in ((), (weight,), (weight, bias), (None, bias), (weight, bias, 0.1), (T((3,)),))]
    for f in ("F.batch_norm",):
        m, v = T((4,), seed=3, grad=False), T((4,), seed=4, values="positive", grad=False)
        found += [case(f, T((5, 4)), *a).but(**MIXES) for a in ((m, v), (m, v, weight, bias),
            (m, v, weight, bias, True), (None, None, None, None, True), (m, v, weight, bias, True, 0.5, 0.1),
                (None, None), (m, v, T((3,))))]
    found += [case("torch.batch_norm", T((5, 4)), weight, bias, T((4,), seed=3, grad=False),
        T((4,), seed=4, values="positive", grad=False), False, 0.1, 1e-5, False).but(**MIXES),
            case("torch.layer_norm", T((3, 4)), (4,), weight, bias).but(**MIXES)]
    return found


def _embedding() -> list[Case]:
    found = []
    index = T((5,), dtype="i64", values="below:6")
    for o in ({}, {"padding_idx": 1}, {"padding_idx": -1}, {"max_norm": 1.0}, {"scale_grad_by_freq": True},
        {"max_norm": 0.5, "norm_type": 1.0}, {"padding_idx": 9}, {"dtype": Name("float64")}):
        found += [module("nn.Embedding", 6, 3, inputs=(x,), **o).but(**MIXES)
            for x in (index, T((2, 3), dtype="i64", values="below:6"), T((), dtype="i64", values="ones"),
                T((0,), dtype="i64"), T((3,), dtype="i32", values="below:6"), T((3,), dtype="i64", values="full:6"),
                    T((3,), dtype="i64", values="full:-1"), T((3,), grad=False), "a")]
        if "dtype" not in o:
            found.append(case("F.embedding", index, T((6, 3), grad="max_norm" not in o), **o).but(**MIXES))
    found += [module("nn.Embedding", *a, inputs=(index,)) for a in ((-1, 2), ("a", 2), (6,), (6, 0))]
    found += [case("F.one_hot", T(s, dtype="i64", values="below:4"), *a) for s in ((5,), (2, 3), ())
        for a in ((), (4,), (6,), (2,), (-1,), (0,))] + [case("F.one_hot", x)
            for x in (T((3,), grad=False), T((3,), dtype="i32", values="ones"),
                T((3,), dtype="i64", values="full:-1"), T((0,), dtype="i64"))]
    return found


def _rest() -> list[Case]:
    found = [module("nn.Flatten", *a, inputs=(x,)) for a in ((), (0,), (0, 1), (1, -1), (2, 1), (5,))
        for x in (T((2, 3, 4)), T((3,)), T((2, 3, 4), layout="t"), T(()))]
    found += [module("nn.Unflatten", 1, s, inputs=(T((2, 12)),)) for s in ((3, 4), (-1, 6), (5, 2), [3, 4],
        12)] + [module("nn.Identity", *a, inputs=(T((2, 3)),)) for a in ((), (4,), (1, 2))]
    found += [module("nn.PReLU", *a, inputs=(x,), **k).but(**MIXES) for a in ((), (4,), (3,), (1, 0.1))
        for x in (T((3, 4)), T((4,)), T((2, 4, 3)), T(()), T((3, 4), layout="t"), T((3, 4), dtype="f64"))
            for k in ({}, {"init": 0.5})][:40]
    found += [case(f, T((3, 4)), T(s, seed=1, values="positive")).but(**MIXES)
        for f in ("F.prelu", "torch.prelu", "Tensor.prelu") for s in ((1,), (4,), (3,), ())]
    for p in (0.0, 0.3, 1.0, 1.5, -0.1):
        for train in (True, False):
            found += [module("nn.Dropout", p, inputs=(T((3, 4)),), train=train).but(values=p != 0.3 or not train,
                second=p != 0.3)]
        found += [case(f, T((3, 4)), p, t).but(values=p != 0.3 or not t, second=p != 0.3)
            for f in ("F.dropout", "torch.dropout") for t in (True, False)]
    found += [module("nn.Dropout", 0.0, True, inputs=(T((3, 4)),)), module("nn.Dropout", inplace=True,
        inputs=(T((3, 4)),), train=False), case("F.dropout", T(()), 0.0), case("F.relu_", T((3, 4))),
            case("torch.relu_", T((3, 4)))]
    found += [case("torch.celu", T(), 0.5).but(ulps=16.0), case("torch.selu", T()).but(ulps=16.0),
        case("torch.threshold", T(), 0.1, 2.0), *[case(f, T(), d, **k).but(**MIXES)
            for f in ("torch.softmax", "Tensor.softmax", "torch.log_softmax", "Tensor.log_softmax", "F.softmax",
                "F.log_softmax") for d in (0, -1, 3) for k in ({}, {"dtype": Name("float64")})]]
    found += [case(f, T(dtype="i64"), 0) for f in ("torch.softmax", "torch.log_softmax")] + [case("torch.softmax",
        T()), case("torch.softmax", T(dtype="i64"), 0, dtype=Name("float32"))]
    return found


def _init() -> list[Case]:
    found = []
    quiet = {"grad": False}
    for s in ((3, 4), (4, 20), (2, 3, 4), (4,), (), (0, 3)):
        x = T(s, values="zeros", **quiet)
        found += [case("init.constant_", x, v) for v in (1, 0.5)] + [case(f"init.{n}", x)
            for n in ("ones_", "zeros_", "eye_")]
        found += [case("init.uniform_", x, *a).but(ulps=4.0) for a in ((), (-2.0, 3.0),
            (1.0, 0.0))] + [case("init.normal_", x, *a).but(ulps=16.0, mixes=True)
                for a in ((), (1.0, 0.1), (0.0, -1.0))]
        for n in ("xavier_uniform_", "xavier_normal_"):
            found += [case(f"init.{n}", x, *a).but(ulps=16.0, mixes=True) for a in ((), (2.0,))]
        for n in ("kaiming_uniform_", "kaiming_normal_"):
            found += [case(f"init.{n}", x, **k).but(ulps=16.0, mixes=True)
                for k in ({}, {"a": 0.5}, {"mode": "fan_out"}, {"nonlinearity": "relu"}, {"nonlinearity": "tanh"},
                    {"a": 1.0, "mode": "fan_out", "nonlinearity": "linear"}, {"mode": "bad"},
                        {"nonlinearity": "bad"})]
        found += [case("init.orthogonal_", x).but(values=False), case("init.orthogonal_", x, 2.0).but(values=False),
            case("init.trunc_normal_", x).but(values=False), case("init.trunc_normal_", x, 0.0, 0.1, -0.1,
                0.1).but(values=False), case("init.sparse_", x, 0.5).but(values=False)]
    found += [case(f"init.{n}", T((3, 4), dtype=d, **quiet), *a).but(ulps=16.0, mixes=True) for n,
        a in (("uniform_", ()), ("normal_", ()), ("xavier_uniform_", ()), ("kaiming_normal_", ()),
            ("constant_", (2.5,)), ("ones_", ())) for d in ("f64", "f16", "i64")]
    found += [case("init.uniform_", T((3, 4))), case("init.ones_", "a"), case("init.constant_", T(**quiet), "a"),
        case("init.zeros_", T((3, 4)))]
    return found + [case("init.calculate_gain", n, *a) for n in ("linear", "sigmoid", "tanh", "relu", "leaky_relu",
        "selu", "conv1d", "bad") for a in ((), (0.2,), ("a",))]


TABLE: dict[str, list[Case]] = {
    **{f"nn {n}": _activation(n) for n in _ACTIVATIONS},
    "nn Linear": _linear(), "nn normalisation": _normalisation(), "nn Embedding": _embedding(), "nn rest": _rest(),
        "init": _init(),
}
