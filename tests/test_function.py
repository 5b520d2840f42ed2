"""`autograd.Function`: an operation with a backward written by hand."""

from __future__ import annotations

import re
from typing import Any

import pytest

import microdl as torch
from microdl.autograd import Function
from microdl.autograd.function import once_differentiable


def leaf(values: Any) -> Any:
    return torch.tensor(values, requires_grad=True)


class Multiply(Function):
    """x * y, both saved."""

    @staticmethod
    def forward(ctx: Any, x: Any, y: Any) -> Any:
        ctx.save_for_backward(x, y)
        return x * y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, y = ctx.saved_tensors
        return g * y, g * x


class DivMod(Function):
    """Two outputs: x / n, and the index of the larger of two, which has no derivative."""

    @staticmethod
    def forward(ctx: Any, x: Any, n: float) -> Any:
        ctx.n = n
        half, rest = x / n, x * 10
        where = (x > 1) * 1.0
        ctx.mark_non_differentiable(where)
        return half, rest, where

    @staticmethod
    def backward(ctx: Any, g_half: Any, g_rest: Any, g_where: Any) -> Any:
        assert g_where.tolist() == [0.0, 0.0]
        return g_half / ctx.n + 10 * g_rest, None


def test_saved_tensors_and_gradients() -> None:
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    z = Multiply.apply(x, y)
    assert z.grad_fn.name() == "MultiplyBackward"
    z.backward(torch.tensor([1.0, 10.0]))
    assert x.grad.tolist() == [3.0, 40.0]
    assert y.grad.tolist() == [1.0, 20.0]


def test_a_step_prints_as_in_pytorch() -> None:
    step = Multiply.apply(leaf(2.0), leaf(3.0)).grad_fn
    assert re.fullmatch(r"<torch\.autograd\.function\.MultiplyBackward object at 0x[0-9a-f]+>", repr(step))


def test_forward_records_nothing_of_its_own() -> None:
    z = Multiply.apply(leaf([1.0]), torch.tensor([2.0]))
    assert [node.name() for node, _ in z.grad_fn.next_functions] == ["torch::autograd::AccumulateGrad"]


def test_without_recording_there_is_no_history() -> None:
    with torch.no_grad():
        assert not Multiply.apply(leaf([1.0]), leaf([2.0])).requires_grad
    assert not Multiply.apply(torch.tensor([1.0]), torch.tensor([2.0])).requires_grad


def test_saved_tensors_are_freed_and_guarded() -> None:
    x = leaf([1.0])
    y = x * 2
    z = Multiply.apply(y, y)
    z.backward(retain_graph=True)
    z.backward()
    with pytest.raises(RuntimeError, match="second time"):
        z.backward()
    assert x.grad.item() == 16.0
    y = x * 2
    z = Multiply.apply(y, y)
    y.add_(1)
    with pytest.raises(RuntimeError, match="MultiplyBackward saved a tensor that add_ changed"):
        z.backward()


def test_several_outputs_unused_ones_and_non_differentiable_ones() -> None:
    x = leaf([1.0, 2.0])
    half, rest, where = DivMod.apply(x, 4.0)
    assert (half.requires_grad, rest.requires_grad, where.requires_grad) == (True, True, False)
    half.sum().backward(retain_graph=True)
    assert x.grad.tolist() == [0.25, 0.25]
    x.grad = None
    (half + rest).sum().backward()
    assert x.grad.tolist() == [10.25, 10.25]


def test_unused_outputs_are_none_where_asked() -> None:
    seen = []

    class Two(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            seen.append((g, h))
            return 3 * h

    x = leaf(1.0)
    Two.apply(x)[1].backward()
    assert seen[0][0] is None
    assert x.grad.item() == 3.0


def test_needs_input_grad_tells_which_gradients_are_wanted() -> None:
    seen = []

    class Add(Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any, n: Any) -> Any:
            return x + y + n

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            seen.append(ctx.needs_input_grad)
            return g, None, None

    x = leaf(1.0)
    Add.apply(x, torch.tensor(2.0), 3).backward()
    assert seen == [(True, False, False)]
    assert x.grad.item() == 1.0


def test_no_gradient_for_a_tensor_that_wants_one_leaves_grad_alone() -> None:
    class Cut(Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            return x + y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return None, g

    x, y = leaf(1.0), leaf(2.0)
    Cut.apply(x, y).backward()
    assert x.grad is None
    assert y.grad.item() == 1.0


def test_setup_context_takes_over_saving() -> None:
    class Square(Function):
        @staticmethod
        def forward(x: Any) -> Any:
            return x * x

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            (x,) = inputs
            ctx.save_for_backward(x)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 2 * g * x

    x = leaf(3.0)
    Square.apply(x).backward()
    assert x.grad.item() == 6.0


def test_saving_the_output_makes_no_cycle_and_differentiates_twice() -> None:
    class Exp(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            out = x.exp()
            ctx.save_for_backward(out)
            return out

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (out,) = ctx.saved_tensors
            return g * out

    x = leaf(0.5)
    (first,) = torch.autograd.grad(Exp.apply(x), x, create_graph=True)
    (second,) = torch.autograd.grad(first, x)
    assert second.item() == pytest.approx(1.6487212)


def test_double_backward_through_saved_inputs() -> None:
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (gx,) = torch.autograd.grad(Multiply.apply(x, y).sum(), x, create_graph=True)
    (mixed,) = torch.autograd.grad((gx * gx).sum(), y)
    assert mixed.tolist() == [6.0, 8.0]


def returning(result: Any) -> Any:
    class Bad(Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            return x + y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return result(g)

    return Bad


@pytest.mark.parametrize(
    ("result", "error", "text"),
    [
        (lambda g: g, RuntimeError, r"BadBackward returned an incorrect number of gradients \(expected 2, got 1\)"),
        (lambda g: (g, g, g), RuntimeError, r"incorrect number of gradients \(expected 2, got 3\)"),
        (lambda g: (g[:1].reshape(1), g), RuntimeError, r"invalid gradient at index 0 - got \[1\] but expected shape"),
        (lambda g: (g, 1.0), RuntimeError, r"expected Variable or None \(got float\) as gradient 1"),
    ],
)
def test_wrong_gradients_change_nothing(result: Any, error: type[Exception], text: str) -> None:
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    with pytest.raises(error, match=text):
        returning(result).apply(x, y).sum().backward()
    assert x.grad is None
    assert y.grad is None


def test_more_gradients_than_arguments_are_fine_where_they_are_none() -> None:
    x, y = leaf([1.0]), leaf([2.0])
    returning(lambda g: (g, 2 * g, None)).apply(x, y).backward()
    assert (x.grad.item(), y.grad.item()) == (1.0, 2.0)


def test_only_tensors_are_saved() -> None:
    class Bad(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x, 3.0)
            return x

    with pytest.raises(TypeError, match="save_for_backward can only save variables, but argument is of type float"):
        Bad.apply(leaf(1.0))


def test_missing_parts_are_named() -> None:
    class Nothing(Function):
        pass

    class NoBackward(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

    with pytest.raises(NotImplementedError, match="must implement the forward"):
        Nothing.apply(leaf(1.0))
    with pytest.raises(NotImplementedError, match="implement either the backward or vjp"):
        NoBackward.apply(leaf(1.0)).backward()


def test_an_input_returned_as_it_is_becomes_a_new_tensor() -> None:
    class Reverse(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return -g

    x = leaf([1.0, 2.0])
    y = Reverse.apply(x)
    assert y is not x
    assert x.is_leaf
    y.sum().backward()
    assert x.grad.tolist() == [-1.0, -1.0]


def test_a_dirty_input_keeps_its_identity() -> None:
    class Double(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * g

    x = leaf([1.0, 2.0])
    y = x * 1
    z = Double.apply(y)
    assert z is y
    assert y.tolist() == [2.0, 4.0]
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


class Tripled(Function):
    """x times 3, in place."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        x.mul_(3)
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return 3 * g


def test_a_dirty_view_changes_its_base() -> None:
    x = leaf([1.0, 2.0])
    y = x * 1
    Tripled.apply(y[:1])
    (y * y).sum().backward()
    assert x.grad.tolist() == [18.0, 4.0]


def test_a_dirty_base_changes_its_views() -> None:
    x = leaf([1.0, 2.0])
    y = x * 1
    part = y[1:]
    Tripled.apply(y)
    (part * part).sum().backward()
    assert x.grad.tolist() == [0.0, 36.0]


def test_a_leaf_that_requires_grad_cannot_be_dirty() -> None:
    x = leaf([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"a leaf Variable that requires grad .* in-place operation \(Tripled\)"):
        Tripled.apply(x)
    assert x.is_leaf


def test_what_is_dirty_must_be_returned() -> None:
    class Forgetful(Tripled):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return Tripled.forward(ctx, x) * 1

    with pytest.raises(RuntimeError, match="dirty .* were not returned as output.*from Forgetful.forward"):
        Forgetful.apply(leaf([1.0]) * 1)


def test_once_differentiable() -> None:
    class Cubed(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, scale: float) -> Any:
            ctx.save_for_backward(x)
            return scale * x**3

        @staticmethod
        @once_differentiable
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return torch.from_numpy(3 * x.detach().numpy() ** 2) * g, None

    x = leaf([1.0, 2.0])
    Cubed.apply(x, 1.0).sum().backward()
    assert x.grad.tolist() == [3.0, 12.0]
    y = x * 1
    (g,) = torch.autograd.grad(Cubed.apply(y, 1.0).pow(2).sum(), x, create_graph=True)
    assert g.requires_grad
    with pytest.raises(RuntimeError, match="differentiate twice a function that was marked with @once_differentiable"):
        g.sum().backward()
