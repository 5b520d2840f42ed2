# %% [markdown]
# # The gradient check
#
# To make a loss smaller you need to know in which direction it falls. The *gradient* holds that: for each weight, how
# fast the loss grows when that weight grows. This chapter computes it by trying, which is slow and hard to get wrong,
# and makes of it a judge for the fast ways, which are easy to get wrong. You write the judge first; then you put it on
# trial.
#
# You need: derivatives. Time: 50 minutes.

# %%
import numpy as np

from microdl import learn

mydl = learn.use(chapters=2)
from mydl.scores import softmax, softmax_loss

# %% [markdown]
# ## The naive way: a small step
#
# The lectures' example: some weights, of which the first three are 0.34, -1.11 and 0.78, have the loss 1.25347. Add
# $h = 0.0001$ to one weight at a time and compute the loss again. The derivative is the limit of
# $\frac{f(x + h) - f(x)}{h}$ for small $h$; so take it at this $h$, the *forward difference*. **Predict** the three
# slopes.

# %%
h, loss = 0.0001, 1.25347
for weight, moved in ((0.34, 1.25322), (-1.11, 1.25353), (0.78, 1.25347)):
    print(f"{weight:>5} + h: loss {moved}, slope {(moved - loss) / h:+.1f}")

# %% [markdown]
# How good is it? The definition says: the smaller $h$, the better. **Predict** how the error for the derivative of
# $e^x$ at 1, which is $e$, changes as $h$ goes from $10^{-1}$ to $10^{-15}$. The second column goes a step to each
# side: $\frac{f(x + h) - f(x - h)}{2h}$, the *central difference*.

# %%
steps = 10.0 ** -np.arange(1, 15.5, 0.5)
forward = np.abs((np.exp(1 + steps) - np.exp(1)) / steps - np.exp(1))
central = np.abs((np.exp(1 + steps) - np.exp(1 - steps)) / (2 * steps) - np.exp(1))
print("h        forward     central")
for h, one, two in zip(steps[::4], forward[::4], central[::4]):
    print(f"{h:.0e}    {one:.1e}     {two:.1e}")

# %%
from matplotlib.figure import Figure

figure = Figure(figsize=(6, 3.4), layout="constrained")
axes = figure.subplots()
axes.loglog(steps, forward, "o--", markersize=3, label="forward difference")
axes.loglog(steps, central, "s-", markersize=3, label="central difference")
axes.set(xlabel="h", ylabel="error of the derivative")
axes.invert_xaxis()
axes.legend(frameon=False)
figure

# %% [markdown]
# Both get better, and then worse. Two errors are at work. Taylor's formula,
# $f(x \pm h) = f(x) \pm h f'(x) + \tfrac{h^2}{2} f''(x) \pm \tfrac{h^3}{6} f'''(x) + \dots$, says what a difference
# leaves out, the *truncation*:
#
# $$\frac{f(x+h) - f(x)}{h} = f'(x) + \tfrac{h}{2} f''(x) + \dots, \qquad
#   \frac{f(x+h) - f(x-h)}{2h} = f'(x) + \tfrac{h^2}{6} f'''(x) + \dots$$
#
# In the central one the even terms cancel: halve $h$, and its error falls to a quarter. That is the left of the
# picture. On the right is *rounding*: each value of $f$ is off by up to $u = 2^{-53}$ of its size, and the division
# makes that larger, to $2u|f|/h$ and $2u|f|/(2h)$. For $e^x$ all derivatives are as large as $f$, so the sums of both
# errors are least where
#
# $$\frac{d}{dh}\Big(\frac{h}{2} + \frac{2u}{h}\Big) = 0: \; h = 2\sqrt{u}, \qquad
#   \frac{d}{dh}\Big(\frac{h^2}{6} + \frac{u}{h}\Big) = 0: \; h = \sqrt[3]{3u}.$$

# %%
u = 2.0**-53
for name, h, error in (("forward", 2 * u**0.5, 2 * u**0.5), ("central", (3 * u) ** (1 / 3), (3 * u) ** (2 / 3) / 2)):
    print(f"{name}: best h {h:.1e}, the errors' sum there {error * np.e:.1e}")

# %% [markdown]
# The picture agrees. So take central differences, and $h = 10^{-5}$.
#
# ## The judge
#
# A gradient is compared with the central difference, entry by entry. When is the distance between them a fault, and
# when mere rounding? An absolute bound alone will not do: 0.001 is nothing for a slope of $10^6$ and everything for one
# of $10^{-4}$. So take the *relative error* of the analytic $a$ and the numerical $n$, with a floor for slopes that are
# 0:
#
# $$\frac{|a - n|}{\max(|a|, |n|, 10^{-4})} \le 10^{-5}.$$
#
# The bound lies far above the error at this $h$ in the table and far below those of a wrong formula, which are usually
# a factor.
#
# Most functions have arrays as inputs and outputs. What a program of gradients has for each is a *backward* function:
# it is given the gradient $g$ of the loss by the outputs, $g_k = \partial L / \partial f_k$, and returns that by the
# inputs. By the chain rule, with $g$ held fixed,
#
# $$\frac{\partial L}{\partial x_t} = \sum_k g_k \frac{\partial f_k}{\partial x_t}
#   = \frac{\partial}{\partial x_t} \sum_k g_k f_k(x):$$
#
# what backward returns is the gradient of one number, $\sum_k g_k f_k(x)$, and that can be tried. It seems natural to
# take ones for $g$, the sum of the outputs. **Predict** its gradient for softmax.

# %%
x, steps = np.array([[1.0, 0, 4]]), 1e-5 * np.eye(3)
slopes = [(softmax(x + step).sum() - softmax(x - step).sum()) / 2e-5 for step in steps]
print(np.round(slopes, 6) + 0.0)

# %% [markdown]
# The probabilities add up to 1 wherever $x$ is. With ones, a backward that returns zeros would pass. So $g$ is drawn at
# random. Write the three functions.

# %% file="gradcheck.py"
"""Chapter 3: the gradient by trying, and a judge of gradients."""

import numpy as np


def numerical_gradient(f, x, h=1e-5):
    """The gradient of f, a function of an array to a number, at x by central differences: an array like x."""
    # <exercise numerical_gradient: Return the central differences, an array of x's shape; x itself stays as it was.>
    # hint: Move one entry at a time by h up and then down, look at f each time, and put the entry back.
    # hint: Work on a copy, as floats: x = np.array(x, float). Integers cannot be moved by h, and the caller keeps x.
    # hint: for place in np.ndindex(x.shape) goes over all places, whatever the shape; x[place] is the entry.
    # hint: gradient[place] = (f with x[place] = before + h, minus f with x[place] = before - h) / (2 * h).
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
    # <exercise relative_error: Return the largest relative error of two arrays of one shape as a float; inf for NaN or inf.>
    # hint: A comparison with NaN is never true, so a NaN slips through any bound: look for it first.
    # hint: if not np.isfinite(a).all(): return float("inf"); the same for n.
    # hint: The rest is (np.abs(a - n) / np.maximum(np.maximum(np.abs(a), np.abs(n)), 1e-4)).max().
    a, n = np.asarray(a, float), np.asarray(n, float)
    if not (np.isfinite(a).all() and np.isfinite(n).all()):
        return float("inf")
    return float((np.abs(a - n) / np.maximum(np.maximum(np.abs(a), np.abs(n)), 1e-4)).max(initial=0))
    # </exercise>


def gradcheck(forward, backward, shape, trials=10, seed=0):
    """Raises AssertionError unless backward(g, x) is the gradient of sum(g * forward(x)), at so many random x.

    Right is a relative error of at most 1e-5, and x's own shape.
    """
    # <exercise gradcheck: In each trial draw x, then g, by randn; assert that backward(g, x) is right.>
    # hint: One RandomState(seed), outside the loop. g has the shape of forward(x), and must not be of ones.
    # hint: The function to differentiate is lambda x: (g * forward(x)).sum().
    # hint: First compare the shapes: an analytic gradient of another shape would broadcast in silence.
    # hint: x = random.randn(*shape); g = random.randn(*np.shape(forward(x))); then assert relative_error(...) <= 1e-5.
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
# A judge that lets every gradient pass is worse than none. Here are right and wrong gradients of four functions.
# **Predict** which are acquitted, the last one above all.

# %%
cases = {
    "x*x, right": (lambda x: x * x, lambda g, x: 2 * g * x),
    "x*x, the 2 forgotten": (lambda x: x * x, lambda g, x: g * x),
    "x*x, g forgotten": (lambda x: x * x, lambda g, x: 2 * x),
    "sum, right": (lambda x: x.sum(), lambda g, x: g * np.ones_like(x)),
    "sum, a number for an array": (lambda x: x.sum(), lambda g, x: g),
    "relu, right": (lambda x: np.maximum(x, 0), lambda g, x: g * (x > 0)),
    "softmax, zeros": (softmax, lambda g, x: np.zeros_like(x)),
    "softmax, the diagonal only": (softmax, lambda g, x: g * softmax(x) * (1 - softmax(x))),
    "x*x, wrong above 3": (lambda x: x * x, lambda g, x: 2 * g * np.minimum(x, 3)),
}
for name, (forward, backward) in cases.items():
    try:
        gradcheck(forward, backward, (2, 3))
        print(f"{name:<28} acquitted")
    except AssertionError as error:
        print(f"{name:<28} WRONG: {str(error)[:60]}...")

# %% [markdown]
# ## Where the judge errs
#
# **It sees only where it looks.** The last gradient is wrong, and was acquitted: of 60 normal random numbers none was
# above 3. Inputs that hunt for faults instead of merely being random are chapter 10.
#
# **At a kink** it convicts the innocent. The rectifier $\max(x, 0)$ has the slopes 0 and 1 at 0, and the central
# difference takes their mean; the second number below is not at the kink, but nearer to it than $h$:

# %%
print(numerical_gradient(lambda x: np.maximum(x, 0).sum(), np.array([0.0, 1e-7, 1.0])).round(4))

# %% [markdown]
# Random numbers rarely come so close to 0; zeros in real data do.
#
# **In float32** the rounding is $u = 2^{-24}$, and divided by $h$ little is left. **Predict** how many digits of the
# slopes $e^x$ are right, at 1, 2 and 3:

# %%
x = np.array([1.0, 2, 3])
print("right:  ", np.exp(x).round(4))
print("float64:", numerical_gradient(lambda x: np.exp(x).sum(), x).round(4))
print("float32:", numerical_gradient(lambda x: np.exp(x.astype(np.float32)).sum(), x).round(4))

# %% [markdown]
# So check gradients in float64, whatever you train in.
#
# **And it is slow**: two losses for each weight. How many is that for one gradient?

# %%
from microdl.datasets import Digits

x, y = (t.numpy() for t in Digits.tensors(train=True))
W, losses = np.zeros((10, 64)), []


def loss(W):
    losses.append(softmax_loss(x @ W.T, y).mean())
    return losses[-1]


gradient = numerical_gradient(loss, W)
print(f"the {W.size} weights of the digits: {len(losses):,} losses; the 30,730 of CIFAR-10: {2 * 30730:,}")

# %% [markdown]
# Each of these losses looks at all images, and a training takes thousands of gradients. The next chapter derives
# formulas that give all slopes together for the price of one loss more; this judge will say whether they are right.
#
# ## What the gradient looks like
#
# It has a number for each weight, and a weight belongs to a class and a pixel. So the gradient by the weights of one
# class can be drawn as an image. These are its negatives, where all weights are 0: the direction in which the loss
# falls. **Predict** what you will see.

# %%
from microdl.plots import plot_templates

plot_templates(-gradient, title="minus the gradient of the softmax loss at W = 0")

# %% [markdown]
# Digits: to score better, each class should look for the ink that its own images have and others lack. A thousand
# guesses of chapter 2 found nothing like it. How far should one go? The loss along that line, $L(W - t\,\nabla L)$,
# begins with the slope $-\sum (\nabla L)^2$, by the chain rule:

# %%
sizes = np.linspace(0, 160, 41)
along = np.array([loss(W - t * gradient) for t in sizes])
figure = Figure(figsize=(6, 3.2), layout="constrained")
axes = figure.subplots()
axes.plot(sizes, along, label="loss")
axes.plot(sizes, along[0] - sizes * (gradient**2).sum(), "--", color="0.5", label="by the slope at 0 alone")
axes.set(xlabel="t, the size of the step against the gradient", ylabel="mean softmax loss", ylim=(0, 3))
axes.legend(frameon=False)
print(f"slope {-(gradient**2).sum():.3f}; lowest loss {along.min():.2f}, at t = {sizes[along.argmin()]:g}")
figure

# %% [markdown]
# The gradient tells the direction for a small step only: one that is too long goes up again on the other side. And from
# the lowest point of this line another gradient leads on. That is chapter 4.
#
# ## What PyTorch does here
#
# `torch.autograd.gradcheck(func, inputs, eps=1e-6, atol=1e-5, rtol=1e-3)` takes central differences too, and asks for
# $|a - n| \le$ `atol + rtol` $\cdot |n|$. It compares all derivatives of each output: $g$ is 1 for one output and 0 for
# the others, each in turn; with `fast_mode=True` it compares one number, for a random $g$ and a random direction of the
# inputs. It warns of inputs that are not in double precision, and it convicts `relu` at 0, where the difference is 0.5.
#
# microdl's has the same name and signature, and PyTorch's rule where one of `eps`, `atol` and `rtol` is given; without,
# a rule of its own:

# %%
import microdl as torch

x = torch.tensor([0.0, 1.0], dtype=torch.float64, requires_grad=True)
print("relu at 0, microdl's rule:  ", torch.autograd.gradcheck(torch.relu, x))
print("relu at 0, PyTorch's rule:  ", torch.autograd.gradcheck(torch.relu, x, eps=1e-6, raise_exception=False))


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * x


try:
    torch.autograd.gradcheck(Square.apply, torch.tensor([1.0, 2, 3], dtype=torch.float64, requires_grad=True))
except RuntimeError as error:
    print(str(error).partition("  checked")[0])

# %% [markdown]
# **What the real file adds** (`microdl/testing/slope.py`, `microdl/testing/verdict.py`). No step width is right for all
# functions, so it takes central differences $D$ at many, each an eighth of the one before, and extrapolates to $h = 0$.
# From $D(h) = f' + c h^2 + \dots$ and $D(h/8) = f' + c h^2 / 64 + \dots$ the square can be eliminated:
#
# $$\frac{64\,D(h/8) - D(h)}{63} = D(h/8) + \frac{D(h/8) - D(h)}{64 - 1} = f' + O(h^4).$$

# %%
first, second = ((np.exp(1 + h) - np.exp(1 - h)) / (2 * h) for h in (2.0**-4, 2.0**-7))
for name, found in (("D(h)", first), ("D(h/8)", second), ("extrapolated", second + (second - first) / 63)):
    print(f"{name:<13} error {abs(found - np.e):.1e}")

# %% [markdown]
# In the source, `base` is 64 (8 where there are values on one side only), and the next column of the table eliminates
# $h^4$, and so on. Look at `bar`: by how much two columns differ, plus the rounding of this step. It is measured, not
# guessed.

# %%
learn.excerpt("microdl/testing/slope.py", "Steps._extrapolate")

# %% [markdown]
# A gradient is right within the bar, or at a kink between the slopes of both sides; wrong only when it is several of a
# wider bar away; and in between the verdict is "inconclusive", which yours does not know.

# %%
learn.excerpt("microdl/testing/verdict.py", "_judged")

# %% [markdown]
# ## Exercises
#
# 1. How many losses does the forward difference take for $n$ weights, and how many the central one? When would you take
#    the forward one?
# 2. The lectures print losses with five decimals, and divide by $h = 0.0001$. By how much may the slopes -2.5, 0.6 and
#    0 be wrong for that reason alone?
# 3. Find a wrong gradient of $\sum_t x_t^2$ that your judge acquits at every $x$. How wrong is it?
# 4. Find a wrong gradient of `x * x` that passes with $g$ of ones and is convicted with a random one.
# 5. Make `numerical_gradient` compute at $h$ and at $h/2$ and extrapolate. Which $h$ is best now? Draw its errors into
#    the first picture.
# 6. Catch the gradient that is wrong above 3 by better inputs, without making the check slower. Which functions would
#    your inputs do harm to?
