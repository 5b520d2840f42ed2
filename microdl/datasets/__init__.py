"""Data sets: handwritten digits, inside the package; MNIST, its relatives and CIFAR from their official files; points
in the plane, and synthetic colour images, which are drawn.

Each is loaded when it is first asked for, so that `import microdl` needs no image transforms and no network code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._later import Later

if TYPE_CHECKING:
    from microdl.datasets.cifar import CIFAR10, CIFAR100
    from microdl.datasets.digits import Digits
    from microdl.datasets.fake import FakeData
    from microdl.datasets.folder import DatasetFolder, ImageFolder
    from microdl.datasets.mnist import KMNIST, MNIST, FashionMNIST
    from microdl.datasets.synthetic import SyntheticCIFAR
    from microdl.datasets.toys import (
        TOYS,
        blobs,
        checkerboard,
        circles,
        moons,
        parity,
        ring,
        spirals,
        three_modes,
        xor,
    )
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
    "SyntheticCIFAR",
    "VisionDataset",
    "TOYS",
    "blobs",
    "checkerboard",
    "circles",
    "moons",
    "parity",
    "ring",
    "spirals",
    "three_modes",
    "xor",
]

if not TYPE_CHECKING:
    _FILES = {
        ".cifar": "CIFAR10 CIFAR100",
        ".digits": "Digits",
        ".fake": "FakeData",
        ".folder": "DatasetFolder ImageFolder",
        ".mnist": "KMNIST MNIST FashionMNIST",
        ".synthetic": "SyntheticCIFAR",
        ".toys": "TOYS blobs checkerboard circles moons parity ring spirals three_modes xor",
        ".vision": "VisionDataset",
        ".download": "",
    }
    __getattr__ = Later(__name__, _FILES, f". Its data sets: {', '.join(__all__)}.")
    __dir__ = __getattr__.dir
