"""Averaged stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .checks import check_options, number
from .fused import FusedOptimizer, Numbers, count_dtype
from .optimizer import Group


class ASGD(FusedOptimizer):
    r"""Averaged stochastic gradient descent: the mean of the parameters is kept in `state[p]["ax"]`.

    At step t = 1, 2, ..., for a parameter p with gradient g, starting from eta = lr and mu = 1:

        g = -g, to maximize
        g = g + weight_decay * p
        p = (1 - lambd * eta) * p - eta * g
        ax = ax + mu * (p - ax)
        eta = lr / (1 + lambd * lr * t) ** alpha
        mu = 1 / max(1, t - t0)

    Args:
        params: the parameters, or groups of them: see `Optimizer`.
        lr: learning rate, a number or a tensor of one element.
        lambd: how fast p itself decays.
        alpha: the power by which the learning rate goes down.
        t0: the step at which averaging begins; until then ax is p.
        weight_decay: weight of the penalty weight_decay / 2 * sum(p ** 2).
        maximize: climbs instead.
        foreach: one of PyTorch's implementations; accepted, and without effect: the step is always fused.
        capturable, differentiable: must be False; see Raises.

    A parameter without gradient is left as it is. `state[p]` has "step", "eta", "mu" and "ax".

    Raises:
        ValueError: lr or weight_decay is negative, NaN or infinite.
        TypeError: one of them is no number.
        NotImplementedError: differentiable=True. AssertionError: capturable=True, which needs a GPU in PyTorch too.

    >>> import microdl as torch
    >>> w = torch.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = torch.optim.ASGD([w], lr=0.1, t0=0)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    >>> w
    tensor([ 0.5120, -1.0240], requires_grad=True)

    Sources: Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", SIAM Journal on Control and
    Optimization 30, 1992; https://pytorch.org/docs/stable/generated/torch.optim.ASGD.html
    """

    kernel = "asgd_step"
    buffers = ("ax",)
    counts = ("step", "eta", "mu")

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _check_options(self, group: Group) -> None:
        super()._check_options(group)
        check_options(group, "weight_decay")
        for name in ("lambd", "alpha", "t0"):
            number(name, group[name])

    def _initial(self, name: str, group: Group) -> float:
        return {"eta": float(group["lr"]), "mu": 1.0}.get(name, 0.0)

    def _advance(self, group: Group, lr: Any, *counts: float) -> tuple[Numbers, Numbers]:
        step, eta, mu = (float(count) for count in counts)
        step += 1.0
        lambd = float(group["lambd"])
        options = (float(group["weight_decay"]), bool(group["maximize"]), lambd, eta, mu)
        next_eta = lr / (1.0 + lambd * lr * step) ** float(group["alpha"])
        next_mu = 1.0 / max(1.0, step - float(group["t0"]))
        rounded = count_dtype()  # also where the state, once loaded, is float64
        return options, (step, rounded(next_eta), rounded(next_mu))
