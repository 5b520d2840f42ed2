"""RMSprop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .checks import check_options
from .fused import FusedOptimizer, Numbers
from .optimizer import Group


class RMSprop(FusedOptimizer):
    r"""RMSprop: the gradient divided by its root mean square of late.

    At every step, for a parameter p with gradient g, starting from v = a = b = 0:

        g = -g, to maximize
        g = g + weight_decay * p
        v = alpha * v + (1 - alpha) * g ** 2
        s = sqrt(v) + eps, or with centered: a = alpha * a + (1 - alpha) * g, s = sqrt(v - a ** 2) + eps
        p = p - lr * g / s, or with momentum: b = momentum * b + g / s, p = p - lr * b

    Args:
        params: the parameters, or groups of them: see `Optimizer`.
        lr: learning rate, a number or a tensor of one element.
        alpha: how much of the means v and a is kept.
        eps: added to the denominator.
        weight_decay: weight of the penalty weight_decay / 2 * sum(p ** 2).
        momentum: how much of the last direction is kept.
        centered: divides by the standard deviation.
        maximize: climbs instead.
        foreach: one of PyTorch's implementations; accepted, and without effect: the step is always fused.
        capturable, differentiable: must be False; see Raises.

    A parameter without gradient is left as it is. `state[p]` has "step", "square_avg" (v), "momentum_buffer" (b) with
    momentum, and "grad_avg" (a) if centered.

    Raises:
        ValueError: lr, eps, momentum, weight_decay or alpha is negative, NaN or infinite.
        TypeError: one of them is no number.
        NotImplementedError: differentiable=True. AssertionError: capturable=True, which needs a GPU in PyTorch too.

    >>> import microdl as torch
    >>> w = torch.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = torch.optim.RMSprop([w], lr=0.05)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    >>> w
    tensor([ 0.1548, -0.9814], requires_grad=True)

    Sources: Hinton, "Neural Networks for Machine Learning", lecture 6, 2012; Graves, "Generating Sequences With
    Recurrent Neural Networks", 2013, for centered; https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
    """

    kernel = "rmsprop_step"
    buffers = ("square_avg", "momentum_buffer", "grad_avg")

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _check_options(self, group: Group) -> None:
        super()._check_options(group)
        check_options(group, "eps", "momentum", "weight_decay", "alpha")

    def _buffers(self, group: Group) -> Sequence[str]:
        needless = {"" if group["momentum"] > 0 else "momentum_buffer", "" if group["centered"] else "grad_avg"}
        return [name for name in self.buffers if name not in needless]

    def _advance(self, group: Group, lr: Any, *counts: float) -> tuple[Numbers, Numbers]:
        options = (
            float(group["weight_decay"]),
            bool(group["maximize"]),
            float(lr),
            float(group["alpha"]),
            float(group["eps"]),
            float(group["momentum"]),
            bool(group["centered"]),
        )
        return options, (counts[0] + 1.0,)
