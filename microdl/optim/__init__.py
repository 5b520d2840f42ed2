"""Optimisers and learning rate schedules.

Source of the names and their meaning: https://pytorch.org/docs/stable/optim.html
"""

from . import lr_scheduler
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["SGD", "Optimizer", "lr_scheduler"]
