"""Adadelta."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .checks import check_options, number
from .fused import FusedOptimizer, Numbers
from .optimizer import Group


class Adadelta(FusedOptimizer):
    r"""Adadelta: the gradient times the ratio of the late steps' size to the late gradients'.

    At every step, for a parameter p with gradient g, starting from v = u = 0:

        g = -g, to maximize
        g = g + weight_decay * p
        v = rho * v + (1 - rho) * g ** 2
        d = sqrt(u + eps) / sqrt(v + eps) * g
        u = rho * u + (1 - rho) * d ** 2
        p = p - lr * d

    Args:
        params: the parameters, or groups of them: see `Optimizer`.
        lr: learning rate, a number or a tensor of one element.
        rho: how much of the means v and u is kept.
        eps: added to both; the first steps are about as large as its root.
        weight_decay: weight of the penalty weight_decay / 2 * sum(p ** 2).
        maximize: climbs instead.
        foreach: one of PyTorch's implementations; accepted, and without effect: the step is always fused.
        capturable, differentiable: must be False; see Raises.

    A parameter without gradient is left as it is. `state[p]` has "step", "square_avg" (v) and "acc_delta" (u).

    Raises:
        ValueError: lr, eps or weight_decay is negative, NaN or infinite; rho is not in [0, 1].
        TypeError: one of them is no number.
        NotImplementedError: differentiable=True. AssertionError: capturable=True, which needs a GPU in PyTorch too.

    >>> import microdl as torch
    >>> w = torch.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = torch.optim.Adadelta([w], lr=10.0)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    >>> w
    tensor([ 0.9046, -1.9038], requires_grad=True)

    Sources: Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012;
    https://pytorch.org/docs/stable/generated/torch.optim.Adadelta.html
    """

    kernel = "adadelta_step"
    buffers = ("square_avg", "acc_delta")

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _check_options(self, group: Group) -> None:
        super()._check_options(group)
        check_options(group, "eps", "weight_decay")
        if not 0.0 <= number("rho", group["rho"]) <= 1.0:
            raise ValueError(f"Invalid rho value: {group['rho']}")

    def _advance(self, group: Group, lr: Any, *counts: float) -> tuple[Numbers, Numbers]:
        options = (
            float(group["weight_decay"]),
            bool(group["maximize"]),
            float(lr),
            float(group["rho"]),
            float(group["eps"]),
        )
        return options, (counts[0] + 1.0,)
