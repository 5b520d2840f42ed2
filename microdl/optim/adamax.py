"""Adamax."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .checks import check_options
from .fused import FusedOptimizer, Numbers
from .optimizer import Group


class Adamax(FusedOptimizer):
    r"""Adamax: Adam with the largest of the decayed gradients in place of their mean square.

    At step t = 1, 2, ..., for a parameter p with gradient g, starting from m = u = 0:

        g = -g, to maximize
        g = g + weight_decay * p
        m = beta1 * m + (1 - beta1) * g
        u = max(beta2 * u, abs(g) + eps)
        p = p - lr / (1 - beta1 ** t) * m / u

    Args:
        params: the parameters, or groups of them: see `Optimizer`.
        lr: learning rate, a number or a tensor of one element.
        betas: how much of m and u is kept.
        eps: added to the size of each gradient.
        weight_decay: weight of the penalty weight_decay / 2 * sum(p ** 2).
        maximize: climbs instead.
        foreach: one of PyTorch's implementations; accepted, and without effect: the step is always fused.
        capturable, differentiable: must be False; see Raises.

    A parameter without gradient is left as it is. `state[p]` has "step", "exp_avg" (m) and "exp_inf" (u).

    Raises:
        ValueError: lr, eps or weight_decay is negative, NaN or infinite; a beta is not in [0, 1).
        TypeError: one of them is no number.
        NotImplementedError: differentiable=True. AssertionError: capturable=True, which needs a GPU in PyTorch too.

    >>> import microdl as torch
    >>> w = torch.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = torch.optim.Adamax([w], lr=0.1)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    >>> w
    tensor([ 0.7155, -1.7076], requires_grad=True)

    Sources: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, section 7.1;
    https://pytorch.org/docs/stable/generated/torch.optim.Adamax.html
    """

    kernel = "adamax_step"
    buffers = ("exp_avg", "exp_inf")

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _check_options(self, group: Group) -> None:
        super()._check_options(group)
        check_options(group, "eps", "weight_decay")

    def _advance(self, group: Group, lr: Any, *counts: float) -> tuple[Numbers, Numbers]:
        step = float(counts[0]) + 1.0
        beta1, beta2 = map(float, group["betas"])
        rate = float(lr / (1.0 - beta1**step))
        return (float(group["weight_decay"]), bool(group["maximize"]), beta1, beta2, rate, float(group["eps"])), (step,)
