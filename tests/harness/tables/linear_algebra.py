"""Products, triangles, decompositions."""

from __future__ import annotations

from itertools import product
from typing import Any

from ..cases import Case, T, case
from .kinds import LAYOUTS

# Cases are set in rows.
# fmt: off

MIXES: dict[str, Any] = {"mixes": True, "ulps": 16.0}
LOOSE: dict[str, Any] = {"mixes": True, "ulps": 400.0}  # decompositions: rounding grows with the condition number
_A = T((3, 3), values="dominant")
_STACK = T((2, 3, 3), values="dominant", dtype="f64")
_SPD = T((3, 3), values="definite", dtype="f64")


def _products(name: str, good: list[tuple[Any, ...]], bad: list[tuple[Any, ...]],
    torch_too: bool = True) -> list[Case]:
    """Shapes that fit, in several dtypes and layouts, and shapes that do not."""
    found = []
    forms = [f"torch.{name}", f"Tensor.{name}"]
    for shapes in good:
        for form, d in product(forms, ("f32", "f64", "i64", "f16", "bool", "u8")):
            if form == forms[0] or d == "f32":
                found.append(case(form, *(T(s, dtype=d, seed=i) for i, s in enumerate(shapes))).but(**MIXES))
        if min(map(len, shapes)) > 0:
            for a, b in product(("c", *LAYOUTS), repeat=2):
                if all(len(s) and min(s) for s in shapes):
                    lays = (a, b, "c")
                    found.append(case(forms[0], *(T(s, layout=lay, seed=i) for i,
                        (s, lay) in enumerate(zip(shapes, lays, strict=False)))).but(**MIXES))
    for shapes in bad:
        found += [case(form, *(T(s) for s in shapes)) for form in forms]
    first = good[0]
    found += [case(forms[0], *(T(s, dtype=d) for s, d in zip(first, ds, strict=False)))
        for ds in (("f32", "f64", "f32"), ("f32", "i64", "f32"), ("i64", "f32", "f32"))]
    return [*found, case(forms[0], T(first[0])), case(forms[0], T(first[0]), 2.0), case(forms[0], "a", T(first[0])),
        case(forms[0], *(T(s) for s in first), wrong=1)]


_EINSUM = (
    ("ij,jk->ik", (2, 3), (3, 4)), ("ij->ji", (2, 3)), ("ij->", (2, 3)), ("ij->j", (2, 3)), ("ii", (3, 3)),
        ("ii->i", (3, 3)), ("i,j->ij", (2,), (3,)),
    ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)), ("ij,j", (2, 3), (3,)), ("...ij,...jk->...ik", (2, 3, 4), (4, 5)),
        ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)), ("ij,kl->", (2, 3), (2, 2)),
    ("i...->...", (2, 3)), ("bhqd,bhkd->bhqk", (2, 3, 4, 5), (2, 3, 6, 5)), (" i j , j k -> i k ", (2, 3), (3, 4)),
        ("ij,jk", (2, 3), (3, 4)), ("Aa,aB->AB", (2, 3), (3, 4)),
    ("ij,jk->ik", (2, 3), (4, 5)), ("ij->ik", (2, 3)), ("ij", (3,)), ("i?", (2, 3)), ("ij,jk->ik", (2, 3)),
        ("ij->ii", (3, 3)), ("i->->i", (3,)), ("...->", ()),
)
_ADD = ((2,), (3, 2), (1,), (), (3, 1))


def _added() -> list[Case]:
    found = []
    for name, b, c, sizes in (("addmm", (3, 4), (4, 2), _ADD), ("addmv", (3, 4), (4,), ((3,), (), (1,))),
        ("baddbmm", (2, 3, 4), (2, 4, 3), ((2, 3, 3), (3,), ()))):
        for form in (f"torch.{name}", f"Tensor.{name}"):
            for s in sizes:
                found += [case(form, T(s), T(b, seed=1), T(c, seed=2), **k).but(**MIXES)
                    for k in ({}, {"beta": 0.5, "alpha": 2}, {"beta": 0}, {"alpha": 0})]
            found += [case(form, T((7,)), T(b), T(c)), case(form, T(sizes[0], dtype="f64"), T(b), T(c)),
                case(form, T(sizes[0], dtype="i64"), T(b, dtype="i64"), T(c, dtype="i64")),
                    case(form, T(sizes[0]), T(c), T(c)), case(form, T(sizes[0]), T(b))]
        full = {"addmm": (3, 2), "addmv": (3,), "baddbmm": (2, 3, 3)}[name]
        found += [case(f"Tensor.{name}_", T(full), T(b, seed=1), T(c, seed=2), **k).but(**MIXES)
            for k in ({}, {"beta": 0.5, "alpha": 2})]
    return found


def _triangles() -> list[Case]:
    found = []
    for n in ("tril", "triu"):
        for form in (f"torch.{n}", f"Tensor.{n}", f"Tensor.{n}_"):
            found += [case(form, T(s, dtype=d), k).but(ulps=0) for s in ((3, 4), (2, 3, 3), (0, 3))
                for d in ("f32", "i64", "bool") for k in (0, 1, -2)] + [case(form, T((3,))), case(form, T(), "a"),
                    case(form, T((3, 4), layout="t"))]
    for form in ("torch.diag", "Tensor.diag"):
        found += [case(form, T(s), k).but(ulps=0) for s in ((3,), (3, 4), (0,))
            for k in (0, 1, -1, 5)] + [case(form, T((2, 2, 2))), case(form, T(()))]
    for form in ("torch.diagonal", "Tensor.diagonal"):
        found += [case(form, T((2, 3, 4)), *a).but(ulps=0) for a in ((), (1,), (-1,), (0, 0, 2), (0, -1, 1), (9,),
            (0, 1, 1), (0, 0, 5))] + [case(form, T((3,))), case(form, T((3, 4), layout="t"), 1)]
    for form in ("torch.diag_embed", "Tensor.diag_embed"):
        found += [case(form, T((2, 3)), *a).but(ulps=0) for a in ((), (1,), (-1,), (0, 0, 2), (0, 1, 1), (0, 0, 5))]
    found += [case("linalg.diagonal", T((2, 3, 4)), **k) for k in ({}, {"offset": 1}, {"dim1": 0, "dim2": 1})]
    return found + [case("Tensor.fill_diagonal_", T((3, 4), grad=False), v) for v in (1.0, 2)]


def _decompositions() -> list[Case]:
    found = []
    for x in (_A, T((3, 3), values="dominant", dtype="f64"), _STACK):
        for n in ("linalg.inv", "torch.inverse", "Tensor.inverse", "linalg.det", "torch.det", "Tensor.det",
            "linalg.slogdet", "torch.slogdet", "Tensor.slogdet", "torch.logdet", "Tensor.logdet"):
            found.append(case(n, x).but(**LOOSE))
        found += [case(n, x, k).but(**LOOSE) for n in ("torch.matrix_power", "Tensor.matrix_power",
            "linalg.matrix_power") for k in (0, 1, 2, 3, 5, -1)]
        found += [case("linalg.solve", x, T(s, dtype=x.dtype)).but(**LOOSE)
            for s in ((3,), (3, 2), (4, 2), (2, 3, 2))]
    for n in ("linalg.inv", "torch.inverse", "linalg.det", "torch.det", "linalg.slogdet", "torch.logdet",
        "linalg.eigh", "linalg.eigvalsh", "linalg.cholesky", "torch.cholesky"):
        found += [case(n, T((2, 3))), case(n, T((3,))), case(n, T((3, 3), dtype="i64")),
            case(n, T((0, 0))).but(second=False), case(n, T((3, 3), dtype="f16"))]
    found += [case(n, T((3, 3), values="zeros")).but(second=False) for n in ("linalg.inv", "torch.inverse",
        "linalg.det", "linalg.cholesky", "torch.cholesky")] + [case("linalg.solve", T((3, 3), values="zeros"),
            T((3,)))]
    found += [case(n, _SPD).but(**LOOSE) for n in ("linalg.cholesky", "torch.cholesky", "Tensor.cholesky",
        "linalg.eigvalsh")] + [case("torch.cholesky", _SPD, upper=True).but(**LOOSE),
            case("linalg.cholesky", _SPD, upper=True).but(**LOOSE), case("linalg.cholesky",
                T((3, 3), values="full:-1"))]
    found += [case("linalg.eigh", T((3, 3), values="definite", dtype="f64", grad=False)).but(values=False),
        case("linalg.eigh", T((3, 3), values="definite", dtype="f64", grad=False), UPLO="U").but(values=False),
            case("linalg.eigh", _A, UPLO="a")]
    for s in ((4, 3), (3, 4), (3, 3), (2, 4, 3)):
        x = T(s, dtype="f64", grad=False)
        found += [case(n, x).but(values=False) for n in ("linalg.svd", "torch.svd",
            "Tensor.svd")] + [case("linalg.svd", x, full_matrices=False).but(values=False),
                case("linalg.svdvals", T(s, dtype="f64")).but(**LOOSE),
                    case("torch.svd", x, some=False).but(values=False)]
        found += [case(n, x).but(**LOOSE) for n in ("linalg.qr", "torch.qr", "Tensor.qr")] + [case("linalg.qr", x,
            mode=m).but(**LOOSE) for m in ("reduced", "complete", "r", "bad")] + [case("torch.qr", x,
                some=False).but(**LOOSE)]
        found += [case(n, T(s, dtype="f64")).but(**LOOSE) for n in ("linalg.pinv", "torch.pinverse",
            "Tensor.pinverse")] + [case("linalg.matrix_rank", x), case("linalg.matrix_rank", x, tol=0.1)]
    found += [case("linalg.qr", T((4, 3), dtype="f64")).but(**LOOSE), case("linalg.svd", T((3,))),
        case("linalg.qr", T((3,))), case("linalg.svd", T((3, 3), dtype="i64")), case("linalg.pinv", T((3,))),
            case("linalg.pinv", T((3, 3), dtype="i64"))]
    return [*found, case("linalg.multi_dot", [T((2, 3)), T((3, 4), seed=1), T((4, 2), seed=2)]).but(**MIXES),
        case("linalg.multi_dot", [T((2, 3)), T((4, 2))]), case("linalg.multi_dot",
            [T((3,)), T((3, 4), seed=1)]).but(**MIXES), case("linalg.multi_dot", [T()]),
                case("torch.chain_matmul", T((2, 3)), T((3, 4), seed=1), T((4, 2), seed=2)).but(**MIXES),
                    case("linalg.matmul", T(), T((3, 2))).but(**MIXES)]


TABLE: dict[str, list[Case]] = {
    "matmul": [*_products("matmul", [((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)),
        ((5, 2, 3), (3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)),
            ((5, 1, 2, 3), (6, 3, 4)), ((2, 0), (0, 3)), ((0, 3), (3, 2))],
                [((2, 3), (2, 3)), ((3,), (4,)), ((), (3,)), ((2, 3), ()), ((2, 2, 3), (3, 3, 4)), ((2, 3), (4,)),
                    ((4,), (2, 3))]), case("operator.matmul", T(), T((3, 2))).but(**MIXES),
                        case("operator.matmul", T(), 2.0), case("operator.matmul", 2.0, T())],
    "mm": _products("mm", [((2, 3), (3, 4)), ((2, 0), (0, 3))], [((2, 3), (2, 3)), ((3,), (3,)), ((2, 3), (3,)),
        ((2, 2, 3), (3, 2))]),
    "mv": _products("mv", [((2, 3), (3,)), ((0, 3), (3,))], [((2, 3), (2,)), ((3,), (3,)), ((2, 3), (3, 1))]),
    "dot": _products("dot", [((3,), (3,)), ((0,), (0,))], [((3,), (4,)), ((2, 3), (3,)), ((), ())]),
    "vdot": _products("vdot", [((3,), (3,))], [((3,), (4,)), ((2, 3), (3,))]),
    "bmm": _products("bmm", [((2, 3, 4), (2, 4, 5)), ((0, 3, 4), (0, 4, 5))],
        [((2, 3, 4), (3, 4, 5)), ((2, 3, 4), (2, 3, 4)), ((2, 3), (3, 4))]),
    "outer": _products("outer", [((2,), (3,)), ((0,), (3,))], [((2, 3), (3,)), ((), (3,))]),
    "ger": _products("ger", [((2,), (3,))], [((2, 3), (3,))]),
    "inner": _products("inner", [((2, 3), (4, 3)), ((3,), (3,)), ((2, 4, 3), (3,)), ((), (3,))], [((2, 3), (2, 4))]),
    "kron": _products("kron", [((2, 3), (2, 2)), ((3,), (2,)), ((2,), (2, 3))], []),
    "added": _added(),
    "einsum": [case("torch.einsum", e, *[T(tuple(s), seed=i) for i, s in enumerate(shapes)]).but(**MIXES) for e,
        *shapes in _EINSUM] + [case("torch.einsum", "ij,jk->ik", [T(), T((3, 2), seed=1)]).but(**MIXES),
            case("torch.einsum", "ij,jk->ik", T(dtype="i64"), T((3, 2), dtype="i64")),
                case("torch.einsum", "ij,jk->ik", T(), T((3, 2), dtype="f64")), case("torch.einsum", T(), "ij")],
    "tensordot": [case("torch.tensordot", T((2, 3, 4)), T((3, 4, 2), seed=1), dims=d).but(**MIXES)
        for d in (([1, 2], [0, 1]), ([1], [0]), ([0], [2]), 0, 2, -1, ([0], [0, 1]),
            ([9], [0]))] + [case("torch.tensordot", T((2, 3, 4)), T((3, 4, 2), seed=1), 2).but(**MIXES),
                case("torch.tensordot", T((2, 3)), T((3, 2), seed=1), 1).but(**MIXES)],
    "triangles": _triangles(),
    "decompositions": _decompositions(),
}
