"""The old tensor types and `Variable`: constructors, isinstance, the default type."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import microdl as torch


def test_types_construct_and_recognise() -> None:
    assert torch.FloatTensor([1, 2]).dtype is torch.float32
    assert torch.LongTensor(2, 3).shape == (2, 3)
    assert torch.DoubleTensor().dtype is torch.float64
    assert isinstance(torch.ones(2), torch.FloatTensor)
    assert isinstance(torch.nn.Parameter(torch.ones(2)), torch.FloatTensor)
    assert not isinstance(torch.ones(2), torch.LongTensor)
    assert not isinstance(1.0, torch.FloatTensor)
    assert torch.ones(2).type(torch.LongTensor).dtype is torch.int64
    assert not isinstance(torch.ones(2), torch.cuda.FloatTensor)
    assert str(torch.cuda.FloatTensor) == "<class 'torch.cuda.FloatTensor'>"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ((2.5,), "data must be a sequence"),
        (("text",), "invalid data type 'str'"),
        ((torch.tensor([1]),), "expected a tensor of float32"),
        (([1], [2]), "either sizes or one sequence"),
    ],
)
def test_what_no_type_is_made_of(data: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        torch.FloatTensor(*data)


def test_a_cuda_type_says_that_there_is_none() -> None:
    with pytest.raises(TypeError, match=r"type torch.cuda.FloatTensor not available.*Use torch.FloatTensor"):
        torch.cuda.FloatTensor(2)
    for name in (torch.cuda.FloatTensor, "torch.cuda.FloatTensor"):
        with pytest.raises(TypeError, match="not available"):
            torch.set_default_tensor_type(name)


def test_the_default_type() -> None:
    torch.set_default_tensor_type(torch.DoubleTensor)
    try:
        assert torch.tensor(1.0).dtype is torch.float64
    finally:
        torch.set_default_tensor_type("torch.FloatTensor")
    assert torch.tensor(1.0).dtype is torch.float32
    for wrong in (torch.LongTensor, "FloatTensor", 1):
        with pytest.raises(TypeError, match="floating-point types|invalid type object"):
            torch.set_default_tensor_type(wrong)


def test_a_variable_is_a_leaf_on_the_same_memory() -> None:
    x = torch.ones(2)
    v = torch.autograd.Variable(x, requires_grad=True)
    v.data += 1
    assert (x.tolist(), v.requires_grad, x.requires_grad, v is x) == ([2.0, 2.0], True, False, False)
    assert isinstance(x, torch.autograd.Variable)
    assert torch.autograd.Variable(v * 2).grad_fn is None
    assert torch.autograd.Variable().shape == (0,)
    with pytest.warns(UserWarning, match="volatile was removed"):
        torch.autograd.Variable(x, volatile=True)
    with pytest.raises(TypeError, match="Variable data has to be a tensor, but got list"):
        torch.autograd.Variable([1.0])
    with pytest.raises(RuntimeError, match="Only Tensors of floating point"):
        torch.autograd.Variable(torch.tensor([1]), requires_grad=True)


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        ([torch.tensor(1.0), 2], torch.float32),
        ([torch.tensor(1), 2.5], torch.float32),
        ([torch.tensor(1.0, dtype=torch.float64), 1], torch.float64),
        ([1.0, np.float64(1.5)], torch.float64),
        ([1, np.float32(2.5)], torch.float32),
        ([np.int32(1)], torch.int32),
        ([[True], [2]], torch.int64),
        ([np.array([1.0, 2.0])], torch.float64),
    ],
)
def test_mixed_data_promote_as_in_pytorch(data: Any, dtype: Any) -> None:
    assert torch.tensor(data).dtype is dtype


@pytest.mark.parametrize(
    ("data", "error", "text"),
    [
        ([torch.tensor([1, 2])], TypeError, "only integer tensors of a single element"),
        ([torch.tensor([1.0, 2.0])], ValueError, "only one element tensors"),
        (["a"], ValueError, "too many dimensions 'str'"),
        ([1, "a"], TypeError, "invalid data type 'str'"),
        ([None], RuntimeError, "Could not infer dtype of NoneType"),
        ([1, [2]], TypeError, "cannot be interpreted as an integer"),
        ([[1], 2], TypeError, "not a sequence"),
        ([[[1], [2]], [[1], [2, 3]]], ValueError, "length 1 at dim 2"),
        (2**63, ValueError, "Overflow when unpacking long long"),
        ([2**64], ValueError, "Overflow when unpacking long long"),
        (np.arange(3)[::-1], ValueError, "stride in the given numpy array is negative"),
        (np.array([1], ">i4"), ValueError, "byte order"),
    ],
)
def test_data_that_make_no_tensor(data: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        torch.tensor(data)


@pytest.mark.parametrize(
    "write",
    [
        lambda: torch.tensor(300, dtype=torch.uint8),
        lambda: torch.tensor([1, 200], dtype=torch.int8),
        lambda: torch.full((2,), 300, dtype=torch.uint8),
        lambda: torch.zeros(2, dtype=torch.int8).fill_(300),
        lambda: torch.zeros(2, dtype=torch.uint8).__setitem__(0, 300),
        lambda: torch.zeros(2, dtype=torch.int64).__setitem__(0, float("nan")),
        lambda: torch.zeros(2).__setitem__(0, 1e40),
        lambda: torch.clamp(torch.tensor([1], dtype=torch.uint8), max=300),
    ],
)
def test_a_number_that_does_not_fit(write: Any) -> None:
    with pytest.raises(RuntimeError, match="value cannot be converted to type .* without overflow"):
        write()


def test_numbers_that_fit_after_all() -> None:
    assert torch.tensor(-1, dtype=torch.uint8).item() == 255
    assert torch.tensor([1e40]).item() == float("inf")
    assert torch.tensor([1.9, -1.9], dtype=torch.int64).tolist() == [1, -1]
    assert torch.zeros(1).fill_(float("nan")).isnan().item()
