# %% [markdown]
# # From NumPy to the machine's limit
#
# Your framework is right, and slower than it could be. In this chapter you measure where the time goes, compile the inner
# loops with Numba, and learn when to stop: by comparing with what the machine can do at most.
#
# You need: all chapters. Time: 50 minutes.

# %%
import time

import numba
import numpy as np

from microdl import learn

mydl = learn.use(chapters=12)

from mydl import nn, optim
from mydl.data import TensorDataset, torch
from mydl.tensor import Tensor


def seconds(function, *args, rounds=7):
    """The median time of a call, after one that may compile."""
    function(*args)
    found = []
    for _ in range(rounds):
        started = time.perf_counter()
        function(*args)
        found.append(time.perf_counter() - started)
    return sorted(found)[rounds // 2]


# %% [markdown]
# ## The naive way, and where it breaks
#
# "Python is slow, compiled code is fast, so compile it." The softmax loss of chapter 2 as a plain loop, in Python, compiled
# by Numba, and in NumPy. **Predict** their order. And what will the last line print?


# %%
def loop(scores, labels):
    total = 0.0
    for i in range(scores.shape[0]):
        s = 0.0
        for j in range(scores.shape[1]):
            s += np.exp(scores[i, j])
        total += np.log(s) - scores[i, labels[i]]
    return total / scores.shape[0]


compiled = numba.njit(loop)


def in_numpy(scores, labels):
    z = scores - scores.max(1, keepdims=True)
    return (np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), labels]).mean()


random = np.random.RandomState(0)
scores, labels = random.randn(2000, 10), random.randint(0, 10, 2000)
for name, function in (("Python", loop), ("NumPy", in_numpy), ("compiled", compiled)):
    print(f"{name:<9} {seconds(function, scores, labels, rounds=3) * 1e3:8.3f} ms   {function(scores, labels):.6f}")
print("with a score of 1000:", compiled(scores + 1000, labels))

# %% [markdown]
# Compiled code is many times as fast as the loop, and as wrong: compilation does not make a formula stable. And one
# more warning. `fastmath=True` lets the compiler assume that there is no NaN and no infinity:


# %%
def has_nan(x):
    found = False
    for v in x:
        if v != v:
            found = True
    return found


x = np.array([1.0, np.nan])
print(has_nan(x), numba.njit(has_nan)(x), numba.njit(has_nan, fastmath=True)(x))

# %% [markdown]
# It optimised the question away. So name the freedoms one by one: `fastmath={"contract"}` allows a product and a sum to be
# rounded once, `"reassoc"` another order of sums. Neither loses a NaN.
#
# ## Where does the time go?
#
# An operation of NumPy on a large array is compiled already. What it cannot do is *several steps in one pass*: each
# writes an array to memory, and the next one reads it back. The softmax loss by NumPy makes five passes over the scores,
# and its gradient two more. A **fused** kernel reads a row, does all, and writes the gradient: one pass.
#
# The limit: a row of 10 float64 is 80 bytes read and 80 written. At 10 GB/s, 2,000 rows take 0.03 ms. Nothing can be
# faster than its memory traffic, or its arithmetic; a kernel at half of that is a good kernel, and the place to stop.
#
# Write three. The loops are compiled: say what happens to each number, and create no arrays inside.

# %% file="kernels.py"
"""Chapter 13: inner loops, compiled."""

import math

import numpy as np
from numba import njit

from mydl.nn import Loss, _labelled
from mydl.tensor import Tensor, op


@njit(fastmath={"contract"}, error_model="numpy")  # a division by 0 gives inf or NaN, as in NumPy
def softmax_loss_and_slope(scores, labels, losses, slope):
    """Fill losses (n,) with the softmax losses of scores (n, c), and slope (n, c) with p - [j = y], row by row."""
    for i in range(scores.shape[0]):
        # <exercise softmax_loss_and_slope: For row i: the largest score, the sum of e^(s - largest), then the loss and the slopes.>
        # hint: Three short loops over j. In the second keep e^(s - largest) in slope[i, j]: it is needed again.
        # hint: losses[i] = math.log(total) - (scores[i, labels[i]] - largest).
        # hint: Third loop: slope[i, j] /= total; then slope[i, labels[i]] -= 1.
        # hint: A NaN must come out again: with `largest = max(...)` by comparisons it may be skipped, but the sum has it.
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
    """SGD on flat arrays, in place: v = momentum v + (g + decay p), or that sum alone on the first step; p -= lr v."""
    for i in range(p.size):
        # <exercise momentum_step: For number i: the decayed gradient, the buffer, the parameter.>
        # hint: d = g[i] + decay * p[i], before p[i] changes.
        # hint: v[i] = d if first else momentum * v[i] + d; then p[i] -= lr * v[i].
        d = g[i] + decay * p[i]
        v[i] = d if first else momentum * v[i] + d
        p[i] -= lr * v[i]
        # </exercise>


@njit
def byte_distances(a, b, out):
    """Fill out (n, m), of int32, with the sums of absolute differences of the rows of bytes a (n, d) and b (m, d)."""
    for i in range(a.shape[0]):
        for j in range(b.shape[0]):
            # <exercise byte_distances: Add up |a - b| over the row, as whole numbers that do not wrap around.>
            # hint: np.int32(a[i, t]) - np.int32(b[j, t]) can be negative; two uint8 cannot say so.
            # hint: total = np.int32(0) before the loop; abs(...) of the difference.
            total = np.int32(0)
            for t in range(a.shape[1]):
                total += abs(np.int32(a[i, t]) - np.int32(b[j, t]))
            out[i, j] = total
            # </exercise>


def _fused(scores, labels):
    losses, slope = np.empty(len(scores), scores.dtype), np.empty_like(scores)
    softmax_loss_and_slope(scores, labels, losses, slope)
    return losses, slope


class FusedCrossEntropy(Loss):
    """CrossEntropyLoss for labels, whose gradient is made in the forward pass."""

    def each(self, scores, target):
        """The losses of the rows of scores (n, c)."""
        losses, slope = _fused(np.ascontiguousarray(scores.data), _labelled(scores, target)[1])
        made = op(lambda x: losses, x=lambda g: g[:, None] * slope)
        return made(scores)


# %% [markdown]
# ## Right first
#
# A kernel has a twin: the same in NumPy, slow and plain. They must agree, also where it hurts.

# %%
losses, slope = np.empty(2000), np.empty((2000, 10))
softmax_loss_and_slope(scores + 1000, labels, losses, slope)
print("loss", losses.mean().round(6), "and by NumPy", in_numpy(scores, labels).round(6))
print("rows of the slope add up to", np.abs(slope.sum(1)).max().round(12))
broken = scores[:1].copy()
broken[0, 3] = np.nan
softmax_loss_and_slope(broken, labels[:1], losses[:1], slope[:1])
print("a NaN stays one:", losses[0])

# %% [markdown]
# ## Then fast
#
# Against NumPy doing the same work, loss and slope:


# %%
def numpy_loss_and_slope(scores, labels):
    z = scores - scores.max(1, keepdims=True)
    e = np.exp(z)
    total = e.sum(1)
    rows = np.arange(len(z))
    p = e / total[:, None]
    p[rows, labels] -= 1
    return np.log(total) - z[rows, labels], p


print(f"{'rows x classes':<16}{'NumPy':>10}{'kernel':>10}{'ratio':>8}{'limit':>10}")
for n, c in ((64, 10), (2000, 10), (2000, 1000)):
    s, y = random.randn(n, c), random.randint(0, c, n)
    losses, slope = np.empty(n), np.empty((n, c))
    ours = seconds(softmax_loss_and_slope, s, y, losses, slope)
    theirs = seconds(numpy_loss_and_slope, s, y)
    copy = seconds(np.copyto, slope, s)  # one array read, one written: what the memory allows
    print(f"{n:>6} x {c:<7}{theirs * 1e6:>8.0f} us{ours * 1e6:>7.0f} us{theirs / ours:>8.1f}{copy * 1e6:>7.0f} us")

# %% [markdown]
# Few classes: the kernel wins, for it makes no arrays on the way. Many: NumPy may well win, though it makes five passes.
# Why? The time is in the exponential. NumPy's handles eight numbers in one instruction; the compiled loop calls a library
# for one number at a time. A kernel is not fast because it is a kernel. microdl's has an exponential of its own, a
# polynomial without branches, which the compiler can turn into such instructions (`microdl/kernels/_math.py`).
#
# Bytes need no exponential:

# %%
images = random.randint(0, 256, (100, 3072)).astype(np.uint8)
out = np.empty((100, 100), np.int32)
byte_distances(images, images, out)
from mydl.neighbours import l1_distances

print("distances agree:", bool((out == l1_distances(images, images)).all()))
print(
    f"{seconds(l1_distances, images, images, rounds=3) / seconds(byte_distances, images, images, out):.0f} times as fast as chapter 1"
)

# %% [markdown]
# The compiler turned the inner loop into instructions that handle 16 or 32 bytes at once. It can do so because the loop
# is plain: one index that grows by one, no branches, whole numbers of a fixed size.
#
# ## In the framework
#
# The training script of chapter 9, with the fused loss in place of the old one:

# %%
from microdl.datasets import Digits

train_x, train_y = (t.numpy() for t in Digits.tensors(train=True))


def script(loss_class, epochs=3):
    torch.manual_seed(0)
    loader = torch.utils.data.DataLoader(TensorDataset(Tensor(train_x), Tensor(train_y)), batch_size=64, shuffle=True)
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer, loss_fn, history = optim.SGD(model.parameters(), lr=0.1, momentum=0.9), loss_class(), []
    for _ in range(epochs):
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(inputs), targets)
            loss.backward()
            optimizer.step()
            history.append(loss.item())
    return history


plain, fused = script(nn.CrossEntropyLoss), script(FusedCrossEntropy)
print(f"largest difference of {len(plain)} losses: {np.abs(np.subtract(plain, fused)).max():.0e}")
print(
    f"time: {seconds(script, FusedCrossEntropy, rounds=3) / seconds(script, nn.CrossEntropyLoss, rounds=3):.2f} of before"
)

# %% [markdown]
# Less than the table above promised. With 64 rows the loss is a small part of a step; the rest is Python: making nodes,
# walking the graph, calling functions. To see what is left, measure the parts, the most expensive first. That is what
# microdl does for a living, and why its files are longer than yours.

# %%
import cProfile
import pstats

profile = cProfile.Profile()
profile.runcall(script, FusedCrossEntropy)
stats = pstats.Stats(profile).stats
total = sum(entry[2] for entry in stats.values())
shares = {}
for (file, _, function), entry in stats.items():
    place = file.replace("\\", "/").rpartition("/")[2] if "mydl" in file else "NumPy and Python"
    shares[place] = shares.get(place, 0) + entry[2] / total
import matplotlib.pyplot as plt

names = sorted(shares, key=shares.get, reverse=True)[:8]
plt.figure(figsize=(6, 2.6))
plt.barh(names, [100 * shares[name] for name in names], color="0.6")
plt.xlabel("share of a training's time, % (as the profiler sees it)")
_ = plt.gca().invert_yaxis()

# %% [markdown]
# ## What PyTorch does here
#
# Its kernels are C++, its softmax fused in the same way, its matrix products by a library. For a step of a small model it
# spends most of its time on dispatch, as yours does, and more of it: so a small framework can be faster on small models.
#
# **What the real file adds** (`microdl/kernels/softmax.py`, `microdl/kernels/_threads.py`): rows shared among threads, with
# results that do not depend on their number; an exponential of its own that is computed for many numbers at once; code
# that is compiled once and kept on disk.
#
# ## Exercises
#
# 1. Use `momentum_step` in chapter 8's SGD. For which sizes does it pay?
# 2. Why does `byte_distances` fill `out` instead of returning an array? Measure both for small inputs.
# 3. Order the loops of a matrix product in the six possible ways, compile them, and measure. Explain the best and the worst.
# 4. Replace the exponential in the kernel by $1 + x$ (wrong, of course): how fast is it now at 2,000 x 1,000, and how far
#    from the limit?
#
# You have built it: a framework that trains networks with PyTorch's names and PyTorch's numbers, gradients that were
# hunted by properties, and kernels that you can justify. The files of microdl should hold no secrets now. Read one.
