"""Averaged models, their schedule and statistics; weight normalisation; calls without a graph of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import microdl as torch
from microdl import nn
from microdl.nn.utils import remove_weight_norm, skip_init, stateless, weight_norm
from microdl.optim.swa_utils import (
    SWALR,
    AveragedModel,
    get_ema_avg_fn,
    get_ema_multi_avg_fn,
    get_swa_multi_avg_fn,
    update_bn,
)  # fmt: skip
from microdl.utils.checkpoint import checkpoint, checkpoint_sequential


def averaged(values: list[float], **options: Any) -> AveragedModel:
    model = nn.Linear(1, 1)
    mean = AveragedModel(model, **options)
    for value in values:
        nn.init.constant_(model.weight, value)
        mean.update_parameters(model)
    return mean


def test_the_mean_of_all_by_default() -> None:
    mean = averaged([1.0, 2.0, 6.0])
    assert mean.module.weight.item() == pytest.approx(3.0)
    assert mean.n_averaged.item() == 3
    assert list(mean.state_dict()) == ["n_averaged", "module.weight", "module.bias"]
    assert mean(torch.ones(1, 1)).item() == pytest.approx(3.0 + mean.module.bias.item())
    assert averaged([1.0, 2.0, 6.0], multi_avg_fn=get_swa_multi_avg_fn()).module.weight.item() == pytest.approx(3.0)


@pytest.mark.parametrize("options", [{"avg_fn": get_ema_avg_fn(0.9)}, {"multi_avg_fn": get_ema_multi_avg_fn(0.9)}])
def test_the_moving_average(options: dict[str, Any]) -> None:
    assert averaged([1.0, 2.0, 3.0], **options).module.weight.item() == pytest.approx(0.9 * (0.9 + 0.2) + 0.3)


def test_what_averages_refuse() -> None:
    with pytest.raises(ValueError, match=r"Invalid decay value 1.5 provided. Please provide a value in \[0,1\] range."):
        get_ema_avg_fn(1.5)
    with pytest.raises(ValueError, match="Only one of avg_fn and multi_avg_fn"):
        AveragedModel(nn.Linear(1, 1), avg_fn=get_ema_avg_fn(), multi_avg_fn=get_ema_multi_avg_fn())


@pytest.mark.parametrize("use_buffers", [False, True])
def test_buffers_are_copied_or_averaged(use_buffers: bool) -> None:
    model = nn.BatchNorm1d(1)
    mean = AveragedModel(model, use_buffers=use_buffers)
    for value in (1.0, 3.0):
        nn.init.constant_(model.running_mean, value)
        mean.update_parameters(model)
    assert mean.module.running_mean.item() == (2.0 if use_buffers else 3.0)


def test_statistics_of_one_pass() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 1)).eval()
    batches = [(torch.randn(8, 3) + i, None) for i in range(3)]
    update_bn(batches, model)
    means = torch.stack([x.mean(0) for x, _ in batches]).mean(0)
    assert np.allclose(model[0].running_mean, means, atol=1e-6)
    assert (model.training, model[0].training, model[0].momentum) == (False, False, 0.1)
    update_bn(batches, nn.Linear(3, 1))  # nothing to set


@pytest.mark.parametrize(
    ("options", "rates"),
    [
        ({"anneal_epochs": 4}, [0.09267766952966369, 0.075, 0.057322330470336316, 0.05, 0.05]),
        ({"anneal_epochs": 2, "anneal_strategy": "linear"}, [0.075, 0.05, 0.05, 0.05, 0.05]),
        ({"anneal_epochs": 0}, [0.05] * 5),
    ],
)
def test_the_schedule(options: dict[str, Any], rates: list[float]) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = SWALR(optimizer, swa_lr=0.05, **options)
    found = []
    for _ in rates:
        optimizer.step()
        scheduler.step()
        found.append(scheduler.get_last_lr()[0])
    assert found == pytest.approx(rates, rel=1e-12)


def test_what_the_schedule_refuses() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    with pytest.raises(ValueError, match="anneal_strategy must be one of 'cos' or 'linear', instead got x"):
        SWALR(optimizer, 0.1, anneal_strategy="x")
    with pytest.raises(ValueError, match="anneal_epochs must be equal or greater than 0, got -1"):
        SWALR(optimizer, 0.1, anneal_epochs=-1)
    with pytest.raises(
        ValueError, match="same length as optimizer.param_groups. swa_lr has 2 values, param_groups has 1."
    ):
        SWALR(optimizer, [0.1, 0.2])


@pytest.mark.filterwarnings("ignore:.*weight_norm. is deprecated:FutureWarning")
def test_weight_norm_and_back() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(3, 2)
    before, x = layer.weight.detach().clone(), torch.ones(1, 3)
    plain = layer(x)
    assert weight_norm(layer) is layer
    assert list(dict(layer.named_parameters())) == ["bias", "weight_g", "weight_v"]
    assert np.allclose(layer(x).detach(), plain.detach(), atol=1e-6)
    layer(x).sum().backward()
    assert layer.weight_g.grad.shape == (2, 1)
    assert np.allclose((layer.weight_v.grad * layer.weight_v).sum(1).detach(), 0, atol=1e-6)  # across the direction
    with pytest.raises(RuntimeError, match="Cannot register two weight_norm hooks on the same parameter weight"):
        weight_norm(layer)
    assert remove_weight_norm(layer) is layer
    assert isinstance(layer.weight, nn.Parameter)
    assert np.allclose(layer.weight.detach(), before, atol=1e-6)
    with pytest.raises(ValueError, match="weight_norm of 'weight' not found in Linear"):
        remove_weight_norm(layer)


def test_weight_norm_is_deprecated_and_needs_the_name() -> None:
    with pytest.warns(FutureWarning, match="deprecated in favor of"), pytest.raises(AttributeError):
        weight_norm(nn.Linear(2, 2), "w")
    with pytest.warns(FutureWarning):
        assert weight_norm(nn.Linear(2, 2), dim=None).weight_g.shape == ()


def test_skip_init_draws_nothing() -> None:
    state = torch.get_rng_state()
    assert repr(skip_init(nn.Linear, 2, 3, bias=False)) == "Linear(in_features=2, out_features=3, bias=False)"
    assert torch.equal(state, torch.get_rng_state())
    with pytest.raises(RuntimeError, match="Expected a Module"):
        skip_init(int)
    with pytest.raises(RuntimeError, match="must support a 'device' arg"):
        skip_init(nn.ReLU)


def test_the_older_functional_call() -> None:
    layer = nn.Linear(1, 1, bias=False)
    with pytest.warns(FutureWarning, match="deprecated as of PyTorch 2.0"):
        y = stateless.functional_call(layer, {"weight": torch.tensor([[3.0]])}, torch.tensor([2.0]))
    assert y.item() == 6


def test_checkpoints_compute_and_differentiate() -> None:
    x = torch.tensor([3.0], requires_grad=True)
    checkpoint(lambda a, b: a * a * b, x, b=2.0, use_reentrant=False, preserve_rng_state=True).backward()
    assert x.grad.item() == 12
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    assert torch.equal(checkpoint_sequential(net, 2, torch.ones(1, 2), use_reentrant=False), net(torch.ones(1, 2)))
    with pytest.raises(ValueError, match="Unexpected keyword arguments: b"):
        checkpoint(lambda a, b: a, x, b=2.0, use_reentrant=True)


def test_datasets_side_by_side() -> None:
    stacked = torch.utils.data.StackDataset(torch.arange(4), [5, 6, 7, 8])
    assert (len(stacked), stacked[1]) == (4, (torch.tensor(1), 6))
    loader = torch.utils.data.DataLoader(torch.utils.data.StackDataset(x=torch.arange(4), y=[5, 6, 7, 8]), batch_size=2)
    assert [(b["x"].tolist(), b["y"].tolist()) for b in loader] == [([0, 1], [5, 6]), ([2, 3], [7, 8])]
    for args, kwargs, text in (((), {}, "At least one"), (([1],), {"x": [1]}, "both"), (([1], [1, 2]), {}, "mismatch")):
        with pytest.raises(ValueError, match=text):
            torch.utils.data.StackDataset(*args, **kwargs)


def test_update_bn_gives_the_model_back_where_a_batch_fails() -> None:
    model = nn.Sequential(nn.BatchNorm1d(3, momentum=0.2)).eval()
    with pytest.raises(ValueError, match="expected 2D or 3D input"):
        update_bn([torch.ones(4, 3), torch.ones(3)], model)
    assert (model.training, model[0].momentum) == (False, 0.2)
