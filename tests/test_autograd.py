"""`backward`, `grad`, hooks and `Function`: PyTorch's semantics. Values were computed by hand or by PyTorch 2.13."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import microdl as torch


def leaf(values: Any, dtype: Any = None) -> Any:
    return torch.tensor(values, dtype=dtype or torch.float32, requires_grad=True)


# --- accumulation and the shape of the graph --------------------------------------------------------------


def test_backward_adds_to_grad_in_place() -> None:
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    first = x.grad
    (3 * x).sum().backward()
    assert x.grad is first
    assert x.grad.tolist() == [5.0, 7.0]


def test_grad_set_to_none_starts_anew_and_zeroing_keeps_the_object() -> None:
    x = leaf(2.0)
    (x * x).backward()
    x.grad = None
    (x * 3).backward()
    assert x.grad.item() == 3.0
    kept = x.grad
    kept.zero_()
    (x * 5).backward()
    assert x.grad is kept
    assert kept.item() == 5.0


def test_a_node_used_repeatedly_gets_the_sum() -> None:
    x = leaf(3.0)
    y = x * 2
    z = y * y + y + y  # 4 x^2 + 4 x
    z.backward()
    assert x.grad.item() == 8 * 3 + 4


def test_diamonds_do_each_step_once() -> None:
    """Forty diamonds in a row have 2^40 paths; each step runs once all the same."""
    x = leaf(1.0, torch.float64)
    calls = []
    y = x
    for _ in range(40):
        y = y * 0.5
        y.register_hook(lambda g: calls.append(1))
        y = y + y
    y.backward()
    assert x.grad.item() == 1.0
    assert len(calls) == 40


def test_only_leaves_get_a_grad() -> None:
    x = leaf(1.0)
    y = x * 2
    (y * 3).backward()
    with pytest.warns(UserWarning, match="that is not a leaf Tensor is being accessed"):
        assert y.grad is None
    assert x.grad.item() == 6.0


def test_backward_on_a_leaf_itself() -> None:
    x = leaf([1.0, 2.0])
    g = torch.tensor([3.0, 4.0])
    x.backward(g)
    assert x.grad.tolist() == [3.0, 4.0]
    assert not np.shares_memory(x.grad.numpy(), g.numpy())


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_one_element_of_any_shape_needs_no_gradient(shape: tuple[int, ...]) -> None:
    x = leaf(2.0)
    (x * 3).reshape(shape).backward()
    assert x.grad.item() == 3.0


def test_backward_of_several_tensors_with_their_gradients() -> None:
    x = leaf([1.0, 2.0])
    torch.autograd.backward([x * 2, x * x], [torch.tensor([1.0, 10.0]), torch.tensor([100.0, 1000.0])])
    assert x.grad.tolist() == [202.0, 4020.0]


def test_the_same_root_twice_counts_twice() -> None:
    x = leaf(1.0)
    y = x * 2
    torch.autograd.backward([y, y])
    assert x.grad.item() == 4.0


def test_backward_for_some_inputs_only() -> None:
    a, b = leaf(2.0), leaf(3.0)
    c = a * b
    (c * c).backward(inputs=[a, c])
    assert a.grad.item() == 2 * 6 * 3
    assert c.grad.item() == 12.0
    assert b.grad is None


def test_backward_of_an_empty_list_of_inputs_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"`inputs` argument to `backward\(\)` cannot be empty"):
        leaf(1.0).backward(inputs=[])


# --- errors of backward -----------------------------------------------------------------------------------


def test_second_backward_is_an_error_that_names_the_remedy() -> None:
    x = leaf(2.0)
    y = x.exp()
    y.backward()
    with pytest.raises(RuntimeError, match=r"backward through the graph a second time.*retain_graph=True"):
        y.backward()
    assert x.grad.item() == pytest.approx(np.exp(2.0))


def test_retain_graph_allows_a_second_backward() -> None:
    x = leaf(3.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 12.0
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


def test_backward_of_several_elements_asks_for_a_gradient() -> None:
    x = leaf([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"grad can be implicitly created only for scalar outputs.*\[2\].*sum"):
        (x * 2).backward()
    assert x.grad is None


def test_backward_without_history() -> None:
    with pytest.raises(RuntimeError, match="element 0 of tensors does not require grad and does not have a grad_fn"):
        torch.tensor(1.0).backward()


def test_gradient_of_another_shape() -> None:
    x = leaf([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"Mismatch in shape: .*has a shape of torch.Size\(\[3\]\).*\[2\]"):
        (x * 2).backward(torch.ones(3))


def test_gradient_that_is_no_tensor() -> None:
    with pytest.raises(TypeError, match="gradients can be either Tensors or None, but got float"):
        (leaf([1.0]) * 2).backward([1.0])


def test_another_number_of_gradients() -> None:
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match="got 2 tensors and 1 gradients"):
        torch.autograd.backward([x * 2, x * 3], [torch.tensor(1.0)])


def test_a_backward_that_fails_half_way_changes_no_grad() -> None:
    a, b = leaf(2.0), leaf(3.0)
    a.grad = torch.tensor(7.0)
    early = b.exp()
    saved = a * 1.0
    y = saved.exp() * saved + early
    with torch.no_grad():
        saved.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()
    assert a.grad.item() == 7.0
    assert b.grad is None


def test_the_error_names_the_operation_and_the_change() -> None:
    x = leaf([1.0, 2.0])
    y = x * 1.0
    z = y.exp()
    z.add_(1)
    with pytest.raises(RuntimeError, match=r"ExpBackward0 saved a tensor that add_ changed.*version 1"):
        z.sum().backward()


# --- grad -------------------------------------------------------------------------------------------------


def test_grad_returns_and_writes_nothing() -> None:
    x, w = leaf(2.0), leaf(5.0)
    y = w * x * x
    dx, dw = torch.autograd.grad(y, [x, w])
    assert (dx.item(), dw.item()) == (20.0, 4.0)
    assert x.grad is None
    assert w.grad is None


def test_grad_of_an_intermediate() -> None:
    x = leaf(2.0)
    y = x * x
    z = y * y
    dy, dx = torch.autograd.grad(z, [y, x])
    assert (dy.item(), dx.item()) == (8.0, 32.0)


def test_grad_of_an_unused_input() -> None:
    x, unused = leaf([1.0]), leaf([[2.0, 3.0]])
    y = (x * 2).sum()
    with pytest.raises(RuntimeError, match="appears to not have been used in the graph.*allow_unused=True"):
        torch.autograd.grad(y, [x, unused], retain_graph=True)
    assert torch.autograd.grad(y, [x, unused], retain_graph=True, allow_unused=True)[1] is None
    zeros = torch.autograd.grad(y, [x, unused], materialize_grads=True)[1]
    assert zeros.tolist() == [[0.0, 0.0]]


def test_grad_takes_pytorchs_other_arguments() -> None:
    x, unused = leaf([1.0, 2.0]), leaf([5.0])
    y = x * x
    each = torch.autograd.grad(y, (x, unused), torch.eye(2), True, True, True, True, True)
    assert each[0].tolist() == [[2.0, 0.0], [0.0, 4.0]]
    assert each[1] is None
    (second,) = torch.autograd.grad(each[0].sum(), x, retain_graph=True)
    assert second.tolist() == [2.0, 2.0]
    named = torch.autograd.grad(y.sum(), {"w": x}, only_inputs=True, retain_graph=True)
    assert named["w"].tolist() == [2.0, 4.0]
    with pytest.raises(RuntimeError, match=r"is_grads_batched.*grad_output\[0\] has a shape of torch.Size\(\[2\]\)"):
        torch.autograd.grad(y, x, torch.ones(2), is_grads_batched=True, retain_graph=True)
    with pytest.raises(ValueError, match="allow_unused"):
        torch.autograd.grad(y.sum(), x, allow_unused=False, materialize_grads=True, retain_graph=True)
    with pytest.warns(FutureWarning, match="only_inputs"):
        torch.autograd.grad(y.sum(), x, only_inputs=False)


def test_grad_for_what_requires_none() -> None:
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match="One of the differentiated Tensors does not require grad"):
        torch.autograd.grad(x * 2, torch.tensor(1.0))


def test_grad_visits_only_what_leads_to_the_inputs() -> None:
    x, w = leaf(2.0), leaf(3.0)
    side = w.exp()
    calls = []
    side.register_hook(lambda g: calls.append(g))
    (dx,) = torch.autograd.grad(x * 2 + side, x)
    assert dx.item() == 2.0
    assert not calls


def test_third_derivatives() -> None:
    x = leaf(2.0, torch.float64)
    y = x**4 + x.exp()
    (first,) = torch.autograd.grad(y, x, create_graph=True)
    (second,) = torch.autograd.grad(first, x, create_graph=True)
    (third,) = torch.autograd.grad(second, x)
    e = np.exp(2.0)
    assert (first.item(), second.item(), third.item()) == pytest.approx((32 + e, 48 + e, 48 + e))
    assert not third.requires_grad


def test_create_graph_makes_grad_part_of_the_graph() -> None:
    x = leaf([1.0, 2.0])
    (x**3).sum().backward(create_graph=True)
    assert x.grad.requires_grad
    first = x.grad
    x.grad = None
    (first * first).sum().backward()  # d (9 x^4) = 36 x^3
    assert x.grad.tolist() == pytest.approx([36.0, 288.0])


def test_gradient_penalty_reaches_the_weights() -> None:
    x, w = leaf([1.0, 2.0]), leaf([3.0, -1.0])
    (g,) = torch.autograd.grad((w * x * x).sum(), x, create_graph=True)  # 2 w x
    (g * g).sum().backward()  # 4 w^2 x^2
    assert w.grad.tolist() == [24.0, -32.0]


# --- aliasing ---------------------------------------------------------------------------------------------


def distinct(*tensors: Any) -> bool:
    """No two share memory."""
    held = [t.detach().numpy() for t in tensors]
    return not any(np.shares_memory(a, b) for i, a in enumerate(held) for b in held[:i])


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(
    "combine",
    [
        lambda a, b: a + b,
        lambda a, b: a.reshape(4).reshape(2, 2) + b.t().t(),
        lambda a, b: (a + b).clone(),
        lambda a, b: torch.where(torch.tensor(True), a, b) + b,
        lambda a, b: torch.cat([a, b])[:2] + b,
    ],
)
def test_gradients_share_memory_with_nothing(combine: Any, create_graph: bool) -> None:
    a, b = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([[5.0, 6.0], [7.0, 8.0]])
    g = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    combine(a, b).backward(g, create_graph=create_graph)
    assert distinct(a, b, g, a.grad, b.grad)
    a.grad.detach().mul_(0)
    assert g.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_a_gradient_is_no_saved_array() -> None:
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    y = a * b
    y.backward(torch.ones(2), retain_graph=True)
    assert distinct(a, b, a.grad, b.grad)
    a.grad.mul_(0)
    y.backward(torch.ones(2))
    assert a.grad.tolist() == [3.0, 4.0]


def test_a_gradient_found_by_grad_is_its_own_array() -> None:
    x = leaf([1.0, 2.0])
    g = torch.ones(2)
    (found,) = torch.autograd.grad(x + 1, x, g)
    assert distinct(found, g, x)


def test_the_gradient_given_under_create_graph_is_not_taken_over() -> None:
    x = leaf([1.0, 2.0])
    g = torch.ones(2)
    x.backward(g, create_graph=True)
    assert x.grad is not g
    assert distinct(x.grad, g)


# --- dtypes -----------------------------------------------------------------------------------------------


def test_gradients_have_their_tensor_s_dtype() -> None:
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0], torch.float64)
    y = a * b
    assert y.dtype == torch.float64
    y.sum().backward()
    assert (a.grad.dtype, b.grad.dtype) == (torch.float32, torch.float64)


def test_only_floating_tensors_require_grad() -> None:
    with pytest.raises(RuntimeError, match="Only Tensors of floating point and complex dtype can require gradients"):
        torch.tensor([1, 2], requires_grad=True)
    assert not (leaf([1.0, 2.0]) > 1).requires_grad


def test_grad_must_fit_its_tensor() -> None:
    x = leaf([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"gradient of size '\[3\]' to a tensor of size '\[2\]'"):
        x.grad = torch.ones(3)
    with pytest.raises(RuntimeError, match="gradient with dtype torch.float64"):
        x.grad = torch.ones(2, dtype=torch.float64)
    with pytest.raises(TypeError, match="expected to be a Tensor or None but got float"):
        x.grad = 1.0
    with pytest.raises(RuntimeError, match="can't assign Variable as its own grad"):
        x.grad = x
    assert x.grad is None


# --- requires_grad --------------------------------------------------------------------------------------


def test_leaves_and_what_is_computed_from_them() -> None:
    x = torch.tensor([1.0, 2.0])
    assert (x.is_leaf, x.requires_grad, x.grad_fn) == (True, False, None)
    assert x.requires_grad_() is x
    y = x * 2
    assert (y.is_leaf, y.requires_grad, y.grad_fn.name()) == (False, True, "MulBackward0")
    assert (y.detach().is_leaf, y.detach().requires_grad) == (True, False)
    x.requires_grad = False
    assert not x.requires_grad
    with pytest.raises(RuntimeError, match="you can only change requires_grad flags of leaf variables"):
        y.requires_grad = False
    assert y.requires_grad


def test_printing_shows_the_history() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    assert repr(x) == "tensor([1., 2.], requires_grad=True)"
    assert repr(x * 2) == "tensor([2., 4.], grad_fn=<MulBackward0>)"
    assert repr(x.detach()) == "tensor([1., 2.])"
    assert repr(torch.tensor([1, 2])) == "tensor([1, 2])"


def test_grad_takes_its_arguments_in_pytorchs_order() -> None:
    x, unused = torch.ones(2, requires_grad=True), torch.ones(1, requires_grad=True)
    y = (x * x).sum()
    assert torch.autograd.grad(y, [x, unused], None, True, False, True, True)[1] is None
    assert torch.autograd.grad(y, x, retain_graph=True, only_inputs=True)[0].tolist() == [2, 2]
    with pytest.warns(FutureWarning, match="only_inputs"):
        torch.autograd.grad(y, x, retain_graph=True, only_inputs=False)
    (batch,) = torch.autograd.grad(y, x, torch.tensor([1.0, 3.0]), is_grads_batched=True)
    assert batch.tolist() == [[2, 2], [6, 6]]
