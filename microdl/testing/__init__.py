"""Gradient testing, and PyTorch's `torch.testing`.

Three ways to ask whether a gradient is right:

- `gradcheck(function, inputs)`, PyTorch's call: at these inputs, by differences with error bars.
- `check_op(op, "nm,mk")`: Hypothesis hunts for inputs on which it is wrong, and the smallest example is shown.
- `test_mul = gradtest(mul, "n,n")`: the same as a pytest test; `microdl gradcheck module:op` from the command line.

A first example, as in a course: a function of NumPy arrays and its gradient, of which the terms off the diagonal of the
Jacobian have been forgotten.

>>> import numpy as np
>>> from microdl.testing import check_op
>>> def softmax(x):
...     e = np.exp(x - x.max(-1, keepdims=True))
...     return e / e.sum(-1, keepdims=True)
>>> def softmax_backward(g, x):
...     y = softmax(x)
...     return g * y * (1 - y)
>>> try:
...     check_op((softmax, softmax_backward), "nm")
... except AssertionError as error:
...     print(str(error).partition("checked")[0].rstrip())
softmax: the gradient of input 0 is wrong
<BLANKLINE>
  input 0 = np.array([[1., 1.]])
  upstream gradient = ...
<BLANKLINE>
  at input 0[0, ...]: backward gives ..., it should be ... +- ... (off by ... error bars)
<BLANKLINE>
  backward     ...
  differences  ...
<BLANKLINE>
  likely cause: the cross terms are missing: each element gets only its own upstream gradient, though
    every input element moves several outputs; what is there, the diagonal of the Jacobian, is right
>>> def softmax_backward(g, x):
...     y = softmax(x)
...     return y * (g - (g * y).sum(-1, keepdims=True))
>>> check_op((softmax, softmax_backward), "nm").examples
200

Source: https://pytorch.org/docs/stable/testing.html
"""

from typing import TYPE_CHECKING

from .. import surface
from .._later import Later
from .comparison import assert_allclose, assert_close
from .gradcheck import GradcheckError, gradcheck, gradgradcheck
from .inputs import make_tensor

if TYPE_CHECKING:
    from .adapters import Adapter
    from .check import ALL, Result, check_op
    from .pytests import gradtest
    from .vjp import NumericalGradient, numerical_vjp
else:  # what training needs not
    _LATER = {
        ".adapters": "Adapter",
        ".check": "ALL Result check_op",
        ".pytests": "gradtest",
        ".vjp": "NumericalGradient numerical_vjp",
    }
    __getattr__ = Later(__name__, _LATER)
    __dir__ = __getattr__.dir

__all__ = [
    "ALL", "Adapter", "GradcheckError", "NumericalGradient", "Result", "assert_allclose", "assert_close", "check_op",
    "gradcheck", "gradgradcheck", "gradtest", "make_tensor", "numerical_vjp",
]  # fmt: skip

surface.install(__name__)
