"""Learning rate schedules: what `step()` does to the learning rates of an optimiser's groups.

Source of the names and formulas: https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate
"""

from .base import LRScheduler
from .plateau import ReduceLROnPlateau
from .schedules import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    StepLR,
)

__all__ = [
    "ConstantLR",
    "CosineAnnealingLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "ReduceLROnPlateau",
    "StepLR",
]
