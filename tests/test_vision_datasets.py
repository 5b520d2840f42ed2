"""MNIST, CIFAR and their kin, from files in the official formats; what is damaged is refused."""

from __future__ import annotations

import gzip
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microdl import datasets, transforms
from microdl.datasets.cifar import load_arrays
from microdl.datasets.mnist import read_idx
from microdl.utils.data import DataLoader, Subset

from .archives import NAMES, cifar_files, idx, md5, mnist_files, serve, tar_of, write_mnist


def served_mnist(url: str, files: dict[str, bytes]) -> type[datasets.MNIST]:
    class MNIST(datasets.MNIST):
        mirrors = ["http://127.0.0.1:9/", url]  # noqa: RUF012  # nothing answers at the first
        resources = [(f"{name}.gz", md5(files[f"{name}.gz"])) for name in NAMES]  # noqa: RUF012

    return MNIST


def cifar_class(files: dict[str, bytes], base: Any = datasets.CIFAR10, **more: Any) -> Any:
    """The class with the checksums of these files."""
    sums = {name: md5(content) for name, content in files.items()}
    lists = {
        "train_list": [[name, sums[name]] for name, _ in base.train_list],
        "test_list": [[name, sums[name]] for name, _ in base.test_list],
        "meta": base.meta | {"md5": sums[base.meta["filename"]]},
    }
    return type(base.__name__, (base,), lists | more)


def write_cifar(root: Path, files: dict[str, bytes], folder: str = "cifar-10-batches-py") -> None:
    (root / folder).mkdir()
    for name, content in files.items():
        (root / folder / name).write_bytes(content)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", ["MNIST", "FashionMNIST", "KMNIST"])
def test_an_existing_download_of_torchvision_is_found(tmp_path: Path, kind: str, packed: bool) -> None:
    write_mnist(tmp_path, kind, packed)
    train, test = (getattr(datasets, kind)(tmp_path, train=part) for part in (True, False))
    assert (len(train), len(test)) == (20, 10)
    assert str(train.data.dtype) == "torch.uint8"
    assert train.data.shape == (20, 28, 28)
    assert str(train.targets.dtype) == "torch.int64"
    content = mnist_files()["train-images-idx3-ubyte"]
    assert train.data.numpy().tobytes() == content[16:]
    image, label = train[3]
    assert image.mode == "L"
    assert np.array_equal(np.asarray(image), train.data[3].numpy())
    assert type(label) is int
    assert label == int(train.targets[3])
    assert train.class_to_idx[train.classes[4]] == 4


def test_the_description_is_torchvisions(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    steps = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    assert repr(datasets.MNIST(str(tmp_path), transform=steps)).splitlines() == [
        "Dataset MNIST",
        "    Number of datapoints: 20",
        f"    Root location: {tmp_path}",
        "    Split: Train",
        "    StandardTransform",
        "Transform: Compose(",
        "               ToTensor()",
        "               Normalize(mean=(0.5,), std=(0.5,))",
        "           )",
    ]


def test_a_download_is_whole_checked_and_unpacked(tmp_path: Path) -> None:
    files = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in mnist_files().items()}
    with serve(files) as server:
        kind = served_mnist(server.url, files)
        assert len(kind(tmp_path, download=True)) == 20
        asked = len(server.asked)
        assert len(kind(tmp_path, train=False, download=True)) == 10
        assert len(server.asked) == asked == 4
    raw = tmp_path / "MNIST" / "raw"
    assert sorted(os.listdir(raw)) == sorted([*NAMES, *(f"{name}.gz" for name in NAMES)])


def test_a_broken_connection_goes_on_where_it_was(tmp_path: Path) -> None:
    files = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in mnist_files().items()}
    first = f"{NAMES[0]}.gz"
    with serve(files) as server:
        server.cut[first] = 1000
        kind = served_mnist(server.url, files)
        with pytest.raises(RuntimeError, match=r"(?s)Error downloading train-images.*ended after 1000 of.*put "):
            kind(tmp_path, download=True)
        raw = tmp_path / "MNIST" / "raw"
        assert os.listdir(raw) == [f"{first}.part"]
        assert len(kind(tmp_path, download=True)) == 20
        assert (first, "bytes=1000-") in server.asked


def test_a_wrong_checksum_leaves_no_file(tmp_path: Path) -> None:
    files = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in mnist_files().items()}
    with serve(files) as server:
        kind = served_mnist(server.url, files)
        server.files[f"{NAMES[0]}.gz"] = b"something else"
        with pytest.raises(RuntimeError, match="MD5 is .*, not .*: it is damaged"):
            kind(tmp_path, download=True)
    assert os.listdir(tmp_path / "MNIST" / "raw") == []


def test_offline_the_error_says_what_to_put_where(tmp_path: Path) -> None:
    class MNIST(datasets.MNIST):
        mirrors = ["http://127.0.0.1:9/"]  # noqa: RUF012

    with pytest.raises(RuntimeError, match=r"(?s)Tried http://127.0.0.1:9/train.*put train-images.*into .*MNIST.raw"):
        MNIST(tmp_path, download=True)
    with pytest.raises(RuntimeError, match=r"Dataset not found. You can use download=True.*put train-images"):
        datasets.MNIST(tmp_path)
    with pytest.raises(RuntimeError, match=r"Dataset not found or corrupted.*data_batch_1.*not there.*put cifar"):
        datasets.CIFAR10(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no IDX file"),
        (b"\0\0\x08", "no IDX file"),
        (b"\x1f\x8b\x08\0", "no IDX file"),
        (b"\0\0\x08\x03\0\0", "cut short"),
        (idx(np.zeros((3, 28, 28)))[:-1], "should have 2368 bytes, not 2367"),
        (idx(np.zeros((3, 28, 28))) + b"\0", "not 2369"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "damaged"),
    ],
)
def test_a_damaged_idx_file_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(RuntimeError, match=said):
        read_idx(tmp_path / "file")
    (tmp_path / "file.gz").write_bytes(gzip.compress(content)[:-5])
    with pytest.raises(RuntimeError, match="damaged"):
        read_idx(tmp_path / "file.gz")


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    (tmp_path / "MNIST" / "raw" / NAMES[1]).write_bytes(idx(np.zeros(19)))
    with pytest.raises(RuntimeError, match=r"do not belong together.*\(20, 28, 28\).*\(19,\)"):
        datasets.MNIST(tmp_path)


def test_cifar_from_the_folder(tmp_path: Path) -> None:
    files = cifar_files()
    write_cifar(tmp_path, files)
    train = cifar_class(files)(tmp_path)
    assert train.data.shape == (30, 32, 32, 3)
    assert train.data.dtype == np.uint8
    assert len(train.targets) == 30
    assert train.classes[3] == "cat"
    raw = pickle.loads(files["data_batch_2"])
    assert np.array_equal(train.data[6].transpose(2, 0, 1).ravel(), raw["data"][0])
    image, label = train[6]
    assert (image.mode, image.size, label) == ("RGB", (32, 32), raw["labels"][0])
    with pytest.raises(RuntimeError, match="MD5 is"):
        datasets.CIFAR10(tmp_path)


def test_cifar_whose_own_check_is_overridden_takes_other_files(tmp_path: Path) -> None:
    write_cifar(tmp_path, cifar_files())
    unchecked = type("Unchecked", (datasets.CIFAR10,), {"_check_integrity": lambda self: True})
    assert len(unchecked(tmp_path)) == 30


def test_cifar_100_has_fine_labels(tmp_path: Path) -> None:
    files = cifar_files(fine=True)
    write_cifar(tmp_path, files, "cifar-100-python")
    test = cifar_class(files, datasets.CIFAR100)(tmp_path, train=False)
    assert test.targets == pickle.loads(files["test"])["fine_labels"]
    assert len(test.classes) == 100


def test_cifar_is_downloaded_and_unpacked(tmp_path: Path) -> None:
    files = cifar_files()
    archive = tar_of(files | {"../../evil": b"x", "readme.html": b"y"}, "cifar-10-batches-py")
    with serve({"cifar-10-python.tar.gz": archive}) as server:
        kind = cifar_class(files, url=f"{server.url}cifar-10-python.tar.gz", tgz_md5=md5(archive))
        assert len(kind(tmp_path, download=True)) == 30
        kind(tmp_path, download=True)
        assert len(server.asked) == 1
    assert sorted(os.listdir(tmp_path / "cifar-10-batches-py")) == sorted(files)
    assert sorted(os.listdir(tmp_path)) == ["cifar-10-batches-py", "cifar-10-python.tar.gz"]


def test_cifar_from_an_archive_that_is_there(tmp_path: Path) -> None:
    files = cifar_files()
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(tar_of(files, "cifar-10-batches-py"))
    assert len(cifar_class(files)(tmp_path, train=False)) == 6


@pytest.mark.parametrize("keep", [0, 100, -2000])
def test_a_truncated_archive_is_refused(tmp_path: Path, keep: int) -> None:
    files = cifar_files()
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(tar_of(files, "cifar-10-batches-py")[:keep])
    with pytest.raises(RuntimeError, match="is damaged"):
        cifar_class(files)(tmp_path)


def test_the_binary_version_gives_the_same(tmp_path: Path) -> None:
    files = cifar_files()
    (tmp_path / "py").mkdir()
    write_cifar(tmp_path / "py", files)
    folder = tmp_path / "bin" / "cifar-10-batches-bin"
    folder.mkdir(parents=True)
    for name, content in files.items():
        if name == "batches.meta":
            (folder / "batches.meta.txt").write_text("\n".join(pickle.loads(content)["label_names"]) + "\n\n")
            continue
        entry = pickle.loads(content)
        records = np.concatenate([np.array(entry["labels"], np.uint8)[:, None], entry["data"]], axis=1)
        (folder / f"{name}.bin").write_bytes(records.tobytes())
    one, other = cifar_class(files)(tmp_path / "py"), datasets.CIFAR10(tmp_path / "bin")
    assert np.array_equal(one.data, other.data)
    assert (one.targets, one.classes) == (other.targets, other.classes)
    (folder / "data_batch_3.bin").write_bytes(b"1234")
    with pytest.raises(RuntimeError, match=r"data_batch_3.bin is damaged: 4 bytes are no multiple of 3073"):
        datasets.CIFAR10(tmp_path / "bin")


class Evil:
    def __reduce__(self) -> Any:
        return os.system, ("touch evil",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (pickle.dumps({"data": Evil()}), "asks for posix.system|asks for nt.system"),
        (pickle.dumps({"data": np.zeros(3)}), "array of 'f8', not of bytes"),
        (b"cnumpy\nndarray\n(I99999999999\ntR.", "not callable"),
        (b"", "Ran out of input"),
        (pickle.dumps([1]), "holds a list, not a dict"),
        (pickle.dumps({"data": np.zeros((2, 3072), np.uint8)})[:-20], "damaged"),
    ],
)
def test_the_unpickler_takes_arrays_of_bytes_and_nothing_else(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "batch").write_bytes(content)
    with pytest.raises(RuntimeError, match=said):
        load_arrays(tmp_path / "batch")
    assert not Path("evil").exists()


def test_a_batch_of_the_wrong_shape_is_refused(tmp_path: Path) -> None:
    files = cifar_files()
    files["test_batch"] = pickle.dumps({"data": np.zeros((2, 3000), np.uint8), "labels": [0, 1]})
    write_cifar(tmp_path, files)
    with pytest.raises(RuntimeError, match=r"uint8 of shape \(2, 3000\), not uint8 of shape \(N, 3072\)"):
        cifar_class(files)(tmp_path, train=False)


def pipelines() -> list[Any]:
    t, v2 = transforms, transforms.v2
    import microdl as torch

    return [
        t.ToTensor(),
        t.Compose([t.ToTensor(), t.Normalize((0.1307,), (0.3081,))]),
        t.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5], [0.25])]),
        t.Compose([t.Compose([t.PILToTensor()]), t.ConvertImageDtype(torch.float64)]),
        t.Compose([t.ToTensor(), t.Lambda(lambda x: x.flatten())]),
        t.Compose([t.ToTensor(), t.Normalize((0.5,), (0.5,)), t.RandomErasing(0.5)]),
        t.Compose([t.RandomCrop(24), t.RandomHorizontalFlip(), t.ToTensor()]),
        lambda image: np.asarray(image, np.float32),
    ]


@pytest.mark.parametrize("which", range(len(pipelines())))
def test_whole_batches_are_the_samples_to_the_bit(tmp_path: Path, which: int) -> None:
    import microdl as torch

    files = cifar_files()
    write_mnist(tmp_path)
    write_cifar(tmp_path, files)
    for kind in (datasets.MNIST, cifar_class(files)):

        class OneByOne(kind):  # type: ignore[misc, valid-type]
            def __getitem__(self, index: Any) -> Any:
                return super().__getitem__(index)

        OneByOne.__name__ = kind.__name__
        fast, slow = (each(tmp_path, transform=pipelines()[which]) for each in (kind, OneByOne))
        assert slow._gather() is None
        assert (fast._gather() is None) == (which >= 6)
        for wrapped in (lambda d: d, lambda d: Subset(d, [7, 3, 3, 11, 0])):
            found = []
            for dataset in (fast, slow):
                torch.manual_seed(5)
                found.append(list(DataLoader(wrapped(dataset), batch_size=4, shuffle=True)))
            for (x, y), (x2, y2) in zip(*found, strict=True):
                assert x.dtype == x2.dtype
                assert x.shape == x2.shape
                assert x.is_contiguous() == x2.is_contiguous()
                assert torch.equal(x, x2)
                assert torch.equal(y, y2)
                assert y.dtype == y2.dtype


def test_a_change_of_data_or_transform_is_seen_by_the_next_epoch(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    train = datasets.MNIST(tmp_path, transform=transforms.ToTensor())
    loader = DataLoader(train, batch_size=20)
    train.data = train.data[:5]
    train.targets = train.targets[:5] * 0
    ((x, y),) = loader
    assert x.shape == (5, 1, 28, 28)
    assert y.tolist() == [0] * 5
    train.transform = transforms.Compose([transforms.ToTensor(), transforms.Lambda(lambda image: image * 0)])
    ((x, _),) = loader
    assert float(x.max()) == 0
    train.target_transform = lambda label: label + 7
    ((_, y),) = loader
    assert y.tolist() == [7] * 5


def test_a_broken_pipeline_fails_as_it_does_for_one_sample(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    steps = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)])
    train = datasets.MNIST(tmp_path, transform=steps)
    with pytest.raises(RuntimeError) as alone:
        train[0]
    with pytest.raises(RuntimeError) as batch:
        next(iter(DataLoader(train, batch_size=4)))
    assert str(alone.value) == str(batch.value)


def test_without_pillow_arrays_go_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    write_mnist(tmp_path)
    with_pillow = datasets.MNIST(tmp_path, transform=transforms.ToTensor())[3][0]
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    assert datasets.MNIST(tmp_path)[3][0].shape == (28, 28)
    steps = transforms.Compose([transforms.ToTensor(), transforms.Lambda(lambda image: image.view(-1))])
    train = datasets.MNIST(tmp_path, transform=steps)
    assert (train[3][0] == with_pillow.view(-1)).all()
    assert next(iter(DataLoader(train, batch_size=3)))[0].shape == (3, 784)
    with pytest.raises(TypeError, match="Pillow"):
        transforms.RandomCrop(3)(np.zeros((28, 28), np.uint8))
    with pytest.raises(ImportError, match=r"microdl\[vision\]"):
        transforms.ToPILImage()(with_pillow)


def test_wrong_arguments_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="transform must be callable or None, got 3"):
        datasets.MNIST(tmp_path, transform=3)
    with pytest.raises(ValueError, match="Only transforms or transform/target_transform"):
        datasets.VisionDataset(transforms=print, transform=print)


def test_fake_data_is_torchvisions(tmp_path: Path) -> None:
    data = datasets.FakeData(3, (3, 4, 5), transform=transforms.PILToTensor())
    image, label = data[1]
    # torchvision.datasets.FakeData(3, (3, 4, 5), transform=PILToTensor())[1], version 0.28
    assert (image.shape, label) == ((3, 4, 5), 5)
    assert image.flatten()[:8].tolist() == [123, 65, 90, 102, 231, 101, 7, 102]
    with pytest.raises(IndexError, match="out of range"):
        data[3]


def test_images_in_folders(tmp_path: Path) -> None:
    from PIL import Image

    for name in ("cat/b.png", "cat/a.png", "dog/deep/c.PNG", "dog/notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (3, 2), 7).save(path, format="png")
    found = datasets.ImageFolder(tmp_path, transform=transforms.ToTensor())
    assert found.classes == ["cat", "dog"]
    assert [(os.path.basename(path), label) for path, label in found.samples] == [
        ("a.png", 0),
        ("b.png", 0),
        ("c.PNG", 1),
    ]
    assert found.targets == [0, 0, 1]
    assert found[0][0].shape == (3, 2, 3)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="Found no valid file for the classes empty"):
        datasets.ImageFolder(tmp_path)
    with pytest.raises(FileNotFoundError, match="any class folder"):
        datasets.ImageFolder(tmp_path / "empty")
