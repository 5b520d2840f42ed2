"""Where `save` writes and `load` reads: paths, open files, links, devices; and that nothing is ever half written."""

from __future__ import annotations

import io
import os
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest

import microdl as torch
from microdl.serialization.archive import ArchiveWriter


def written(obj: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    torch.save(obj, file, **options)
    return file.getvalue()


STATE = written({"a": torch.ones(3)})
LEGACY = written({"a": torch.ones(3), "b": [1, "x"]}, _use_new_zipfile_serialization=False)


def load(data: bytes, **options: Any) -> Any:
    return torch.load(io.BytesIO(data), **options)


def test_map_location() -> None:
    data = written(torch.ones(2))
    seen = []

    def keep(storage: Any, location: str) -> Any:
        seen.append((storage.nbytes(), location))
        return storage

    for place in (None, "cpu", torch.device("cpu"), {"cpu": "cpu"}, keep, lambda storage, location: None):
        assert load(data, map_location=place).tolist() == [1, 1]
    assert seen == [(8, "cpu")]
    for place in ("cuda", "cuda:1", torch.device("cuda"), {"cpu": "cuda:0"}):
        with pytest.raises(RuntimeError, match="Attempting to deserialize object on a CUDA device"):
            load(data, map_location=place)
    with pytest.raises(RuntimeError, match="don't know how to restore data location"):
        load(data, map_location="tpu")
    with pytest.raises(TypeError, match="neither a storage nor None"):
        load(data, map_location=lambda storage, location: 3)


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    torch.save({"epoch": 1}, path)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        torch.save({"epoch": 2, "bad": lambda: None}, path)
    assert torch.load(path) == {"epoch": 1}
    assert os.listdir(tmp_path) == ["model.pt"]


def test_an_interrupted_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.pt"
    torch.save({"epoch": 1}, path)

    def interrupted(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ArchiveWriter, "close", interrupted)
    with pytest.raises(KeyboardInterrupt):
        torch.save({"epoch": 2}, path)
    assert torch.load(path) == {"epoch": 1}
    assert os.listdir(tmp_path) == ["model.pt"]


def test_paths_files_links_and_devices(tmp_path: Path) -> None:
    x = torch.arange(3)
    path = tmp_path / "größe.pt"
    torch.save(x, path)
    torch.save(x, str(tmp_path / "a.b.pt"))
    with (tmp_path / "c").open("wb") as file:
        torch.save(x, file)
    with (tmp_path / "c").open("rb") as file:
        assert torch.load(file).tolist() == [0, 1, 2]
    link = tmp_path / "latest.pt"
    link.symlink_to(path)
    torch.save(x + 1, link)
    assert link.is_symlink()
    assert torch.load(path).tolist() == [1, 2, 3]
    assert torch.load(str(tmp_path / "a.b.pt"), mmap=True).tolist() == [0, 1, 2]
    torch.save(x, os.devnull)
    assert not Path(os.devnull).is_file()


def test_mapped_storages_are_copies_on_write(tmp_path: Path) -> None:
    torch.save(OrderedDict(a=torch.ones(2), b=torch.empty(0)), tmp_path / "x.pt")
    found = torch.load(tmp_path / "x.pt", mmap=True)
    found["a"].add_(1)
    assert found["a"].tolist() == [2, 2]
    assert torch.load(tmp_path / "x.pt")["a"].tolist() == [1, 1]


def test_errors_of_arguments(tmp_path: Path) -> None:
    with pytest.raises(AttributeError, match="expected 'f' to be string, path, or a file-like"):
        torch.save(1, 3)
    with pytest.raises(RuntimeError, match="Parent directory .*none does not exist"):
        torch.save(1, tmp_path / "none" / "x.pt")
    with pytest.raises(FileNotFoundError):
        torch.load(tmp_path / "none.pt")
    with pytest.raises(AttributeError, match="'int' object has no attribute 'read'.*seekable"):
        torch.load(3)
    with pytest.raises(ValueError, match="f must be a file path in order to use the mmap argument"):
        load(STATE, mmap=True)
    with pytest.raises(RuntimeError, match="explicit pickle_module"):
        load(STATE, pickle_module=pickle, weights_only=True)
    for weights_only in (True, False):
        with pytest.raises(TypeError, match="'weigths_only'"):
            load(STATE, weigths_only=True, weights_only=weights_only)
    (tmp_path / "old.pt").write_bytes(LEGACY)
    with pytest.raises(RuntimeError, match="mmap can only be used with files saved with"):
        torch.load(tmp_path / "old.pt", mmap=True)
    assert isinstance(load(LEGACY, pickle_module=pickle), dict)
