"""Assignment by index: what it writes, records and refuses. Values and errors are PyTorch 2.13's."""

from __future__ import annotations

from typing import Any

import pytest

import microdl as torch


def leaf(values: Any, dtype: Any = None) -> Any:
    return torch.tensor(values, dtype=dtype or torch.float32, requires_grad=True)


def row() -> Any:
    return leaf([1.0, 2.0, 3.0])


def matrix() -> Any:
    return leaf([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


W = torch.tensor([[1.0, 10.0, 100.0], [1000.0, 1e4, 1e5]])


def test_assigning_a_number_cuts_the_gradient_there() -> None:
    x = row()
    y = x * x
    y[1] = 9.0
    (y * W[0]).sum().backward()
    assert y.tolist() == [1.0, 9.0, 9.0]
    assert x.grad.tolist() == [2.0, 0.0, 600.0]


def test_assigning_a_tensor_to_a_slice() -> None:
    x = row()
    y = torch.zeros(2, 3)
    y[:, 1:] = x[1:]
    (y * W).sum().backward()
    assert y.tolist() == [[0.0, 2.0, 3.0], [0.0, 2.0, 3.0]]
    assert x.grad.tolist() == [0.0, 10010.0, 100100.0]


def test_assigning_by_mask() -> None:
    x, v = row(), leaf([5.0, 6.0])
    y = x * 2
    y[torch.tensor([True, False, True])] = v * 2
    (y * W[0]).sum().backward()
    assert y.tolist() == [10.0, 4.0, 12.0]
    assert (x.grad.tolist(), v.grad.tolist()) == ([0.0, 20.0, 0.0], [2.0, 200.0])
    y = row() * 2
    y[y > 3] = 0.0
    assert y.tolist() == [2.0, 0.0, 0.0]


def test_assigning_by_index_arrays() -> None:
    x, v = matrix(), leaf([7.0, 8.0])
    y = x * 2
    y[torch.tensor([0, 1]), torch.tensor([2, 0])] = v
    (y * W).sum().backward()
    assert y.tolist() == [[2.0, 4.0, 7.0], [8.0, 10.0, 12.0]]
    assert x.grad.tolist() == [[2.0, 20.0, 0.0], [0.0, 20000.0, 200000.0]]
    assert v.grad.tolist() == [100.0, 1000.0]


def test_assigning_by_number_and_array() -> None:
    x = leaf([1.0, 2.0])
    y = torch.zeros(2, 3)
    y[1, [0, 2]] = x
    (y * W).sum().backward()
    assert y.tolist() == [[0.0, 0.0, 0.0], [1.0, 0.0, 2.0]]
    assert x.grad.tolist() == [1000.0, 100000.0]


def test_assigning_one_element_everywhere_sums_its_gradient() -> None:
    x = leaf(3.0)
    y = torch.ones(2, 3)
    y[:, 0] = x
    (y * W).sum().backward()
    assert x.grad.item() == 1001.0


def test_assigning_casts() -> None:
    y = torch.tensor([1, 2, 3])
    y[0] = 2.7
    y[1] = torch.tensor(-2.7)
    assert y.tolist() == [2, -2, 3]
    y[y == 3] = torch.tensor(5.9)
    assert y.tolist() == [2, -2, 5]


@pytest.mark.parametrize("value", [torch.tensor(2.7), torch.tensor([2.7])])
def test_assigning_by_index_array_takes_the_same_dtype_only(value: Any) -> None:
    y = torch.tensor([1, 2, 3])
    with pytest.raises(RuntimeError, match="dtypes match, got Long for the destination and Float for the source"):
        y[torch.tensor([0])] = value
    assert y.tolist() == [1, 2, 3]


def test_leading_ones_of_the_value_are_dropped() -> None:
    y = torch.zeros(2, 3)
    y[0] = torch.ones(1, 1, 3)
    assert y.tolist() == [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("index", "value", "error", "text"),
    [
        (2, 1.0, IndexError, "index 2 is out of bounds for dimension 0 with size 2"),
        ([0, 5], 1.0, IndexError, "index 5 is out of bounds for dimension 0 with size 2"),
        ((0, 0, 0), 1.0, IndexError, "too many indices for tensor of dimension 2"),
        (0.5, 1.0, IndexError, "only integers, slices"),
        ([0.5], 1.0, IndexError, "tensors used as indices must be long, int, byte or bool tensors"),
        (slice(None, None, -1), 1.0, ValueError, "step must be greater than zero"),
        (0, torch.zeros(2), RuntimeError, r"expanded size of the tensor \(3\) must match the existing size \(2\)"),
        (torch.tensor([True]), 1.0, IndexError, r"shape of the mask \[1\] at index 0 does not match.*\[2, 3\]"),
    ],
)
def test_bad_assignments_change_nothing(index: Any, value: Any, error: type[Exception], text: str) -> None:
    y = torch.zeros(2, 3)
    with pytest.raises(error, match=text):
        y[index] = value
    assert y.tolist() == [[0.0] * 3] * 2
    assert y._version == 0
