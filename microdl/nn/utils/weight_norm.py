"""Weight normalisation: a weight as a length and a direction.

Source: Salimans, Kingma, "Weight Normalization", 2016.
"""

from __future__ import annotations

from typing import Any, TypeVar

from ..._warning import warn
from ...autograd.graph import named
from ...autograd.mode import no_grad
from ..module import Module
from ..parameter import Parameter

__all__ = ["remove_weight_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


def length(v: Any, dim: int | None) -> Any:
    """The norms over all dimensions but `dim`, kept; over all for None."""
    return v.norm() if dim is None else v.norm(2, [d for d in range(v.ndim) if d != dim % v.ndim], True)


def normalized(g: Any, v: Any, dim: int | None) -> Any:
    """`g * v / |v|`, one step of the graph where PyTorch makes it one."""
    weight = v * (g / length(v, dim))
    return named(weight, "WeightNormInterfaceBackward0") if dim in (0, v.ndim - 1) else weight


class WeightNorm:
    """The hook: makes the weight `g * v / |v|` before each forward."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name, self.dim = name, dim

    def compute_weight(self, module: Module) -> Any:
        """The weight of the present length and direction."""
        g, v = getattr(module, self.name + "_g"), getattr(module, self.name + "_v")
        return normalized(g, v, self.dim)

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))


def _registered(module: Any) -> list[tuple[int, WeightNorm]]:
    hooks = {} if module._hooks is None else module._hooks.forward_pre
    return [(key, hook) for key, hook in hooks.items() if isinstance(hook, WeightNorm)]


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Replaces the parameter `name` by `name_g`, its lengths, and `name_v`, its directions: `w = g * v / |v|`.

    The length is taken for each index of `dim`, or of all together for None. FutureWarning, as in PyTorch.
    RuntimeError where the parameter is normalised already, AttributeError where there is none.

    >>> import microdl as torch, warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     layer = torch.nn.utils.weight_norm(torch.nn.Linear(3, 2))
    >>> layer.weight_g.size(), layer.weight_v.size()
    (torch.Size([2, 1]), torch.Size([2, 3]))

    Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.weight_norm.html
    """
    warn(
        "`torch.nn.utils.weight_norm` is deprecated in favor of `torch.nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
    )
    if any(hook.name == name for _, hook in _registered(module)):
        raise RuntimeError(f"Cannot register two weight_norm hooks on the same parameter {name}")
    hook = WeightNorm(name, None if dim == -1 else dim)
    weight = getattr(module, name)
    del module._parameters[name]
    with no_grad():
        start = length(weight, hook.dim)
    module.register_parameter(name + "_g", Parameter(start))
    module.register_parameter(name + "_v", Parameter(weight.data))
    setattr(module, name, hook.compute_weight(module))
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: Any, name: str = "weight") -> Any:
    """Makes the weight one parameter again, of its present value. ValueError where it is not normalised."""
    for key, hook in _registered(module):
        if hook.name == name:
            with no_grad():
                weight = hook.compute_weight(module)
            delattr(module, name)
            del module._parameters[name + "_g"], module._parameters[name + "_v"], module._hooks.forward_pre[key]
            setattr(module, name, Parameter(weight.detach()))
            return module
    raise ValueError(f"weight_norm of '{name}' not found in {module}")
