"""Chapter 9's promise: its script prints PyTorch's losses on the framework that the chapters put together."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

from microdl import learn  # noqa: E402 - after the guard
from microdl.datasets import Digits  # noqa: E402 - after the guard
from microdl.learn.chapter import chapters  # noqa: E402 - after the guard


@pytest.fixture
def mydl(tmp_path, monkeypatch, mydl_put_back):
    monkeypatch.chdir(tmp_path)
    learn.use(chapters=9)
    return importlib.import_module("mydl.data").torch


@pytest.fixture
def script():
    """The function of that name in the chapter, as it stands there."""
    text = next(cell.text for cell in chapters()[9].cells if cell.text.startswith("def script("))
    known = {}
    for part, train in (("train", True), ("test", False)):
        known[f"{part}_x"], known[f"{part}_y"] = (t.numpy() for t in Digits.tensors(train=train))
    exec(text.partition("\n\n\nimport")[0], known)
    return known["script"]


def test_the_same_losses_at_every_step(mydl, script):
    mine, my_accuracy = script(mydl)
    theirs, their_accuracy = script(torch)
    np.testing.assert_allclose(mine, theirs, rtol=0, atol=2e-5)
    assert my_accuracy == pytest.approx(their_accuracy, abs=1.01 / 449)


@pytest.mark.parametrize("seed", [0, 1, 2**40 + 7])
def test_the_same_random_numbers(mydl, seed):
    data = importlib.import_module("mydl.data")
    torch.manual_seed(seed)
    generator = data.Generator(seed)
    np.testing.assert_array_equal(generator.uniform(0.0, 1.0, (5, 3)), torch.rand(5, 3).numpy())
    assert generator.permutation(17).tolist() == torch.randperm(17).tolist()
