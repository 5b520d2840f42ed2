"""`gradtest`, the pytest plugin and `microdl gradcheck`: gradient tests from one line, failures told by reports."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

import microdl
from microdl.cli import main
from microdl.testing import GradcheckError, gradtest

if sys.version_info >= (3, 11):
    import tomllib

ROOT = Path(microdl.__file__).parent.parent
OPS = """
import numpy as np
import microdl as torch

def cube(x):
    return x ** 3

def cube_backward(g, x):
    return g * 3 * x ** 2

def cube_wrong(g, x):
    return g * 2 * x ** 2

PAIR = (cube, cube_backward)
NUMBER = 3

class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x ** 3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 2 * x ** 2
"""
TESTS = """
import microdl as torch
from microdl.testing import check_op, gradtest
from ops import Cube, cube

test_mul = gradtest(torch.mul, "n,n")
test_cube = gradtest(Cube, "n")
test_few = gradtest(torch.exp, "n", max_examples=3)

@gradtest("nm,mk")
def test_loss(x, w):
    return torch.relu(x @ w).sum()

@gradtest("n")
class Fourth(Cube):
    pass

@gradtest(inputs="n")
def twice(x):
    return 2 * x

def test_by_hand():
    check_op(Cube, "n")

def test_of_something_else():
    assert twice(2) == 5
"""
INSTALLED = any(e.name == "microdl" for e in entry_points(group="pytest11"))  # pytest finds it then by itself
PLUGIN = () if INSTALLED else ("-p", "_microdl_pytest")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "ops.py").write_text(OPS)
    (tmp_path / "test_ops.py").write_text(TESTS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_pytest(*words: str, **environment: str) -> str:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
    run = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}.", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return run.stdout + run.stderr


def test_in_pytest(project: Path) -> None:
    text = run_pytest(*PLUGIN, "-v", "--grad-examples", "10")
    for name, outcome in {
        "test_mul": "PASSED", "test_cube": "FAILED", "test_few": "PASSED", "test_loss": "PASSED",
        "test_gradient_of_Fourth": "FAILED", "test_gradient_of_twice": "PASSED", "test_by_hand": "FAILED",
        "test_of_something_else": "FAILED",
    }.items():  # fmt: skip
        assert f"test_ops.py::{name} {outcome}" in text
    reports = text.partition("= FAILURES =")[2]
    assert "Cube: the gradient of input 0 is wrong\n\n  input 0 = np.array([1.])\n" in reports
    line = next(n for n, text in enumerate(TESTS.splitlines(), 1) if 'check_op(Cube, "n")' in text)
    assert f'\ntest_ops.py:{line}: check_op(Cube, "n")\n\nCube: the gradient' in reports
    assert "likely cause: everywhere 2/3 times the derivative" in reports
    assert "from ops import Cube" in reports
    for foreign in ("hypothesis", "Traceback", "check.py", "self.report", "E   microdl"):
        assert foreign not in reports.partition("short test summary")[0]
    assert "E       assert 4 == 5" in reports  # other failures look as always


def test_the_number_of_examples(project: Path) -> None:
    (project / "test_ops.py").write_text(
        "from microdl.testing import gradtest\nseen = []\n"
        "def forward(x):\n    seen.append(x)\n    return x * 1\n"
        "test_a = gradtest((forward, lambda g, x: g), 'n', battery='linear')\n"
        "def test_count():\n    print('calls', len(seen))\n    assert False\n"
    )
    calls = [
        int(run_pytest(*PLUGIN, *words).partition("calls ")[2].split()[0]) for words in ((), ("--grad-examples", "7"))
    ]
    assert calls[0] > 10 * calls[1]
    text = run_pytest(*PLUGIN, "--grad-examples", "many")
    assert "must be an integer of at least 1, got 'many'" in text
    assert "Traceback" not in text


def test_the_plugin_is_registered_and_light(project: Path) -> None:
    """As an installed package has it: found by its entry point, and nothing heavy imported in other projects' runs."""
    about = project / "microdl-0.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: microdl\nVersion: 0.0\n")
    (about / "entry_points.txt").write_text("[pytest11]\nmicrodl = _microdl_pytest\n")
    (project / "test_ops.py").write_text(
        "import sys\ndef test_a():\n    loaded = [m for m in ('numba', 'microdl', 'numpy') if m in sys.modules]\n"
        "    print('loaded', loaded)\n    assert False\n"
    )
    path = {"PYTHONPATH": f"{ROOT}{os.pathsep}{project}"}
    off = ("-p", "no:hypothesispytest")
    text = run_pytest(*off, "--grad-examples", "3", **path)
    assert "loaded []" in text
    assert "microdl-0.0" in text
    text = run_pytest(*off, "-p", "no:microdl", "--grad-examples", "3", **path)
    assert "unrecognized arguments: --grad-examples" in text
    assert "1 failed" in run_pytest(*off, "-p", "no:microdl", **path)


@pytest.mark.skipif(sys.version_info < (3, 11) or not (ROOT / "pyproject.toml").exists(), reason="reads pyproject.toml")
def test_pyproject_names_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["entry-points"]["pytest11"] == {"microdl": "_microdl_pytest"}
    assert project["tool"]["setuptools"]["py-modules"] == ["_microdl_pytest"]
    assert any(line.startswith("hypothesis") for line in project["project"]["optional-dependencies"]["gradcheck"])


def test_the_three_ways_to_write_it() -> None:
    def twice(x: Any) -> Any:
        return 2 * x

    def test_thrice(x: Any) -> Any:
        return 3 * x

    test = gradtest(twice, "n", max_examples=3)
    assert (test.__name__, test.__doc__) == ("test_gradient_of_twice", "The gradient of twice.")
    assert test() is None
    assert gradtest("n")(twice) is twice
    assert twice.__gradtest__.__name__ == "test_gradient_of_twice"  # type: ignore[attr-defined]
    assert gradtest("n", max_examples=3)(test_thrice).__name__ == "test_thrice"
    with pytest.raises(GradcheckError, match="the sign"):
        gradtest((twice, lambda g, x: -2 * g), "n")()
    with pytest.raises(TypeError, match="gradtest expects an op"):
        gradtest("n", "n")


# --- the command -------------------------------------------------------------------------------------------------


@pytest.fixture
def ops(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "ops", raising=False)
    return project


def test_command(ops: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gradcheck", "ops:PAIR", "ops.py:cube,cube_backward", "ops:cube", "--examples", "5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("ok cube: 5 examples, checked ") for line in lines)
    assert main(["gradcheck", "ops:cube", "--inputs", "n", "--domains=-1e-3:inf", "--examples", "5"]) == 0
    words = ["microdl:matmul", "--inputs", "nm,mk", "--domains", "real,positive", "--examples", "5", "--seed", "3"]
    assert main(["gradcheck", *words]) == 0
    assert main(["gradcheck", "ops:cube,cube_wrong", "ops:Cube", "ops:PAIR", "--inputs", "n", "--examples", "5"]) == 1
    text = capsys.readouterr().out
    assert "WRONG cube: the gradient of input 0 is wrong" in text
    assert "WRONG Cube: the gradient of input 0 is wrong" in text
    assert "ok cube: 5 examples" in text
    assert "from ops import cube, cube_wrong" in text
    assert main(["gradcheck", "builtins:repr", "--inputs", "n", "--examples", "5"]) == 1
    assert "ERROR builtins:repr: repr: the function returned" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["ops"], "'ops' names no op: write module:function"),
        (["ops:"], "names no op"),
        (["nothing:f"], "there is no module 'nothing'"),
        (["ops.nothing:f"], "there is no module 'ops.nothing'"),
        (["ops:cuve"], "'ops' has no 'cuve' (did you mean cube?)"),
        (["ops:NUMBER"], "'ops:NUMBER' is 3: neither a function"),
        (["ops:cube,cube,cube"], "names 3 functions"),
        (["needs:f"], "'needs' cannot be imported: it needs 'surely_not_installed'"),
        (["broken:f"], "'broken' cannot be imported: ZeroDivisionError"),
        (["ops:PAIR", "--inputs", "n!"], "'n!' is no spec of inputs"),
        (["ops:PAIR", "--domains", "real"], "--domains needs --inputs"),
        (["ops:PAIR", "--inputs", "n", "--domains", "reel"], "'reel' is no domain"),
        (["ops:PAIR", "--inputs", "n", "--domains", "2:1"], "'2:1' is no interval"),
        (["ops:PAIR", "--inputs", "n", "--domains", "real,real"], "2 domains are given for 1 inputs"),
        (["ops:PAIR", "--adapter", "tensorflow"], "adapter must be an Adapter or one of"),
        (["ops:PAIR", "--examples", "0"], "must be an integer of at least 1"),
        (["ops:PAIR", "--exampels", "3"], "did you mean --examples?"),
        ([], "the following arguments are required: module:op"),
    ],
)
def test_words_that_are_wrong(ops: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    (ops / "needs.py").write_text("import surely_not_installed\n")
    (ops / "broken.py").write_text("1 / 0\n")
    with pytest.raises(SystemExit) as exit:
        main(["gradcheck", *words])
    assert exit.value.code == 2
    assert message in capsys.readouterr().err
