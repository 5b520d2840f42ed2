"""`gradtest`: a pytest test of an op's gradient from one line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from .adapters import name_of
from .check import EXAMPLES, check_op

__all__ = ["gradtest"]

PLUGIN = "_microdl_pytest"
MARK = "__gradtest__"  # where the plugin looks for the test of an op that was decorated


def gradtest(op: Any = None, inputs: Any = None, **options: Any) -> Any:
    """A pytest test that runs `check_op(op, inputs, **options)`; as a decorator, of the op that is defined there.

    Three ways to write it:

    - `test_mul = gradtest(mul, "n,n")` is a test of `mul`.
    - `@gradtest("nm,mk")` over `def test_loss(x, w): return ...` is a test of that function, whose body may compose
      any ops.
    - `@gradtest("nm")` over an op, a function or a subclass of `autograd.Function` whose name does not start with
      "test", leaves the op as it is, and pytest finds its test beside it (`test_gradient_of_NAME`, through microdl's
      plugin).

    `inputs` and `options` are those of `check_op`. `pytest --grad-examples N` sets the number of examples of all such
    tests that give no `max_examples`; without the option it is 200.

    Raises:
        TypeError: `op` is neither callable, nor a pair of functions, nor inputs for a decorator.

    >>> import microdl as torch
    >>> from microdl.testing import gradtest
    >>> test_mul = gradtest(torch.mul, "n,n", max_examples=10)
    >>> test_mul.__name__
    'test_gradient_of_mul'
    >>> test_mul()
    >>> @gradtest("nm,mk", max_examples=10)
    ... def test_product(x, w):
    ...     return torch.relu(x @ w).sum()
    >>> test_product()
    """
    pair = isinstance(op, tuple) and len(op) == 2 and all(map(callable, op))
    if pair or _is_op(op):
        return _test(op, inputs, options)
    if op is not None and inputs is not None:
        raise TypeError(f"gradtest expects an op (a callable, or a pair of functions) first, but got {op!r}")
    spec = inputs if op is None else op

    def decorate(function: Any) -> Any:
        test = _test(function, spec, options)
        if function.__name__.startswith("test"):
            return test
        setattr(function, MARK, test)
        return function

    return decorate


def _is_op(op: Any) -> bool:
    """Strategies can be called too, which warns: they are told by their type's module."""
    return callable(op) and not type(op).__module__.startswith("hypothesis.")


def _test(op: Any, inputs: Any, options: dict[str, Any]) -> Callable[[], None]:
    def test() -> None:
        __tracebackhide__ = True
        check_op(op, inputs, **{"max_examples": _examples(), **options})

    name = name_of(op)
    test.__name__ = name if name.startswith("test") else f"test_gradient_of_{name}"
    test.__qualname__ = test.__name__
    test.__doc__ = f"The gradient of {name}."
    test.__module__ = getattr(op, "__module__", None) or __name__
    return test


def _examples() -> int:
    """What `pytest --grad-examples` asks for."""
    plugin = sys.modules.get(PLUGIN)
    return getattr(plugin, "examples", None) or EXAMPLES
