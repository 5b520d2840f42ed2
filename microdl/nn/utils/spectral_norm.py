"""Spectral normalisation: a weight divided by its largest singular value, by a hook before each forward.

Source: T. Miyato and others, "Spectral Normalization for Generative Adversarial Networks", 2018.
"""

from __future__ import annotations

from typing import Any, TypeVar

from ...autograd.mode import no_grad
from ...ops.products import dot, mv
from ..functional import normalize
from ..module import Module
from ..parameter import Parameter

__all__ = ["as_matrix", "remove_spectral_norm", "spectral_norm"]

M = TypeVar("M", bound=Module)


def as_matrix(weight: Any, dim: int) -> Any:
    """The weight as a matrix with a row for each index of `dim`."""
    return weight.movedim(dim, 0).flatten(1)


class SpectralNorm:
    """The hook: makes the weight `W / (u . W v)` before each forward; in training, u and v are improved first."""

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.name, self.n_power_iterations, self.dim, self.eps = name, n_power_iterations, dim, eps

    def compute_weight(self, module: Module, do_power_iteration: bool) -> Any:
        """The weight divided by the estimate of its norm."""
        weight, u, v = (getattr(module, self.name + part) for part in ("_orig", "_u", "_v"))
        matrix = as_matrix(weight, self.dim)
        if do_power_iteration:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(normalize(mv(matrix.t(), u), dim=0, eps=self.eps))
                    u.copy_(normalize(mv(matrix, v), dim=0, eps=self.eps))
            u, v = u.clone(), v.clone()  # a second forward before the backward changes the buffers
        return weight / dot(u, mv(matrix, v))

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, module.training))


def _registered(module: Any, name: str) -> list[tuple[int, SpectralNorm]]:
    hooks = {} if module._hooks is None else module._hooks.forward_pre
    return [(key, hook) for key, hook in hooks.items() if isinstance(hook, SpectralNorm) and hook.name == name]


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """Replaces the parameter `name` by `name_orig` and makes the weight of spectral norm 1; returns the module.

    The norm is that of a matrix with the rows of `dim` (0), estimated by power iterations: one more, or
    `n_power_iterations`, with each forward in training. `parametrizations.spectral_norm` is its successor.
    RuntimeError where the parameter is normalised already, KeyError where there is none, ValueError for no iterations.

    >>> import microdl as torch
    >>> layer = torch.nn.utils.spectral_norm(torch.nn.Linear(20, 40))
    >>> layer.weight_u.size(), list(layer.state_dict())
    (torch.Size([40]), ['bias', 'weight_orig', 'weight_u', 'weight_v'])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.spectral_norm.html
    """
    if _registered(module, name):
        raise RuntimeError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
    hook = SpectralNorm(name, n_power_iterations, 0 if dim is None else dim, eps)
    weight: Any = module._parameters[name]
    if weight is None:
        raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
    with no_grad():
        sizes = as_matrix(weight, hook.dim).size()
        u, v = (normalize(weight.new_empty(n).normal_(0, 1), dim=0, eps=eps) for n in sizes)
    delattr(module, name)
    module.register_parameter(name + "_orig", weight)
    setattr(module, name, weight.data)
    module.register_buffer(name + "_u", u)
    module.register_buffer(name + "_v", v)
    module.register_forward_pre_hook(hook)
    return module


def remove_spectral_norm(module: Any, name: str = "weight") -> Any:
    """Makes the weight one parameter again, of its present value. ValueError where it is not normalised."""
    for key, hook in _registered(module, name):
        with no_grad():
            weight = hook.compute_weight(module, do_power_iteration=False)
        for part in ("", "_u", "_v", "_orig"):
            delattr(module, name + part)
        module.register_parameter(name, Parameter(weight.detach()))
        del module._hooks.forward_pre[key]
        return module
    raise ValueError(f"spectral_norm of '{name}' not found in {module}")
