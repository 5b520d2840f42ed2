"""Resilient backpropagation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .checks import number
from .fused import FusedOptimizer, Numbers
from .optimizer import Group


class Rprop(FusedOptimizer):
    r"""Resilient backpropagation: each value has a step size of its own, and only the gradient's sign counts.

    At every step, for a parameter p with gradient g, starting from g_before = 0 and s = lr:

        g = -g, to maximize
        s = s * etas[1] where g * g_before > 0, s * etas[0] where it is < 0; then no less and no more than step_sizes
        g = 0 where g * g_before < 0
        p = p - sign(g) * s
        g_before = g

    It is for the gradient of all the data: that of a batch changes its sign by chance.

    Args:
        params: the parameters, or groups of them: see `Optimizer`.
        lr: learning rate, a number or a tensor of one element.
        etas: the factors by which a step size shrinks and grows.
        step_sizes: the least and the largest step size.
        maximize: climbs instead.
        foreach: one of PyTorch's implementations; accepted, and without effect: the step is always fused.
        capturable, differentiable: must be False; see Raises.

    A parameter without gradient is left as it is. `state[p]` has "step", "prev" (g_before) and "step_size" (s).

    Raises:
        ValueError: lr is negative, NaN or infinite; etas do not lie on both sides of 1.
        TypeError: one of them is no number.
        NotImplementedError: differentiable=True. AssertionError: capturable=True, which needs a GPU in PyTorch too.

    >>> import microdl as torch
    >>> w = torch.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = torch.optim.Rprop([w], lr=0.5)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    >>> w
    tensor([-0.1000, -0.1800], requires_grad=True)

    Sources: Riedmiller and Braun, "A Direct Adaptive Method for Faster Backpropagation Learning: The RPROP Algorithm",
    ICNN 1993; https://pytorch.org/docs/stable/generated/torch.optim.Rprop.html
    """

    kernel = "rprop_step"
    buffers = ("prev", "step_size")

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _check_options(self, group: Group) -> None:
        super()._check_options(group)
        less, more = (number("an eta", eta) for eta in group["etas"])
        if not 0.0 < less < 1.0 < more:
            raise ValueError(f"Invalid eta values: {less}, {more}")

    def _initial(self, name: str, group: Group) -> float:
        return float(group["lr"]) if name == "step_size" else 0.0

    def _advance(self, group: Group, lr: Any, *counts: float) -> tuple[Numbers, Numbers]:
        options = (bool(group["maximize"]), *map(float, group["etas"]), *map(float, group["step_sizes"]))
        return options, (counts[0] + 1.0,)
