"""Data sets: handwritten digits, inside the package; MNIST, its relatives and CIFAR from their official files.

Each is loaded when it is first asked for, so that `import microdl` needs no image transforms and no network code.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from microdl.datasets.cifar import CIFAR10, CIFAR100
    from microdl.datasets.digits import Digits
    from microdl.datasets.fake import FakeData
    from microdl.datasets.folder import DatasetFolder, ImageFolder
    from microdl.datasets.mnist import KMNIST, MNIST, FashionMNIST
    from microdl.datasets.vision import VisionDataset

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "KMNIST",
    "MNIST",
    "DatasetFolder",
    "Digits",
    "FakeData",
    "FashionMNIST",
    "ImageFolder",
    "VisionDataset",
]

_FILES = {
    "cifar": ("CIFAR10", "CIFAR100"),
    "digits": ("Digits",),
    "fake": ("FakeData",),
    "folder": ("DatasetFolder", "ImageFolder"),
    "mnist": ("KMNIST", "MNIST", "FashionMNIST"),
    "vision": ("VisionDataset",),
    "download": (),
}


def __getattr__(name: str) -> Any:
    for file, names in _FILES.items():
        if name == file or name in names:
            module = import_module(f"{__name__}.{file}")
            found = globals()[name] = module if name == file else getattr(module, name)
            return found
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'. Its data sets: {', '.join(__all__)}.")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
