"""Adapters for other frameworks: torch, JAX, HIPS autograd, MyGrad and tinygrad. Each imports its own when made."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .adapters import Adapter, Array, Pull, Unusable, sequence

__all__ = ["FRAMEWORKS"]


def _needed(package: str) -> Any:
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ImportError(
            f"the adapter for {package} needs the package {package.split('.')[0]!r}, which is not installed ({error}). "
            f"Install it, for example with `pip install {package.split('.')[0]}`."
        ) from error


def _tensor(found: Any, kind: type) -> Any:
    if not isinstance(found, kind):
        name = f"{kind.__module__.split('.')[0]}.{kind.__name__}"
        raise Unusable(f"the function returned {found!r} of type {type(found).__name__}, but it must return {name}s")
    return found


def torch() -> Adapter:
    """PyTorch: plain functions of tensors, modules, and `autograd.Function.apply`."""
    pytorch = _needed("torch")

    def leaf(array: Array) -> Any:
        return constant(array).requires_grad_()

    def constant(x: Any) -> Any:
        if not isinstance(x, np.ndarray):
            return x
        positive = all(n >= 0 for n in x.strides)  # PyTorch has no negative strides
        return pytorch.from_numpy(x if positive and x.flags.writeable else x.copy())

    def value(tensor: Any) -> Any:
        return _tensor(tensor, pytorch.Tensor).numpy(force=True)  # zeros without memory, conjugates and negatives too

    def gradients(outputs: Any, leaves: Sequence[Any], gs: Any, create_graph: bool) -> list[Any]:
        pairs = [(y, g) for y, g in zip(outputs, gs, strict=True) if y.requires_grad]
        wanted = [x for x in leaves if isinstance(x, pytorch.Tensor) and x.requires_grad]
        if not pairs or not wanted:
            return [None] * len(leaves)
        found = pytorch.autograd.grad(
            [y for y, _ in pairs], wanted, [g for _, g in pairs],
            retain_graph=True, create_graph=create_graph, allow_unused=True,
        )  # fmt: skip
        by_leaf = {id(x): g for x, g in zip(wanted, found, strict=True)}
        return [by_leaf.get(id(x)) for x in leaves]

    def vjp(op: Callable[..., Any], leaves: Sequence[Any]) -> tuple[Any, Pull]:
        outputs = sequence(op(*leaves))
        return outputs, lambda *gs: gradients(outputs, leaves, gs, False)

    def higher(op: Callable[..., Any], leaves: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        with pytorch.enable_grad():
            leaves = [
                x.detach().requires_grad_()
                if isinstance(x, pytorch.Tensor) and x.is_floating_point() and not x.requires_grad else x
                for x in leaves
            ]  # fmt: skip
            return gradients(sequence(op(*leaves)), leaves, gs, True)

    def call(op: Callable[..., Any], *arrays: Any) -> list[Any]:
        with pytorch.no_grad():
            return [value(y) for y in sequence(op(*map(constant, arrays)))]

    return Adapter(leaf, value, vjp, "torch", constant, call, higher)


def jax(x64: bool | None = None) -> Adapter:
    """JAX: functions of arrays, `custom_vjp` too. In float64 where `jax_enable_x64` is set, else in float32."""
    framework = _needed("jax")
    wide = bool(framework.config.jax_enable_x64) if x64 is None else x64
    if wide != bool(framework.config.jax_enable_x64):
        framework.config.update("jax_enable_x64", wide)

    def constant(x: Any) -> Any:
        return framework.numpy.asarray(np.array(x)) if isinstance(x, np.ndarray) else x

    def pulled(op: Callable[..., Any], leaves: Sequence[Any]) -> tuple[Any, Pull]:
        real = [
            i for i, x in enumerate(leaves) if hasattr(x, "dtype") and framework.numpy.issubdtype(x.dtype, np.floating)
        ]

        def of_real(*values: Any) -> list[Any]:
            args = list(leaves)
            for i, v in zip(real, values, strict=True):
                args[i] = v
            return sequence(op(*args))

        outputs, back = framework.vjp(of_real, *(leaves[i] for i in real))

        def pull(*gs: Any) -> list[Any]:
            given = [_cotangent(framework, y, g) for y, g in zip(outputs, gs, strict=True)]
            found = dict(zip(real, back(given), strict=True))
            return [found.get(i) for i in range(len(leaves))]

        return outputs, pull

    def higher(op: Callable[..., Any], leaves: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return list(pulled(op, leaves)[1](*gs))

    dtypes = ("float64", "float32") if wide else ("float32",)
    return Adapter(constant, np.asarray, pulled, "jax", constant, None, higher, positional=True, dtypes=dtypes)


def _cotangent(framework: Any, y: Any, g: Any) -> Any:
    if not framework.numpy.issubdtype(y.dtype, np.floating):
        return np.zeros(y.shape, framework.dtypes.float0)
    return framework.numpy.asarray(g, y.dtype)


def autograd() -> Adapter:
    """HIPS autograd: functions written with `autograd.numpy`."""
    core = _needed("autograd.core")
    _needed("autograd.numpy")
    make_vjp = core.make_vjp
    builtins_tuple = _needed("autograd.builtins").tuple
    isbox = _needed("autograd.tracer").isbox

    def pulled(op: Callable[..., Any], leaves: Sequence[Any]) -> tuple[Any, Pull]:
        real = [i for i, x in enumerate(leaves) if getattr(x, "dtype", np.dtype(int)).kind == "f"]
        several = [False]

        def of_real(values: Any) -> Any:
            args = list(leaves)
            for k, i in enumerate(real):
                args[i] = values[k]
            result = op(*args)
            value = result
            while isbox(value):  # what is recorded lies in a box, with second derivatives in one for each order
                value = value._value
            several[0] = isinstance(value, (tuple, list))
            return builtins_tuple(tuple(result)) if several[0] else result

        back, outputs = make_vjp(of_real, tuple(leaves[i] for i in real))

        def pull(*gs: Any) -> list[Any]:
            found = dict(zip(real, back(tuple(gs) if several[0] else gs[0]), strict=True))
            return [found.get(i) for i in range(len(leaves))]

        return list(outputs) if several[0] else outputs, pull

    def higher(op: Callable[..., Any], leaves: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return list(pulled(op, leaves)[1](*gs))

    same: Callable[[Any], Any] = lambda x: x  # noqa: E731 - arrays are this framework's tensors
    return Adapter(np.array, np.asarray, pulled, "autograd", same, None, higher, positional=True)


def mygrad() -> Adapter:
    """MyGrad: functions of its tensors. A graph is freed by its backward, so that each serves once."""
    framework = _needed("mygrad")

    def constant(x: Any) -> Any:
        return framework.tensor(x, constant=True) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x

    def vjp(op: Callable[..., Any], leaves: Sequence[Any]) -> tuple[Any, Pull]:
        outputs = sequence(op(*leaves))

        def pull(*gs: Any) -> list[Any]:
            pairs = [(y, g) for y, g in zip(outputs, gs, strict=True) if not y.constant]
            if len(pairs) == 1:
                pairs[0][0].backward(value(pairs[0][1]))
            elif pairs:  # a second backward would find the shared part of the graph freed
                framework.add_sequence(*((y * g).sum() for y, g in pairs)).backward()
            return [getattr(x, "grad", None) for x in leaves]

        return outputs, pull

    def value(tensor: Any) -> Any:
        return tensor.data if isinstance(tensor, framework.Tensor) else np.asarray(tensor)

    def leaf(array: Array) -> Any:
        return framework.tensor(array, copy=True)

    return Adapter(leaf, value, vjp, "mygrad", constant, None, None, once=True)


def tinygrad() -> Adapter:
    """tinygrad, in float32 as it computes by default. A graph serves again."""
    framework, dtypes = _needed("tinygrad").Tensor, _needed("tinygrad").dtypes

    def constant(x: Any) -> Any:
        if not isinstance(x, np.ndarray):
            return x
        narrow = {"f": np.float32, "i": np.int32}.get(x.dtype.kind, x.dtype)
        return framework(np.ascontiguousarray(x, narrow).reshape(x.shape))

    def vjp(op: Callable[..., Any], leaves: Sequence[Any]) -> tuple[Any, Pull]:
        outputs = sequence(op(*leaves))
        wanted = [x for x in leaves if isinstance(x, framework) and dtypes.is_float(x.dtype)]

        def pull(*gs: Any) -> list[Any]:
            pairs = [(y, g) for y, g in zip(outputs, gs, strict=True) if dtypes.is_float(y.dtype)]
            total, upstream = pairs[0] if len(pairs) == 1 else (sum((y * g).sum() for y, g in pairs), None)
            by_leaf = dict(zip(map(id, wanted), total.gradient(*wanted, gradient=upstream), strict=True))
            return [by_leaf.get(id(x)) for x in leaves]

        return outputs, pull

    def value(tensor: Any) -> Any:
        return _tensor(tensor, framework).numpy()

    return Adapter(constant, value, vjp, "tinygrad", constant, dtypes=("float32",))


FRAMEWORKS: dict[str, Callable[[], Adapter]] = {
    "torch": torch, "jax": jax, "autograd": autograd, "mygrad": mygrad, "tinygrad": tinygrad,
}  # fmt: skip
