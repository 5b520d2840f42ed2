# %% [markdown]
# # The gradient check
#
# To make a loss smaller you need to know in which direction it falls. The *gradient* holds that: for each weight, how
# fast the loss grows when that weight grows. This chapter computes it in the slow way that cannot be wrong, by trying,
# and turns that into a judge for the fast ways, which often are. You write the judge first; then you put it on trial.
#
# You need: derivatives. Time: 40 minutes.

# %%
import numpy as np

from microdl import learn

mydl = learn.use(chapters=2)
from mydl.scores import softmax_loss

# %% [markdown]
# ## Try every weight
#
# The lectures' example: the weights $W = [0.34, -1.11, 0.78, \dots]$ have the loss 1.25347. Add $h = 0.0001$ to the
# first weight only, and the loss is 1.25322. To the second: 1.25353. To the third: 1.25347. So the gradient begins

# %%
print((np.array([1.25322, 1.25353, 1.25347]) - 1.25347) / 0.0001)

# %% [markdown]
# This is the *forward difference* $\frac{f(x + h) - f(x)}{h}$. How good is it? The smaller $h$, the better, one should
# think. **Predict** how the error of the derivative of $e^x$ at 1 changes as $h$ goes from $10^{-1}$ to $10^{-15}$.

# %%
right = np.exp(1)
print("h        forward     central")
for k in range(1, 16, 2):
    h = 10.0**-k
    forward = (np.exp(1 + h) - np.exp(1)) / h
    central = (np.exp(1 + h) - np.exp(1 - h)) / (2 * h)
    print(f"1e-{k:02}   {abs(forward - right):.1e}     {abs(central - right):.1e}")

# %% [markdown]
# It gets better, and then worse. Two errors are at work. Taylor's formula,
# $f(x + h) = f(x) + h f'(x) + \tfrac{h^2}{2} f''(x) + \tfrac{h^3}{6} f'''(x) + \dots$, says what is left out:
#
# - forward: $\frac{f(x+h) - f(x)}{h} = f'(x) + \tfrac{h}{2} f''(x) + \dots$, an error in proportion to $h$;
# - central: $\frac{f(x+h) - f(x-h)}{2h} = f'(x) + \tfrac{h^2}{6} f'''(x) + \dots$, for the even terms cancel: $h^2$.
#
# And each value of $f$ is rounded, by about $10^{-16}$ of its size, which the division by $h$ makes larger: an error of
# about $10^{-16} / h$. The sum of $h^2$ and $10^{-16}/h$ is least near $h = 10^{-5}$: the table agrees.
#
# ## The judge
#
# A gradient is compared with the central difference, entry by entry. When is the difference between them a fault, and
# when mere rounding? An absolute bound alone will not do: 0.001 is nothing for a slope of $10^6$ and everything for one
# of $10^{-4}$. So the *relative error*, with a floor for slopes that are 0:
#
# $$\frac{|a - n|}{\max(|a|, |n|, 10^{-4})} \le 10^{-5}.$$
#
# Most functions have arrays as inputs and outputs, and a backward function that takes the gradient that comes in, of the
# output's shape, and returns one of the input's. Make one number of the outputs by a random weighting $g$: the gradient
# of $\sum g \cdot f(x)$ is just what backward returns for $g$.

# %% file="gradcheck.py"
"""Chapter 3: the gradient by trying, and a judge of gradients."""

import numpy as np


def numerical_gradient(f, x, h=1e-5):
    """The gradient of f, a function of an array to a number, at x by central differences: an array like x."""
    # <exercise numerical_gradient: Move one entry of x at a time by h up and down; put it back.>
    # hint: np.ndindex(x.shape) goes over all places, whatever the shape.
    # hint: (f(x + h at the place) - f(x - h at the place)) / (2 h).
    # hint: Work on a copy, as floats: x = np.array(x, float). Integers cannot be moved by h, and the caller keeps x.
    x = np.array(x, float)
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        before = x[place]
        x[place] = before + h
        up = f(x)
        x[place] = before - h
        gradient[place] = (up - f(x)) / (2 * h)
        x[place] = before
    return gradient
    # </exercise>


def relative_error(a, n):
    """The largest |a - n| / max(|a|, |n|, 1e-4) over the entries; infinite where one is not finite."""
    # <exercise relative_error: Return the largest relative error of two arrays, as a float.>
    # hint: A comparison with NaN is never true, so a NaN slips through any bound: look for it first.
    # hint: np.isfinite(a).all(); np.maximum(np.maximum(abs(a), abs(n)), 1e-4).
    a, n = np.asarray(a, float), np.asarray(n, float)
    if not (np.isfinite(a).all() and np.isfinite(n).all()):
        return float("inf")
    return float((np.abs(a - n) / np.maximum(np.maximum(np.abs(a), np.abs(n)), 1e-4)).max(initial=0))
    # </exercise>


def gradcheck(forward, backward, shape, trials=10, seed=0):
    """Whether backward(g, x) is the gradient of sum(g * forward(x)) at random x: raises AssertionError where not."""
    # <exercise gradcheck: In each trial draw x and g, compare backward(g, x) with the numerical gradient.>
    # hint: x = random.randn(*shape); g = random.randn(*forward(x).shape). With g of ones, errors that cancel in the sum are never seen.
    # hint: The function to differentiate is lambda x: (g * forward(x)).sum().
    # hint: First compare the shapes: an analytic gradient of another shape would broadcast in silence.
    random = np.random.RandomState(seed)
    for _ in range(trials):
        x = random.randn(*shape)
        g = random.randn(*np.shape(forward(x)))
        analytic, numeric = np.asarray(backward(g, x)), numerical_gradient(lambda x: (g * forward(x)).sum(), x)
        assert analytic.shape == x.shape, f"the gradient has the shape {analytic.shape}, and x has {x.shape}"
        error = relative_error(analytic, numeric)
        assert error <= 1e-5, f"at x = {x.tolist()} it is {analytic.tolist()}, by differences {numeric.tolist()}"
    # </exercise>


# %% [markdown]
# ## The judge on trial
#
# A judge that lets every gradient pass is worse than none. Here are right and wrong gradients of the same function,
# $f(x) = x^2$ for the first, and a softmax for the last. **Predict** which are acquitted.


# %%
def softmax_rows(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


cases = {
    "x*x, 2 g x": (lambda x: x * x, lambda g, x: 2 * g * x),
    "x*x, the 2 forgotten": (lambda x: x * x, lambda g, x: g * x),
    "x*x, g forgotten": (lambda x: x * x, lambda g, x: 2 * x),
    "sum, right": (lambda x: x.sum(), lambda g, x: g * np.ones_like(x)),
    "sum, a number for an array": (lambda x: x.sum(), lambda g, x: g),
    "relu, right": (lambda x: np.maximum(x, 0), lambda g, x: g * (x > 0)),
    "softmax, the diagonal only": (softmax_rows, lambda g, x: g * softmax_rows(x) * (1 - softmax_rows(x))),
}
for name, (forward, backward) in cases.items():
    try:
        gradcheck(forward, backward, (2, 3))
        print(f"{name:<28} right")
    except AssertionError as error:
        print(f"{name:<28} WRONG: {str(error)[:60]}...")

# %% [markdown]
# ## Where the judge errs
#
# At a kink. The rectifier $\max(x, 0)$ has two slopes at 0, and the central difference takes their mean:

# %%
print(numerical_gradient(lambda x: np.maximum(x, 0).sum(), np.array([0.0, 1e-7, 1.0])))

# %% [markdown]
# The first is no slope at all, and the second is that of a kink within reach of $h$. Random numbers rarely come so close
# to 0; zeros in real data do. `microdl.testing` tells such points from faults: it compares differences of several widths
# and makes no verdict where they do not agree. That, and inputs that hunt for faults instead of merely being random, is
# chapter 10.
#
# And it is slow: two losses for each weight. For one step of a linear classifier of CIFAR-10:

# %%
import time

from microdl.datasets import Digits

x, y = (t.numpy() for t in Digits.tensors(train=True))
W = np.random.RandomState(0).randn(10, 64) * 0.01
started = time.perf_counter()
gradient = numerical_gradient(lambda W: softmax_loss(x[:64] @ W.T, y[:64]).mean(), W)
seconds = time.perf_counter() - started
print(
    f"{W.size} weights of the digits: {seconds * 1000:.0f} ms; at this rate 30,730 weights: {seconds * 30730 / 640:.1f} s"
)

# %% [markdown]
# For one step of the many thousands. The next chapter derives formulas that take as long as two losses, for all weights
# together, and this judge will say whether they are right. One step against the gradient, to end with:

# %%
import matplotlib.pyplot as plt

loss = lambda W: softmax_loss(x[:64] @ W.T, y[:64]).mean()
sizes = np.linspace(0, 3, 40)
plt.figure(figsize=(6, 3))
plt.plot(sizes, [loss(W - size * gradient) for size in sizes])
plt.plot(sizes, loss(W) - sizes * (gradient**2).sum(), linestyle="--", color="grey")
plt.ylim(bottom=0)
plt.xlabel("step against the gradient")
_ = plt.ylabel("loss (dashed: by the slope alone)")

# %% [markdown]
# ## What PyTorch does here
#
# `torch.autograd.gradcheck(f, inputs)` is this judge, with an absolute and a relative bound and one step width. It wants
# inputs in float64. **Why?** Try your check with `float32`: rounding is $10^{-7}$, and divided by $h = 10^{-5}$ it leaves
# two digits.
#
# **What the real file adds** (`microdl/testing/slope.py`): differences of several widths, extrapolated to width 0, with
# an error bar that is measured and not guessed; `verdict.py`: wrong only where the gradient is outside the bar.
#
# ## Exercises
#
# 1. What does the forward difference cost for $n$ weights, and the central one? When would you take the forward one?
# 2. Find a wrong gradient of $\sum x_i^2$ that your judge acquits. (How large is its error?)
# 3. Why must $g$ be random? Find a wrong gradient of the softmax that passes with $g = 1$.
