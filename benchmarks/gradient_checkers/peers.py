"""The checkers that are compared. Each takes an entry and gives a function that checks one call: it raises to reject.

An error of the op's forward is no verdict on the gradient: it is raised as Void.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.wrong_ops.entry import WrongOp
from tests.wrong_ops.kill import op_of

__all__ = ["CHECKERS", "Check", "Unwritten", "Void"]

Check = Callable[[Sequence[Any], dict[str, Any], int], None]  # inputs, options, the number of the draw


class Void(Exception):
    """The forward refused the inputs."""


class Unwritten(Exception):
    """The op cannot be written for this framework."""


def is_real(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def forward_of(entry: WrongOp, options: dict[str, Any]) -> Callable[..., Any]:
    """The forward, whose errors are Void; its outputs as arrays."""

    def forward(*args: Any) -> Any:
        try:
            out = entry.forward(*args, **options)
        except Exception as error:
            raise Void(str(error)) from error
        return tuple(map(np.asarray, out)) if isinstance(out, tuple) else np.asarray(out)

    return forward


def backward_of(entry: WrongOp, options: dict[str, Any], args: Sequence[Any]) -> Callable[..., list[Any]]:
    """From upstream gradients and the real arguments, the gradients of the real ones; zeros for None."""
    places = [i for i, x in enumerate(args) if is_real(x)]

    def backward(gs: Sequence[Any], real: Sequence[Any]) -> list[Any]:
        whole = list(args)
        for i, x in zip(places, real, strict=True):
            whole[i] = x
        found = entry.backward(gs[0] if len(gs) == 1 else tuple(gs), *whole, **options)
        found = found if isinstance(found, tuple) else (found,)
        return [np.zeros_like(x) if found[i] is None else found[i] for i, x in zip(places, real, strict=True)]

    return backward


# --- microdl -------------------------------------------------------------------------------------------


def microdl_rule(entry: WrongOp) -> Check:
    """What check_op does with each example: four checks, and one of the others in turn."""
    from microdl.testing.adapters import adapter_for
    from microdl.testing.battery import EACH, IN_TURN, run
    from microdl.testing.subject import Counts, Subject

    op = op_of(entry)
    adapter = adapter_for(op, None)

    def check(args: Sequence[Any], options: dict[str, Any], turn: int) -> None:
        subject = Subject(op, adapter, list(args), options, seed=turn)
        try:
            _ = subject.outputs
        except Exception as error:
            raise Void(str(error)) from error
        run(subject, [*EACH, IN_TURN[turn % len(IN_TURN)]], Counts())

    return check


# --- PyTorch -------------------------------------------------------------------------------------------


def torch_rule(entry: WrongOp, fast: bool = False) -> Check:
    """gradcheck with its defaults; where the op is differentiable twice, gradgradcheck as well."""
    import torch

    torch.set_num_threads(1)
    twice = None if entry.differentiable is None else entry.differentiable(torch)

    def tensor(array: Any) -> Any:
        array = np.asarray(array)
        plain = array.flags.writeable and all(n >= 0 for n in array.strides)
        return torch.from_numpy(array if plain else array.copy())

    def wrapped(args: Sequence[Any], options: dict[str, Any]) -> Callable[..., Any]:
        forward, backward = forward_of(entry, options), backward_of(entry, options, args)

        class Op(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, *real: Any) -> Any:
                ctx.save_for_backward(*real)
                whole, at = list(args), iter(real)
                whole = [next(at).detach().numpy() if is_real(x) else x for x in whole]
                out = forward(*whole)
                return tuple(map(tensor, out)) if isinstance(out, tuple) else tensor(out)

            @staticmethod
            @torch.autograd.function.once_differentiable
            def backward(ctx: Any, *gs: Any) -> Any:
                found = backward([g.numpy() for g in gs], [x.numpy() for x in ctx.saved_tensors])
                return tuple(map(tensor, found))

        return Op.apply

    def check(args: Sequence[Any], options: dict[str, Any], turn: int) -> None:
        torch.manual_seed(turn)
        if twice is None:
            real = [torch.tensor(x).requires_grad_() for x in args if is_real(x)]
            torch.autograd.gradcheck(wrapped(args, options), real, fast_mode=fast)
            return
        tensors = [torch.tensor(x).requires_grad_(is_real(x)) for x in args]
        torch.autograd.gradcheck(lambda *xs: twice(*xs, **options), tensors, fast_mode=fast)
        torch.autograd.gradgradcheck(lambda *xs: twice(*xs, **options), tensors, fast_mode=fast)

    return check


def torch_fast_rule(entry: WrongOp) -> Check:
    return torch_rule(entry, fast=True)


# --- JAX -----------------------------------------------------------------------------------------------


def jax_rule(entry: WrongOp) -> Check:
    """check_grads in float64, order 1, reverse mode; callbacks are one function an op and choice of options."""
    import jax
    from jax.test_util import check_grads

    if entry.differentiable is not None:
        raise Unwritten
    jax.config.update("jax_enable_x64", True)
    functions: dict[str, Any] = {}

    def wrapped(args: Sequence[Any], options: dict[str, Any]) -> Any:
        forward = forward_of(entry, options)
        places = [i for i, x in enumerate(args) if is_real(x)]

        def shapes(values: Any) -> Any:
            return jax.tree_util.tree_map(lambda y: jax.ShapeDtypeStruct(np.shape(y), y.dtype), values)

        def host_forward(*whole: Any) -> Any:
            return forward(*map(np.array, whole))

        def host_backward(gs: Any, *whole: Any) -> Any:
            whole = tuple(map(np.array, whole))
            gs = [np.array(g) for g in (gs if isinstance(gs, tuple) else (gs,))]
            found = backward_of(entry, options, whole)(gs, [whole[i] for i in places])
            return tuple(map(np.asarray, found))

        def call(*whole: Any) -> Any:
            out = forward(*map(np.array, whole))  # for the shapes alone
            return jax.pure_callback(host_forward, shapes(out), *whole)

        op = jax.custom_vjp(call)

        def bwd(whole: Any, g: Any) -> Any:
            kinds = [jax.ShapeDtypeStruct(whole[i].shape, whole[i].dtype) for i in places]
            found = jax.pure_callback(host_backward, tuple(kinds), g, *whole)
            by_place = dict(zip(places, found, strict=True))
            return tuple(by_place.get(i) for i in range(len(whole)))

        op.defvjp(lambda *whole: (call(*whole), whole), bwd)
        return op

    def check(args: Sequence[Any], options: dict[str, Any], turn: int) -> None:
        key = repr((sorted(options.items()), [is_real(x) for x in args]))
        if key not in functions:
            functions[key] = wrapped(args, options)
        op = functions[key]
        places = [i for i, x in enumerate(args) if is_real(x)]

        def of_real(*real: Any) -> Any:
            whole = list(args)
            for i, x in zip(places, real, strict=True):
                whole[i] = x
            return op(*whole)

        check_grads(of_real, tuple(args[i] for i in places), order=1, modes=["rev"])

    return check


# --- HIPS autograd -------------------------------------------------------------------------------------


def autograd_rule(entry: WrongOp) -> Check:
    """check_grads, order 1, reverse mode."""
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    if entry.differentiable is not None:
        raise Unwritten

    def check(args: Sequence[Any], options: dict[str, Any], turn: int) -> None:
        np.random.seed(turn)
        backward, places = backward_of(entry, options, args), [i for i, x in enumerate(args) if is_real(x)]
        forward = forward_of(entry, options)

        @primitive
        def op(*real: Any) -> Any:
            whole, at = list(args), iter(real)
            return forward(*[next(at) if is_real(x) else x for x in whole])

        def maker(k: int) -> Callable[..., Any]:
            def of_argument(out: Any, *real: Any) -> Callable[[Any], Any]:
                return lambda g: backward(g if isinstance(g, (tuple, list)) else [g], real)[k]

            return of_argument

        defvjp(op, *(maker(k) for k in range(len(places))))
        real = [np.array(args[i]) for i in places]
        check_grads(op, argnum=tuple(range(len(real))), modes=["rev"], order=1)(*real)

    return check


CHECKERS: dict[str, Callable[[WrongOp], Check]] = {
    "microdl": microdl_rule,
    "torch": torch_rule,
    "torch-fast": torch_fast_rule,
    "jax": jax_rule,
    "autograd": autograd_rule,
}
