"""Derivatives of functions against PyTorch: `autograd.functional` and `func`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import microdl

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

# Each is evaluated with T, A = T.autograd.functional and G = T.func from either library
PROGRAMS = """
A.jacobian(lambda x: x.exp().sum(1), m)
A.jacobian(lambda x, y: (x * y, x.sum()), (v, w))
A.jacobian(lambda x: x * 2, v, create_graph=True)
A.jacobian(lambda x: x.sum(), v, strict=True)
A.jacobian(lambda x: T.ones(2), v)
A.jacobian(lambda x: T.ones(2), v, strict=True)
A.jacobian(lambda x, y: x * 2, (v, w))
A.jacobian(lambda x, y: x * 2, (v, w), strict=True)
A.jacobian(lambda x: x * 2, v, vectorize=True)
A.jacobian(lambda x: x * 2, [v])
A.jacobian(lambda x: 3.0, v)
A.jacobian(lambda x: x, 3.0)
A.jacobian(lambda x: x * 2, v, strategy="other")
A.hessian(lambda x: (x ** 3).sum(), v)
A.hessian(lambda x, y: (x * y * y).sum(), (v, w))
A.hessian(lambda x: x * 2, v)
A.hessian(lambda x: (x ** 3).sum(), v, create_graph=True)
A.hessian(lambda x: x.sum(), v)
A.hessian(lambda x: x.pow(2).sum().view(1), v)
A.vjp(lambda x: x ** 2, v, w)
A.vjp(lambda x: (x ** 2).sum(), v)
A.vjp(lambda x: x ** 2, v)
A.vjp(lambda x: x ** 2, v, m)
A.vjp(lambda x, y: (x * y, x + y), (v, w), (v, v))
A.vjp(lambda x: x ** 2, v, w, create_graph=True)
A.jvp(lambda x: x ** 2, v, w)
A.jvp(lambda x: x ** 2, v)
A.jvp(lambda x: x ** 2, s)
A.jvp(lambda x, y: (x * y, x.exp()), (v, w), (w, v))
A.jvp(lambda x: T.ones(2), v, w)
A.jvp(lambda x: T.ones(2), v, w, strict=True)
A.vhp(lambda x: (x ** 3).sum(), v, w)
A.hvp(lambda x: (x ** 3).sum(), v, w)
A.hvp(lambda x, y: (x * y).sum(), (v, w), (w, v))
A.vhp(lambda x: (x ** 3).sum(), v)
A.vhp(lambda x: x ** 2, v, w)
G.grad(lambda x: (x ** 2).sum())(v)
G.grad(lambda x, y: (x * y).sum(), argnums=(0, 1))(v, w)
G.grad(lambda x, y: (x * y).sum(), argnums=1)(v, w)
G.grad(lambda x: ((x ** 2).sum(), x + 1), has_aux=True)(v)
G.grad(G.grad(T.sin))(s)
G.grad(G.grad(G.grad(lambda x: x ** 4)))(s)
G.grad(lambda x: x * 2)(v)
G.grad(lambda x: 3.0)(v)
G.grad(lambda x: x, argnums=3)(v)
G.grad(lambda p: (p["a"] * p["b"]).sum())({"a": v, "b": w})
G.grad_and_value(lambda x: (x ** 2).sum())(v)
G.vjp(T.square, v)[1](w)
G.vjp(lambda x, y: (x * y).sum(), v, w)[1](s)
G.jvp(T.square, (v,), (w,))
G.jacrev(T.square)(v)
G.jacrev(lambda x, y: x * y, argnums=(0, 1))(v, w)
G.jacrev(lambda x: (x ** 2, x.sum()))(v)
G.jacfwd(T.square)(v)
G.hessian(lambda x: (x ** 3).sum())(v)
G.vmap(T.dot)(m, m)
G.vmap(lambda x: x * 2, in_dims=1)(m)
G.vmap(lambda x: x * 2, in_dims=1, out_dims=1)(m)
G.vmap(lambda x, y: x * y, in_dims=(0, None))(m, w)
G.vmap(G.grad(lambda x: (x ** 2).sum()))(m)
G.vmap(T.dot)(m, m[:1])
G.functional_call(net, {"weight": m, "bias": v[:2]}, (w,))
G.functional_call(net, {"weight": m}, w)
G.functional_call(net, {"other": m}, w, strict=True)
G.functional_call(net, {"weight": m, "bias": v[:2], "other": m}, w)
G.grad(lambda p: G.functional_call(net, p, (w,)).sum())({"weight": m})
""".strip().splitlines()


def outcome(T: Any, program: str) -> Any:
    """What a program gives, as arrays and whether they require grad, or the type of its exception."""
    net = T.nn.Linear(3, 2)
    with T.no_grad():
        net.bias.zero_()
    names = {
        "T": T, "A": T.autograd.functional, "G": T.func, "net": net, "s": T.tensor(0.5),
        "v": T.tensor([1.0, -2.0, 3.0]),
        "w": T.tensor([0.5, 4.0, -1.0]), "m": T.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]]),
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return plain(eval(program, names), T)  # noqa: S307 - the programs above
        except Exception as error:
            return type(error)


def plain(value: Any, T: Any) -> Any:
    if isinstance(value, T.Tensor):
        return value.detach().numpy(), value.requires_grad
    if isinstance(value, dict):
        return {key: plain(v, T) for key, v in value.items()}
    return type(value)(plain(v, T) for v in value)


@pytest.mark.parametrize("program", PROGRAMS)
def test_derivatives_of_functions(program: str) -> None:
    same(outcome(microdl, program), outcome(torch, program))


def same(found: Any, wanted: Any) -> None:
    if isinstance(wanted, np.ndarray):
        np.testing.assert_allclose(found, wanted, rtol=1e-6, strict=True)
    elif isinstance(wanted, dict):
        assert list(found) == list(wanted)
        same(tuple(found.values()), tuple(wanted.values()))
    elif isinstance(wanted, (tuple, list)):
        assert type(found) is type(wanted)
        assert len(found) == len(wanted)
        for a, b in zip(found, wanted, strict=True):
            same(a, b)
    else:
        assert found == wanted
