"""`nn`: modules and parameters in sequence, in lists, in dictionaries."""

from __future__ import annotations

import copy
from collections import OrderedDict

import pytest

import microdl as torch
from microdl import nn
from microdl.nn import Parameter, init


def names(pairs):
    return [name for name, _ in pairs]


def kinds(container):
    return [type(m).__name__ for m in container]


def test_sequential_as_a_list():
    net = nn.Sequential(nn.ReLU(), nn.Tanh(), nn.Sigmoid())
    assert net[0] is net[-3]
    assert kinds(net[1:]) == ["Tanh", "Sigmoid"]
    assert list(net[1:]._modules) == ["1", "2"]  # names stay, as in PyTorch
    assert len(net) == 3
    net[1] = nn.SELU()
    assert net.append(nn.Mish()) is net
    net.insert(0, nn.Flatten()).extend([nn.Identity()])
    assert kinds(net) == ["Flatten", "ReLU", "SELU", "Sigmoid", "Mish", "Identity"]
    del net[1:3]
    del net[-1]
    assert kinds(net) == ["Flatten", "Sigmoid", "Mish"]
    assert list(net._modules) == ["0", "1", "2"]
    assert not hasattr(net, "3")
    assert type(net.pop(0)).__name__ == "Flatten"
    assert kinds(net + nn.Sequential(nn.ReLU())) == ["Sigmoid", "Mish", "ReLU"]
    assert kinds(net * 2) == ["Sigmoid", "Mish"] * 2
    net *= 2
    net += nn.Sequential(nn.ReLU())
    assert kinds(net) == ["Sigmoid", "Mish", "Sigmoid", "Mish", "ReLU"]


def test_sequential_passes_results_on():
    net = nn.Sequential(OrderedDict(twice=nn.Linear(1, 1, bias=False), act=nn.ReLU()))
    init.constant_(net.twice.weight, 2.0)
    assert net(torch.tensor([[3.0], [-3.0]])).tolist() == [[6], [0]]
    assert nn.Sequential()(5) == 5


def test_module_list_as_a_list():
    parts = nn.ModuleList([nn.ReLU()])
    parts += [nn.Tanh()]
    parts.insert(1, nn.Mish())
    assert kinds(parts) == ["ReLU", "Mish", "Tanh"]
    assert kinds(parts[:2]) == ["ReLU", "Mish"]
    assert kinds(parts + nn.ModuleList([nn.SELU()])) == ["ReLU", "Mish", "Tanh", "SELU"]
    assert type(parts.pop(-1)).__name__ == "Tanh"
    del parts[0]
    assert list(parts._modules) == ["0"]
    assert len(parts) == 1


def test_module_dict_as_a_dictionary():
    parts = nn.ModuleDict({"a": nn.ReLU(), "b": nn.Tanh()})
    parts.update([("c", nn.Mish())])
    assert list(parts) == list(parts.keys()) == ["a", "b", "c"]
    assert "a" in parts
    assert type(parts.pop("a")).__name__ == "ReLU"
    del parts["b"]
    assert [name for name, _ in parts.items()] == ["c"]
    assert kinds(parts.values()) == ["Mish"]
    parts.update(nn.ModuleDict({"d": nn.ReLU()}))
    assert len(parts) == 2
    parts.clear()
    assert len(parts) == 0
    assert repr(parts) == "ModuleDict()"


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: nn.Sequential(3), TypeError, "int is not a Module subclass"),
        (lambda: nn.Sequential(nn.ReLU), TypeError, r"^microdl\.nn\.activations\.ReLU is not a Module subclass"),
        (lambda: nn.Sequential(nn.ReLU())[1], IndexError, "index 1 is out of range"),
        (lambda: nn.Sequential(nn.ReLU())["a"], TypeError, "cannot be interpreted as an integer"),
        (lambda: nn.Sequential().insert(3, nn.ReLU()), IndexError, "Index out of range: 3"),
        (lambda: nn.Sequential().insert(0, 3), AssertionError, "module should be of type"),
        (lambda: nn.Sequential().extend(3), TypeError, "not iterable"),
        (lambda: nn.Sequential(nn.ReLU()) * 0, ValueError, "Non-positive multiplication factor 0"),
        (lambda: nn.Sequential(nn.ReLU()) * "a", TypeError, r"unsupported operand type\(s\) for \*"),
        (lambda: nn.Sequential() + 3, ValueError, "supports only objects of Sequential class"),
        (lambda: nn.ModuleList([nn.ReLU(), 3]), TypeError, "int is not a Module subclass"),
        (lambda: nn.ModuleList(3), TypeError, "ModuleList.extend should be called with an iterable, but got int"),
        (lambda: nn.ModuleDict({"a": 3}), TypeError, "int is not a Module subclass"),
        (lambda: nn.ModuleDict(3), TypeError, "should be called with an iterable of key/value pairs, but got int"),
        (lambda: nn.ModuleDict([nn.ReLU()]), TypeError, "should be Iterable"),
        (lambda: nn.ModuleDict([(1, 2, 3)]), ValueError, "length 3; 2 is required"),
        (lambda: nn.ModuleDict({"a": nn.ReLU()})["b"], KeyError, "b"),
        (lambda: nn.ModuleDict({"keys": nn.ReLU()}), KeyError, "attribute 'keys' already exists"),
        (lambda: nn.ParameterList(3), TypeError, "should be called with an iterable, but got int"),
        (lambda: nn.ParameterList([1])[1], IndexError, "index 1 is out of range"),
        (lambda: nn.ParameterList()(1), RuntimeError, "should not be called"),
        (lambda: nn.ParameterDict({1: 2}), TypeError, "not a string"),
    ],
)
def test_containers_refuse(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_a_container_that_refuses_one_takes_none():
    net, parts = nn.Sequential(), nn.ModuleDict()
    with pytest.raises(TypeError):
        net.extend([nn.ReLU(), 3])
    with pytest.raises(TypeError):
        parts.update({"a": nn.ReLU(), "b": 3})
    assert len(net) == len(parts) == 0


def test_parameter_list():
    values = nn.ParameterList([torch.ones(1, 2), "text"])
    values.append(Parameter(torch.zeros(3)))
    assert names(values.named_parameters()) == ["0", "2"]
    assert values[1] == "text"
    values[1] = torch.ones(())
    assert len(list(values.parameters())) == len(values) == 3
    assert len(values[1:]) == 2
    first = values[0]
    assert values.pop(0) is first
    assert names(values.named_parameters()) == ["0", "1"]
    assert repr(nn.ParameterList([torch.ones(1, 2), "text"])) == (
        "ParameterList(\n    (0): Parameter containing: [torch.float32 of size 1x2]\n    (1): Object of type: str\n)"
    )


def test_parameter_dict():
    values = nn.ParameterDict({"a": torch.ones(2), "b": 3})
    assert names(values.named_parameters()) == ["a"]
    assert [k for k, _ in values.items()] == ["a", "b"]
    assert values.pop("b") == 3
    assert values.get("b") is None
    assert repr(copy.deepcopy(values)) == "ParameterDict(  (a): Parameter containing: [torch.FloatTensor of size 2])"
    values.clear()
    assert len(values) == len(list(values.parameters())) == 0


@pytest.mark.parametrize("add", [lambda p: p.append(torch.tensor([1])), lambda p: p.extend([p[0], torch.tensor([1])])])
def test_a_list_of_parameters_is_as_before_where_a_tensor_cannot_be_one(add):
    parameters = nn.ParameterList([torch.ones(2)])
    with pytest.raises(RuntimeError, match="floating point"):
        add(parameters)
    assert (len(parameters), len(list(parameters))) == (1, 1)


def test_a_dictionary_of_parameters_is_as_before_where_a_tensor_cannot_be_one():
    parameters = nn.ParameterDict()
    with pytest.raises(RuntimeError, match="floating point"):
        parameters.update({"a": torch.ones(2), "b": torch.tensor([1])})
    assert len(parameters) == 0
