"""The contract, in PyTorch's names: values, gradients, modules, losses, optimisers, loaders, and refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


def leaf(torch: Any, values: Any) -> Any:
    return torch.tensor(np.array(values, np.float64), requires_grad=True)


# --- gradients ---------------------------------------------------------------------------------------------------

FUNCTIONS = {
    "a * b + a": lambda a, b: a * b + a,
    "a / (b * b + 1)": lambda a, b: a / (b * b + 1),
    "(a - b) ** 3": lambda a, b: (a - b) ** 3,
    "exp(a) * log(b * b + 1)": lambda a, b: a.exp() * (b * b + 1).log(),
    "abs(a) + relu(b)": lambda a, b: a.abs() + b.relu(),
    "maximum": lambda a, b: a.maximum(b),
    "a @ b.T": lambda a, b: a @ b.T,
    "rows": lambda a, b: (a * b)[1] + a.reshape(3, 2).sum(0, keepdim=True).mean(1),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_are_slopes(torch: Any, name: str) -> None:
    random = np.random.RandomState(0)
    arrays = [random.randn(2, 3), random.randn(2, 3)]
    tensors = [leaf(torch, x) for x in arrays]
    FUNCTIONS[name](*tensors).sum().backward()
    for i, x in enumerate(arrays):
        slope = np.zeros_like(x)
        for place in np.ndindex(x.shape):
            ends = []
            for h in (1e-6, -1e-6):
                moved = x.copy()
                moved[place] += h
                given = [torch.tensor(moved if j == i else a) for j, a in enumerate(arrays)]
                ends.append(FUNCTIONS[name](*given).sum().item())
            slope[place] = (ends[0] - ends[1]) / 2e-6
        np.testing.assert_allclose(tensors[i].grad.numpy(), slope, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("one", "other"), [((3,), (2, 3)), ((2, 1), (2, 3)), ((), (2, 3)), ((1, 3), (2, 1)), ((0,), (2, 0))]
)
def test_what_was_broadcast_is_summed_back(torch: Any, one: Any, other: Any) -> None:
    a, b = leaf(torch, np.ones(one)), leaf(torch, np.full(other, 2.0))
    out = a * b
    out.sum().backward()
    copies = np.broadcast_shapes(one, other)
    assert tuple(a.grad.shape) == one
    assert tuple(b.grad.shape) == other
    np.testing.assert_allclose(a.grad.numpy(), 2.0 * np.prod(copies) / max(np.prod(one), 1))


def test_gradients_add_up(torch: Any) -> None:
    x = leaf(torch, [3.0])
    (x * x + x).sum().backward()
    assert x.grad.item() == 7
    (x * x).sum().backward()
    assert x.grad.item() == 13


def test_a_chain_of_twenty_thousand_steps(torch: Any) -> None:
    x = y = leaf(torch, [1.0])
    for _ in range(20_000):
        y = y + 0.5
    y.sum().backward()
    assert x.grad.item() == 1


def test_nothing_is_recorded_without_grad(torch: Any) -> None:
    x = leaf(torch, [1.0])
    with torch.no_grad():
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad
    assert not (x * 2).detach().requires_grad


def test_refusals(torch: Any) -> None:
    with pytest.raises(RuntimeError):
        torch.tensor([1.0]).sum().backward()
    with pytest.raises(RuntimeError):
        (leaf(torch, [1.0, 2.0]) * 2).backward()
    with pytest.raises(RuntimeError):
        torch.tensor(np.array([1, 2]), requires_grad=True)
    with pytest.raises(RuntimeError):
        leaf(torch, [1.0]).numpy()


# --- modules, losses, optimisers ---------------------------------------------------------------------------------

SCORES, LABELS = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]], np.float32), np.array([0, 1, 2])


@pytest.mark.parametrize(("name", "value"), [("CrossEntropyLoss", 2.7587), ("MultiMarginLoss", 15.8 / 9)])
def test_the_lectures_losses(torch: Any, name: str, value: float) -> None:
    loss = getattr(torch.nn, name)()(torch.tensor(SCORES), torch.tensor(LABELS))
    assert loss.item() == pytest.approx(value, abs=1e-3)


@pytest.mark.parametrize("name", ["CrossEntropyLoss", "MultiMarginLoss"])
def test_losses_are_finite_and_check_their_labels(torch: Any, name: str) -> None:
    loss = getattr(torch.nn, name)()
    far = loss(torch.tensor(np.array([[1000.0, 0, -1000]], np.float32)), torch.tensor(np.array([2])))
    assert np.isfinite(far.item())
    with pytest.raises((IndexError, RuntimeError, ValueError)):
        loss(torch.tensor(SCORES), torch.tensor(np.array([0, 1, 3])))


def test_a_module_knows_its_parameters(torch: Any) -> None:
    nn = torch.nn
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2, bias=False))
    shapes = {name: tuple(p.shape) for name, p in model.named_parameters()}
    assert shapes == {"0.weight": (3, 4), "0.bias": (3,), "2.weight": (2, 3)}
    assert model.eval() is model
    assert not model.training
    assert model.train().training


OPTIMIZERS = [
    ("SGD", {"lr": 0.1}), ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1}), ("Adagrad", {"lr": 0.1}),
    ("RMSprop", {"lr": 0.01}), ("Adam", {"lr": 0.1, "betas": (0.8, 0.9), "weight_decay": 0.01}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS)
def test_optimisers_agree(torch: Any, name: str, options: dict[str, Any]) -> None:
    import microdl

    def path(framework: Any) -> Any:
        w = leaf(framework, [2.0, -1.0, 0.5])
        optimizer = getattr(framework.optim, name)([w], **options)
        for _ in range(5):
            optimizer.zero_grad()
            ((w * w * w) - w).sum().backward()
            optimizer.step()
        return w.detach().numpy()

    np.testing.assert_allclose(path(torch), path(microdl), rtol=1e-10)


# --- training ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [0, 16])
def test_the_digits_from_the_same_seed(torch: Any, hidden: int) -> None:
    import microdl
    from microdl.datasets import Digits

    x, y = (t.numpy() for t in Digits.tensors(train=True))

    def losses(framework: Any) -> list[float]:
        nn, data = framework.nn, framework.utils.data
        framework.manual_seed(3)
        dataset = data.TensorDataset(framework.from_numpy(x), framework.from_numpy(y))
        layers = [nn.Linear(64, hidden), nn.ReLU(), nn.Linear(hidden, 10)] if hidden else [nn.Linear(64, 10)]
        model, loss_fn, found = nn.Sequential(*layers), nn.CrossEntropyLoss(), []
        optimizer = framework.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        for _ in range(2):
            for inputs, labels in data.DataLoader(dataset, batch_size=64, shuffle=True):
                optimizer.zero_grad()
                loss = loss_fn(model(inputs), labels)
                loss.backward()
                optimizer.step()
                found.append(loss.item())
        return found

    np.testing.assert_allclose(losses(torch), losses(microdl), rtol=0, atol=2e-5)
