"""`pytest tests/contract --framework NAME` tests the package of that name in the working folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from microdl.learn.chapter import chapters
from microdl.learn.hunting import plant
from microdl.learn.package import write_reference


def contract(folder: Path) -> subprocess.CompletedProcess[str]:
    tests = Path(__file__).with_name("test_contract.py")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests), "--framework", "mine"]
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder)


def test_the_readers_package_passes(tmp_path: Path) -> None:
    write_reference(tmp_path / "mine", chapters().values())
    run = contract(tmp_path)
    assert run.returncode == 0, run.stdout
    assert "test_contract.py" not in run.stdout, "nothing failed"


def test_one_with_a_bug_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plant(6, "missing unbroadcast", Path("mine"))
    run = contract(tmp_path)
    assert run.returncode == 1, run.stdout
    assert "test_what_was_broadcast_is_summed_back[mine-" in run.stdout
