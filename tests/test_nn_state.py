"""What a module keeps: buffers that are assigned, extra state, and the hooks around saving and loading."""

import numpy as np
import pytest

import microdl as torch
from microdl import nn


class Counting(nn.Linear):
    def __init__(self):
        super().__init__(1, 1)
        self.count = 3

    def get_extra_state(self):
        return {"count": self.count}

    def set_extra_state(self, state):
        self.count = state["count"]


def test_extra_state_is_saved_and_loaded():
    model, other = nn.Sequential(Counting()), nn.Sequential(Counting())
    model[0].count = 7
    state = model.state_dict()
    assert state["0._extra_state"] == {"count": 7}
    other.load_state_dict(state)
    assert other[0].count == 7
    del state["0._extra_state"]
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "0._extra_state"'):
        other.load_state_dict(state)


def test_extra_state_must_be_defined_to_be_used():
    with pytest.raises(RuntimeError, match="Identity keeps nothing beside its tensors"):
        nn.Identity().get_extra_state()
    with pytest.raises(RuntimeError, match="Identity keeps nothing beside its tensors"):
        nn.Identity().set_extra_state(1)


def test_hooks_around_saving():
    layer, seen = nn.Linear(1, 1), []
    layer.register_state_dict_pre_hook(lambda module, prefix, keep_vars: seen.append((prefix, keep_vars)))

    def rename(module, state, prefix, metadata):
        assert metadata == {"version": 1}
        state[prefix + "w"] = state.pop(prefix + "weight")

    handle = layer.register_state_dict_post_hook(rename)
    assert list(nn.Sequential(layer).state_dict()) == ["0.bias", "0.w"]
    assert seen == [("0.", False)]
    handle.remove()
    assert list(layer.state_dict()) == ["weight", "bias"]
    assert layer(torch.ones(1)).shape == (1,)  # a module with such hooks still computes


def test_a_hook_before_loading_may_rename_keys():
    layer = nn.Linear(1, 1)

    def rename(module, state, prefix, metadata, strict, missing, unexpected, problems):
        state[prefix + "weight"] = state.pop(prefix + "w")

    layer.register_load_state_dict_pre_hook(rename)
    given = {"0.w": torch.tensor([[2.0]]), "0.bias": torch.tensor([1.0])}
    nn.Sequential(layer).load_state_dict(given)
    assert layer.weight.item() == 2
    assert "0.w" in given  # the caller's dictionary is untouched


def test_a_hook_after_loading_may_forgive_what_is_missing():
    layer, order = nn.Linear(1, 1), []
    model = nn.Sequential(layer)
    with pytest.raises(RuntimeError, match="Missing"):
        model.load_state_dict({"0.weight": torch.tensor([[2.0]])})
    handle = layer.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.clear())
    model.register_load_state_dict_post_hook(lambda module, keys: order.append(list(keys.missing_keys)))
    assert model.load_state_dict({"0.weight": torch.tensor([[2.0]])}).missing_keys == []
    assert layer.weight.item() == 2
    assert order == [[]]
    handle.remove()
    layer.register_load_state_dict_post_hook(lambda module, keys: keys)
    with pytest.raises(AssertionError, match="not expected to return new values"):
        model.load_state_dict(model.state_dict())


def test_buffers_by_assignment():
    module = nn.Module()
    source = torch.ones(2)
    module.kept = nn.Buffer(source)
    module.passing = nn.Buffer(torch.zeros(1), persistent=False)
    assert list(module.state_dict()) == ["kept"]
    assert [name for name, _ in module.named_buffers()] == ["kept", "passing"]
    source[0] = 5
    assert module.kept[0] == 5
    module.kept = torch.zeros(2)  # still the buffer
    assert module.state_dict()["kept"].tolist() == [0, 0]
    module.kept = nn.Parameter(torch.zeros(1))
    assert [name for name, _ in module.named_parameters()] == ["kept"]
    assert repr(nn.Buffer()) == "tensor([])"


def test_submodules_are_set_by_path():
    model = nn.Sequential(nn.Sequential(nn.Linear(1, 1)))
    model.set_submodule("0.0", nn.ReLU())
    model.set_submodule("0.extra", nn.Tanh())
    assert isinstance(model[0][0], nn.ReLU)
    assert isinstance(model[0].extra, nn.Tanh)
    for path, module, error in [
        ("", nn.ReLU(), ValueError),
        ("0.0", 3, ValueError),
        ("1.0", nn.ReLU(), AttributeError),
        ("training", nn.ReLU(), AttributeError),
    ]:
        with pytest.raises(error):
            model.set_submodule(path, module)
    with pytest.raises(AttributeError, match="has no attribute `1`"):
        model.set_submodule("1", nn.ReLU(), strict=True)


def test_to_empty_gives_new_memory():
    layer = nn.Linear(2, 3)
    weight, array = layer.weight, layer.weight.detach().numpy()
    assert layer.to_empty(device="cpu") is layer
    assert layer.weight is weight
    assert weight.shape == (3, 2)
    assert not np.shares_memory(array, weight.detach().numpy())


@pytest.mark.parametrize("old", ["xavier_uniform", "kaiming_normal", "normal", "uniform", "orthogonal"])
def test_older_names_of_initial_values_warn(old):
    torch.manual_seed(0)
    with pytest.warns(FutureWarning, match=f"nn.init.{old}_"):
        first = getattr(nn.init, old)(torch.empty(3, 3))
    torch.manual_seed(0)
    assert torch.equal(first, getattr(nn.init, old + "_")(torch.empty(3, 3)))


def test_the_older_name_of_clipping_warns():
    w = nn.Parameter(torch.zeros(2))
    w.grad = torch.tensor([3.0, 4.0])
    with pytest.warns(FutureWarning, match="clip_grad_norm_"):
        assert nn.utils.clip_grad_norm([w], 1.0).item() == 5


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda bag: bag(torch.tensor([7]), torch.tensor([0])), "index out of range in self: 7"),
        (
            lambda bag: bag(torch.tensor([1, 2]), torch.tensor([0, 5])),
            "exceed the input's length 2",
        ),
        (lambda bag: bag(torch.tensor([1, 2]), torch.tensor([0, 2, 1])), "must not decrease"),
        (lambda bag: bag(torch.tensor([1.0]), torch.tensor([0])), "but got torch.FloatTensor instead"),
    ],
)
def test_bags_refuse(call, text):
    with pytest.raises(RuntimeError, match=text):
        call(nn.EmbeddingBag(5, 3))


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_bags_against_loops(mode):
    rng = np.random.default_rng(0)
    table = rng.standard_normal((6, 3))
    words = rng.integers(0, 6, 12)
    offsets = np.array([0, 3, 3, 10])
    bags = [table[words[a:b]] for a, b in zip(offsets, [*offsets[1:], 12], strict=True)]
    take = {"sum": np.sum, "mean": np.mean, "max": np.max}[mode]
    expected = [take(bag, axis=0) if len(bag) else np.zeros(3) for bag in bags]
    layer = nn.EmbeddingBag.from_pretrained(torch.from_numpy(table), mode=mode)
    assert not layer.weight.requires_grad
    np.testing.assert_allclose(layer(torch.from_numpy(words), torch.from_numpy(offsets)).numpy(), expected)
