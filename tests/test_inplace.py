"""Changes in place: what they may touch, what they record. Values and errors are PyTorch 2.13's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import microdl as torch

Program = Callable[[Any], Any]


def leaf(values: Any, dtype: Any = None) -> Any:
    return torch.tensor(values, dtype=dtype or torch.float32, requires_grad=True)


def row() -> Any:
    return leaf([1.0, 2.0, 3.0])


def matrix() -> Any:
    return leaf([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


W = torch.tensor([[1.0, 10.0, 100.0], [1000.0, 1e4, 1e5]])


# --- leaves ---------------------------------------------------------------------------------------------

CHANGES: dict[str, Program] = {
    "mul_": lambda t: t.mul_(2.0),
    "iadd": lambda t: t.__iadd__(1.0),
    "setitem": lambda t: t.__setitem__(0, 5.0),
    "setitem by array": lambda t: t.__setitem__(torch.tensor([0, 1]), 5.0),
    "setitem by mask": lambda t: t.__setitem__(t > 1, 5.0),
    "copy_": lambda t: t.copy_(torch.zeros(3)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_leaf_is_not_changed_while_recording(change: Program) -> None:
    x = row()
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        change(x)
    assert x.tolist() == [1.0, 2.0, 3.0]
    assert x._version == 0


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_view_of_a_leaf_is_not_changed_while_recording(change: Program) -> None:
    x = matrix()
    with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad is being used in an in-place"):
        change(x[0])
    assert x[0].tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_without_recording_a_leaf_is_changed_and_stays_a_leaf(change: Program) -> None:
    x = row()
    (x * x).sum().backward()
    gradient = x.grad
    with torch.no_grad():
        change(x)
    assert x.tolist() != [1.0, 2.0, 3.0]
    assert (x.is_leaf, x.requires_grad, x.grad_fn) == (True, True, None)
    assert x.grad is gradient


def test_an_update_in_no_grad_keeps_the_object() -> None:
    w = row()
    before = w
    (w * w).sum().backward()
    with torch.no_grad():
        w -= 0.5 * w.grad
    assert w is before
    assert w.tolist() == [0.0, 0.0, 0.0]
    w.grad = None
    (w * 3).sum().backward()
    assert w.grad.tolist() == [3.0, 3.0, 3.0]


def test_a_leaf_that_is_itself_a_view() -> None:
    v = torch.zeros(2, 3)[0].requires_grad_()
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        v.mul_(2.0)


# --- data and detach ------------------------------------------------------------------------------------


def test_data_is_the_same_memory_without_history() -> None:
    w = row()
    w.data -= torch.tensor([0.5, 0.5, 0.5])
    assert w.tolist() == [0.5, 1.5, 2.5]
    assert w.is_leaf
    assert w.requires_grad


def test_a_change_of_data_is_not_noticed() -> None:
    """As in PyTorch: `data` has a version counter of its own, so that backward uses the new values."""
    x = row()
    y = x * 1
    z = y * y
    y.data.mul_(0.0)
    z.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 0.0]


def test_new_data_inside_the_same_object() -> None:
    w = row()
    w.data = torch.tensor([[3.0], [4.0]])
    (w * 2).sum().backward()
    assert w.tolist() == [[3.0], [4.0]]
    assert w.grad.tolist() == [[2.0], [2.0]]


def test_data_must_be_a_tensor_that_can_have_a_gradient() -> None:
    w = row()
    with pytest.raises(TypeError, match="Variable data has to be a tensor, but got list"):
        w.data = [1.0]
    with pytest.raises(RuntimeError, match=r"must be floating point or complex dtype, not torch\.int64"):
        w.data = torch.tensor([1, 2])
    assert w.tolist() == [1.0, 2.0, 3.0]


def test_detach_shares_memory_and_version() -> None:
    w = row()
    w.detach().mul_(0.0)
    assert w.tolist() == [0.0, 0.0, 0.0]
    y = (row() * 1).exp()
    y.detach().mul_(0.0)
    with pytest.raises(RuntimeError, match="ExpBackward0 saved a tensor that mul_ changed"):
        y.sum().backward()


def test_detach_in_place_of_a_view_is_refused() -> None:
    y = row() * 2
    with pytest.raises(RuntimeError, match="Can't detach views in-place"):
        y[0].detach_()
    y.detach_()
    assert not y.requires_grad


# --- saved tensors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "text"),
    [
        (lambda y: y.tanh().add_(1.0), "TanhBackward0 saved a tensor that add_ changed"),
        (lambda y: (y.exp(), y.mul_(2.0))[0] * y.sin().mul_(3.0).add_(y) + y.cos().mul_(y), None),
        (lambda y: (y * y, y.__setitem__(0, 1.0))[0], "MulBackward0 saved a tensor that index_put_ changed"),
        (lambda y: (y[1] * y[2], y[0].mul_(2.0))[0], "MulBackward0 saved a tensor that mul_ changed"),
        (lambda y: y.mul_(y), "MulBackward0 saved a tensor that mul_ changed"),
        (lambda y: (y / y.detach(), y.add_(1))[0], "DivBackward0 saved a tensor that add_ changed"),
    ],
)
def test_backward_notices_a_saved_tensor_that_changed(program: Program, text: str | None) -> None:
    x = row()
    result = program(x * 1).sum()
    if text is None:  # what was changed was not needed
        result.backward()
        return
    with pytest.raises(RuntimeError, match=f"modified by an inplace operation: {text}"):
        result.backward()
    assert x.grad is None


def test_a_change_before_it_is_saved_is_no_fault() -> None:
    x = row()
    y = x * 2
    y.add_(1.0)
    (y * y).sum().backward()
    assert x.grad.tolist() == [12.0, 20.0, 28.0]


def test_version_counts_changes_of_all_views() -> None:
    y = torch.zeros(2, 2)
    v = y[0]
    v.mul_(1.0)
    y[0, 0] = 1.0
    assert (y._version, v._version, y.detach()._version, y.data._version) == (2, 2, 2, 0)


# --- history --------------------------------------------------------------------------------------------


def test_changes_of_a_tensor_with_history_are_recorded() -> None:
    x = leaf([1.0, 2.0])
    y = x * 1
    assert y.pow_(3.0) is y
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 12.0]


def test_loss_may_be_added_to() -> None:
    w = leaf([1.0, 2.0])
    loss = (w * w).sum()
    loss += 0.5 * (w * w).sum()
    loss.backward()
    assert w.grad.tolist() == [3.0, 6.0]


def test_a_plain_tensor_gets_a_history_from_what_is_added() -> None:
    x = leaf([1.0, 2.0], torch.float64)
    y = torch.zeros(2)
    y.add_(x)
    assert (y.requires_grad, y.dtype) == (True, torch.float32)
    y.sum().backward()
    assert (x.grad.tolist(), x.grad.dtype) == ([1.0, 1.0], torch.float64)


def test_an_integer_tensor_never_gets_a_history() -> None:
    y = torch.tensor([1, 2])
    y[0] = leaf(3.5)
    assert y.tolist() == [3, 2]
    assert not y.requires_grad


def view_then_base(x: Any) -> Any:
    y = x * 2
    v = y[0]
    y.mul_(3.0)
    return (v * W[0]).sum()


def base_through_a_view(x: Any) -> Any:
    y = x * 2
    y[:, 1].mul_(5.0)
    return (y * W).sum()


def view_of_a_view(x: Any) -> Any:
    y = x * 2
    v = y.t()
    u = v[1]
    u.mul_(x[:, 0])
    return (y * W).sum() + (v * 2).sum() + (u * u).sum()


def two_views_that_overlap(x: Any) -> Any:
    y = x * 2
    a, b = y[0], y[:, 0]
    a.mul_(2.0)
    b.mul_(3.0)
    return (a * W[0]).sum() + (b * 7).sum()


def reshaped_view(x: Any) -> Any:
    y = x * 2
    y.reshape(-1)[2:5] = 0.0
    return (y * W).sum()


def parts_of_unbind(x: Any) -> Any:
    y = x * 2
    first, _ = y.unbind()
    first.mul_(torch.tensor([8.0, 10.0, 12.0]))
    return (y * W).sum()


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (view_then_base, [[6.0, 60.0, 600.0], [0.0, 0.0, 0.0]]),
        (base_through_a_view, [[2.0, 100.0, 200.0], [2000.0, 100000.0, 200000.0]]),
        (view_of_a_view, [[86.0, 40.0, 204.0], [102824.0, 80656.0, 200004.0]]),
        (two_views_that_overlap, [[96.0, 40.0, 400.0], [42.0, 0.0, 0.0]]),
        (reshaped_view, [[2.0, 20.0, 0.0], [0.0, 0.0, 200000.0]]),
        # PyTorch refuses to change a part of unbind; here it is a view like any other
        (parts_of_unbind, [[16.0, 200.0, 2400.0], [2000.0, 20000.0, 200000.0]]),
    ],
)
def test_views_and_their_base_share_history(program: Program, expected: list[Any]) -> None:
    x = matrix()
    program(x).backward()
    assert x.grad.tolist() == expected


def test_a_plain_base_gets_a_history_through_its_view() -> None:
    x = row()
    y = torch.zeros(2, 3)
    y[0].mul_(2.0)
    v = y[1]
    v.add_(x)
    assert y.requires_grad
    assert v.requires_grad
    (y * W).sum().backward()
    assert x.grad.tolist() == [1000.0, 10000.0, 100000.0]


def test_a_view_made_without_recording_is_not_changed_while_recording() -> None:
    y = row() * 2
    x = row()
    plain = torch.zeros(3)
    with torch.no_grad():
        views = [y[:2], x[:2], plain[:2]]
    for v in views[:2]:
        with pytest.raises(RuntimeError, match="A view was created in no_grad mode and is being modified inplace"):
            v.mul_(3.0)
    with pytest.raises(RuntimeError, match="A view was created in no_grad mode"):
        views[2].add_(x[:2])
    assert (y.tolist(), x.tolist(), plain.tolist()) == ([2.0, 4.0, 6.0], [1.0, 2.0, 3.0], [0.0, 0.0, 0.0])
    views[2].add_(1.0)
    assert plain.tolist() == [1.0, 1.0, 0.0]


def test_copy_broadcasts_and_records() -> None:
    x = leaf([1.0, 2.0, 3.0])
    y = torch.zeros(2, 3)
    y.copy_(x * 2)
    (y * W).sum().backward()
    assert x.grad.tolist() == [2002.0, 20020.0, 200200.0]
    with pytest.raises(TypeError, match=r"copy_\(\): argument 'other' \(position 1\) must be Tensor, not list"):
        y.copy_([1.0])


# --- shapes and dtypes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "change", "text"),
    [
        (lambda: torch.zeros(1, 3), lambda t: t.add_(torch.zeros(2, 3)), r"output with shape \[1, 3\].*\[2, 3\].*add_"),
        (lambda: torch.zeros(3), lambda t: t.add_(torch.zeros(1, 3)), r"output with shape \[3\].*\[1, 3\]"),
        (lambda: torch.zeros(2), lambda t: t.add_(torch.zeros(3)), r"size of tensor a \(2\) must match.*\(3\)"),
        (lambda: torch.tensor([1, 2]), lambda t: t.__iadd__(0.5), "result type Float can't be cast.*Long"),
        (lambda: torch.tensor([1, 2]), lambda t: t.div_(2), "result type Float can't be cast.*Long"),
        (lambda: torch.tensor([True]), lambda t: t.__iadd__(1), "result type Long can't be cast.*Bool"),
        (lambda: torch.zeros(3, 1).expand(3, 2), lambda t: t.mul_(2.0), "more than one element of the written-to"),
        (lambda: torch.zeros(3, 1).expand(3, 2), lambda t: t.__setitem__(0, 2.0), "more than one element"),
    ],
)
def test_what_does_not_fit_changes_nothing(make: Any, change: Program, text: str) -> None:
    t = make()
    before = t.tolist()
    with pytest.raises(RuntimeError, match=text):
        change(t)
    assert t.tolist() == before
    assert t._version == 0


def test_an_expanded_tensor_may_be_written_to_where_nothing_repeats() -> None:
    x = torch.zeros(2)
    x.expand(1, 2).add_(1.0)
    assert x.tolist() == [1.0, 1.0]
    x.expand(0, 2).add_(1.0)


@pytest.mark.parametrize(
    ("to", "other"),
    [
        (torch.int32, torch.int64),
        (torch.float32, torch.float64),
        (torch.float32, torch.int64),
        (torch.uint8, torch.int64),
    ],
)
def test_within_a_kind_the_tensor_keeps_its_dtype(to: Any, other: Any) -> None:
    y = torch.tensor([1, 2], dtype=to)
    y += torch.tensor([1, 2], dtype=other)
    assert y.dtype == to
    assert y.tolist() == [2, 4]


def test_memory_is_shared_with_numpy_both_ways() -> None:
    a = np.zeros(3)
    t = torch.from_numpy(a)
    t[0] = 1.0
    t.add_(1.0)
    a[2] = 9.0
    assert a.tolist() == [2.0, 1.0, 9.0]
    assert t.tolist() == [2.0, 1.0, 9.0]


def change_whole(y: Any) -> None:
    y.mul_(3)


def change_part(y: Any) -> None:
    y[:2] = 0.0


def change_shape(y: Any) -> None:
    y.unsqueeze_(0)


@pytest.mark.parametrize(
    ("change", "expected"),
    [(change_whole, [6.0, 12.0, 18.0]), (change_part, [0.0, 0.0, 6.0]), (change_shape, [[2.0, 4.0, 6.0]])],
)
def test_a_retained_gradient_is_that_of_the_tensor_as_it_is_now(change: Any, expected: Any) -> None:
    y = row() * 1
    y.retain_grad()
    change(y)
    assert y.retains_grad
    (y * y).sum().backward()
    assert y.grad.tolist() == expected


def test_a_view_retains_its_gradient_when_its_base_changes() -> None:
    y = row() * 1
    part = y[1:]
    part.retain_grad()
    y.mul_(3)
    (part * part).sum().backward()
    assert part.grad.tolist() == [12.0, 18.0]


@pytest.mark.parametrize("name", ["add_", "sub_", "mul_", "div_"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_arithmetic_in_place_equals_that_out_of_place(name, dtype):
    x, y = torch.tensor([1.5, -2.0, 3.25], dtype=dtype), torch.tensor([0.1, 0.0, 7.0], dtype=dtype)
    for other in (3, 0.1, y, x):
        expected, t = getattr(torch, name[:-1])(x, other), x.clone()
        before, version = t.numpy(), t._version
        assert getattr(t, name)(t if other is x else other) is t
        assert t.numpy() is before or t.numpy().base is before.base
        assert t._version == version + 1
        np.testing.assert_array_equal(t.numpy(), expected.numpy())


def test_arithmetic_in_place_from_an_overlapping_view():
    x = torch.arange(6.0)
    x[1:].add_(x[:-1])
    assert x.tolist() == [0, 1, 3, 5, 7, 9]


def test_a_number_too_large_for_a_float_changes_nothing():
    x = torch.ones(2)
    with pytest.raises((OverflowError, RuntimeError)):
        x.mul_(10**400)
    assert x.tolist() == [1, 1]
    assert x._version == 0
