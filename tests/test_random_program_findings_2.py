"""More of what random programs found beside PyTorch, by theme, with PyTorch 2.13's answers."""

from __future__ import annotations

import math
from typing import Any

import pytest

import microdl as torch

F = torch.nn.functional
BYTES = torch.tensor([1, 0, 2], dtype=torch.uint8)


# --- numbers that a dtype does not hold --------------------------------------------------------------------


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.fill_(-0.25),
        lambda x: x.masked_fill(x > 0, -0.25),
        lambda x: x.masked_fill_(x > 0, torch.tensor(-0.25)),
        lambda x: x.index_fill_(0, torch.tensor([0]), -0.25),
        lambda x: x.scatter(0, torch.tensor([0]), -0.25),
        lambda x: x.__setitem__(0, -0.25),
        lambda x: x.__setitem__(x > 0, torch.tensor(-1.25)),
        lambda x: x.new_tensor([-0.5]),
        lambda x: x.new_full((1,), -0.25),
        lambda x: torch.full_like(x, -1.0),
        lambda x: x.addcmul(x, x, value=-0.25),
        lambda x: x.add(x, alpha=300),
        lambda x: x.expand(3, 3).clone().fill_diagonal_(300),
    ],
)
def test_bytes_take_no_negative_fraction(write: Any) -> None:
    x = BYTES.clone()
    with pytest.raises(RuntimeError, match=r"value cannot be converted to type uint8(_t)? without overflow"):
        write(x)
    assert x.tolist() == [1, 0, 2]


def test_negative_whole_numbers_wrap_in_bytes() -> None:
    x = torch.ones(2, 2, dtype=torch.uint8)
    assert x.clone().fill_diagonal_(-1).tolist() == [[255, 1], [1, 255]]
    assert x[0].scatter(0, torch.tensor([0]), -1).tolist() == [255, 1]
    assert x.clone().fill_(-255).tolist() == [[1, 1], [1, 1]]


def test_infinity_is_not_filled_into_integers() -> None:
    x = torch.tensor([1, 0, 2])
    with pytest.raises(RuntimeError, match="int64_t without overflow: inf"):
        x.masked_fill_(x > 0, torch.tensor(math.inf))
    assert x.tolist() == [1, 0, 2]


def test_what_is_scaled_is_converted_first() -> None:
    x = torch.tensor([0.5, -1.25, 2.0], dtype=torch.float64)
    assert x.add(BYTES, alpha=-1).tolist() == [-0.5, -1.25, 0.0]
    assert torch.tensor([1, 2]).sub(BYTES[:2], alpha=-1).tolist() == [2, 2]
    assert torch.tensor(0.5, dtype=torch.float64).add(torch.tensor([1, 0]), alpha=0.5).dtype == torch.float64
    with pytest.raises(RuntimeError, match="with a bool tensor is not supported"):
        x.sub(x > 0, alpha=2)


def test_sums_convert_before_they_add() -> None:
    x = torch.tensor([0.5, -0.5])
    assert x.sum(dtype=torch.bool).item() is True
    assert x.sum(dtype=torch.int64).item() == 0


# --- dtypes of functions -----------------------------------------------------------------------------------


def test_a_weight_without_dimensions_counts_as_a_number() -> None:
    x, y = torch.zeros(2), torch.ones(2)
    assert torch.lerp(x, y, torch.tensor(0.25, dtype=torch.float64)).tolist() == [0.25, 0.25]
    assert torch.lerp(x[0], y[0], torch.tensor(1, dtype=torch.float64)).dtype == torch.float64
    assert torch.lerp(x > 1, y > 1, torch.tensor(0.5)).dtype == torch.float32
    with pytest.raises(RuntimeError, match="expected dtype float for `end` but got dtype double"):
        torch.lerp(x, y.double(), torch.tensor(0.5, dtype=torch.float64))


def test_losses_of_two_dtypes() -> None:
    x, y = torch.tensor([0.5, -1.25], dtype=torch.float64), torch.tensor([0.5, 0.25])
    loss = F.binary_cross_entropy_with_logits(x, y, reduction="none")
    assert loss.dtype == torch.float32
    assert loss.tolist() == pytest.approx([0.7240769863128662, 0.5644291043281555])
    assert F.binary_cross_entropy_with_logits(y, x).dtype == torch.float64
    assert F.huber_loss(y, x).dtype == torch.float32
    assert F.huber_loss(x, y).dtype == torch.float64


def test_hinge_embedding_of_integers_has_no_mean() -> None:
    x = torch.tensor([1, 0, 2])
    assert F.hinge_embedding_loss(x, x.sign(), reduction="sum").tolist() == 4
    with pytest.raises(RuntimeError, match="could not infer output dtype"):
        F.hinge_embedding_loss(x, x.sign())


def test_tensordot_keeps_the_dtype() -> None:
    x = torch.tensor([[1, 0, 2]], dtype=torch.int32)
    out = torch.tensordot(x, x, 1)
    assert (out.dtype, out.tolist()) == (torch.int32, [[3, 0, 6]])
    with pytest.raises(RuntimeError, match="both inputs should have same dtype"):
        torch.tensordot(x, x.long(), 1)


def test_take_along_dim_wants_long_indices() -> None:
    x = torch.tensor([1, 0, 2], dtype=torch.int32)
    with pytest.raises(RuntimeError, match="dtype of indices should be Long but got Int"):
        torch.take_along_dim(x, x, -1)


# --- corners of shape and of value -------------------------------------------------------------------------


def test_linear_without_features() -> None:
    none = torch.ones(0)
    assert F.linear(none, none).item() == 0
    assert F.linear(none, torch.ones(2, 0), torch.ones(2)).tolist() == [1, 1]


def test_softmax_of_one_number() -> None:
    for value, p in ((math.inf, math.nan), (-math.inf, math.nan), (math.nan, math.nan), (3.0, 1.0)):
        x = torch.tensor(value)
        assert str(x.softmax(0).item()) == str(p)
        assert str(x.log_softmax(0).item()) == str(p - 1)


def test_multi_margin_loss_of_one_row_takes_a_label_without_dimensions() -> None:
    x = torch.tensor([[0.5, -1.25, 2.0]], requires_grad=True)
    F.multi_margin_loss(x, torch.tensor(2)).backward()
    assert x.grad.tolist() == [[0, 0, 0]]


def test_cross_entropy_wants_classes() -> None:
    with pytest.raises(IndexError, match="Dimension specified as 1 but tensor has no dimensions"):
        F.cross_entropy(torch.tensor(0.5), torch.tensor(0.5))


def test_embedding_wants_a_table() -> None:
    with pytest.raises(RuntimeError, match="'weight' must be 2-D"):
        F.embedding(torch.tensor([0]), torch.ones(3))


def test_unflatten_into_nothing() -> None:
    with pytest.raises(RuntimeError, match="sizes must be non-empty"):
        torch.ones(1, 3).unflatten(0, [])


def test_index_put_does_not_strip_dimensions() -> None:
    x = torch.tensor([[0.5, -1.25, 2.0]])
    with pytest.raises(RuntimeError, match=r"shape \[1, 3\] cannot be broadcast to indexing result of shape \[3\]"):
        x.index_put((torch.tensor(-1),), x)


def test_mode_of_nan() -> None:
    values, index = torch.tensor([math.nan, math.nan]).mode(-1)
    assert math.isnan(values.item())
    assert index.item() == 1


def test_layer_norm_and_repeats_are_contiguous() -> None:
    x = torch.tensor([[0.5, -1.25, 2.0], [1.5, -0.75, 0.25]])
    assert F.layer_norm(x.T, (2,)).is_contiguous()
    assert x.repeat_interleave(2, -1).view(-1).tolist()[:4] == [0.5, 0.5, -1.25, -1.25]


@pytest.mark.parametrize(
    "made",
    [
        lambda x: x.index_select(-1, torch.tensor([0])),
        lambda x: x.gather(-1, torch.zeros_like(x, dtype=torch.int64)),
        lambda x: x.scatter(-1, torch.zeros_like(x, dtype=torch.int64), x),
        lambda x: x.index_fill(0, torch.tensor([0]), 0.5),
    ],
)
def test_what_picks_from_one_number_is_no_view_of_it(made: Any) -> None:
    x = torch.tensor(0.5)
    made(x).detach_().zero_()
    assert x.item() == 0.5


def test_a_tensor_of_new_strides_can_be_detached() -> None:
    x = torch.ones(2, 3)
    view = x.squeeze()
    assert x.t_().detach_().shape == (3, 2)
    assert not torch.kron(x, x).detach_().requires_grad
    with pytest.raises(RuntimeError, match="Can't detach views in-place"):
        view.detach_()


# --- gradients ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "flat",
    [
        torch.floor, torch.ceil, torch.round, torch.trunc, torch.sign, lambda x: x**0,
        lambda x: x.clone().fill_(2), lambda x: x.repeat(0, 1),
        lambda x: torch.div(x, 2, rounding_mode="floor"), lambda x: torch.div(x, x, rounding_mode="trunc"),
    ],
)  # fmt: skip
def test_a_gradient_that_is_always_zero_has_no_history(flat: Any) -> None:
    x = torch.tensor([0.5, math.inf], requires_grad=True)
    (g,) = torch.autograd.grad((flat(x) ** 3).sum(), [x], create_graph=True)
    assert (g.tolist(), g.requires_grad) == ([0, 0], False)


@pytest.mark.parametrize(
    "picked",
    [
        lambda x: x.take(torch.tensor([0])), lambda x: x[[0]], lambda x: x[x > 0], lambda x: x.sort()[0],
        lambda x: x.masked_fill(x > 1, 2), lambda x: x * 2, lambda x: x / 2, lambda x: x.cummax(0)[0],
        lambda x: x.clone().fill_diagonal_(2), lambda x: x.index_fill(0, torch.tensor([0]), 1),
    ],
)  # fmt: skip
def test_indices_and_factors_are_freed_with_the_graph(picked: Any) -> None:
    y = picked(torch.tensor([[0.5, 0.25], [0.75, 0.125]], requires_grad=True)).sum()
    y.backward(retain_graph=True)
    y.backward()
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.backward()


@pytest.mark.parametrize("kept", [lambda x: x[0:1], lambda x: x.split(1)[0], lambda x: x.diff(), lambda x: x + 1])
def test_what_keeps_nothing_walks_twice(kept: Any) -> None:
    x = torch.tensor([[0.5, 0.25], [0.75, 0.125]], requires_grad=True)
    y = kept(x).sum()
    y.backward()
    first = x.grad.tolist()
    y.backward()
    assert x.grad.tolist() == [[2 * n for n in row] for row in first]


def test_heaviside_has_no_derivative() -> None:
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="derivative for aten::heaviside is not implemented"):
        torch.heaviside(x, x).sum().backward()


def test_a_view_of_what_required_grad_is_not_changed_in_place() -> None:
    x = torch.ones(1, 2, requires_grad=True)
    view = x.squeeze()
    x.requires_grad_(False)
    with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad"):
        view.pow_(2)
    with torch.no_grad():
        view.mul_(2)
    assert x.tolist() == [[2, 2]]


@pytest.mark.parametrize("made", [lambda x: x.softmax(-1), lambda x: torch.hstack([x, x]), lambda x: torch.stack([x])])
def test_results_in_c_order(made: Any) -> None:
    assert made(torch.ones(2, 3).T).is_contiguous()


def test_tensors_like_another_keep_its_order() -> None:
    x = torch.ones(2, 3).T
    assert torch.zeros_like(x).stride() == torch.full_like(x, 2).stride() == (1, 3)


def test_true_writes_to_the_whole_of_any_dtype() -> None:
    x = torch.zeros(2, dtype=torch.int64)
    x[True] = torch.tensor([True, False])
    assert x.tolist() == [1, 0]


def test_alpha_is_freed_by_nobody_and_wraps_in_bytes() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x.add(x, alpha=2).sum()
    y.backward()
    y.backward()
    assert x.grad.tolist() == [6, 6]
    assert BYTES.add(BYTES, alpha=-1).tolist() == [0, 0, 0]


def test_a_negative_norm_of_nothing() -> None:
    with pytest.raises(RuntimeError, match="cannot compute the -1 norm on an empty tensor"):
        torch.ones(0).norm(p=-1)


def test_index_copy_of_one_number() -> None:
    assert torch.ones(3).index_copy(-1, torch.tensor([1]), torch.tensor(2.0)).tolist() == [1, 2, 1]


def test_windows_are_views() -> None:
    x = torch.zeros(4, requires_grad=True)
    with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad"):
        x.unfold(0, 2, 2).add_(1)
    y = torch.zeros(4)
    y.unfold(0, 2, 2)[1] = 1
    assert y.tolist() == [0, 0, 1, 1]
    assert y.unfold(0, 3, 1).unsqueeze_(-1).shape == (2, 3, 1)
    with pytest.raises(IndexError, match="Dimension out of range"):
        torch.tensor(1.0).unfold(1, 1, 1)


def test_an_input_named_twice_is_walked_to_once() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward(inputs=[x, x])
    assert x.grad.tolist() == [2, 4]


def test_hooks_after_accumulation_return_nothing() -> None:
    x = torch.ones(2, requires_grad=True)
    x.register_post_accumulate_grad_hook(lambda t: t.grad)
    with pytest.raises(TypeError, match="must return None"):
        x.sum().backward()


def test_the_diagonal_of_a_cube_is_one_line() -> None:
    x = torch.zeros(2, 2, 2).fill_diagonal_(1)
    assert x.nonzero().tolist() == [[0, 0, 0], [1, 1, 1]]


@pytest.mark.parametrize(
    "call",
    [
        lambda: torch.ones(2, 3).clamp(max=torch.ones(2, 2)),
        lambda: torch.lerp(torch.ones(1), torch.ones(2), torch.ones(3)),
        lambda: torch.take_along_dim(torch.ones(2, 2), torch.zeros(2, 3, dtype=torch.int64), 0),
        lambda: torch.addr(torch.ones(2, 3), torch.ones(1), torch.ones(1)),
        lambda: torch.linalg.multi_dot([torch.ones(1, 2, 2), torch.ones(2, 2)]),
        lambda: torch.tensor([True]).frac(),
        lambda: torch.nn.utils.parameters_to_vector([torch.ones(2, 3).T]),
    ],
)
def test_what_does_not_fit_is_a_runtime_error(call: Any) -> None:
    with pytest.raises(RuntimeError):
        call()


def test_numbers_in_a_block_diagonal_do_not_widen_it() -> None:
    assert torch.block_diag(torch.ones(1, 2), torch.tensor(1.0, dtype=torch.float64)).dtype == torch.float32


def test_inner_of_nothing() -> None:
    assert torch.inner(torch.ones(0), torch.ones(0)).item() == 0


def test_an_expanded_view_of_what_is_changed_later_adds_up_its_gradient() -> None:
    x = torch.ones(2, requires_grad=True)
    base = x * 2
    wide = base.expand(3, 2)
    base.mul_(5)
    wide.sum().backward()
    assert x.grad.tolist() == [30, 30]


def test_empty_indices_gather_nothing_and_stacks_must_match() -> None:
    x = torch.ones(2, 3)
    assert x.gather(0, torch.zeros(0, 9, dtype=torch.int64)).shape == (0, 9)
    assert torch.ones(0, 3).diff(dim=0).shape == (0, 3)
    with pytest.raises(RuntimeError, match="the stacks have 2 and 3 matrices"):
        torch.baddbmm(torch.ones(1), torch.ones(2, 1, 3), torch.ones(3, 3, 1))


def test_a_gradient_that_shows_one_number_in_many_places_is_not_added_to() -> None:
    x = torch.ones(2, 3, requires_grad=True)
    x.grad = torch.tensor(0.5).expand(2, 3)
    with pytest.raises(RuntimeError, match=r"clone\(\) the tensor before assigning it to .grad"):
        x.sum().backward()


def test_a_loss_of_nan_gives_nan_to_the_labels_scores_alone() -> None:
    x = torch.tensor([[1.0, float("nan")]], requires_grad=True)
    loss = torch.nn.functional.nll_loss(x, torch.tensor([1]))
    (loss * loss).backward()
    assert x.grad[0, 0] == 0
    assert x.grad[0, 1].isnan()


def test_a_number_takes_no_rows() -> None:
    with pytest.raises(RuntimeError, match=r"source.shape = \[1, 3\]"):
        torch.tensor(1.0).index_add_(-1, torch.tensor([0]), torch.ones(1, 3))


def test_a_non_leaf_among_the_inputs_of_backward_keeps_its_gradient_from_then_on() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    (y * y).sum().backward(inputs=[y], retain_graph=True)
    assert y.retains_grad
    (y * y).sum().backward()
    assert y.grad.tolist() == [8, 16]


def test_hooks_after_accumulation_are_recorded_only_with_the_gradient() -> None:
    w = torch.ones(2, requires_grad=True)
    w.register_post_accumulate_grad_hook(lambda p: setattr(p, "grad", p.grad * 2))
    (w * w * w).sum().backward(create_graph=True)
    assert w.grad.requires_grad
    w.sum().backward()
    assert not w.grad.requires_grad
    assert w.grad.tolist() == [14, 14]


def test_a_gradient_of_the_leafs_former_shape_is_not_added_to() -> None:
    x = torch.ones(2, 3, requires_grad=True)
    (x * x).sum().backward()
    with torch.no_grad():
        x.unsqueeze_(-1)
    with pytest.raises(RuntimeError, match="Set its grad to None"):
        (x * x).sum().backward()
