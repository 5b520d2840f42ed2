"""Losses and the linear step: references in NumPy, options, refusals, second derivatives."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import microdl as torch
from microdl import nn
from microdl.nn import functional as F

SCORES = [[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]]  # rows: images of a cat, a car, a frog
LABELS = [0, 1, 2]


# --- references --------------------------------------------------------------------------------------------


def reference_cross_entropy(x, y, weight, ignore_index, smoothing, reduction):
    logp = x - x.max(1, keepdims=True)
    logp = logp - np.log(np.exp(logp).sum(1, keepdims=True))
    kept = y != ignore_index
    safe = np.where(kept, y, 0)
    rows = np.arange(len(y))
    each = -(1 - smoothing) * weight[safe] * logp[rows, safe] - smoothing / x.shape[1] * (weight * logp).sum(1)
    each = np.where(kept, each, 0)
    if reduction == "none":
        return each
    return each.sum() / ((weight[safe] * kept).sum() if reduction == "mean" else 1)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_cross_entropy_against_numpy(data):
    n, c = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 7))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**16)))
    dtype, rtol = data.draw(st.sampled_from([(np.float32, 2e-5), (np.float64, 1e-12)]))
    x, y = (rng.normal(size=(n, c)) * 4).astype(dtype), rng.integers(0, c, n)
    weight = (rng.random(c) + 0.1).astype(dtype) if data.draw(st.booleans()) else None
    ignore = data.draw(st.sampled_from([-100, 0]))
    if (y == ignore).all():
        y[0] = c - 1
    if (y == ignore).all():
        return
    smoothing = data.draw(st.sampled_from([0.0, 0.3]))
    reduction = data.draw(st.sampled_from(["mean", "sum", "none"]))
    wide = np.ones(c) if weight is None else weight.astype(np.float64)
    arguments = (wide, ignore, smoothing, reduction)
    expected = reference_cross_entropy(x.astype(np.float64), y, *arguments)
    t = torch.tensor(x)
    loss = F.cross_entropy(
        t, torch.tensor(y), None if weight is None else torch.tensor(weight), None, ignore, None, reduction, smoothing
    )
    assert loss.detach().numpy().dtype == dtype
    np.testing.assert_allclose(loss.detach().numpy(), expected, rtol=rtol, atol=rtol)
    scale = None if weight is None else torch.tensor(weight, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda s: F.cross_entropy(s, torch.tensor(y), scale, None, ignore, None, reduction, smoothing),
        torch.tensor(x, dtype=torch.float64, requires_grad=True),
    )


@pytest.mark.parametrize("options", [{}, {"reduction": "sum"}, {"label_smoothing": 0.2}, {"weighted": True}])
def test_strides_and_read_only_memory_do_not_matter(options):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 4)), rng.integers(0, 4, 6)
    options = dict(options)
    if options.pop("weighted", False):
        options["weight"] = torch.tensor(rng.random(4))
    wide, twice = np.zeros((12, 4)), np.repeat(y, 2)
    wide[::2] = x
    frozen = y.copy()
    frozen.flags.writeable = False
    expected = F.cross_entropy(torch.tensor(x), torch.tensor(y), **options).item()
    for scores, labels in (
        (torch.from_numpy(wide)[::2], torch.from_numpy(twice)[::2]),
        (torch.from_numpy(np.asfortranarray(x)), torch.from_numpy(frozen)),
        (torch.from_numpy(x), torch.from_numpy(y.astype(np.uint8))),
    ):
        scores = scores.detach().requires_grad_()
        loss = F.cross_entropy(scores, labels, **options)
        assert loss.item() == pytest.approx(expected, rel=1e-12)
        loss.backward()
        assert scores.grad.shape == (6, 4)


PAIRS = {
    "mse_loss": lambda x, y: (x - y) ** 2,
    "l1_loss": lambda x, y: np.abs(x - y),
    "smooth_l1_loss": lambda x, y: np.where(np.abs(x - y) < 1, 0.5 * (x - y) ** 2, np.abs(x - y) - 0.5),
    "huber_loss": lambda x, y: np.where(np.abs(x - y) < 1, 0.5 * (x - y) ** 2, np.abs(x - y) - 0.5),
    "binary_cross_entropy_with_logits": lambda x, y: np.logaddexp(0, x) - x * y,
    "soft_margin_loss": lambda x, y: np.logaddexp(0, -x * y),
    "poisson_nll_loss": lambda x, y: np.exp(x) - x * y,
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("shape", [(), (5,), (2, 3)])
def test_pair_loss_against_numpy(name, reduction, shape):
    rng = np.random.default_rng(1)
    x, y = (np.asarray(rng.normal(size=shape)) for _ in range(2))
    before = x.copy(), y.copy()
    t = torch.from_numpy(x).requires_grad_()
    loss = getattr(F, name)(t, torch.from_numpy(y), reduction=reduction)
    finish = {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction]
    np.testing.assert_allclose(loss.detach().numpy(), finish(PAIRS[name](x, y)), rtol=1e-12)
    loss.sum().backward()
    h = 1e-6
    slope = (PAIRS[name](x + h, y) - PAIRS[name](x - h, y)) / (2 * h)
    np.testing.assert_allclose(t.grad.numpy(), slope / (x.size if reduction == "mean" else 1), rtol=1e-5, atol=1e-8)
    np.testing.assert_array_equal(before, (x, y))


def test_multi_margin_weight_and_margin():
    x, y = torch.tensor(SCORES), torch.tensor(LABELS)
    w = torch.tensor([1.0, 2.0, 0.5])
    losses = F.multi_margin_loss(x, y, margin=0.5, weight=w, reduction="none") * 3
    assert losses.tolist() == pytest.approx([2.4, 0.0, 0.5 * (5.8 + 6.1)], rel=1e-5)


def test_other_losses_by_hand():
    t = torch.tensor
    assert F.hinge_embedding_loss(t([0.3, 0.3]), t([1, -1]), reduction="none").tolist() == pytest.approx([0.3, 0.7])
    ranked = F.margin_ranking_loss(t([1.0, 1.0]), t([2.0, 2.0]), t([1.0, -1.0]), margin=0.5, reduction="none")
    assert ranked.tolist() == [1.5, 0.0]
    # PyTorch's documentation: 0.25 * ((1-(0.1-0.2)) + (1-(0.1-0.4)) + (1-(0.8-0.2)) + (1-(0.8-0.4))) = 0.85
    scores, targets = t([[0.1, 0.2, 0.4, 0.8]]), t([[3, 0, -1, 1]])
    assert F.multilabel_margin_loss(scores, targets).item() == pytest.approx(0.85)
    q, p = t([[0.5, 0.5]]), t([[0.25, 0.75]])
    divergence = 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    assert F.kl_div(q.log(), p, reduction="batchmean").item() == pytest.approx(divergence, rel=1e-5)
    assert F.kl_div(q.log(), p.log(), reduction="sum", log_target=True).item() == pytest.approx(divergence, rel=1e-5)
    assert F.kl_div(t([[0.0]]), t([[0.0]]), reduction="sum").item() == 0


def test_bce_clamps_logarithms_at_minus_100():
    assert F.binary_cross_entropy(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 0.0])).item() == 100


def test_bce_with_logits_at_any_magnitude():
    x = torch.tensor([1e4, -1e4, 1e4, -1e4])
    losses = F.binary_cross_entropy_with_logits(x, torch.tensor([1.0, 0.0, 0.0, 1.0]), reduction="none")
    assert losses.tolist() == [0.0, 0.0, 1e4, 1e4]


def test_cross_entropy_at_any_magnitude():
    for n in (1, 50):
        x = torch.tensor([[1e30, 0.0], [0.0, 1e30]] * n)
        losses = F.cross_entropy(x, torch.tensor([0, 0] * n), reduction="none")
        assert losses[:2].tolist() == pytest.approx([0.0, 1e30])
        assert F.cross_entropy(x[::2], torch.tensor([0] * n)).item() == 0
    assert math.isnan(F.cross_entropy(torch.tensor([[math.nan, 0.0]]), torch.tensor([0])).item())


# --- the graph ---------------------------------------------------------------------------------------------


def test_second_derivative_of_cross_entropy_is_the_hessian():
    p = np.array([0.2, 0.3, 0.5])
    x = torch.tensor(np.log(p)[None], requires_grad=True)
    (g,) = torch.autograd.grad(F.cross_entropy(x, torch.tensor([1])), x, create_graph=True)
    np.testing.assert_allclose(g.detach().numpy()[0], p - [0, 1, 0])
    rows = [torch.autograd.grad(g[0, i], x, retain_graph=True)[0].numpy()[0] for i in range(3)]
    np.testing.assert_allclose(rows, np.diag(p) - np.outer(p, p), atol=1e-12)


def test_second_derivative_of_the_squared_hinge():
    """p = 2: violations v give a loss of sum v^2 / C, so the Hessian is 2 / C on the active differences."""
    x = torch.tensor([[0.0, 0.5, -3.0]], dtype=torch.float64, requires_grad=True)
    (g,) = torch.autograd.grad(F.multi_margin_loss(x, torch.tensor([0]), p=2), x, create_graph=True)
    assert g.tolist() == [pytest.approx([-1.0, 1.0, 0.0])]
    (row,) = torch.autograd.grad(g[0, 1], x)
    assert row.tolist() == [pytest.approx([-2 / 3, 2 / 3, 0.0])]


def test_backward_twice_is_refused():
    x = torch.zeros(2, 3, requires_grad=True)
    loss = F.cross_entropy(x, torch.tensor([0, 1]))
    loss.backward()
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        loss.backward()


def test_labels_changed_before_backward_are_noticed():
    x, y = torch.zeros(2, 3, requires_grad=True), torch.tensor([0, 1])
    loss = F.cross_entropy(x, y)
    y[0] = 2
    with pytest.raises(RuntimeError, match="NllLossBackward0 saved a tensor"):
        loss.backward()
    assert x.grad is None


def test_weight_changed_before_backward_is_noticed():
    w = torch.ones(4, 3, requires_grad=True)
    x = torch.ones(2, 3, requires_grad=True)
    out = F.linear(x, w)
    with torch.no_grad():
        w += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.sum().backward()


def test_no_grad_records_nothing():
    x, w = torch.ones(2, 3, requires_grad=True), torch.ones(4, 3, requires_grad=True)
    with torch.no_grad():
        assert not F.linear(x, w).requires_grad
        assert not F.cross_entropy(x, torch.tensor([0, 1])).requires_grad


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 2, 3), (0, 3), (70, 3)])
@pytest.mark.parametrize("outputs", [1, 6, 40])
@pytest.mark.parametrize("bias", [True, False])
def test_linear_against_numpy(shape, outputs, bias, dtype):
    rng = np.random.default_rng(0)
    x, w, b = (torch.tensor(rng.normal(size=s), dtype=dtype) for s in (shape, (outputs, 3), (outputs,)))
    inputs = [t.requires_grad_() for t in ((x, w, b) if bias else (x, w))]
    out = F.linear(*inputs)
    rtol = 1e-5 if dtype is torch.float32 else 1e-12
    arrays = [t.detach().numpy().astype(np.float64) for t in inputs]
    expected = arrays[0] @ arrays[1].T + (arrays[2] if bias else 0)
    assert out.dtype is dtype
    np.testing.assert_allclose(out.detach().numpy(), expected, rtol=rtol, atol=rtol)
    g = rng.normal(size=out.shape)
    out.backward(torch.tensor(g, dtype=dtype))
    rows, g_rows = arrays[0].reshape(-1, 3), g.reshape(-1, outputs)
    np.testing.assert_allclose(x.grad.numpy(), g @ arrays[1], rtol=10 * rtol, atol=10 * rtol)
    np.testing.assert_allclose(w.grad.numpy(), g_rows.T @ rows, rtol=10 * rtol, atol=10 * rtol)
    if bias:
        np.testing.assert_allclose(b.grad.numpy(), g_rows.sum(0), rtol=10 * rtol, atol=10 * rtol)


# --- bad input ---------------------------------------------------------------------------------------------

Z = torch.zeros


def labels(*values):
    return torch.tensor(list(values))


REFUSALS = {
    "label": (lambda: F.cross_entropy(Z(2, 10), labels(0, 10)), IndexError,
              r"Target 10 is out of bounds\..*row 1, and 10 classes have the labels 0 to 9"),
    "negative label": (lambda: F.cross_entropy(Z(2, 3), labels(-1, 0)), IndexError, "Target -1 is out of bounds"),
    "label with options": (lambda: F.cross_entropy(Z(2, 3), labels(0, 3), reduction="sum"), IndexError,
                           "Target 3 is out of bounds"),
    "nll label": (lambda: F.nll_loss(Z(2, 3), labels(0, 3)), IndexError, "Target 3 is out of bounds"),
    "margin label": (lambda: F.multi_margin_loss(Z(2, 3), labels(0, 3)), RuntimeError,
                     "target out of range: 3 is the label of row 1"),
    "multilabel": (lambda: F.multilabel_margin_loss(Z(1, 3), labels(0, 7, -1).reshape(1, 3)), RuntimeError,
                   "out of range: 7"),
    "float labels": (lambda: F.cross_entropy(Z(2, 3), Z(2)), RuntimeError,
                     r"expected scalar type Long but found Float.*target\.long\(\)"),
    "int labels": (lambda: F.multi_margin_loss(Z(2, 3), labels(0, 1).int()), RuntimeError,
                   "expected scalar type Long but found Int"),
    "batch sizes": (lambda: F.cross_entropy(Z(2, 3), labels(0, 1, 2)), ValueError,
                    r"input batch_size \(2\) to match target batch_size \(3\)"),
    "column of labels": (lambda: F.cross_entropy(Z(2, 3), labels(0, 1).reshape(2, 1)), RuntimeError,
                         r"multi-target not supported.*\[2, 1\].*squeeze"),
    "empty batch": (lambda: F.cross_entropy(Z(0, 3), labels().long()), ValueError,
                    r"cross_entropy: the batch is empty \(shape \[0, 3\]\)"),
    "empty nll": (lambda: F.nll_loss(Z(0, 3), labels().long()), ValueError, "batch is empty"),
    "empty margin": (lambda: F.multi_margin_loss(Z(0, 3), labels().long()), ValueError, "batch is empty"),
    "empty mse": (lambda: F.mse_loss(Z(0), Z(0)), ValueError, r"mse_loss: the batch is empty \(shape \[0\]\)"),
    "empty bce": (lambda: F.binary_cross_entropy(Z(0), Z(0)), ValueError, "batch is empty"),
    "empty logits": (lambda: F.binary_cross_entropy_with_logits(Z(0), Z(0)), ValueError, "batch is empty"),
    "all ignored": (lambda: F.cross_entropy(Z(2, 3), labels(-100, -100)), ValueError, "every target is ignore_index"),
    "all ignored nll": (lambda: F.nll_loss(Z(1, 3), labels(-100)), ValueError, "every target is ignore_index"),
    "weight": (lambda: F.cross_entropy(Z(2, 3), labels(0, 1), weight=torch.ones(4)), RuntimeError,
               r"all 3 classes or no classes but got weight tensor of shape: \[4\]"),
    "weight that requires grad": (
        lambda: F.cross_entropy(Z(2, 3), labels(0, 1), weight=torch.ones(3, requires_grad=True)), RuntimeError,
        "not differentiable with respect to argument 'weight'"),
    "smoothing": (lambda: F.cross_entropy(Z(2, 3), labels(0, 1), label_smoothing=2.0), RuntimeError, "Got: 2.0"),
    "reduction": (lambda: F.mse_loss(Z(2), Z(2), reduction="avg"), ValueError,
                  "avg is not a valid value for reduction: use 'mean'"),
    "p": (lambda: F.multi_margin_loss(Z(2, 3), labels(0, 1), p=3), ValueError, "got p = 3"),
    "probability": (lambda: F.binary_cross_entropy(torch.tensor([0.5, 1.5]), Z(2)), RuntimeError,
                    "all elements of input should be between 0 and 1, but one is 1.5"),
    "NaN probability": (lambda: F.binary_cross_entropy(torch.tensor([math.nan]), Z(1)), RuntimeError, "one is nan"),
    "bce target": (lambda: F.binary_cross_entropy(Z(1), Z(1) - 1), RuntimeError, "elements of target.*one is -1"),
    "bce dtype": (lambda: F.binary_cross_entropy(Z(1), Z(1).double()), RuntimeError,
                  "Found dtype Double but expected Float.*target.to"),
    "logits dtype": (lambda: F.binary_cross_entropy_with_logits(Z(1), labels(1)), RuntimeError, "can't be cast"),
    "logits weight": (lambda: F.binary_cross_entropy_with_logits(Z(2, 3), Z(2, 3), weight=Z(2)), RuntimeError,
                      r"weight of shape \[2\] does not broadcast"),
    "integers": (lambda: F.mse_loss(labels(1), labels(2)), NotImplementedError,
                 "\"mse_cpu\" not implemented for 'Long'"),
    "beta": (lambda: F.smooth_l1_loss(Z(1), Z(1), beta=-1.0), RuntimeError, "Got -1.0"),
    "delta": (lambda: F.huber_loss(Z(1), Z(1), delta=0.0), RuntimeError, "Got 0.0"),
    "no tensor": (lambda: F.cross_entropy(Z(2, 3), [0, 1]), TypeError, "argument 'target'.*must be Tensor, not list"),
    "linear sizes": (lambda: F.linear(Z(2, 3), Z(4, 5)), RuntimeError,
                     r"mat1 and mat2 shapes cannot be multiplied \(2x3 and 5x4\).*3 in_features"),
    "linear sizes 3-D": (lambda: F.linear(Z(2, 2, 3), Z(4, 5), Z(4)), RuntimeError, r"\(4x3 and 5x4\)"),
    "linear dtypes": (lambda: F.linear(Z(2, 3).double(), Z(4, 3), Z(4)), RuntimeError,
                      r"Double and Float.*\.to\(torch.float32\)"),
    "linear bias": (lambda: F.linear(Z(2, 3), Z(4, 3), Z(5)), RuntimeError, r"shape \[4\], but it is \[5\]"),
    "linear 0-d": (lambda: F.linear(Z(()), Z(4, 3)), RuntimeError, "need to be at least 1D, but they are 0D and 2D"),
    "linear list": (lambda: F.linear([1.0], Z(1, 1)), TypeError, "argument 'input'.*must be Tensor, not list"),
    "linear bias list": (lambda: F.linear(Z(1, 1), Z(1, 1), [1.0]), TypeError, "argument 'bias'.*not list"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
def test_refusal(case):
    call, error, text = REFUSALS[case]
    with pytest.raises(error, match=f"(?s){text}"):
        call()


PAIR_LOSSES = ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy",
               "binary_cross_entropy_with_logits", "soft_margin_loss", "hinge_embedding_loss", "poisson_nll_loss",
               "kl_div"]  # fmt: skip


@pytest.mark.parametrize("name", PAIR_LOSSES)
def test_a_column_against_a_vector_is_refused(name):
    x, y = torch.full((4,), 0.5, requires_grad=True), torch.full((4, 1), 0.5)
    with pytest.raises(ValueError, match=r"\(torch.Size\(\[4, 1\]\)\).*\(torch.Size\(\[4\]\)\).*target.squeeze\(-1\)"):
        getattr(F, name)(x, y)
    with pytest.raises(ValueError, match=r"target.unsqueeze\(-1\)"):
        getattr(F, name)(y, x)
    assert x.grad is None


def test_margin_ranking_refuses_a_column():
    with pytest.raises(ValueError, match="margin_ranking_loss"):
        F.margin_ranking_loss(Z(3), Z(3), Z(3, 1))


@pytest.mark.parametrize("name", ["mse_loss", "binary_cross_entropy_with_logits", "soft_margin_loss"])
def test_the_sum_over_an_empty_batch_is_zero(name):
    assert getattr(F, name)(Z(0), Z(0), reduction="sum").item() == 0
    assert getattr(F, name)(Z(0), Z(0), reduction="none").shape == (0,)


def test_the_sum_of_an_empty_batch_of_labels_is_zero():
    x = torch.zeros(0, 3, requires_grad=True)
    for loss in (F.cross_entropy, F.nll_loss, F.multi_margin_loss):
        total = loss(x, labels().long(), reduction="sum")
        assert total.item() == 0
        total.backward()
        assert x.grad.shape == (0, 3)


def test_deprecated_arguments_map_as_in_pytorch():
    x, y = torch.tensor([1.0, 2.0]), torch.tensor([0.0, 0.0])
    for options, expected in (
        ({"size_average": False}, [5.0]),
        ({"size_average": True}, [2.5]),
        ({"reduce": False}, [1.0, 4.0]),
        ({"reduce": True, "size_average": False}, [5.0]),
    ):
        with pytest.warns(UserWarning, match="size_average and reduce args will be deprecated"):
            assert F.mse_loss(x, y, **options).reshape(-1).tolist() == expected
        with pytest.warns(UserWarning, match="will be deprecated"):
            module = nn.MSELoss(**options)
        assert module(x, y).reshape(-1).tolist() == expected


# --- modules -----------------------------------------------------------------------------------------------

MODULES = ["BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "HingeEmbeddingLoss", "HuberLoss", "KLDivLoss", "L1Loss",
           "MSELoss", "MarginRankingLoss", "MultiLabelMarginLoss", "MultiMarginLoss", "NLLLoss", "PoissonNLLLoss",
           "SmoothL1Loss", "SoftMarginLoss"]  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_module_prints_its_name_and_has_no_state(name):
    module = getattr(nn, name)()
    assert repr(module) == f"{name}()"
    assert not module.state_dict()
    assert module.reduction == "mean"


@pytest.mark.parametrize("name", ["BCELoss", "CrossEntropyLoss", "MultiMarginLoss", "NLLLoss", "BCEWithLogitsLoss"])
def test_module_keeps_its_weight_as_a_buffer(name):
    module = getattr(nn, name)(weight=torch.ones(3))
    assert list(module.state_dict()) == ["weight"]
    assert module.double().weight.dtype is torch.float64


def test_modules_pass_their_options_on():
    x, y = torch.tensor(SCORES), torch.tensor(LABELS)
    w = torch.tensor([1.0, 2.0, 0.5])
    a, b = torch.tensor([0.2, 0.7]), torch.tensor([1.0, 0.0])
    t = torch.tensor([1.0, -1.0])
    pairs = [
        (nn.CrossEntropyLoss(w, ignore_index=1, reduction="sum", label_smoothing=0.1)(x, y),
         F.cross_entropy(x, y, w, ignore_index=1, reduction="sum", label_smoothing=0.1)),
        (nn.NLLLoss(w, ignore_index=1, reduction="sum")(x, y), F.nll_loss(x, y, w, ignore_index=1, reduction="sum")),
        (nn.MultiMarginLoss(2, 0.5, w, reduction="sum")(x, y), F.multi_margin_loss(x, y, 2, 0.5, w, reduction="sum")),
        (nn.SmoothL1Loss(beta=0.1)(a, b), F.smooth_l1_loss(a, b, beta=0.1)),
        (nn.HuberLoss(delta=0.1)(a, b), F.huber_loss(a, b, delta=0.1)),
        (nn.L1Loss(reduction="sum")(a, b), F.l1_loss(a, b, reduction="sum")),
        (nn.BCELoss(w[:2])(a, b), F.binary_cross_entropy(a, b, w[:2])),
        (nn.BCEWithLogitsLoss(w[:2], pos_weight=w[1:])(a, b),
         F.binary_cross_entropy_with_logits(a, b, w[:2], pos_weight=w[1:])),
        (nn.HingeEmbeddingLoss(0.3)(a, t), F.hinge_embedding_loss(a, t, 0.3)),
        (nn.MarginRankingLoss(0.3)(a, b, t), F.margin_ranking_loss(a, b, t, 0.3)),
        (nn.SoftMarginLoss(reduction="sum")(a, t), F.soft_margin_loss(a, t, reduction="sum")),
        (nn.KLDivLoss(reduction="sum", log_target=True)(a, b), F.kl_div(a, b, reduction="sum", log_target=True)),
        (nn.PoissonNLLLoss(False, True, eps=0.1)(a, b), F.poisson_nll_loss(a, b, False, True, eps=0.1)),
        (nn.MultiLabelMarginLoss(reduction="sum")(x, torch.tensor([[0, -1, 1]] * 3)),
         F.multilabel_margin_loss(x, torch.tensor([[0, -1, 1]] * 3), reduction="sum")),
    ]  # fmt: skip
    for module, function in pairs:
        assert module.item() == function.item()
        assert module.item() != 0


def test_module_constructors_refuse():
    with pytest.raises(ValueError, match="got p = 3"):
        nn.MultiMarginLoss(p=3)
    with pytest.raises(ValueError, match="expected weight to be None or 1D tensor, got 2D"):
        nn.MultiMarginLoss(weight=torch.ones(2, 2))


def test_one_step_of_training_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        w = torch.zeros(10, 64, requires_grad=True)
        loss = F.cross_entropy(F.linear(torch.ones(8, 64), w, torch.zeros(10)), labels(*range(8)))
        loss.backward()
    assert loss.item() == pytest.approx(math.log(10))
    np.testing.assert_allclose(w.grad.numpy()[:, 0], [0.1 - (i < 8) / 8 for i in range(10)], atol=1e-7)


@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_a_weight_that_is_no_tensor_is_named(name: str) -> None:
    with pytest.raises(TypeError, match=r"argument 'weight' \(position 3\) must be Tensor, not list"):
        getattr(F, name)(torch.ones(2, 2), torch.tensor([0, 1]), weight=[1.0, 2.0])
