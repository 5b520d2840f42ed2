"""Every example in a docstring, and every Python block of the README, is run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import microdl
from microdl.autograd.table import Op

README = Path(__file__).parent.parent / "README.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MODULES = [
    microdl.__name__,
    *(
        m.name
        for m in pkgutil.walk_packages(microdl.__path__, "microdl.")
        if not m.name.endswith("__main__")  # importing it runs the command
    ),
]


def examples(module: ModuleType) -> list[doctest.DocTest]:
    """Those that doctest finds, and those of declared operations, which it takes for another module's."""
    finder = doctest.DocTestFinder()
    declared = [call for call in vars(module).values() if isinstance(getattr(call, "op", None), Op)]
    return finder.find(module) + [
        test for call in declared for test in finder.find(call, call.__name__, module=False, globs={})
    ]


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in examples(importlib.import_module(name)):
        runner.run(test)
    assert runner.failures == 0


def test_no_example_is_skipped() -> None:
    modules = [importlib.import_module(name) for name in MODULES]
    seen = {test.docstring for module in modules for test in examples(module)}
    calls = [call for module in modules for call in vars(module).values() if callable(call)]
    skipped = {
        f"{call.__module__}: {call.__name__}" for call in calls if _has_example(call) and call.__doc__ not in seen
    }
    assert not skipped


def test_every_public_function_says_what_it_does() -> None:
    found = {name: getattr(microdl, name) for name in microdl.__all__}
    silent = [name for name, value in found.items() if callable(value) and not (value.__doc__ or "").strip()]
    assert not silent


def _has_example(call: Any) -> bool:
    ours = str(getattr(call, "__module__", "")).split(".")[0] == microdl.__name__
    return ours and ">>>" in (call.__doc__ or "")


@pytest.mark.skipif(not README.exists(), reason="the README is not in an installed package")
def test_readme(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Blocks run in order, in one namespace, as a reader would type them; `>>>` blocks must print what they show."""
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall(README.read_text("utf-8"))
    assert blocks
    names: dict[str, Any] = {"__name__": "readme"}
    for i, block in enumerate(blocks):
        if ">>>" not in block:
            exec(compile(block, f"README block {i}", "exec"), names)
            continue
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        runner.run(
            doctest.DocTestParser().get_doctest(block, names, f"README block {i}", str(README), 0), clear_globs=False
        )
        assert runner.failures == 0
