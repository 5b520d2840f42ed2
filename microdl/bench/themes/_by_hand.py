"""The training step in frameworks that have not PyTorch's API: JAX compiled, MyGrad, and NumPy alone."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

from ..workload import Task
from ._net import BETAS, EPS, MOMENTUM, WEIGHT_DECAY, Net, numbers_of

__all__ = ["flat_update", "jax_step", "mygrad_step", "numpy_step"]


def jax_step(net: Net, jax: Any) -> Task:
    """The whole step under one `jax.jit`, with its parameters and state donated."""
    if net.dtype == "float64":
        jax.config.update("jax_enable_x64", True)
    jnp, tree = jax.numpy, jax.tree
    x, y, weights = net.data()
    classes = net.widths[-1]

    def loss_of(parameters: Any, x: Any, y: Any) -> Any:
        for w, b in parameters[:-1]:
            x = jax.nn.relu(x @ w.T + b)
        w, b = parameters[-1]
        scores = x @ w.T + b
        right = jnp.take_along_axis(scores, y[:, None], 1)
        if net.loss == "softmax":
            return (jax.nn.logsumexp(scores, axis=1) - right[:, 0]).mean()
        margins = jnp.maximum(scores - right + 1, 0)
        return ((margins.sum(1) - 1) / classes).mean()

    def sgd(parameters: Any, state: Any, grads: Any) -> tuple[Any, Any]:
        state = tree.map(lambda s, g: MOMENTUM * s + g, state, grads)
        return tree.map(lambda p, s: p - net.lr * s, parameters, state), state

    def adam(parameters: Any, state: Any, grads: Any) -> tuple[Any, Any]:
        m, v, t = state
        m = tree.map(lambda m, g: BETAS[0] * m + (1 - BETAS[0]) * g, m, grads)
        v = tree.map(lambda v, g: BETAS[1] * v + (1 - BETAS[1]) * g * g, v, grads)
        t = t + 1
        a, b = net.lr / (1 - BETAS[0] ** t), jnp.sqrt(1 - BETAS[1] ** t)
        return tree.map(lambda p, m, v: p - a * m / (jnp.sqrt(v) / b + EPS), parameters, m, v), (m, v, t)

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(parameters: Any, state: Any, x: Any, y: Any) -> tuple[Any, Any, Any]:
        loss, grads = jax.value_and_grad(loss_of)(parameters, x, y)
        grads = tree.map(lambda g, p: g + WEIGHT_DECAY * p, grads, parameters)
        return *(sgd if net.optimizer == "SGD" else adam)(parameters, state, grads), loss

    parameters = [(jnp.array(w), jnp.array(b)) for w, b in weights]
    zeros = partial(tree.map, jnp.zeros_like, parameters)
    state = zeros() if net.optimizer == "SGD" else (zeros(), zeros(), jnp.zeros((), net.dtype))
    x, y = jnp.array(x), jnp.array(y)

    def call() -> float:
        nonlocal parameters, state
        parameters, state, loss = step(parameters, state, x, y)
        return float(loss)

    return Task(call, partial(numbers_of, call, lambda: parameters[0][0]))


def mygrad_step(net: Net, mygrad: Any) -> Task:
    """MyGrad's tensors, layers and losses; it has no optimiser: the update is NumPy's."""
    import numpy as np

    losses = importlib.import_module("mygrad.nnet.losses")
    relu = importlib.import_module("mygrad.nnet.activations").relu
    x, y, weights = net.data()
    parameters = [mygrad.tensor(array) for pair in weights for array in pair]
    updates = [flat_update(net, np, p.data) for p in parameters]
    scale = 1 if net.loss == "softmax" else 1 / net.widths[-1]

    def step() -> float:
        h = x
        for i in range(0, len(parameters), 2):
            h = mygrad.matmul(h if i == 0 else relu(h), parameters[i].T) + parameters[i + 1]
        if net.loss == "softmax":
            loss = losses.softmax_crossentropy(h, y)
        else:
            loss = losses.multiclass_hinge(h, y) * scale
        loss.backward()
        for parameter, update in zip(parameters, updates, strict=True):
            update(parameter.grad)
        return float(loss)

    return Task(step, partial(numbers_of, step, lambda: parameters[0].data))


def flat_update(net: Net, np: Any, p: Any) -> Callable[[Any], None]:
    """SGD with momentum or Adam in place, without temporary arrays."""
    first, second, tmp, t = np.zeros_like(p), np.zeros_like(p), np.empty_like(p), 0

    def sgd(g: Any) -> None:
        np.multiply(p, WEIGHT_DECAY, out=tmp)
        np.add(tmp, g, out=tmp)
        np.multiply(first, MOMENTUM, out=first)
        np.add(first, tmp, out=first)
        np.multiply(first, net.lr, out=tmp)
        np.subtract(p, tmp, out=p)

    def adam(g: Any) -> None:
        nonlocal t
        t += 1
        np.multiply(p, WEIGHT_DECAY, out=tmp)
        np.add(tmp, g, out=g)
        np.multiply(first, BETAS[0], out=first)
        np.multiply(g, 1 - BETAS[0], out=tmp)
        np.add(first, tmp, out=first)
        np.multiply(second, BETAS[1], out=second)
        np.multiply(g, g, out=tmp)
        np.multiply(tmp, 1 - BETAS[1], out=tmp)
        np.add(second, tmp, out=second)
        np.sqrt(second, out=tmp)
        np.divide(tmp, (1 - BETAS[1] ** t) ** 0.5, out=tmp)
        np.add(tmp, EPS, out=tmp)
        np.divide(first, tmp, out=tmp)
        np.multiply(tmp, net.lr / (1 - BETAS[0] ** t), out=tmp)
        np.subtract(p, tmp, out=p)

    return sgd if net.optimizer == "SGD" else adam


def numpy_step(net: Net, np: Any) -> Task:
    """As one writes it who wants speed: arrays made once, all parameters in one, in-place operations."""
    x, y, weights = net.data()
    flat = np.concatenate([array.ravel() for w, b in weights for array in (w.T, b)])
    grad = np.empty_like(flat)
    update = flat_update(net, np, flat)
    layers, grads = _views(net, flat), _views(net, grad)
    outs = [np.empty((net.batch, outputs), net.dtype) for _, outputs in net.layers]
    backs = [np.empty_like(out) for out in outs[:-1]]
    criterion = (_softmax if net.loss == "softmax" else _hinge)(net, np, y)

    def step() -> float:
        h = x
        for i, ((w, b), out) in enumerate(zip(layers, outs, strict=True)):
            if i:
                np.maximum(h, 0, out=h)
            np.matmul(h, w, out=out)
            h = np.add(out, b, out=out)
        loss = criterion(h)
        g = h
        for i in reversed(range(len(layers))):
            below = outs[i - 1] if i else x
            np.matmul(below.T, g, out=grads[i][0])
            np.sum(g, 0, out=grads[i][1])
            if i:
                g = np.matmul(g, layers[i][0].T, out=backs[i - 1])
                np.multiply(g, below > 0, out=g)
        update(grad)
        return loss

    return Task(step, partial(numbers_of, step, lambda: layers[0][0].T))


def _views(net: Net, flat: Any) -> list[tuple[Any, Any]]:
    views, start = [], 0
    for inputs, outputs in net.layers:
        middle, end = start + inputs * outputs, start + (inputs + 1) * outputs
        views.append((flat[start:middle].reshape(inputs, outputs), flat[middle:end]))
        start = end
    return views


def _softmax(net: Net, np: Any, y: Any) -> Callable[[Any], float]:
    rows = np.arange(net.batch)

    def criterion(z: Any) -> float:
        """The loss; `z` becomes its gradient."""
        np.subtract(z, z.max(1, keepdims=True), out=z)
        right = z[rows, y]
        np.exp(z, out=z)
        sums = z.sum(1, keepdims=True)
        loss = float((np.log(sums[:, 0]) - right).mean())
        np.divide(z, sums * net.batch, out=z)
        z[rows, y] -= 1 / net.batch
        return loss

    return criterion


def _hinge(net: Net, np: Any, y: Any) -> Callable[[Any], float]:
    rows, scale = np.arange(net.batch), 1 / (net.batch * net.widths[-1])

    def criterion(z: Any) -> float:
        """The loss; `z` becomes its gradient."""
        np.subtract(z, z[rows, y][:, None] - 1, out=z)
        np.maximum(z, 0, out=z)
        z[rows, y] = 0
        loss = float(z.sum()) * scale
        np.multiply(z > 0, z.dtype.type(scale), out=z)
        z[rows, y] = -z.sum(1)
        return loss

    return criterion
