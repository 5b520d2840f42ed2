"""Switching recording off and on: context managers, decorators, generators, threads, exceptions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

import microdl as torch


def recorded() -> bool:
    """Whether an operation is recorded here; the flag must say the same."""
    requires: bool = (torch.tensor(1.0, requires_grad=True) * 2).requires_grad
    assert torch.is_grad_enabled() is requires
    return requires


OFF = [torch.no_grad, torch.inference_mode, lambda: torch.set_grad_enabled(False)]
OFF_IDS = ["no_grad", "inference_mode", "set_grad_enabled"]


@pytest.mark.parametrize("switch", OFF, ids=OFF_IDS)
def test_as_context_managers_they_nest_and_restore(switch: Any) -> None:
    with switch():
        assert not recorded()
        with torch.enable_grad():
            assert recorded()
        assert not recorded()
    assert recorded()


@pytest.mark.parametrize("switch", OFF, ids=OFF_IDS)
def test_an_exception_inside_restores_the_mode(switch: Any) -> None:
    with pytest.raises(KeyError), switch():
        raise KeyError
    assert recorded()

    @switch()
    def fails() -> None:
        assert not recorded()
        raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert recorded()


@pytest.mark.parametrize("switch", OFF, ids=OFF_IDS)
def test_as_decorators_they_act_inside_the_function_only(switch: Any) -> None:
    @switch()
    def inner(value: int, *, more: int = 0) -> Any:
        """Its own text."""
        return recorded(), value + more

    assert recorded()
    assert inner(1, more=2) == (False, 3)
    assert recorded()
    assert (inner.__name__, inner.__doc__) == ("inner", "Its own text.")


@pytest.mark.parametrize("switch", [torch.no_grad, torch.inference_mode])
def test_as_decorators_they_need_no_parentheses(switch: Any) -> None:
    @switch
    def inner() -> bool:
        return recorded()

    assert not inner()
    assert recorded()


def test_enable_grad_as_a_decorator() -> None:
    @torch.enable_grad()
    def inner() -> bool:
        return recorded()

    with torch.no_grad():
        assert inner()
        assert not recorded()


def test_one_decorated_function_may_call_itself() -> None:
    @torch.no_grad()
    def count(n: int) -> int:
        assert not recorded()
        return 0 if n == 0 else 1 + count(n - 1)

    assert count(5) == 5
    assert recorded()


def test_one_switch_may_be_entered_again_and_again() -> None:
    switch = torch.no_grad()
    for _ in range(2):
        with switch:
            assert not recorded()
        assert recorded()


def test_set_grad_enabled_acts_at_once() -> None:
    torch.set_grad_enabled(False)
    assert not recorded()
    torch.set_grad_enabled(True)
    assert recorded()


def test_set_grad_enabled_as_a_context_restores_what_was_before_it() -> None:
    with torch.no_grad():
        with torch.set_grad_enabled(True):
            assert recorded()
        assert not recorded()


def test_inference_mode_may_be_told_no() -> None:
    with torch.inference_mode():
        assert torch.is_inference_mode_enabled()
        with torch.inference_mode(False):
            assert recorded()
            assert not torch.is_inference_mode_enabled()
        assert not recorded()
    assert not torch.is_inference_mode_enabled()


def test_in_a_generator_the_mode_holds_between_its_yields_only() -> None:
    @torch.no_grad()
    def numbers() -> Iterator[Any]:
        assert not recorded()
        got = yield 1
        assert not recorded()
        try:
            yield got
        except KeyError:
            assert not recorded()
            yield "caught"
        finally:
            closed.append(recorded())

    closed: list[bool] = []
    generator: Any = numbers()
    assert next(generator) == 1
    assert recorded()
    assert generator.send("sent") == "sent"
    assert recorded()
    assert generator.throw(KeyError()) == "caught"
    assert recorded()
    generator.close()
    assert closed == [False]
    assert recorded()


def test_each_thread_has_its_own_mode() -> None:
    seen: list[bool] = []
    with torch.no_grad():
        thread = threading.Thread(target=lambda: seen.append(recorded()))
        thread.start()
        thread.join()
        assert not recorded()
    assert seen == [True]


def test_factories_keep_requires_grad_without_recording() -> None:
    with torch.no_grad():
        x = torch.tensor(1.0, requires_grad=True)
        assert x.requires_grad
        assert not (x * 2).requires_grad


def test_backward_may_run_without_recording() -> None:
    x = torch.tensor(3.0, requires_grad=True)
    y = x * x
    with torch.no_grad():
        y.backward()
    assert x.grad.item() == 6.0


def test_backward_restores_the_mode_after_a_failure() -> None:
    x = torch.tensor(1.0, requires_grad=True)
    y = x * 1
    y.register_hook(lambda g: "no tensor")
    with pytest.raises(TypeError):
        y.backward()
    assert recorded()
