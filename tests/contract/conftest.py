"""What a framework must keep to be one: the same tests for microdl, for the one that the chapters put together, and for
any other: `pytest tests/contract --framework mydl` in the folder that holds it, or `--framework torch`."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

import microdl
from microdl import learn


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--framework", help="the package to test, in PyTorch's names (default: microdl and the chapters')")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "torch" in metafunc.fixturenames:
        named = metafunc.config.getoption("--framework", None)
        metafunc.parametrize(
            "torch", [named] if named else ["microdl", "chapters", "chapters with kernels"], indirect=True
        )


@pytest.fixture
def torch(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mydl_put_back: None) -> Any:
    """microdl, the reference of all chapters, or the package that was named, as a script calls it."""
    if not request.param.startswith("chapters"):
        monkeypatch.syspath_prepend(Path.cwd())
        return microdl if request.param == "microdl" else _face(request.param)
    monkeypatch.chdir(tmp_path)
    learn.use(chapters=13)
    if request.param == "chapters with kernels":
        importlib.import_module("mydl.kernels").use_kernels()
    return _face("mydl")


def _face(name: str) -> Any:
    """What a script calls torch: the package, or in one that follows the chapters what its data.py calls so."""
    package = importlib.import_module(name)
    return package if hasattr(package, "Tensor") else importlib.import_module(f"{name}.data").torch
