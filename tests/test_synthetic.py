"""Synthetic colour images: their format, classes, seeds and difficulty, and the archives written of them."""

from __future__ import annotations

import hashlib
import io
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microdl import datasets, transforms
from microdl.datasets import SyntheticCIFAR, scenes, synthetic
from microdl.utils.data import DataLoader

from .archives import md5, serve


@pytest.fixture(scope="module")
def train() -> SyntheticCIFAR:
    return SyntheticCIFAR(size=600)


@pytest.fixture(scope="module")
def test() -> SyntheticCIFAR:
    return SyntheticCIFAR(train=False, size=600)


def test_the_format_is_that_of_cifar(train: SyntheticCIFAR) -> None:
    assert train.data.shape == (600, 32, 32, 3)
    assert train.data.dtype == np.uint8
    assert train.data.flags.c_contiguous
    assert type(train.targets) is list
    assert {type(label) for label in train.targets} == {int}
    assert train.class_to_idx == {name: i for i, name in enumerate(train.classes)}
    image, label = train[5]
    assert (image.mode, image.size, label) == ("RGB", (32, 32), train.targets[5])
    assert np.array_equal(np.asarray(image), train.data[5])
    steps = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)])
    x, y = next(iter(DataLoader(SyntheticCIFAR("anywhere", True, steps, download=True, size=64), batch_size=16)))
    assert x.shape == (16, 3, 32, 32)
    assert y.tolist() == train.targets[:16]


def test_it_says_that_it_is_synthetic() -> None:
    assert repr(SyntheticCIFAR("folder", size=3, seed=7)).splitlines() == [
        "Dataset SyntheticCIFAR",
        "    Number of datapoints: 3",
        "    Root location: folder",
        "    Split: Train",
        "    Synthetic: drawn by a program from seed 7, no photographs",
    ]
    assert "no photographs" in (SyntheticCIFAR.__doc__ or "")


def test_two_of_colour_shape_and_texture_tell_the_class_and_one_does_not() -> None:
    assert SyntheticCIFAR.classes == [
        "red plain disc", "red striped square", "yellow dotted square", "yellow checked triangle",
        "green speckled triangle", "green plain cross", "blue striped cross", "blue dotted ring",
        "violet checked ring", "violet speckled disc",
    ]  # fmt: skip
    words = [name.split() for name in SyntheticCIFAR.classes]
    for i in range(3):
        assert sorted(w[i] for w in words) == sorted(2 * list({w[i] for w in words}))
        assert len({(*w[:i], *w[i + 1 :]) for w in words}) == 10


def test_classes_are_balanced_in_random_order(train: SyntheticCIFAR) -> None:
    tens = np.array(train.targets).reshape(-1, 10)
    assert (np.sort(tens, axis=1) == np.arange(10)).all()
    assert len(np.unique(tens, axis=0)) > 55


def test_the_default_sizes_are_those_of_cifar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic, "_drawn", lambda count, train, seed: ((count, train, seed), np.zeros(1)))
    assert SyntheticCIFAR(seed=5).data == (50_000, True, 5)
    assert SyntheticCIFAR(train=False).data == (10_000, False, 0)


def test_an_image_depends_on_its_place_and_the_seed_alone(
    train: SyntheticCIFAR, test: SyntheticCIFAR, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (1, 199, 200, 201, 437):
        part = SyntheticCIFAR(size=size)
        assert np.array_equal(part.data, train.data[:size])
        assert part.targets == train.targets[:size]
    for threads in (1, 3):
        monkeypatch.setattr(synthetic, "get_num_threads", lambda threads=threads: threads)
        assert np.array_equal(SyntheticCIFAR(size=600).data, train.data)
    assert not np.array_equal(SyntheticCIFAR(size=600, seed=1).data, train.data)
    every = np.concatenate([train.data, test.data]).reshape(1200, -1)
    assert len(np.unique(every, axis=0)) == 1200  # no image twice, not in the other part either


def test_the_images_never_change() -> None:
    content = hashlib.sha256()
    for part in (True, False):
        images = SyntheticCIFAR(train=part, size=250, seed=3)
        content.update(images.data.tobytes() + bytes(images.targets))
    assert content.hexdigest() == "47b8260c3b4ce67c669a9e47391d82ea17b6be7c26f81f6ec5ec716b61d35a54"


@pytest.mark.parametrize("shape", scenes.SHAPES)
def test_shapes_are_of_about_the_same_area_and_within_their_size(shape: str) -> None:
    x, y = np.meshgrid(*[np.linspace(-2, 2, 401, dtype=np.float32)] * 2)
    inside = scenes.SHAPES[shape](x, y) < 0
    assert 2.1 < inside.mean() * 16 < 2.8
    assert np.hypot(x, y)[inside].max() < 1.4


@pytest.mark.parametrize("texture", scenes.TEXTURES)
def test_textures_are_between_dark_and_light(texture: str) -> None:
    x, y = np.meshgrid(*[np.arange(32, dtype=np.float32) / 5] * 2)
    pattern = scenes.TEXTURES[texture](x[None], y[None], np.random.RandomState(0))
    assert pattern.shape == (1, 32, 32)
    assert np.abs(pattern).max() <= 1
    assert (pattern.std() > 0.5) == (texture != "plain")


def centroids(features: Any, train: SyntheticCIFAR, test: SyntheticCIFAR) -> float:
    """Accuracy of the nearest class mean."""
    x, y = features(train.data), np.array(train.targets)
    means = np.stack([x[y == k].mean(0) for k in range(10)])
    distances = ((features(test.data)[:, None] - means) ** 2).sum(2)
    return float(np.mean(distances.argmin(1) == test.targets))


def test_colour_alone_tells_something_and_not_the_class(train: SyntheticCIFAR, test: SyntheticCIFAR) -> None:
    def middle(images: Any) -> Any:
        return images[:, 10:22, 10:22].mean((1, 2)).astype(np.float64)

    assert 0.15 < centroids(middle, train, test) < 0.5


def test_brightness_tells_next_to_nothing(train: SyntheticCIFAR, test: SyntheticCIFAR) -> None:
    assert centroids(lambda images: images.mean((1, 2, 3))[:, None], train, test) < 0.25


def test_the_nearest_mean_of_the_pixels_tells_some_of_it(train: SyntheticCIFAR, test: SyntheticCIFAR) -> None:
    """It is a linear classifier, though not the best of them."""

    def blocks(images: Any) -> Any:
        return images.reshape(-1, 8, 4, 8, 4, 3).mean((2, 4)).reshape(len(images), -1)

    assert 0.2 < centroids(blocks, train, test) < 0.6


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"train": "test"}, TypeError, "train must be True"),
        ({"size": 0}, ValueError, "size must be at least 1, got 0"),
        ({"size": 2.5}, TypeError, "size must be an integer, at least 1, got 2.5"),
        ({"seed": -1}, ValueError, "seed must be within 0"),
        ({"transform": 3}, TypeError, "transform must be callable or None, got 3"),
    ],
)
def test_wrong_arguments_are_refused(options: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        SyntheticCIFAR(**({"size": 5} | options))


# --- archives in the official formats --------------------------------------------------------------------------


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}  # type: ignore[union-attr]


def test_the_python_archive_is_as_the_official_page_describes_it(tmp_path: Path, train: SyntheticCIFAR) -> None:
    path = SyntheticCIFAR.write_archive(tmp_path, train_size=52, test_size=10)
    assert path == tmp_path / "cifar-10-python.tar.gz"
    files = members(path)
    batches = [f"data_batch_{i}" for i in range(1, 6)]
    names = [*batches, "test_batch", "batches.meta", "readme.html"]
    assert sorted(files) == sorted(f"cifar-10-batches-py/{name}" for name in names)
    labels, images = [], []
    for name in batches:
        entry = pickle.load(io.BytesIO(files[f"cifar-10-batches-py/{name}"]), encoding="bytes")
        assert list(entry) == [b"batch_label", b"labels", b"data", b"filenames"]
        assert entry[b"batch_label"] == f"training batch {name[-1]} of 5".encode()
        assert entry[b"data"].dtype == np.uint8
        assert len(entry[b"filenames"]) == len(entry[b"labels"]) == len(entry[b"data"])
        labels += entry[b"labels"]
        images.append(entry[b"data"])
    assert labels == train.targets[:52]
    planes = np.concatenate(images).reshape(-1, 3, 32, 32)
    assert np.array_equal(planes.transpose(0, 2, 3, 1), train.data[:52])
    meta = pickle.load(io.BytesIO(files["cifar-10-batches-py/batches.meta"]), encoding="latin1")
    assert meta == {"num_cases_per_batch": 10, "label_names": SyntheticCIFAR.classes, "num_vis": 3072}
    assert b"Synthetic images of seed 0, no photographs" in files["cifar-10-batches-py/readme.html"]
    first = path.read_bytes()
    SyntheticCIFAR.write_archive(tmp_path, train_size=52, test_size=10)
    assert path.read_bytes() == first


def test_the_binary_archive_is_as_the_official_page_describes_it(tmp_path: Path, test: SyntheticCIFAR) -> None:
    files = members(SyntheticCIFAR.write_archive(tmp_path, "binary", train_size=50, test_size=20))
    records = np.frombuffer(files["cifar-10-batches-bin/test_batch.bin"], np.uint8).reshape(20, 3073)
    assert records[:, 0].tolist() == test.targets[:20]
    assert np.array_equal(records[:, 1:].reshape(20, 3, 32, 32).transpose(0, 2, 3, 1), test.data[:20])
    assert files["cifar-10-batches-bin/batches.meta.txt"].decode().split("\n")[:10] == SyntheticCIFAR.classes


def test_the_loader_reads_both_and_takes_neither_for_the_photographs(tmp_path: Path, train: SyntheticCIFAR) -> None:
    for version in ("python", "binary"):
        path = SyntheticCIFAR.write_archive(tmp_path, version, train_size=50, test_size=10)
        with pytest.raises(RuntimeError, match="not the official one"):
            datasets.CIFAR10(path)
        unchecked = type("Unchecked", (datasets.CIFAR10,), {"_check_integrity": lambda self: True})
        found = unchecked(path)
        assert np.array_equal(found.data, train.data[:50])
        assert (found.targets, found.classes) == (train.targets[:50], SyntheticCIFAR.classes)


def test_it_can_be_served_and_downloaded(tmp_path: Path, test: SyntheticCIFAR) -> None:
    content = SyntheticCIFAR.write_archive(tmp_path, train_size=50, test_size=10).read_bytes()
    files = {name.split("/")[1]: md5(file) for name, file in members(tmp_path / "cifar-10-python.tar.gz").items()}
    with serve({"some.tar.gz": content}) as server:
        served = type(
            "Served",
            (datasets.CIFAR10,),
            {
                "url": f"{server.url}some.tar.gz",
                "tgz_md5": md5(content),
                "train_list": [[name, files[name]] for name, _ in datasets.CIFAR10.train_list],
                "test_list": [["test_batch", files["test_batch"]]],
                "meta": datasets.CIFAR10.meta | {"md5": files["batches.meta"]},
            },
        )
        found = served(tmp_path / "new", train=False, download=True)
    assert np.array_equal(found.data, test.data[:10])


@pytest.mark.parametrize(
    ("version", "options", "error", "said"),
    [
        ("matlab", {}, ValueError, "version must be 'python' or 'binary', got 'matlab'"),
        ("python", {"train_size": 4}, ValueError, "train_size must be at least 5, got 4: the format has five"),
        ("python", {"test_size": 0}, ValueError, "size must be at least 1, got 0"),
    ],
)
def test_wrong_archives_are_not_written(
    tmp_path: Path, version: str, options: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        SyntheticCIFAR.write_archive(tmp_path, version, **({"train_size": 10, "test_size": 10} | options))
    with pytest.raises(FileNotFoundError, match="no folder"):
        SyntheticCIFAR.write_archive(tmp_path / "absent", train_size=10, test_size=10)
    assert list(tmp_path.iterdir()) == []
