"""Data sets: handwritten digits, inside the package; MNIST, its relatives and CIFAR from their official files."""

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
