"""Whether operations are recorded: `no_grad`, `enable_grad`, `set_grad_enabled`, `inference_mode`."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Generator
from typing import Any


class _Mode(threading.local):
    """Each thread starts with recording on, as in PyTorch."""

    enabled = True
    inference = False


mode = _mode = _Mode()


def is_grad_enabled() -> bool:
    """Whether operations on tensors that require grad are recorded in this thread."""
    return mode.enabled


def is_inference_mode_enabled() -> bool:
    """Whether `inference_mode` is on in this thread."""
    return mode.inference


class _Switch:
    """A context manager that also decorates functions and generator functions."""

    def _enter(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> None:
        self._saved = (mode.enabled, mode.inference)
        self._enter()

    def __exit__(self, *exc: object) -> None:
        mode.enabled, mode.inference = self._saved

    def _fresh(self) -> _Switch:
        return type(self)()

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.isgeneratorfunction(func):
            return self._wrap_generator(func)

        @functools.wraps(func)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self._fresh():
                return func(*args, **kwargs)

        return wrapper

    def _wrap_generator(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The mode holds while the generator runs, never while its caller does."""

        @functools.wraps(func)
        def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            generator = func(*args, **kwargs)
            send: Callable[[], Any] = functools.partial(next, generator)
            while True:
                try:
                    with self._fresh():
                        item = send()
                except StopIteration as stop:
                    return stop.value
                try:
                    reply = yield item
                except GeneratorExit:
                    with self._fresh():
                        generator.close()
                    raise
                except BaseException as error:
                    send = functools.partial(generator.throw, error)
                else:
                    send = functools.partial(generator.send, reply)

        return wrapper


class _BareSwitch(_Switch):
    """A switch without arguments: `@no_grad` works as well as `@no_grad()`."""

    def __new__(cls, func: Callable[..., Any] | None = None) -> Any:
        self = super().__new__(cls)
        return self if func is None else self(func)

    def __init__(self, func: Callable[..., Any] | None = None) -> None:
        pass


class no_grad(_BareSwitch):
    """Turns recording off: results have `requires_grad=False`, and leaves may be changed in place.

    >>> import microdl as torch
    >>> w = torch.ones(2, requires_grad=True)
    >>> with torch.no_grad():
    ...     w -= 0.5
    >>> w
    tensor([0.5000, 0.5000], requires_grad=True)

    Source: https://pytorch.org/docs/stable/generated/torch.no_grad.html
    """

    def _enter(self) -> None:
        mode.enabled = False


class enable_grad(_BareSwitch):
    """Turns recording on again inside `no_grad`.

    >>> import microdl as torch
    >>> x = torch.ones(1, requires_grad=True)
    >>> with torch.no_grad(), torch.enable_grad():
    ...     y = x * 2
    >>> y.requires_grad
    True
    """

    def _enter(self) -> None:
        mode.enabled = True


class set_grad_enabled(_Switch):
    """Turns recording on or off by a flag, at once; as a context manager it restores the state at exit.

    >>> import microdl as torch
    >>> with torch.set_grad_enabled(False):
    ...     torch.is_grad_enabled()
    False
    """

    def __init__(self, mode: bool) -> None:
        self.mode = mode
        self._saved = (_mode.enabled, _mode.inference)
        self._enter()

    def _enter(self) -> None:
        _mode.enabled = bool(self.mode)

    def __enter__(self) -> None:
        self._enter()

    def _fresh(self) -> _Switch:
        return set_grad_enabled(self.mode)

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        mode.enabled, mode.inference = self._saved  # as a decorator it acts inside the function only
        return super().__call__(func)


class inference_mode(_Switch):
    """`no_grad` for inference: recording is off and stays off inside, whatever the flag.

    Unlike PyTorch's, tensors made inside are ordinary: nothing is gained by marking them, and using one in a
    recorded operation later is no error. `is_inference_mode_enabled` tells the state.

    >>> import microdl as torch
    >>> @torch.inference_mode()
    ... def predict(x):
    ...     return x * 2
    >>> predict(torch.ones(1, requires_grad=True)).requires_grad
    False
    """

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Any:
        self = super().__new__(cls)
        if callable(mode):
            self.mode = True
            return self(mode)
        return self

    def __init__(self, mode: bool | Callable[..., Any] = True) -> None:
        self.mode = bool(mode)

    def _enter(self) -> None:
        mode.inference = self.mode
        mode.enabled = not self.mode

    def _fresh(self) -> _Switch:
        return inference_mode(self.mode)
