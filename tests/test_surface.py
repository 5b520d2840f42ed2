"""A name of PyTorch's that microdl has not: what the error says, and at what cost to the names that are there."""

from __future__ import annotations

import copy
import pickle
import sys
from types import ModuleType

import numpy as np
import pytest

import microdl
from microdl import surface
from microdl.surface.alternatives import _TABLE, alternative

KNOWN_ABSENT = [
    (microdl, "torch", "stft", "numpy.fft"),
    (microdl, "torch", "jit", "drop torch.jit.script"),
    (microdl, "torch", "complex64", "the real and the imaginary parts"),
    (microdl, "torch", "bfloat16", "torch.float32"),
    (microdl, "torch", "compiler", "drop the decorators"),
    (microdl.nn, "torch.nn", "Conv2d", "no convolutions"),
    (microdl.nn, "torch.nn", "LSTM", "windows of the sequence"),
    (microdl.nn.functional, "torch.nn.functional", "max_pool2d", "no convolutions"),
    (microdl.optim, "torch.optim", "SparseAdam", "torch.optim.Adam"),
    (microdl.linalg, "torch.linalg", "ldl_factor", "numpy.linalg"),
    (microdl.cuda, "torch.cuda", "nvtx", "torch.device('cpu')"),
]


@pytest.mark.parametrize(("module", "space", "name", "instead"), KNOWN_ABSENT)
def test_an_absent_name_says_what_is_there_instead(module: ModuleType, space: str, name: str, instead: str) -> None:
    with pytest.raises(AttributeError) as error:
        getattr(module, name)
    text = str(error.value)
    assert text.startswith(f"module '{module.__name__}' has no attribute '{name}': {space}.{name} is in PyTorch 2.13")
    assert microdl.__version__ in text
    assert instead in text.partition("Instead: ")[2]


def test_an_import_of_an_absent_name_says_the_same() -> None:
    with pytest.raises(ImportError, match=r"torch.nn.Conv2d is in PyTorch 2.13, of which microdl .*Instead: nn.Linear"):
        from microdl.nn import Conv2d  # noqa: F401
    with pytest.raises(ImportError, match=r"torch.stft is in PyTorch 2.13.*Instead: numpy.fft"):
        from microdl import stft  # noqa: F401


def test_a_name_that_pytorch_has_not_either_gets_close_matches() -> None:
    with pytest.raises(AttributeError) as error:
        microdl.cros_entropy_los  # noqa: B018
    assert str(error.value) == "module 'microdl' has no attribute 'cros_entropy_los'."
    with pytest.raises(AttributeError, match=r"has no attribute 'Liner'. Close to it: Linear"):
        microdl.nn.Liner  # noqa: B018
    with pytest.raises(ImportError, match=r"has no attribute 'Liner'. Close to it: Linear"):
        from microdl.nn import Liner  # noqa: F401


def test_an_absent_method_of_a_tensor() -> None:
    text = "'Tensor' object has no attribute 'stft': torch.Tensor.stft is in PyTorch 2.13, of which microdl "
    with pytest.raises(AttributeError) as error:
        microdl.ones(2).stft(2)
    assert str(error.value).startswith(text)
    assert str(error.value).endswith("Instead: numpy.fft, on x.detach().numpy() (without gradients).")
    with pytest.raises(AttributeError, match=r"^type object 'Tensor' has no attribute 'stft': torch.Tensor.stft is"):
        microdl.Tensor.stft  # noqa: B018
    with pytest.raises(AttributeError, match=r"^'Parameter' object has no attribute 'stft'"):
        microdl.nn.Parameter(microdl.ones(2)).stft  # noqa: B018
    with pytest.raises(AttributeError, match=r"^'Tensor' object has no attribute 'meen'$"):
        microdl.ones(2).meen  # noqa: B018


def test_absent_names_are_absent_to_every_question() -> None:
    t = microdl.ones(2)
    assert not hasattr(t, "stft")
    assert not hasattr(microdl.Tensor, "stft")
    assert not hasattr(microdl, "stft")
    assert getattr(microdl.nn, "Conv2d", None) is None
    assert "stft" not in dir(t)
    assert {"mean", "shape", "grad"} <= set(dir(t))
    model = microdl.nn.Sequential(microdl.nn.ReLU())
    assert "0" not in dir(model)  # the module's own rule about what it lists still holds
    assert "ipu" not in dir(model)


def test_an_instance_may_take_an_absent_name() -> None:
    class Net(microdl.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stft = microdl.nn.Linear(2, 1)  # no name of Module's: nothing is special
            self.xpu = microdl.nn.Linear(1, 1)  # one that Module may or may not have

    assert [name for name, _ in Net().named_children()] == ["stft", "xpu"]
    t = microdl.ones(2)
    t.stft = 3
    assert t.stft == 3


def test_classes_have_no_getattr_that_would_slow_every_attribute() -> None:
    """With one, each attribute of a tensor costs 30 ns in place of 10, and an addition 10 % more."""
    assert not hasattr(microdl.Tensor, "__getattr__")
    assert not hasattr(microdl.nn.Module, "__getattr__")


def test_copies_pickles_and_arrays_of_tensors_are_untouched() -> None:
    t = microdl.tensor([1.0, 2.0])
    for other in (copy.copy(t), copy.deepcopy(t), pickle.loads(pickle.dumps(t))):
        assert microdl.equal(other, t)
    assert np.asarray(t).tolist() == [1.0, 2.0]
    assert copy.deepcopy(microdl.nn.Linear(1, 1)) is not None


def test_dunder_names_of_modules_are_answered_at_once() -> None:
    with pytest.raises(AttributeError, match=r"^module 'microdl.nn' has no attribute '__wrapped__'$"):
        microdl.nn.__wrapped__  # noqa: B018


def test_a_submodule_that_is_loaded_later_is_found() -> None:
    from microdl import train

    assert train.__name__ == "microdl.train"


def test_the_names_of_pytorch() -> None:
    spaces = surface.names()
    assert {"torch", "torch.Tensor", "torch.nn", "torch.nn.functional", "torch.optim", "torch.linalg"} <= set(spaces)
    assert {"zeros", "stft", "no_grad"} <= set(spaces["torch"])
    assert {"backward", "shape", "add_"} <= set(spaces["torch.Tensor"])
    assert all(list(found) == sorted(set(found)) for found in spaces.values())


def test_every_module_with_a_namesake_has_its_errors() -> None:
    for space in surface.names():
        path = "microdl" + space.removeprefix("torch")
        module = sys.modules.get(path)
        assert module is None or "__getattr__" in vars(module), path


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in _TABLE])
def test_every_pattern_of_the_alternatives_serves_an_absent_name(pattern: str) -> None:
    """A pattern whose names have all come to be there, or that an earlier one hides, is to be deleted."""
    absent = [f"{s}.{n}" for s, found in surface.names().items() for n in found if not _has(s, n)]
    text = dict(_TABLE)[pattern]
    assert any(alternative(path) == text for path in absent), pattern


def _has(space: str, name: str) -> bool:
    owner: object = microdl
    for part in space.split(".")[1:]:
        owner = getattr(owner, part, None)
    return hasattr(owner, name)
