"""Adagrad."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .checks import check_implementation, check_options
from .fused import FusedOptimizer, Numbers
from .optimizer import Group


class Adagrad(FusedOptimizer):
    r"""Adagrad: the gradient divided by the root of all its squares so far.

    At step t = 1, 2, ..., for a parameter p with gradient g, starting from s = initial_accumulator_value:

        g = -g, to maximize
        g = g + weight_decay * p
        s = s + g ** 2
        p = p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)

    Args:
        params: the parameters, or groups of them: see `Optimizer`.
        lr: learning rate, a number or a tensor of one element.
        lr_decay: how fast the learning rate goes down.
        weight_decay: weight of the penalty weight_decay / 2 * sum(p ** 2).
        initial_accumulator_value: what the squares are added to.
        eps: added to the denominator.
        maximize: climbs instead.
        foreach, fused: one of PyTorch's implementations; accepted, and without effect: the step is always fused.
        differentiable: must be False; see Raises.

    A parameter without gradient is left as it is. `state[p]` has "step" and "sum" (s), from the beginning.

    Raises:
        ValueError: lr, lr_decay, weight_decay, initial_accumulator_value or eps is negative, NaN or infinite.
        TypeError: one of them is no number.
        NotImplementedError: differentiable=True.

    >>> import microdl as torch
    >>> w = torch.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = torch.optim.Adagrad([w], lr=0.5)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    >>> w
    tensor([ 0.1564, -0.9836], requires_grad=True)

    Sources: Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization",
    JMLR 12, 2011; https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
    """

    kernel = "adagrad_step"
    buffers = ("sum",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            for p in group["params"]:
                self._entry(p, group, self.buffers)

    def _check_options(self, group: Group) -> None:
        check_implementation(group)
        super()._check_options(group)
        check_options(group, "lr_decay", "weight_decay", "initial_accumulator_value", "eps")

    def _initial(self, name: str, group: Group) -> float:
        return float(self.defaults["initial_accumulator_value"]) if name == "sum" else 0.0

    def _advance(self, group: Group, lr: Any, *counts: float) -> tuple[Numbers, Numbers]:
        step = float(counts[0]) + 1.0
        rate = float(lr / (1.0 + (step - 1.0) * float(group["lr_decay"])))
        return (float(group["weight_decay"]), bool(group["maximize"]), rate, float(group["eps"])), (step,)
