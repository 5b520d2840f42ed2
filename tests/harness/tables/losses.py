"""Losses, as functions and as modules: reductions, weights, layouts, targets that do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..cases import Case, T, case, module

# Cases are set in rows.
# fmt: off

MIXES: dict[str, Any] = {"mixes": True, "ulps": 16.0}
_MODULES = {
    "l1_loss": "L1Loss", "mse_loss": "MSELoss", "smooth_l1_loss": "SmoothL1Loss", "huber_loss": "HuberLoss",
        "kl_div": "KLDivLoss",
    "binary_cross_entropy": "BCELoss", "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
        "cross_entropy": "CrossEntropyLoss",
    "nll_loss": "NLLLoss", "multi_margin_loss": "MultiMarginLoss", "multilabel_margin_loss": "MultiLabelMarginLoss",
        "soft_margin_loss": "SoftMarginLoss",
    "hinge_embedding_loss": "HingeEmbeddingLoss", "margin_ranking_loss": "MarginRankingLoss",
        "poisson_nll_loss": "PoissonNLLLoss",
}
REDUCTIONS = ("mean", "sum", "none")


def loss(name: str, inputs: Sequence[tuple[Any, ...]], options: Sequence[dict[str, Any]] = (),
    bad: Sequence[tuple[Any, ...]] = (), bad_options: Sequence[dict[str, Any]] = ()) -> list[Case]:
    """Every input with every reduction, the first two with every option, as a function and as a module."""
    found = []
    for form in (f"F.{name}", f"nn.{_MODULES[name]}"):
        good = [(x, {"reduction": r}) for x in inputs for r in REDUCTIONS] + [(x, o | {"reduction": r})
            for x in inputs[:2] for o in options for r in REDUCTIONS]
        for x, o in good:
            found.append(_made(form, x, o).but(**MIXES))
        found += [_made(form, x, {}) for x in bad] + [_made(form, inputs[0], o)
            for o in (*bad_options, {"reduction": "bad"}, {"wrong": 1})]
        found += [_made(form, inputs[0], o).but(**MIXES) for o in ({"size_average": False}, {"reduce": False}, {})]
        found += [_made(form, inputs[0][:1], {}), _made(form, ("a", *inputs[0][1:]), {}),
            _made(form, (inputs[0][0], None, *inputs[0][2:]), {})]
    return found


def _made(form: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Case:
    return case(form, *inputs, **options) if form.startswith("F.") else module(form, inputs=tuple(inputs), **options)


def _pairs(values: str = "normal", target: str = "normal", grad: bool = True) -> list[tuple[Any, ...]]:
    """Input and target of one shape."""
    pairs = [(T(s, values=values), T(s, values=target, seed=1, grad=grad))
        for s in ((4,), (3, 4), (), (2, 3, 2), (0,), (1,))]
    pairs += [(T((3, 4), dtype=d, values=values), T((3, 4), dtype=d, values=target, seed=1, grad=grad))
        for d in ("f64", "f16")]
    return pairs + [(T((3, 4), layout=lay, values=values), T((3, 4), values=target, seed=1, grad=grad))
        for lay in "tse"]


_UNFIT = [(T((3, 4)), T((3, 5))), (T((3, 4)), T((2, 3)))]
_MIXED = [(T(), T(dtype="f64")), (T(), T(dtype="i64")), (T(dtype="i64"), T()), (T(), T(dtype="bool"))]
_NARROW = [(T((4,)), T((4, 1))), (T((4, 1)), T((4,))), (T((3, 4)), T((4,
    )))]  # what PyTorch broadcasts, with a warning


def _classes(n: int = 5, c: int = 4, dtype: str = "f32", layout: str = "c") -> tuple[Any, ...]:
    return T((n, c), dtype=dtype, layout=layout), T((n,), dtype="i64", values=f"below:{c}", seed=1)


_CLASS_INPUTS: list[tuple[Any, ...]] = [
    _classes(), (T((4,)), T((), dtype="i64", values="full:2")), _classes(dtype="f64"), _classes(dtype="f16"),
        _classes(layout="t"), _classes(layout="s"), _classes(layout="e"), _classes(1), _classes(5, 1), _classes(0),
    (T((2, 4, 3)), T((2, 3), dtype="i64", values="below:4")), (T((2, 4, 3, 2)),
        T((2, 3, 2), dtype="i64", values="below:4")), (T((5, 4), values="ties"),
            T((5,), dtype="i64", values="below:4")),
]
_CLASS_BAD: list[tuple[Any, ...]] = [
    (T((5, 4)), T((4,), dtype="i64", values="zeros")), (T((5, 4)), T((5,), dtype="i64", values="full:4")),
        (T((5, 4)), T((5,), dtype="i64", values="full:-1")), (T((5, 4)), T((5, 1), dtype="i64", values="zeros")),
            (T((5, 4)), T((5,), dtype="i32", values="zeros")),
    (T((5, 4)), T((5,), dtype="f32", grad=False)), (T((5, 4)), T((5,), dtype="bool")),
        (T((5, 4), dtype="i64"), T((5,), dtype="i64", values="zeros")), (T((5, 4)), 1),
            (T((5, 4)), T((5,), dtype="u8", values="below:4")), (T((4,)), T((1,), dtype="i64", values="ones")),
]
_WEIGHT = {"weight": T((4,), values="positive", seed=3, grad=False)}
_CLASS_OPTIONS: list[dict[str, Any]] = [_WEIGHT, {"ignore_index": 1}, _WEIGHT | {"ignore_index": 2}]
_SOFT = (T((5, 4)), T((5, 4), values="simplex", seed=2, grad=False))
_BAD_WEIGHT = [{"weight": T((3,), grad=False)}, {"weight": T((4,), dtype="f64", grad=False)},
    {"weight": T((2, 2), grad=False)}]

TABLE: dict[str, list[Case]] = {
    "l1_loss": loss("l1_loss", [*_pairs(), (T((3,), values="ties"), T((3,), values="ties")), *_MIXED],
        bad=[*_UNFIT, *_NARROW]),
    "mse_loss": loss("mse_loss", _pairs() + _MIXED, bad=[*_UNFIT, *_NARROW]),
    "smooth_l1_loss": loss("smooth_l1_loss", _pairs() + _MIXED, [{"beta": b} for b in (0.5, 2.0, 0.0, 1)],
        [*_UNFIT, *_NARROW], [{"beta": -1.0}, {"beta": "a"}]),
    "huber_loss": loss("huber_loss", _pairs(), [{"delta": b} for b in (0.5, 2.0)], [*_UNFIT, *_NARROW],
        [{"delta": 0.0}, {"delta": -1.0}]),
    "kl_div": loss("kl_div", [*_pairs("normal", "probability"), (T((3, 4)), T((3, 4), values="zeros", grad=False))],
        [{"log_target": True}, {"reduction": "batchmean"}], _UNFIT) + [case("F.kl_div", T((3, 4)),
            T((3, 4), values="simplex", seed=1), reduction="batchmean", log_target=b).but(**MIXES)
                for b in (False, True)] + [module("nn.KLDivLoss", reduction="batchmean",
                    inputs=(T((3, 4)), T((3, 4), values="simplex", seed=1))).but(**MIXES)],
    "binary_cross_entropy": loss("binary_cross_entropy", _pairs("probability",
        "probability") + [(T((3,), values=a), T((3,), values=b, grad=False)) for a in ("zeros", "ones")
            for b in ("zeros", "ones")], [_WEIGHT], [(T((3, 4)), T((3, 4), values="probability")),
                (T((3, 4), values="probability"), T((4,), values="probability")),
                    (T((4, 1), values="probability"), T((4,), values="probability")),
                        (T((3,), values="probability"), T((3,), dtype="i64", values="ones")),
                            (T((3,), values="full:1.5"), T((3,), values="ones")),
                                (T((3,), values="probability"), T((3,), dtype="f64", values="ones")),
                                    (T((3,), values="probability"), T((3,), values="full:2"))],
                                        [{"weight": T((3,), grad=False)}]),
    "binary_cross_entropy_with_logits": loss("binary_cross_entropy_with_logits", _pairs("normal", "probability"),
        [_WEIGHT, {"pos_weight": T((4,), values="positive", seed=5, grad=False)},
            _WEIGHT | {"pos_weight": T((4,), values="positive", seed=5, grad=False)}],
                [(T((3, 4)), T((4,))), (T((4, 1)), T((4,))), (T((3,)), T((3,), dtype="i64", values="ones")),
                    (T((3,)), T((3,), dtype="f64"))], [{"weight": T((3,), grad=False)},
                        {"pos_weight": T((3,), grad=False)}]),
    "cross_entropy": loss("cross_entropy", [*_CLASS_INPUTS, _SOFT, (T((5, 4)), T((5, 4), values="simplex", seed=2)),
        (T((4,)), T((4,), values="simplex")), (T((2, 4, 3)), T((2, 4, 3), values="probability", seed=2))],
            [*_CLASS_OPTIONS, {"label_smoothing": 0.1}, {"label_smoothing": 0.1, "ignore_index": 1},
                _WEIGHT | {"label_smoothing": 0.2}], [*_CLASS_BAD, (T((5, 4)), T((5, 3), grad=False)),
                    (T((5, 4)), T((5, 4), dtype="f64", grad=False))],
                        [*_BAD_WEIGHT, {"label_smoothing": 1.5}, {"label_smoothing": -0.1},
                            {"ignore_index": "a"}]) + [case("F.cross_entropy", *_SOFT, **o).but(**MIXES)
                                for o in (_WEIGHT, {"label_smoothing": 0.1}, {"ignore_index": 1})],
    "nll_loss": loss("nll_loss", _CLASS_INPUTS, _CLASS_OPTIONS, [*_CLASS_BAD, _SOFT], _BAD_WEIGHT),
    "multi_margin_loss": loss("multi_margin_loss", [x for x in _CLASS_INPUTS
        if len(x[0].shape) < 3 and x[0].shape[0]], [{"p": 2}, {"margin": 0.5}, _WEIGHT,
            {"p": 2, "margin": 2.0} | _WEIGHT], _CLASS_BAD, [{"p": 3}, {"p": 1.5}, {"weight": T((3,), grad=False)},
                {"margin": "a"}]),
    "multilabel_margin_loss": loss("multilabel_margin_loss", [(T((3, 4)), T((3, 4), dtype="i64", values="permuted")),
        (T((4,)), T((4,), dtype="i64", values="permuted")), (T((4,)), T((4,), dtype="i64", values="full:-1")),
            (T((2, 4), dtype="f64"), T((2, 4), dtype="i64", values="full:3"))],
                bad=[(T((3, 4)), T((3, 3), dtype="i64")), (T((3, 4)), T((3, 4), grad=False)),
                    (T((3, 4)), T((3, 4), dtype="i64", values="full:4")), (T((2, 3, 4)), T((2, 3, 4), dtype="i64"))]),
    "soft_margin_loss": loss("soft_margin_loss", _pairs("normal", "signs", grad=False), bad=[*_UNFIT, *_NARROW]),
    "hinge_embedding_loss": loss("hinge_embedding_loss", _pairs("normal", "signs", grad=False),
        [{"margin": 0.5}, {"margin": 2}], _UNFIT),
    "margin_ranking_loss": loss("margin_ranking_loss", [(T(s), T(s, seed=1),
        T(s, values="signs", seed=2, grad=False)) for s in ((4,), (3, 4), (), (0,))] + [(T((3,), dtype="f64"),
            T((3,), dtype="f64", seed=1), T((3,), dtype="f64", values="signs", grad=False)),
                (T((3,)), T((3,)), T((1,), values="ones", grad=False))], [{"margin": 0.5}],
                    [(T((3,)), T((4,)), T((3,))), (T((3, 4)), T((3, 4)), T((4,)))]),
    "poisson_nll_loss": loss("poisson_nll_loss", _pairs("normal", "positive"),
        [{"log_input": False}, {"full": True}, {"eps": 1e-3, "log_input": False}], _UNFIT),
    "distances": [case(f, T((3, 4)), T((3, 4), seed=1), **k).but(**MIXES)
        for f in ("F.cosine_similarity", "torch.cosine_similarity") for k in ({}, {"dim": 0},
            {"dim": -1, "eps": 1e-3}, {"dim": 5})] + [case(f, T((3, 4)), T((3, 4), seed=1), **k).but(**MIXES)
                for f in ("F.pairwise_distance", "torch.pairwise_distance")
                    for k in ({}, {"p": 1}, {"p": 3.0, "eps": 0.1}, {"keepdim": True})] + [case("F.cosine_similarity",
                        T((4,)), T((3, 4), seed=1)).but(**MIXES), case("F.cosine_similarity", T((3, 4)), T((3, 5))),
                            case("F.pairwise_distance", T((4,)), T((4,), seed=1)).but(**MIXES),
                                case("F.cosine_similarity", T((3, 4), values="zeros"), T((3, 4))).but(second=False),
                                    case("F.pairwise_distance", T((3, 4)),
                                        T((4,), seed=1)).but(**MIXES)] + [case("F.normalize", T((3, 4), dtype=d),
                                            **k).but(**MIXES) for d in ("f32", "f64")
                                                for k in ({}, {"p": 1}, {"dim": 0}, {"p": 3.0, "eps": 0.5},
                                                    {"dim": (0, 1)}, {"dim": 4})] + [case("F.normalize",
                                                        T((3,), values="zeros"), dim=0).but(second=False),
                                                            case("F.normalize", T((3,))),
                                                                case("F.normalize", T(dtype="i64"))],
    **{f"torch {n}": [case(f"torch.{n}", *a).but(**MIXES) for a in args] for n,
        args in {"kl_div": [(T(), T(values="probability"))], "hinge_embedding_loss": [(T(),
            T(values="signs", grad=False))], "margin_ranking_loss": [(T(), T(seed=1), T(values="signs", grad=False))],
                "poisson_nll_loss": [(T(), T(values="positive"), True, False, 1e-8, 1)]}.items()},
}
