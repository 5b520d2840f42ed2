"""Ready parametrizations of a weight: by length and direction, and of spectral norm 1.

Source: https://pytorch.org/docs/stable/nn.html#utilities (torch.nn.utils.parametrizations)
"""

from __future__ import annotations

from typing import Any, TypeVar

from ...autograd.mode import no_grad
from ...ops.products import mv, vdot
from ..functional import normalize
from ..module import Module
from .parametrize import register_parametrization
from .spectral_norm import as_matrix
from .weight_norm import length, normalized

__all__ = ["spectral_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


class _WeightNorm(Module):
    """`original0 * original1 / |original1|`: a length and a direction."""

    def __init__(self, dim: int | None) -> None:
        super().__init__()
        self.dim = None if dim == -1 else dim

    def forward(self, weight_g: Any, weight_v: Any) -> Any:
        return normalized(weight_g, weight_v, self.dim)

    def right_inverse(self, weight: Any) -> Any:
        return length(weight, self.dim), weight


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Makes the parameter `name` of a length for each index of `dim`, and a direction; returns the module.

    States saved with `torch.nn.utils.weight_norm` load, too.

    >>> import microdl as torch
    >>> layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(3, 2))
    >>> [(k, tuple(p.shape)) for k, p in layer.parametrizations.weight.named_parameters()]
    [('original0', (2, 1)), ('original1', (2, 3))]

    Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.weight_norm.html
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename(module: Any, state: Any, prefix: str, *_: Any) -> None:
        old = [f"{prefix}{name}_{part}" for part in "gv"]
        if all(key in state for key in old):
            for i, key in enumerate(old):
                state[f"{prefix}parametrizations.{name}.original{i}"] = state.pop(key)

    module.register_load_state_dict_pre_hook(rename)
    return module


class _SpectralNorm(Module):
    """A weight divided by its largest singular value, which power iterations follow while it is trained."""

    _u: Any
    _v: Any

    def __init__(self, weight: Any, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        ndim = weight.ndim
        if not -ndim <= dim < ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got {dim})")
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim, self.eps, self.n_power_iterations = dim % ndim, eps, n_power_iterations
        if ndim > 1:
            matrix = as_matrix(weight.detach(), self.dim)
            u, v = (matrix.new_empty(n).normal_(0, 1) for n in matrix.size())
            self.register_buffer("_u", normalize(u, dim=0, eps=eps))
            self.register_buffer("_v", normalize(v, dim=0, eps=eps))
            self._iterate(matrix, 15)

    def _iterate(self, matrix: Any, n: int) -> None:
        with no_grad():
            for _ in range(n):
                self._u.copy_(normalize(mv(matrix, self._v), dim=0, eps=self.eps))
                self._v.copy_(normalize(mv(matrix.t(), self._u), dim=0, eps=self.eps))

    def forward(self, weight: Any) -> Any:
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        return weight / vdot(self._u.clone(), mv(matrix, self._v.clone()))

    def right_inverse(self, value: Any) -> Any:
        return value


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """Divides the parameter `name` by its spectral norm, as a matrix with the rows of `dim` (0); returns the module.

    In training each use of the weight improves the estimate of the norm by `n_power_iterations`. ValueError where
    there is no such parameter or for no iterations, IndexError for another `dim`.

    >>> import microdl as torch
    >>> layer = torch.nn.utils.parametrizations.spectral_norm(torch.nn.Linear(20, 40), n_power_iterations=50)
    >>> f"{torch.linalg.matrix_norm(layer.weight, 2):.3f}"
    '1.000'

    Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.spectral_norm.html;
    T. Miyato and others, "Spectral Normalization for Generative Adversarial Networks", 2018.
    """
    weight = getattr(module, name, None)
    if not hasattr(weight, "ndim"):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return register_parametrization(
        module, name, _SpectralNorm(weight, n_power_iterations, 0 if dim is None else dim, eps)
    )
