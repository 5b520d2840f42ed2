"""The rarer modules and functions: dropouts, norms, pairs and triplets, shrinking activations, padding."""

from __future__ import annotations

from typing import Any

from ..cases import Case, T, case, module

# Cases are set in rows.
# fmt: off

MIXES: dict[str, Any] = {"mixes": True, "ulps": 32.0}
X, Y, Z = T((3, 4)), T((3, 4), seed=1), T((3, 4), seed=2)
SIGNS = T((3,), values="signs", seed=3, grad=False)
REDUCTIONS = ("mean", "sum", "none", "bad")


def both(function: str, name: str, inputs: tuple[Any, ...], options: list[dict[str, Any]],
    **changes: Any) -> list[Case]:
    """The function and the module, with the same options."""
    found = [case(f"F.{function}", *inputs, **o).but(**changes) for o in options]
    return [*found, *(module(f"nn.{name}", inputs=inputs, **o).but(**changes) for o in options)]


def _reduced(options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [o | {"reduction": r} for o in options for r in REDUCTIONS]


def _shrinking() -> list[Case]:
    found = []
    for x in (X, T((3, 4), layout="t"), T((3, 4), dtype="f64"), T(()), T((0, 4)), T((3, 4), dtype="i64")):
        found += both("hardshrink", "Hardshrink", (x,), [{}, {"lambd": 0.2}], ulps=8.0)
        found += both("softshrink", "Softshrink", (x,), [{}, {"lambd": 0.2}, {"lambd": -1.0}], ulps=8.0)
        found += both("glu", "GLU", (x,), [{}, {"dim": 0}, {"dim": 1}, {"dim": 7}], ulps=16.0)
    for n, options in {"celu_": {}, "elu_": {}, "selu_": {}, "hardtanh_": {}, "leaky_relu_": {},
        "rrelu_": {}}.items():
        found += [case(f"F.{n}", x, **options).but(ulps=16.0) for x in (X, T((3, 4), layout="t"), "a")]
    found += [case("F.threshold_", X, 0.1, 2.0), *both("rrelu", "RReLU", (X,), [{}, {"lower": 0.2, "upper": 0.2}])]
    return [*found, *(module("nn.RReLU", *a, inputs=(X,), train=t).but(**MIXES) for a in ((), (0.5, 0.25))
        for t in (True, False)),
        module("nn.Softmax2d", inputs=(T((2, 3, 2, 2)),)).but(**MIXES), module("nn.Softmax2d", inputs=(X,))]


def _noise() -> list[Case]:
    found = []
    for function, name in (("alpha_dropout", "AlphaDropout"), ("feature_alpha_dropout", "FeatureAlphaDropout"),
        ("dropout1d", "Dropout1d")):
        for p in (0.0, 0.3, 1.5):
            found += [module(f"nn.{name}", p, inputs=(T((2, 3, 4)),), train=t).but(values=p != 0.3 or not t,
                second=p != 0.3) for t in (True, False)]
            found += [case(f"F.{function}", T((2, 3, 4)), p, t).but(values=p != 0.3 or not t, second=p != 0.3)
                for t in (True, False)]
    return [*found, *(case("F.gumbel_softmax", X, **k).but(**MIXES) for k in ({}, {"tau": 2.0}, {"hard": True},
        {"dim": 0}))]


def _norms() -> list[Case]:
    found = []
    for x in (T((2, 4)), T((2, 4, 3)), T((2, 4, 3), layout="t"), T((2, 4), dtype="f64"), T((4,))):
        found += [module("nn.GroupNorm", g, 4, inputs=(x,), **o).but(**MIXES) for g in (1, 2, 4, 3)
            for o in ({}, {"affine": False})]
        found += [case("F.group_norm", x, 2).but(**MIXES), case("F.group_norm", x, 3)]
        found += [module("nn.RMSNorm", s, inputs=(x,), **o).but(**MIXES) for s in (3, 4)
            for o in ({}, {"eps": 0.1}, {"elementwise_affine": False})]
        found += [case("F.rms_norm", x, (x.shape[-1],)).but(**MIXES), case("F.rms_norm", x, (7,)),
            module("nn.LazyBatchNorm1d", inputs=(x,)).but(**MIXES)]
    return found


def _pairs() -> list[Case]:
    found = both("cosine_embedding_loss", "CosineEmbeddingLoss", (X, Y, SIGNS), _reduced([{}, {"margin": 0.5}]),
        **MIXES)
    found += both("triplet_margin_loss", "TripletMarginLoss", (X, Y, Z),
        _reduced([{}, {"margin": 0.5, "p": 1.0}, {"swap": True}]), **MIXES)
    found += both("triplet_margin_with_distance_loss", "TripletMarginWithDistanceLoss", (X, Y, Z),
        _reduced([{}, {"margin": 0.5}, {"swap": True}]), **MIXES)
    found += both("gaussian_nll_loss", "GaussianNLLLoss", (X, Y, T((3, 4), values="positive", seed=2)),
        _reduced([{}, {"full": True}, {"eps": 0.1}]), **MIXES)
    labels = T((3, 4), values="below:2", seed=4, grad=False)
    found += both("multilabel_soft_margin_loss", "MultiLabelSoftMarginLoss", (X, labels),
        _reduced([{}, {"weight": T((4,), values="positive", grad=False)}]), **MIXES)
    found += [module("nn.CosineSimilarity", *a, inputs=(X, Y)).but(**MIXES) for a in ((), (0,), (-1, 0.1), (5,))]
    found += [module("nn.PairwiseDistance", *a, inputs=(X, Y)).but(**MIXES) for a in ((), (1.0,), (3.0, 0.1, True))]
    pair = (T((3, 2), seed=1), T((3, 4), seed=2))
    found += [module("nn.Bilinear", 2, 4, 5, inputs=pair, **k).but(**MIXES) for k in ({}, {"bias": False})]
    return [*found, case("F.bilinear", *pair, T((5, 2, 4), seed=3), T((5,))).but(**MIXES),
        case("F.bilinear", *pair, T((5, 3, 4)))]


def _bags() -> list[Case]:
    index, flat = T((2, 3), dtype="i64", values="below:6"), T((5,), dtype="i64", values="below:6")
    offsets = T((2,), dtype="i64", values="permuted")
    found = []
    for mode in ("sum", "mean", "max", "bad"):
        found += [module("nn.EmbeddingBag", 6, 3, mode=mode, inputs=i).but(**MIXES) for i in ((index,), (flat,))]
        found += [case("F.embedding_bag", index, T((6, 3)), mode=mode).but(**MIXES)]
    return [*found, case("F.embedding_bag", flat, T((6, 3)), offsets)]


def _padding() -> list[Case]:
    sizes: tuple[Any, ...] = ((1, 2), (0, 0), (1, 0, 2, 1), (-1, 1), (1,), (1, 2, 3, 4, 5, 6), (-9, 0))
    found = [case("F.pad", X, s) for s in sizes] + [case("F.pad", X, (1, 2), "constant", 3.5),
        case("F.pad", X, (1, 1), "bad")]
    return found + [case("F.pad", T((2, 3, 4)), (1, 2), m) for m in ("reflect", "replicate", "circular")]


def _old_names() -> list[Case]:
    x = T((3, 4), values="zeros", grad=False)
    names = {"constant": (2.0,), "normal": (), "uniform": (), "xavier_normal": (), "xavier_uniform": (),
        "kaiming_normal": (), "kaiming_uniform": (), "eye": (), "orthogonal": (), "sparse": (0.5,)}
    return [case(f"init.{n}", x, *a).but(mixes=True, ulps=16.0, values=n not in ("orthogonal", "sparse")) for n,
        a in names.items()]


TABLE: dict[str, list[Case]] = {
    "shrinking": _shrinking(), "noise": _noise(), "nn more norms": _norms(), "nn pairs": _pairs(), "bags": _bags(),
        "padding": _padding(), "init, old names": _old_names(),
}
