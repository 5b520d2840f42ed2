# %% [markdown]
# # From NumPy to the machine's limit
#
# Your framework is right, and slower than it could be. In this chapter you measure where the time goes, compile inner
# loops with Numba, find that a compiled loop may well be slower than NumPy, and learn why, what to do about it, and
# when to stop: by comparing with what the machine can do at most.
#
# You need: all chapters. Time: 60 minutes. The timings are those of the machine on which this notebook was executed,
# busy with other work; run it on yours, and read your own numbers in place of these.

# %%
import math
import platform
import time

import numba
import numpy as np
from matplotlib.figure import Figure
from numba import njit

from microdl import learn

mydl = learn.use(chapters=12)

from mydl import nn
from mydl.data import torch


def seconds(function, *args, rounds=7):
    """The median time of a call, after one that may compile. The median: a mean takes in what else the machine did."""
    function(*args)
    found = []
    for _ in range(rounds):
        started = time.perf_counter()
        function(*args)
        found.append(time.perf_counter() - started)
    return sorted(found)[rounds // 2]


print(f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}, Numba {numba.__version__}")

# %% [markdown]
# ## The naive way, and where it breaks
#
# "Python is slow, compiled code is fast, so compile it." Here is the softmax loss of chapter 2: as plain loops in
# Python, the same loops compiled by Numba, and in NumPy. **Predict** their order. And what will the last line print?


# %%
def loop(scores, labels):
    total = 0.0
    for i in range(scores.shape[0]):
        s = 0.0
        for j in range(scores.shape[1]):
            s += np.exp(scores[i, j])
        total += np.log(s) - scores[i, labels[i]]
    return total / scores.shape[0]


compiled = njit(loop)


def in_numpy(scores, labels):
    z = scores - scores.max(1, keepdims=True)
    return (np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), labels]).mean()


random = np.random.RandomState(0)
scores, labels = random.randn(2000, 10), random.randint(0, 10, 2000)
for name, function in (("Python", loop), ("NumPy", in_numpy), ("compiled", compiled)):
    print(f"{name:<9} {seconds(function, scores, labels, rounds=3) * 1e3:8.3f} ms   {function(scores, labels):.6f}")
print("with 1000 added to every score:", compiled(scores + 1000, labels))

# %% [markdown]
# The compiled loop is fast, and as wrong as the formula: compilation does not make it stable. And one more warning.
# `fastmath=True` lets the compiler assume that there is no NaN and no infinity. **Predict** the three answers to "is
# there a NaN in (1, NaN)?":


# %%
def has_nan(x):
    found = False
    for v in x:
        if v != v:
            found = True
    return found


x = np.array([1.0, np.nan])
print("Python", has_nan(x), "  compiled", njit(has_nan)(x), "  with fastmath=True", njit(has_nan, fastmath=True)(x))

# %% [markdown]
# The compiler optimised the question away. So name the freedoms one by one: `fastmath={"contract"}` allows a product
# and a sum to be rounded once, `"reassoc"` another order of sums. Neither loses a NaN.
#
# ## What the machine can do at most
#
# A computation has to move its bytes and to do its arithmetic, so
#
# $$\text{time} \ \ge\ \max\left(\frac{\text{bytes}}{\text{bytes per second}},\
#   \frac{\text{operations}}{\text{operations per second}}\right).$$
#
# (The two limits against the operations done per byte make the picture known as the *roofline*.) Both rates can be
# measured in a line: a copy does nothing but move bytes, 8 read and 8 written for each float64; and the costly
# operation of a softmax is the exponential, one for each number. **Predict** what happens to the copy's rate when the
# array gets larger than the processor's caches, some megabytes.

# %%
print(f"{'numbers':>10}{'copy':>14}{'':>14}{'np.exp':>14}")
for n in (640, 20_000, 2_000_000):
    a, b = random.randn(n), np.empty(n)
    copy, exponential = seconds(np.copyto, b, a, rounds=25), seconds(np.exp, a, b, rounds=25)
    print(f"{n:>10,}{16 * n / copy / 1e9:>9.1f} GB/s{copy / n * 1e9:>11.2f} ns{exponential / n * 1e9:>11.2f} ns")

# %% [markdown]
# (At 640 numbers the call itself is what is measured.) An operation of NumPy on a large array is compiled already, and
# cannot be beaten by much. What NumPy cannot do is *several steps in one pass*: loss and slope of the softmax are, step
# by step, a maximum (reads all), a difference (reads and writes), an exponential (reads and writes), a sum (reads), a
# quotient (reads and writes): eight trips over the array, each of which for a large one goes to the memory and back. A
# **fused** kernel reads a row, does all while it is in the cache, and writes the slope: two trips, like the copy.
#
# Write the kernels. Their loops are compiled: say what happens to each number, and create no arrays inside.

# %% file="kernels.py"
"""Chapter 13: inner loops, compiled."""

import math

import numpy as np
from numba import njit

from mydl import nn
from mydl.nn import CrossEntropyLoss, Linear, _labelled
from mydl.tensor import op


@njit(fastmath={"contract"}, error_model="numpy")  # a division by 0 gives inf or NaN, as in NumPy
def softmax_loss_and_slope(scores, labels, losses, slope):
    """Fill losses (n,) with the softmax losses of scores (n, c), and slope (n, c) with p - [j = y], row by row."""
    for i in range(scores.shape[0]):
        # <exercise softmax_loss_and_slope: For row i fill losses[i] and slope[i, :]. Find the largest score, then the sum of e^(s - largest), then the loss and the slopes. No arrays.>
        # hint: Three short loops over j. In the second keep e^(s - largest) in slope[i, j]: it is needed again.
        # hint: With `if scores[i, j] > largest` a NaN is passed over, or, if it stands first, stays; either way it gets into the sum, and comes out: good.
        # hint: losses[i] = math.log(total) - (scores[i, labels[i]] - largest).
        # hint: Third loop: slope[i, j] /= total; after it slope[i, labels[i]] -= 1.
        largest = scores[i, 0]
        for j in range(1, scores.shape[1]):
            if scores[i, j] > largest:
                largest = scores[i, j]
        total = 0.0
        for j in range(scores.shape[1]):
            slope[i, j] = math.exp(scores[i, j] - largest)
            total += slope[i, j]
        losses[i] = math.log(total) - (scores[i, labels[i]] - largest)
        for j in range(scores.shape[1]):
            slope[i, j] /= total
        slope[i, labels[i]] -= 1
        # </exercise>


@njit(fastmath={"contract"})
def momentum_step(p, g, v, lr, momentum, decay, first):
    """SGD on flat arrays (n,), in place: v = momentum v + (g + decay p), or that sum alone on the first step; p -= lr v."""
    for i in range(p.size):
        # <exercise momentum_step: For number i: the decayed gradient, then the buffer v[i], then the parameter p[i].>
        # hint: d = g[i] + decay * p[i], before p[i] changes.
        # hint: v[i] = d if first else momentum * v[i] + d.
        # hint: Then p[i] -= lr * v[i].
        d = g[i] + decay * p[i]
        v[i] = d if first else momentum * v[i] + d
        p[i] -= lr * v[i]
        # </exercise>


@njit
def byte_distances(a, b, out):
    """Fill out (n, m), of int32, with the sums of absolute differences of the rows of bytes a (n, d) and b (m, d)."""
    for i in range(a.shape[0]):
        for j in range(b.shape[0]):
            # <exercise byte_distances: Fill out[i, j]: add up |a - b| over both rows, as whole numbers that do not wrap around.>
            # hint: The difference of two bytes can be negative, which a byte cannot say.
            # hint: np.int32(a[i, t]) - np.int32(b[j, t]), and abs of it; total = np.int32(0) before the loop over t.
            total = np.int32(0)
            for t in range(a.shape[1]):
                total += abs(np.int32(a[i, t]) - np.int32(b[j, t]))
            out[i, j] = total
            # </exercise>


def _fused_losses(scores, labels, slope):
    losses = np.empty(len(scores), scores.dtype)
    softmax_loss_and_slope(np.ascontiguousarray(scores), labels, losses, slope)
    return losses


fused_losses = op(_fused_losses, scores=lambda g, slope: g[:, None] * slope)
fused_scores = op(lambda x, w, b: x @ w.T + b, x=lambda g, w: g @ w, w=lambda g, x: g.T @ x, b=lambda g: g)


class FusedCrossEntropy(CrossEntropyLoss):
    """CrossEntropyLoss; for labels the losses are one node of the graph, whose gradient is made in the forward pass."""

    def each(self, scores, target):
        """The losses of the rows of scores (n, c)."""
        if target.shape == scores.shape:
            return super().each(scores, target)
        return fused_losses(scores, _labelled(scores, target)[1], np.empty(scores.shape, scores.dtype))


class FusedLinear(Linear):
    """Linear for batches (N, in): one node of the graph where it has a bias."""

    def forward(self, x):
        if self.bias is None or x.ndim != 2:
            return super().forward(x)
        return fused_scores(x, self.weight, self.bias)


def use_kernels():
    """From here on `nn.Linear` and `nn.CrossEntropyLoss` are the fused ones, in every script."""
    nn.Linear, nn.CrossEntropyLoss = FusedLinear, FusedCrossEntropy


# %% [markdown]
# ## Right first
#
# A kernel has a twin: the same in NumPy, plain and easy to trust. They must agree, also where it hurts.


# %%
def numpy_loss_and_slope(scores, labels):
    z = scores - scores.max(1, keepdims=True)
    e = np.exp(z)
    total, rows = e.sum(1), np.arange(len(z))
    p = e / total[:, None]
    p[rows, labels] -= 1
    return np.log(total) - z[rows, labels], p


losses, slope = np.empty(2000), np.empty((2000, 10))
for shift in (0, 1000):
    softmax_loss_and_slope(scores + shift, labels, losses, slope)
    twin = numpy_loss_and_slope(scores + shift, labels)
    print(
        f"+ {shift:<5} largest difference: losses {np.abs(losses - twin[0]).max():.0e}, slopes {np.abs(slope - twin[1]).max():.0e}"
    )
broken = scores[:1].copy()
broken[0, 3] = np.nan
softmax_loss_and_slope(broken, labels[:1], losses[:1], slope[:1])
print("a NaN stays one:", losses[0])

# %% [markdown]
# ## Then fast: is it?
#
# In nanoseconds a number, beside both limits. **Predict** where the kernel wins: few classes, or many?

# %%
SIZES = ((64, 10), (2000, 10), (2000, 1000))
TIMES = {}


def measure(name, call):
    """call(scores, labels, losses, slope): the time a number, for each of the sizes."""
    for n, c in SIZES:
        s, y = np.random.RandomState(0).randn(n, c), np.random.RandomState(1).randint(0, c, n)
        TIMES[name, n, c] = seconds(call, s, y, np.empty(n), np.empty((n, c))) / (n * c) * 1e9
    print(f"{name:<28}" + "".join(f"{TIMES[name, n, c]:>14.2f} ns" for n, c in SIZES))


print(f"{'':<28}" + "".join(f"{f'{n} x {c}':>17}" for n, c in SIZES))
measure("limit: copy", lambda s, y, losses, slope: np.copyto(slope, s))
measure("limit: np.exp", lambda s, y, losses, slope: np.exp(s, slope))
measure("NumPy", lambda s, y, losses, slope: numpy_loss_and_slope(s, y))
measure("your kernel", softmax_loss_and_slope)
for n, c in SIZES:
    ratio = TIMES["NumPy", n, c] / TIMES["your kernel", n, c]
    print(f"{n} x {c}: NumPy's time / the kernel's: {ratio:.1f}" + ("   (the kernel is slower)" if ratio < 1 else ""))

# %% [markdown]
# With few classes the kernel wins, for it makes no arrays on the way. With many, where the passes should cost NumPy
# most, its advantage is gone, and it is far from both limits. What is honest now? To print the whole table, not the row
# that looks best; to keep NumPy where it is as fast; and, before more code is written, to ask which limit the kernel is
# at. It moves as few bytes as a copy, so it is not the memory. Then it is the arithmetic:


# %%
@njit
def library_exp(z, out):
    for i in range(z.size):
        out[i] = math.exp(z[i])


z, out = random.randn(100_000), np.empty(100_000)
for name, function in (("np.exp", lambda z, out: np.exp(z, out)), ("compiled loop of math.exp", library_exp)):
    print(f"{name:<28}{seconds(function, z, out, rounds=25) / z.size * 1e9:>6.2f} ns a number")

# %% [markdown]
# There it is. A processor of today has instructions for four or eight float64 at once (*SIMD*), and NumPy's exponential
# is written with them. The compiled loop calls the library's function once for each number, and a call cannot be spread
# over eight numbers. (Where Numba finds Intel's SVML, a library of such functions, it can, and your table may differ.)
# A kernel is not fast because it is compiled.
#
# ## An exponential for many numbers at once
#
# What the compiler can spread is plain arithmetic without calls and branches. Let $k$ be $x / \ln 2$ rounded to a whole
# number, and $r = x - k \ln 2$, so $|r| \le \frac12 \ln 2$:
#
# $$e^x = e^{k \ln 2 + r} = 2^k e^r, \qquad e^r = 1 + r\left(1 + \frac r2\left(1 + \frac r3 (1 + \dots)\right)\right)
#   \approx \sum_{i=0}^{13} \frac{r^i}{i!}.$$
#
# What the sum leaves out is about $r^{14} / 14!$, printed below. Three tricks do without calls:
#
# - *Rounding.* A float64 has 52 bits after its first. In $x + 1.5 \cdot 2^{52}$ the last of them stands for 1, so the
#   addition itself rounds; subtracting the same leaves the whole number $k$.
# - *$2^k$* is the float64 whose bits are $k + 1023$ in the exponent's place, from bit 52 on, and 0 elsewhere:
#   `(k + 1023) << 52`, read as a float. The integer $k$ is there already: it is what the last bits of the shifted
#   number say, and all bits before them fall out on the left.
# - *$k \ln 2$* would be off by the rounding of $\ln 2$, $k$ times. So $\ln 2$ is split in two (Cody and Waite, 1980):
#   the first part has so few bits that its product with $k$ is exact.

# %%
print(f"left out: {(math.log(2) / 2) ** 14 / math.factorial(14):.0e}; rounding of a float64: {2.0**-53:.0e}")
print("2^-3 by its bits:", np.int64((-3 + 1023) << 52).view(np.float64))
shifted = 123.7 + 1.5 * 2.0**52
print(
    "123.7, shifted and back:",
    shifted - 1.5 * 2.0**52,
    "  last bits of the shifted:",
    np.float64(shifted).view(np.int64) & 4095,
)

# %% file="kernels.py"
_LOG2_E = 1 / math.log(2)
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # ln 2 is their sum
_ROUND = 1.5 * 2.0**52
_TAYLOR = tuple(1 / math.factorial(i) for i in range(13, -1, -1))  # 1/13!, ..., 1/1!, 1/0!


@njit(fastmath={"contract"}, error_model="numpy")
def fast_exp(x):
    """e^x of one float64 up to 709; 0 below -708; NaN for NaN. Without calls and branches."""
    # <exercise fast_exp: Return 2^k times the Taylor sum of r, with k and r as above; 0.0 if x < -708.>
    # hint: shifted = x * _LOG2_E + _ROUND, and k = shifted - _ROUND; r = (x - k * _LN2_HIGH) - k * _LN2_LOW.
    # hint: The sum from the inside out: y = _TAYLOR[0], then y = y * r + _TAYLOR[i] for i from 1 to 13.
    # hint: power = np.int64((np.float64(shifted).view(np.int64) + 1023) << 52).view(np.float64) is 2^k.
    # hint: In `0.0 if x < -708.0 else y * power` a NaN goes the second way, and stays; with `if x >= -708.0` it would become 0.
    shifted = x * _LOG2_E + _ROUND
    k = shifted - _ROUND
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    y = _TAYLOR[0]
    for i in range(1, 14):
        y = y * r + _TAYLOR[i]
    power = np.int64((np.float64(shifted).view(np.int64) + 1023) << 52).view(np.float64)
    return 0.0 if x < -708.0 else y * power
    # </exercise>


# %% [markdown]
# Right first, fast then. **Predict** how near to `np.exp` it comes.


# %%
@njit
def exp_all(z, out):
    for i in range(z.size):
        out[i] = fast_exp(z[i])


far = np.linspace(-708, 709, 100_000)
exp_all(far, out)
print(f"largest relative difference from np.exp: {np.abs(out / np.exp(far) - 1).max():.0e}")
print("of -1000, NaN:", fast_exp(-1000.0), fast_exp(np.nan))
print(f"{seconds(exp_all, z, out, rounds=25) / z.size * 1e9:.2f} ns a number")

# %% [markdown]
# Now it must stand where the compiler can use it. A sum of floats has an order, which may not be changed, so a loop
# that adds is not spread; the kernel above adds in the same loop. So: the exponentials in a loop of their own, the sum
# in a function that allows another order (`"reassoc"`), and one division in place of $c$.


# %%
@njit(fastmath={"reassoc"})
def sum_in_any_order(row):
    total = 0.0
    for v in row:
        total += v
    return total


@njit(fastmath={"contract"}, error_model="numpy")
def arranged(scores, labels, losses, slope):
    for i in range(scores.shape[0]):
        row, e = scores[i], slope[i]
        largest = row[0]
        for j in range(1, row.size):
            largest = row[j] if row[j] > largest else largest
        for j in range(row.size):
            e[j] = fast_exp(row[j] - largest)
        total = sum_in_any_order(e)
        losses[i] = math.log(total) - (row[labels[i]] - largest)
        factor = 1 / total
        for j in range(row.size):
            e[j] *= factor
        e[labels[i]] -= 1


arranged(scores + 1000, labels, losses, slope)
twin = numpy_loss_and_slope(scores + 1000, labels)
print(f"largest difference: losses {np.abs(losses - twin[0]).max():.0e}, slopes {np.abs(slope - twin[1]).max():.0e}\n")
print(f"{'':<28}" + "".join(f"{f'{n} x {c}':>17}" for n, c in SIZES))
measure("your kernel, arranged", arranged)

# %% [markdown]
# What is left are the search for the largest, the sum and the product, each another trip through the row (exercise 5
# takes them apart). In rows of ten it is also that ten numbers do not fill two of the processor's vectors of eight.
# Stop when what is left above the limits is not worth the time of those who will read the code.
#
# Bytes need no exponential, and their loop is plain from the start: one index that grows by one, no branches, whole
# numbers of a fixed size, whose sums have no order to keep. The compiler spreads it by itself.

# %%
from mydl.neighbours import l1_distances

images = random.randint(0, 256, (100, 3072)).astype(np.uint8)
out = np.empty((100, 100), np.int32)
byte_distances(images, images, out)
print("distances agree:", bool((out == l1_distances(images, images)).all()))
mine, numpys = seconds(byte_distances, images, images, out), seconds(l1_distances, images, images, rounds=3)
print(f"chapter 1: {numpys * 1e3:.1f} ms, compiled: {mine * 1e3:.1f} ms, {numpys / mine:.0f} times as fast")

# %% [markdown]
# ## In the framework
#
# The training script of chapter 9, with the fused loss in place of the old one. (`fused_losses` is an `op` of chapter
# 6: its argument `slope` is an empty array, which the forward pass fills; the rule gets it by its name, and only
# multiplies.) **Predict** what part of the time is saved.

# %%
from microdl.datasets import Digits

train_x, train_y = (t.numpy() for t in Digits.tensors(train=True))


def script(torch, loss_class, epochs=3):
    torch.manual_seed(0)
    data = torch.utils.data.TensorDataset(torch.from_numpy(train_x), torch.from_numpy(train_y))
    loader = torch.utils.data.DataLoader(data, batch_size=64, shuffle=True)
    model = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
    optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9), loss_class()
    history = []
    for _ in range(epochs):
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(inputs), targets)
            loss.backward()
            optimizer.step()
            history.append(loss.item())
    return history


plain, fused = script(torch, nn.CrossEntropyLoss), script(torch, FusedCrossEntropy)
print(f"largest difference of {len(plain)} losses: {np.abs(np.subtract(plain, fused)).max():.0e}")
# in turns, and the least of each: what else the machine does only adds
losses_of = (nn.CrossEntropyLoss, FusedCrossEntropy)
pairs = [[seconds(script, torch, loss, rounds=1) for loss in losses_of] for _ in range(15)]
before, after = np.min(pairs, axis=0)
print(f"time: {after / before:.0%} of before")

# %% [markdown]
# If the loss is a part $q$ of the time and becomes $f$ times as fast, what is left is $1 - q + q / f$: never less than
# $1 - q$ (*Amdahl's law*). With 64 rows of 10 the loss's arithmetic is a small part of a step, and what was saved is
# mostly something else: the fused loss records one node where the old one records three (the log-softmax, the index,
# the minus). Most of a step is making nodes, walking the graph, calling functions. Measure the parts, and begin with
# the largest:

# %%
import cProfile
import pstats

profile = cProfile.Profile()
profile.runcall(script, torch, FusedCrossEntropy)
times = {}
for (file, _, _), (_, _, own, _, _) in pstats.Stats(profile).stats.items():
    place = file.replace("\\", "/").rpartition("/")[2] if "mydl" in file else "NumPy, Python, kernels"
    times[place] = times.get(place, 0) + own
for place in sorted(times, key=times.get, reverse=True)[:6]:
    print(f"{place:<24}{times[place] / sum(times.values()):>5.0%} of the time, as the profiler sees it")

# %% [markdown]
# `tensor.py` makes the nodes and walks the graph, and what a node costs besides its arithmetic is the same for small
# arrays and large ones. For small arrays the cure is fewer nodes: `Linear` records three (`T`, `@`, `+`), `FusedLinear`
# one, and there is nothing to compile in it. `use_kernels` puts both classes in the place of chapter 7's. **Predict**
# how near your framework comes to microdl.

# %%
import microdl

WAYS = {
    "chapters 7 to 9": (torch, Linear, CrossEntropyLoss),
    "the loss fused": (torch, Linear, FusedCrossEntropy),
    "the layers too": (torch, FusedLinear, FusedCrossEntropy),
    "microdl": (microdl, Linear, microdl.nn.CrossEntropyLoss),
}


def trained(framework, linear, loss_class):
    nn.Linear = linear
    return script(framework, loss_class)


turns = [[seconds(trained, *way, rounds=1) for way in WAYS.values()] for _ in range(15)]
for way, least in zip(WAYS, np.min(turns, axis=0)):
    print(f"{way:<18}{least / np.min(turns, axis=0)[-1]:>5.1f} times microdl's time")
use_kernels()
now = script(torch, nn.CrossEntropyLoss)
print(f"largest difference of the losses: {np.abs(np.subtract(plain, now)).max():.0e}")

# %% [markdown]
# ## All in one picture
#
# Loss and slope of the softmax by each way, and by microdl: there the whole call, with checks, graph, new arrays and
# `backward`, on one thread. The dotted line is the copy, the dashed one np.exp: the two limits.


# %%
def by_microdl(s, y, losses, slope):
    x = microdl.from_numpy(s).requires_grad_()
    microdl.nn.functional.cross_entropy(x, microdl.from_numpy(y)).backward()


threads = microdl.get_num_threads()
microdl.set_num_threads(1)
measure("microdl", by_microdl)
microdl.set_num_threads(threads)

ways = ["NumPy", "your kernel", "your kernel, arranged", "microdl"]
figure = Figure(figsize=(9.5, 2.8), layout="constrained")
for ax, (n, c) in zip(figure.subplots(1, 3, sharey=True), SIZES):
    bars = ax.barh(ways, [TIMES[way, n, c] for way in ways], color="0.75")
    ax.bar_label(bars, fmt="%.1f", padding=2)
    for limit, style in (("limit: copy", ":"), ("limit: np.exp", "--")):
        ax.axvline(TIMES[limit, n, c], color="C0", linestyle=style, label=limit)
    ax.set(title=f"{n:,} x {c:,}", xlabel="ns a number", xscale="log", xlim=(0.1, 200))
ax.invert_yaxis()
figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2)
figure

# %% [markdown]
# ## What PyTorch does here
#
# Its kernels are C++ with SIMD instructions written out (its exponential, too, is a polynomial), its softmax is one
# kernel and its gradient another, its matrix products come from a library. For a step of a small model it, too, spends
# most of its time around the kernels, on checks, nodes and calls: there a small framework need not be slower.
#
# **What the real file adds** (`microdl/kernels/_math.py`, `microdl/kernels/softmax.py`, `microdl/kernels/_threads.py`,
# `microdl/kernels/_compile.py`): this exponential for float32 too and down to the smallest numbers, short rows taken
# together so that vectors are full, the largest found by integers, whose maximum can be spread; rows shared among
# threads, cut into the same parts whatever their number, so that results do not depend on it; and compiled code that is
# kept on disk, so that it is compiled once:

# %%
big, results = microdl.from_numpy(random.randn(5000, 40)), []
for count in (1, 2):
    microdl.set_num_threads(count)
    results.append(microdl.softmax(big, 1))
microdl.set_num_threads(threads)
print("equal to the last bit on one thread and on two:", results[0].equal(results[1]))

# %% [markdown]
# Beside your `fast_exp`, microdl's. It clamps where yours selects, and it applies $2^k$ in two halves, so that results
# below the smallest normal number come out right, where yours are 0. Then how rows are worked on: long ones one by one,
# short ones in blocks, so that one loop of exponentials runs over many rows.

# %%
learn.excerpt("microdl/kernels/_math.py", "_exp64")

# %%
learn.excerpt("microdl/kernels/softmax.py", "_softmax_rows")

# %% [markdown]
# ## Exercises
#
# 1. A kernel reads a float64 and writes one, and a copy of the same array runs at 10 GB/s. What is the least time for
#    2,000 x 1,000 numbers? For float32?
# 2. Use `momentum_step` in chapter 8's SGD. For which sizes does it pay? How many trips over memory does each make?
# 3. Why does `byte_distances` fill `out` instead of returning an array? Measure both for small inputs.
# 4. How many terms of the Taylor sum does float32 need? Write `fast_exp` for it, and measure: how many numbers at once
#    now?
# 5. Replace the exponential in `arranged` by $1 + x$ (wrong, of course): how far from the copy is it now, and what is
#    left?
# 6. Order the three loops of a matrix product in the six possible ways, compile them, and measure. Explain the best and
#    the worst.
#
# You have built it: a framework that trains networks with PyTorch's names and PyTorch's numbers, gradients that were
# hunted by properties, and kernels that you can justify. The files of microdl should hold no secrets now. Read one.
