"""Pruning: a parameter times a mask of zeros and ones, which is made of the parameter's own size or at random.

The parameter `name` becomes `name_orig`, beside the buffer `name_mask`; `name` is their product, made anew before
each forward. `remove` makes one parameter of them again. Random masks are PyTorch's own from the same seed.

Source: https://pytorch.org/docs/stable/nn.html#utilities (torch.nn.utils.prune);
https://pytorch.org/tutorials/intermediate/pruning_tutorial.html
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np

from ...creation import ones_like, zeros_like
from ...ops.join import cat
from ...ops.norm import norm
from ...ops.sorting import kthvalue, topk
from ...random import rand, rand_like
from ..module import Module

__all__ = [
    "BasePruningMethod", "CustomFromMask", "Identity", "L1Unstructured", "LnStructured", "PruningContainer",
    "RandomStructured", "RandomUnstructured", "custom_from_mask", "global_unstructured", "identity", "is_pruned",
    "l1_unstructured", "ln_structured", "random_structured", "random_unstructured", "remove",
]  # fmt: skip

M = TypeVar("M", bound=Module)


class BasePruningMethod(ABC):
    """What makes a mask: a subclass says how in `compute_mask`, and in `PRUNING_TYPE` what it is shown.

    That is "unstructured": the elements that are left, as a vector; "structured": the slices along its `dim` of which
    something is left; or "global": the whole tensor.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.prune.BasePruningMethod.html
    """

    PRUNING_TYPE: str
    _tensor_name: str

    @abstractmethod
    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask, of the shape of the scores `t`; `default_mask` is that of earlier prunings."""

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    def apply_mask(self, module: Any) -> Any:
        """The parameter times the mask."""
        orig = getattr(module, self._tensor_name + "_orig")
        return getattr(module, self._tensor_name + "_mask").to(dtype=orig.dtype) * orig

    @classmethod
    def apply(cls, module: Any, name: str, *args: Any, importance_scores: Any = None, **kwargs: Any) -> Any:
        """Prunes a parameter, once more where it is pruned, and returns the method. `args` are for the class.

        The mask is made of `importance_scores`, or of the parameter itself. AttributeError where there is none,
        AssertionError for scores of another shape; then nothing was changed.
        """
        method: Any = cls(*args, **kwargs)
        method._tensor_name = name
        orig, earlier = getattr(module, name), _found(module, name)
        if importance_scores is not None and importance_scores.shape != orig.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as parameter {name} of {module}, got "
                f"{importance_scores.shape} vs {orig.shape}"
            )
        scores = orig if importance_scores is None else importance_scores
        before = getattr(module, name + "_mask").detach().clone() if earlier else ones_like(orig)
        if earlier:
            method = PruningContainer(*earlier.values(), method)
        mask = method.compute_mask(scores.detach(), default_mask=before)
        for key in earlier:
            del module._forward_pre_hooks[key]
        if not earlier:
            del module._parameters[name]
            module.register_parameter(name + "_orig", orig)
        module.register_buffer(name + "_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t: Any, default_mask: Any = None, importance_scores: Any = None) -> Any:
        """A pruned copy of a tensor. AssertionError for scores of another shape."""
        if importance_scores is not None and importance_scores.shape != t.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as tensor t, got {importance_scores.shape} vs {t.shape}"
            )
        scores = t if importance_scores is None else importance_scores
        return t * self.compute_mask(scores, default_mask=ones_like(t) if default_mask is None else default_mask)

    def remove(self, module: Any) -> None:
        """Makes the product the parameter; the hook itself is taken away by the function `remove`."""
        name = self._tensor_name
        pruned = self.apply_mask(module)
        orig = module._parameters[name + "_orig"]
        orig.data = pruned.data
        delattr(module, name)
        del module._parameters[name + "_orig"], module._buffers[name + "_mask"]
        setattr(module, name, orig)


def _found(module: Any, name: str) -> dict[int, BasePruningMethod]:
    """The pruning of a parameter, by the key of its hook: one at most."""
    hooks = module._forward_pre_hooks.items()
    return {k: h for k, h in hooks if isinstance(h, BasePruningMethod) and h._tensor_name == name}


class PruningContainer(BasePruningMethod):
    """Several prunings of one parameter, each of what the ones before it left. TypeError for what is no method."""

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[Any, ...] = ()
        for method in args:
            for each in method if isinstance(method, PruningContainer) else (method,):
                self.add_pruning_method(each)

    def add_pruning_method(self, method: Any) -> None:
        """Adds one at the end. ValueError where it is for another parameter."""
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        name = vars(self).setdefault("_tensor_name", method._tensor_name)
        if name != method._tensor_name:
            raise ValueError(
                "Can only add pruning methods acting on the parameter named "
                f"'{name}' to PruningContainer {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Any:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: Any) -> Any:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """`default_mask` with the last method's mask in what it shows to that method."""
        method, mask = self._pruning_methods[-1], default_mask.clone()
        part = _shown(method, mask)
        mask[part] = method.compute_mask(t[part], default_mask=default_mask[part]).to(dtype=mask.dtype)
        return mask


def _shown(method: Any, mask: Any) -> Any:
    """The index of what a method is shown of a tensor with this mask."""
    if method.PRUNING_TYPE == "unstructured":
        return mask == 1
    if method.PRUNING_TYPE == "structured":
        dim = _dimension(mask, method.dim)
        left = mask.sum([d for d in range(mask.dim()) if d != dim]) != 0
        return (*_all(dim), left)
    if method.PRUNING_TYPE == "global":
        return _all(mask.dim())
    raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")


# --- the methods ---


class Identity(BasePruningMethod):
    """A mask of ones: nothing is pruned, but everything is in its place."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        return default_mask


class _ByAmount(BasePruningMethod):
    """Prunes an amount: a share of [0, 1], or a number of elements or slices; TypeError, ValueError for others."""

    def __init__(self, amount: Any) -> None:
        _check_amount(amount)
        self.amount = amount

    def _count(self, size: int) -> int:
        """How many of `size` that is."""
        if isinstance(self.amount, (int, np.integer)) and self.amount > size:
            raise ValueError(f"amount={self.amount} should be smaller than the number of parameters to prune={size}")
        return int(self.amount) if isinstance(self.amount, (int, np.integer)) else round(self.amount * size)


def _check_amount(amount: Any) -> None:
    if not isinstance(amount, (int, float, np.number)):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    if amount < 0 or (not isinstance(amount, (int, np.integer)) and amount > 1):
        raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")


class RandomUnstructured(_ByAmount):
    """Prunes elements at random."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        return _without_extreme(self._count(t.nelement()), lambda: rand_like(t), default_mask, largest=True)


class L1Unstructured(_ByAmount):
    """Prunes the elements of least absolute value."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        return _without_extreme(self._count(t.nelement()), t.abs, default_mask, largest=False)


def _without_extreme(n: int, scores: Any, default_mask: Any, largest: bool) -> Any:
    """The mask without the n elements of the largest or least scores."""
    mask = default_mask.clone()
    if n:
        mask.view(-1)[topk(scores().view(-1), n, largest=largest).indices] = 0
    return mask


class _Structured(_ByAmount):
    """Prunes slices along `dim`. ValueError for a vector, IndexError for a dimension that there is not."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: Any, dim: int = -1) -> None:
        super().__init__(amount)
        self.dim = dim

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        if t.dim() <= 1:
            raise ValueError(
                "Structured pruning can only be applied to multidimensional tensors. Found tensor of shape "
                f"{t.shape} with {t.dim()} dims"
            )
        dim = _dimension(t, self.dim)
        n = self._count(t.shape[dim])
        if not n:
            return default_mask
        mask = zeros_like(t)
        where = (*_all(dim), self._kept(t, dim, n))
        mask[where] = 1
        return mask * default_mask.to(dtype=mask.dtype)

    def _kept(self, t: Any, dim: int, n: int) -> Any:
        """Which slices stay when n go."""
        raise NotImplementedError


class RandomStructured(_Structured):
    """Prunes slices along `dim` at random."""

    def _kept(self, t: Any, dim: int, n: int) -> Any:
        scores = rand(t.shape[dim])
        return scores > kthvalue(scores, n).values


class LnStructured(_Structured):
    """Prunes the slices along `dim` of least n-norm."""

    def __init__(self, amount: Any, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _kept(self, t: Any, dim: int, n: int) -> Any:
        norms = norm(t, p=self.n, dim=[d for d in range(t.dim()) if d != dim])
        return topk(norms, t.shape[dim] - n).indices


def _dimension(t: Any, dim: int) -> int:
    if not -t.dim() <= dim < t.dim():
        raise IndexError(f"Invalid index {dim} for tensor of size {t.shape}")
    return int(dim % t.dim())


def _all(n: int) -> tuple[slice, ...]:
    return (slice(None),) * n


class CustomFromMask(BasePruningMethod):
    """A mask that is given."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match self.mask shape {self.mask.shape}"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)


# --- the functions ---


def identity(module: M, name: str) -> M:
    """Gives a parameter a mask of ones; returns the module."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: M, name: str, amount: Any) -> M:
    """Prunes elements of a parameter at random: `amount` is a share (float) or a number (int); returns the module."""
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: M, name: str, amount: Any, importance_scores: Any = None) -> M:
    """Prunes the elements of least absolute value (or score); returns the module.

    >>> import microdl as torch
    >>> layer = torch.nn.Linear(4, 1, bias=False)
    >>> _ = layer.weight.data.copy_(torch.tensor([[1., -2., 3., -4.]]))
    >>> torch.nn.utils.prune.l1_unstructured(layer, "weight", amount=0.5).weight
    tensor([[ 0., -0.,  3., -4.]], grad_fn=<MulBackward0>)
    >>> list(layer.state_dict())
    ['weight_orig', 'weight_mask']
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: M, name: str, amount: Any, dim: int) -> M:
    """Prunes slices along `dim` at random; returns the module."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module: M, name: str, amount: Any, n: Any, dim: int, importance_scores: Any = None) -> M:
    """Prunes the slices along `dim` of least n-norm; returns the module."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: M, name: str, mask: Any) -> M:
    """Prunes a parameter by a mask of its shape; returns the module."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(parameters: Any, pruning_method: Any, importance_scores: Any = None, **kwargs: Any) -> None:
    """Prunes the parameters `[(module, name), ...]` together, by an unstructured method such as `L1Unstructured`.

    `importance_scores` is a dictionary `{(module, name): scores}`. TypeError for arguments of other kinds.
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    if importance_scores is not None and not isinstance(importance_scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    pairs = list(parameters)
    scores = [(importance_scores or {}).get((m, name), getattr(m, name)).reshape(-1) for m, name in pairs]
    masks = [getattr(m, name + "_mask", ones_like(getattr(m, name))).reshape(-1) for m, name in pairs]
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method '
            f"{pruning_method} of type {method.PRUNING_TYPE}"
        )
    method._tensor_name = "temp"
    mask = PruningContainer(method).compute_mask(cat(scores).detach(), default_mask=cat(masks))
    for (module, name), part in zip(pairs, mask.split([len(each) for each in masks]), strict=True):
        custom_from_mask(module, name, part.view_as(getattr(module, name)))


def remove(module: M, name: str) -> M:
    """Makes the pruned parameter one parameter again, zeros included; returns the module. ValueError if not pruned."""
    for key, method in _found(module, name).items():
        method.remove(module)
        del module._forward_pre_hooks[key]
        return module
    raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")


def is_pruned(module: Any) -> bool:
    """Whether a parameter of the module, or of one within it, is pruned."""
    return any(isinstance(hook, BasePruningMethod) for m in module.modules() for hook in m._forward_pre_hooks.values())
