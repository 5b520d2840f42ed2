"""PyTorch's public names, read from the installed torch: what `microdl/surface/names.txt` holds."""

from __future__ import annotations

import importlib
import inspect
import textwrap
import types
from pathlib import Path
from typing import Any

import torch
import torch.onnx  # PyTorch loads it when it is first used: a name of torch that comes and goes otherwise

from microdl import surface

FILE = Path(surface.__file__).with_name("names.txt")

# Modules whose names scripts write out, and the classes whose methods they call.
MODULES = [
    *["torch", "torch.nn", "torch.nn.functional", "torch.nn.init", "torch.nn.utils", "torch.nn.utils.rnn"],
    *["torch.nn.parameter", "torch.optim", "torch.optim.lr_scheduler", "torch.optim.swa_utils", "torch.utils"],
    *["torch.utils.data", "torch.autograd", "torch.autograd.function", "torch.autograd.functional"],
    *["torch.autograd.forward_ad", "torch.autograd.graph", "torch.linalg", "torch.random", "torch.special"],
    *["torch.fft", "torch.cuda", "torch.backends", "torch.backends.cudnn", "torch.backends.mps"],
    *["torch.backends.mkl", "torch.backends.cpu", "torch.testing", "torch.serialization", "torch.version", "torch.amp"],
]
CLASSES = [
    *["torch.Tensor", "torch.Generator", "torch.Size", "torch.dtype", "torch.finfo", "torch.iinfo"],
    *["torch.nn.Module", "torch.nn.ModuleList", "torch.nn.ModuleDict", "torch.nn.ParameterList"],
    *["torch.nn.ParameterDict", "torch.nn.Sequential", "torch.optim.Optimizer"],
    *["torch.optim.lr_scheduler.LRScheduler", "torch.utils.data.DataLoader"],
    *["torch.autograd.Function", "torch.autograd.function.FunctionCtx"],
]
# Counted in the table, but not listed: microdl has nothing of them.
WHOLLY_ABSENT = [
    *["torch.distributions", "torch.jit", "torch.sparse", "torch.signal.windows", "torch.func", "torch.masked"],
    *["torch.nested", "torch.profiler", "torch.overrides", "torch.compiler", "torch.hub", "torch.distributed"],
    *["torch.multiprocessing", "torch.onnx", "torch.quantization", "torch.fx", "torch.export", "torch.package"],
    *["torch.library", "torch.futures", "torch.monitor", "torch.mps", "torch.xpu", "torch.mtia", "torch.accelerator"],
]

_KEPT = {"Generator", "Size", "Stream", "Event", "OutOfMemoryError", "AcceleratorError"}
# What shows in `torch` only because all of the C++ library does: TorchScript's insides, flags of Python's.
NOT_PYTORCH = {
    *["TYPE_CHECKING", "AVG", "SUM", "PRIVATE_OPS"],
    *(n for n, v in vars(torch._C).items() if inspect.isclass(v) and n[0].isupper() and n not in _KEPT),
}


def find(path: str) -> Any:
    """The object at a dotted path of torch's."""
    parts = path.split(".")
    for n in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:n]))
        except ImportError:
            continue
        for part in parts[n:]:
            found = getattr(found, part)
        return found
    raise ImportError(path)


def public(path: str) -> list[str]:
    """The names that users of this module or class write: no imports of the module's own, no helpers of Python."""
    owner = find(path)
    names = {name for name in dir(owner) if not name.startswith("_")}
    if inspect.isclass(owner):
        module = find("torch.nn.Module")
        inherited = dir(module) if owner is not module and issubclass(owner, module) else ()
        return sorted(names.difference(inherited))
    if hasattr(owner, "m"):  # torch.backends.cudnn and its like: an object that stands for the module `m`
        owner = owner.m
        names = {name for name in {*dir(owner), *vars(type(find(path)))} if not name.startswith("_")}
    declared = set(getattr(owner, "__all__", ()))
    hidden = NOT_PYTORCH if path == "torch" else {"TYPE_CHECKING"}
    return sorted(name for name in names - hidden if name in declared or _its_own(path, name))


def _its_own(path: str, name: str) -> bool:
    """Whether a name outside `__all__` is PyTorch's, and not something the module imported for itself."""
    value = getattr(find(path), name)
    if isinstance(value, types.ModuleType):
        return value.__name__.startswith("torch.") and path in ("torch", value.__name__.rpartition(".")[0])
    home = getattr(value, "__module__", None) or ""
    if inspect.isfunction(value) or inspect.isclass(value):
        return home.startswith("torch") and (path == "torch" or home.startswith(path))
    return home.startswith("torch") or type(value).__module__ in ("torch", "builtins")


def text() -> str:
    """The data file: `[namespace]`, then its names."""
    blocks = []
    for path in sorted([*MODULES, *CLASSES]):
        blocks.append(f"[{path}]\n" + textwrap.fill(" ".join(public(path)), 118, break_on_hyphens=False))
    return "\n".join(blocks) + "\n"
