"""Chapter 7, modules and losses: values, gradients against differences, and what holds at any magnitude."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...testing import check_op
from ..checking import check, expect
from .chapter06 import same

_SCORES = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])  # the lectures' cat, car and frog
_LABELS = np.array([0, 1, 2])


def _p(x: Any, dim: int) -> Any:
    e = np.exp(x - x.max(axis=dim, keepdims=True))
    return e / e.sum(axis=dim, keepdims=True)


def _rule(name: str, forward: Callable[..., Any], rule: Callable[..., Any]) -> None:
    """Wrong unless the rule, of g and x, gives the gradients of the forward that differences give."""
    forward.__name__ = name
    x = np.array([[0.5, -1.0, 2.0], [3.0, 0.1, 0.2]])
    g = np.array([[1.0, 2.0, 0.0], [0.5, 0.0, 1.0]])
    found = np.shape(rule(g, x))
    expect(
        found == x.shape, f"scores of shape {x.shape} get a gradient of shape {found}: keep the summed axis (keepdims)"
    )
    check_op((forward, rule), "nm", max_examples=25)


# --- softmax ---------------------------------------------------------------------------------------------------


@check(7, "softmax_forward", "e^x / sum(e^x) along the axis that is asked for")
def _(m: Any) -> None:
    for dim, over in ((1, "each row"), (0, "each column"), (-1, "each row")):
        found = m.nn.softmax_forward(_SCORES, dim)
        expect(np.shape(found) == (3, 3), f"softmax of (3, 3) along {dim} has the shape {np.shape(found)}")
        sums = found.sum(axis=dim)
        expect(
            same(sums, np.ones(3)),
            f"softmax along dim={dim}: {over} must sum to 1, but the sums are {sums}: divide by sums along dim that keep "
            "their axis (keepdims=True)",
        )
        expect(
            same(found, _p(_SCORES, dim)),
            f"softmax along dim={dim} is\n{found}\nnot\n{_p(_SCORES, dim)}: what is taken from the scores must be one number "
            f"for {over}, a maximum along dim that keeps its axis (keepdims=True)",
        )


@check(7, "softmax_forward", "finite for scores of any size, in every row")
def _(m: Any) -> None:
    for rows in ([[1000.0, 0.0]], [[-1000.0, -1001.0]], [[0.0, 1.0], [-1000.0, -1001.0]], [[3e38, 1.0]]):
        x = np.array(rows, np.float32)
        found = m.nn.softmax_forward(x, 1)
        expect(
            same(found, _p(x, 1), 1e-4),
            f"softmax of {rows} is {found.tolist()}, it should be {_p(x, 1).tolist()}: e^x overflows above 88 "
            "in float32, "
            "and all of a row underflow below -103. Subtract each row's own maximum first",
        )


@check(7, "softmax_rule", "p_i (g_i - sum_j g_j p_j)")
def _(m: Any) -> None:
    _rule("softmax", lambda x: _p(x, 1), lambda g, x: m.nn.softmax_rule(g, _p(x, 1), 1))
    _rule("softmax", lambda x: _p(x, 0), lambda g, x: m.nn.softmax_rule(g, _p(x, 0), 0))


@check(7, "log_softmax_forward", "the logarithm of softmax")
def _(m: Any) -> None:
    for dim in (0, 1):
        found, right = m.nn.log_softmax_forward(_SCORES, dim), np.log(_p(_SCORES, dim))
        why = "the scores minus the logarithm of the sum of e^score, along dim (keepdims=True)"
        if same(found - right, np.broadcast_to(_SCORES.max(axis=dim, keepdims=True), (3, 3))):
            why = "it is too large by the maximum, which must be taken from both: the exponents, and the scores"
        expect(same(found, right), f"log_softmax along dim={dim} is\n{found}\nnot\n{right}: {why}")


@check(7, "log_softmax_forward", "finite where softmax is 0")
def _(m: Any) -> None:
    for rows, right in (
        ([[1000.0, 0.0]], [[0.0, -1000.0]]),
        ([[0.0, 0.0], [-2e4, -3e4]], [[-math.log(2)] * 2, [0.0, -1e4]]),
    ):
        found = m.nn.log_softmax_forward(np.array(rows, np.float32), 1)
        expect(
            same(found, right),
            f"log_softmax of {rows} is {found.tolist()}, it should be {right}: a probability that is too small for a "
            "float is 0, and its logarithm -inf. Subtract the maximum, and then the logarithm of the sum: take "
            "no logarithm "
            "of a probability",
        )


@check(7, "log_softmax_rule", "g_i - p_i sum_j g_j")
def _(m: Any) -> None:
    _rule("log_softmax", lambda x: np.log(_p(x, 1)), lambda g, x: m.nn.log_softmax_rule(g, np.log(_p(x, 1)), 1))
    _rule("log_softmax", lambda x: np.log(_p(x, 0)), lambda g, x: m.nn.log_softmax_rule(g, np.log(_p(x, 0)), 0))


# --- hinge -----------------------------------------------------------------------------------------------------


@check(7, "hinge_forward", "the lectures' losses 2.9, 0 and 12.9, divided by the 3 classes")
def _(m: Any) -> None:
    x = _SCORES.copy()
    found = m.nn.hinge_forward(x, _LABELS, 1.0)
    expect(np.shape(found) == (3,), f"three examples have losses of shape {np.shape(found)}: one number a row")
    right = np.array([2.9, 0.0, 12.9]) / 3
    why = "the scores minus the label's score plus the margin, where that is positive"
    if same(found, right + 1 / 3):
        why = "each is 1/3 too large: the label's own term, max(0, margin), does not count"
    elif same(found, 3 * right):
        why = "they are 3 times too large: PyTorch's MultiMarginLoss divides by the number of classes"
    elif same(found, (np.maximum(x[range(3), _LABELS][:, None] - x + 1, 0).sum(1) - 1) / 3):
        why = "the sign is turned: a class counts where its score comes near the label's, x_j - x_y + margin"
    expect(same(found, right), f"the hinge losses are {found}, they should be {right}: {why}")
    expect(same(x, _SCORES), "hinge_forward has changed the scores that it was given: work on a new array")


@check(7, "hinge_forward", "(C - 1) / C times the margin where all scores are equal")
def _(m: Any) -> None:
    found = m.nn.hinge_forward(np.zeros((2, 10)), np.array([3, 9]), 2.0)
    expect(same(found, [1.8, 1.8]), f"ten scores of 0 with the margin 2 have the loss 9 * 2 / 10 = 1.8, not {found}")


@check(7, "hinge_rule", "g/C for each class above the margin, and minus their number of it at the label")
def _(m: Any) -> None:
    g = np.array([1.0, 1.0, 10.0])
    found = m.nn.hinge_rule(g, _SCORES, _LABELS, 1.0)
    expect(np.shape(found) == (3, 3), f"scores of shape (3, 3) get a gradient of shape {np.shape(found)}")
    right = np.array([[-1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [10.0, 10.0, -20.0]]) / 3
    if same(found, right * 3):
        why = "it is 3 times too large: the forward is a mean over 3 classes"
    elif same(found[:2], right[:2]) and same(found[2], right[2] / 10):
        why = "the gradient of the losses, g, has no effect: multiply each row by its own"
    elif same(np.sum(found, axis=1), np.zeros(3)):
        why = "a class counts where its score is above the label's minus the margin"
    else:
        why = (
            "each row must sum to 0, because the loss does not change when a number is added to all of its scores. The "
            "label gets -1/C for every class above the margin, and no term of its own"
        )
    expect(same(found, right), f"for g = {g} the hinge loss hands back\n{found}\nit should be\n{right}: {why}")


@check(7, "hinge_rule", "as differences say")
def _(m: Any) -> None:
    x, y = np.random.default_rng(7).normal(size=(4, 5)), np.array([0, 4, 2, 2])

    def forward(x: Any) -> Any:
        terms = np.maximum(x - x[range(4), y][:, None] + 1.0, 0.0)
        return (terms.sum(1) - 1.0) / 5

    step = 1e-6
    g = np.array([1.0, -2.0, 0.5, 3.0])
    right = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        d = np.zeros_like(x)
        d[i] = step
        right[i] = np.sum(g * (forward(x + d) - forward(x - d))) / (2 * step)
    found = m.nn.hinge_rule(g, x, y, 1.0)
    expect(same(found, right, 1e-5), f"the gradient of the hinge loss is\n{found}\nbut differences say\n{right}")


# --- modules ---------------------------------------------------------------------------------------------------


def _linear(m: Any, weight: Any, bias: Any = None) -> Any:
    """A Linear with these numbers, made without its __init__, so that no exercise waits for another."""
    layer = m.nn.Linear.__new__(m.nn.Linear)
    layer.weight = m.nn.Parameter(np.asarray(weight, float))
    layer.bias = None if bias is None else m.nn.Parameter(np.asarray(bias, float))
    return layer


@check(7, "Module.named_parameters", "all parameters, those of child modules too, with their path as the name")
def _(m: Any) -> None:
    inner = m.nn.Sequential(_linear(m, [[1.0]], [2.0]), m.nn.ReLU())
    model = m.nn.Sequential(inner, _linear(m, [[3.0]]))
    model.scale, model.mean = m.nn.Parameter([4.0]), m.tensor.Tensor([5.0])
    found = dict(model.named_parameters())
    right = ["scale", "0.0.weight", "0.0.bias", "1.weight"]
    expect(
        all(isinstance(p, m.nn.Parameter) for p in found.values()),
        f"named_parameters lists {sorted({type(p).__name__ for p in found.values()})}: a Tensor that is no Parameter is not "
        "trained, such as a mean that a layer remembers",
    )
    missing = [name for name in right if name not in found]
    expect(
        not missing and len(found) == 4,
        f"a model of a parameter, a Sequential in it and a Linear has the parameters {right}, but "
        "named_parameters lists "
        f"{list(found)}: ask each child module for its own, and put its name and a dot in front",
    )
    expect(
        list(found) == right, f"the order is {list(found)}: a module's own parameters come first, then its children's"
    )


@check(7, "Module.named_parameters", "a parameter that two layers share is listed once")
def _(m: Any) -> None:
    a, b = _linear(m, [[1.0]]), _linear(m, [[2.0]])
    b.weight = a.weight
    found = [name for name, _ in m.nn.Sequential(a, b).named_parameters()]
    expect(
        found == ["0.weight"],
        f"two layers with the same weight list {found}: a shared parameter must come once, under its first name, or an "
        "optimiser steps it twice",
    )


@check(7, "Module.train", "it goes down to every module, and returns the model")
def _(m: Any) -> None:
    inner = m.nn.Sequential(m.nn.ReLU())
    model = m.nn.Sequential(inner, m.nn.ReLU())
    found = model.eval()
    flags = [part.training for part in (model, inner, *inner.children())]
    expect(
        flags == [False] * 3,
        f"after eval() training is {flags} in the model, the Sequential in it, and the layer in that, where all must be "
        "False. Set self.training = mode; a child has children of its own, so call child.train(mode)",
    )
    expect(found is model, f"eval() returned {found!r}: return self, so that model.eval() is the model")
    expect(model.train().training and inner.training, "train() after eval() does not set training to True everywhere")


@check(7, "Linear.__init__", "weight (out, in), then bias (out,), both from U(-k, k) with k = 1/sqrt(in)")
def _(m: Any) -> None:
    asked: list[Any] = []
    before = m.nn.uniform

    def uniform(low: float, high: float, shape: Any) -> Any:
        asked.append((low, high, tuple(np.atleast_1d(shape).tolist())))
        return np.full(shape, high, np.float32)

    m.nn.uniform = uniform
    try:
        layer = m.nn.Linear(16, 4)
        plain = m.nn.Linear(16, 4, bias=False)
    finally:
        m.nn.uniform = before
    expect(asked, "no random numbers were taken: use uniform(low, high, shape), which chapter 9 replaces")
    expect(
        layer.weight.shape == (4, 16), f"the weight of Linear(16, 4) has the shape {layer.weight.shape}: a row a class"
    )
    for one in asked:
        expect(
            one[:2] == (-0.25, 0.25),
            f"Linear(16, 4) draws from {one[:2]}, it should be (-0.25, 0.25): k = 1/sqrt(in_features), that a sum over many "
            "inputs is no larger than over few",
        )
    expect(
        [one[2] for one in asked] == [(4, 16), (4,), (4, 16)],
        f"the numbers are drawn in the shapes {[one[2] for one in asked]}: first the weight, then the bias, if "
        "there is "
        "one; PyTorch's order, so that the same seed gives the same layer",
    )
    expect(plain.bias is None, f"Linear(bias=False) has the bias {plain.bias}, it should be None")
    for name, value in (("weight", layer.weight), ("bias", layer.bias)):
        expect(
            isinstance(value, m.nn.Parameter), f"{name} is a {type(value).__name__}, not a Parameter: it is not trained"
        )


@check(7, "Linear.forward", "x @ weight.T + bias")
def _(m: Any) -> None:
    # the lectures' four pixels and three classes
    weight, bias = [[0.2, -0.5, 0.1, 2.0], [1.5, 1.3, 2.1, 0.0], [0.0, 0.25, 0.2, -0.3]], [1.1, 3.2, -1.2]
    pixels = np.array([[56.0, 231.0, 24.0, 2.0], [0.0, 0.0, 0.0, 0.0]])
    right = pixels @ np.array(weight).T
    found = _linear(m, weight)(m.tensor.Tensor(pixels))
    expect(same(found.data, right), f"without a bias, the scores are\n{found.data}\nnot\n{right}")
    found = _linear(m, weight, bias)(m.tensor.Tensor(pixels))
    expect(same(found.data, right + bias), f"with a bias, the scores are\n{found.data}\nnot\n{right + bias}")


@check(7, "Linear.forward", "weight, bias and input get their gradients")
def _(m: Any) -> None:
    generator = np.random.default_rng(7)
    weight, bias, x = (generator.normal(size=shape) for shape in [(3, 4), (3,), (5, 4)])
    layer, inputs = _linear(m, weight, bias), m.tensor.Tensor(x, requires_grad=True)
    out = layer(inputs)
    g = generator.normal(size=(5, 3))
    expect(out.requires_grad, "the scores do not require grad: compute with the Parameters, not with their .data")
    out.backward(g)
    for name, tensor, right in (
        ("weight", layer.weight, g.T @ x), ("bias", layer.bias, g.sum(0)), ("input", inputs, g @ weight),
    ):  # fmt: skip
        grad = tensor.grad
        expect(grad is not None, f"the {name} gets no gradient: compute with the tensor itself, not with its .data")
        expect(same(grad.data, right), f"the gradient of the {name} is\n{grad.data}\nnot\n{right}")


# --- losses ----------------------------------------------------------------------------------------------------


@check(7, "Loss.forward", "the mean of the examples' losses, their sum, or each")
def _(m: Any) -> None:
    log_p = m.tensor.Tensor(np.log(_p(_SCORES, 1)))
    each = -log_p.data[range(3), _LABELS]
    for reduction, right in (("none", each), ("sum", each.sum()), ("mean", each.mean())):
        found = m.nn.NLLLoss(reduction)(log_p, m.tensor.Tensor(_LABELS)).data
        expect(
            same(found, right),
            f"NLLLoss({reduction!r}) of three examples with the losses {each.round(2)} is {found}, not {right}"
            + (": the mean divides by the number of examples" if reduction == "mean" else ""),
        )
        log_p.grad, log_p.requires_grad = None, True
        loss = m.nn.NLLLoss(reduction)(log_p, m.tensor.Tensor(_LABELS))
        expect(
            loss.requires_grad,
            f"NLLLoss({reduction!r}) requires no grad, though the log-probabilities do: reduce the Tensor that each returns, "
            "not its data",
        )


@check(7, "CrossEntropyLoss.each", "the lectures' softmax losses, from scores")
def _(m: Any) -> None:
    right = -np.log(_p(_SCORES, 1))[range(3), _LABELS]
    found = m.nn.CrossEntropyLoss().each(m.tensor.Tensor(_SCORES), m.tensor.Tensor(_LABELS)).data
    expect(
        np.shape(found) == (3,),
        f"three examples have losses of shape {np.shape(found)}, it should be (3,): of each row take the label's entry alone, "
        "log_p[_labelled(scores, target)]",
    )
    expect(not same(found, -right), f"the losses are {found}: a loss is minus the log-probability of the label")
    expect(
        same(found, right),
        f"the softmax losses of the lectures' three images are {found}, they should be {right}: take log_softmax of "
        "the scores, once",
    )
    found = m.nn.CrossEntropyLoss().each(m.tensor.Tensor(np.zeros((2, 10))), m.tensor.Tensor([3, 9])).data
    expect(same(found, [math.log(10)] * 2), f"ten equal scores have the loss ln 10 = 2.3026, not {found}")


@check(7, "CrossEntropyLoss.each", "probabilities as the target")
def _(m: Any) -> None:
    q = np.array([[0.2, 0.3, 0.5], [0.0, 1.0, 0.0], [1 / 3, 1 / 3, 1 / 3]])
    right = -(q * np.log(_p(_SCORES, 1))).sum(1)
    found = m.nn.CrossEntropyLoss().each(m.tensor.Tensor(_SCORES), m.tensor.Tensor(q)).data
    expect(
        same(found, right),
        f"against the probabilities {q.round(2).tolist()} the losses are {found}, they should be {right}: "
        "-sum_j q_j ln p_j for each row",
    )


@check(7, "CrossEntropyLoss.each", "its gradient is (p - one-hot) / N, also where p is 0")
def _(m: Any) -> None:
    for factor in (1.0, 1000.0):
        x = m.tensor.Tensor(_SCORES * factor, requires_grad=True)
        loss = m.nn.CrossEntropyLoss().each(x, m.tensor.Tensor(_LABELS)).sum() / 3.0
        loss.backward()
        right = (_p(x.data, 1) - np.eye(3)[_LABELS]) / 3
        expect(
            math.isfinite(loss.item()),
            f"the loss of {x.data.tolist()} is {loss.item()}: all scores are finite, so is it",
        )
        expect(
            same(x.grad.data, right), f"the gradient of the loss at {x.data.tolist()} is\n{x.grad.data}\nnot\n{right}"
        )
