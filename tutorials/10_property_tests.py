# %% [markdown]
# # Hunting wrong gradients
#
# Your framework has some twenty derivatives. Chapter 3's check tries each at ten random matrices, and says that they are
# right. In this chapter you find out what it misses, write a hunter that looks where faults hide, and let it loose on a
# zoo of planted bugs.
#
# You need: chapters 3 and 6, and the library Hypothesis (`pip install 'microdl[gradcheck]'`). Time: 45 minutes.

# %%
import numpy as np

from microdl import learn

mydl = learn.use(chapters=9)

from mydl.gradcheck import gradcheck
from mydl.tensor import Tensor, op

# %% [markdown]
# ## The naive way, and where it breaks
#
# Five operations whose rules are wrong. Each is an honest mistake:

# %%
ZOO = {
    "relu, slope 1 at x < 0.01": (lambda x: np.maximum(x, 0), lambda g, x: g * (x > -0.01)),
    "abs by dividing": (lambda x: np.abs(x), lambda g, x: g * x / np.abs(x)),
    "power 0 by the formula": (lambda x: x**0.0, lambda g, x: g * 0.0 * x**-1.0),
    "sum of the first row": (
        lambda x: x.sum(0),
        lambda g, x: np.broadcast_to(g, x.shape) * (np.arange(len(x)) < 9)[:, None],
    ),
    "cube, halved beyond 2": (lambda x: x**3, lambda g, x: g * 3 * x**2 * np.where(np.abs(x) > 2, 0.5, 1)),
}
for name, (forward, backward) in ZOO.items():
    try:
        with np.errstate(all="ignore"):
            gradcheck(forward, backward, (2, 3), trials=10, seed=1)
        print(f"acquitted: {name}")
    except AssertionError:
        print(f"convicted: {name}")

# %% [markdown]
# Random normal numbers are never exactly 0, seldom tiny, seldom beyond 2, never equal to each other; and all matrices
# were 2 x 3. Faults live at zeros, ties, kinks, edges of the domain, and in shapes: empty, single, long, broadcast.
#
# ## Properties
#
# A **property** is a statement that must hold for *all* inputs: "the gradient equals the slope". A property test draws
# inputs and looks for one that breaks it. Hypothesis draws them from *strategies*, which you describe, and it does one
# thing more: when it has found a bad input it makes it **smaller**, as long as it stays bad, and shows you the smallest.
#
# One difficulty comes first. At a kink there is no slope: $|x|$ at 0 has $-1$ on the left and $1$ on the right. Neither
# is wrong, and nothing between them is; PyTorch takes 0, and for the rectifier 0 as well. So compute both one-sided
# slopes, and ask that the gradient lies between them. Where there is no kink they agree, and the property is the old one:
#
# $$\min(s_-, s_+) - \varepsilon \;\le\; \frac{\partial f}{\partial x} \;\le\; \max(s_-, s_+) + \varepsilon,
#   \qquad s_\pm = \frac{f(x \pm h) - f(x)}{\pm h}.$$
#
# One-sided differences have an error of order $h$ where the function is curved; that of the two cancels in their mean.
# So widen the interval only a little more than $|s_+ - s_-|$ itself does.

# %% file="properties.py"
"""Chapter 10: a hunter of wrong gradients."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mydl.tensor import Tensor

NUMBERS = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 0.001, -0.001]), st.floats(-4, 4).map(lambda x: round(x, 3))
)
SHAPES = st.lists(st.integers(0, 3), max_size=3).map(tuple)


@st.composite
def arrays(draw, shape=None):
    """float64 arrays of a shape, by default of any small one: with zeros and ties, and now and then without an entry."""
    shape = draw(SHAPES) if shape is None else shape
    # <exercise arrays: Draw as many NUMBERS as the shape has entries; return the array.>
    # hint: math.prod(shape) is the number of entries: 1 for ().
    # hint: draw(st.lists(NUMBERS, min_size=n, max_size=n)) gives a list; np.array(..., float).reshape(shape).
    n = math.prod(shape)
    return np.array(draw(st.lists(NUMBERS, min_size=n, max_size=n)), float).reshape(shape)
    # </exercise>


@st.composite
def pairs(draw):
    """Two arrays that broadcast together: of a common shape, axes in front left out, others of length 1."""
    shape = draw(SHAPES)

    # <exercise pairs: From the common shape draw the shapes of both operands, then the operands.>
    # hint: An operand lacks some axes in front: shape[draw(st.integers(0, len(shape))):].
    # hint: Of the axes that are left, some have length 1 instead of n: tuple(draw(st.sampled_from([n, 1])) for n in ...).
    # hint: draw(arrays(shape)) for each.
    def operand():
        kept = shape[draw(st.integers(0, len(shape))) :]
        return draw(arrays(tuple(draw(st.sampled_from([n, 1])) for n in kept)))

    return operand(), operand()
    # </exercise>


def slopes(f, x, h=1e-6):
    """The slopes of f, a function of an array to a number, on the left and on the right of each entry of x."""
    # <exercise slopes: One-sided differences, backward and forward, each an array like x.>
    # hint: As chapter 3's numerical_gradient, with f(x) in the middle: (f(x) - f(x - h)) / h and (f(x + h) - f(x)) / h.
    # hint: Work on a copy, and put each entry back.
    x, middle = np.array(x, float), f(x)
    left, right = np.zeros_like(x), np.zeros_like(x)
    for place in np.ndindex(x.shape):
        before = x[place]
        x[place] = before - h
        left[place] = (middle - f(x)) / h
        x[place] = before + h
        right[place] = (f(x) - middle) / h
        x[place] = before
    return left, right
    # </exercise>


def mismatch(function, inputs):
    """What is wrong with the gradients of a function of tensors at these arrays, in words; "" where nothing is."""
    tensors = [Tensor(x.copy(), requires_grad=True) for x in inputs]
    out = function(*tensors)
    g = np.random.RandomState(0).randn(*out.shape)
    out.backward(g)
    for i, (x, t) in enumerate(zip(inputs, tensors)):

        def weighted(moved):
            return float((g * function(*[Tensor(moved if j == i else a) for j, a in enumerate(inputs)]).data).sum())

        found = t.grad.data
        # <exercise mismatch: Say what is wrong if the shape is, an entry is not finite, or one is not between the slopes.>
        # hint: found.shape must be x.shape: found comes from the rule, after unbroadcasting.
        # hint: low, high = np.minimum(left, right), np.maximum(left, right), widened by 1e-4 * (1 + abs(low) + abs(high)).
        # hint: A comparison with NaN is False, so ask whether all are inside, not whether one is outside.
        left, right = slopes(weighted, x)
        low, high = np.minimum(left, right), np.maximum(left, right)
        spare = 1e-4 * (1 + np.abs(low) + np.abs(high))
        if found.shape != x.shape:
            return f"input {i} of shape {x.shape} gets a gradient of shape {found.shape}"
        if not ((low - spare <= found) & (found <= high + spare)).all():
            return f"input {i}: gradient {found.tolist()}, slopes {left.round(4).tolist()} to {right.round(4).tolist()}"
        # </exercise>
    return ""


def hunt(function, inputs, examples=200):
    """The smallest inputs at which a gradient is wrong, and what is wrong there; None where none was found."""
    found = []

    @settings(max_examples=examples, derandomize=True, database=None, deadline=None)
    @given(inputs)
    def holds(drawn):
        drawn = drawn if isinstance(drawn, tuple) else (drawn,)
        with np.errstate(all="ignore"):
            why = mismatch(function, drawn)
        if why:
            found.append((drawn, why))
        assert not why

    # <exercise hunt: Run the property; return what was found last, or None.>
    # hint: Calling holds() runs all examples, and raises AssertionError at the end if one failed.
    # hint: Hypothesis runs the smallest bad example last, so it is found[-1].
    try:
        holds()
    except AssertionError:
        return found[-1]
    return None
    # </exercise>


# %% [markdown]
# ## Let it loose
#
# The same five, as operations of your engine. **Predict** the smallest input for each before you look.


# %%
def planted(name):
    forward, backward = ZOO[name]
    return op(lambda x: forward(x), x=lambda g, x: backward(g, x))


for name in ZOO:
    caught = hunt(planted(name), arrays((12, 1)) if "row" in name else arrays())
    if caught is None:
        print(f"{name:<28} escaped")
    else:
        (x,), why = caught
        print(f"{name:<28} at {x.tolist() if x.size < 6 else f'an array of shape {x.shape}'}")

# %% [markdown]
# Not "a 2 x 3 matrix of eight-digit numbers": one number, and a telling one. (The fourth fault needs more than nine rows:
# a strategy that draws no long arrays never meets it. What is not drawn is not tested.)
#
# ## And your own?

# %%
OPS = {
    "a + b": lambda a, b: a + b, "a - b": lambda a, b: a - b, "a * b": lambda a, b: a * b,
    "maximum": lambda a, b: a.maximum(b),
}  # fmt: skip
ONE = {
    "exp": lambda x: x.exp(), "relu": lambda x: x.relu(), "abs": lambda x: x.abs(), "x ** 3": lambda x: x**3,
    "sum": lambda x: x.sum(), "x.T": lambda x: x.T, "x / (1 + x x)": lambda x: x / (1 + x * x),
}  # fmt: skip
for name, function in OPS.items():
    print(f"{name:<14} {'right' if hunt(function, pairs()) is None else 'WRONG'}")
for name, function in ONE.items():
    print(f"{name:<14} {'right' if hunt(function, arrays()) is None else 'WRONG'}")

# %% [markdown]
# What is left when nothing is found? Not a proof: two hundred examples found nothing. The longer the list of mistakes
# that the hunter is known to catch, the more its silence means. So put it on trial too, as you just did; the repository
# of microdl has a corpus of some 750 wrong operations for that.
#
# The same with the grown-up version, which also names the likely cause:

# %%
from microdl.testing import check_op

try:
    check_op(ZOO["abs by dividing"], "*")
except AssertionError as error:
    print(str(error).partition("checked")[0].rstrip())

# %% [markdown]
# How small do the examples get, and how soon are they found? Over all of the zoo:

# %%
import matplotlib.pyplot as plt

names, sizes = [], []
for name in ZOO:
    caught = hunt(planted(name), arrays((12, 1)) if "row" in name else arrays())
    names.append(name)
    sizes.append(caught[0][0].size if caught else 0)
plt.figure(figsize=(6, 2.4))
plt.barh(names, sizes, color="0.6")
plt.xlabel("entries of the smallest input that shows the fault")
_ = plt.gca().invert_yaxis()

# %% [markdown]
# ## What PyTorch does here
#
# Its `gradcheck` takes the inputs that you give it, in float64; its test suite has samples for each operation, written by
# hand (`OpInfo`). There is no hunter.
#
# **What the real file adds** (`microdl/testing/check.py`, `microdl/testing/causes.py`): error bars that are measured
# instead of a fixed width, second derivatives, memory layouts, batteries of other properties (linearity in g, no change of
# the inputs), and the likely cause in words.
#
# ## Exercises
#
# 1. `maximum` at a tie: your engine gives each operand half. Would 1 for both be found? Should it be?
# 2. Plant a fault of your own that `hunt` misses. What must be drawn to find it?
# 3. Add a strategy for matrices that can be multiplied, and hunt in `a @ b`.
# 4. Hypothesis shrinks towards simple numbers. Why is the smallest example for `cube` not 2.0?
