"""`nn.utils` beyond what the scripts `modern/pruning` and `modern/parametrizations` print."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import microdl as torch
from microdl import nn
from microdl.nn.utils import parametrize, prune


class Double(nn.Module):
    def forward(self, x: Any) -> Any:
        return 2 * x


class Cut(nn.Module):
    def forward(self, x: Any) -> Any:
        return x[:1]


def test_a_copy_of_a_parametrized_module_is_its_own() -> None:
    layer = parametrize.register_parametrization(nn.Linear(2, 2), "weight", Double())
    other = copy.deepcopy(layer)
    parametrize.remove_parametrizations(other, "weight")
    assert torch.equal(layer.weight, other.weight)
    assert type(other) is nn.Linear
    assert type(layer) is not nn.Linear


def test_a_parametrized_module_is_not_pickled() -> None:
    with pytest.raises(RuntimeError, match=r"only supported through state_dict"):
        pickle.dumps(parametrize.register_parametrization(nn.Linear(2, 2), "weight", Double()))


def test_a_registration_that_fails_changes_nothing() -> None:
    layer = nn.Linear(2, 2)
    before = layer.weight
    with pytest.raises(ValueError, match="may not change the shape"):
        parametrize.register_parametrization(layer, "weight", Cut())
    assert layer.weight is before
    assert type(layer) is nn.Linear
    assert list(layer.state_dict()) == ["weight", "bias"]


def test_a_pruning_that_fails_changes_nothing() -> None:
    layer = nn.Linear(2, 2)
    with pytest.raises(ValueError, match="amount=5 should be smaller than the number of parameters to prune=4"):
        prune.l1_unstructured(layer, "weight", amount=5)
    prune.l1_unstructured(layer, "weight", amount=1)
    mask = layer.weight_mask.clone()
    with pytest.raises(ValueError, match="amount=5 should be smaller"):
        prune.l1_unstructured(layer, "weight", amount=5)
    assert prune.is_pruned(layer)
    assert torch.equal(layer.weight_mask, mask)


def test_a_container_is_for_one_parameter_and_for_methods() -> None:
    a, b = prune.L1Unstructured(1), prune.L1Unstructured(1)
    a._tensor_name, b._tensor_name = "weight", "bias"
    with pytest.raises(ValueError, match="acting on the parameter named 'weight'"):
        prune.PruningContainer(a, b)
    with pytest.raises(TypeError, match="is not a BasePruningMethod subclass"):
        prune.PruningContainer("weight")
    assert list(prune.PruningContainer(a)) == [a]
    assert len(prune.PruningContainer(a)) == 1
