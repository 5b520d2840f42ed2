"""`save` and `load`: what goes in comes out, also from files that PyTorch wrote (tests/data/make.py)."""

from __future__ import annotations

import copy
import io
import pickle
import warnings
from collections import Counter, OrderedDict, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microdl as torch
from microdl import nn
from microdl.dtypes import ALL

DATA = Path(__file__).parent / "data"


def through(obj: Any, **options: Any) -> Any:
    """What `load` makes of what `save` wrote."""
    weights_only = options.pop("weights_only", True)
    file = io.BytesIO()
    torch.save(obj, file, **options)
    file.seek(0)
    return torch.load(file, weights_only=weights_only)


def same_place(x: Any, y: Any) -> bool:
    return bool(x.untyped_storage().data_ptr() == y.untyped_storage().data_ptr())


FORMATS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
PROTOCOLS = pytest.mark.parametrize("protocol", [2, 3, 4, 5])


# --- round trips ---


@st.composite
def views(draw: st.DrawFn) -> Any:
    """A tensor of any dtype that looks at part of its storage."""
    dtype = draw(st.sampled_from(ALL))
    shape = draw(st.lists(st.integers(0, 4), max_size=3))
    x = torch.arange(int(np.prod(shape, dtype=int))).to(dtype).reshape(shape)
    for _ in range(draw(st.integers(0, 2))):
        if x.ndim and x.shape[0] > 1 and draw(st.booleans()):
            x = x[draw(st.integers(0, 1)) :: draw(st.integers(1, 2))]
        elif x.ndim > 1:
            x = x.transpose(0, -1)
        else:
            x = x.unsqueeze(0).expand(2, *x.shape)
    return x


@given(x=views(), zipped=st.booleans())
def test_a_tensor_keeps_values_dtype_and_strides(x: Any, zipped: bool) -> None:
    y = through(x, _use_new_zipfile_serialization=zipped)
    assert (y.dtype, y.shape, y.storage_offset()) == (x.dtype, x.shape, x.storage_offset())
    assert np.array_equal(y.numpy(), x.numpy())
    if x.numel():
        assert y.stride() == x.stride()
        assert y.untyped_storage().nbytes() == x.untyped_storage().nbytes()


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


@given(value=plain, protocol=st.sampled_from([2, 3, 4, 5]))
def test_containers_of_plain_values(value: Any, protocol: int) -> None:
    assert through(value, pickle_protocol=protocol) == value


@PROTOCOLS
@FORMATS
def test_everything_else_that_weights_only_takes(zipped: bool, protocol: int) -> None:
    value = [
        {1, 2}, torch.Size([2, 3]), torch.device("cpu"), torch.float16, Counter("aab"), OrderedDict(b=1, a=2),
        2**100, -(2**100), bytearray(b"x"), 1j,
    ]  # fmt: skip
    back = through(value, _use_new_zipfile_serialization=zipped, pickle_protocol=protocol)
    assert back == value
    assert [type(x) for x in back] == [type(x) for x in value]


@FORMATS
def test_what_shares_memory_shares_it_after(zipped: bool) -> None:
    x = torch.arange(6.0)
    a, b, c = through([x, x[2:], x.clone()], _use_new_zipfile_serialization=zipped)
    b[0] = 7
    assert a.tolist() == [0, 1, 7, 3, 4, 5]
    assert same_place(a, b)
    assert not same_place(a, c)


def test_the_same_object_stays_the_same_object() -> None:
    p = nn.Parameter(torch.ones(2))
    back = through({"a": p, "b": [p]})
    assert back["a"] is back["b"][0]


def test_flags_parameters_and_attributes() -> None:
    p = nn.Parameter(torch.ones(2), requires_grad=False)
    p.note = "frozen"
    t = torch.ones(2, requires_grad=True)
    t.note = 3
    p, t, lazy = through([p, t, nn.UninitializedParameter()])
    assert type(p) is nn.Parameter
    assert (p.requires_grad, p.note) == (False, "frozen")
    assert (t.requires_grad, t.is_leaf, t.note) == (True, True, 3)
    assert type(lazy) is nn.UninitializedParameter


def test_a_result_is_saved_without_its_history() -> None:
    y = through(torch.ones(2, requires_grad=True) * 2)
    assert y.is_leaf
    assert y.requires_grad


def test_an_expanded_tensor_is_as_small_in_the_file_and_as_protected() -> None:
    y = through(torch.ones(1).expand(1000, 1000))
    assert y.untyped_storage().nbytes() == 4
    with pytest.raises(RuntimeError, match="single memory location"):
        y.add_(1)


def test_arrays_that_no_tensor_of_pytorch_looks_like_are_written_as_copies() -> None:
    record = np.zeros(3, np.dtype([("a", "i1"), ("b", "<f4")]))
    record["b"] = [1, 2, 3]
    x = torch.from_numpy(record["b"])
    assert through(x).tolist() == [1, 2, 3]


def test_one_memory_as_two_dtypes_is_refused() -> None:
    a = np.zeros(4, np.float32)
    with pytest.raises(RuntimeError, match="view the same data as different types"):
        torch.save([torch.from_numpy(a), torch.from_numpy(a.view(np.int32))], io.BytesIO())


def test_storages_are_saved_too() -> None:
    x = torch.ones(2)
    back, tensor = through([torch.storage.TypedStorage(x.untyped_storage(), torch.float32), x])
    assert back.data_ptr() == tensor.data_ptr()


def test_state_dicts_carry_their_metadata() -> None:
    state = nn.Sequential(nn.BatchNorm1d(2)).state_dict()
    back = through(state)
    assert list(back) == list(state)
    assert back._metadata == state._metadata


# --- whole objects ---


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 2)
        self.tied = self.fc
        self.act = torch.nn.functional.relu
        self.register_buffer("scale", torch.ones(1), persistent=False)

    def forward(self, x: Any) -> Any:
        return self.act(self.fc(x)) * self.scale


def test_a_module_with_its_hooks_and_names() -> None:
    net = Net().eval()
    net.register_forward_pre_hook(_double, with_kwargs=True)
    net.register_state_dict_pre_hook(_note)
    back = through(net, weights_only=False)
    x = torch.randn(4, 3)
    assert type(back) is Net
    assert back.fc is back.tied
    assert back.training is False
    assert torch.equal(back(x), net(x))
    assert back.scale.item() == 1
    assert list(back.state_dict()) == ["fc.weight", "fc.bias", "tied.weight", "tied.bias"]
    assert back.scale.item() == 0


def _note(module: Any, prefix: str, keep_vars: bool) -> None:
    module.scale.zero_()


def _double(module: Any, args: Any, kwargs: Any) -> Any:
    return (args[0] * 2,), kwargs


def test_model_optimiser_and_scheduler_stay_connected() -> None:
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    back = through({"m": model, "o": optimizer, "s": scheduler}, weights_only=False)
    assert back["s"].optimizer is back["o"]
    assert back["o"].param_groups[0]["params"][0] is back["m"].weight


def test_a_lazy_module_is_not_saved_before_its_first_call() -> None:
    with pytest.raises(NotImplementedError, match="after its first call"):
        torch.save(nn.LazyLinear(2), io.BytesIO())
    assert list(through(nn.LazyLinear(2).state_dict())) == ["weight", "bias"]


def test_defaultdict_needs_trust() -> None:
    value = defaultdict(list, a=[1])
    with pytest.raises(pickle.UnpicklingError, match="GLOBAL collections.defaultdict"):
        through(value)
    assert through(value, weights_only=False) == value
    with torch.serialization.safe_globals([defaultdict, list]):
        assert through(value) == value


# --- files that PyTorch wrote ---


@pytest.mark.parametrize("name", ["tensors.pt", "tensors_legacy.pt"])
def test_pytorchs_tensors(name: str) -> None:
    found = torch.load(DATA / name)
    assert found["transposed"].stride() == (1, 4)
    assert found["transposed"].tolist() == [[0, 4, 8], [1, 5, 9], [2, 6, 10], [3, 7, 11]]
    assert found["offset"].tolist() == list(range(3, 12))
    assert same_place(found["offset"], found["transposed"])
    assert (found["expanded"].tolist(), found["expanded"].stride()) == ([1] * 4, (0,))
    assert (found["scalar"].item(), found["empty"].shape) == (2.5, (0, 3))
    assert found["leaf"].requires_grad
    assert repr(found["parameter"]) == "Parameter containing:\ntensor([ 1., -2.], requires_grad=True)"
    assert not found["frozen"].requires_grad
    for dtype in ALL:
        if dtype is not torch.float32:
            assert found[repr(dtype)].dtype is dtype
            assert found[repr(dtype)].tolist() == [0, 1, 1 if dtype is torch.bool else 2]


def test_pytorchs_values() -> None:
    assert torch.load(DATA / "values.pt") == {
        "numbers": [0, -1, 255, 70000, 2**70, 1.5, True, None, 1j],
        "text": ("é", b"ab", bytearray(b"cd")),
        "size": torch.Size([2, 3]),
        "dtype": torch.int64,
        "device": torch.device("cpu"),
        "set": {1, 2},
        "counter": Counter("aab"),
        3: OrderedDict(x=[]),
    }


def test_pytorchs_states_fit_models_and_optimisers() -> None:
    found = torch.load(DATA / "states.pt")
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 1))
    model.load_state_dict(found["model"])
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    optimizer.load_state_dict(found["optimizer"])
    assert optimizer.param_groups[0]["momentum"] == 0.9
    assert model[1].num_batches_tracked.item() == 3


def test_pytorchs_modules_work_on() -> None:
    found = torch.load(DATA / "training.pt", weights_only=False)
    states = torch.load(DATA / "states.pt")
    model, optimizer, scheduler = found["model"], found["optimizer"], found["scheduler"]
    assert repr(model.state_dict()) == repr(states["model"])
    assert repr(optimizer.state_dict()) == repr(states["optimizer"])
    assert scheduler.state_dict() == states["scheduler"]
    before = model[0].weight.clone()
    model(torch.tensor([[1.0, 2.0], [3.0, 5.0]])).sum().backward()
    optimizer.step()
    scheduler.step()
    assert not torch.equal(model[0].weight, before)
    assert copy.deepcopy(model).training


def test_pytorchs_other_dtypes_are_named() -> None:
    with pytest.raises(NotImplementedError, match="torch.bfloat16, which microdl does not have.*float()"):
        torch.load(DATA / "bfloat16.pt")


def test_what_pytorch_would_write_is_written_to_the_byte() -> None:
    """All but the serialization id, which is the last record."""
    recorded = (DATA / "tensors.pt").read_bytes()
    file = io.BytesIO()
    torch.save(torch.load(DATA / "tensors.pt"), file)
    written = file.getvalue().replace(b"archive/", b"tensors/")
    end = recorded.index(b"tensors/.data/serialization_id")
    assert written[:end] == recorded[:end]


# --- storages ---


def test_storages_of_tensors() -> None:
    x = torch.arange(6.0).view(2, 3)
    s = x[1].untyped_storage()
    assert (s.nbytes(), s.size(), len(s), s.element_size()) == (24, 24, 24, 1)
    assert s.data_ptr() == x.data_ptr()
    assert (x[1].storage_offset(), x.t()[1].storage_offset()) == (3, 1)
    assert s[4:8].tolist() == [0, 0, 128, 63]
    s.fill_(0)
    assert x.sum().item() == 0
    with pytest.warns(UserWarning, match="TypedStorage is deprecated"):
        typed = x.storage()
    typed[1] = 5
    assert (x[0, 1].item(), typed[1], len(typed), typed.dtype) == (5.0, 5.0, 6, torch.float32)
    assert repr(typed).endswith("[torch.storage.TypedStorage(dtype=torch.float32, device=cpu) of size 6]")
    assert torch.zeros(0).untyped_storage().data_ptr() == 0


def test_resize_and_set() -> None:
    x = torch.arange(4)
    assert x.resize_(2, 2).tolist() == [[0, 1], [2, 3]]
    assert x.resize_(6).tolist() == [0, 1, 2, 3, 0, 0]
    y = torch.zeros(2, dtype=torch.int64)
    y.set_(x.untyped_storage(), 1, (2,), (2,))
    assert y.tolist() == [1, 3]
    with pytest.raises(RuntimeError, match="cannot resize variables that require grad"):
        torch.ones(2, requires_grad=True).resize_(3)
    with pytest.raises(RuntimeError, match="needs 11 elements, and its storage holds 6"):
        y.set_(x.untyped_storage(), 1, (2,), (9,))


def test_no_warning_from_saving() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        through(torch.ones(2))
