"""What the graph keeps alive, for how long, and how deep it may be."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import microdl as torch
from microdl.ops import join

MEGABYTE = 2**20
STEPS = 16


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Only reference counts free memory, so a cycle in the graph would show."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def big(requires_grad: bool = True) -> Any:
    return torch.ones(MEGABYTE // 4, requires_grad=requires_grad)


def peak_megabytes(run: Callable[[], Any]) -> float:
    """The most memory `run` had at once, in arrays of `big`'s size, beyond what was there before."""
    run()  # whatever is made once is made now
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / MEGABYTE


def chain(step: Callable[[Any], Any], x: Any) -> Any:
    y = x
    for _ in range(STEPS):
        y = step(y)
    return y


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize(
    ("step", "kept", "working"),
    [
        (lambda y: y * 2.0 + 1.0, 0, 3),  # no formula names a tensor: one array and the next two
        (lambda y: y.reshape(2, -1).t().reshape(-1) - 1.0, 0, 3),
        (lambda y: y.tanh(), STEPS, 1),  # the result of each step
        (lambda y: y.sin(), STEPS, 1),  # the input of each step, the first of which is x itself
    ],
    ids=["linear", "views", "result", "input"],
)
def test_a_chain_keeps_what_its_derivatives_need(step: Any, kept: int, working: int) -> None:
    x = big()
    assert peak_megabytes(lambda: chain(step, x)) <= kept + working + 0.1


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize(("step", "kept"), [(lambda y: y * 2.0 + 1.0, 0), (lambda y: y.tanh(), STEPS)])
def test_backward_frees_as_it_goes(step: Any, kept: int) -> None:
    """At its peak it holds what was saved and a few gradients, not one gradient a step."""
    x = big()
    upstream = big(requires_grad=False)

    def train() -> None:
        chain(step, x).backward(upstream)
        x.grad = None

    assert peak_megabytes(train) <= kept + 5.1


@pytest.mark.usefixtures("no_collector")
def test_without_recording_nothing_is_kept() -> None:
    x = big()

    def run() -> None:
        with torch.no_grad():
            chain(lambda y: y.tanh(), x)

    assert peak_megabytes(run) <= 2.1


@pytest.mark.usefixtures("no_collector")
def test_an_intermediate_that_nobody_needs_is_freed_at_once() -> None:
    x = big()
    y = x + 1.0
    array = weakref.ref(y._a)
    z = y * 2.0
    del y
    assert array() is None
    assert z.requires_grad


@pytest.mark.usefixtures("no_collector")
def test_backward_frees_what_was_saved() -> None:
    x = big()
    y = x.exp()
    array = weakref.ref(y._a)
    z = (y * y).sum()
    del y
    assert array() is not None
    z.backward(retain_graph=True)
    assert array() is not None
    z.backward()
    assert array() is None


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("create_graph", [False, True])
def test_dropping_the_loss_drops_the_graph(create_graph: bool) -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    hidden = (x * x).tanh()
    loss = (hidden[0] * hidden.exp()).sum() + torch.cat([hidden, hidden]).unbind()[1]
    node = weakref.ref(hidden.grad_fn)
    gradients = torch.autograd.grad(loss, x, create_graph=create_graph)
    del hidden, loss, gradients
    assert node() is None


@pytest.mark.usefixtures("no_collector")
def test_changes_in_place_make_no_cycle() -> None:
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    row = y[1:]
    row.mul_(y[0])
    y[0] = 5.0
    nodes = [weakref.ref(t.grad_fn) for t in (y, row)]
    tensors = [weakref.ref(y), weakref.ref(row)]
    del y, row
    assert [ref() for ref in (*nodes, *tensors)] == [None] * 4


@pytest.mark.usefixtures("no_collector")
def test_hooks_and_functions_make_no_cycle() -> None:
    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            out = x.exp()
            ctx.save_for_backward(x, out)
            return out

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.saved_tensors[1]

    x = torch.ones(3, requires_grad=True)
    y = Exp.apply(x * 2)
    y.retain_grad()
    loss = y.sum()
    loss.backward(retain_graph=True)
    refs = [weakref.ref(y), weakref.ref(y.grad_fn)]
    del y, loss
    assert [ref() for ref in refs] == [None, None]


@pytest.mark.usefixtures("no_collector")
def test_a_graph_does_not_keep_its_leaf_alive() -> None:
    x = torch.ones(3, requires_grad=True)
    y = (x + 1).sum()
    leaf = weakref.ref(x)
    del x
    assert leaf() is None
    y.backward()  # the gradient has nowhere to go


def test_a_chain_of_a_million_steps() -> None:
    """Forward, backward and deallocation without recursion."""
    x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    y = x
    for _ in range(500_000):
        y = -(y * 1.0)
    y.backward()
    assert x.grad.item() == 1.0
    node = weakref.ref(y.grad_fn)
    del y
    assert node() is None


def test_a_deep_graph_differentiates_for_inputs_and_twice() -> None:
    x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    y = x * x
    for _ in range(20_000):
        y = y + 0.0
    (first,) = torch.autograd.grad(y, x, create_graph=True)
    (second,) = torch.autograd.grad(first, x)
    assert (first.item(), second.item()) == (4.0, 2.0)


def test_joining_ever_more_tensors_without_gradients_declares_nothing() -> None:
    parts = [torch.zeros(1)]
    before = join._cat_of.cache_info().currsize, join._stack_of.cache_info().currsize
    for _ in range(100):
        parts.append(torch.zeros(1))
        torch.cat(parts)
        torch.stack(parts)
    assert (join._cat_of.cache_info().currsize, join._stack_of.cache_info().currsize) == before
