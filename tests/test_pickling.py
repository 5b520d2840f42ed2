"""Python's own copies: pickle, copy, deepcopy and other processes, of everything that holds tensors."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from typing import Any

import numpy as np
import pytest

import microdl as torch
from microdl import nn
from microdl.utils.data import ConcatDataset, DataLoader, Subset, TensorDataset, WeightedRandomSampler

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
COPIES = [copy.deepcopy, *(lambda x, p=p: pickle.loads(pickle.dumps(x, p)) for p in PROTOCOLS)]
WAYS = pytest.mark.parametrize("way", COPIES, ids=["deepcopy", *map(str, PROTOCOLS)])


@WAYS
def test_tensors(way: Any) -> None:
    for x in (torch.arange(6).view(2, 3).t(), torch.tensor(1.5), torch.empty(0, 2), torch.tensor([True])):
        y = way(x)
        assert (type(y), y.dtype, y.tolist()) == (type(x), x.dtype, x.tolist())
        assert not np.shares_memory(x.numpy(), y.numpy())
    x = torch.ones(2, requires_grad=True)
    x.note = ["a"]
    y = way(x)
    assert (y.requires_grad, y.is_leaf, y.note) == (True, True, ["a"])
    assert y.note is not x.note


class Marked(torch.Tensor):
    """A user's class of tensors."""


@WAYS
def test_classes_of_tensors(way: Any) -> None:
    p = nn.Parameter(torch.ones(2), requires_grad=False)
    assert (type(way(p)), way(p).requires_grad) == (nn.Parameter, False)
    t = torch.ones(2)
    t.__class__ = Marked
    assert type(way(t)) is Marked


def test_what_each_way_keeps() -> None:
    """As PyTorch: deepcopy keeps gradients and shared memory, pickle neither; deepcopy refuses a history."""
    x = torch.ones(3, requires_grad=True)
    (x * 2).sum().backward()
    assert copy.deepcopy(x).grad.tolist() == [2, 2, 2]
    assert copy.deepcopy(x).grad is not x.grad
    assert pickle.loads(pickle.dumps(x)).grad is None
    y = x * 2
    with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user"):
        copy.deepcopy(y)
    assert pickle.loads(pickle.dumps(y)).is_leaf
    base = torch.arange(6.0)
    a, b = copy.deepcopy([base, base[1:]])
    b[0] = 9
    assert a.tolist() == [0, 9, 2, 3, 4, 5]
    assert base[1].item() == 1
    assert copy.deepcopy(base.expand(2, 6)).stride() == (0, 1)
    shallow = copy.copy(base)
    shallow[0] = 7
    assert base[0].item() == 7
    assert shallow is not base


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(2, 2)
        self.b = nn.Linear(2, 2)
        self.b.weight = self.a.weight
        self.norm = nn.BatchNorm1d(2)
        self.extra = {"list": [1, 2]}

    def forward(self, x: Any) -> Any:
        return self.norm(self.b(self.a(x)))


@WAYS
def test_modules_keep_shared_parameters_shared(way: Any) -> None:
    net = Net()
    other = way(net)
    assert other.a.weight is other.b.weight
    assert other.a.weight is not net.a.weight
    assert other.extra == net.extra
    x = torch.randn(4, 2)
    assert torch.equal(other(x), net(x))
    other(x).sum().backward()
    assert net.a.weight.grad is None


def test_a_shallow_copy_of_a_module_has_the_same_parameters() -> None:
    net = Net()
    other = copy.copy(net)
    assert other.a is net.a
    assert [id(p) for p in other.parameters()] == [id(p) for p in net.parameters()]


OPTIMIZERS = [name for name in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta") if hasattr(torch.optim, name)]


@WAYS
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_model_optimiser_and_scheduler_go_on_as_they_would_have(way: Any, name: str) -> None:
    model = nn.Linear(3, 1)
    optimizer = getattr(torch.optim, name)(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    state = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
    advance(state)
    other = way(state)
    assert other["scheduler"].optimizer is other["optimizer"]
    assert other["optimizer"].param_groups[0]["params"][0] is other["model"].weight
    for each in (state, other):
        for _ in range(3):
            advance(each)
    assert torch.equal(other["model"].weight, model.weight)
    assert other["scheduler"].get_last_lr() == scheduler.get_last_lr()


def advance(state: dict[str, Any]) -> None:
    state["optimizer"].zero_grad()
    state["model"](torch.ones(2, 3)).square().sum().backward()
    state["optimizer"].step()
    state["scheduler"].step()


@WAYS
def test_generators_go_on_where_they_were(way: Any) -> None:
    g = torch.Generator().manual_seed(3)
    torch.rand(5, generator=g)
    other = way(g)
    assert torch.equal(torch.rand(5, generator=other), torch.rand(5, generator=g))


@WAYS
def test_datasets_and_loaders(way: Any) -> None:
    data = TensorDataset(torch.arange(6), torch.arange(6) * 2)
    both = ConcatDataset([Subset(data, [1, 3]), data])
    assert [int(x) for x, _ in way(both)] == [1, 3, 0, 1, 2, 3, 4, 5]
    loader = DataLoader(both, batch_size=3, shuffle=True, generator=torch.Generator().manual_seed(0))
    other = way(loader)
    assert [x.tolist() for x, _ in other] == [x.tolist() for x, _ in loader]
    sampler = WeightedRandomSampler([0.1, 0.9], 5, generator=torch.Generator().manual_seed(0))
    assert list(way(sampler)) == list(sampler)


@WAYS
def test_names_stay_what_they_are(way: Any) -> None:
    for x in (
        torch.float32,
        torch.device("cpu"),
        torch.Size([2, 3]),
        nn.Linear,
        torch.relu,
        nn.functional.relu,
        torch.Tensor,
    ):
        assert way(x) == x
        assert type(way(x)) is type(x)


def double(x: Any) -> Any:
    return x * 2


def test_other_processes_take_and_give_tensors_and_modules() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(double, (torch.ones(2),)).tolist() == [2, 2]
        assert pool.apply(nn.Flatten(0), (torch.ones(2, 2),)).shape == (4,)
