"""Shapes, views, joining, repeating."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..cases import Case, Name, T, case
from .kinds import LAYOUTS

# Cases are set in rows.
# fmt: off

CUBE = T((2, 3, 4))
EXACT = {"ulps": 0}


def both(name: str, calls: Iterable[tuple[Any, ...]], x: Any = CUBE, dtypes: Iterable[str] = ("i64",
    "bool")) -> list[Case]:
    """`calls` are argument lists for a function and its method, on several layouts and dtypes."""
    calls = list(calls)
    found = [case(f.format(name), x, *a).but(**EXACT) for a in calls for f in ("torch.{}", "Tensor.{}")]
    found += [case(f"torch.{name}", T(x.shape, layout=lay), *a).but(**EXACT) for a in calls for lay in LAYOUTS]
    found += [case(f"Tensor.{name}", T(x.shape, dtype=d), *calls[0]) for d in dtypes]
    return [*found, case(f"torch.{name}", "a"), case(f"torch.{name}", x, "a"), case(f"torch.{name}", x, 1.5),
        case(f"torch.{name}", x, wrong=1)]


def method(name: str, calls: Iterable[tuple[Any, ...]], x: Any = CUBE) -> list[Case]:
    calls = list(calls)
    return [case(f"Tensor.{name}", T(x.shape, layout=lay, dtype=d), *a).but(**EXACT) for a in calls for lay,
        d in (("c", "f32"), ("c", "i64"), *((lay, "f32") for lay in LAYOUTS))]


_SHAPES = (((24,),), ((-1,),), ((4, 6),), ((2, -1),), ((2, 3, 4),), ((-1, -1),), ((5, 5),), ((-2, 3),), ((7, -1),),
    ((1, 2, 3, 4),), ((),), ((6, 4),), ((2, 12),))
_PAIRS = ((0, 1), (1, 2), (-1, 0), (0, 0), (2, -3), (0, 3), (-4, 0), (1,))
_JOINED = (
    [T(), T(seed=1)], [T(), T((1, 3), seed=1)], [T()], [T((0,)), T()], [T(), T(dtype="f64", seed=1)],
        [T(), T(dtype="i64")],
    [T(dtype="i64"), T(dtype="bool")], [T(dtype="u8"), T(dtype="i32")], [T(layout="t"), T(layout="s", seed=2)],
        [T(layout="t"), T(layout="t", seed=2)],
    [T((2, 3, 2)), T((2, 1, 2))], [T((3,)), T((2,))], [T(()), T(())], [], [T(), T((2, 4))], [T(), T((3,))],
        (T(), T(seed=3)), [T(), 1.0], T(), 3,
    [T((0, 3)), T()],
)

TABLE: dict[str, list[Case]] = {
    "reshape": [*both("reshape", _SHAPES), case("Tensor.reshape", CUBE, 6, 4), case("Tensor.reshape", T((0,)), -1, 2),
        case("Tensor.reshape", T((2, 0)), 0, -1), case("Tensor.reshape", T(()), 1, 1),
            case("Tensor.reshape_as", CUBE, T((4, 6))), case("Tensor.reshape_as", CUBE, T((5,)))],
    "view": [*method("view", _SHAPES), case("Tensor.view", CUBE, 6, -1), case("Tensor.view", T(()), -1),
        case("Tensor.view_as", CUBE, T((4, 6))), case("Tensor.view_as", CUBE, T((5,))),
            case("Tensor.view", T((4,)), Name("int32")), case("Tensor.view", CUBE, "a"), case("Tensor.view", CUBE)],
    "flatten": [*both("flatten", ((), (1,), (0, 1), (-2, -1), (1, 0), (0, 5), (-9,))), case("torch.flatten", T(())),
        case("torch.flatten", T((0, 3))), case("Tensor.flatten", CUBE, start_dim=1), *method("ravel", ((),))],
    "unflatten": both("unflatten", ((1, (3, 1)), (2, (2, 2)), (-1, (-1, 2)), (0, (1, 2)), (1, (2, 2)), (5, (1,)),
        (1, ()))),
    "squeeze": [*both("squeeze", ((), (0,), (1,), (-1,), ((0, 2),), (5,), (-5,)), T((1, 3, 1))),
        case("torch.squeeze", T((2, 3)), 0), case("torch.squeeze", T(()), 0),
            *[case("Tensor.squeeze_", T((1, 3, 1)), *a) for a in ((), (0,), (1,))]],
    "unsqueeze": [*both("unsqueeze", ((0,), (1,), (3,), (-1,), (-4,), (4,), (-5,))),
        case("torch.unsqueeze", T(()), 0), case("Tensor.unsqueeze_", CUBE, 1), case("torch.unsqueeze", CUBE)],
    **{n: [*both(n, _PAIRS), case(f"Tensor.{n}_", CUBE, 0, 1), case(f"Tensor.{n}_", CUBE, 0, 9)]
        for n in ("transpose", "swapaxes", "swapdims")},
    "permute": [*both("permute", (((2, 0, 1),), ((0, 1, 2),), ((-1, 0, 1),), ((0, 1),), ((0, 0, 1),), ((0, 1, 5),))),
        case("Tensor.permute", CUBE, 2, 1, 0), case("torch.permute", CUBE, 1, 0, 2), case("Tensor.permute", T(()))],
    "t": [case(f, T(s, dtype=d)).but(**EXACT) for f in ("torch.t", "Tensor.t", "Tensor.T", "Tensor.mT", "Tensor.t_")
        for s in ((), (3,), (2, 3), (2, 3, 4)) for d in ("f32", "i64")],
    "expand": [*method("expand", ((2, 3, 4), (-1, -1, -1), (5, 2, 3, 4), (2, 3, 5), (3, 4), (-1, 2, 3, 4))),
        case("Tensor.expand", T((1, 3)), 4, 3), case("Tensor.expand", T((1, 3)), (4, -1)),
            case("Tensor.expand", T(()), 3), case("Tensor.expand", T((3, 1)), 2, 3, 4),
                case("Tensor.expand_as", T((3,)), CUBE.__class__((2, 3))),
                    case("Tensor.expand_as", T((4,)), T((2, 3))), case("torch.broadcast_to", T((3,)), (2, 3)),
                        case("Tensor.broadcast_to", T((3,)), (2, 3)), case("torch.broadcast_to", T((4,)), (2, 3)),
                            case("torch.broadcast_to", T(), (3,))],
    "broadcast_tensors": [case("torch.broadcast_tensors", *a) for a in ((T(), T((3,), seed=1)),
        (T((2, 1)), T((3,), seed=1)), (T(()), T()), (T(), T((4,))), (T(),), (T(), 1.0))],
    **{n: [c for x in _JOINED for c in (case(f"torch.{n}", x).but(**EXACT),
        *(case(f"torch.{n}", x, dim=d).but(**EXACT) for d in (0, 1, -1, 5)))] for n in ("cat", "stack")},
    **{n: [case(f"torch.{n}", x).but(**EXACT) for x in _JOINED] for n in ("hstack", "vstack")},
    **{n: [case(f"torch.{n}", [T(), T(seed=1)], d) for d in (0, 1, 7)] for n in ("concat", "concatenate")},
    "split": [*both("split", ((1,), (2,), (2, 1), ([1, 2], 1), ([1, 1], 1), (0,), (-1,), (2, 5), (9, 2), ([3], -1),
        ([-1, 4], 1))), case("torch.split", T((0,)), 2), case("torch.split", T((4,)), split_size_or_sections=3),
            case("torch.split", T(()), 1), case("Tensor.split", CUBE, 2, dim=-1)],
    "chunk": [*both("chunk", ((1,), (2,), (2, 1), (3, -1), (5, 2), (0,), (-1,), (2, 7))),
        case("torch.chunk", T(()), 2), case("torch.chunk", T((5,)), chunks=2, dim=0)],
    "unbind": [*both("unbind", ((), (1,), (-1,), (5,))), case("torch.unbind", T(())), case("torch.unbind", T((0, 2))),
        case("torch.unbind", T((2, 0)), 1)],
    "flip": [*both("flip", ((0,), ((0, 1),), ((-1,),), ((0, 0),), ((5,),), ((),))), case("Tensor.flip", CUBE, 0, 2),
        case("torch.flip", CUBE, dims=(1,))],
    "roll": [*both("roll", ((1,), (-2,), (1, 0), (5, -1), ((1, 2), (0, 1)), ((1, 2), 0), (1, 7), ((1, 2),))),
        case("torch.roll", T((0,)), 1), case("torch.roll", T(()), 1)],
    "repeat": method("repeat", ((1, 1, 1), (2, 1, 3), (2, 2, 1, 1), (0, 1, 1), (2,), ((2, 1, 1),),
        (-1, 1, 1))) + both("tile", (((2,),), ((2, 1, 3),), ((2, 2, 1, 1),), ((0, 1),),
            ((-1,),))) + [case("Tensor.repeat", T(()), 3), case("Tensor.repeat", T(())),
                case("Tensor.tile", CUBE, 2, 2)],
    "repeat_interleave": [*both("repeat_interleave", ((2,), (2, 0), (3, -1), (0, 1), (-1,), (2, 7))),
        case("torch.repeat_interleave", T((3,)), T((3,), dtype="i64", values="below:4")),
            case("torch.repeat_interleave", T((3, 2)), T((3,), dtype="i64", values="below:4"), dim=0),
                case("torch.repeat_interleave", T((3,)), T((2,), dtype="i64", values="ones")),
                    case("torch.repeat_interleave", T((3,), dtype="i64", values="below:4")),
                        case("torch.repeat_interleave", T((3, 2)), T((3,), values="ones", grad=False), dim=0),
                            case("Tensor.repeat_interleave", T((2, 2)), 2)],
    "contiguous": [case(f"Tensor.{n}", T((3, 4), layout=lay)) for n in ("contiguous", "is_contiguous", "clone",
        "detach", "stride", "size", "numel") for lay in ("c", *LAYOUTS)],
    "narrow": [*both("narrow", ((0, 0, 1), (1, 1, 2), (2, -2, 2), (-1, 0, 4), (0, 0, 0), (1, 2, 2), (0, 0, -1),
        (5, 0, 1), (1, -9, 1))), case("torch.narrow", T(()), 0, 0, 1)],
    "select": [*both("select", ((0, 0), (1, -1), (2, 3), (-1, 0), (0, 2), (0, -3), (5, 0))),
        case("torch.select", T(()), 0, 0)],
    "meshgrid": [case("torch.meshgrid", *a, **k) for a in ((T((2,)), T((3,), seed=1)), ([T((2,)), T((3,), seed=1)],),
        (T(()), T((2,))), (T((2, 2)), T((2,))), (T((2,)), T((2,), dtype="f64")))
            for k in ({"indexing": "ij"}, {"indexing": "xy"}, {"indexing": "zz"})],
    "combinations": [case("torch.combinations", T((4,)), r, w) for r in (0, 1, 2, 3, 5)
        for w in (False, True)] + [case("torch.combinations", T((2, 2))), case("torch.combinations", T((3,)), -1),
            case("torch.cartesian_prod", T((2,)), T((3,), seed=1)), case("torch.cartesian_prod", T((2,))),
                case("torch.cartesian_prod", T((2, 2)), T((2,)))],
}
