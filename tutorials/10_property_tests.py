# %% [markdown]
# # Hunting wrong gradients
#
# The derivatives of your framework are those of chapter 6's table and of chapter 7's losses. Chapter 3's check tries
# each at ten random matrices, and says that they are right. In this chapter you find out what it misses, write a hunter
# that looks where faults hide, and let it loose on planted bugs first, then on your own framework.
#
# You need: chapters 3, 6 and 7, and the library Hypothesis (`pip install 'microdl[gradcheck]'`). Time: 45 minutes.

# %%
import numpy as np
from hypothesis import strategies as st
from matplotlib.figure import Figure

from microdl import learn

mydl = learn.use(chapters=9)

from mydl import nn
from mydl.gradcheck import gradcheck
from mydl.tensor import Tensor, op

# %% [markdown]
# ## The naive way, and where it breaks
#
# Five operations, each a pair of a forward function and a rule. All five rules are wrong, by mistakes that people make.
# **Predict** which of them chapter 3's check convicts: it draws ten random 2 x 3 matrices.

# %%
ZOO = {
    "relu, slope 1 from -0.01 on": (lambda x: np.maximum(x, 0), lambda g, x: g * (x > -0.01)),
    "abs by dividing": (lambda x: np.abs(x), lambda g, x: g * x / np.abs(x)),
    "power 0 by the formula": (lambda x: x**0.0, lambda g, x: g * 0.0 * x**-1.0),
    "cube, halved beyond 2": (lambda x: x**3, lambda g, x: g * 3 * x**2 * np.where(np.abs(x) > 2, 0.5, 1)),
    "column sums, row 10 lost": (lambda x: x.sum(0), lambda g, x: g * np.where(np.arange(len(x)) < 9, 1, 0)[:, None]),
}
for name, (forward, backward) in ZOO.items():
    try:
        with np.errstate(all="ignore"):
            gradcheck(forward, backward, (2, 3), trials=10, seed=1)
        print(f"acquitted: {name}")
    except AssertionError:
        print(f"convicted: {name}")

# %% [markdown]
# Ten trials are 60 numbers. If a share $p$ of the normal distribution shows the fault, at least one of them does with
# the probability $1 - (1 - p)^{60}$:

# %%
normal = np.random.RandomState(0).randn(1_000_000)
for where, share in (
    ("beyond 2", (np.abs(normal) > 2).mean()),
    ("between -0.01 and 0", ((normal > -0.01) & (normal < 0)).mean()),
    ("0 itself", (normal == 0).mean()),
):
    print(f"{where:<20} {share:7.3%} of all numbers, seen in ten trials with probability {1 - (1 - share) ** 60:.0%}")

# %% [markdown]
# Random numbers are never exactly 0, seldom tiny, never equal to each other; and a matrix of two rows cannot have a
# wrong tenth one. Faults live at zeros, ties, kinks, edges of the domain, and in shapes: empty, single, long,
# broadcast.
#
# ## Properties
#
# A **property** is a statement that must hold for *all* inputs: "the gradient equals the slope". A property test draws
# inputs and looks for one that breaks it. Hypothesis draws them from *strategies*, which you describe, and it does one
# thing more: when it has found a bad input it makes it smaller and simpler as long as it stays bad (it *shrinks* it),
# and shows you the smallest.
#
# One difficulty comes first. At a kink there is no slope: $|x|$ at 0 has $-1$ on the left and $1$ on the right. Neither
# is wrong, nor is what lies between them; PyTorch takes 0. So compute both one-sided slopes,
#
# $$s_- = \frac{f(x) - f(x - h)}{h}, \qquad s_+ = \frac{f(x + h) - f(x)}{h},$$
#
# and ask that the gradient lies between them. What does that demand where there is no kink? By Taylor's formula
# $s_\pm = f'(x) \pm \tfrac h2 f''(x) + \tfrac{h^2}{6} f^{(3)}(x) \pm \dots$: the two lie on either side of $f'(x)$, at
# equal distances but for terms of $h^2$, and very near: the property is the old one. It gets a little room
# $\varepsilon$ for these terms, and for the rounding of $f$, of about $10^{-16} |f| / h$:
#
# $$\min(s_-, s_+) - \varepsilon \;\le\; \frac{\partial f}{\partial x} \;\le\; \max(s_-, s_+) + \varepsilon.$$
#
# A kink that is nearer than $h$, but not at $x$ itself, would be seen by one of the slopes only. The numbers below are
# rounded to three decimals, so with $h = 10^{-6}$ that does not happen at kinks such as 0 or 1.

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
    # <exercise arrays: Draw as many NUMBERS as the shape has entries; return them as a float64 array of the shape.>
    # hint: How many numbers does an array of this shape hold?
    # hint: math.prod(shape) is the number of entries: 1 for (), 0 for (2, 0).
    # hint: draw(strategy) gives a value of a strategy; st.lists(NUMBERS, min_size=n, max_size=n) is one of lists of n numbers.
    # hint: return np.array(draw(st.lists(...)), float).reshape(shape).
    n = math.prod(shape)
    return np.array(draw(st.lists(NUMBERS, min_size=n, max_size=n)), float).reshape(shape)
    # </exercise>


@st.composite
def pairs(draw):
    """Two arrays that broadcast together: of a common shape, axes in front left out, others of length 1."""
    shape = draw(SHAPES)

    # <exercise pairs: Return two arrays whose shapes come from the common one: each leaves out some axes in front, and has 1 in place of some others.>
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
    # <exercise slopes: Return (left, right), each an array like x: for each entry (f(x) - f(x - h)) / h and (f(x + h) - f(x)) / h.>
    # hint: As chapter 3's numerical_gradient, with f(x) in the middle, computed once.
    # hint: Work on a copy, x = np.array(x, float), and go over all places: for place in np.ndindex(x.shape).
    # hint: before = x[place]; x[place] = before - h, left[place] = (middle - f(x)) / h; and x[place] = before in the end.
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

        found = np.zeros_like(x) if t.grad is None else t.grad.data
        # <exercise mismatch: Return what is wrong, as a string, unless each entry of found lies between the slopes of weighted at x, with room of 1e-4 (1 + |low| + |high|).>
        # hint: At a kink the two slopes differ, and either may be the larger one; every number between them is right.
        # hint: left, right = slopes(weighted, x); low, high = np.minimum(left, right), np.maximum(left, right).
        # hint: Inside is (low - spare <= found) & (found <= high + spare), where spare is the room.
        # hint: A comparison with NaN is False, so ask whether all entries are inside, not whether one is outside.
        left, right = slopes(weighted, x)
        low, high = np.minimum(left, right), np.maximum(left, right)
        spare = 1e-4 * (1 + np.abs(low) + np.abs(high))
        if not ((low - spare <= found) & (found <= high + spare)).all():
            return f"input {i}: gradient {found.round(4).tolist()}, slopes {left.round(4).tolist()} to {right.round(4).tolist()}"
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

    # <exercise hunt: Run the property, holds(); return what was found last, a pair (inputs, why), or None if nothing was.>
    # hint: Calling holds() runs all examples, and raises AssertionError at the end if one failed.
    # hint: Hypothesis runs the smallest bad example last, so it is found[-1].
    # hint: try: holds(), except AssertionError: return found[-1].
    try:
        holds()
    except AssertionError:
        return found[-1]
    return None
    # </exercise>


# %% [markdown]
# ## Let it loose
#
# The same five, as operations of your engine. **Predict** the smallest input for each before you look; and which of
# them cannot be found among arrays whose axes are 3 long at most.


# %%
def planted(name):
    forward, backward = ZOO[name]
    return op(lambda x: forward(x), x=lambda g, x: backward(g, x))


def verdict(caught):
    if caught is None:
        return "escaped"
    (x,), why = caught
    return f"at {x.tolist()}: {why}" if x.size < 4 else f"at shape {x.shape} with the numbers {np.unique(x).tolist()}"


columns = st.tuples(st.integers(1, 3), st.integers(1, 2)).flatmap(arrays)
tall = st.tuples(st.integers(1, 12), st.just(1)).flatmap(arrays)
for name in ZOO:
    print(f"{name}\n    {verdict(hunt(planted(name), columns if 'column' in name else arrays()))}")
print(f"column sums, row 10 lost, of up to 12 rows\n    {verdict(hunt(planted('column sums, row 10 lost'), tall))}")

# %% [markdown]
# Not "a 2 x 3 matrix of eight-digit numbers", but one number, and a telling one; and of the tall columns the shortest
# that has a tenth row, with nothing in it that could distract. (The first strategy drew none so tall: what is not drawn
# is not tested.)
#
# ## And your own?
#
# The operations of your framework, or most of them (exercise 3 has another). Where an operation has conditions its
# strategy must keep them: a logarithm gets positive numbers, a loss gets scores of at least one class.

# %%
OF_TWO = {
    "a + b": lambda a, b: a + b, "a - b": lambda a, b: a - b, "a * b": lambda a, b: a * b,
    "a / (1 + b b)": lambda a, b: a / (1 + b * b), "maximum": lambda a, b: a.maximum(b),
}  # fmt: skip
OF_ONE = {
    "exp": lambda x: x.exp(), "relu": lambda x: x.relu(), "abs": lambda x: x.abs(), "x ** 3": lambda x: x**3,
    "sum": lambda x: x.sum(), "x.T": lambda x: x.T, "flat": lambda x: x.reshape(-1),
}  # fmt: skip
matrix = st.tuples(st.integers(1, 3), st.integers(1, 3)).flatmap(arrays)
OF_SCORES = {
    "sum(0)": lambda x: x.sum(0), "mean(1)": lambda x: x.mean(1), "an entry twice": lambda x: x[np.array([0, 0])],
    "softmax": lambda x: nn.softmax(x, 1), "log_softmax": lambda x: nn.log_softmax(x, 1), "x @ x.T": lambda x: x @ x.T,
    "hinge": lambda x: nn.hinge(x, np.zeros(len(x), int), 1.0),
}  # fmt: skip
for kind, inputs in ((OF_TWO, pairs()), (OF_ONE, arrays()), (OF_SCORES, matrix)):
    found = {name: hunt(function, inputs) for name, function in kind.items()}
    print(", ".join(f"{name} {'right' if caught is None else 'WRONG'}" for name, caught in found.items()))
print("log", "right" if hunt(lambda x: x.log(), arrays().map(lambda x: np.abs(x) + 0.5)) is None else "WRONG")

# %% [markdown]
# What does it mean that nothing is found? It is no proof: two hundred examples found nothing. The longer the list of
# mistakes that the hunter is known to catch, the more its silence says. So put it on trial, as you just did; microdl's
# tests do this for its own, with a collection of wrong operations (`tests/wrong_ops`).
#
# ## Where they look
#
# How soon does each way find a fault? Chapter 3's way of drawing gets 1,000 random matrices now, and the hunter as many
# of its own drawings. (The last fault needs the strategy of tall columns; the random matrices stay 2 x 3.)


# %%
def drawn(inputs, examples):
    """What a strategy draws."""
    seen = []
    hunt(lambda x: x * 1, inputs.map(lambda x: seen.append(x.copy()) or x), examples)
    return seen


def first_bad(name, examples):
    with np.errstate(all="ignore"):
        bad = (i for i, x in enumerate(examples, start=1) if mismatch(planted(name), (x,)))
        return next(bad, "never")


random = np.random.RandomState(1)
by_chance, by_hunter, by_tall = [random.randn(2, 3) for _ in range(1000)], drawn(arrays(), 1000), drawn(tall, 1000)
smallest = {name: hunt(planted(name), tall if "column" in name else arrays())[0][0] for name in ZOO}
print(f"{'first found at example':<30}{'random':>8}{'hunter':>8}   smallest")
for name in ZOO:
    by_strategy = by_tall if "column" in name else by_hunter
    x = smallest[name]
    last = x.item() if x.size == 1 else f"shape {x.shape}"
    print(f"{name:<30}{first_bad(name, by_chance):>8}{first_bad(name, by_strategy):>8}   {last}")

# %% [markdown]
# At the relu both need luck; two faults the random matrices will never show, for they are at a single number; and the
# last is no matter of numbers at all. And what the hunter shows in the end is the smallest example, not the first. The
# picture has the first 300 numbers of each way, and where each fault is:

# %%
away = np.geomspace(0.001, 4, 300)
line = np.concatenate([-away[::-1], np.linspace(-0.001, 0.001, 51), away])
names = [name for name in ZOO if "column" not in name]
samples = {"random": np.ravel(by_chance[:50]), "hunter": np.concatenate([x.ravel() for x in by_hunter])[:300]}
figure = Figure(figsize=(9, 3.8), layout="constrained")
axes = figure.subplots()
for row, name in enumerate(names):
    with np.errstate(all="ignore"):
        wrong = np.array([bool(mismatch(planted(name), (np.array(x),))) for x in line])
    shown = {"label": "the fault"} if row == 0 else {}
    axes.plot(line[wrong], np.full(wrong.sum(), row), "s", color="#D55E00", markersize=8, **shown)
    for part, (who, values) in enumerate(samples.items(), start=1):
        shown = {"label": f"300 numbers, {who}"} if row == 0 else {}
        axes.plot(values, np.full(300, row + 0.2 * part), "|x"[part - 1], color="0.3", markersize=5, **shown)
    shown = {"label": "smallest example"} if row == 0 else {}
    axes.plot(smallest[name].item(), row, "*", color="white", markeredgecolor="black", markersize=14, **shown)
axes.set_xscale("symlog", linthresh=0.001)
ticks = (-3, -1, -0.1, -0.01, -0.001, 0, 0.001, 0.01, 0.1, 1, 3)
axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
axes.set_yticks(range(len(names)), names)
axes.set(ylim=(len(names) - 0.3, -0.5), xlabel="x, stretched around 0")
figure.legend(ncols=4, loc="outside upper center", frameon=False)
figure

# %% [markdown]
# ## The grown-up version
#
# `microdl.testing` has the same hunter, with more properties, and it names the likely cause. It takes a pair of NumPy
# functions as it is, and any framework through an `Adapter`: how a tensor is made, how its array is read, and how a
# gradient is pulled back. Yours, and the planted bug in it:

# %%
from microdl.testing import Adapter, check_op


def vjp(function, leaves):
    out = function(*leaves)

    def pull(g):
        for leaf in leaves:
            leaf.grad = None
        out.backward(g)
        return [leaf.grad for leaf in leaves]

    return out, pull


mine = Adapter(leaf=lambda a: Tensor(a, requires_grad=True), value=lambda t: t.data, vjp=vjp)
print("log_softmax:", check_op(lambda x: nn.log_softmax(x, 1), "nm", adapter=mine).examples, "examples, nothing found")
try:
    check_op(planted("abs by dividing"), "*", adapter=mine)
except AssertionError as error:
    print(str(error).partition("checked")[0].rstrip())

# %% [markdown]
# For PyTorch, JAX, autograd, MyGrad and tinygrad the adapter has a name, so that another library's operation is tested
# in a line, and a test for pytest is another:
#
# ```python
# from microdl.testing import check_op, gradtest
#
# check_op(torch.nn.functional.softplus, "*", adapter="torch")
# test_softplus = gradtest(torch.nn.functional.softplus, "*", adapter="torch")
# ```
#
# ## What PyTorch does here
#
# `torch.autograd.gradcheck` takes the inputs that you give it, in float64, and compares with central differences of one
# width. PyTorch's own tests have samples for each operation, written by hand (`OpInfo`). For gradients there is no
# hunter, and nothing shrinks.
#
# **What the real file adds** (`microdl/testing/battery.py`, `microdl/testing/strategies.py`): slopes with measured
# error bars in place of a fixed room, second derivatives, float32, memory layouts, and other properties than "the
# gradient is the slope". One of them finds what your hunter cannot. **Predict** why your hunter acquits this square,
# which keeps its input for the rule in a place of its own:

# %%
kept = {}


def square(x):
    kept["x"] = x
    return x * x


def square_backward(g, x):
    return 2 * g * kept["x"]


print("hunt:", hunt(op(lambda x: square(x), x=lambda g, x: square_backward(g, x)), arrays()))
try:
    check_op((square, square_backward), "*")
except AssertionError as error:
    print("check_op:", str(error).partition("checked")[0].rstrip())

# %% [markdown]
# Your hunter goes backward right after each forward pass, when what is kept is still right. microdl's check runs the
# operation on other inputs (`aside`) in between, and then asks the earlier graph again:

# %%
learn.excerpt("microdl/testing/battery.py", "repeat")

# %% [markdown]
# And these are its numbers for "any real number". Compare them with your NUMBERS: what do `near` and `extreme` find?

# %%
learn.excerpt("microdl/testing/strategies.py", "_real")

# %% [markdown]
# ## Exercises
#
# 1. Hypothesis shrinks towards simple numbers. Why is the smallest example for the cube not 2.0?
# 2. `maximum` at a tie: your engine gives each operand half. Would 1 for both be found? Should it be?
# 3. Add a strategy for two matrices that can be multiplied, and hunt in `a @ b`.
# 4. Plant a bug of your own that `hunt` misses. What must be drawn, or asked, to find it?
# 5. How large an error of the slope escapes your hunter? Take $\varepsilon = 0$: what escapes then, and which right
#    gradients are convicted? Why not take $h = 10^{-12}$?
# 6. Take a planted bug of another chapter (`microdl/learn/bugs`), and write the property that finds it.
