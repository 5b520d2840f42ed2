"""What `microdl run` gives in PyTorch's place, beside PyTorch itself."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from typing import Any

import pytest

from microdl import amp
from microdl.compat.modules import TorchVersion
from microdl.compat.table import MODULES, VERSION, homes

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

CLASSES = [(home, name) for home, kinds in homes().items() for name in kinds]


@pytest.mark.parametrize(("home", "name"), CLASSES)
def test_pytorch_has_the_class_in_that_module(home: str, name: str) -> None:
    kind = getattr(importlib.import_module(home), name)
    assert kind.__module__ in (home, "torch") or home == "torch.autograd.variable"


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("torch.")])
def test_pytorch_has_the_module(name: str) -> None:
    parent, _, last = name.rpartition(".")
    if name.startswith("torch.utils.tensorboard"):  # PyTorch's needs the package tensorboard
        assert importlib.util.find_spec("torch.utils.tensorboard") is not None
        return
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        assert hasattr(importlib.import_module(parent), last)


def test_the_version_is_the_reference_and_compares_alike() -> None:
    ours, theirs = TorchVersion(VERSION), torch.torch_version.TorchVersion(torch.__version__)
    assert ours.split("+")[0] == theirs.split("+")[0]
    for other in ("1.9", "2.13", "2.13.0", "2.14", "3", (2, 0), (3,), (2, 13)):
        for operation in ("__lt__", "__gt__", "__le__", "__ge__"):
            if other in ("2.13", "2.13.0", (2, 13)):
                continue  # the part after the plus decides there
            assert getattr(ours, operation)(other) == getattr(theirs, operation)(other), (operation, other)


def outcome(function: Any) -> Any:
    try:
        return function()
    except Exception as error:
        return type(error)


def test_the_scaler_is_pytorchs_disabled_one() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = amp.GradScaler("cuda"), torch.amp.GradScaler("cuda")
    for name in ("is_enabled", "get_scale", "state_dict", "update"):
        assert getattr(ours, name)() == getattr(theirs, name)()


@pytest.mark.parametrize(
    "call",
    [
        "cuda.is_available()", "cuda.device_count()", "cuda.current_device()", "cuda.get_device_name(0)",
        "cuda.memory_allocated()", "cuda.max_memory_allocated()", "cuda.manual_seed(1)", "cuda.manual_seed_all(1)",
        "cuda.seed_all()", "cuda.empty_cache()", "cuda.initial_seed()", "cuda.is_bf16_supported()",
        "cuda.is_initialized()", "cuda.init()", "cuda.get_rng_state_all()", "cuda.get_rng_state()",
        "version.cuda", "version.hip", "backends.mps.is_available()", "backends.mps.is_built()",
        "backends.cudnn.is_available()", "backends.cudnn.version()", "backends.cudnn.enabled",
        "backends.cudnn.benchmark", "backends.cudnn.deterministic", "backends.cuda.matmul.allow_tf32",
        "backends.cuda.is_built()", "mps.is_available()", "mps.manual_seed(0)", "mps.empty_cache()",
        "get_float32_matmul_precision()", "are_deterministic_algorithms_enabled()", "get_deterministic_debug_mode()",
        "set_deterministic_debug_mode('nonsense')", "set_warn_always(False)", "is_autocast_enabled()",
        "autocast('nonsense')", "autograd.Variable([1])", "set_num_interop_threads(0)",
    ],
)  # fmt: skip
def test_a_machine_without_cuda_answers_alike(call: str) -> None:
    import microdl

    ours, theirs = (outcome(lambda t=t: eval(f"t.{call}", {"t": t})) for t in (microdl, torch))  # noqa: S307
    assert ours == theirs
