"""Optimisers and learning rate schedules.

Source of the names and their meaning: https://pytorch.org/docs/stable/optim.html
"""

from typing import TYPE_CHECKING

from .._later import Later
from .optimizer import Optimizer

if TYPE_CHECKING:
    from . import lr_scheduler, swa_utils
    from .adadelta import Adadelta
    from .adagrad import Adagrad
    from .adam import Adam
    from .adamax import Adamax
    from .adamw import AdamW
    from .asgd import ASGD
    from .lbfgs import LBFGS
    from .nadam import NAdam
    from .radam import RAdam
    from .rmsprop import RMSprop
    from .rprop import Rprop
    from .sgd import SGD

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "lr_scheduler",
    "swa_utils",
]

if not TYPE_CHECKING:  # a program uses one or two
    __getattr__ = Later(__name__, {f".{name.lower()}": name for name in __all__ if name != "Optimizer"})
    __dir__ = __getattr__.dir
