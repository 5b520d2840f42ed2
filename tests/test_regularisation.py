"""Regularisation beyond the lectures' numbers: penalties in every optimiser, sparsity, and both modes of modules."""

from __future__ import annotations

import pytest

import microdl as torch
from microdl import nn
from microdl.nn import functional as F


def l1(w):
    return w.abs().sum()


def l2(w):
    return (w**2).sum()


def elastic_net(w, beta=0.5):
    return (beta * w**2 + w.abs()).sum()


def close(found, expected, **tolerances):
    torch.testing.assert_close(found, torch.as_tensor(expected, dtype=found.dtype), **tolerances)


# --- penalties --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("penalty", "slope"),
    [(l2, [4.0, -1.0, 0.0]), (l1, [1.0, -1.0, 0.0]), (elastic_net, [3.0, -1.5, 0.0])],
)
def test_slopes_of_the_penalties(penalty, slope):
    w = torch.tensor([2.0, -0.5, 0.0], requires_grad=True)
    penalty(w).backward()
    assert w.grad.tolist() == slope


# --- L2 and weight decay ----------------------------------------------------------------------------------

STRENGTH = 0.05
SGD_OPTIONS = [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, {"momentum": 0.8, "dampening": 0.3}]


def data():
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(60, 5, generator=generator, dtype=torch.float64)
    noise = torch.randn(60, generator=generator, dtype=torch.float64)
    return x, x @ torch.tensor([2.0, -1.0, 0.0, 0.5, 0.0], dtype=torch.float64) + 0.1 * noise


def trained(make, penalty=None, steps=40):
    """The weights after some steps on the mean square error, plus STRENGTH times a penalty if there is one."""
    x, y = data()
    w = torch.ones(5, dtype=torch.float64, requires_grad=True)
    optimizer = make([w])
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.mse_loss(x @ w, y)
        if penalty is not None:
            loss = loss + STRENGTH * penalty(w)
        loss.backward()
        optimizer.step()
    return w.detach()


@pytest.mark.parametrize("options", SGD_OPTIONS)
def test_l2_in_the_loss_is_weight_decay_of_twice_the_strength(options):
    in_the_loss = trained(lambda params: torch.optim.SGD(params, lr=0.03, **options), l2)
    decayed = trained(lambda params: torch.optim.SGD(params, lr=0.03, weight_decay=2 * STRENGTH, **options))
    close(decayed, in_the_loss, rtol=1e-12, atol=1e-14)
    plain = trained(lambda params: torch.optim.SGD(params, lr=0.03, **options))
    assert l2(in_the_loss) < l2(plain)


def test_one_step_of_weight_decay_in_numbers():
    """w - lr * (slope + weight_decay * w) = 2 - 0.1 * (3 + 0.5 * 2)."""
    w = torch.tensor([2.0], requires_grad=True)
    (3 * w).backward()
    torch.optim.SGD([w], lr=0.1, weight_decay=0.5).step()
    close(w.detach(), [1.6])


def test_adam_takes_the_penalty_as_part_of_the_slope_and_adamw_does_not():
    in_the_loss = trained(lambda params: torch.optim.Adam(params, lr=0.03), l2)
    adam = trained(lambda params: torch.optim.Adam(params, lr=0.03, weight_decay=2 * STRENGTH))
    adamw = trained(lambda params: torch.optim.AdamW(params, lr=0.03, weight_decay=2 * STRENGTH))
    close(adam, in_the_loss, rtol=1e-9, atol=1e-12)
    assert (adamw - in_the_loss).abs().max() > 1e-3


# --- L1 and sparsity --------------------------------------------------------------------------------------


def far_too_many_features():
    """20 features, of which the first three count."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(100, 20, generator=generator, dtype=torch.float64)
    truth = torch.zeros(20, dtype=torch.float64)
    truth[:3] = torch.tensor([3.0, -2.0, 1.5])
    return x, x @ truth + 0.3 * torch.randn(100, generator=generator, dtype=torch.float64)


def descended(penalty, strength, lr=0.01, steps=1500):
    x, y = far_too_many_features()
    w = torch.zeros(20, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        (F.mse_loss(x @ w, y) + strength * penalty(w)).backward()
        optimizer.step()
    return w.detach()


def test_l1_brings_weights_to_zero_and_l2_only_makes_them_smaller():
    """A step that crosses 0 ends at most about lr * strength beyond it: so near does L1 keep them."""
    near = 0.01 * 0.3
    by_l1, by_l2, by_both = (descended(penalty, 0.3)[3:].abs() for penalty in (l1, l2, elastic_net))
    assert (by_l1 < near).all()
    assert (by_both < near).sum() >= 13
    assert (by_l2 > 4 * near).all()
    assert 0 < by_l2.mean() < descended(l2, 0.0)[:3].abs().mean()


def test_steps_that_shrink_give_weights_of_exactly_zero():
    """Iterative soft thresholding: a step down the slope of the loss, then `softshrink`, the step for L1 itself."""
    x, y = far_too_many_features()
    w = torch.zeros(20, dtype=torch.float64, requires_grad=True)
    for _ in range(400):
        w.grad = None
        F.mse_loss(x @ w, y).backward()
        with torch.no_grad():
            w.copy_(F.softshrink(w - 0.1 * w.grad, 0.1 * 0.3))
    assert (w[3:] == 0).all()
    assert (w[:3] != 0).all()
    close(w.detach(), descended(l1, 0.3), rtol=0, atol=0.01)


def test_with_independent_features_the_minima_have_closed_forms():
    """Of |w - best|^2 + s R(w): best / (1 + s) for L2; best moved towards 0 by s / 2, and no further, for L1."""
    best = torch.tensor([3.0, -2.0, 0.4, -0.1], dtype=torch.float64)
    for penalty, expected in (
        (l2, best / 1.5),
        (l1, [2.75, -1.75, 0.15, 0.0]),
        (elastic_net, [2.75 / 1.25, -1.75 / 1.25, 0.15 / 1.25, 0.0]),
    ):
        w = torch.zeros(4, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=0.001)
        for _ in range(5000):
            optimizer.zero_grad()
            (((w - best) ** 2).sum() + 0.5 * penalty(w)).backward()
            optimizer.step()
        close(w.detach(), expected, rtol=0, atol=1e-3)


# --- dropout ----------------------------------------------------------------------------------------------


def test_dropout_in_training_and_not_afterwards():
    torch.manual_seed(0)
    layer, x = nn.Dropout(0.3), torch.ones(100, 200)
    out = layer(x)
    assert out.unique().tolist() == pytest.approx([0, 1 / 0.7])
    assert not torch.equal(layer(x), out), "another choice each time"
    layer.eval()
    assert torch.equal(layer(x), x)
    layer.train()
    assert not torch.equal(layer(x), x)


def test_the_gradient_passes_where_dropout_let_the_values_pass():
    x = torch.ones(50, requires_grad=True)
    out = nn.Dropout(0.5)(x)
    out.sum().backward()
    assert torch.equal(x.grad, out.detach())


def test_a_network_with_dropout_is_the_average_of_its_thinned_ones():
    """Of a linear layer exactly, in the mean: its answer in eval mode is the expected one."""
    torch.manual_seed(1)
    net, x = nn.Sequential(nn.Dropout(0.5), nn.Linear(20, 1)), torch.randn(1, 20)
    thinned = torch.stack([net(x) for _ in range(4000)])
    net.eval()
    assert torch.equal(net(x), net(x))
    spread = thinned.std().item() / 4000**0.5
    assert abs(thinned.mean().item() - net(x).item()) < 4 * spread


# --- batch normalisation ----------------------------------------------------------------------------------


def test_batch_norm_in_training_normalises_by_the_batch():
    torch.manual_seed(0)
    layer, x = nn.BatchNorm1d(3), torch.randn(64, 3) * torch.tensor([1.0, 5.0, 0.1]) + torch.tensor([0.0, 10.0, -3.0])
    out = layer(x).detach()
    close(out.mean(0), [0.0, 0.0, 0.0], rtol=0, atol=1e-5)
    close(out.var(0, unbiased=False), [1.0, 1.0, 1.0], rtol=2e-3, atol=0)
    close(layer.running_mean, 0.1 * x.mean(0))
    close(layer.running_var, 0.9 + 0.1 * x.var(0))
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([2.0, 1.0, 1.0]))
        layer.bias.fill_(7)
    close(layer(x).mean(0).detach(), [7.0, 7.0, 7.0])
    assert layer(x)[:, 0].std(unbiased=False).item() == pytest.approx(2, rel=1e-3)


def test_batch_norm_afterwards_takes_each_example_by_itself():
    torch.manual_seed(0)
    layer, x = nn.BatchNorm1d(2), torch.randn(32, 2) * 3 + 1
    for _ in range(100):
        layer(x)
    layer.eval()
    before = {name: value.clone() for name, value in layer.state_dict().items()}
    whole = layer(x)
    close(layer(x[:1]), whole[:1], rtol=0, atol=0)
    expected = (x - layer.running_mean) / torch.sqrt(layer.running_var + 1e-5)
    close(whole.detach(), expected, rtol=1e-5, atol=1e-6)
    for name, value in layer.state_dict().items():
        assert torch.equal(value, before[name]), f"{name} stays as it was"
    close(whole.mean(0).detach(), [0.0, 0.0], rtol=0, atol=1e-3)
