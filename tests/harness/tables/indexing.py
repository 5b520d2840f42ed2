"""Indexing, stores, gathers and scatters."""

from __future__ import annotations

from typing import Any

from ..cases import Case, T, case

# Cases are set in rows.
# fmt: off

CUBE = T((3, 4, 2))
I = T((2,), dtype="i64", values="below:3")  # noqa: E741
J = T((2, 1), dtype="i64", values="below:3", seed=1)
_KEYS: tuple[Any, ...] = (
    0, -1, 2, 3, -4, slice(None), slice(1, None), slice(None, None, 2), slice(1, 9), slice(2, 1), slice(-2, None),
        slice(None, None, -1), None, ..., True, False,
    (0, 1), (slice(None), 0), (..., 0), (0, ..., 1), (None, 0, None), (slice(0, 2), slice(1, 3)), (0, 1, 1),
        (0, 1, 1, 0), (0, 4), (slice(None), slice(None), 5), (..., ...), (slice(None), None, 2), (True, 0),
    I, J, (I, I), (I, J), (slice(None), I), (I, slice(None), T((2,), dtype="i64", values="below:2")), (I, None, J),
        (0, I), (slice(1, 3), I), [0, 2], [0, -1, 0], ([0, 1], [2, 3]), [[0, 1], [1, 2]], [5], [-7], [],
    T((3,), dtype="bool"), T((3, 4), dtype="bool"), T((3, 4, 2), dtype="bool"), (slice(None), T((4,), dtype="bool")),
        T((4,), dtype="bool"), (T((3,), dtype="bool"), 0), T((3,), dtype="u8", values="below:2"), [True, False, True],
    T((2,), dtype="i32", values="below:3"), T((2,), dtype="u8", values="full:2"), T((2,), dtype="f32", grad=False),
        T((), dtype="i64", values="full:2"), T((), dtype="i64", values="full:9"), T((), dtype="bool", values="ones"),
            T((2,), dtype="i64", values="full:3"), T((2,), dtype="i64", values="full:-3"), T((0,), dtype="i64"),
    "a", 1.5, (0, "a"), (I, T((3,), dtype="i64", values="zeros")), {"a": 1}, slice(0.5, 2), slice("a", None),
    (..., I), (I, ..., 0), (None, I), (T((3,), dtype="bool", values="zeros"),), (slice(None), [1, 2], slice(None)),
        ((0, 1),), (slice(None, None, 0),),
)
_VALUES: tuple[Any, ...] = (1.0, 5, T((), seed=3), T((2,), seed=3), T((2,), dtype="i64"))


def _get() -> list[Case]:
    found = [case("operator.getitem", CUBE, k).but(ulps=0) for k in _KEYS]
    found += [case("operator.getitem", T((3, 4, 2), layout=lay), k).but(ulps=0) for lay in "tseo"
        for k in _KEYS[:40:3]]
    found += [case("operator.getitem", T((3, 4, 2), dtype=d), k) for d in ("i64", "bool", "u8")
        for k in (0, I, slice(1, 3))]
    return found + [case("operator.getitem", T(()), k) for k in (0, ..., None, (), True,
        T((), dtype="bool", values="ones"))] + [case("operator.getitem", T((0,)), k) for k in (0, slice(None), I)]


def _set() -> list[Case]:
    found = [case("operator.setitem", CUBE, k, v).but(ulps=0) for k in _KEYS for v in _VALUES[:4]]
    found += [case("operator.setitem", T((3, 4, 2), dtype=d, grad=False), k, v).but(ulps=0)
        for d in ("i64", "bool", "u8", "f64", "f16") for k in (0, I, slice(1, 3), T((3,), dtype="bool"))
            for v in (2.5, -1, True, T((), dtype="f64", grad=False), T((2,), dtype="i64"), "a", None, [1, 2])]
    found += [case("operator.setitem", T((3, 4, 2), layout=lay), k, T((2,), seed=3)).but(ulps=0) for lay in "tso"
        for k in (0, I, slice(1, 3), (..., 0), None)]
    return found + [case("operator.setitem", T(()), k, 2.0) for k in (..., (), 0, None,
        True)] + [case("operator.setitem", CUBE, 0, v) for v in (T((3,)), T((5, 4, 2)), T((1, 4, 2)))]


def _gathers() -> list[Case]:
    found = []
    index = T((2, 4), dtype="i64", values="below:3")
    for f in ("torch.{}", "Tensor.{}"):
        g = f.format("gather")
        x = T((3, 4))
        found += [case(g, x, d, index) for d in (0, 1, -1, -2, 5)] + [case(g, T((3, 4), dtype="i64"), 0, index),
            case(g, x, 0, T((2, 4), dtype="i32", values="below:3")), case(g, x, 0, T((2, 4), grad=False)),
                case(g, x, 0, T((2, 5), dtype="i64", values="zeros")), case(g, x, 0, T((2,), dtype="i64")),
                    case(g, x, 0, T((2, 4), dtype="i64", values="full:3")),
                        case(g, x, 0, T((2, 4), dtype="i64", values="full:-1")),
                            case(g, T(()), 0, T((), dtype="i64", values="zeros")),
                                case(g, x, 1, T((3, 0), dtype="i64"))]
        found += [case(g, T((3, 4), layout=lay), 1, T((3, 2), dtype="i64", values="below:4")) for lay in "tseo"]
        tad = f.format("take_along_dim")
        found += [case(tad, x, T((1, 4), dtype="i64", values="below:3"), 0),
            case(tad, x, T((3, 1), dtype="i64", values="below:4"), 1),
                case(tad, x, T((5,), dtype="i64", values="below:12")), case(tad, x, T((3,), dtype="i64"), 0),
                    case(tad, x, T((3, 1)), 1)]
        s = f.format("index_select")
        found += [case(s, x, d, I) for d in (0, 1, -1, 5)] + [case(s, x, 0, T((2,), dtype="i32", values="below:3")),
            case(s, x, 0, J), case(s, x, 0, T((), dtype="i64", values="ones")),
                case(s, x, 0, T((1,), dtype="i64", values="full:3")), case(s, x, 0, T((2,), grad=False)),
                    case(s, T((3, 4), layout="t"), 1, I), case(s, T((3, 4), dtype="bool"), 0, I),
                        case(s, x, 0, [0, 1])]
        m = f.format("masked_select")
        found += [case(m, x, T((3, 4), dtype="bool")), case(m, x, T((4,), dtype="bool")),
            case(m, T((4,)), T((3, 4), dtype="bool")), case(m, x, T((3, 5), dtype="bool")),
                case(m, x, T((3, 4), dtype="u8", values="below:2")), case(m, x, T((3, 4), dtype="i64")),
                    case(m, x, T((), dtype="bool", values="ones")), case(m, T((3, 4), dtype="i64", layout="t"),
                        T((3, 4), dtype="bool"))]
        k = f.format("take")
        found += [case(k, x, T((2, 2), dtype="i64", values="below:12")),
            case(k, x, T((2,), dtype="i64", values="full:12")), case(k, x, T((2,), dtype="i64", values="full:-1")),
                case(k, x, T((2,), dtype="i32", values="zeros")), case(k, T((3, 4), layout="t"),
                    T((3,), dtype="i64", values="below:12"))]
        n = f.format("nonzero")
        found += [case(n, T(z, dtype=d, values="ties")) for z in ((3,), (3, 4), (), (0,))
            for d in ("f32", "i64", "bool")] + [case(n, T((3, 4), values="ties"), as_tuple=True),
                case(f.format("argwhere"), T((3, 4), dtype="i64", values="ties")), case(f.format("argwhere"), T(()))]
        i = f.format("isin")
        found += [case(i, T((3, 4), dtype="i64"), T((2,), dtype="i64")), case(i, T((3, 4)), T((2,), seed=0)),
            case(i, T((3, 4), dtype="i64"), 3), case(i, T((3,), dtype="i64"), T((2,), dtype="i64"), invert=True),
                case(i, T((3,), dtype="i64"), T((2,), dtype="i64"), assume_unique=True)]
    return found


def _scatters() -> list[Case]:
    found = []
    x, src, index = T((3, 4)), T((2, 4), seed=1), T((2, 4), dtype="i64", values="below:3")
    one = T((3,), dtype="i64", values="permuted")
    for f in ("torch.{}", "Tensor.{}", "Tensor.{}_"):
        s = f.format("scatter")
        found += [case(s, x, d, index, v) for d in (0, 1, -1, 5) for v in (src.__class__((2, 4), seed=1, grad=False),
            2.0)]
        found += [case(s, x, 0, T((1, 4), dtype="i64", values="full:1"), src), case(s, x, 0, index, 1, reduce="add"),
            case(s, T((3, 4), grad=False), 0, index, 2.0, reduce="multiply"),
                case(s, T((3, 4), grad=False), 0, index, T((2, 4), grad=False), reduce="add"),
                    case(s, x, 0, index, 1.0, reduce="bad"), case(s, x, 0, index, T((1, 4))),
                        case(s, x, 0, T((2, 4), dtype="i32", values="below:3"), 1.0),
                            case(s, x, 0, T((2, 4), dtype="i64", values="full:3"), 1.0),
                                case(s, x, 0, T((2,), dtype="i64"), 1.0),
                                    case(s, x, 0, index, T((2, 4), dtype="f64")),
                                        case(s, T((3, 4), dtype="i64"), 0, index, 1),
                                            case(s, T((3, 4), dtype="i64"), 0, index, 1.5), case(s, x, 0, index)]
        a = f.format("scatter_add")
        found += [case(a, x, d, index, src).but(mixes=True) for d in (0, 1, -1)] + [case(a, T((3, 4), dtype="i64"), 0,
            index, T((2, 4), dtype="i64")), case(a, x, 0, index, T((2, 4), dtype="f64")), case(a, x, 0, index, 1.0),
                case(a, x, 5, index, src), case(a, x, 0, T((2, 4), dtype="i64", values="full:9"), src)]
        n = f.format("index_add")
        found += [case(n, x, 0, I, T((2, 4), seed=1)).but(mixes=True),
            case(n, x, 1, I, T((3, 2), seed=1)).but(mixes=True), case(n, x, 0, I, T((2, 4), seed=1),
                alpha=2).but(mixes=True), case(n, x, 0, I, T((3, 4))),
                    case(n, x, 0, T((2,), dtype="i64", values="full:3"), T((2, 4))), case(n, x, 5, I, T((2, 4))),
                        case(n, x, 0, I, T((2, 4), dtype="f64")), case(n, T((3, 4), dtype="i64"), 0, I,
                            T((2, 4), dtype="i64")), case(n, x, 0, J, T((2, 4)))]
        c = f.format("index_copy")
        found += [case(c, x, 0, one, T((3, 4), seed=1)), case(c, x, 1, T((2,), dtype="i64", values="permuted"),
            T((3, 2), seed=1)), case(c, x, 0, I, T((3, 4))), case(c, x, 0, one, T((3, 4), dtype="f64")),
                case(c, x, 7, one, T((3, 4))), case(c, x, 0, T((1,), dtype="i64", values="full:3"), T((1, 4)))]
        i = f.format("index_fill")
        found += [case(i, x, d, I, v) for d in (0, 1, 5) for v in (2.0, T((), seed=1), T((2,)))] + [case(i,
            T((3, 4), dtype="i64"), 0, I, 2), case(i, T((3, 4), dtype="i64"), 0, I, 2.5),
                case(i, x, 0, T((1,), dtype="i64", values="full:-4"), 1.0)]
        m = f.format("masked_fill")
        found += [case(m, x, T(z, dtype="bool"), v) for z in ((3, 4), (4,), (3, 1))
            for v in (0.0, 2, -float("inf"), T((), seed=1), True)]
        found += [case(m, T((3, 4), dtype=d), T((3, 4), dtype="bool"), v)
            for d in ("i64", "u8", "bool", "f16", "f64") for v in (2, 1.5, True)] + [case(m, x,
                T((3, 5), dtype="bool"), 1.0), case(m, x, T((3, 4), dtype="i64"), 1.0),
                    case(m, x, T((3, 4), dtype="u8"), 1.0), case(m, x, T((3, 4), dtype="bool"), T((4,))),
                        case(m, x, T((3, 4), dtype="bool"), "a"), case(m, T((4,)), T((3, 4), dtype="bool"), 1.0),
                            case(m, T((3, 4), layout="t"), T((3, 4), dtype="bool"), 1.0)]
    found += [case("Tensor.index_put", x, (I,), T((2, 4), seed=1)), case("Tensor.index_put_", x, (I, I),
        T((2,), seed=1)), case("Tensor.index_put_", x, (I,), T((4,), seed=1), accumulate=True).but(mixes=True),
            case("Tensor.index_put", x, (T((3, 4), dtype="bool"),), T((), seed=1)),
                case("Tensor.index_put_", x, (I,), 1.0), case("Tensor.index_put_", x, (I, None), T(()))]
    return found


TABLE: dict[str, list[Case]] = {"getitem": _get(), "setitem": _set(), "gather": _gathers(), "scatter": _scatters()}
