"""Shapes and indexing: results and refusals. Values are PyTorch 2.13's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import microdl as torch

# --- shapes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        (lambda t: t.view(-1, 4), (6, 4)),
        (lambda t: t.view((4, 6)), (4, 6)),
        (lambda t: t.reshape(torch.zeros(24).shape), (24,)),
        (lambda t: t.reshape(1, 24).squeeze(0), (24,)),
        (lambda t: t.unsqueeze(-1), (2, 3, 4, 1)),
        (lambda t: t.unsqueeze(1).squeeze(), (2, 3, 4)),
        (lambda t: t.unsqueeze(1).squeeze((1, 2)), (2, 3, 4)),
        (lambda t: t.flatten(1), (2, 12)),
        (lambda t: t.flatten(0, 1), (6, 4)),
        (lambda t: t.unflatten(2, (2, -1)), (2, 3, 2, 2)),
        (lambda t: t.permute(2, 0, 1), (4, 2, 3)),
        (lambda t: t.permute((-1, 0, 1)), (4, 2, 3)),
        (lambda t: t.T, (4, 3, 2)),
        (lambda t: t.mT, (2, 4, 3)),
        (lambda t: t.swapaxes(0, 2), (4, 3, 2)),
        (lambda t: t[:, :1].expand(-1, 5, -1), (2, 5, 4)),
        (lambda t: t.expand(7, *t.shape), (7, 2, 3, 4)),
        (lambda t: t.repeat(2, 1, 1, 3), (2, 2, 3, 12)),
        (lambda t: t.repeat_interleave(2, 1), (2, 6, 4)),
        (lambda t: t.view_as(torch.zeros(24)), (24,)),
        (lambda t: torch.zeros(()).t(), ()),
        (lambda t: torch.zeros(3).t(), (3,)),
        (lambda t: torch.zeros(()).flatten(), (1,)),
        (lambda t: torch.zeros(0, 3).reshape(3, 0), (3, 0)),
    ],
)
def test_shapes(call: Any, shape: tuple[int, ...]) -> None:
    assert call(torch.zeros(2, 3, 4)).shape == shape


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda t: t.reshape(5), RuntimeError, r"shape '\[5\]' is invalid for input of size 6"),
        (lambda t: t.reshape(-1, -1), RuntimeError, "only one dimension can be inferred"),
        (lambda t: t.reshape(-2, 3), RuntimeError, "invalid shape dimension -2"),
        (lambda t: torch.zeros(0).reshape(-1, 0), RuntimeError, "is ambiguous"),
        (lambda t: t.t().view(6), RuntimeError, r"view size is not compatible.*Use .reshape\(...\) instead"),
        (lambda t: t.permute(0), RuntimeError, r"input.dim\(\) = 2 is not equal to len\(dims\) = 1"),
        (lambda t: t.permute(0, 0), RuntimeError, "dim appears multiple times"),
        (lambda t: t.transpose(0, 2), IndexError, r"Dimension out of range.*\[-2, 1\], but got 2"),
        (lambda t: t[None].t(), RuntimeError, r"t\(\) expects a tensor with <= 2 dimensions, but self is 3D"),
        (
            lambda t: t.expand(4, 3),
            RuntimeError,
            r"expanded size of the tensor \(4\) must match the existing size \(2\)",
        ),
        (lambda t: t.expand(3), RuntimeError, r"number of sizes provided \(1\) must be greater or equal"),
        (lambda t: t.flatten(1, 0), RuntimeError, "start_dim cannot come after end_dim"),
        (lambda t: t.unsqueeze(3), IndexError, r"\[-3, 2\], but got 3"),
        (lambda t: t.repeat(2), RuntimeError, "Number of dimensions of repeat dims can not be smaller"),
        (lambda t: t.split([1, 2]), RuntimeError, r"sum exactly to 2 .*split_sizes=\[1, 2\]"),
        (lambda t: t.split(0), RuntimeError, "split_size can only be 0 if dimension size is 0"),
        (lambda t: t.chunk(0), RuntimeError, "`chunks` to be greater than 0, got: 0"),
        (lambda t: t.narrow(0, 1, 2), RuntimeError, r"start \(1\) \+ length \(2\) exceeds dimension size \(2\)"),
        (
            lambda t: torch.cat([t, torch.zeros(2, 2)]),
            RuntimeError,
            "Expected size 3 but got size 2 for tensor number 1",
        ),
        (lambda t: torch.cat([t, torch.zeros(2)]), RuntimeError, "same number of dimensions: got 2 and 1"),
        (lambda t: torch.cat([torch.zeros(())]), RuntimeError, "zero-dimensional tensor .*cannot be concatenated"),
        (lambda t: torch.cat(t), TypeError, "expected a tuple or list of Tensors"),
        (lambda t: torch.cat([t, 1.0]), TypeError, "expected Tensor as element 1 in argument 0, but got float"),
        (
            lambda t: torch.stack([t, t.t()]),
            RuntimeError,
            r"equal size, but got \[2, 3\] at entry 0 and \[3, 2\] at entry 1",
        ),
        (lambda t: torch.stack([]), RuntimeError, "stack expects a non-empty TensorList"),
        (
            lambda t: t + torch.zeros(2),
            RuntimeError,
            r"size of tensor a \(3\) must match the size of tensor b \(2\).*dimension 1",
        ),
        (lambda t: torch.add("a", t), TypeError, r"add\(\): argument 'input' \(position 1\) must be Tensor, not str"),
    ],
)
def test_shapes_that_do_not_fit(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call(torch.zeros(2, 3))


# --- indexing -------------------------------------------------------------------------------------------

X = torch.arange(24).reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (-1, X.tolist()[-1]),
        ((1, 2, 3), 23),
        ((slice(None), 1), [[4, 5, 6, 7], [16, 17, 18, 19]]),
        ((Ellipsis, 0), [[0, 4, 8], [12, 16, 20]]),
        ((0, slice(0, 3, 2), slice(1, 2)), [[1], [9]]),
        ((0, [0, 2], [1, 1]), [1, 9]),
        ((slice(None), 0, [0, 3]), [[0, 3], [12, 15]]),
        ((0, slice(None), [0, 3]), [[0, 3], [4, 7], [8, 11]]),
        (([1, 0], slice(None), [0, 3]), [[12, 16, 20], [3, 7, 11]]),
        ((1, torch.tensor([True, False, True]), 0), [12, 20]),
        ((torch.tensor(1), torch.tensor(2), -1), 23),
        ((0, 0, np.array([3, 0])), [3, 0]),
        ((np.int64(1), 0, 0), 12),
        ((0, 0, None), [[0, 1, 2, 3]]),
        (torch.tensor([True, False]), [X.tolist()[0]]),
        (X > 21, [22, 23]),
        ((0, 0, torch.tensor([[0, 1], [2, 3]])), [[0, 1], [2, 3]]),
        ((0, 0, []), []),
        ((slice(5, 9), 0, 0), []),
    ],
    ids=repr,
)
def test_indexing(index: Any, expected: Any) -> None:
    assert X[index].tolist() == expected


def test_number_and_array_are_taken_one_after_the_other() -> None:
    """PyTorch resolves 0 first, a view; NumPy would move the array's dimension to the front."""
    y = torch.zeros(2, 3, 4)
    assert y[0, :, [0, 1]].shape == (3, 2)
    assert y[:, 0, [0, 1, 1]].shape == (2, 3)
    assert y[[0, 1], :, [0, 1]].shape == (2, 3)


@pytest.mark.parametrize(
    ("index", "error", "text"),
    [
        (2, IndexError, "index 2 is out of bounds for dimension 0 with size 2"),
        ((0, -4), IndexError, "index -4 is out of bounds for dimension 1 with size 3"),
        ([0, 2], IndexError, "index 2 is out of bounds for dimension 0 with size 2"),
        ((0, 0, 0, 0), IndexError, "too many indices for tensor of dimension 3"),
        (0.5, IndexError, "only integers, slices"),
        ("a", TypeError, "invalid data type 'str'"),
        (slice(None, None, -1), ValueError, "step must be greater than zero"),
        (torch.tensor([0.5]), IndexError, "tensors used as indices must be long, int, byte or bool tensors"),
        (([0, 1], [0, 1, 2]), IndexError, r"could not be broadcast together with shapes \[2\], \[3\]"),
        (torch.tensor([True]), IndexError, r"shape of the mask \[1\] at index 0"),
    ],
)
def test_indices_that_do_not_fit(index: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        X[index]


def test_repeated_indices_accumulate_their_gradients() -> None:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    x[[0, 0, 2, 0, -1]].sum().backward()
    assert x.grad.tolist() == [3.0, 0.0, 2.0]


@pytest.mark.parametrize("size", [True, 2.0, "2", None])
def test_a_size_is_an_integer(size: Any) -> None:
    with pytest.raises(TypeError, match=r"sizes must be integers, not \("):
        torch.zeros(size)
    with pytest.raises(TypeError, match=r"sizes must be integers, not \("):
        torch.zeros(4).reshape(2, size)


def test_tile_counts_fewer_repeats_from_the_last_dimension() -> None:
    x = torch.tensor([[1, 2], [3, 4]])
    assert torch.tile(x, (2,)).tolist() == x.tile(2).tolist() == [[1, 2, 1, 2], [3, 4, 3, 4]]
    assert x.tile((2, 1)).tolist() == [[1, 2], [3, 4], [1, 2], [3, 4]]
    assert x.tile((2, 1, 1)).shape == (2, 2, 2)
    assert torch.tile(torch.tensor(5), ()).item() == 5
