"""Changes in place through views: of tensors that repeat elements, and of those that became views of what they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import microdl as torch

Write = Callable[[Any], Any]


def grads(y: Any, *inputs: Any) -> list[Any]:
    found = torch.autograd.grad(y.sum(), inputs, retain_graph=True, allow_unused=True)
    return [None if g is None else g.tolist() for g in found]


# --- parts of what repeats elements ------------------------------------------------------------------------


WRITES: list[tuple[Write, list[float], list[float]]] = [
    (lambda e: e[0].mul_(2), [2.0, 4.0, 6.0], [6.0, 6.0, 6.0]),
    (lambda e: e[:1].mul_(2), [2.0, 4.0, 6.0], [6.0, 6.0, 6.0]),
    (lambda e: e.diagonal().mul_(2), [2.0, 4.0, 6.0], [6.0, 6.0, 6.0]),
    (lambda e: e.diagonal().index_put_((torch.tensor([0]),), torch.tensor(5.0)), [5.0, 2.0, 3.0], [0.0, 3.0, 3.0]),
    (lambda e: e.fill_diagonal_(0.0), [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
    (lambda e: e.__setitem__(0, 5.0), [5.0, 5.0, 5.0], [0.0, 0.0, 0.0]),
    (lambda e: e.__setitem__((0, 0), 5.0), [5.0, 2.0, 3.0], [0.0, 3.0, 3.0]),
    (lambda e: e[:0].mul_(2), [1.0, 2.0, 3.0], [3.0, 3.0, 3.0]),
]


@pytest.mark.parametrize(("write", "row", "slope"), WRITES)
def test_a_part_in_which_nothing_repeats_may_be_changed(write: Write, row: list[float], slope: list[float]) -> None:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    plain = torch.tensor([1.0, 2.0, 3.0]).expand(3, 3)
    write(plain)
    assert plain.tolist() == [row] * 3
    recorded = (x * 1).expand(3, 3)
    write(recorded)
    assert recorded.tolist() == [row] * 3
    assert grads(recorded, x) == [slope]


@pytest.mark.parametrize(
    "write",
    [
        lambda e: e.mul_(2),
        lambda e: e[:, 0].mul_(2),
        lambda e: e.__setitem__(slice(None), 5.0),
        lambda e: e.__setitem__((slice(None), 0), 5.0),
    ],
)
def test_a_part_that_repeats_elements_may_not(write: Write) -> None:
    e = torch.tensor([1.0, 2.0, 3.0]).expand(3, 3)
    with pytest.raises(RuntimeError, match="single memory location"):
        write(e)
    assert e[0].tolist() == [1.0, 2.0, 3.0]


# --- tensors that got another shape in place ----------------------------------------------------------------


def test_views_taken_before_lead_to_the_tensor_as_it_is_now() -> None:
    x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    base = x * 1
    row = base[0]
    rest = row[1:]
    base.unsqueeze_(0)
    assert grads(row, x, base) == [[[1.0] * 3, [0.0] * 3], [[[1.0] * 3, [0.0] * 3]]]
    rest.mul_(2)
    assert grads(rest, x, base, row) == [[[0.0, 2.0, 2.0], [0.0] * 3], [[[0.0, 1.0, 1.0], [0.0] * 3]], None]
    assert grads(base, x, base) == [[[1.0, 2.0, 2.0], [1.0] * 3], [[[1.0] * 3] * 2]]


def test_views_of_a_transposed_base() -> None:
    x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    base = x * 1
    row = base[0]
    base.t_().unsqueeze_(0)
    row.mul_(2)
    assert grads(row, x, base) == [[[2.0] * 3, [0.0] * 3], [[[1.0, 0.0]] * 3]]


def test_a_tensor_reshaped_under_no_grad_is_no_view_made_there() -> None:
    x, w = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0], requires_grad=True)
    with torch.no_grad():
        x.t_()
    x.addcmul_(w, w)
    assert grads(x, w) == [[6.0, 8.0]]
    number = torch.tensor(1.0)
    with torch.no_grad():
        number.t_()
    number[...] = w[0]
    assert grads(number, w) == [[1.0, 0.0]]


def test_a_gradient_of_the_leafs_former_shape_is_refused() -> None:
    x = torch.ones(2, 3, requires_grad=True)
    y = x * 1
    with torch.no_grad():
        x.unsqueeze_(0)
    with pytest.raises(RuntimeError, match=r"got \[2, 3\] but expected shape compatible with \[1, 2, 3\]"):
        y.sum().backward()
    assert x.grad is None


def test_a_view_keeps_its_history_where_its_base_is_reshaped_under_no_grad() -> None:
    x = torch.ones(3, requires_grad=True)
    base = x * 2
    view = base.ravel()[:2]
    with torch.no_grad():
        base.unsqueeze_(1)
    assert grads(view, x, base) == [[2.0, 2.0, 0.0], [[1.0], [1.0], [0.0]]]


def test_views_of_a_tensor_that_was_given_other_data_stay_as_they_are() -> None:
    x = torch.ones(2, 3, requires_grad=True)
    base = x * 2
    view = base.flatten()
    base.data = torch.zeros(3)
    base[0] = 1.0
    assert grads(view, x) == [[[2.0] * 3] * 2]


def test_backward_to_a_result_adds_to_no_tensor_of_the_users() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    given, y = torch.tensor([5.0, 5.0]), x * 2
    y.grad = given
    (y * x).sum().backward(inputs=[y])
    assert (given.tolist(), y.grad.tolist()) == ([5.0, 5.0], [6.0, 7.0])


# --- indices that were given out ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pick", "slope"),
    [
        (lambda x: x.max(1), [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        (lambda x: x.min(1), [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]),
        (lambda x: x.sort(1), [[1.0] * 3, [1.0] * 3]),
        (lambda x: x.topk(2, 1), [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]),
        (lambda x: x.median(1), [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]),
        (lambda x: x.kthvalue(1, 1), [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]),
        (lambda x: x.cummax(1), [[3.0, 0.0, 0.0], [1.0, 2.0, 0.0]]),
        (lambda x: x.mode(1), [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]),
    ],
)
def test_changing_the_indices_does_not_change_the_gradient(pick: Write, slope: list[list[float]]) -> None:
    x = torch.tensor([[3.0, 1.0, 2.0], [1.0, 5.0, 4.0]], requires_grad=True)
    values, indices = pick(x)
    indices.zero_()
    values.sum().backward()
    assert x.grad.tolist() == slope


def numbered(*values: int) -> Callable[[], Any]:
    return lambda: torch.tensor(values)


@pytest.mark.parametrize(
    ("use", "places"),
    [
        (lambda x, i: x.index_select(1, i), numbered(1, 0, 1)),
        (lambda x, i: x[:, i], numbered(1, 0, 1)),
        (lambda x, i: x.gather(1, i.expand(2, 3)), numbered(1, 0, 1)),
        (lambda x, i: torch.nn.functional.embedding(i, x), numbered(1, 0)),
        (lambda x, i: torch.zeros(2, 3).scatter(1, i.expand(2, 3), x), numbered(2, 1, 0)),
        (lambda x, i: torch.zeros(2, 3).scatter_add(1, i.expand(2, 3), x), numbered(2, 1, 0)),
        (lambda x, i: torch.zeros(2, 3).index_add(1, i, x * x), numbered(2, 1, 0)),
        (lambda x, i: x.index_copy(1, i, torch.zeros(2, 1)), numbered(1)),
        (lambda x, i: x.index_put((i,), torch.tensor(0.0)), numbered(1)),
        (lambda x, i: x.masked_fill(i.bool(), 0.0), numbered(1, 0, 1)),
        (lambda x, i: x.masked_fill(i, 0.0), lambda: torch.tensor([True, False, True])),
        (lambda x, i: x[:, i], lambda: torch.tensor([True, False, True])),
    ],
)
def test_changing_an_index_or_a_mask_does_not_change_the_gradient(use: Any, places: Callable[[], Any]) -> None:
    found = []
    for change in (False, True):
        x, index = torch.tensor([[3.0, 1.0, 2.0], [1.0, 5.0, 4.0]], requires_grad=True), places()
        y = use(x, index)
        if change:
            index.zero_()
        (y.flatten() * torch.arange(1.0, y.numel() + 1)).sum().backward()
        found.append(x.grad.tolist())
    assert found[0] == found[1]
