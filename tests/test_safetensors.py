"""safetensors files: the library's own format, with the functions of `safetensors.torch`."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import numpy as reference
from safetensors import safe_open

import microdl as torch
from microdl import nn
from microdl.dtypes import ALL
from microdl.safetensors import load, load_file, load_model, save, save_file, save_model


def test_every_dtype_and_shape_and_the_librarys_own_reading(tmp_path: Path) -> None:
    tensors = {repr(d): torch.tensor([[0, 1, 2]]).to(d) for d in ALL} | {
        "empty": torch.empty(0, 2),
        "0-d": torch.tensor(1.5),
    }
    save_file(tensors, tmp_path / "x.safetensors", {"format": "pt"})
    for name, array in reference.load_file(tmp_path / "x.safetensors").items():
        assert array.dtype == tensors[name].numpy().dtype
        assert np.array_equal(array, tensors[name].numpy())
    with safe_open(tmp_path / "x.safetensors", "numpy") as file:
        assert file.metadata() == {"format": "pt"}
    for found in (load_file(tmp_path / "x.safetensors"), torch.load(tmp_path / "x.safetensors")):
        assert {k: (v.dtype, v.tolist()) for k, v in found.items()} == {
            k: (v.dtype, v.tolist()) for k, v in tensors.items()
        }
        found["torch.float32"].add_(1)


def test_models_with_tied_weights(tmp_path: Path) -> None:
    model = nn.ModuleDict({"a": nn.Linear(2, 2), "b": nn.Linear(2, 2)})
    model["b"].weight = model["a"].weight
    save_model(model, tmp_path / "m.safetensors")
    with safe_open(tmp_path / "m.safetensors", "numpy") as file:
        assert sorted(file.keys()) == ["a.bias", "a.weight", "b.bias"]
        assert file.metadata() == {"b.weight": "a.weight"}
    other = nn.ModuleDict({"a": nn.Linear(2, 2), "b": nn.Linear(2, 2)})
    other["b"].weight = other["a"].weight
    assert load_model(other, tmp_path / "m.safetensors") == ([], [])
    assert torch.equal(other["b"].weight, model["a"].weight)
    assert torch.equal(other["b"].bias, model["b"].bias)
    with pytest.raises(RuntimeError, match="Missing key"):
        load_model(nn.Sequential(nn.Linear(2, 2)), tmp_path / "m.safetensors")


def test_errors(tmp_path: Path) -> None:
    x = torch.ones(2, 3)
    with pytest.raises(ValueError, match="Key `a` is invalid, expected torch.Tensor but received <class 'int'>"):
        save({"a": 1})
    with pytest.raises(ValueError, match="non contiguous tensor: `a`"):
        save({"a": x.t()})
    with pytest.raises(RuntimeError, match="Some tensors share memory.*save_model"):
        save({"a": x, "b": x[0]})
    with pytest.raises(NotImplementedError, match="'a' is of uint16"):
        load(reference.save({"a": np.ones(2, np.uint16)}))
    with pytest.raises(Exception, match="[Hh]eader|deserializ"):
        load(b"\xff" * 8)
    save_file({"a": x}, tmp_path / "x.safetensors")
    with pytest.raises(AssertionError, match="CPU only"):
        load_file(tmp_path / "x.safetensors", device="cuda")


def test_without_the_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:

    def absent(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(RuntimeError, match="safetensors is not installed.*pip install safetensors"):
        save({"a": torch.ones(1)})
    with pytest.raises(RuntimeError, match="safetensors is not installed"):
        torch.load(tmp_path / "x.safetensors")
