"""Chapter 6, tensors: rules of arrays, broadcasting and its reverse, and the walk, against differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...testing import Adapter, check_op
from ..checking import Wrong, check, expect

__all__ = ["adapter", "differences", "same"]

_EXAMPLES = 12


def adapter(m: Any) -> Adapter:
    """The reader's tensors, for `microdl.testing`."""
    tensor = m.tensor.Tensor

    def vjp(function: Callable[..., Any], leaves: Sequence[Any]) -> tuple[Any, Callable[[Any], list[Any]]]:
        out = function(*leaves)

        def pull(g: Any) -> list[Any]:
            for leaf in leaves:
                leaf.grad = None
            out.backward(g)
            return [leaf.grad for leaf in leaves]

        return out, pull

    return Adapter(lambda a: tensor(a, requires_grad=True), lambda t: t.data, vjp, "mydl", tensor)


def differences(m: Any, function: Callable[..., Any], inputs: Any = None, examples: int = _EXAMPLES) -> None:
    """Wrong unless the reader's gradients of a function of tensors are those that differences give."""
    check_op(function, inputs, adapter=adapter(m), max_examples=examples)


def same(found: Any, right: Any, tolerance: float = 1e-6) -> bool:
    """Whether two arrays are of one shape and equal but for rounding."""
    found, right = np.asarray(found), np.asarray(right)
    return found.shape == right.shape and np.allclose(found, right, rtol=tolerance, atol=tolerance)


def _numbers(*shape: int) -> Any:
    return np.random.default_rng(6).normal(size=shape)


def _leaf(m: Any, *shape: int) -> Any:
    return m.tensor.Tensor(_numbers(*shape), requires_grad=True)


# --- op -------------------------------------------------------------------------------------------------------


@check(6, "op", "the result is forward's, of tensors, arrays and numbers")
def _(m: Any) -> None:
    scaled = m.tensor.op(lambda a, b, factor=1.0: (a + b) * factor, a=lambda g, factor: g * factor)
    for a, b in ((m.tensor.Tensor([1.0, 2.0]), 3.0), (m.tensor.Tensor([1.0, 2.0]), np.array([3.0, 3.0]))):
        out = scaled(a, b, factor=2.0)
        expect(isinstance(out, m.tensor.Tensor), f"an op returned a {type(out).__name__}, not a Tensor")
        expect(same(out.data, [8.0, 10.0]), f"([1, 2] + 3) * 2 is {out.data}: call forward with the arguments' arrays")


@check(6, "op", "the result requires grad if an argument with a rule does, and remembers only those")
def _(m: Any) -> None:
    mul = m.tensor.op(lambda a, b: a * b, a=lambda g, b: g * b, b=lambda g, a: g * a)
    x, constant = _leaf(m, 3), m.tensor.Tensor(_numbers(3))
    out = mul(x, constant)
    expect(out.requires_grad, "x * constant does not require grad, though x does: nothing can be differentiated")
    expect(
        [parent is x for parent in out.parents] == [True],
        f"x * constant has {len(out.parents)} parents: it must remember x, which requires grad, and nothing else",
    )
    out = mul(constant, constant)
    expect(
        not out.requires_grad and not out.parents,
        "the product of two constants requires grad: nothing that it was computed from does, so remember no parents "
        "(else every batch of images gets a gradient that no one asked for)",
    )


@check(6, "op", "a rule gets what its parameters name: arguments, defaults, the result")
def _(m: Any) -> None:
    x = _leaf(m, 3)
    exp = m.tensor.op(lambda x: np.exp(x), x=lambda g, out: g * out)
    power = m.tensor.op(lambda x, n=2: x**n, x=lambda g, x, n: g * n * x ** (n - 1))
    for out, right in ((exp(x), np.exp(x.data)), (power(x), 2 * x.data), (power(x, 3), 3 * x.data**2)):
        (rule,) = out.rules
        found = rule(np.ones(3))
        expect(
            isinstance(found, np.ndarray),
            f"a rule returned a {type(found).__name__}, not an array: it works on arrays, so fill in x.data and out.data",
        )
        expect(
            same(found, right),
            f"a rule of g alone gives {found}, not {right}: fill in the arrays that it names (out included) "
            "with partial",
        )
    y = _leaf(m, 3) * 2.0
    out = m.tensor.op(lambda a, b: a * b, a=lambda g, b: g * b, b=lambda g, a: g * a)(x, y)
    found = [rule(np.ones(3)) for rule in out.rules]
    expect(
        same(found[0], y.data) and same(found[1], x.data),
        f"the rules of x * y hand {found[0]} to x and {found[1]} to y, it should be {y.data} and {x.data}: has each its own "
        "rule? A lambda that is made in a loop looks up `rule` when it is called, and finds the last; partial keeps its own",
    )


@check(6, "op", "within no_grad nothing is recorded")
def _(m: Any) -> None:
    x = _leaf(m, 3)
    with m.tensor.no_grad():
        out = x * 2.0
    expect(
        not out.requires_grad and not out.parents,
        "x * 2 within no_grad requires grad: ask _recording before you remember a parent",
    )
    expect((x * 2.0).requires_grad, "after no_grad nothing is recorded any more")


# --- unbroadcast -----------------------------------------------------------------------------------------------


@check(6, "unbroadcast", "copied entries get the sum of their copies' gradients, in their own shape")
def _(m: Any) -> None:
    for large, small in (
        [(4, 3), (3,)], [(4, 3), (4, 1)], [(2, 4, 3), (1, 3)], [(4, 3), (1, 1)], [(4, 3), ()], [(2, 4, 3), (2, 1, 1)],
    ):  # fmt: skip
        g = np.arange(1.0, 1 + np.prod(large)).reshape(large)
        found = np.asarray(m.tensor.unbroadcast(g, small))
        about = f"an array of shape {small} was broadcast to {large}: its gradient"
        expect(
            found.shape == small,
            f"{about} has the shape {found.shape}. It must have its own: sum over the axes in front that it does not "
            "have, and, with keepdims=True, over those where it has 1",
        )
        lead = tuple(range(len(large) - len(small)))
        ones = tuple(i + len(lead) for i, n in enumerate(small) if n == 1)
        right = g.sum(axis=lead + ones).reshape(small)
        mean = g.mean(axis=lead + ones).reshape(small)
        why = " It is the mean over the copies; each copy counts in full, so it is the sum" if same(found, mean) else ""
        expect(same(found, right), f"{about} is\n{found}\nbut it should be\n{right}.{why}")


@check(6, "unbroadcast", "what was copied 0 times gets the gradient 0")
def _(m: Any) -> None:
    found = np.asarray(m.tensor.unbroadcast(np.ones((0, 3)), (1, 3)))
    expect(same(found, np.zeros((1, 3))), f"(1, 3) was broadcast to (0, 3): its gradient is {found}, not three zeros")


# --- rules -----------------------------------------------------------------------------------------------------


@check(6, "sum_rule", "each entry gets the gradient of the sum that it went into")
def _(m: Any) -> None:
    x = _numbers(3, 3)  # square, so that a copy along the wrong axis has the right shape
    for dim, keepdim in ((None, False), (0, False), (1, False), (-1, False), (1, True), ((0, 1), False)):
        g = np.asarray(x.sum(axis=dim, keepdims=keepdim)) + 1.0
        found = m.tensor.sum_rule(g, x, dim, keepdim)
        right = np.broadcast_to(g if keepdim or dim is None else np.expand_dims(g, dim), x.shape)
        expect(
            np.shape(found) == x.shape,
            f"the gradient of x.sum({dim}, keepdim={keepdim}) by x has the shape {np.shape(found)}, x has {x.shape}",
        )
        if same(found, np.ones(x.shape)):
            why = "g has no effect: each entry gets the gradient of its sum, not 1"
        else:
            why = "the summed axis must come back where it was (np.expand_dims) before g is copied along it"
        expect(
            same(found, right),
            f"for x.sum({dim}, keepdim={keepdim}) and the gradient {g} of the sums, x gets\n{found}\nbut it should be\n"
            f"{right}: {why}",
        )


@check(6, "mean_rule", "the gradient of a mean of n entries is shared by them: 1/n each")
def _(m: Any) -> None:
    x = _numbers(4, 3)
    for dim, n in ((None, 12), (0, 4), (1, 3)):
        out = np.asarray(x.mean(axis=dim))
        found = m.tensor.mean_rule(np.ones_like(out), x, out, dim, False)
        expect(
            same(found, np.full((4, 3), 1 / n)),
            f"x.mean({dim}) of a (4, 3) array: each entry gets {np.ravel(found)[0]:.4g}, it should be 1/{n}. A "
            "mean is the "
            "sum divided by the number of entries in it; without 1/N a step of descent grows with the batch",
        )


@check(6, "matmul_a", "g b^T, for matrices and vectors")
def _(m: Any) -> None:
    _product(m, "a", "g @ b.T")


@check(6, "matmul_b", "a^T g, for matrices and vectors")
def _(m: Any) -> None:
    _product(m, "b", "a.T @ g")


def _product(m: Any, name: str, rule: str) -> None:
    for a, b in (
        [_numbers(3, 3), _numbers(3, 3)], [_numbers(2, 3), _numbers(3, 4)], [_numbers(2, 3), _numbers(3)],
        [_numbers(3), _numbers(3, 4)], [_numbers(3), _numbers(3)],
    ):  # fmt: skip
        g, x = np.asarray(a @ b), a if name == "a" else b
        found = getattr(m.tensor, f"matmul_{name}")(g, a, b)
        right = np.zeros_like(x)
        for i in np.ndindex(x.shape):  # a @ b is linear in each: its slope is the difference of two values
            step = np.zeros_like(x)
            step[i] = 1.0
            right[i] = np.sum(g * (step @ b if name == "a" else a @ step))
        about = f"a @ b of shapes {a.shape} and {b.shape}: the gradient of {name}"
        expect(np.shape(found) == x.shape, f"{about} has the shape {np.shape(found)}; for matrices it is {rule}")
        expect(same(found, right), f"{about} is\n{found}\nbut it should be\n{right}: for matrices it is {rule}")


@check(6, "index_rule", "what was taken gets its gradient, also what was taken twice")
def _(m: Any) -> None:
    x, g = _numbers(4), np.array([1.0, 10.0, 100.0])
    found = m.tensor.index_rule(g, x, (np.array([2, 0, 2]),))
    expect(
        same(found, [10.0, 0.0, 101.0, 0.0]),
        f"x[[2, 0, 2]] with the gradients 1, 10, 100 hands back {found}, it should be [10, 0, 101, 0]: entry 2 "
        "was taken "
        "twice, so it gets 1 + 100. out[index] += g keeps one of them; np.add.at adds both",
    )
    found = m.tensor.index_rule(np.ones((2, 3)), _numbers(4, 3), (slice(1, 3),))
    expect(same(found, np.repeat([0.0, 1.0, 1.0, 0.0], 3).reshape(4, 3)), f"x[1:3] of (4, 3) hands back\n{found}")


# --- backward --------------------------------------------------------------------------------------------------


def _counting(m: Any, most: int) -> Any:
    """An addition whose rules may be called so many times, in all."""
    calls = 0

    def once(g: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > most:
            raise Wrong(
                f"{most // 2} additions called more than {most} rules: a tensor was visited more than once. It "
                "hands on "
                "its gradient when it is complete. Take the newest first, that is the highest step"
            )
        return g

    return m.tensor.op(lambda a, b: a + b, a=lambda g: once(g), b=lambda g: once(g))


@check(6, "Tensor.backward", "a tensor that is used twice gets the sum of both gradients")
def _(m: Any) -> None:
    x = _leaf(m, 3)
    try:
        (x * x + x).backward(np.ones(3))
    except KeyError:
        raise Wrong(
            "x*x + x: a tensor came from the heap a second time (KeyError). Push a parent only where nothing had arrived yet; "
            "where something had, it is on the heap already"
        ) from None
    expect(x.grad is not None, "after backward() x.grad is None: nothing arrived at the leaf")
    expect(
        isinstance(x.grad, m.tensor.Tensor),
        f"x.grad is a {type(x.grad).__name__}, not a Tensor: a leaf's grad is Tensor(g.copy())",
    )
    expect(
        same(x.grad.data, 2 * x.data + 1),
        f"d(x*x + x)/dx at {x.data} is {x.grad.data}, it should be {2 * x.data + 1}: what arrives from several uses is "
        "added up, and not in place: the rules of + hand one array to both operands",
    )


@check(6, "Tensor.backward", "a tensor hands its gradient on once, when it is complete")
def _(m: Any) -> None:
    x = m.tensor.Tensor([1.5], requires_grad=True)
    a = x * 2.0
    b = a * a
    ((b * a) + a).sum().backward()  # a is used by b, by the product and by the sum: it must wait for all of them
    right = 3 * (2 * 1.5) ** 2 * 2 + 2
    found = None if x.grad is None else float(x.grad.data[0])
    expect(
        found == right,
        f"for a = 2x, b = a*a, z = b*a + a at x = 1.5 the gradient is {found}, it should be {right:g}: a tensor "
        "handed on "
        "before all of its uses had arrived, or twice. Take the newest first, that is the highest step",
    )
    add, x = _counting(m, 24), m.tensor.Tensor(1.0, requires_grad=True)
    z = x
    for _ in range(12):
        z = add(z, z * 1.0)  # z is used here and by the product, which is newer: z must wait for it
    z.backward()


@check(6, "Tensor.backward", "only leaves keep their gradient")
def _(m: Any) -> None:
    x = _leaf(m, 3)
    y = x * 2.0
    y.sum().backward()
    expect(y.grad is None, "y = 2x is no leaf, but y.grad was set: gradients are kept where parents are none")


@check(6, "Tensor.backward", "a second backward adds to grad, in the same tensor")
def _(m: Any) -> None:
    x = _leaf(m, 3)
    (x * x).sum().backward()
    first = x.grad
    (x * x).sum().backward()
    expect(
        same(x.grad.data, 4 * x.data),
        f"after two losses sum(x*x) x.grad is {x.grad.data}, it should be 2x + 2x = {4 * x.data}: backward adds "
        "to grad "
        "(+=, as in PyTorch), which is why loops begin with zero_grad",
    )
    expect(x.grad is first, "the second backward made a new tensor for x.grad: PyTorch adds to the one that is there")


@check(6, "Tensor.backward", "no two gradients share memory")
def _(m: Any) -> None:
    a, b, seed = _leaf(m, 3), _leaf(m, 3), m.tensor.Tensor(np.ones(3))
    (a + b).backward(seed)
    a.grad.data[...] = 7.0
    expect(
        same(b.grad.data, np.ones(3)),
        "after z = a + b, a change of a.grad changes b.grad: the rules of + hand the same array to both. A leaf must "
        "keep a copy of what arrived",
    )
    expect(
        same(seed.data, np.ones(3)), "a change of a.grad changes the gradient that backward was called with: copy it"
    )


@check(6, "Tensor.backward", "the gradient has the shape and dtype of its tensor")
def _(m: Any) -> None:
    x, bias = m.tensor.Tensor(np.ones((4, 3), np.float32)), m.tensor.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    ((x + bias) * np.arange(3.0)).sum().backward()
    expect(
        same(bias.grad.data, [0.0, 4.0, 8.0]),
        f"a bias of shape (3,) added to (4, 3): its gradient is {bias.grad.data}, it should be [0, 4, 8], the "
        "sum over the "
        "four rows: pass what a rule returns through _back",
    )
    expect(bias.grad.data.dtype == np.float32, f"the gradient of a float32 tensor is {bias.grad.data.dtype}")


@check(6, "Tensor.backward", "the time is linear and the depth unbounded: 40 doublings, a chain of 20,000 steps")
def _(m: Any) -> None:
    add = _counting(m, 80)
    x = z = m.tensor.Tensor(1.0, requires_grad=True)
    for _ in range(40):
        z = add(z, z)
    z.backward()
    expect(x.grad.item() == 2.0**40, f"40 doublings have the derivative 2^40 = {2**40}, not {x.grad.item()}")
    x = z = m.tensor.Tensor(1.0, requires_grad=True)
    for _ in range(20_000):
        z = z + 0.5
    try:
        z.backward()
    except RecursionError:
        raise Wrong("a chain of 20,000 additions ends in RecursionError: walk in a loop, not by recursion") from None
    expect(x.grad.item() == 1.0, f"a chain of additions has the derivative 1, not {x.grad.item()}")


@check(6, "Tensor.backward", "the table's derivatives are those of differences, whatever is broadcast")
def _(m: Any) -> None:
    (_leaf(m, 2) * 1.0).sum().backward()  # where it is not written yet, that is what to say
    differences(m, lambda a, b: a * b - a / (b * b + 1.0))
    differences(m, lambda a, b: a.maximum(b) + (2.0 - a).abs() * b.relu())
    differences(m, lambda a, b: ((a @ b).exp() + 1.0).log().mean(1), "nm,mk")
    differences(m, lambda a: (1.0 / (a.T * a.T + 1.0)).reshape(-1)[::2] ** 2, "nm")
    differences(m, lambda a: a.sum(0, keepdim=True) * a.mean(-1, keepdim=True), "nm")


@check(6, "Tensor.backward", "the softmax loss has the gradient (p - one-hot) / N")
def _(m: Any) -> None:
    x, y = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]]), np.array([0, 1, 2])
    scores = m.tensor.Tensor(x, requires_grad=True)
    e = scores.exp()
    (-(e / e.sum(1, keepdim=True))[np.arange(3), y].log().mean()).backward()
    right = (np.exp(x) / np.exp(x).sum(1, keepdims=True) - np.eye(3)[y]) / 3
    expect(same(scores.grad.data, right), f"the gradient of the softmax loss is\n{scores.grad.data}\nnot\n{right}")
