"""The adapters, live: in each framework a right op passes and a wrong one is caught, however it is written there.

Each test is skipped where its framework is not installed; `.ci/run` installs all of them in a step of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microdl.testing import GradcheckError, check_op
from microdl.testing.strategies import signature, tensors

from .snippets import programs

EXAMPLES = 6
ONE = tensors("real", (3,), specials=False)
TWO = signature("21,2")


def right(op: Any, inputs: Any = ONE, **options: Any) -> None:
    result = check_op(op, inputs, max_examples=EXAMPLES, **options)
    assert result.counts.checked > 0


def wrong(op: Any, match: str, inputs: Any = ONE, **options: Any) -> None:
    with pytest.raises(GradcheckError, match=match):
        check_op(op, inputs, max_examples=EXAMPLES, **options)


def refused(adapter: str, op: Any, match: str) -> None:
    with pytest.raises((GradcheckError, TypeError), match=match):
        check_op(op, ONE, adapter=adapter, max_examples=2)


class TestPair:
    """NumPy functions, as a course's assignment has them."""

    def test_backward_of_inputs(self) -> None:
        right((lambda x: x**3, lambda g, x: g * 3 * x**2))
        wrong((lambda x: x**3, lambda g, x: g * 2 * x**2), "the gradient of input 0 is wrong")

    def test_backward_of_a_cache(self) -> None:
        def forward(x: Any, w: Any) -> Any:
            return x @ w, (x, w)

        def backward(dout: Any, cache: Any) -> Any:
            x, w = cache
            return dout @ w.T, x.T @ dout

        def transposed(dout: Any, cache: Any) -> Any:
            x, w = cache
            return dout @ w, x.T @ dout

        right((forward, backward), signature("nm,mk"))
        wrong((forward, transposed), "wrong", signature("22,22"))

    def test_methods_of_a_layer(self) -> None:
        class Layer:
            def __init__(self, slope: float) -> None:
                self.slope = slope

            def forward(self, x: Any) -> Any:
                self.x = x
                return np.where(x > 0, x, self.slope * x)

            def backward(self, dout: Any) -> Any:
                return dout * np.where(self.x > 0, 1.0, 0.1)

        def pair(layer: Layer) -> Any:
            return layer.forward, lambda g, x: (layer.forward(x), layer.backward(g))[1]

        right(pair(Layer(0.1)))
        wrong(pair(Layer(0.2)), "wrong")


class TestTorch:
    @pytest.fixture(autouse=True)
    def torch(self) -> Any:
        self.torch = pytest.importorskip("torch", reason="runs where torch 2.13 is installed; .ci/run installs it")

    def function(self, factor: float) -> Any:
        torch = self.torch

        class Cube(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                ctx.save_for_backward(x)
                return x**3

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                (x,) = ctx.saved_tensors
                return g * factor * x**2

        return Cube.apply

    def test_autograd_function(self) -> None:
        right(self.function(3.0), adapter="torch")
        wrong(self.function(2.0), "2/3 times the derivative", adapter="torch")

    def test_second_derivative(self) -> None:
        torch = self.torch

        class Cut(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                ctx.save_for_backward(x)
                return x**3

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                return g * 3 * ctx.saved_tensors[0].detach() ** 2

        right(Cut.apply, adapter="torch", battery=["numeric"])
        wrong(Cut.apply, "second derivative", adapter="torch", battery=["second"])

    def test_methods_and_modules(self) -> None:
        torch = self.torch
        right(
            torch.nn.Linear(3, 2, dtype=torch.float64), signature("n3"), adapter="torch", battery=["forward", "numeric"]
        )
        right(torch.Tensor.tanh, adapter="torch")
        right(torch.nn.Sigmoid().forward, adapter="torch")

    def test_several_outputs_some_of_them_numbers(self) -> None:
        right(lambda x: x.sort(), tensors("real", (3,), ties=False), adapter="torch")

    def test_layouts_without_strides_below_zero(self) -> None:
        right(self.torch.mul, TWO, adapter="torch", battery=["numeric", "layouts", "reuse"])

    def test_what_is_not_a_tensor(self) -> None:
        refused("torch", lambda x: x.sum().item(), "float, but it must return torch.Tensors")


class TestJax:
    @pytest.fixture(autouse=True, params=[False, True], ids=["float32", "x64"])
    def adapter(self, request: pytest.FixtureRequest) -> Any:
        self.jax = pytest.importorskip("jax", reason="runs where JAX is installed; .ci/run installs it")
        from microdl.testing import frameworks

        before = self.jax.config.jax_enable_x64
        self.made = frameworks.jax(x64=request.param)
        yield
        self.jax.config.update("jax_enable_x64", before)

    def custom(self, factor: float) -> Any:
        @self.jax.custom_vjp
        def cube(x: Any) -> Any:
            return x**3

        cube.defvjp(lambda x: (x**3, x), lambda x, g: (factor * g * x**2,))
        return cube

    def test_custom_vjp(self) -> None:
        right(self.custom(3.0), adapter=self.made)
        wrong(self.custom(2.0), "the gradient of input 0 is wrong", adapter=self.made)

    def test_second_derivative(self) -> None:
        stop = self.jax.lax.stop_gradient

        @self.jax.custom_vjp
        def cut(x: Any) -> Any:
            return x**3

        cut.defvjp(lambda x: (x**3, x), lambda x, g: (3 * g * stop(x) ** 2,))
        right(cut, adapter=self.made, battery=["numeric"])
        wrong(cut, "second derivative", adapter=self.made, battery=["second"])

    def test_several_outputs_some_of_them_numbers(self) -> None:
        jnp = self.jax.numpy
        right(lambda x: (jnp.sin(x), jnp.argmax(x)), adapter=self.made, battery=["backward", "numeric"])

    def test_dtype(self) -> None:
        assert self.made.leaf(np.ones(2)).dtype == self.made.dtypes[0]


class TestAutograd:
    @pytest.fixture(autouse=True)
    def framework(self) -> Any:
        pytest.importorskip("autograd", reason="runs where HIPS autograd is installed; .ci/run installs it")
        import autograd.extend
        import autograd.numpy

        self.np, self.extend = autograd.numpy, autograd.extend

    def primitive(self, factor: float) -> Any:
        @self.extend.primitive
        def cube(x: Any) -> Any:
            return x**3

        self.extend.defvjp(cube, lambda ans, x: lambda g: factor * g * x**2)
        return cube

    def test_defvjp(self) -> None:
        right(self.primitive(3.0), adapter="autograd")
        wrong(self.primitive(2.0), "2/3 times the derivative", adapter="autograd")

    def test_second_derivative(self) -> None:
        @self.extend.primitive
        def cube(x: Any) -> Any:
            return x**3

        self.extend.defvjp(cube, lambda ans, x: lambda g: 3 * g * self.extend.vspace(x).ones() * _plain(x) ** 2)
        right(cube, adapter="autograd", battery=["numeric"])
        wrong(cube, "second derivative", adapter="autograd", battery=["second"])

    def test_several_outputs(self) -> None:
        right(lambda x: (self.np.sin(x), x**2), adapter="autograd")
        right(lambda x: self.np.split(x, [1]), adapter="autograd", battery=["numeric", "second"])
        right(self.np.multiply, TWO, adapter="autograd")

    @pytest.mark.filterwarnings("ignore:Output seems independent")
    def test_what_is_not_recorded(self) -> None:
        refused("autograd", lambda x: self.np.dstack([x, x]), "does not record this op")


def _plain(x: Any) -> Any:
    while hasattr(x, "_value"):
        x = x._value
    return x


class TestMyGrad:
    @pytest.fixture(autouse=True)
    def framework(self) -> Any:
        self.mygrad = pytest.importorskip("mygrad", reason="runs where MyGrad is installed; .ci/run installs it")

    def operation(self, factor: float) -> Any:
        from mygrad.operation_base import Operation

        class Cube(Operation):
            def __call__(self, x: Any) -> Any:
                self.variables = (x,)
                return x.data**3

            def backward_var(self, grad: Any, index: int, **_: Any) -> Any:
                return grad * factor * self.variables[index].data ** 2

        return lambda x: self.mygrad.execute_op(Cube, x)

    def test_operation(self) -> None:
        right(self.operation(3.0), adapter="mygrad")
        wrong(self.operation(2.0), "2/3 times the derivative", adapter="mygrad")

    def test_several_outputs(self) -> None:
        right(lambda x, y: (x * y, self.mygrad.exp(x), y * 2), TWO, adapter="mygrad")


class TestTinygrad:
    @pytest.fixture(autouse=True)
    def framework(self) -> Any:
        self.tensor = pytest.importorskip(
            "tinygrad", reason="runs where tinygrad is installed; .ci/run installs it"
        ).Tensor

    def test_plain_functions(self) -> None:
        inputs = (np.array([[0.5], [-1.0]]), np.array([1.0, 3.0]))
        right(
            lambda x, y: x.tanh() * y, inputs, adapter="tinygrad", battery=["forward", "backward", "linear", "numeric"]
        )

    def test_detached(self) -> None:
        x = np.array([0.5, -2.0, 3.0])
        wrong(lambda x: x * x.detach(), "0.5 times|too small", (x,), adapter="tinygrad", battery=["numeric"])

    def test_several_outputs(self) -> None:
        x = np.array([0.5, -2.0, 3.0])
        right(lambda x: (x.exp(), x * x), (x,), adapter="tinygrad", battery=["numeric"])

    def test_what_is_not_a_tensor(self) -> None:
        refused("tinygrad", lambda x: x.sum().item(), "float, but it must return tinygrad.Tensors")


def test_snippets_are_there() -> None:
    """The findings' snippets themselves run with `python -m tests.wild.snippets FRAMEWORK`."""
    assert {p.framework for p in programs()} <= {"autograd", "jax", "mygrad", "tinygrad", "torch"}
