"""NAdam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .checks import check_options
from .fused import FusedOptimizer, Numbers, decays
from .optimizer import Group


class NAdam(FusedOptimizer):
    r"""NAdam: Adam with Nesterov's momentum, which looks one step ahead.

    At step t = 1, 2, ..., for a parameter p with gradient g, starting from m = v = 0 and M = 1:

        g = -g, to maximize
        p = (1 - lr * weight_decay) * p with decoupled_weight_decay, else g = g + weight_decay * p
        mu(t) = beta1 * (1 - 0.96 ** (t * momentum_decay) / 2)
        M = M * mu(t)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g ** 2
        d = mu(t + 1) * m / (1 - M * mu(t + 1)) + (1 - mu(t)) * g / (1 - M)
        p = p - lr * d / (sqrt(v / (1 - beta2 ** t)) + eps)

    Args:
        params: the parameters, or groups of them: see `Optimizer`.
        lr: learning rate, a number or a tensor of one element.
        betas: how much of the means m and v is kept.
        eps: added to the denominator.
        momentum_decay: how fast the momentum mu grows to beta1.
        weight_decay: weight of the penalty weight_decay / 2 * sum(p ** 2), or how fast p itself decays.
        decoupled_weight_decay: p = (1 - lr * weight_decay) * p before the step, in place of the penalty.
        maximize: climbs instead.
        foreach: one of PyTorch's implementations; accepted, and without effect: the step is always fused.
        capturable, differentiable: must be False; see Raises.

    A parameter without gradient is left as it is. `state[p]` has "step", "mu_product" (M), "exp_avg" (m) and
    "exp_avg_sq" (v).

    Raises:
        ValueError: lr, eps, weight_decay or momentum_decay is negative, NaN or infinite; a beta is not in [0, 1).
        TypeError: one of them is no number.
        NotImplementedError: differentiable=True. AssertionError: capturable=True, which needs a GPU in PyTorch too.

    >>> import microdl as torch
    >>> w = torch.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = torch.optim.NAdam([w], lr=0.1)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    >>> w
    tensor([ 0.7527, -1.7475], requires_grad=True)

    Sources: Dozat, "Incorporating Nesterov Momentum into Adam", ICLR 2016 workshop;
    https://pytorch.org/docs/stable/generated/torch.optim.NAdam.html
    """

    kernel = "nadam_step"
    buffers = ("exp_avg", "exp_avg_sq")
    counts = ("step", "mu_product")

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _check_options(self, group: Group) -> None:
        super()._check_options(group)
        check_options(group, "eps", "weight_decay", "momentum_decay")

    def _initial(self, name: str, group: Group) -> float:
        return 1.0 if name == "mu_product" else 0.0

    def _advance(self, group: Group, lr: Any, *counts: float) -> tuple[Numbers, Numbers]:
        step, mu_product = float(counts[0]) + 1.0, counts[1]
        beta1, beta2 = map(float, group["betas"])
        slowly = float(group["momentum_decay"])
        mu = beta1 * (1.0 - 0.5 * 0.96 ** (step * slowly))
        mu_next = beta1 * (1.0 - 0.5 * 0.96 ** ((step + 1.0) * slowly))
        mu_product = mu_product * mu
        options = (
            *decays(group, lr),
            bool(group["maximize"]),
            beta1,
            beta2,
            1.0 - beta2**step,
            float(group["eps"]),
            float(-lr * (1.0 - mu) / (1.0 - float(mu_product))),
            float(-lr * mu_next / (1.0 - float(mu_product) * mu_next)),
        )
        return options, (step, mu_product)
