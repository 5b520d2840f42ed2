"""What a wrong gradient's report says: the cause, arrays that can be pasted, and a program that shows it again."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pytest

import microdl as torch
from microdl.testing import GradcheckError, check_op
from microdl.testing.strategies import signature


def softmax(x: Any) -> Any:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def softmax_diagonal(g: Any, x: Any) -> Any:
    return g * softmax(x) * (1 - softmax(x))


def mean(x: Any) -> Any:
    return np.asarray(x.mean() if x.size else 0.0)


def mean_without_n(g: Any, x: Any) -> Any:
    return np.ones_like(x) * g


def add(a: Any, b: Any) -> Any:
    return a + b


def add_not_summed(g: Any, a: Any, b: Any) -> Any:
    return g, g


def tanh_minus(g: Any, x: Any) -> Any:
    return -g * (1 - np.tanh(x) ** 2)


def tanh_of_input(g: Any, x: Any) -> Any:
    return g * (1 - x**2)


def matmul_transposed(g: Any, a: Any, b: Any) -> Any:
    right = a.T @ g
    return g @ b.T, right.T if right.shape[0] == right.shape[1] else right


def row_sums(x: Any) -> Any:
    return x.sum(1)


def row_sums_across(g: Any, x: Any) -> Any:
    return np.broadcast_to(g, x.shape).copy()


def take(x: Any, index: Any) -> Any:
    return x[index]


def take_last(g: Any, x: Any, index: Any) -> Any:
    found = np.zeros_like(x)
    found[index] += g
    return found, None


def largest(x: Any) -> Any:
    return np.asarray(x.max())


def largest_to_all(g: Any, x: Any) -> Any:
    return g * (x == x.max())


def exp_ignored(g: Any, x: Any) -> Any:
    return np.exp(x)


def exp_squared(g: Any, x: Any) -> Any:
    return g * g * np.exp(x)


def exp_clipped(g: Any, x: Any) -> Any:
    return np.clip(g, -1, 1) * np.exp(x)


def exp_absolute(g: Any, x: Any) -> Any:
    return np.abs(g) * np.exp(x)


def exp_and_penalty(g: Any, x: Any) -> Any:
    return g * np.exp(x) + x


def product_none(g: Any, a: Any, b: Any) -> Any:
    return g * b, None


def product_exchanged(g: Any, a: Any, b: Any) -> Any:
    return g * a, g * b


def product_copied(g: Any, a: Any, b: Any) -> Any:
    return g * b, g * b


def square_summed(g: Any, x: Any) -> Any:
    return np.sum(g * 2 * x)


def square_passed(g: Any, x: Any) -> Any:
    return g.copy()


def half_square(x: Any) -> Any:
    return 0.5 * x * x


def half_square_doubled(g: Any, x: Any) -> Any:
    return g * 2 * x


def minus_half_of_it(g: Any, x: Any) -> Any:
    return -0.5 * g * 2 * x


saved: dict[Any, Any] = {}


def square_remembered(g: Any, x: Any) -> Any:
    return g * 2 * saved.setdefault((x.shape, x.dtype), x.copy())


def relu(x: Any) -> Any:
    return np.maximum(x, 0)


def relu_in_place(g: Any, x: Any) -> Any:
    g[x < 0] = 0
    return g


def relu_two_at_zero(g: Any, x: Any) -> Any:
    return g * np.where(x == 0, 2, x > 0).astype(x.dtype)


def relu_leaking(g: Any, x: Any) -> Any:
    return g * np.where(x < 0, 0.01, 1).astype(x.dtype)


def square_by_memory(g: Any, x: Any) -> Any:
    return (g.ravel("K") * 2 * x.ravel("K")).reshape(x.shape)


def sinc(x: Any) -> Any:
    return np.where(x == 0, 1, np.sin(x) / np.where(x == 0, 1, x)).astype(x.dtype)


def sinc_divided(g: Any, x: Any) -> Any:
    return g * (np.cos(x) / x - np.sin(x) / x**2)


def sigmoid(x: Any) -> Any:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def sigmoid_overflowing(g: Any, x: Any) -> Any:
    return g * np.exp(-x) / (1 + np.exp(-x)) ** 2


def log_epsilon(g: Any, x: Any) -> Any:
    return g / (x + np.asarray(1e-3, x.dtype))


def cumulative(x: Any) -> Any:
    return np.cumsum(x, -1)


def cumulative_again(g: Any, x: Any) -> Any:
    return np.cumsum(g, -1)


def exp_nothing(g: Any, x: Any) -> Any:
    return 0 * g


def cos_of_sin(g: Any, x: Any) -> Any:
    return g * np.cos(x)


class Drift(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 0.7

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g.float() * 0.7


class Detached(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 2 * ctx.saved_tensors[0].detach()


POSITIVE = signature("n", "positive")
WRONG = [
    ((softmax, softmax_diagonal), "nm", "the cross terms are missing"),
    ((mean, mean_without_n), "nm", "a missing 1/N of a mean"),
    ((add, add_not_summed), None, "sum its gradient over the dimensions"),
    ((np.tanh, tanh_minus), "n", "the sign"),
    ((np.tanh, tanh_of_input), "n", "the input stands where the output y belongs, in 1 - y**2 (tanh)"),
    ((np.matmul, matmul_transposed), "nm,mk", "transpose"),
    ((row_sums, row_sums_across), "nn", "keepdims=True"),
    ((take, take_last), signature("nk,j", "real", "indices:n"), "np.add.at"),
    ((largest, largest_to_all), "nm", "each of the tied elements is given the whole gradient"),
    ((np.exp, exp_ignored), "n", "the upstream gradient is ignored"),
    ((np.exp, exp_squared), "n", "squared"),
    ((np.exp, exp_clipped), "n", "clipped"),
    ((np.exp, exp_absolute), "n", "without its sign"),
    ((np.exp, exp_and_penalty), "n", "something is added that does not depend on the upstream gradient"),
    ((np.multiply, product_none), "n,n", "the backward returns nothing for this input"),
    ((np.multiply, product_exchanged), "n,n", "the gradients of input 0 and input 1 are exchanged"),
    ((np.multiply, product_copied), "n,n", "the gradient of input 0 is given for input 1 too"),
    ((np.square, square_summed), "n", "to the input's shape"),
    ((np.square, square_passed), "n", "passed on as it is"),
    ((half_square, half_square_doubled), "n", "too large by the factor 2: another constant"),
    ((np.square, minus_half_of_it), "", "-1/2 times the derivative: another constant"),
    ((np.square, square_remembered), "n", "whatever the input is"),
    ((relu, relu_in_place), "n", "an operation in place"),
    ((relu, relu_two_at_zero), "n", "at a kink"),
    ((relu, relu_leaking), "n", "only where the input is negative"),
    ((np.square, square_by_memory), "nm", "memory order taken for index order"),
    ((sinc, sinc_divided), "n", "NaN or infinity in the backward where the input is 0"),
    ((sigmoid, sigmoid_overflowing), "n", "an overflow for large inputs"),
    ((np.log, log_epsilon), POSITIVE, "nearly right"),
    ((cumulative, cumulative_again), "nm", "must go back"),
    ((np.exp, exp_nothing), "n", "the backward gives zeros"),
    ((np.cos, cos_of_sin), "n", "that of another op: sin"),
    (Drift, "n", "float32"),
    (Detached, "n", "a saved intermediate that is cut from the graph"),
]


def report(op: Any, inputs: Any, **options: Any) -> str:
    saved.clear()
    with np.errstate(all="ignore"), pytest.raises(GradcheckError) as caught:
        check_op(op, inputs, **options)
    return str(caught.value)


def name(op: Any) -> str:
    return str((op[1] if isinstance(op, tuple) else op).__name__)


@pytest.mark.parametrize(("op", "inputs", "cause"), WRONG, ids=[name(op) for op, _, _ in WRONG])
def test_cause_and_snippet(op: Any, inputs: Any, cause: str) -> None:
    text = report(op, inputs)
    told = " ".join(text.partition("likely cause:")[2].partition("checked")[0].split())
    assert cause in told
    program = textwrap.dedent(text.partition("to see it again:\n")[2])
    saved.clear()
    with np.errstate(all="ignore"), pytest.raises(GradcheckError) as again:
        exec(program, {})
    assert str(again.value).splitlines()[0] == text.splitlines()[0]


def test_the_whole_text() -> None:
    text = report((softmax, softmax_diagonal), (np.array([[1.0, 2.0]]),), battery="numeric")
    lines = text.splitlines()
    assert lines[:3] == ["softmax: the gradient of input 0 is wrong", "", "  input 0 = np.array([[1., 2.]])"]
    assert lines[3].startswith("  upstream gradient = np.array([[")
    assert lines[4] == ""
    assert lines[5].startswith("  at input 0[0, ")
    assert lines[5].endswith("error bars)")
    assert [line.split()[0] for line in lines[7:9]] == ["backward", "differences"]
    assert [line.strip() for line in lines[-6:]] == [
        "to see it again:",
        "import numpy as np",
        "from microdl.testing import check_op",
        f"from {__name__} import softmax, softmax_diagonal",
        "op = (softmax, softmax_diagonal)",
        "check_op(op, (np.array([[1., 2.]]),), battery='numeric')",
    ]
    assert "\n\n\n" not in text
    assert text == text.rstrip()


def test_arrays_can_be_pasted() -> None:
    values = [np.array(1.5), np.zeros((0, 3)), np.array([1, 2]), np.array([True, False]), np.array([-np.inf, np.nan])]
    values += [np.array([1.5], np.float32), np.zeros(0), np.arange(100.0).reshape(50, 2) / 7]
    op = lambda *xs: xs[0] * 1  # noqa: E731
    text = report((op, lambda g, *xs: [g * 2] + [None] * len(xs[1:])), tuple(values), battery="numeric")
    call = text.splitlines()[-1].strip()
    shown = eval(call.partition("(op, ")[2].rpartition(", battery=")[0], {"np": np})  # noqa: S307
    for given, pasted in zip(values, shown, strict=True):
        assert pasted.dtype == given.dtype
        np.testing.assert_array_equal(pasted, given)
        assert pasted.shape == given.shape


def test_options_and_an_op_that_cannot_be_imported() -> None:
    text = report((lambda x, k=1: k * x, lambda g, x, k=1: g), (np.array([1.0]), {"k": 3}))
    assert "  k = 3\n" in text
    assert "op = ...  # the pair (forward, backward)" in text
    assert "check_op(op, (np.array([1.]), {'k': 3}), battery='numeric')" in text


def test_a_guess_that_the_op_refuses_is_no_guess() -> None:
    def take(x: Any, i: Any) -> Any:
        return x[i]

    def backward(g: Any, x: Any, i: Any) -> Any:
        gx = np.zeros_like(x)
        gx[i] += g
        return gx, None

    with pytest.raises(GradcheckError, match="the gradient of input 0 is wrong"):
        check_op((take, backward), (np.ones((1, 3)), np.array([0, 0])))
