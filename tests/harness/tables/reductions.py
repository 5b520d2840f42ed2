"""Reductions, scans, sorting and counting along dimensions."""

from __future__ import annotations

from typing import Any

from ..cases import Case, Name, T, case
from .kinds import FLOAT, LAYOUTS, MAIN, along

# Cases are set in rows.
# fmt: off

MIXES: dict[str, Any] = {"mixes": True, "ulps": 16.0}
NO_GRAD = {"grad": False}


def _dims(name: str, **changes: Any) -> list[Case]:
    """What takes several dimensions."""
    found = []
    for d in ((0, 1), (-1, 0), (), [0], [0, 2], (1,)):
        found += [case(f"torch.{name}", T((2, 3, 4)), d).but(**changes),
            case(f"Tensor.{name}", T((2, 3, 4)), d, keepdim=True).but(**changes)]
    found += [case(f"torch.{name}", T((2, 3, 4)), (0, 0)), case(f"torch.{name}", T((2, 3, 4)), (0, 5)),
        case(f"torch.{name}", T((2, 3, 4)), (0, -3))]
    found += [case(f"torch.{name}", T((2, 3, 4)), axis=1).but(**changes),
        case(f"torch.{name}", T((2, 3, 4)), dim=1, keepdims=True).but(**changes),
            case(f"torch.{name}", T((2, 3, 4), layout="t"), (0, 1)).but(**changes)]
    return found


def _typed(name: str, *args: Any) -> list[Case]:
    return [case(f"torch.{name}", T(dtype=d), *args, dtype=Name(n)).but(**MIXES)
        for d in ("f32", "i64", "bool", "f16") for n in ("float32", "float64", "int64", "bool", "int32")]


def _moments(name: str) -> list[Case]:
    found = [*along(name, **MIXES)]
    if "mean" not in name:
        found += _dims(name, **MIXES)
    for f in (f"torch.{name}", f"Tensor.{name}") if "mean" not in name else (f"torch.{name}",):
        found += [case(f, T((3, 4)), **k).but(**MIXES) for k in ({"unbiased": False}, {"correction": 0},
            {"correction": 2}, {"dim": 0, "unbiased": False}, {"dim": 1, "correction": 1.5, "keepdim": True},
                {"dim": 1, "correction": 4})]
        found += [case(f, T((3, 4)), False).but(**MIXES), case(f, T((3, 4)), 1, False, True).but(**MIXES),
            case(f, T((3, 4)), 0, correction="a"), case(f, T((1, 3)), 0).but(second=False),
                case(f, T((1,))).but(second=False)]
    return found


def _pairs(name: str) -> list[Case]:
    """max and min: of all, along a dimension, of two tensors."""
    found = [*along(name, ulps=0)]
    found += [case(f"torch.{name}", T(dtype=a), T(dtype=b, seed=1)).but(ulps=0) for a in MAIN
        for b in ("f32", "i64", "u8")]
    found += [case(f"torch.{name}", T((12,), values="ties"), T((12,), values="ties", seed=1)),
        case(f"Tensor.{name}", T(), T((3,), seed=1)), case(f"torch.{name}", T(), T((4,)))]
    found += [case(f"torch.{name}", T((12,), values="special"), T((12,), values="special", seed=1)).but(second=False),
        case(f"torch.{name}", T(), axis=1), case(f"torch.{name}", T(), 1, keepdims=True)]
    return found


def _norms() -> list[Case]:
    found = []
    for p in (2, 1, 3, 0.5, 1.5, -1, float("inf"), -float("inf"), "fro", None, 0):
        for d in (None, 0, (0, 1), -1):
            if p is not None or d is None:
                found += [case("torch.norm", T((3, 4)), p, d).but(**MIXES),
                    case("Tensor.norm", T((3, 4), dtype="f64"), p, d).but(**MIXES)]
        if p not in ("fro", None):
            found += [case("linalg.vector_norm", T((2, 3, 2), dtype=t), p, (0, 2), True).but(**MIXES)
                for t in ("f32", "f64", "f16")]
            found += [case("torch.norm", T((3, 4), values=v), p, 1).but(second=False, **MIXES)
                for v in ("zeros", "ties", "special")]
            found += [case("linalg.norm", T((4,)), p).but(**MIXES), case("torch.dist", T((3, 4)), T((4,), seed=1),
                p).but(**MIXES), case("Tensor.dist", T((3, 4)), T((3, 4), seed=1), p).but(**MIXES)]
    found += [case("torch.norm", T(s)).but(**MIXES) for s in ((), (0,), (2, 0), (1,))] + [case("torch.norm",
        T(dtype=d)).but(**MIXES) for d in MAIN]
    found += [case("torch.norm", T((3, 4), layout=lay), dim=0, keepdim=True).but(**MIXES) for lay in LAYOUTS]
    found += [case("torch.norm", T(), p=2, dtype=Name("float64")).but(**MIXES),
        case("torch.norm", T(), "nuc").but(ulps=200, mixes=True, second=False), case("torch.norm", T(), "b"),
            case("torch.norm", T(), 2, 7), case("torch.norm", T(dtype="i64"))]
    found += [case("torch.dist", T(), T((4,))), case("torch.dist", T(dtype="i64"), T(dtype="i64")),
        case("linalg.vector_norm", T(), "fro"), case("linalg.vector_norm", T(dtype="i64")),
            case("linalg.norm", T(), "a")]
    for p in ("fro", "nuc", 1, -1, 2, -2, float("inf"), -float("inf")):
        found += [case(f, x, p).but(mixes=True, ulps=100, second=p not in ("nuc", 2, -2))
            for f in ("linalg.norm", "linalg.matrix_norm") for x in (T((3, 4)), T((3, 4), dtype="f64"))]
        found += [case("linalg.matrix_norm", T((2, 3, 4), dtype="f64"), p, (0, 2), True).but(mixes=True, ulps=100,
            second=p not in ("nuc", 2, -2))]
    found += [case("linalg.matrix_norm", T((3,))), case("linalg.matrix_norm", T(), 3),
        case("linalg.norm", T((2, 3, 4)), "fro"), case("linalg.norm", T((2, 3, 4)), 2, (0, 0))]
    return found


def _order() -> dict[str, list[Case]]:
    exact: dict[str, Any] = {"ulps": 0}
    spread = {"values": "spread"}
    sort = [*along("sort", keep=False, values="spread", **exact)]
    for f in ("torch.sort", "Tensor.sort", "torch.argsort", "Tensor.argsort"):
        sort += [case(f, T((3, 4), **spread), descending=True).but(**exact),
            case(f, T((3, 4), **spread), 0, True).but(**exact), case(f, T((12,), values="special"),
                stable=True).but(second=False), case(f, T((3, 4), values="ties"), stable=True, descending=True,
                    dim=1)]
    argsort = [*along("argsort", keep=False, values="spread"), *along("msort", values="spread", keep=False)][:0]
    argsort += [case("torch.argsort", T((3, 4), dtype=d, values="spread" if d in FLOAT else "permuted"), dim)
        for d in ("f32", "i64", "f64") for dim in (0, 1, -1, 5)] + [case("torch.argsort", T(s))
            for s in ((), (0,), (1,))]
    msort = [case(f, T(s, **spread)).but(**exact) for f in ("torch.msort", "Tensor.msort")
        for s in ((4,), (3, 4), (0,))]
    topk = []
    for f in ("torch.topk", "Tensor.topk"):
        topk += [case(f, T((3, 5), values="spread", dtype=d), k, dim, largest).but(**exact)
            for d in ("f32", "i64", "f64") for k in (1, 2, 0) for dim in (0, 1, -1) for largest in (True, False)]
        topk += [case(f, T((3, 5), values="spread"), 2, sorted=True, dim=-1), case(f, T((3,)), 4),
            case(f, T((3,)), -1), case(f, T((3,)), 1, 3), case(f, T((3,)), "a"), case(f, T(()), 1),
                case(f, T((2, 3))), case(f, T((4, 60), values="spread"), 5)]
    kth = [case(f, T((3, 5), values="spread", dtype=d), k, dim, keep).but(**exact)
        for f in ("torch.kthvalue", "Tensor.kthvalue") for d in ("f32", "i64") for k in (1, 3) for dim in (0, -1)
            for keep in (False, True)]
    kth += [case("torch.kthvalue", T(), 9), case("torch.kthvalue", T(), 0), case("torch.kthvalue", T(), 1, 7),
        case("torch.kthvalue", T(()), 1), case("torch.kthvalue", T())]
    quantile = []
    for f in ("torch.quantile", "Tensor.quantile"):
        for q in (0.0, 0.4, 1.0, 0.5):
            quantile += [case(f, T((3, 5), values="spread", dtype=d), q, dim, keep).but(mixes=True)
                for d in ("f32", "f64") for dim in (None, 0, -1) for keep in (False, True)]
            quantile += [case(f, T((3, 5), values="spread"), q, 1, interpolation=i).but(mixes=True)
                for i in ("linear", "lower", "higher", "midpoint", "nearest", "bad")]
    levels = T((3,), values="probability", grad=False)
    quantile += [case("torch.quantile", T((3, 5), values="spread"), levels, dim).but(mixes=True)
        for dim in (None, 0, 1)]
    quantile += [case("torch.quantile", T(), 1.5), case("torch.quantile", T(), "a"),
        case("torch.quantile", T(dtype="i64"), 0.5), case("torch.quantile", T(dtype="f64"), levels),
            case("torch.quantile", T((0,)), 0.5), case("torch.quantile", T(), 0.5, 7),
                case("torch.quantile", T((2, 6), values="special"), 0.5, 1).but(second=False),
                    case("torch.quantile", T(), T((2, 2), grad=False))]
    unique = []
    for f in ("torch.unique", "Tensor.unique"):
        unique += [case(f, T((3, 4), dtype=d, values="ties", grad=False), return_inverse=i, return_counts=c)
            for d in ("f32", "i64", "bool", "u8") for i in (False, True) for c in (False, True)]
        unique += [case(f, T((3, 4), values="ties", dtype="i64"), dim=d, return_inverse=True, return_counts=True)
            for d in (0, 1, -1)] + [case(f, T(()), True), case(f, T((0,))), case(f, T(), dim=5),
                case(f, T(values="ties")), case(f, T((12,), values="special", grad=False)),
                    case(f, T(values="ties"), sorted=False).but(values=False)]
    count = [case(f, T((6,), dtype="i64", values="below:4"), **k) for f in ("torch.bincount", "Tensor.bincount")
        for k in ({}, {"minlength": 9}, {"weights": T((6,), grad=False)}, {"weights": T((6,), dtype="i64")},
            {"minlength": -1}, {"weights": T((5,), grad=False)})]
    count += [case("torch.bincount", T((6,), dtype=d)) for d in ("f32", "i64", "u8",
        "bool")] + [case("torch.bincount", T((2, 3), dtype="u8")), case("torch.bincount", T((0,), dtype="i64")),
            case("torch.bincount", T((0,), dtype="i64"), minlength=3)]
    count += [case(f, T((12,), dtype=d, grad=False), *a) for f in ("torch.histc", "Tensor.histc")
        for d in ("f32", "f64", "i64") for a in ((), (5,), (4, -1, 1), (4, 1, -1), (0,), (3, 0, 0), (3, "a"))]
    ends = T((4,), values="sorted", grad=False)
    search = [case(f, ends, T(s, grad=False, seed=1), **k) for f in ("torch.searchsorted",)
        for s in ((), (3,), (2, 3)) for k in ({}, {"right": True}, {"out_int32": True}, {"side": "right"},
            {"side": "left", "right": True})]
    search += [case("torch.bucketize", T(s, grad=False, seed=1), ends, **k) for s in ((), (3,), (2, 3))
        for k in ({}, {"right": True}, {"out_int32": True})] + [case("torch.bucketize", 0.5, ends),
            case("torch.searchsorted", ends, 0.5), case("torch.searchsorted", T((2, 4), values="sorted", grad=False),
                T((2, 3), grad=False)), case("torch.searchsorted", T((2, 4), grad=False), T((3, 3), grad=False)),
                    case("torch.bucketize", T((3,)), T((2, 2))), case("torch.bucketize", T((3,), dtype="i64"),
                        T((2,), dtype="i64", values="sorted")), case("torch.searchsorted", ends,
                            T((3,), dtype="f64", grad=False)), case("torch.bucketize",
                                T((3,), layout="s", grad=False), ends)]
    mode = [case(f, T((3, 6), dtype=d, values="ties"), *a, **k).but(second=False)
        for f in ("torch.mode", "Tensor.mode") for d in ("f32", "i64", "bool") for a in ((), (0,), (1,))
            for k in ({}, {"keepdim": True})] + [case("torch.mode", T(), 5), case("torch.mode", T((0,))),
                case("torch.mode", T(()))]
    return {"sort": sort, "argsort": argsort, "msort": msort, "topk": topk, "kthvalue": kth, "quantile": quantile,
        "unique": unique, "counts": count, "searchsorted": search, "mode": mode}


TABLE: dict[str, list[Case]] = {
    **{n: [*along(n, **MIXES), *_dims(n, **MIXES), *_typed(n)] for n in ("sum", "mean", "nansum", "nanmean")},
    "prod": [*along("prod", **MIXES), *_typed("prod"), *_typed("prod", 1),
        *[case("torch.prod", T((3, 4), values=v, dtype=d), dim).but(**MIXES) for v in ("ties", "ones") for d in FLOAT
            for dim in (0, 1)]],
    "logsumexp": [*along("logsumexp", whole=False, **MIXES), *_dims("logsumexp", **MIXES)],
    **{n: _moments(n) for n in ("var", "std", "var_mean", "std_mean")},
    **{n: [*along(n, ulps=0), *_dims(n, ulps=0)] for n in ("amax", "amin")},
    **{n: _pairs(n) for n in ("max", "min")},
    **{n: [*along(n), case(f"torch.{n}", T(), axis=0)] for n in ("argmax", "argmin")},
    "aminmax": [case(f, T(s, dtype=d), **k) for f in ("torch.aminmax", "Tensor.aminmax")
        for s in ((3,), (2, 3), (), (0,)) for d in ("f32", "i64", "bool")
            for k in ({}, {"dim": 0}, {"dim": -1, "keepdim": True}, {"dim": 5})],
    **{n: [*along(n), *(_dims(n) if n != "count_nonzero" else [])] for n in ("all", "any")},
    "count_nonzero": [*along("count_nonzero", keep=False)],
    "median": [*along("median", values="spread", ulps=0)],
    **{n: [*along(n, keep=False, whole=False, **MIXES), *_typed(n, 1), case(f"Tensor.{n}_", T(), 1),
        case(f"Tensor.{n}_", T(dtype="i64"), 0), case(f"torch.{n}", T((3, 4), values="ties"), 1)]
            for n in ("cumsum", "cumprod")},
    **{n: [*along(n, keep=False, whole=False, **({"ulps": 0} if n != "logcumsumexp" else MIXES))]
        for n in ("cummax", "cummin", "logcumsumexp")},
    "norm": _norms(),
    "diff": [case(f, T((3, 5), dtype=d), *a) for f in ("torch.diff", "Tensor.diff")
        for d in ("f32", "i64", "bool", "u8") for a in ((), (1,), (2, 0), (1, -1), (0,), (4, 0), (-1,),
            (1, 5))] + [case("torch.diff", T((3, 5)), prepend=T((3, 1), seed=1), append=T((3, 2), seed=2)),
                case("torch.diff", T(())), case("torch.diff", T((3, 5)), prepend=T((2, 1)))],
    "trace": [case(f, T(s, dtype=d)).but(**MIXES) for f in ("torch.trace", "Tensor.trace")
        for s in ((3, 3), (2, 4), (0, 0), (3,), (2, 2, 2)) for d in ("f32", "i64", "f64", "u8")],
    **_order(),
}
