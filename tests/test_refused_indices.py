"""What is refused of an index, a dimension or a size, with the type of PyTorch 2.13's error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import microdl as torch

F = torch.nn.functional
ONE, ROW, ROWS, CUBE = torch.tensor(1.0), torch.ones(3), torch.ones(2, 3), torch.ones(2, 3, 4)
MASK, FAR, FRACTION, PAIR = ROWS > 0, torch.tensor([7]), torch.tensor([0.5]), torch.tensor([[0, 1]])
LEAF = torch.ones(2, 3, requires_grad=True)
FIRST = torch.tensor([0])

REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: ROWS.index_select(0, FAR), IndexError, "index out of range in self"),
    (lambda: ROWS.index_select(1, FAR), RuntimeError, "INDICES element is out of DATA bounds"),
    (lambda: CUBE.index_select(-2, FAR), RuntimeError, "INDICES element is out of DATA bounds"),
    (lambda: CUBE.index_select(-1, FAR), IndexError, "index out of range in self"),
    (lambda: ROWS[:0].index_select(0, FIRST), RuntimeError, "axis dim should be positive"),
    (lambda: CUBE.index_add(1, FAR, CUBE[:, :1]), IndexError, "out of bounds"),
    (lambda: CUBE.index_add(0, FAR, CUBE[:1]), RuntimeError, "out of bounds"),
    (lambda: ROW.index_add(0, FAR, ROW[:1]), IndexError, "out of bounds"),
    (lambda: MASK.clone().cumsum_(0), NotImplementedError, "not implemented for 'Bool'"),
    (lambda: ONE.index_select(0, torch.tensor([0, 0])), RuntimeError, "Index to scalar can have only 1 value"),
    (lambda: ROWS.index_fill(0, FRACTION, 1), IndexError, "Expected dtype int64 for index"),
    (lambda: ROWS.index_fill(0, FIRST.int(), 1), IndexError, "Expected dtype int64 for index"),
    (lambda: ROWS.index_copy(0, FIRST.int(), ROWS[:1]), RuntimeError, "Expected a long tensor for index, but got Int"),
    (lambda: ROWS.index_fill(0, PAIR, 1), RuntimeError, "Index has to be a vector/scalar"),
    (lambda: ROWS.index_copy(0, PAIR, ROWS), IndexError, "Index is supposed to be a vector"),
    (lambda: ONE.index_add(0, FIRST, ROW[:1]), RuntimeError, "source tensor shape must match self tensor shape"),
    (lambda: CUBE.index_add(1, FIRST, ROW), RuntimeError, "Indexing dim 1 is out of bounds"),
    (lambda: CUBE.index_copy(1, FIRST, ROW), IndexError, "dimensionality must match"),
    (lambda: CUBE.index_reduce(1, FIRST, ROW, "amax"), RuntimeError, "Indexing dim 1 is out of bounds"),
    (lambda: LEAF.index_put_((FAR,), ONE), RuntimeError, "a leaf Variable that requires grad"),
    (lambda: ROWS.long().index_put_((FRACTION,), ROWS), IndexError, "tensors used as indices must be"),
    (lambda: torch.tensordot(ONE, ROWS, 1), RuntimeError, "tensordot expects dims < ndim_a or ndim_b"),
    (lambda: ROWS.split(-1, 5), RuntimeError, "split_size be non-negative"),
    (lambda: ROWS.split(0), RuntimeError, "split_size can only be 0"),
    (lambda: ROWS.narrow(5, 0, -1), RuntimeError, "length must be non-negative"),
    (lambda: ONE.unflatten(0, (1,)), RuntimeError, "tensor has no dimensions"),
    (lambda: ONE.unflatten(1, (1,)), IndexError, "Dimension out of range"),
    (lambda: ROWS.unflatten(5, ()), RuntimeError, "sizes must be non-empty"),
    (lambda: MASK.frac(), NotImplementedError, "not implemented for 'Bool'"),
    (lambda: F.bilinear(ONE, ONE, CUBE), RuntimeError, "do not fit the weight"),
    (lambda: F.linear(ROW, ROWS, torch.tensor(True)), RuntimeError, "bias must have one number"),
]


@pytest.mark.parametrize(("call", "error", "words"), REFUSED)
def test_the_type_of_the_error(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words) as info:
        call()
    assert info.type is error


def test_an_index_into_a_number_is_freed_with_the_graph() -> None:
    x = torch.tensor(2.0, requires_grad=True)
    y = x.index_select(0, torch.tensor([0]))
    assert (y.shape, y.grad_fn.name()) == ((), "IndexSelectBackward0")
    y.backward()
    with pytest.raises(RuntimeError, match="a second time"):
        y.backward()


def test_the_operands_of_l1_loss_may_change_afterwards() -> None:
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    h, target = x * 1, torch.tensor([1.0, 5.0])
    loss = F.l1_loss(h, target)
    h.mul_(-10)
    target.mul_(10)
    loss.backward()
    assert x.grad.tolist() == [0.5, -0.5]
    assert loss.grad_fn.name() == "MeanBackward0"


def test_no_optimiser_steps_in_whole_numbers() -> None:
    for make in (torch.optim.SGD, torch.optim.Adam, torch.optim.RMSprop):
        x = torch.tensor([1, 5, 3])
        x.grad = torch.tensor([10, 30, 20])
        with pytest.raises(RuntimeError, match="must not be a floating point number"):
            make([x], lr=0.1).step()
        assert x.tolist() == [1, 5, 3]
