"""The names of PyTorch and the table of what is equal, against the installed torch; and the judge itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

import microdl  # noqa: E402

from .surface import calls, names, signatures, table  # noqa: E402
from .surface.documented import DOCUMENTED  # noqa: E402

REMEDY = "run python -m tests.parity.surface and commit what it writes"


def text_of(module: str) -> str:
    """What the command writes, from a process of its own: some of PyTorch's modules are names once they are loaded."""
    program = f"import sys; from tests.parity.surface import {module}; sys.stdout.write({module}.text())"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout


def test_the_names_are_pytorchs() -> None:
    assert names.FILE.read_text("utf-8") == text_of("names"), REMEDY


@pytest.fixture(scope="module")
def written() -> str:
    return text_of("table")


def test_the_table_is_what_the_command_writes(written: str) -> None:
    assert _verdicts(table.FILE.read_text("utf-8")) == _verdicts(written), REMEDY


def _verdicts(text: str) -> dict[str, list[str]]:
    """Which names of each namespace are equal and which are different, without the counts and the examples."""
    found = {}
    for part in text.split("\n## ")[1:]:
        space, _, body = part.partition("\n")
        found[space] = re.findall(r"(\w+)\s+\(\d+\)", body.partition("| different |")[0])
        found[f"{space}, different"] = re.findall(r"^\| (\w+) \| \d+ \|", body, re.M)
    return found


def test_every_documented_difference_is_one(written: str) -> None:
    unused = [why for _, _, why in DOCUMENTED if why not in written]
    assert not unused, f"no longer so: delete them from documented.py: {unused}"


# --- the judge is judged: each kind of difference is seen ---


def forms(name: str) -> tuple[signatures.Overload, ...]:
    return signatures.overloads("torch", name, getattr(torch, name))


def found(name: str, ours: object) -> dict[str, str]:
    return calls.check(f"torch.{name}", forms(name), getattr(torch, name), ours, False).findings


def test_equal_functions_give_no_finding() -> None:
    report = calls.check("torch.exp", forms("exp"), torch.exp, microdl.exp, False)
    assert report.findings == {}
    assert report.results > 20


@pytest.mark.parametrize(
    ("ours", "finding"),
    [
        (lambda input, out=None: microdl.exp(input) * 1.001, "values"),
        (lambda input, out=None: microdl.exp(input).double(), "dtype torch.float64, not torch.float32"),
        (lambda input, out=None: (microdl.exp(input),), "result is tuple, not Tensor"),
        (lambda x, out=None: microdl.exp(x), "TypeError here, accepted there"),
        (lambda input, out=None: microdl.exp(input).sum(), "shape (), not (2, 3)"),
    ],
)
def test_an_unlike_function_is_found(ours: object, finding: str) -> None:
    assert finding in found("exp", ours)


def test_a_change_of_an_argument_is_found() -> None:
    def careless(input: object, out: object = None) -> object:
        result = microdl.exp(input)
        input.add_(1)  # type: ignore[attr-defined]
        return result

    assert "values" in found("exp", careless)


def test_signatures_are_compared() -> None:
    def ours(input: object, *, dim: object = None, keepdim: bool = True, dtype: object = None) -> None: ...

    wanted = {"no argument `out`", "`dim` by keyword only"}
    assert wanted <= set(signatures.differences(forms("sum"), ours, False))
    assert "no argument `alpha`" in signatures.differences(forms("add"), lambda input, other, out=None: None, False)
    one = (signatures.Param("p", "float", 0.5),)
    assert signatures.differences((one,), lambda p=0.1: None, False) == ["default of `p`: 0.5 there, 0.1 here"]


def test_results_are_compared_in_full() -> None:
    a = torch.tensor([1.0, float("nan")])
    assert calls.unlike(a, microdl.tensor([1.0, float("nan")])) is None
    assert calls.unlike(a, np.array([1.0, 2.0])) == "result is ndarray, not Tensor"
    assert calls.unlike((a, 1), (microdl.tensor([1.0, float("nan")]), 1.0)) == "1.0, not 1"
    assert calls.unlike(None, 0) == "0, not None"
