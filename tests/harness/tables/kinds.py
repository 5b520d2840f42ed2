"""The usual kinds of case: dtypes, layouts, shapes and wrong input for elementwise operations and their like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from ..cases import DTYPES, Case, T, case

# Cases are set in rows.
# fmt: off

ALL = tuple(DTYPES)
MAIN = ("f32", "f64", "f16", "i64", "i32", "u8", "bool")
FLOAT = ("f32", "f64", "f16")
SHAPES = ((), (3,), (1, 3), (2, 3), (2, 1, 3), (0,), (2, 0), (2, 3, 2))
LAYOUTS = ("t", "s", "e", "o")
DIMS = (0, 1, -1, -2)
BAD_DIMS = (5, -7)


def unary(name: str, values: str = "normal", dtypes: Iterable[str] = MAIN, in_place: bool = True,
    **changes: Any) -> Iterator[Case]:
    """One tensor in, one of its shape out: `torch.name`, the method, the method in place."""
    forms = [f"torch.{name}", f"Tensor.{name}", *([f"Tensor.{name}_"] if in_place else [])]
    for d in dtypes:
        for form in forms[::2] if d in ("f32", "i64", "bool", "f16") else forms[:1]:
            yield case(form, T(dtype=d, values=values if d in FLOAT else "normal")).but(**changes)
    yield case(forms[1], T(values=values)).but(**changes)
    for form, layout in product(forms[::2], LAYOUTS):
        if form.endswith("_") and layout == "e":
            yield case(form, T(layout=layout, values=values))
        else:
            yield case(form, T((3, 4), layout=layout, values=values)).but(**changes)
    for s in SHAPES:
        yield case(forms[0], T(s, values=values)).but(**changes)
    for d in ("f32", "f64"):
        yield case(forms[0], T((12,), dtype=d, values="special")).but(second=False, **changes)
    for wrong in ([1.0], 2, "a", None):
        yield case(forms[0], wrong)
    yield case(forms[0])
    yield case(forms[0], T(), T(), T())
    yield case(forms[0], T(), wrong=1)


def binary(
    name: str, second: str = "normal", first: str = "normal", dtypes: Iterable[str] = MAIN, in_place: bool = True,
    numbers: Iterable[Any] = (2, 2.5, -1, True), **changes: Any,
) -> Iterator[Case]:
    """Two tensors that broadcast and promote, or a tensor and a Python number."""
    forms = [f"torch.{name}", f"Tensor.{name}", *([f"Tensor.{name}_"] if in_place else [])]
    for a, b in product(dtypes, dtypes):
        yield case(forms[0], T(dtype=a, values=first), T(dtype=b, values=second, seed=1)).but(**changes)
        if (a, b) in _PAIRS:
            for form in forms[1:]:
                yield case(form, T(dtype=a, values=first), T(dtype=b, values=second, seed=1)).but(**changes)
        if a in ("f32", "i64", "f64", "bool"):  # a 0-d tensor promotes only to another kind
            yield case(forms[0], T(dtype=a, values=first), T((), dtype=b, values=second, seed=1)).but(**changes)
    for d, n in product(dtypes, numbers):
        yield case(forms[0], T(dtype=d, values=first), n).but(**changes)
        if d in ("f32", "i64", "u8", "bool"):
            yield from (case(form, T(dtype=d, values=first), n).but(**changes) for form in forms[1:])
    for a, b in (((), (3,)), ((2, 1), (3,)), ((2, 3), (3,)), ((4, 1, 3), (2, 1)), ((0,), (1,)), ((2, 0), ()),
        ((), ()), ((3,), (2, 3))):
        for form in forms[::2]:
            yield case(form, T(a, values=first), T(b, values=second, seed=1)).but(**changes)
    for a, b in product(("c", *LAYOUTS), ("c", *LAYOUTS)):
        yield case(forms[0], T((3, 4), layout=a, values=first), T((3, 4), layout=b, values=second,
            seed=1)).but(**changes)
    for a in ("t", "s", "o"):
        yield from (case(f, T((3, 4), layout=a, values=first), T((4,), values=second, seed=1)).but(**changes)
            for f in forms[2:])
    for a, b in (("special", "normal"), ("normal", "special"), ("special", "zeros"), ("ties", "ties"),
        ("special", "special")):
        yield case(forms[0], T((12,), values=a), T((12,), values=b, seed=1)).but(second=False, **changes)
    for form in forms[::2]:
        yield case(form, T((2, 3)), T((4,)))
        yield case(form, T((3,)), T((2, 3, 5)))
        yield case(form, T(), "a")
        yield case(form, T(), None)
        yield case(form, T(), [1.0, 2.0, 3.0])
        yield case(form, T())
        yield case(form, T(), T(), wrong=1)


_PAIRS = {("f32", "f32"), ("f32", "f64"), ("i64", "f32"), ("u8", "i64"), ("i64", "i64"), ("bool", "i64"),
    ("bool", "bool"), ("f32", "i64")}


def operators(name: str, values: str = "normal", dtypes: Iterable[str] = ("f32", "f64", "i64", "u8", "bool"),
    **changes: Any) -> Iterator[Case]:
    """A Python operator between tensors and with numbers on either side."""
    for d in dtypes:
        yield case(f"operator.{name}", T(dtype=d, values=values), T(dtype=d, values=values, seed=1)).but(**changes)
        for n in (2, 1.5, True):
            yield case(f"operator.{name}", T(dtype=d, values=values), n).but(**changes)
            if not name.startswith("i"):
                yield case(f"operator.{name}", n, T(dtype=d, values=values)).but(**changes)
    yield case(f"operator.{name}", T(), "a")
    yield case(f"operator.{name}", T(), T((2, 4)))
    yield case(f"operator.{name}", T((0,)), T((1,))).but(**changes)


def along(name: str, *args: Any, dtypes: Iterable[str] = MAIN, values: str = "normal", keep: bool = True,
    whole: bool = True, **changes: Any) -> Iterator[Case]:
    """A function along a dimension: `name(x, *args, dim)`."""
    f, m = f"torch.{name}", f"Tensor.{name}"
    if whole:
        for d in dtypes:
            yield case(f, T(dtype=d, values=values), *args).but(**changes)
        for s in SHAPES:
            yield case(f, T(s, values=values), *args).but(**changes)
        for lay in LAYOUTS:
            yield case(m, T((3, 4), layout=lay, values=values), *args).but(**changes)
        for v in ("special", "ties", "zeros"):
            yield case(f, T((12,), values=v), *args).but(second=False, **changes)
    for d in dtypes:
        yield case(f, T(dtype=d, values=values), *args, dim=1).but(**changes)
    for dim in DIMS:
        yield case(f, T((2, 3, 4), values=values), *args, dim).but(**changes)
        yield case(m, T((3, 4), layout="t", values=values), *args, dim=dim).but(**changes)
        if keep:
            yield case(m, T((2, 3, 4), values=values), *args, dim=dim, keepdim=True).but(**changes)
    for s, lay in product(((3, 4), (2, 3, 4)), LAYOUTS):
        yield case(f, T(s, layout=lay, values=values), *args, -1).but(**changes)
    for v, dim in product(("special", "ties", "zeros"), (0, 1)):
        yield case(f, T((3, 4), values=v), *args, dim).but(second=False, **changes)
    for s, dim in (((), 0), ((), -1), ((0,), 0), ((2, 0), 0), ((2, 0), 1), ((0, 3), 0), ((1, 3), 0), ((3, 1), 1)):
        yield case(f, T(s, values=values), *args, dim).but(**changes)
    for wrong in (*BAD_DIMS, "a", 1.5, [7], T(), None):
        yield case(f, T(), *args, wrong)
    yield case(f, T(()), *args, 1)
    yield case(f, "a", *args, 0)
    yield case(f, T(), *args, 0, wrong=1)
    yield case(f, T(dtype="i64"), *args, 0, dtype="f")
