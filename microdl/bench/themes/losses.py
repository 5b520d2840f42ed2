"""softmax, log_softmax and cross_entropy, forward and backward, over the last axis of a matrix."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..workload import Row, Task

__all__ = ["ROWS"]

SHAPES = ((10_000, 10), (1_000, 1_000), (64, 50_000))
FUNCTIONS = ("softmax", "log_softmax", "cross_entropy")
# Arrays of the matrix's size that must pass: input and result, then result, incoming gradient and outgoing one.
PASSES = {"softmax": 5, "log_softmax": 5, "cross_entropy": 4}


@dataclass(frozen=True)
class Loss:
    name: str
    rows: int
    classes: int

    def data(self) -> tuple[Any, Any]:
        """Scores; and labels, or the gradient of the result."""
        rng = np.random.default_rng(0)
        x = 8 * rng.random((self.rows, self.classes), np.float32)
        if self.name == "cross_entropy":
            return x, rng.integers(0, self.classes, self.rows)
        return x, rng.random((self.rows, self.classes), np.float32)


def torch_like(loss: Loss, torch: Any) -> Task:
    x, other = map(torch.from_numpy, loss.data())
    x.requires_grad_()
    function = getattr(torch.nn.functional, loss.name)

    def call() -> Any:
        x.grad = None
        if loss.name == "cross_entropy":
            out = function(x, other)
            out.backward()
        else:
            out = function(x, dim=1)
            out.backward(other)
        return out

    return _task(call, lambda out: (out.detach().numpy(), x.grad.numpy()))


def jax_jit(loss: Loss, jax: Any) -> Task:
    jnp = jax.numpy
    x, other = map(jnp.array, loss.data())

    def both(x: Any, other: Any) -> tuple[Any, Any]:
        if loss.name == "cross_entropy":

            def mean(x: Any) -> Any:
                right = jnp.take_along_axis(x, other[:, None], 1)[:, 0]
                return (jax.nn.logsumexp(x, axis=1) - right).mean()

            value, grad = jax.value_and_grad(mean)(x)
            return value, grad
        out, pull = jax.vjp(partial(getattr(jax.nn, loss.name), axis=1), x)
        return out, pull(other)[0]

    compiled = jax.jit(both)
    return _task(lambda: jax.block_until_ready(compiled(x, other)), lambda found: found)


def mygrad(loss: Loss, mg: Any) -> Task:
    x, other = loss.data()
    tensor = mg.tensor(x)
    if loss.name == "cross_entropy":
        function = partial(importlib.import_module("mygrad.nnet.losses").softmax_crossentropy, y_true=other)
    else:
        function = getattr(importlib.import_module("mygrad.nnet.activations"), loss.name.replace("_", ""))

    def call() -> Any:
        out = function(tensor)
        if loss.name == "cross_entropy":
            out.backward()
        else:
            out.backward(other)
        return out

    return _task(call, lambda out: (out.data, tensor.grad))


def by_hand(loss: Loss, _: Any) -> Task:
    """In place, in two arrays that are made once."""
    x, other = loss.data()
    out, grad, rows = np.empty_like(x), np.empty_like(x), np.arange(loss.rows)

    def softmax() -> tuple[Any, Any]:
        np.subtract(x, x.max(1, keepdims=True), out=out)
        np.exp(out, out=out)
        np.divide(out, out.sum(1, keepdims=True), out=out)
        np.subtract(other, np.einsum("ij,ij->i", other, out)[:, None], out=grad)
        return out, np.multiply(grad, out, out=grad)

    def log_softmax() -> tuple[Any, Any]:
        np.subtract(x, x.max(1, keepdims=True), out=out)
        np.exp(out, out=grad)
        sums = grad.sum(1, keepdims=True)
        np.subtract(out, np.log(sums), out=out)
        np.multiply(grad, other.sum(1, keepdims=True) / sums, out=grad)
        return out, np.subtract(other, grad, out=grad)

    def cross_entropy() -> tuple[Any, Any]:
        np.subtract(x, x.max(1, keepdims=True), out=grad)
        right = grad[rows, other]
        np.exp(grad, out=grad)
        sums = grad.sum(1, keepdims=True)
        value = (np.log(sums[:, 0]) - right).mean()
        np.divide(grad, sums * loss.rows, out=grad)
        grad[rows, other] -= 1 / loss.rows
        return value, grad

    call = {"softmax": softmax, "log_softmax": log_softmax, "cross_entropy": cross_entropy}[loss.name]
    return _task(call, lambda found: found)


def _task(call: Callable[[], Any], arrays: Callable[[Any], tuple[Any, Any]]) -> Task:
    return Task(call, lambda: dict(zip(("out", "grad"), arrays(call()), strict=True)))


def _row(loss: Loss) -> Row:
    builders = {"microdl": torch_like, "torch": torch_like, "jax": jax_jit, "numpy": by_hand, "mygrad": mygrad}
    return Row(
        f"{loss.name} {loss.rows:,}x{loss.classes:,}",
        {name: partial(builder, loss) for name, builder in builders.items()},
        aims={"torch": 1.5},
        bytes=4.0 * PASSES[loss.name] * loss.rows * loss.classes,
    )


ROWS = [_row(Loss(name, *shape)) for shape in SHAPES for name in FUNCTIONS]
