"""Layers and losses beyond the first ones against PyTorch's: value, gradients, dtype, shape, printing, exceptions."""

import math
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

import microdl  # noqa: E402 - after importorskip

BOTH = (microdl, torch)


@pytest.fixture(autouse=True)
def _double():
    """Float64, so that a difference is one of the formula."""
    for t in BOTH:
        t.set_default_dtype(t.float64)
    yield
    for t in BOTH:
        t.set_default_dtype(t.float32)


def filled(t, *shape):
    """Uneven numbers of both signs, a leaf."""
    n = math.prod(shape)
    return (t.linspace(-2, 2, n).reshape(shape) ** 2 - 0.7 * t.linspace(-1, 2, n).reshape(shape)).requires_grad_()


def outcome(t, build):
    """The value and the gradients of what `build` returns with its leaves, or the type of the exception."""
    t.manual_seed(3)
    try:
        out, *leaves = build(t)
        if out.requires_grad:
            out.backward(t.linspace(0.5, 1.5, out.numel()).reshape(out.shape))
    except Exception as error:
        return type(error)
    return [out, *(leaf.grad for leaf in leaves)]


def agree(build):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = (outcome(t, build) for t in BOTH)
    if isinstance(theirs, type) or isinstance(ours, type):
        assert ours is theirs
        return
    for x, y in zip(ours, theirs, strict=True):
        assert (x is None) == (y is None)
        if y is not None:
            a, b = x.detach().numpy(), y.detach().numpy()
            assert (a.dtype, a.shape) == (b.dtype, b.shape)
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


LAYERS = [
    "GLU()", "GLU(0)", "GLU(5)", "Hardshrink()", "Softshrink(0.7)", "Softshrink(-1.)", "RReLU()", "RReLU(0.1, 0.4)",
    "RReLU(2, 1)", "AlphaDropout(0.3)", "AlphaDropout(1.)", "AlphaDropout(1.5)", "FeatureAlphaDropout(0.4)",
    "Dropout1d(0.5)", "RMSNorm(4)", "RMSNorm((6, 4), 1e-3)", "RMSNorm(4, elementwise_affine=False)", "RMSNorm(3)",
    "GroupNorm(2, 4)", "GroupNorm(4, 4, affine=False)", "GroupNorm(3, 4)", "GroupNorm(3, 6)", "Softmax2d()",
    "LazyBatchNorm1d()", "LazyBatchNorm1d(affine=False)", "LazyBatchNorm1d(track_running_stats=False)",
]  # fmt: skip


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("shape", [(6, 4), (3, 4, 2), (4,), (2, 3, 4, 2)])
@pytest.mark.parametrize("layer", LAYERS)
def test_layers(layer, shape, train):
    def build(t):
        module = eval(f"nn.{layer}", {"nn": t.nn}).train(train)  # noqa: S307 - of the table above
        x = filled(t, *shape)
        return module(x), x, *module.parameters()

    agree(build)


PRINTED = [
    "GLU()", "Hardshrink()", "Softshrink(2)", "RReLU()", "RReLU(inplace=True)", "AlphaDropout(0.3)", "RMSNorm(3)",
    "GroupNorm(2, 4)", "Bilinear(2, 3, 4)", "CosineSimilarity()", "PairwiseDistance()", "EmbeddingBag(3, 2)",
    "CosineEmbeddingLoss()", "TripletMarginLoss()", "GaussianNLLLoss()", "MultiLabelSoftMarginLoss()", "Softmax2d()",
    "LazyBatchNorm1d()", "Dropout1d()", "EmbeddingBag(3, 2, mode='max', padding_idx=0, max_norm=1)",
    "Embedding(3, 2, 1, max_norm=1, scale_grad_by_freq=True, sparse=True)", "TripletMarginWithDistanceLoss()",
    "FeatureAlphaDropout()", "DataParallel(nn.Linear(1, 1))",
]  # fmt: skip


@pytest.mark.parametrize("layer", PRINTED)
def test_printing(layer):
    ours, theirs = (eval(f"nn.{layer}", {"nn": t.nn}) for t in BOTH)  # noqa: S307 - of the table above
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())


@pytest.mark.parametrize("sizes", [((6, 4), (6, 3)), ((4,), (3,)), ((2, 2, 4), (2, 2, 3)), ((6, 4), (6, 2))])
@pytest.mark.parametrize("bias", [True, False])
def test_bilinear(sizes, bias):
    def build(t):
        layer = t.nn.Bilinear(4, 3, 2, bias=bias)
        x, y = (filled(t, *s) for s in sizes)
        return layer(x, y), x, y, *layer.parameters()

    agree(build)


EMBEDDING = ["", "padding_idx=1", "padding_idx=-1, scale_grad_by_freq=True", "max_norm=1.", "max_norm=.5, norm_type=1."]


@pytest.mark.parametrize("options", EMBEDDING)
def test_embedding(options):
    def build(t):
        layer = eval(f"nn.Embedding(5, 3, {options})", {"nn": t.nn})  # noqa: S307 - of the table above
        return layer(t.tensor([[1, 2, 1], [4, 0, 1]])) * 1.0, layer.weight

    agree(build)


BAGS = {
    "rows": lambda t: (t.tensor([[1, 2, 1], [4, 0, 1]]),),
    "offsets": lambda t: (t.tensor([2, 1, 4, 0, 1, 3]), t.tensor([0, 2, 5])),
    "an empty bag": lambda t: (t.tensor([1, 2, 1, 4, 0, 1]), t.tensor([0, 2, 2])),
    "no offsets": lambda t: (t.tensor([1, 2]),),
    "late offset": lambda t: (t.tensor([1, 2]), t.tensor([1])),
    "both": lambda t: (t.tensor([[1, 2]]), t.tensor([0])),
}


@pytest.mark.parametrize("mode", ["sum", "mean", "max", "least"])
@pytest.mark.parametrize("options", ["", ", padding_idx=1", ", max_norm=1.", ", include_last_offset=True"])
@pytest.mark.parametrize("bags", BAGS)
def test_embedding_bag(mode, options, bags):
    # PyTorch's maximum of an empty bag has an index of -1, which its backward writes to: it can crash
    trains = mode != "max" or bags == "rows"

    def build(t):
        layer = eval(f"nn.EmbeddingBag(5, 3, mode='{mode}'{options})", {"nn": t.nn})  # noqa: S307 - of the table above
        out = layer(*BAGS[bags](t)) * 1.0
        return (out, layer.weight) if trains else (out.detach(),)

    agree(build)


@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_weighted_bags(mode):
    def build(t):
        layer = t.nn.EmbeddingBag(5, 3, mode=mode)
        weights = filled(t, 6)
        return layer(t.tensor([1, 2, 1, 4, 0, 1]), t.tensor([0, 2]), weights) * 1.0, layer.weight, weights

    agree(build)


REDUCTIONS = ["mean", "sum", "none", "most"]


@pytest.mark.parametrize("how", REDUCTIONS)
@pytest.mark.parametrize("target", [[1, -1, 1], [1, 1], 1])
def test_cosine_embedding_loss(how, target):
    def build(t):
        x, y = filled(t, 3, 4), t.linspace(-1, 2, 12).reshape(3, 4).square().requires_grad_()
        return t.nn.CosineEmbeddingLoss(0.1, reduction=how)(x, y, t.tensor(target)), x, y

    agree(build)


@pytest.mark.parametrize("how", REDUCTIONS)
@pytest.mark.parametrize("options", [{}, {"swap": True}, {"p": 1.0}, {"margin": 3.0}, {"margin": 0.0}])
def test_triplet_margin_loss(how, options):
    def build(t):
        x, y, z = filled(t, 3, 4), t.linspace(-1, 2, 12).reshape(3, 4), t.linspace(0, 3, 12).reshape(3, 4).sin()
        return t.nn.TripletMarginLoss(**options, reduction=how)(x, y, z), x

    agree(build)


@pytest.mark.parametrize("how", REDUCTIONS)
@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("shape", [(3, 4), (3, 1), (3,), (2,)])
def test_gaussian_nll_loss(how, full, shape):
    def build(t):
        x, variance = filled(t, 3, 4), t.linspace(0, 1, math.prod(shape)).reshape(shape).requires_grad_()
        loss = t.nn.GaussianNLLLoss(full=full, reduction=how)
        return loss(x, t.linspace(-1, 2, 12).reshape(3, 4), variance), x, variance

    agree(build)


@pytest.mark.parametrize("how", REDUCTIONS)
@pytest.mark.parametrize("shape", [(3, 4), (4,), (2, 4)])
def test_multilabel_soft_margin_loss(how, shape):
    def build(t):
        x = filled(t, 3, 4) if len(shape) == 2 else filled(t, 4)
        loss = t.nn.MultiLabelSoftMarginLoss(t.linspace(0.5, 1, 4), reduction=how)
        return loss(x, (t.linspace(-1, 2, math.prod(shape)).reshape(shape) > 0).float()), x

    agree(build)


@pytest.mark.parametrize("pad", [(1, 2), (1, 2, 3, 1), (-1, 1), (0, 0), (1,), (1, 1, 1, 1, 1, 1), (5, 5), (-3, -3)])
@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular", "wrap"])
@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4), (1, 2, 3, 4)])
def test_pad(pad, mode, shape):
    def build(t):
        x = filled(t, *shape)
        return t.nn.functional.pad(x, pad, mode), x

    agree(build)


@pytest.mark.parametrize("hard", [True, False])
@pytest.mark.parametrize("shape", [(3, 4), (30, 40)])
def test_gumbel_softmax(hard, shape):
    def build(t):
        x = filled(t, *shape)
        return t.nn.functional.gumbel_softmax(x, 0.5, hard), x

    agree(build)


@pytest.mark.parametrize("name", ["celu_", "elu_", "hardtanh_", "leaky_relu_", "selu_", "rrelu_", "relu_"])
def test_activations_in_place(name):
    def build(t):
        x = filled(t, 3, 4)
        y = x * 1.0
        assert getattr(t.nn.functional, name)(y) is y
        return y, x

    agree(build)
