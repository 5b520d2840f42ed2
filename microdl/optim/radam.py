"""RAdam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .checks import check_options
from .fused import FusedOptimizer, Numbers, decays
from .optimizer import Group


class RAdam(FusedOptimizer):
    r"""RAdam: Adam that divides by the gradients' size only once that is known well enough.

    At step t = 1, 2, ..., for a parameter p with gradient g, starting from m = v = 0:

        g = -g, to maximize
        p = (1 - lr * weight_decay) * p with decoupled_weight_decay, else g = g + weight_decay * p
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g ** 2
        R = 2 / (1 - beta2) - 1, and r = R - 2 * t * beta2 ** t / (1 - beta2 ** t)
        s = 1, where r <= 5, else
            sqrt((r - 4) * (r - 2) * R / ((R - 4) * (R - 2) * r)) * sqrt(1 - beta2 ** t) / (sqrt(v) + eps)
        p = p - lr * m / (1 - beta1 ** t) * s

    Args:
        params: the parameters, or groups of them: see `Optimizer`.
        lr: learning rate, a number or a tensor of one element.
        betas: how much of the means m and v is kept.
        eps: added to the denominator.
        weight_decay: weight of the penalty weight_decay / 2 * sum(p ** 2), or how fast p itself decays.
        decoupled_weight_decay: p = (1 - lr * weight_decay) * p before the step, in place of the penalty.
        maximize: climbs instead.
        foreach: one of PyTorch's implementations; accepted, and without effect: the step is always fused.
        capturable, differentiable: must be False; see Raises.

    A parameter without gradient is left as it is. `state[p]` has "step", "exp_avg" (m) and "exp_avg_sq" (v).

    Raises:
        ValueError: lr, eps or weight_decay is negative, NaN or infinite; a beta is not in [0, 1).
        TypeError: one of them is no number.
        NotImplementedError: differentiable=True. AssertionError: capturable=True, which needs a GPU in PyTorch too.

    >>> import microdl as torch
    >>> w = torch.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = torch.optim.RAdam([w], lr=0.1)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    >>> w
    tensor([ 0.4623, -0.9246], requires_grad=True)

    Sources: Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond", ICLR 2020;
    https://pytorch.org/docs/stable/generated/torch.optim.RAdam.html
    """

    kernel = "radam_step"
    buffers = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _check_options(self, group: Group) -> None:
        super()._check_options(group)
        check_options(group, "eps", "weight_decay")

    def _advance(self, group: Group, lr: Any, *counts: float) -> tuple[Numbers, Numbers]:
        step = float(counts[0]) + 1.0
        beta1, beta2 = map(float, group["betas"])
        correction = 1.0 - beta2**step
        longest = 2.0 / (1.0 - beta2) - 1.0
        length = longest - 2.0 * step * beta2**step / correction
        rectification = 0.0
        if length > 5.0:
            over = (longest - 4.0) * (longest - 2.0) * length
            rectification = ((length - 4.0) * (length - 2.0) * longest / over) ** 0.5
        options = (
            *decays(group, lr),
            bool(group["maximize"]),
            beta1,
            beta2,
            float(lr),
            float(group["eps"]),
            1.0 - beta1**step,
            correction**0.5,
            rectification,
        )
        return options, (step,)
