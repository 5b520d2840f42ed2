"""Dtypes, promotion, `Size`. The tables were printed by PyTorch 2.13."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import microdl as torch
from microdl import dtypes

SHORT = {
    "f2": dtypes.float16, "f4": dtypes.float32, "f8": dtypes.float64, "i1": dtypes.int8, "i2": dtypes.int16,
    "i4": dtypes.int32, "i8": dtypes.int64, "u1": dtypes.uint8, "b": dtypes.bool_,
}  # fmt: skip

# rows and columns in the order of SHORT
BOTH_TENSORS = """
f2 f4 f8 f2 f2 f2 f2 f2 f2
f4 f4 f8 f4 f4 f4 f4 f4 f4
f8 f8 f8 f8 f8 f8 f8 f8 f8
f2 f4 f8 i1 i2 i4 i8 i2 i1
f2 f4 f8 i2 i2 i4 i8 i2 i2
f2 f4 f8 i4 i4 i4 i8 i4 i4
f2 f4 f8 i8 i8 i8 i8 i8 i8
f2 f4 f8 i2 i2 i4 i8 u1 u1
f2 f4 f8 i1 i2 i4 i8 u1 b
"""
WITH_0D_TENSOR = """
f2 f2 f2 f2 f2 f2 f2 f2 f2
f4 f4 f4 f4 f4 f4 f4 f4 f4
f8 f8 f8 f8 f8 f8 f8 f8 f8
f2 f4 f8 i1 i1 i1 i1 i1 i1
f2 f4 f8 i2 i2 i2 i2 i2 i2
f2 f4 f8 i4 i4 i4 i4 i4 i4
f2 f4 f8 i8 i8 i8 i8 i8 i8
f2 f4 f8 u1 u1 u1 u1 u1 u1
f2 f4 f8 i1 i2 i4 i8 u1 b
"""
# with True, 2 and 2.5
WITH_NUMBER = """
f2 f2 f2
f4 f4 f4
f8 f8 f8
i1 i1 f4
i2 i2 f4
i4 i4 f4
i8 i8 f4
u1 u1 f4
b i8 f4
"""


def cells(table: str, columns: Any) -> list[tuple[Any, Any, Any]]:
    rows = zip(SHORT.values(), table.strip().splitlines(), strict=True)
    return [(a, b, SHORT[c]) for a, row in rows for b, c in zip(columns, row.split(), strict=True)]


@pytest.mark.parametrize(("a", "b", "expected"), cells(BOTH_TENSORS, SHORT.values()))
def test_two_tensors(a: Any, b: Any, expected: Any) -> None:
    x, y = torch.ones(2, dtype=a), torch.ones(2, dtype=b)
    assert (x * y).dtype is expected
    assert torch.cat([x, y]).dtype is expected
    assert torch.where(torch.tensor(True), x, y).dtype is expected


@pytest.mark.parametrize(("a", "b", "expected"), cells(WITH_0D_TENSOR, SHORT.values()))
def test_a_0d_tensor_promotes_only_to_a_higher_kind(a: Any, b: Any, expected: Any) -> None:
    x, y = torch.ones(2, dtype=a), torch.ones((), dtype=b)
    assert (x * y).dtype is expected
    assert (y * x).dtype is expected


@pytest.mark.parametrize(("a", "number", "expected"), cells(WITH_NUMBER, [True, 2, 2.5]))
def test_a_number_promotes_only_to_a_higher_kind(a: Any, number: Any, expected: Any) -> None:
    for shape in [(2,), ()]:
        x = torch.ones(shape, dtype=a)
        assert (x * number).dtype is expected
        assert (number * x).dtype is expected
        assert (x / number).dtype is (expected if expected.is_floating_point else dtypes.float32)


def test_integers_divide_to_the_default_dtype() -> None:
    x = torch.tensor([7, 2])
    assert (x / 2).tolist() == [3.5, 1.0]
    assert (x / x).dtype is dtypes.float32
    dtypes.set_default_dtype(dtypes.float64)
    assert (x / 2).dtype is dtypes.float64
    assert torch.exp(x).dtype is dtypes.float64
    assert (x * 0.5).dtype is dtypes.float64
    assert torch.tensor(0.5).dtype is dtypes.float64


def test_integers_wrap_around() -> None:
    x = torch.tensor([200, 100], dtype=torch.uint8)
    assert (x + x).tolist() == [144, 200]
    assert (x + 100).tolist() == [44, 200]
    assert (torch.tensor([100], dtype=torch.int8) * 2).tolist() == [-56]


def test_the_default_dtype_is_a_floating_one() -> None:
    assert dtypes.get_default_dtype() is dtypes.float32
    for bad in (dtypes.int64, "float64", np.float64):
        with pytest.raises(TypeError, match="only floating-point types are supported as the default type"):
            dtypes.set_default_dtype(bad)
    assert dtypes.get_default_dtype() is dtypes.float32


@pytest.mark.parametrize("d", dtypes.ALL, ids=str)
def test_a_dtype_knows_itself(d: Any) -> None:
    assert d.itemsize == np.dtype(d.name).itemsize
    assert d.is_floating_point == d.name.startswith("float")
    assert d.is_signed == (not d.name.startswith(("uint", "bool")))
    assert not d.is_complex
    assert repr(d) == f"torch.{d.name}"
    assert copy.deepcopy(d) is d
    assert pickle.loads(pickle.dumps(d)) is d
    assert dtypes.from_numpy_dtype(np.dtype(d.name)) is d


def test_short_names() -> None:
    assert dtypes.half is dtypes.float16
    assert dtypes.double is dtypes.float64
    assert dtypes.long is dtypes.int64
    assert dtypes.short is dtypes.int16


@pytest.mark.parametrize("bad", ["complex64", "uint16", "U3", "datetime64[s]", "object"])
def test_numpy_dtypes_that_pytorch_lacks(bad: str) -> None:
    with pytest.raises(
        TypeError, match=r"can't convert np.ndarray of type .*only supported types are: float16.*astype"
    ):
        torch.from_numpy(np.zeros(2, bad))


def test_python_types_stand_for_dtypes() -> None:
    assert torch.zeros(1, dtype=float).dtype is dtypes.float64
    assert torch.zeros(1, dtype=int).dtype is dtypes.int64
    assert torch.zeros(1, dtype=bool).dtype is dtypes.bool_
    with pytest.raises(TypeError, match=r"dtype must be a torch\.dtype such as torch\.float32, not 'float32'"):
        torch.zeros(1, dtype="float32")


def test_size() -> None:
    size = torch.zeros(2, 3, 4).shape
    assert size == (2, 3, 4)
    assert repr(size) == "torch.Size([2, 3, 4])"
    assert size.numel() == 24
    assert repr(size[1:]) == "torch.Size([3, 4])"
    assert repr(size.__add__((5,))) == "torch.Size([2, 3, 4, 5])"
    assert size[-1] == 4
    assert isinstance(size, tuple)
    assert dtypes.Size(()).numel() == 1


def test_numpy_numbers_promote_as_python_s_do() -> None:
    x = torch.ones(2)
    for y in (x * np.float64(2), np.float64(2) * x, torch.clamp(x, min=np.float64(0)), x + np.int64(1)):
        assert y.dtype is torch.float32


def test_the_bounds_of_clamp_promote() -> None:
    whole = torch.tensor([1, 2])
    assert torch.clamp(whole, min=torch.tensor([0.5, 1.5])).dtype is torch.float32
    assert torch.clamp(whole, 0.5, 1.5).tolist() == [1.0, 1.5]
    assert torch.clamp(torch.ones(2), torch.tensor(1.0, dtype=torch.float64)).dtype is torch.float32
    assert torch.clamp(torch.ones(2), torch.ones(2, dtype=torch.float64)).dtype is torch.float64
    assert torch.clamp(whole, 0, 1).dtype is torch.int64
