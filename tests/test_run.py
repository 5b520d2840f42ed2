"""`microdl run` and `as_torch`: a program that says torch runs on microdl, as python would run it."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

import microdl
from microdl.compat.modules import TorchVersion
from microdl.compat.table import MODULES, homes

ROOT = str(Path(microdl.__file__).parent.parent)


def launch(*words: str, cwd: Path, stdin: str = "", module: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *(["-m", "microdl", "run"] if module else []), *words]
    env = {**os.environ, "PYTHONPATH": ROOT}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=env, input=stdin, timeout=120)


def write(folder: Path, text: str, name: str = "script.py") -> Path:
    path = folder / name
    path.write_text(textwrap.dedent(text))
    return path


@pytest.fixture
def torch() -> Iterator[types.ModuleType]:
    saved = {n: m for n, m in sys.modules.items() if n.partition(".")[0] in ("torch", "torchvision", "tensorboardX")}
    for name in saved:  # another test may have imported the real one
        del sys.modules[name]
    with microdl.as_torch():
        import torch

        yield torch
    sys.modules.update(saved)


def test_the_usual_imports_give_microdl(torch: types.ModuleType) -> None:
    import torch.backends.cudnn as cudnn
    import torch.nn as nn
    import torch.nn.functional as F
    from torch import optim
    from torch.autograd import Function, Variable, grad
    from torch.func import functional_call
    from torch.nn.modules.loss import MSELoss, _Loss, _WeightedLoss
    from torch.nn.parameter import Parameter
    from torch.optim.lr_scheduler import StepLR
    from torch.optim.optimizer import required
    from torch.utils.data import DataLoader
    from torch.utils.data.dataloader import default_collate
    from torch.utils.data.dataset import Dataset, random_split
    from torch.utils.data.sampler import SubsetRandomSampler

    assert torch.tensor is microdl.tensor
    assert nn.Linear is microdl.nn.Linear
    assert nn is torch.nn
    assert F.relu is microdl.nn.functional.relu
    assert optim.SGD is microdl.optim.SGD
    assert (Function, Variable, grad) == tuple(getattr(microdl.autograd, n) for n in ("Function", "Variable", "grad"))
    assert functional_call is microdl.func.functional_call
    assert (MSELoss, Parameter) == (microdl.nn.MSELoss, microdl.nn.Parameter)
    assert issubclass(MSELoss, _Loss)
    assert issubclass(_WeightedLoss, _Loss)
    assert repr(required) == "<required parameter>"
    assert StepLR is microdl.optim.lr_scheduler.StepLR
    assert (DataLoader, Dataset) == (microdl.utils.data.DataLoader, microdl.utils.data.Dataset)
    assert (default_collate, random_split) == (microdl.utils.data.default_collate, microdl.utils.data.random_split)
    assert SubsetRandomSampler is microdl.utils.data.SubsetRandomSampler
    assert cudnn is microdl.backends.cudnn


def test_what_microdl_loads_later_is_part_of_torch(tmp_path: Path) -> None:
    """Also in a process where nothing has named it yet, and where PyTorch has a file of the function's name."""
    script = tmp_path / "script.py"
    script.write_text(
        "import torch\nfrom torch.optim import *\n"
        "print(callable(torch.autograd.gradcheck), Adam.__module__, lr_scheduler.__name__, torch.vmap.__name__)\n"
        "print({'load', 'utils', 'testing', 'vmap'} <= {*dir(torch)}, 'datasets' in dir(torch))\n"
    )
    done = subprocess.run([sys.executable, "-m", "microdl", "run", str(script)], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["True torch.optim.adam torch.optim.lr_scheduler vmap", "True False"], (
        done.stderr
    )


def test_pytorchs_files_have_what_programs_take_from_them(torch: types.ModuleType) -> None:
    from torch.nn.modules.batchnorm import _BatchNorm
    from torch.nn.modules.loss import _Loss, _WeightedLoss
    from torch.nn.modules.module import _IncompatibleKeys
    from torch.utils.data.dataloader import default_collate
    from torch.utils.data.dataset import random_split
    from torch.utils.hooks import RemovableHandle

    assert isinstance(torch.nn.BatchNorm1d(2), _BatchNorm)
    assert issubclass(torch.nn.CrossEntropyLoss, _WeightedLoss)
    assert issubclass(_WeightedLoss, _Loss)
    assert type(torch.nn.ReLU().load_state_dict({})) is _IncompatibleKeys
    assert str(_IncompatibleKeys) == "<class 'torch.nn.modules.module._IncompatibleKeys'>"
    assert (default_collate, random_split) == (torch.utils.data.default_collate, torch.utils.data.random_split)
    assert isinstance(torch.nn.Linear(1, 1).register_forward_hook(print), RemovableHandle)
    with pytest.raises(ImportError, match="torch.utils.data.dataset"):
        from torch.utils.data.dataset import nothing  # type: ignore[attr-defined]  # noqa: F401
    microdl.as_torch().undo()
    assert torch.nn.BatchNorm1d.__module__ == "microdl.nn.layers"


def test_numpys_functions_give_arrays_where_they_do_for_pytorch(torch: types.ModuleType) -> None:
    import numpy as np

    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    for result in (np.concatenate([x, x]), np.vstack([x[0], x[1]]), np.where(x > 2, 1, 0), np.sort(x), np.dot(x, x)):
        assert type(result) is np.ndarray
    assert type(np.linalg.norm(x)) is np.float32
    assert type(np.exp(x)) is type(np.clip(x, 1, 2)) is torch.Tensor
    w = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"Can't call numpy\(\) on Tensor that requires grad"):
        np.stack([w, w])
    (slope,) = torch.autograd.grad(w.abs().clamp(max=2).prod(), w, create_graph=True)  # the formulas use NumPy's names
    assert torch.autograd.grad(slope.sum(), w)[0].tolist() == [1.0, 1.0]
    microdl.as_torch().undo()
    assert type(np.stack([x, x])) is microdl.Tensor


def test_classes_say_where_pytorch_has_them_and_only_then(torch: types.ModuleType) -> None:
    assert str(type(torch.ones(1))) == "<class 'torch.Tensor'>"
    assert str(torch.nn.Linear) == "<class 'torch.nn.modules.linear.Linear'>"
    assert str(torch.optim.SGD) == "<class 'torch.optim.sgd.SGD'>"
    microdl.as_torch().undo()
    assert str(microdl.nn.Linear) == "<class 'microdl.nn.linear.Linear'>"
    assert "torch" not in sys.modules
    microdl.as_torch()


def test_pickle_finds_the_classes_again(torch: types.ModuleType) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU())
    content = pickle.dumps(model)
    assert b"torch.nn.modules.linear" in content
    x = torch.randn(4, 3)
    assert torch.equal(pickle.loads(content)(x), model(x))


@pytest.mark.parametrize("name", sorted({*MODULES, *homes()}))
def test_every_module_of_the_table_is_there_or_says_it_is_not(torch: types.ModuleType, name: str) -> None:
    import importlib

    from microdl.compat.modules import has

    if has(name):
        assert importlib.import_module(name) is sys.modules[name]
    else:
        with pytest.raises(ModuleNotFoundError, match="microdl"):
            importlib.import_module(name)


def test_an_absent_module_or_name_says_so(torch: types.ModuleType) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"torch.never.*microdl"):
        import torch.never
    with pytest.raises(ImportError, match=r"torch.stft.*microdl"):
        from torch import stft  # noqa: F401
    with pytest.raises(ImportError, match=r"torch.nn.Conv2d.*microdl"):
        from torch.nn import Conv2d  # noqa: F401
    with pytest.raises(ImportError, match=r"microdl.*'torchvision.tv_tensors'"):
        import torchvision.tv_tensors  # noqa: F401
    with pytest.raises(ImportError, match=r"microdl.*'torchvision.models.resnet18'"):
        from torchvision.models import resnet18  # noqa: F401
    with pytest.raises(AttributeError, match=r"module 'torch' .*torch.stft.*microdl"):
        torch.stft  # noqa: B018
    assert not hasattr(torch.nn.functional, "no_such_name")


def test_what_is_inside_microdl_is_no_part_of_torch(torch: types.ModuleType) -> None:
    with pytest.raises(AttributeError, match=r"module 'torch.nn' has no attribute 'linear'. Close to it: .*\bLinear\b"):
        torch.nn.linear(2, 3)
    for name in ("kernels", "datasets", "dtypes"):
        assert not hasattr(torch, name)
    names: dict[str, object] = {}
    exec("from torch import *; from torch.nn import *; from torch.utils import *", names)
    assert {"tensor", "Linear", "functional", "data"} <= set(names)
    assert "kernels" not in names
    from torch.utils.dlpack import from_dlpack

    assert from_dlpack(torch.ones(2)).tolist() == [1, 1]


def test_the_version_compares_as_pytorchs() -> None:
    version = TorchVersion("2.13.0+microdl")
    assert tuple(map(int, version.split("+")[0].split("."))) == (2, 13, 0)
    assert version >= "1.9"
    assert version > (2, 0)
    assert version < "2.13.1"
    assert version <= "2.13"
    assert version == "2.13.0+microdl"
    assert version != "2.13.0"
    assert int(version.split(".")[0]) >= 2


def test_the_real_torch_before_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", types.ModuleType("torch"))
    with pytest.raises(RuntimeError, match=r"torch is already imported.*Restart"):
        microdl.as_torch()


def test_a_script_sees_what_python_gives_it(tmp_path: Path) -> None:
    write(tmp_path, "value = 7", "beside.py")
    text = """
    import sys, beside
    name = input()
    print(sys.argv, __name__, __file__, sys.path[0], name, beside.value, __spec__, __doc__)
    import warnings; warnings.warn("careful", DeprecationWarning)
    """
    script = write(tmp_path, text)
    ours, python = (
        launch(str(script), "a", "--help", "-x", cwd=tmp_path, stdin="Ada\n", module=m) for m in (True, False)
    )
    assert ours.stdout == python.stdout
    assert ours.stderr == python.stderr
    assert ours.returncode == python.returncode == 0


@pytest.mark.parametrize(
    "body",
    ["import sys; sys.exit(3)", "raise SystemExit('why')", "def f():\n    1 / 0\nf()", "x = (", "import nowhere",
     "try:\n    1 / 0\nexcept Exception as e:\n    raise ValueError(3) from e",
     "import atexit; atexit.register(print, 'end'); print('a'); raise KeyboardInterrupt"],
)  # fmt: skip
def test_a_script_ends_as_with_python(tmp_path: Path, body: str) -> None:
    script = write(tmp_path, body)
    ours, python = (launch(str(script), cwd=tmp_path, module=m) for m in (True, False))
    assert (ours.returncode, ours.stdout, ours.stderr) == (python.returncode, python.stdout, python.stderr)


def test_the_program_may_be_a_module_a_command_or_standard_input(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    write(tmp_path / "package", "", "__init__.py")
    write(tmp_path / "package", "import sys; print(__name__, __package__, sys.argv, sys.path[0])", "__main__.py")
    for words, stdin in (
        (["-m", "package", "a"], ""),
        (["-c", "import sys; print(__name__, sys.argv)", "-b"], ""),
        (["-", "c"], "import sys; print(sys.argv)"),
        (["package", "d"], ""),
        (["-c", "1 / 0"], ""),
        (["-m", "nowhere"], ""),
    ):
        ours, python = (launch(*words, cwd=tmp_path, stdin=stdin, module=m) for m in (True, False))
        assert (ours.returncode, ours.stdout) == (python.returncode, python.stdout), words
        assert ours.stderr.splitlines()[-1:] == [
            line.replace(f"{sys.executable}:", f"{sys.executable}:") for line in python.stderr.splitlines()[-1:]
        ]


def test_a_traceback_ends_in_the_users_script(tmp_path: Path) -> None:
    script = write(tmp_path, "import torch\na = torch.ones(2, 3)\ndef f():\n    return a @ a\nf()\n")
    short = launch(str(script), cwd=tmp_path)
    assert short.returncode == 1
    assert "microdl/" not in short.stderr
    assert short.stderr.splitlines()[0] == "Traceback (most recent call last):"
    assert short.stderr.count("File ") == 2
    assert "return a @ a" in short.stderr
    assert "RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)" in short.stderr
    full = launch("--full-traceback", str(script), cwd=tmp_path)
    assert "microdl/ops" in full.stderr
    assert "runner.py" not in full.stderr


def test_a_traceback_ends_in_the_users_script_for_the_causes_too(tmp_path: Path) -> None:
    text = """
    import torch
    try:
        torch.ones(2, 3) @ torch.ones(2, 3)
    except RuntimeError as error:
        raise ValueError("mine") from error
    """
    run = launch(str(write(tmp_path, text)), cwd=tmp_path)
    assert run.stderr.splitlines()[-1] == "ValueError: mine"
    assert "RuntimeError: mat1 and mat2 shapes" in run.stderr
    assert "microdl/" not in run.stderr


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_processes_of_the_program_have_microdl_for_torch(tmp_path: Path, method: str) -> None:
    text = f"""
    import torch, torch.multiprocessing as mp
    def total(x):
        return f"{{type(x).__module__}} {{torch.__version__}} {{x.sum().item()}}"
    if __name__ == "__main__":
        with mp.get_context({method!r}).Pool(1) as pool:
            print(pool.apply_async(total, (torch.ones(3),)).get(60))
    """
    run = launch(str(write(tmp_path, text)), cwd=tmp_path)
    assert (run.stdout, run.stderr) == ("torch 2.13.0+microdl 3.0\n", "")


def test_wrong_use_of_the_command_is_explained(tmp_path: Path) -> None:
    assert "usage: microdl run" in launch("--help", cwd=tmp_path).stdout
    for words in ([], ["--nonsense", "x.py"], ["-m"], ["nowhere.py"]):
        run = launch(*words, cwd=tmp_path)
        assert run.returncode == 2
        assert "microdl run" in run.stderr
        assert "Traceback" not in run.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals end a process on POSIX only")
def test_an_interrupt_ends_the_process_by_the_signal(tmp_path: Path) -> None:
    run = launch("-c", "raise KeyboardInterrupt", cwd=tmp_path)
    assert run.returncode == -signal.SIGINT


def test_what_cpu_scripts_call_unconditionally_works(torch: types.ModuleType) -> None:
    model = torch.nn.Linear(2, 1)

    @torch.compile(mode="max-autotune")
    def step(x):  # type: ignore[no-untyped-def]
        return model(x)

    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    torch.use_deterministic_algorithms(True)
    assert torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(False)
    torch.set_float32_matmul_precision("high")
    assert torch.get_float32_matmul_precision() == "high"
    torch.set_float32_matmul_precision("highest")
    with pytest.warns(UserWarning, match="foo is not one of"):
        torch.set_float32_matmul_precision("foo")
    torch.cuda.manual_seed(0)
    torch.cuda.manual_seed_all(0)
    assert torch.version.cuda is None
    assert not torch.backends.mps.is_available()
    assert not torch.cuda.is_available()
    with pytest.raises(AssertionError, match="Torch not compiled with CUDA"):
        torch.cuda.get_device_name(0)
    scaler = torch.cuda.amp.GradScaler(enabled=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with torch.autocast("cuda", enabled=False), torch.cuda.amp.autocast(enabled=False):
        loss = step(torch.ones(1, 2)).sum()
    before = model.weight.detach().clone()
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    assert torch.allclose(model.weight, before - 0.1)
    with pytest.warns(UserWarning, match="no bfloat16"):
        torch.autocast("cpu")
    with pytest.warns(UserWarning, match="Disabling"):
        torch.amp.GradScaler("cuda")


def test_variable_is_a_tensor() -> None:
    x = microdl.ones(2)
    v = microdl.autograd.Variable(x, requires_grad=True)
    assert isinstance(x, microdl.autograd.Variable)
    assert v.requires_grad
    assert v.data_ptr() == x.data_ptr()
    with pytest.raises(TypeError, match="Variable data has to be a tensor, but got list"):
        microdl.autograd.Variable([1.0])


def test_modules_that_are_imported_and_left_alone_refuse_their_names(torch: types.ModuleType) -> None:
    import torch.distributed as dist
    import torch.functional
    from torchvision import datasets, models, transforms

    assert (datasets.MNIST, transforms.Compose) == (microdl.datasets.MNIST, microdl.transforms.Compose)
    assert torch.functional.einsum is microdl.einsum
    with pytest.raises(AttributeError, match=r"module 'torchvision\.models' has no attribute 'resnet18'"):
        _ = models.resnet18
    with pytest.raises(AttributeError, match=r"module 'torch\.distributed' has no attribute 'barrier'"):
        _ = dist.barrier
    with pytest.raises(AttributeError, match=r"module 'torch\.jit' has no attribute 'script'"):
        _ = torch.jit.script
