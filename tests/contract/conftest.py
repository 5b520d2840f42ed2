"""What a framework must keep to be one: the same tests for microdl and for the one that the chapters put together."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import microdl
from microdl import learn


@pytest.fixture(params=["microdl", "chapters"])
def torch(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """microdl, or the reference of all chapters, under the name that a script gives it."""
    if request.param == "microdl":
        yield microdl
        return
    monkeypatch.chdir(tmp_path)
    path = list(sys.path)
    learn.use(chapters=13)
    yield importlib.import_module("mydl.data").torch
    sys.path[:] = path
    for name in [name for name in sys.modules if name.split(".")[0] == "mydl"]:
        del sys.modules[name]
