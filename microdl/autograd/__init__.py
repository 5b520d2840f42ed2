"""The graph and its walk: recording, `backward`, `grad`, `Function`, and switching recording off.

`gradcheck` and `gradgradcheck` are those of `microdl.testing`, which is built on this, and loaded when named.

Source of the names and their meaning: https://pytorch.org/docs/stable/autograd.html
"""

from typing import TYPE_CHECKING

from .._later import Later
from .anomaly import detect_anomaly, set_detect_anomaly
from .backward import backward, grad
from .function import Function
from .mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .variable import Variable

if TYPE_CHECKING:
    from ..testing.gradcheck import gradcheck, gradgradcheck
    from . import functional, profiler
else:
    __getattr__ = Later(__name__, {".functional": "", ".profiler": "", "..testing": "gradcheck gradgradcheck"})
    __dir__ = __getattr__.dir

__all__ = [
    "Function",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "profiler",
    "set_detect_anomaly",
    "set_grad_enabled",
]
