"""Every module and loss by the battery of `microdl.testing`: by its inputs and by its parameters, with its options."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

import microdl as torch
from microdl import nn
from microdl.testing import ALL, check_op
from microdl.testing.strategies import signature

EXAMPLES = max(settings().max_examples // 5, 1)
REDUCTIONS: list[dict[str, Any]] = [{"reduction": how} for how in ("mean", "sum", "none")]
WEIGHT = torch.tensor([0.5, 2.0, 1.25], dtype=torch.float64)
SIGNS = np.array([1.0, -1.0])
TAME = (-3.0, 3.0)

# Name: the options, the shapes of the inputs, and their domains.
Row = tuple[list[dict[str, Any]], str, tuple[Any, ...]]
POINTWISE: dict[str, list[dict[str, Any]]] = {
    "AlphaDropout": [{}], "CELU": [{}, {"alpha": 0.5}], "Dropout": [{}, {"p": 0.25}], "ELU": [{}, {"alpha": 0.5}],
    "GELU": [{}, {"approximate": "tanh"}], "Hardshrink": [{"lambd": 0.3}], "Hardsigmoid": [{}], "Hardswish": [{}],
    "Hardtanh": [{}, {"min_val": -0.5, "max_val": 0.25}], "Identity": [{}], "LeakyReLU": [{}, {"negative_slope": -0.5}],
    "LogSigmoid": [{}], "Mish": [{}], "RReLU": [{}], "ReLU": [{}], "ReLU6": [{}], "SELU": [{}], "SiLU": [{}],
    "Sigmoid": [{}], "Softplus": [{}, {"beta": 2}], "Softshrink": [{}, {"lambd": 0.25}], "Softsign": [{}], "Tanh": [{}],
    "Tanhshrink": [{}], "Threshold": [{"threshold": 0.3, "value": 0.3}], "PReLU": [{}],
}  # fmt: skip
LAYERS: dict[str, Row] = {
    "BatchNorm1d": (
        [{"num_features": 3} | more for more in ({}, {"affine": False}, {"track_running_stats": False})], "n3", (TAME,),
    ),
    "Bilinear": ([{"in1_features": 2, "in2_features": 3, "out_features": 2}], "n2,n3", ()),
    "CosineSimilarity": ([{}, {"dim": 0}], "n3,n3", (TAME, TAME)),
    "Dropout1d": ([{}], "nab", ()),
    "Dropout2d": ([{}], "na2b", ()),
    "Embedding": ([{"num_embeddings": 4, "embedding_dim": 2}], "n", ("labels:4",)),
    "EmbeddingBag": (
        [{"num_embeddings": 4, "embedding_dim": 2, "mode": mode} for mode in ("sum", "mean", "max")],
        "n2", ("labels:4",),
    ),
    "FeatureAlphaDropout": ([{}], "nab", ()),
    "Flatten": ([{}, {"start_dim": 0}], "nab", ()),
    "GLU": ([{}, {"dim": 0}], "24", ()),
    "GroupNorm": ([{"num_groups": 2, "num_channels": 4}], "n4m", (TAME,)),
    "LayerNorm": ([{"normalized_shape": 3}, {"normalized_shape": 3, "elementwise_affine": False}], "n3", (TAME,)),
    "Linear": (
        [{"in_features": 3, "out_features": 2}, {"in_features": 3, "out_features": 2, "bias": False}], "...3", (),
    ),
    "LogSoftmax": ([{"dim": 0}, {"dim": -1}], "nm", ()),
    "PairwiseDistance": ([{}, {"p": 1}, {"keepdim": True}], "n3,n3", (TAME, TAME)),
    "PReLU": ([{"num_parameters": 3}], "n3", ()),
    "RMSNorm": ([{"normalized_shape": 3}, {"normalized_shape": 3, "eps": 1e-3}], "n3", (TAME,)),
    "Softmax": ([{"dim": 0}, {"dim": -1}], "nm", ()),
    "Softmax2d": ([{}], "2ab", ()),
    "Softmin": ([{"dim": 0}, {"dim": -1}], "nm", ()),
    "Unflatten": ([{"dim": 1, "unflattened_size": (2, 2)}], "n4", ()),
}  # fmt: skip
LOSSES: dict[str, Row] = {
    "BCELoss": ([{}, {"weight": WEIGHT}], "n3,n3", ("unit", "unit")),
    "BCEWithLogitsLoss": ([{}, {"weight": WEIGHT, "pos_weight": WEIGHT}], "n3,n3", ("real", "unit")),
    "CosineEmbeddingLoss": ([{}, {"margin": 0.25}], "n3,n3,n", (TAME, TAME, "signs")),
    "CrossEntropyLoss": (
        [{}, {"weight": WEIGHT}, {"label_smoothing": 0.25},
         {"weight": WEIGHT, "label_smoothing": 0.25, "ignore_index": 0}],
        "n3,n", ("real", "labels:3"),
    ),
    "GaussianNLLLoss": ([{}, {"full": True}], "n3,n3,n3", (TAME, TAME, (0.25, 4.0))),
    "HingeEmbeddingLoss": ([{}, {"margin": 0.5}], "n3,n3", ("real", "signs")),
    "HuberLoss": ([{}, {"delta": 0.5}], "n3,n3", ()),
    "KLDivLoss": ([{}], "n3,n3", ("real", "positive")),
    "L1Loss": ([{}], "n3,n3", ()),
    "MSELoss": ([{}], "n3,n3", ()),
    "MarginRankingLoss": ([{}, {"margin": 0.5}], "n,n,n", ("real", "real", "signs")),
    "MultiLabelMarginLoss": ([{}], "n3,n3", ("real", "labels:3")),
    "MultiLabelSoftMarginLoss": ([{}, {"weight": WEIGHT}], "n3,n3", ("real", "unit")),
    "MultiMarginLoss": ([{}, {"p": 2}, {"margin": 0.5, "weight": WEIGHT}], "n3,n", ("real", "labels:3")),
    "NLLLoss": ([{}, {"weight": WEIGHT}, {"ignore_index": 1}], "n3,n", ("real", "labels:3")),
    "PoissonNLLLoss": ([{}, {"log_input": False}], "n3,n3", ((0.25, 3.0), (0.0, 1.0))),
    "SmoothL1Loss": ([{}, {"beta": 0.5}, {"beta": 0.0}], "n3,n3", ()),
    "SoftMarginLoss": ([{}], "n3,n3", (TAME, "signs")),
    "TripletMarginLoss": ([{}, {"p": 1, "margin": 0.5}, {"swap": True}], "n3,n3,n3", (TAME, TAME, TAME)),
    "TripletMarginWithDistanceLoss": ([{}, {"swap": True}], "n3,n3,n3", (TAME, TAME, TAME)),
}  # fmt: skip
# Containers, and modules that become others of this list once they have seen an input
OTHERS = {"DataParallel", "LazyBatchNorm1d", "LazyLinear", "Module", "ModuleDict", "ModuleList", "ParameterDict",
          "ParameterList", "Sequential"}  # fmt: skip
CASES: list[tuple[str, dict[str, Any], str, tuple[Any, ...]]] = [
    *((name, options, "*", ()) for name, rows in POINTWISE.items() for options in rows),
    *((name, options, shapes, domains) for name, (rows, shapes, domains) in LAYERS.items() for options in rows),
    *(
        (name, options | how, shapes, domains)
        for name, (rows, shapes, domains) in LOSSES.items()
        for options in rows
        for how in REDUCTIONS
    ),
]


def test_every_module_is_here() -> None:
    modules = {n for n, m in vars(nn).items() if inspect.isclass(m) and issubclass(m, nn.Module)}
    assert modules == {*POINTWISE, *LAYERS, *LOSSES, *OTHERS}


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")
@pytest.mark.parametrize(("name", "options", "shapes", "domains"), CASES, ids=lambda x: str(x)[:60])
def test_module(name: str, options: dict[str, Any], shapes: str, domains: tuple[Any, ...]) -> None:
    module = getattr(nn, name)(**options).double()
    check(module, shapes, domains)


@pytest.mark.parametrize("name", ["BatchNorm1d", "Dropout", "RReLU", "AlphaDropout"])
def test_module_in_evaluation(name: str) -> None:
    module = nn.BatchNorm1d(3).double() if name == "BatchNorm1d" else getattr(nn, name)()
    check(module.eval(), "n3", (TAME,))


def check(module: Any, shapes: str, domains: tuple[Any, ...]) -> None:
    """A function of parameters and inputs, all drawn; noise is the same in every call."""
    names = [name for name, _ in module.named_parameters()]
    sizes = ["".join(map(str, p.shape)) for p in module.parameters()]
    count = len(shapes.split(","))

    def op(*args: Any) -> Any:
        torch.manual_seed(0)
        tensors = [x if x.dtype == torch.int64 else x.to(args[0].dtype) for x in args]
        inputs = tensors[len(names) :]
        state = {name: b if b is None else b.to(args[0].dtype) for name, b in module.named_buffers()}
        return torch.func.functional_call(module, state | dict(zip(names, tensors, strict=False)), tuple(inputs))

    op.__qualname__ = type(module).__name__
    kinds = [*[TAME] * len(names), *domains, *["real"] * (count - len(domains))]
    signs = [i for i, kind in enumerate(kinds) if kind == "signs"]
    drawn = signature(",".join([*sizes, shapes]), *("mask" if kind == "signs" else kind for kind in kinds))
    inputs = drawn.map(lambda xs: tuple(np.where(x, 1, -1) if i in signs else x for i, x in enumerate(xs)))
    # Noise is drawn in the order of memory, as PyTorch's is: in another layout it is another function.
    noisy = "Dropout" in op.__qualname__ or op.__qualname__ == "RReLU"
    # RMSNorm's eps is the dtype's own, unless one is given: at 0 it is another function in float32.
    of_its_dtype = getattr(module, "eps", 0.0) is None
    left = {"layouts": noisy, "float32": of_its_dtype}
    battery = [check for check in ALL if not left.get(check)]
    check_op(op, inputs, battery=battery, max_examples=EXAMPLES, seed=0 if settings().derandomize else None)
