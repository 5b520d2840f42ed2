"""Adam, with and without AMSGrad."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..autograd.graph import TensorBase
from .checks import check_implementation, check_options
from .fused import FusedOptimizer, Numbers, decays
from .optimizer import Group


class Adam(FusedOptimizer):
    r"""Adam: steps of the size lr, in the direction of the mean gradient, less where the gradients vary.

    At step t = 1, 2, ..., for a parameter p with gradient g, starting from m = v = 0:

        g = -g, to maximize
        p = (1 - lr * weight_decay) * p with decoupled_weight_decay, else g = g + weight_decay * p
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g ** 2
        u = v, or the largest v so far with amsgrad
        p = p - lr / (1 - beta1 ** t) * m / (sqrt(u / (1 - beta2 ** t)) + eps)

    Args:
        params: the parameters, or groups of them: see `Optimizer`.
        lr: learning rate, a number or a tensor of one element.
        betas: how much of the means m and v is kept; two floats, or two tensors of one element.
        eps: added to the denominator.
        weight_decay: weight of the penalty weight_decay / 2 * sum(p ** 2), or how fast p itself decays.
        amsgrad: divides by the largest v so far.
        decoupled_weight_decay: makes this `AdamW`.
        maximize: climbs instead.
        foreach, fused: one of PyTorch's implementations; accepted, and without effect: the step is always fused.
        capturable, differentiable: must be False; see Raises.

    A parameter without gradient is left as it is. `state[p]` has "step", "exp_avg" (m), "exp_avg_sq" (v) and, with
    amsgrad, "max_exp_avg_sq".

    Raises:
        ValueError: lr, eps or weight_decay is negative, NaN or infinite; a beta is not in [0, 1); lr is a tensor and
            foreach true.
        TypeError: one of them is no number.
        NotImplementedError: differentiable=True. AssertionError: capturable=True, which needs a GPU in PyTorch too.

    >>> import microdl as torch
    >>> w = torch.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = torch.optim.Adam([w], lr=0.1)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    >>> w
    tensor([ 0.7016, -1.7006], requires_grad=True)

    Sources: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015; Reddi, Kale and Kumar, "On the
    Convergence of Adam and Beyond", ICLR 2018; https://pytorch.org/docs/stable/generated/torch.optim.Adam.html
    """

    kernel = "adam_step"
    buffers = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        self._check_options(defaults)  # so that each beta has one element
        defaults["betas"] = tuple(b.reshape(()) if isinstance(b, TensorBase) and b.ndim else b for b in betas)
        super().__init__(params, defaults)

    def _check_options(self, group: Group) -> None:
        check_implementation(group)
        super()._check_options(group)
        check_options(group, "eps", "weight_decay")
        kinds = [isinstance(beta, float) for beta in group["betas"]]
        tensors = [isinstance(beta, TensorBase) for beta in group["betas"]]
        if not (all(kinds) or all(tensors)):
            raise ValueError(f"betas must be either both floats or both Tensors, not {group['betas']}")
        if group["foreach"] and (isinstance(group["lr"], TensorBase) or all(tensors)):
            name = "lr" if isinstance(group["lr"], TensorBase) else "betas[0]"
            raise ValueError(f"{name} as a Tensor is not supported for capturable=False and foreach=True")

    def _buffers(self, group: Group) -> Sequence[str]:
        return self.buffers if group["amsgrad"] else self.buffers[:2]

    def _advance(self, group: Group, lr: Any, *counts: float) -> tuple[Numbers, Numbers]:
        step = float(counts[0]) + 1.0
        beta1, beta2 = map(float, group["betas"])
        options = (
            *decays(group, lr),
            bool(group["maximize"]),
            beta1,
            beta2,
            float(lr / (1.0 - beta1**step)),
            (1.0 - beta2**step) ** 0.5,
            float(group["eps"]),
            bool(group["amsgrad"]),
        )
        return options, (step,)
