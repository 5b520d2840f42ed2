"""The training command's own source, run with torch in place of microdl: the same losses at every step."""

import sys
import types
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

import microdl  # noqa: E402 - after the guard
from microdl import train as ours  # noqa: E402 - after the guard
from microdl.datasets import Digits  # noqa: E402 - after the guard


@pytest.fixture(scope="module")
def theirs():
    source = Path(ours.__file__).read_text(encoding="utf-8")
    for mine, original in [
        ("import microdl as torch\n", "import torch\n"),
        ("import microdl.nn as nn\n", "import torch.nn as nn\n"),
        ("from microdl.utils.data import", "from torch.utils.data import"),
    ]:
        assert source.count(mine) == 1
        source = source.replace(mine, original)
    module = types.ModuleType("train_with_torch")
    sys.modules[module.__name__] = module
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    exec(compile(source, ours.__file__, "exec"), module.__dict__)
    yield module
    torch.set_num_threads(threads)
    del sys.modules[module.__name__]


def history(module, monkeypatch, **options):
    kept = []
    train_once = module.train
    with monkeypatch.context() as patch:
        patch.setattr(module, "train", lambda *args: kept.append(train_once(*args)) or kept[-1])
        patch.setattr(module, "write_results", lambda *args: None)
        results = module.run(module.Options(**options))
    return kept[0], results


@pytest.mark.parametrize("loss", ["softmax", "hinge"])
@pytest.mark.parametrize("model", ["linear", "mlp"])
def test_same_losses_at_every_step(theirs, monkeypatch, model, loss):
    mine, my_results = history(ours, monkeypatch, model=model, loss=loss, seed=3)
    original, their_results = history(theirs, monkeypatch, model=model, loss=loss, seed=3)
    assert len(mine.steps) == len(original.steps) == 1140
    # A rounding decides on which side of its kink a hidden unit falls: in float32 PyTorch's own run leaves its float64
    # run by up to 3e-2 (seed 3, after step 139). The next test holds the two frameworks together to the end.
    compared = 1140 if model == "linear" else 100
    np.testing.assert_allclose(mine.steps[:compared], original.steps[:compared], rtol=0, atol=1e-5)
    if model == "mlp":
        return
    np.testing.assert_allclose(mine.valid_loss, original.valid_loss, rtol=0, atol=1e-5)
    for name in my_results:
        assert my_results[name][1] == pytest.approx(their_results[name][1], abs=1.01 / 449)


@pytest.mark.parametrize("seed", [0, 3])
def test_a_network_in_float64_stays_the_same_to_the_end(seed):
    mine, original = (losses_in_float64(framework, seed) for framework in (microdl, torch))
    np.testing.assert_allclose(mine, original, rtol=1e-12, atol=1e-14)


def losses_in_float64(framework, seed):
    inputs, labels = (framework.from_numpy(t.numpy().copy()) for t in Digits.tensors(train=True))
    framework.manual_seed(seed)
    nn, data = framework.nn, framework.utils.data
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)).double()
    loss_fn = nn.CrossEntropyLoss()
    optimizer = framework.optim.SGD(model.parameters(), lr=0.2, momentum=0.9, weight_decay=1e-4)
    loader = data.DataLoader(data.TensorDataset(inputs.double(), labels), batch_size=64, shuffle=True)
    losses = []
    for _ in range(20):
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses
