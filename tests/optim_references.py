"""The optimisers as their papers have them: a parameter after a list of gradients, in float64."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Array = Any


def _directions(p: list[Array], grads: list[Array], o: dict[str, Any]) -> Iterator[tuple[int, Array]]:
    """The count of steps and the direction of descent, with the penalty; p[0] is shrunk where that is decoupled."""
    for t, g in enumerate(grads, 1):
        g = -g if o["maximize"] else g
        if o.get("decoupled_weight_decay"):
            p[0] = p[0] * (1 - o["lr"] * o["weight_decay"])
            yield t, g
        else:
            yield t, g + o.get("weight_decay", 0) * p[0]


def sgd(p: list[Array], grads: list[Array], o: dict[str, Any]) -> None:
    b: Any = None
    for _, g in _directions(p, grads, o):
        if o["momentum"]:
            b = g if b is None else o["momentum"] * b + (1 - o["dampening"]) * g
            g = g + o["momentum"] * b if o["nesterov"] else b
        p[0] = p[0] - o["lr"] * g


def adam(p: list[Array], grads: list[Array], o: dict[str, Any]) -> None:
    (b1, b2), m, v, top = o["betas"], 0.0, 0.0, np.zeros_like(p[0])
    for t, g in _directions(p, grads, o):
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        top = np.maximum(top, v)
        u = top if o["amsgrad"] else v
        p[0] = p[0] - o["lr"] * m / (1 - b1**t) / (np.sqrt(u / (1 - b2**t)) + o["eps"])


def adamax(p: list[Array], grads: list[Array], o: dict[str, Any]) -> None:
    (b1, b2), m, u = o["betas"], 0.0, np.zeros_like(p[0])
    for t, g in _directions(p, grads, o):
        m, u = b1 * m + (1 - b1) * g, np.maximum(b2 * u, np.abs(g) + o["eps"])
        p[0] = p[0] - o["lr"] / (1 - b1**t) * m / u


def nadam(p: list[Array], grads: list[Array], o: dict[str, Any]) -> None:
    (b1, b2), m, v, product = o["betas"], 0.0, 0.0, np.float32(1)  # PyTorch keeps the product in float32
    for t, g in _directions(p, grads, o):
        mu, mu_next = (b1 * (1 - 0.96 ** (k * o["momentum_decay"]) / 2) for k in (t, t + 1))
        product = product * np.float32(mu)
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        d = mu_next * m / (1 - float(product) * mu_next) + (1 - mu) * g / (1 - float(product))
        p[0] = p[0] - o["lr"] * d / (np.sqrt(v / (1 - b2**t)) + o["eps"])


def radam(p: list[Array], grads: list[Array], o: dict[str, Any]) -> None:
    (b1, b2), m, v = o["betas"], 0.0, 0.0
    for t, g in _directions(p, grads, o):
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        longest = 2 / (1 - b2) - 1
        length = longest - 2 * t * b2**t / (1 - b2**t)
        step = o["lr"] * m / (1 - b1**t)
        if length > 5:
            variance = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
            step = step * math.sqrt(variance) * math.sqrt(1 - b2**t) / (np.sqrt(v) + o["eps"])
        p[0] = p[0] - step


def rmsprop(p: list[Array], grads: list[Array], o: dict[str, Any]) -> None:
    v, a, b, keep = 0.0, 0.0, 0.0, o["alpha"]
    for _, g in _directions(p, grads, o):
        v, a = keep * v + (1 - keep) * g**2, keep * a + (1 - keep) * g
        b = o["momentum"] * b + g / (np.sqrt(v - a**2 if o["centered"] else v) + o["eps"])
        p[0] = p[0] - o["lr"] * b


def adagrad(p: list[Array], grads: list[Array], o: dict[str, Any]) -> None:
    s = o["initial_accumulator_value"]
    for t, g in _directions(p, grads, o):
        s = s + g**2
        p[0] = p[0] - o["lr"] / (1 + (t - 1) * o["lr_decay"]) * g / (np.sqrt(s) + o["eps"])


def adadelta(p: list[Array], grads: list[Array], o: dict[str, Any]) -> None:
    v, u, rho = 0.0, 0.0, o["rho"]
    for _, g in _directions(p, grads, o):
        v = rho * v + (1 - rho) * g**2
        d = np.sqrt(u + o["eps"]) / np.sqrt(v + o["eps"]) * g
        u = rho * u + (1 - rho) * d**2
        p[0] = p[0] - o["lr"] * d


def asgd(p: list[Array], grads: list[Array], o: dict[str, Any]) -> None:
    eta = float(np.float32(o["lr"]))  # PyTorch keeps it in float32
    for t, g in _directions(p, grads, o):
        p[0] = (1 - o["lambd"] * eta) * p[0] - eta * g
        eta = float(np.float32(o["lr"] / (1 + o["lambd"] * o["lr"] * t) ** o["alpha"]))


def rprop(p: list[Array], grads: list[Array], o: dict[str, Any]) -> None:
    before, s = np.zeros_like(p[0]), np.full_like(p[0], o["lr"])
    for _, g in _directions(p, grads, o):
        agree = g * before
        s = np.clip(s * np.where(agree > 0, o["etas"][1], np.where(agree < 0, o["etas"][0], 1)), *o["step_sizes"])
        before = np.where(agree < 0, 0, g)
        p[0] = p[0] - np.sign(before) * s


REFERENCES: dict[str, Callable[[list[Array], list[Array], dict[str, Any]], None]] = {
    "SGD": sgd, "Adam": adam, "AdamW": adam, "Adamax": adamax, "NAdam": nadam, "RAdam": radam, "RMSprop": rmsprop,
    "Adagrad": adagrad, "Adadelta": adadelta, "ASGD": asgd, "Rprop": rprop,
}  # fmt: skip


def after_steps(name: str, p: Array, grads: list[Array], options: dict[str, Any]) -> Array:
    """The parameter after a step of each gradient."""
    held = [np.asarray(p, np.float64)]
    REFERENCES[name](held, [np.asarray(g, np.float64) for g in grads], options)
    return held[0]
