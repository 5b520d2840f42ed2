"""Making tensors, random draws, converting, and what a tensor says of itself."""

from __future__ import annotations

from itertools import product
from typing import Any

from ..cases import DTYPES, NAMES, PROPERTIES, Case, Name, T, case
from .kinds import LAYOUTS

# Cases are set in rows.
# fmt: off

_DTYPES = tuple(Name(n) for n in NAMES.values())
_SIZES: tuple[tuple[Any, ...], ...] = ((), (3,), (2, 3), ((2, 3),), ([2, 3],), (0,), (2, 0), ((),), (-1,), ("a",),
    (2.5,), (True,), (None,))
_DATA: tuple[Any, ...] = (
    1, 1.5, True, [1, 2], [1.0, 2], [True, False], [True, 2], [[1, 2], [3, 4]], [], [[]], [[1.0], [2.0]], (1, 2),
        [(1, 2), (3, 4)], [[1, 2], [3]], "a", ["a"], None, [None], {1}, 2**40, 2**70, -1, float("inf"), float("nan"),
            [[[1.5]]], range(3), [1, [2]], 1 + 2j,
)


def _filled() -> list[Case]:
    found = []
    for n in ("zeros", "ones"):
        found += [case(f"torch.{n}", *s) for s in _SIZES] + [case(f"torch.{n}", 2, 3, dtype=d)
            for d in _DTYPES] + [case(f"torch.{n}", 2, requires_grad=True),
                case(f"torch.{n}", 2, dtype=Name("int64"), requires_grad=True), case(f"torch.{n}", 2, device="cpu"),
                    case(f"torch.{n}", 2, device="tpu9"), case(f"torch.{n}", size=(2, 3)),
                        case(f"torch.{n}", 2, dtype="float32"), case(f"torch.{n}", 2, wrong=1)]
    found += [case("torch.empty", *s).but(values=False) for s in _SIZES]
    found += [case("torch.full", s, v) for s in ((2, 3), (), (0,), [2], 3, (-1,))
        for v in (1, 1.5, True, "a", None, T((), grad=False), T((2,), grad=False))] + [case("torch.full", (2,), v,
            dtype=d) for v in (1, 2.5, True) for d in _DTYPES] + [case("torch.full", (2,)),
                case("torch.full", (2,), 1, requires_grad=True), case("torch.full", (2,), 1.0, requires_grad=True)]
    for n in ("zeros_like", "ones_like", "empty_like", "rand_like", "randn_like"):
        x = [T(dtype=d) for d in DTYPES] + [T((3, 4), layout=lay) for lay in LAYOUTS] + [T(()), T((0, 2))]
        found += [case(f"torch.{n}", a).but(values=n != "empty_like", ulps=16.0, mixes=True)
            for a in x] + [case(f"torch.{n}", T(), dtype=Name("float64")).but(values=n != "empty_like", ulps=16.0,
                mixes=True), case(f"torch.{n}", T(), requires_grad=True).but(values=n != "empty_like", ulps=16.0,
                    mixes=True), case(f"torch.{n}", [1.0]), case(f"torch.{n}", 2)]
    found += [case("torch.full_like", T(dtype=d), v) for d in DTYPES
        for v in (2, 1.5, True)] + [case("torch.full_like", T(), "a"),
            case("torch.full_like", T((3, 4), layout="t"), 1), case("torch.full_like", T(), 1, dtype=Name("int64"))]
    found += [case(f"Tensor.new_{n}", T(dtype=d), *a) for n, a in (("zeros", ((2, 3),)), ("ones", (2, 3)),
        ("full", ((2,), 3))) for d in DTYPES] + [case("Tensor.new_tensor", T(dtype=d), [1, 2.5])
            for d in DTYPES] + [case("Tensor.new_zeros", T(), 2, dtype=Name("int64")),
                case("Tensor.new_zeros", T(), -1)]
    return found


def _made() -> list[Case]:
    found = []
    for n in ("tensor", "as_tensor", "asarray", "scalar_tensor"):
        found += [case(f"torch.{n}", x) for x in _DATA] + [case(f"torch.{n}", x, dtype=d)
            for x in (1, 2.5, True, [1.5, -2.0], [True]) for d in _DTYPES
                if n != "scalar_tensor" or not isinstance(x, list)]
        found += [case(f"torch.{n}", T(dtype=d, grad=False)) for d in ("f32", "i64", "f16")] + [case(f"torch.{n}",
            T()), case(f"torch.{n}", 1.0, wrong=1), case(f"torch.{n}")]
    found += [case("torch.tensor", x, requires_grad=True) for x in (1, 1.0, [1.0], [True])] + [case("torch.tensor",
        [300], dtype=Name("uint8")), case("torch.tensor", [-1], dtype=Name("uint8")),
            case("torch.tensor", 3e9, dtype=Name("int32")), case("torch.tensor", 1e300),
                case("torch.tensor", [T((), grad=False), 2.0]), case("torch.tensor",
                    [T((2,), grad=False), T((2,), grad=False)]), case("torch.tensor", 1, device="cpu")]
    found += [case("torch.from_numpy", x) for x in ([1], 1.0, T())]
    found += [case("torch.arange", *a) for a in ((5,), (0,), (1, 5), (1, 6, 2), (5, 1, -1), (2.5,), (0, 1, 0.25),
        (1, 5, 0), (5, 1), (1, 5, -1), ("a",), (), (0.0, 1.0, 0.1), (True,), (0, 5, None))] + [case("torch.arange", 5,
            dtype=d) for d in _DTYPES] + [case("torch.arange", 1, 2, 0.25, dtype=d)
                for d in _DTYPES[:3]] + [case("torch.arange", end=4), case("torch.arange", start=1, end=4, step=2),
                    case("torch.arange", 3, requires_grad=True), case("torch.arange", 3.0, requires_grad=True)]
    for n in ("linspace", "logspace"):
        found += [case(f"torch.{n}", *a).but(ulps=64.0, mixes=True) for a in ((0, 1, 5), (0, 1, 1), (0, 1, 0),
            (3, -3, 7), (0.5, 2, 4), (0, 1, -1), (0, 1), ("a", 1, 2), (0, 1, 2.5), (-1, 1, 10))] + [case(f"torch.{n}",
                0, 4, 5, dtype=d).but(ulps=64.0, mixes=True) for d in _DTYPES
                    if d.name != "bool"] + [case(f"torch.{n}", 0, 1, steps=3, requires_grad=True).but(ulps=64.0,
                        mixes=True), case(f"torch.{n}", start=0, end=1, steps=3).but(ulps=64.0, mixes=True)]
    found += [case("torch.logspace", 0, 3, 4, 2), case("torch.logspace", 0, 3, 4, base=3.0).but(ulps=64.0)]
    found += [case("torch.eye", *a) for a in ((3,), (2, 3), (0,), (-1,), ("a",), (2.5,),
        (3, -1))] + [case("torch.eye", 2, dtype=d) for d in _DTYPES] + [case("torch.eye", 2, requires_grad=True)]
    for n in ("Float", "Double", "Long", "Int", "Short", "Char", "Byte", "Bool", "Half"):
        found += [case(f"torch.{n}Tensor", x).but(values=not isinstance(x, int))
            for x in ([1, 2], [1.5], [True], [[1, 2]], 3, [], (1, 2))]
    return found + [case("torch.Tensor", x).but(values=not isinstance(x, int))
        for x in ([1, 2], [1.5], 3, [], [[1, 2], [3, 4]], "a")] + [case("torch.Tensor"), case("torch.is_tensor", T()),
            case("torch.is_tensor", 1), case("torch.numel", T()), case("torch.numel", 1), case("torch.Size", [1, 2]),
                case("torch.finfo", Name("float32")), case("torch.iinfo", Name("int8")),
                    case("torch.finfo", Name("int8")), case("torch.iinfo", Name("float32")),
                        case("torch.device", "cpu"), case("torch.device", "tpu9"), case("torch.get_default_dtype"),
                            case("torch.is_grad_enabled"), case("torch.is_inference_mode_enabled"),
                                case("torch.initial_seed")]


def _random() -> list[Case]:
    found = []
    normal: dict[str, Any] = {"ulps": 32.0, "mixes": True}
    for n in ("rand", "randn"):
        found += [case(f"torch.{n}", *s).but(**normal) for s in (*_SIZES, (15,), (16,), (17,), (4, 5), (40,),
            (1000,))] + [case(f"torch.{n}", 20, dtype=d).but(**normal)
                for d in _DTYPES] + [case(f"torch.{n}", 2, requires_grad=True).but(**normal),
                    case(f"torch.{n}", size=(2, 2)).but(**normal)]
    found += [case("torch.randint", *a) for a in ((5, (3,)), (2, 9, (2, 3)), (0, (3,)), (5, 2, (3,)), (5, ()),
        (-3, 4, (20,)), (5, 3), (1.5, (2,)), (2**40, (5,)))] + [case("torch.randint", 5, (4,), dtype=d)
            for d in _DTYPES] + [case("torch.randint_like", T(dtype=d), 2, 9)
                for d in ("f32", "i64")] + [case("torch.randint_like", T(dtype="i64"), 5)]
    found += [case("torch.randperm", n) for n in (0, 1, 5, 30, -1, 2.5, "a")] + [case("torch.randperm", 6, dtype=d)
        for d in _DTYPES]
    found += [case("torch.normal", *a, **k).but(**normal) for a, k in (((0.0, 1.0, (3,)), {}), ((2, 3, (20,)), {}),
        ((T(grad=False),), {}), ((T(grad=False), 2.0), {}), ((0.0, T(values="positive", grad=False)), {}),
            ((T(grad=False), T(values="positive", grad=False)), {}), ((0.0, -1.0, (2,)), {}),
                ((), {"mean": 0.0, "std": 1.0, "size": (2, 2)}), ((T(), T((4,))), {}))]
    for n, args in {"uniform_": ((), (-1, 2), (2, 1)), "normal_": ((), (1, 0.5), (0, -1)),
        "exponential_": ((), (2.0,), (-1.0,)), "random_": ((), (5,), (2, 9), (0,)), "cauchy_": ((), (1.0, 2.0)),
            "log_normal_": ((), (0.5, 0.5)), "geometric_": ((0.5,), (0.0,), (1.5,)),
                "bernoulli_": ((), (0.3,), (2.0,))}.items():
        for a, s in product(args, ((3,), (20,))):
            found += [case(f"Tensor.{n}", T(s, dtype=d, grad=False), *a).but(values=n != "bernoulli_", **normal)
                for d in ("f32", "f64", "i64")]
    probability = T((6,), values="probability", grad=False)
    found += [case("torch.bernoulli", probability).but(values=False),
        case("Tensor.bernoulli", probability).but(values=False), case("torch.bernoulli",
            T((3,), values="full:2", grad=False)), case("torch.bernoulli", T((3,), values="ones", grad=False)),
                case("torch.bernoulli", T((3,), dtype="i64"))]
    for f in ("torch.multinomial", "Tensor.multinomial"):
        found += [case(f, probability, *a) for a in ((1,), (3,), (6,), (7,), (0,), (-1,), (9, True),
            (3, True))] + [case(f, T((2, 4), values="positive", grad=False), 2), case(f, T((3,), grad=False), 1),
                case(f, T((3,), values="zeros", grad=False), 1), case(f, T((2, 2, 2), values="ones", grad=False), 1),
                    case(f, T((3,), dtype="i64", values="ones"), 1)]
    return found


def _converting() -> list[Case]:
    found = []
    for d in DTYPES:
        x = T(dtype=d)
        found += [case(f"Tensor.{n}", x) for n in ("float", "double", "half", "int", "long", "short", "char", "byte",
            "bool", "cpu", "detach", "numpy", "tolist", "type", "contiguous", "requires_grad_")]
        found += [case("Tensor.to", x, n) for n in _DTYPES] + [case("Tensor.type", x, n)
            for n in (*_DTYPES[:3], "torch.FloatTensor", "torch.LongTensor", "bad")] + [case("Tensor.type_as", x,
                T(dtype="f64"))]
        found += [case("Tensor.item", T(s, dtype=d)) for s in ((), (1,), (1, 1), (2,), (0,))] + [case(f"operator.{n}",
            T((), dtype=d)) for n in ("index", "truth", "not_")]
        found += [case("Tensor.tolist", T(s, dtype=d)) for s in ((), (0,), (2, 2))]
    found += [case("Tensor.to", T(), *a, **k) for a, k in ((("cpu",), {}), (("cpu", Name("float64")), {}),
        ((T(dtype="f64"),), {}), ((), {"dtype": Name("int64")}), ((Name("float32"),), {"copy": True}),
            (("tpu9",), {}), ((1.5,), {}), (("cuda",), {}), ((), {"device": "cpu"}))]
    found += [case("Tensor.float", T((12,), dtype=d, values="special"))
        for d in ("f64", "f16")] + [case(f"Tensor.{n}", T((12,), values="special", grad=False))
            for n in ("half", "double", "bool")]
    found += [case("Tensor.numpy", T(grad=False, layout=lay)) for lay in LAYOUTS] + [case("Tensor.numpy", T(),
        force=True), case("Tensor.cuda", T())]
    calls = ("size", "dim", "ndimension", "numel", "nelement", "stride", "element_size", "is_contiguous",
        "is_floating_point", "detach", "detach_", "requires_grad_", "zero_", "retain_grad", "t", "backward")
    for s in ((), (3,), (2, 3), (0,)):
        found += [case(f"Tensor.{n}", T(s, dtype=d)) for n in (*PROPERTIES, *calls) for d in ("f32", "i64")]
    found += [case(f"Tensor.{n}", T((3, 4), layout=lay)) for n in (*PROPERTIES, *calls) for lay in LAYOUTS]
    found += [case("Tensor.storage_offset", T((3, 4), layout=lay)) for lay in ("c", *LAYOUTS)]
    found += [case("Tensor.resize_", T(grad=False), *a).but(values=False) for a in ((3,), (6, 1), ((3, 2),), (2, 3))]
    found += [case("Tensor.size", T(), a) for a in (0, 1, -1, 2, "a")] + [case("Tensor.stride", T(), a)
        for a in (0, -1, 5)]
    found += [case("Tensor.fill_", T(dtype=d), v) for d in ("f32", "i64", "bool", "u8")
        for v in (2, 1.5, True, T((), grad=False), T((2,), grad=False), "a")] + [case("Tensor.zero_",
            T((3, 4), layout=lay)) for lay in "tso"]
    found += [case("Tensor.copy_", T(dtype=a), T(s, dtype=b, seed=1)) for a in ("f32", "i64", "bool")
        for b in ("f32", "f64", "i64", "bool") for s in ((2, 3), (3,), ())] + [case("Tensor.copy_", T(), x)
            for x in (T((4,)), 1.0, "a")]
    found += [case("Tensor.set_", T(grad=False), T((3,), grad=False)),
        case("Tensor.apply_", T((3,), grad=False), abs), case("Tensor.map_", T((3,), grad=False),
            T((3,), grad=False, seed=1), max), case("Tensor.requires_grad_", T(), False),
                case("Tensor.requires_grad_", T(dtype="i64"), False)]
    found += [case("operator.contains", T(dtype="i64"), v) for v in (2, 100, 1.5, "a")] + [case(f"class.{n}", T(s))
        for n in ("__len__", "__bool__", "__float__", "__int__", "__index__", "__hash__") for s in ((), (3,), (1,))
            if n != "__hash__"] + [case("class.__format__", T((), values="positive"), f)
                for f in ("", ".3f", "5.1e", "d")] + [case("class.__format__", T((3,)), ".2f"),
                    case("class.__array__", T(grad=False)), case("class.__array__", T())]
    return found


def _deviant() -> list[Case]:
    """Methods by their class: what NumPy or Python's protocols reach."""
    return [case("Tensor.apply_", T(), abs), case("Tensor.index_fill", T((3, 4)), 0,
        T((2,), dtype="i64", values="below:3"), 2.0)]


TABLE: dict[str, list[Case]] = {"filled": _filled(), "made": _made(), "random": _random(),
    "converting": _converting() + _deviant()}
