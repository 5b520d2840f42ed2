"""Activations, softmax, linear and losses beside PyTorch: values, gradients, second derivatives, dtypes, errors."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

import torch.nn.functional as TF  # noqa: E402

import microdl  # noqa: E402
from microdl.nn import functional as MF  # noqa: E402

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def fresh_numbers():
    """The same numbers for a test, whichever others run."""
    global RNG
    RNG = np.random.default_rng(0)


DTYPES = [np.float32, np.float64]


def both(array, grad=True):
    ours, theirs = microdl.tensor(array.copy()), torch.tensor(array.copy())
    if grad and array.dtype.kind == "f":
        ours.requires_grad_()
        theirs.requires_grad_()
    return ours, theirs


def close(ours, theirs, dtype, scale=1.0):
    rtol, atol = (2e-5, 2e-6) if dtype == np.float32 else (1e-11, 1e-12)
    np.testing.assert_allclose(
        ours.detach().numpy(), theirs.detach().numpy(force=True), rtol=rtol * scale, atol=atol * scale, equal_nan=True
    )


def check(call, arrays, *, wrt=(0,), second=True, dtype=None, scale=1.0):
    """`call(F, *tensors)` on both sides: the result, its gradients, and the gradient of those."""
    dtype = dtype or arrays[0].dtype
    pairs = [both(a, grad=i in wrt) for i, a in enumerate(arrays)]
    outs = [call(F, *ts) for F, ts in zip((MF, TF), zip(*pairs, strict=True), strict=True)]
    assert str(outs[0].dtype) == str(outs[1].dtype)
    assert tuple(outs[0].shape) == tuple(outs[1].shape)
    close(*outs, dtype, scale)
    seed = np.asarray(RNG.normal(size=tuple(outs[1].shape)), outs[0].detach().numpy().dtype)
    seeds = both(seed)
    grads = []
    for lib, out, g, k in zip((microdl, torch), outs, seeds, range(2), strict=True):
        inputs = [pairs[i][k] for i in wrt]
        grads.append(lib.autograd.grad([out], inputs, [g], create_graph=second))
    for ours, theirs in zip(*grads, strict=True):
        assert str(ours.dtype) == str(theirs.dtype)
        close(ours, theirs, dtype, scale)
    if second:
        check_second(grads, pairs, seeds, wrt, dtype, scale)


def check_second(grads, pairs, seeds, wrt, dtype, scale):
    weights = [RNG.normal(size=tuple(g.shape)).astype(g.detach().numpy().dtype) for g in grads[1]]
    totals = [
        sum((g * lib.tensor(np.asarray(w))).sum() for g, w in zip(gs, weights, strict=True))
        for lib, gs in zip((microdl, torch), grads, strict=True)
    ]
    for total, k in zip(totals, range(2), strict=True):
        total.backward(inputs=[*(pairs[i][k] for i in wrt), seeds[k]])
    for ours, theirs in [*(pairs[i] for i in wrt), seeds]:
        if theirs.grad is None:
            assert ours.grad is None or not ours.grad.numpy().any()
        elif ours.grad is None:
            assert not theirs.grad.numpy().any()
        else:
            close(ours.grad, theirs.grad, dtype, 10 * scale)


# --- activations -------------------------------------------------------------------------------------------

ACTIVATIONS = [
    "relu", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "softplus", "hardtanh", "relu6", "logsigmoid",
    "hardsigmoid", "hardswish", "mish", "softsign", "tanhshrink", "sigmoid", "tanh",
]  # fmt: skip
OPTIONS = [
    ("leaky_relu", (0.2,)), ("elu", (0.5,)), ("celu", (2.0,)), ("softplus", (2.0, 5.0)), ("hardtanh", (-0.5, 2.0)),
    ("threshold", (0.5, 20.0)),
]  # fmt: skip


def loose(name):
    """PyTorch computes with a sixth, and with BCE's floor, rounded to float32 in float64 too."""
    return 1e4 if name in ("hardsigmoid", "binary_cross_entropy") else 1.0


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "args"), [*((n, ()) for n in ACTIVATIONS), *OPTIONS])
def test_activation(name, args, dtype):
    x = np.concatenate([RNG.normal(size=40) * 4, [0.0, 1.0, -1.0, 3.0, -3.0, 6.0, 30.0, -30.0]]).astype(dtype)
    twice = name not in ("hardsigmoid", "hardtanh", "relu6", "threshold", "hardswish")
    check(lambda F, t: getattr(F, name)(t, *args), [x.reshape(4, 12)], second=twice, scale=loose(name))


@pytest.mark.parametrize("name", ["hardtanh", "relu6", "hardswish"])
def test_activation_second_derivative_away_from_corners(name):
    x = np.array([-4.0, -2.1, -0.3, 0.4, 2.2, 5.0, 7.0])
    check(lambda F, t: getattr(F, name)(t), [x], scale=loose(name))


@pytest.mark.parametrize("name", [n for n in ACTIVATIONS if n != "gelu"])
def test_activation_at_nan_and_infinity(name):
    x = np.array([np.nan, np.inf, -np.inf, 200.0, -200.0])
    ours, theirs = (getattr(F, name)(lib.tensor(x)) for F, lib in ((MF, microdl), (TF, torch)))
    if name == "softsign":  # inf / inf
        x = x[3:]
    close(ours, theirs, np.float64)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_gradient_at_nan(name):
    x = np.array([np.nan, 0.5])
    (a, b) = both(x)
    getattr(MF, name)(a).sum().backward()
    getattr(TF, name)(b).sum().backward()
    close(a.grad, b.grad, np.float64, loose(name))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_of_integers(name):
    try:
        theirs = getattr(TF, name)(torch.tensor([-1, 0, 2]))
    except NotImplementedError as error:
        text = str(error)
        with pytest.raises(NotImplementedError) as caught:
            getattr(MF, name)(microdl.tensor([-1, 0, 2]))
        assert str(caught.value).startswith(text)
    else:
        ours = getattr(MF, name)(microdl.tensor([-1, 0, 2]))
        assert str(ours.dtype) == str(theirs.dtype)
        close(ours, theirs, np.float32)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "selu", "celu", "silu", "hardtanh", "relu6", "mish",
                                  "hardsigmoid", "hardswish"])  # fmt: skip
def test_activation_in_place(name):
    x = np.array([-2.0, -0.5, 0.5, 4.0])
    for lib, F in ((microdl, MF), (torch, TF)):
        leaf = lib.tensor(x, requires_grad=True)
        y = leaf * 1
        assert getattr(F, name)(y, inplace=True) is y
        y.sum().backward()
        if lib is microdl:
            ours = leaf.grad, y
        else:
            close(ours[0], leaf.grad, np.float64, loose(name))
            close(ours[1], y, np.float64)


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 2), (4,), ()])
@pytest.mark.parametrize("per_channel", [False, True])
def test_prelu(shape, per_channel):
    channels = shape[1] if per_channel and len(shape) > 1 else 1
    arrays = [np.asarray(RNG.normal(size=shape)), RNG.normal(size=channels)]
    check(lambda F, t, w: F.prelu(t, w), arrays, wrt=(0, 1))


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu(approximate):
    check(lambda F, t: F.gelu(t, approximate=approximate), [np.linspace(-9, 9, 61)])


@pytest.mark.parametrize("dtype", DTYPES)
def test_dropout_is_the_same_stream(dtype):
    x = RNG.normal(size=(5, 7)).astype(dtype)
    microdl.random.manual_seed(3)
    torch.manual_seed(3)
    ours, theirs = MF.dropout(microdl.tensor(x), 0.3), TF.dropout(torch.tensor(x), 0.3)
    assert ours.shape == tuple(theirs.shape)
    assert ours.dtype == microdl.tensor(x).dtype
    kept = ours.numpy() != 0
    np.testing.assert_allclose(ours.numpy()[kept], (x / 0.7)[kept], rtol=1e-6)


# --- softmax -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
@pytest.mark.parametrize(
    ("shape", "dim"),
    [((5,), 0), ((3, 4), 1), ((3, 4), 0), ((40, 10), -1), ((40, 10), 0), ((2, 30, 5), 1), ((8, 9, 4), 2), ((), 0)],
)
def test_softmax(name, shape, dim, dtype):
    x = np.asarray(RNG.normal(size=shape) * 5, dtype)
    check(lambda F, t: getattr(F, name)(t, dim), [x])


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("size", [3, 400])
def test_softmax_extremes(name, size):
    rows = np.array([[1e30, 0, -1e30], [np.nan, 0, 1], [-np.inf, 0, 1], [np.inf, 0, 1], [-np.inf] * 3], np.float32)
    x = np.repeat(rows, size // 3, axis=0)
    ours, theirs = (getattr(F, name)(lib.tensor(x), 1) for F, lib in ((MF, microdl), (TF, torch)))
    close(ours, theirs, np.float32)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
def test_softmax_dtype(name):
    x = np.array([[1, 2, 5]])
    ours, theirs = (getattr(F, name)(lib.tensor(x), 1, dtype=lib.float64) for F, lib in ((MF, microdl), (TF, torch)))
    assert str(ours.dtype) == str(theirs.dtype)
    close(ours, theirs, np.float64)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
@pytest.mark.parametrize("dim", [0, 1])
def test_softmax_of_nothing(shape, dim):
    x = np.zeros(shape, np.float32)
    check(lambda F, t: F.softmax(t, dim), [x], second=False)


# --- linear ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    ("shape", "outputs"),
    [((64, 64), 10), ((3,), 4), ((2, 3, 5), 4), ((1, 3), 1), ((0, 3), 2), ((256, 1000), 10), ((7, 40), 300)],
)
def test_linear(shape, outputs, bias, dtype):
    arrays = [
        RNG.normal(size=shape).astype(dtype),
        (RNG.normal(size=(outputs, shape[-1])) * 0.1).astype(dtype),
        RNG.normal(size=outputs).astype(dtype),
    ]
    if bias:
        check(lambda F, *ts: F.linear(*ts), arrays, wrt=(0, 1, 2), scale=20)
    else:
        check(lambda F, *ts: F.linear(*ts), arrays[:2], wrt=(0, 1), scale=20)


def test_linear_of_strided_and_transposed():
    arrays = [RNG.normal(size=(5, 6)), RNG.normal(size=(5, 4))]
    check(lambda F, x, w: F.linear(x.t()[:, ::2], w[::2].t()), arrays, wrt=(0, 1))


def test_linear_with_a_vector_weight():
    check(lambda F, x, w: F.linear(x, w), [RNG.normal(size=(4, 3)), RNG.normal(size=3)], wrt=(0, 1))


def test_linear_of_integers():
    x, w = np.ones((2, 3), np.int64), np.full((4, 3), 2)
    np.testing.assert_array_equal(
        MF.linear(microdl.tensor(x), microdl.tensor(w)).numpy(), TF.linear(torch.tensor(x), torch.tensor(w)).numpy()
    )


# --- classes -----------------------------------------------------------------------------------------------

REDUCTIONS = ["mean", "sum", "none"]
LABELLED = [((4,), ()), ((6, 4), (6,)), ((64, 10), (64,)), ((3, 4, 5), (3, 5)), ((2, 4, 3, 2), (2, 3, 2))]


def labelled(shape, labels, dtype):
    classes = shape[min(1, len(shape) - 1)]
    x = RNG.normal(size=shape).astype(dtype) * 3
    y = RNG.integers(0, classes, size=labels)
    return x, y, (RNG.random(classes) + 0.5).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "labels"), LABELLED)
@pytest.mark.parametrize(
    ("weighted", "ignore", "smoothing", "reduction"),
    list(itertools.product([False, True], [-100, 1], [0.0, 0.1, 1.0], REDUCTIONS)),
)
def test_cross_entropy_of_labels(shape, labels, weighted, ignore, smoothing, reduction, dtype):
    x, y, w = labelled(shape, labels, dtype)
    if y.size > 1:
        y.flat[0], y.flat[1] = max(ignore, 0), 0
    else:
        y[...] = 2

    def call(F, t):
        lib = microdl if F is MF else torch
        options = {"weight": lib.tensor(w)} if weighted else {}
        return F.cross_entropy(
            t, lib.tensor(y), ignore_index=ignore, label_smoothing=smoothing, reduction=reduction, **options
        )

    check(call, [x])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(4,), (6, 4), (3, 4, 5)])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_cross_entropy_of_probabilities(shape, weighted, smoothing, reduction, dtype):
    x, _, w = labelled(shape, (), dtype)
    target = RNG.dirichlet(np.ones(4), size=x.size // 4).astype(dtype).reshape(shape)

    def call(F, t, q):
        lib = microdl if F is MF else torch
        options = {"weight": lib.tensor(w)} if weighted else {}
        return F.cross_entropy(t, q, label_smoothing=smoothing, reduction=reduction, **options)

    check(call, [x, target], wrt=(0, 1))


@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_one_label_of_a_vector_may_be_1d(name, reduction):
    x, y = RNG.normal(size=4), np.array([2])
    ours, theirs = (
        getattr(F, name)(lib.tensor(x), lib.tensor(y), reduction=reduction) for F, lib in ((MF, microdl), (TF, torch))
    )
    assert tuple(ours.shape) == tuple(theirs.shape)
    close(ours, theirs, np.float64)


def test_cross_entropy_of_bytes_halves_and_a_deprecated_argument():
    x, y, _ = labelled((5, 4), (5,), np.float32)
    check(lambda F, t: F.cross_entropy(t, (microdl if F is MF else torch).tensor(y.astype(np.uint8))), [x])
    for F, lib in ((MF, microdl), (TF, torch)):
        half = F.cross_entropy(lib.tensor(x.astype(np.float16)), lib.tensor(y))
        assert str(half.dtype) == "torch.float16"
        with pytest.warns(UserWarning, match="size_average and reduce args will be deprecated.*'sum'"):
            summed = F.cross_entropy(lib.tensor(x), lib.tensor(y), size_average=False)
        if lib is microdl:
            ours = half, summed
    assert abs(ours[0].item() - half.item()) < 2e-3
    close(ours[1], summed, np.float32)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "labels"), LABELLED)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ignore", [-100, 1])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_nll_loss(shape, labels, weighted, ignore, reduction, dtype):
    x, y, w = labelled(shape, labels, dtype)
    if y.size > 1:
        y.flat[0], y.flat[1] = max(ignore, 0), 0
    else:
        y[...] = 2

    def call(F, t):
        lib = microdl if F is MF else torch
        options = {"weight": lib.tensor(w)} if weighted else {}
        return F.nll_loss(t, lib.tensor(y), ignore_index=ignore, reduction=reduction, **options)

    check(call, [x])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "labels"), [*LABELLED[:3], ((4,), (1,))])
@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("margin", [1.0, 0.3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_multi_margin_loss(shape, labels, p, margin, weighted, reduction, dtype):
    x, y, w = labelled(shape, labels, dtype)

    def call(F, t):
        lib = microdl if F is MF else torch
        options = {"weight": lib.tensor(w)} if weighted else {}
        return F.multi_margin_loss(t, lib.tensor(y), p=p, margin=margin, reduction=reduction, **options)

    check(call, [x], second=False)  # PyTorch has no second derivative of it


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    ("shape", "target"),
    [((3, 4), [[3, 0, -1, 1], [1, -1, 2, 2], [-1, 0, 0, 0]]), ((4,), [3, 0, -1, 1]), ((1, 2), [[0, 1]])],
)
def test_multilabel_margin_loss(shape, target, reduction):
    x = RNG.normal(size=shape)
    y = np.array(target)
    check(
        lambda F, t: F.multilabel_margin_loss(t, (microdl if F is MF else torch).tensor(y), reduction=reduction),
        [x],
        second=False,
    )


# --- pairs of tensors --------------------------------------------------------------------------------------


def signs(shape):
    return np.where(RNG.random(shape) < 0.5, -1.0, 1.0)


PAIRS = [
    ("mse_loss", {}, (0, 1), None),
    ("l1_loss", {}, (0, 1), None),
    ("smooth_l1_loss", {}, (0, 1), None),
    ("smooth_l1_loss", {"beta": 0.3}, (0, 1), None),
    ("smooth_l1_loss", {"beta": 0.0}, (0, 1), None),
    ("huber_loss", {}, (0, 1), None),
    ("huber_loss", {"delta": 0.3}, (0, 1), None),
    ("binary_cross_entropy", {}, (0, 1), "probabilities"),
    ("binary_cross_entropy_with_logits", {}, (0, 1), "targets"),
    ("soft_margin_loss", {}, (0,), "signs"),
    ("hinge_embedding_loss", {}, (0,), "signs"),
    ("hinge_embedding_loss", {"margin": 0.2}, (0,), "signs"),
    ("poisson_nll_loss", {}, (0,), "counts"),
    ("poisson_nll_loss", {"full": True}, (0,), "counts"),
    ("poisson_nll_loss", {"log_input": False}, (0,), "rates"),
    ("kl_div", {}, (0, 1), "targets"),
    ("kl_div", {"log_target": True}, (0, 1), None),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", [(6, 3), (5,), ()])
@pytest.mark.parametrize(("name", "options", "wrt", "kind"), PAIRS)
@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")
def test_pair_loss(name, options, wrt, kind, shape, reduction, dtype):
    x, y = np.asarray(RNG.normal(size=shape)), np.asarray(RNG.normal(size=shape))
    if kind == "probabilities":
        x = np.asarray(RNG.random(shape) * 0.98 + 0.01)
    if kind in ("probabilities", "targets"):
        y = np.asarray(RNG.random(shape))
    if kind == "signs":
        y = np.asarray(signs(shape))
    if kind in ("counts", "rates"):
        y = np.asarray(RNG.integers(0, 5, shape).astype(float))
    if kind == "rates":
        x = np.asarray(RNG.random(shape) + 0.1)
    arrays = [np.asarray(a, dtype) for a in (x, y)]
    check(
        lambda F, a, b: getattr(F, name)(a, b, reduction=reduction, **options), arrays, wrt=wrt, scale=3 * loose(name)
    )


def test_kl_div_batchmean():
    arrays = [RNG.normal(size=(6, 3)), RNG.random((6, 3))]
    check(lambda F, a, b: F.kl_div(a, b, reduction="batchmean"), arrays, wrt=(0, 1))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("which", ["weight", "pos_weight", "both"])
@pytest.mark.parametrize("shape", [(3,), (6, 3), (6, 1)])
def test_binary_weights(which, shape, reduction):
    w = RNG.random(shape) + 0.5

    def call(F, a, b):
        lib = microdl if F is MF else torch
        options = {k: lib.tensor(w) for k in ("weight", "pos_weight") if which in (k, "both")}
        return F.binary_cross_entropy_with_logits(a, b, reduction=reduction, **options)

    check(call, [RNG.normal(size=(6, 3)) * 3, RNG.random((6, 3))], wrt=(0, 1))
    if which == "weight":
        arrays = [RNG.random((6, 3)) * 0.98 + 0.01, RNG.random((6, 3))]
        check(
            lambda F, a, b: F.binary_cross_entropy(
                a, b, weight=(microdl if F is MF else torch).tensor(w), reduction=reduction
            ),
            arrays,
            wrt=(0, 1),
            scale=loose("binary_cross_entropy"),
        )


def test_binary_cross_entropy_at_the_ends():
    x, y = np.array([0.0, 1.0, 0.5, 0.0]), np.array([1.0, 1.0, 1.0, 0.0])
    check(lambda F, a, b: F.binary_cross_entropy(a, b), [x, y], second=False, scale=loose("binary_cross_entropy"))


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_weighted_regression(name, reduction):
    arrays = [RNG.normal(size=(4, 3)) for _ in range(2)] + [RNG.random((4, 3))]
    check(lambda F, a, b, w: getattr(F, name)(a, b, reduction=reduction, weight=w), arrays, wrt=(0, 1, 2))


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss"])
@pytest.mark.parametrize("target", [np.float64, np.int64])
def test_regression_promotes(name, target):
    x, y = RNG.normal(size=5).astype(np.float32), RNG.normal(size=5).astype(target)
    check(lambda F, a, b: getattr(F, name)(a, b), [x, y], second=False)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("margin", [0.0, 0.7])
def test_margin_ranking_loss(margin, reduction):
    arrays = [RNG.normal(size=6), RNG.normal(size=6), signs(6)]
    check(lambda F, a, b, y: F.margin_ranking_loss(a, b, y, margin=margin, reduction=reduction), arrays, wrt=(0, 1))


# --- normalisation and distances ---------------------------------------------------------------------------


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, np.inf])
def test_distances(p):
    arrays = [RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))]
    check(lambda F, a, b: F.pairwise_distance(a, b, p=p), arrays, wrt=(0, 1), second=p < 3)
    check(lambda F, a: F.normalize(a, p=p), arrays[:1], second=p < 3)
    check(lambda F, a, b: F.cosine_similarity(a, b), arrays, wrt=(0, 1), second=False)


def test_normalize_at_zero():
    check(lambda F, a: F.normalize(a), [np.zeros((2, 3))], second=False)


@pytest.mark.parametrize("affine", [False, True])
def test_layer_norm(affine):
    arrays = [RNG.normal(size=(5, 4, 3)), RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))]
    if affine:
        check(lambda F, *ts: F.layer_norm(ts[0], (4, 3), *ts[1:]), arrays, wrt=(0, 1, 2), scale=10)
    else:
        check(lambda F, x: F.layer_norm(x, (4, 3)), arrays[:1], scale=10)


@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 5)])
@pytest.mark.parametrize("training", [False, True])
def test_batch_norm(shape, training):
    x = RNG.normal(size=shape)
    stats = []

    def call(F, t, w, b):
        lib = microdl if F is MF else torch
        mean, var = lib.zeros(3, dtype=lib.float64), lib.ones(3, dtype=lib.float64)
        out = F.batch_norm(t, mean, var, w, b, training=training, momentum=0.3)
        stats.extend([mean, var])
        return out

    check(call, [x, RNG.normal(size=3), RNG.normal(size=3)], wrt=(0, 1, 2), scale=100)
    close(stats[0], stats[2], np.float64)
    close(stats[1], stats[3], np.float64)


def test_embedding():
    index = np.array([[0, 2], [2, 1]])
    w = RNG.normal(size=(4, 3))
    check(lambda F, t: F.embedding((microdl if F is MF else torch).tensor(index), t, padding_idx=2), [w], second=False)


# --- node names and errors ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_grad_fn_name(name):
    ours, theirs = both(np.array([0.3]))
    assert getattr(MF, name)(ours).grad_fn.name() == getattr(TF, name)(theirs).grad_fn.name()


X, Y = np.zeros((2, 3), np.float32), np.array([0, 1])
ERRORS = {
    "label": lambda F, t: F.cross_entropy(t(X), t(np.array([0, 10]))),
    "negative label": lambda F, t: F.cross_entropy(t(X), t(np.array([0, -1]))),
    "label dtype": lambda F, t: F.cross_entropy(t(X), t(Y.astype(np.int32))),
    "label count": lambda F, t: F.cross_entropy(t(X), t(np.array([0, 1, 2]))),
    "label columns": lambda F, t: F.cross_entropy(t(X), t(Y.reshape(2, 1))),
    "label places": lambda F, t: F.cross_entropy(t(np.zeros((2, 3, 4), np.float32)), t(np.zeros((2, 3), int))),
    "vector labels": lambda F, t: F.cross_entropy(t(X[0]), t(Y)),
    "integer probabilities": lambda F, t: F.cross_entropy(t(X), t(np.ones((2, 3), int))),
    "integer scores": lambda F, t: F.cross_entropy(t(X.astype(int)), t(Y)),
    "weight size": lambda F, t: F.cross_entropy(t(X), t(Y), weight=t(np.ones(4, np.float32))),
    "weight dtype": lambda F, t: F.cross_entropy(t(X), t(Y), weight=t(np.ones(3))),
    "smoothing": lambda F, t: F.cross_entropy(t(X), t(Y), label_smoothing=1.5),
    "reduction": lambda F, t: F.cross_entropy(t(X), t(Y), reduction="average"),
    "ignored probabilities": lambda F, t: F.cross_entropy(t(X), t(X), ignore_index=1),
    "target is a list": lambda F, t: F.cross_entropy(t(X), [0, 1]),
    "nll label": lambda F, t: F.nll_loss(t(X), t(np.array([0, 3]))),
    "nll 0-d": lambda F, t: F.nll_loss(t(np.float32(1)), t(np.array(0))),
    "nll integers": lambda F, t: F.nll_loss(t(X.astype(int)), t(Y)),
    "margin label": lambda F, t: F.multi_margin_loss(t(X), t(np.array([0, 3]))),
    "margin dtype": lambda F, t: F.multi_margin_loss(t(X), t(Y.astype(np.int32))),
    "margin p": lambda F, t: F.multi_margin_loss(t(X), t(Y), p=3),
    "margin count": lambda F, t: F.multi_margin_loss(t(X), t(np.array([0, 1, 2]))),
    "margin weight": lambda F, t: F.multi_margin_loss(t(X), t(Y), weight=t(np.ones(4, np.float32))),
    "bce range": lambda F, t: F.binary_cross_entropy(t(X + 2), t(X)),
    "bce target": lambda F, t: F.binary_cross_entropy(t(X), t(X + 2)),
    "bce dtype": lambda F, t: F.binary_cross_entropy(t(X), t(X.astype(np.float64))),
    "bce shape": lambda F, t: F.binary_cross_entropy(t(X[:, 0]), t(X[:, :1])),
    "logits shape": lambda F, t: F.binary_cross_entropy_with_logits(t(X[:, 0]), t(X[:, :1])),
    "logits dtype": lambda F, t: F.binary_cross_entropy_with_logits(t(X), t(X.astype(int))),
    "beta": lambda F, t: F.smooth_l1_loss(t(X), t(X), beta=-1.0),
    "delta": lambda F, t: F.huber_loss(t(X), t(X), delta=0.0),
    "linear": lambda F, t: F.linear(t(X), t(np.zeros((4, 5), np.float32))),
    "linear bool": lambda F, t: F.linear(t(X.astype(bool)), t(X.astype(bool))),
    "linear 0-d": lambda F, t: F.linear(t(np.float32(1)), t(X)),
    "softmax dim": lambda F, t: F.softmax(t(X), 2),
    "softmax integers": lambda F, t: F.softmax(t(X.astype(int)), 1),
    "gelu": lambda F, t: F.gelu(t(X), approximate="erf"),
    "dropout": lambda F, t: F.dropout(t(X), 1.5),
    "hardtanh": lambda F, t: F.hardtanh(t(X), 1.0, -1.0),
    "celu": lambda F, t: F.celu(t(X), 0.0),
    "prelu": lambda F, t: F.prelu(t(X), t(np.zeros(2, np.float32))),
    "relu": lambda F, t: F.relu(t(X.astype(bool))),
    "kl": lambda F, t: F.kl_div(t(X.astype(int)), t(X)),
}


@pytest.mark.parametrize("case", ERRORS)
def test_error_is_pytorchs(case):
    """The type is PyTorch's, and the text begins as PyTorch's does, before the remedy."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(Exception) as theirs:  # noqa: PT011 - which one it is, is what is compared
            ERRORS[case](TF, torch.tensor)
    with pytest.raises(type(theirs.value)) as ours:
        ERRORS[case](MF, microdl.tensor)
    expected = str(theirs.value).split("\n")[0].rstrip(". ")
    assert str(ours.value).startswith(expected[:60])
