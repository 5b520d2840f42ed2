"""What PyTorch saves microdl loads to the bit, and the reverse; refusals are alike."""

from __future__ import annotations

import io
import pickle
import warnings
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

import microdl  # noqa: E402

BOTH_WAYS = pytest.mark.parametrize(
    ("writer", "reader"), [(torch, microdl), (microdl, torch)], ids=["torch to microdl", "microdl to torch"]
)
LIBRARIES: Any = {torch: "torch", microdl: "microdl"}
DTYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "Linear": (2, 3), "Unflatten": (1, (2, 2)), "BatchNorm1d": (3,), "LayerNorm": (3,), "Embedding": (4, 2),
    "Threshold": (1.0, 2.0), "Bilinear": (2, 3, 2), "EmbeddingBag": (4, 2), "GroupNorm": (1, 2), "RMSNorm": (3,),
}  # fmt: skip
MODULES = sorted(
    name
    for name in microdl.nn.__all__
    if isinstance(getattr(microdl.nn, name), type)
    and issubclass(getattr(microdl.nn, name), microdl.nn.Module)
    and not name.startswith(("Lazy", "DataParallel"))
    and hasattr(torch.nn, name)
)


def passed(writer: Any, reader: Any, obj: Any, load: dict[str, Any] | None = None, **save: Any) -> Any:
    file = io.BytesIO()
    writer.save(obj, file, **save)
    file.seek(0)
    return reader.load(file, **(load or {}))


def tensors(library: Any) -> Any:
    base = library.arange(12.0)
    found = OrderedDict(
        transposed=base.view(3, 4).t(),
        offset=base[3:],
        steps=base[::5],
        expanded=library.ones(1).expand(4),
        scalar=library.tensor(2.5),
        empty=library.empty(0, 3),
        special=library.tensor([float("nan"), float("inf"), -0.0, 1e-45]),
        leaf=library.ones(2, requires_grad=True),
        result=library.ones(2, requires_grad=True) * 2,
        parameter=library.nn.Parameter(library.ones(2)),
    )
    found["noted"] = library.ones(1)
    found["noted"].note = {"a": (1, 2)}
    for name in DTYPES:
        found[name] = library.tensor([0, 1, 2], dtype=getattr(library, name))
    return found


@BOTH_WAYS
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_tensors_to_the_bit(writer: Any, reader: Any, zipped: bool) -> None:
    found = passed(writer, reader, tensors(writer), _use_new_zipfile_serialization=zipped)
    for name, expected in tensors(reader).items():
        x = found[name]
        assert type(x) is type(expected)
        assert (x.dtype, x.shape, x.stride(), x.storage_offset(), x.requires_grad, x.is_leaf) == (
            expected.dtype, expected.shape, expected.stride(), expected.storage_offset(), expected.requires_grad, True,
        )  # fmt: skip
        assert x.detach().numpy().tobytes() == expected.detach().numpy().tobytes()
    assert found["offset"].untyped_storage().data_ptr() == found["transposed"].untyped_storage().data_ptr()
    assert found["noted"].note == {"a": (1, 2)}


@BOTH_WAYS
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_containers(writer: Any, reader: Any, protocol: int) -> None:
    def make(library: Any) -> Any:
        return {
            "a": [1, -1, 255, 70000, 2**70, 1.5, True, None, "é", {1, 2}, (1,), (), (1, 2, 3, 4), b"x"],
            "size": library.Size([2, 3]), "dtype": library.int64, "device": library.device("cpu"),
            3: OrderedDict(x=[[]]),
        }  # fmt: skip

    # PyTorch reads with weights_only what protocol 2 has
    trust = {} if protocol == 2 else {"weights_only": False}
    found = passed(writer, reader, make(writer), trust, pickle_protocol=protocol)
    assert found == make(reader)


@BOTH_WAYS
@pytest.mark.parametrize("name", MODULES)
def test_modules(writer: Any, reader: Any, name: str) -> None:
    module = getattr(writer.nn, name)(*ARGUMENTS.get(name, ()))
    found = passed(writer, reader, module, {"weights_only": False})
    assert type(found) is getattr(reader.nn, name)
    assert repr(found) == repr(module)
    assert repr(found.state_dict()) == repr(module.state_dict())
    again = passed(reader, writer, found, {"weights_only": False})
    assert set(vars(again)) == set(vars(module))


def trained(library: Any, optimizer: str, options: dict[str, Any]) -> dict[str, Any]:
    library.manual_seed(0)
    nn = library.nn
    model = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Dropout(0.0), nn.Linear(5, 3))
    opt = getattr(library.optim, optimizer)(model.parameters(), **options)
    state = {"model": model, "optimizer": opt, "scheduler": library.optim.lr_scheduler.StepLR(opt, 2)}
    for _ in range(3):
        step(library, state)
    return state


def step(library: Any, state: dict[str, Any]) -> float:
    x = library.linspace(-1, 1, 32).reshape(8, 4)
    y = library.arange(8) % 3
    state["optimizer"].zero_grad()
    loss = library.nn.functional.cross_entropy(state["model"](x), y)
    loss.backward()
    state["optimizer"].step()
    state["scheduler"].step()
    return float(loss.item())


OPTIMIZERS = [
    ("SGD", {"lr": 0.1, "momentum": 0.9}), ("Adam", {"lr": 0.01}), ("AdamW", {"lr": 0.01}), ("RMSprop", {"lr": 0.01}),
    ("Adagrad", {"lr": 0.01}), ("Adadelta", {}), ("Adamax", {"lr": 0.01}),
]  # fmt: skip
OPTIMIZERS = [(name, options) for name, options in OPTIMIZERS if hasattr(microdl.optim, name)]


@BOTH_WAYS
@pytest.mark.parametrize(("optimizer", "options"), OPTIMIZERS)
@pytest.mark.parametrize("whole", [True, False], ids=["objects", "state dicts"])
def test_training_goes_on_in_the_other(writer: Any, reader: Any, optimizer: str, options: Any, whole: bool) -> None:
    state = trained(writer, optimizer, options)
    if whole:
        other = passed(writer, reader, state, {"weights_only": False})
        assert other["scheduler"].optimizer is other["optimizer"]
        assert other["optimizer"].param_groups[0]["params"][0] is other["model"][0].weight
    else:
        other = trained(reader, optimizer, options)
        saved = passed(writer, reader, {k: v.state_dict() for k, v in state.items()})
        for name, value in saved.items():
            other[name].load_state_dict(value)
    for _ in range(4):
        assert step(reader, other) == pytest.approx(step(writer, state), rel=1e-5)


class Shape:
    """A user's class, which both can make."""

    def __init__(self, n: int) -> None:
        self.n = n


@BOTH_WAYS
def test_users_classes_and_what_refuses_them(writer: Any, reader: Any) -> None:
    assert passed(writer, reader, Shape(3), {"weights_only": False}).n == 3
    file = io.BytesIO()
    writer.save([Shape(3), writer.nn.ReLU()], file)
    names = []
    for library in (torch, microdl):
        file.seek(0)
        with pytest.raises(pickle.UnpicklingError, match="was not an allowed global by default") as error:
            library.load(file)
        names.append(str(error.value).split("GLOBAL ")[1].split()[0])
    assert names[0] == names[1]
    with reader.serialization.safe_globals([Shape]):
        assert passed(writer, reader, Shape(3)).n == 3


@BOTH_WAYS
def test_files_and_mapping(writer: Any, reader: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    writer.save(tensors(writer), path)
    found = reader.load(path, mmap=True)
    assert found["transposed"].tolist() == tensors(reader)["transposed"].tolist()
    unknown = [m.serialization.get_unsafe_globals_in_checkpoint(path) for m in (torch, microdl)]
    assert unknown == [[], []]


def test_pytorch_computes_the_offsets_of_microdls_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torch.utils.serialization import config

    microdl.save(tensors(microdl), tmp_path / "x.pt")
    monkeypatch.setenv("TORCH_SERIALIZATION_DEBUG", "1")  # PyTorch checks each offset against the directory
    with config.patch("load.calculate_storage_offsets", True):
        found = torch.load(tmp_path / "x.pt", mmap=True)
    assert found["offset"].tolist() == list(range(3, 12))


def test_the_same_bytes(tmp_path: Path) -> None:
    for library in (torch, microdl):
        (tmp_path / LIBRARIES[library]).mkdir()
        library.save(tensors(library), tmp_path / LIBRARIES[library] / "x.pt")
    ours, theirs = ((tmp_path / name / "x.pt").read_bytes() for name in ("microdl", "torch"))
    end = theirs.index(b"x/.data/serialization_id")
    assert ours[:end] == theirs[:end]


@pytest.mark.parametrize("dtype", ["bfloat16", "complex64", "uint16"])
def test_dtypes_that_microdl_lacks(dtype: str) -> None:
    with pytest.raises(NotImplementedError, match=f"torch.{dtype}, which microdl does not have"):
        passed(torch, microdl, torch.ones(2, dtype=getattr(torch, dtype)))


@pytest.mark.parametrize("place", ["cuda", "cuda:1", {"cpu": "cuda"}])
def test_places_that_are_not_there(place: Any) -> None:
    for library in (torch, microdl):
        with pytest.raises(RuntimeError, match="Attempting to deserialize object on a CUDA device"):
            passed(library, library, library.ones(2), {"map_location": place})


def test_storages_look_alike() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for make in (lambda m: m.arange(3.0).storage(), lambda m: m.arange(2).untyped_storage()):
            assert repr(make(torch)) == repr(make(microdl))
            assert make(torch).tolist() == make(microdl).tolist()


def test_safetensors(tmp_path: Path) -> None:
    from safetensors import torch as reference

    from microdl import safetensors

    tensors = {name: torch.tensor([0, 1, 2], dtype=getattr(torch, name)) for name in DTYPES}
    reference.save_file(tensors, tmp_path / "x.safetensors")
    for name, x in safetensors.load_file(tmp_path / "x.safetensors").items():
        assert np.array_equal(x.numpy(), tensors[name].numpy())
    safetensors.save_model(microdl.nn.Linear(2, 3), tmp_path / "m.safetensors")
    assert reference.load_model(torch.nn.Linear(2, 3), tmp_path / "m.safetensors") == (set(), [])
