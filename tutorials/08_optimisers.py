# %% [markdown]
# # Optimisers and regularisation
#
# The gradient says in which direction the loss grows fastest. How far to step against it, and whether to trust a single
# gradient, it does not say. In this chapter you write five answers, in the form in which PyTorch has them, and watch
# them race. Then you change what they go for: a penalty that prefers some weights to others, and what it means.
#
# You need: chapter 7. Time: 60 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

from microdl import learn

mydl = learn.use(chapters=7)

from mydl import nn
from mydl.tensor import Tensor, no_grad

# %% [markdown]
# ## The naive way, and where it breaks
#
# Plain gradient descent, on a valley: $f(w) = \tfrac12 (w_1^2 + 50\, w_2^2)$. It is 50 times steeper across than along.
#
# **Predict**: with a learning rate of 0.05, what happens to $w_1$ and to $w_2$? And with 0.03?


# %%
def valley(w):
    return (w * w * Tensor([0.5, 25.0])).sum()


def descend(lr, steps):
    w = Tensor([8.0, 1.0], requires_grad=True)
    for _ in range(steps):
        w.grad = None
        valley(w).backward()
        with no_grad():
            w -= lr * w.grad
    return w.data


for lr in (0.05, 0.03):
    print(f"lr {lr}: after 10 steps {descend(lr, 10)}, after 50 {descend(lr, 50)}")

# %% [markdown]
# A step changes $w_2$ to $w_2 - 50\,\eta\,w_2 = (1 - 50\eta)\, w_2$. Above $\eta = 2/50$ the factor is below $-1$: it
# climbs. The steepest direction sets the limit for all, and along the valley, where the factor is $1 - \eta$, the same
# rate crawls. All answers below are ways round this.
#
# ## Five rules
#
# Each keeps something about each parameter between steps. Written for one number, with gradient $g$ and rate $\eta$:
#
# | | |
# |---|---|
# | SGD | $w \leftarrow w - \eta g$ |
# | momentum | $v \leftarrow \mu v + g$, then $w \leftarrow w - \eta v$: what keeps its sign adds up, what alternates cancels |
# | Adagrad | $s \leftarrow s + g^2$, then $w \leftarrow w - \eta\, g / (\sqrt s + \epsilon)$: steep directions take smaller steps |
# | RMSprop | $s \leftarrow \alpha s + (1 - \alpha) g^2$: Adagrad that forgets |
# | Adam | means of $g$ and of $g^2$, both corrected for having begun at 0 |
#
# Why the correction? After one step the mean $m = \beta_1 \cdot 0 + (1 - \beta_1) g$ is a tenth of $g$ for
# $\beta_1 = 0.9$. In general, for a constant $g$, $m_t = (1 - \beta_1^t)\, g$, a geometric sum. So divide by
# $1 - \beta_1^t$.
#
# **Weight decay** adds $\lambda w$ to the gradient: the gradient of a penalty $\tfrac{\lambda}{2} \sum w^2$, without
# writing the penalty down.

# %% file="optim.py"
"""Chapter 8: what to do with a gradient."""

import numpy as np

from mydl.tensor import Tensor


class Optimizer:
    """Holds parameters, and for each a dict of what is remembered between steps."""

    def __init__(self, params, lr, weight_decay=0.0):
        self.params = list(params)
        if not self.params or not all(isinstance(p, Tensor) for p in self.params):
            raise ValueError("an optimizer needs a list of Tensors, such as model.parameters()")
        if not lr >= 0:
            raise ValueError(f"Invalid learning rate: {lr}")
        self.lr, self.weight_decay = lr, weight_decay
        self.state = [{} for _ in self.params]

    def zero_grad(self):
        """Forget the gradients: backward adds to them."""
        for p in self.params:
            p.grad = None

    def step(self):
        """Change every parameter that has a gradient, in place."""
        # <exercise Optimizer.step: For each parameter with a gradient subtract what `change` gives from its data, in place.>
        # hint: A parameter without a gradient stays as it is: weight decay does not touch it either.
        # hint: g = p.grad.data + self.weight_decay * p.data makes a new array; p.grad must not change.
        # hint: p.data -= ... changes the array that the model holds. p.data = p.data - ... would not: a view or another name keeps the old one.
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                p.data -= self.change(p.grad.data + self.weight_decay * p.data, state)
        # </exercise>

    def change(self, g, state):
        """What is subtracted from a parameter whose gradient is g; may keep arrays in state."""
        raise TypeError("each optimizer has its own")


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum."""

    def __init__(self, params, lr=1e-3, momentum=0.0, weight_decay=0.0):
        super().__init__(params, lr, weight_decay)
        self.momentum = momentum

    def change(self, g, state):
        # <exercise SGD.change: v = momentum * v + g, beginning with v = g; return lr * v.>
        # hint: state.get("v") is None before the first step: then v = g.
        # hint: PyTorch does not multiply g by (1 - momentum), and the rate is outside: lr * v.
        if self.momentum:
            g = state["v"] = self.momentum * state["v"] + g if "v" in state else g
        return self.lr * g
        # </exercise>


class Adagrad(Optimizer):
    """Each number's steps are divided by the root of the sum of its squared gradients so far."""

    def __init__(self, params, lr=1e-2, weight_decay=0.0, eps=1e-10):
        super().__init__(params, lr, weight_decay)
        self.eps = eps

    def change(self, g, state):
        # <exercise Adagrad.change: Add g^2 to the sum; return lr g / (sqrt(sum) + eps).>
        # hint: state["sum"] = state.get("sum", 0.0) + g**2.
        # hint: eps stands outside the root.
        state["sum"] = state.get("sum", 0.0) + g**2
        return self.lr * g / (np.sqrt(state["sum"]) + self.eps)
        # </exercise>


class RMSprop(Optimizer):
    """Adagrad with a mean that forgets in place of the sum."""

    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr, weight_decay)
        self.alpha, self.eps = alpha, eps

    def change(self, g, state):
        # <exercise RMSprop.change: mean = alpha * mean + (1 - alpha) g^2, from 0; return lr g / (sqrt(mean) + eps).>
        # hint: As Adagrad, with alpha and 1 - alpha.
        state["mean"] = self.alpha * state.get("mean", 0.0) + (1 - self.alpha) * g**2
        return self.lr * g / (np.sqrt(state["mean"]) + self.eps)
        # </exercise>


class Adam(Optimizer):
    """Momentum and RMSprop together, both corrected for having begun at 0."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr, weight_decay)
        self.betas, self.eps = betas, eps

    def change(self, g, state):
        # <exercise Adam.change: Means of g and of g^2, each divided by 1 - beta^t; return lr m / (sqrt(s) + eps).>
        # hint: Count the steps: t = state["t"] = state.get("t", 0) + 1. The first step has t = 1.
        # hint: state["m"] = b1 * state.get("m", 0.0) + (1 - b1) * g, and the same with b2 and g**2. The corrected ones are not stored.
        # hint: m = state["m"] / (1 - b1**t), s = state["s"] / (1 - b2**t).
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        state["m"] = b1 * state.get("m", 0.0) + (1 - b1) * g
        state["s"] = b2 * state.get("s", 0.0) + (1 - b2) * g**2
        m, s = state["m"] / (1 - b1**t), state["s"] / (1 - b2**t)
        return self.lr * m / (np.sqrt(s) + self.eps)
        # </exercise>


def l2(w):
    """sum(w^2)."""
    return (w * w).sum()


def l1(w):
    """sum(abs(w))."""
    return w.abs().sum()


def elastic_net(w, beta=1.0):
    """sum(beta w^2 + abs(w))."""
    # <exercise elastic_net: Both penalties, the first times beta.>
    # hint: beta * l2(w) + l1(w).
    return beta * l2(w) + l1(w)
    # </exercise>


# %% [markdown]
# ## The race

# %%
RULES = {
    "SGD": lambda w: SGD(w, lr=0.03),
    "momentum": lambda w: SGD(w, lr=0.03, momentum=0.8),
    "Adagrad": lambda w: Adagrad(w, lr=1.5),
    "RMSprop": lambda w: RMSprop(w, lr=0.3, alpha=0.9),
    "Adam": lambda w: Adam(w, lr=0.5),
}
paths = {}
for name, make in RULES.items():
    w = Tensor([8.0, 1.0], requires_grad=True)
    optimizer = make([w])
    paths[name] = [w.data.copy()]
    for _ in range(40):
        optimizer.zero_grad()
        valley(w).backward()
        optimizer.step()
        paths[name].append(w.data.copy())
    print(f"{name:<9} after 40 steps: {valley(w).item():.4f} at {w.data.round(3)}")

# %%
xs, ys = np.meshgrid(np.linspace(-3, 9, 200), np.linspace(-1.3, 1.3, 200))
plt.figure(figsize=(8, 3.5))
plt.contour(xs, ys, 0.5 * xs**2 + 25 * ys**2, levels=np.geomspace(0.1, 80, 12), colors="0.8", linewidths=0.8)
for (name, path), style, mark in zip(paths.items(), ("-", "--", ":", "-.", "-"), "osv^D"):
    path = np.array(path)
    plt.plot(path[:, 0], path[:, 1], style, marker=mark, markersize=3, linewidth=1, label=name)
plt.xlabel("along the valley")
plt.ylabel("across")
plt.legend(fontsize="small")
# %% [markdown]
# SGD zigzags across and creeps along; momentum overshoots and comes back; the other three rescale the axes, and do not
# see that one is steeper. This is a picture of one valley with rates chosen for it: on your data, try.
#
# ## Which weights do we want?
#
# Chapter 2 found that $2W$ has the same hinge loss as $W$. A penalty $\lambda R(W)$ added to the loss decides. The
# lectures' example: $x = (1, 1, 1, 1)$, and two rows of weights with the same score:

# %%
x = Tensor([1.0, 1, 1, 1])
for w in (Tensor([1.0, 0, 0, 0]), Tensor([0.25, 0.25, 0.25, 0.25])):
    print(f"score {(w * x).sum().item():g}, L2 {l2(w).item():g}, L1 {l1(w).item():g}, both {elastic_net(w).item():g}")

# %% [markdown]
# L2 prefers to use all pixels a little. L1 has no preference between these two, but it makes weights vanish, which L2
# never does. **Predict** why, from the derivatives of $w^2$ and of $|w|$ near 0, before you read on.
#
# The pull of L2 is $2w$: it fades as $w$ gets small. That of L1 is $\pm 1$ all the way to 0. Minimise
# $\tfrac12 (w - a)^2 + \lambda R(w)$ by hand, for one weight that the data would have at $a$:
#
# - L2: $w - a + 2\lambda w = 0$, so $w = \dfrac{a}{1 + 2\lambda}$, smaller, and 0 only if $a$ is;
# - L1: $w = a - \lambda\,\mathrm{sign}(w)$ if $|a| > \lambda$, and **0** otherwise.

# %%
a, strength = np.array([-2.0, -0.3, 0.1, 0.6, 3.0], np.float32), 0.5
for name, penalty, by_hand in (
    ("L2", l2, a / (1 + 2 * strength)),
    ("L1", l1, np.sign(a) * np.maximum(np.abs(a) - strength, 0)),
):
    w = Tensor(a.copy(), requires_grad=True)
    for step in range(2000):
        w.grad = None
        (((w - a) ** 2).sum() * 0.5 + strength * penalty(w)).backward()
        with no_grad():
            w -= 0.1 / (1 + step / 20) * w.grad
    print(name, "descent", w.data.round(2) + 0.0, "by hand", by_hand.round(2) + 0.0)

# %% [markdown]
# ## What a penalty says
#
# Where does $R$ come from? Suppose that before seeing data we believe that weights are normally distributed around 0
# with variance $\sigma^2$. By Bayes' rule the probability of weights given the data is in proportion to
# $p(\text{data} \mid w)\, p(w)$. To maximise it, minimise its negative logarithm:
#
# $$-\ln p(\text{data} \mid w) - \ln p(w)
#   = \underbrace{\textstyle\sum_i L_i}_{\text{softmax losses}} + \frac{1}{2\sigma^2}\sum w^2 + \text{const}.$$
#
# The penalty L2 with $\lambda = 1/(2\sigma^2)$: *maximum a posteriori* estimation with a Gaussian prior. A Laplace prior,
# $p(w) = \frac{1}{2b} e^{-|w|/b}$, gives L1 with $\lambda = 1/b$. In numbers, up to the constants:

# %%
w, sigma, b = np.array([0.5, -1.0, 2.0]), 0.7, 0.4
gauss = -np.log(np.exp(-(w**2) / (2 * sigma**2)) / np.sqrt(2 * np.pi * sigma**2)).sum()
laplace = -np.log(np.exp(-np.abs(w) / b) / (2 * b)).sum()
print(gauss - (w**2).sum() / (2 * sigma**2), "=", 3 * 0.5 * np.log(2 * np.pi * sigma**2))
print(laplace - np.abs(w).sum() / b, "=", 3 * np.log(2 * b))

# %% [markdown]
# Maximum likelihood is the case without a prior: all weights equally likely beforehand, no penalty.
#
# ## On the digits
#
# The two-layer network of chapter 7, the five rules, one epoch of the same batches each:

# %%
from microdl.datasets import Digits

train_x, train_y = (t.numpy() for t in Digits.tensors(train=True))
loss_fn = nn.CrossEntropyLoss()


def epoch_of(make, seed=0):
    nn._generator = np.random.default_rng(seed)  # the same first weights for all
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer, losses = make(model.parameters()), []
    order = np.random.RandomState(seed).permutation(len(train_x))
    for start in range(0, len(order), 16):
        batch = order[start : start + 16]
        optimizer.zero_grad()
        loss = loss_fn(model(Tensor(train_x[batch])), train_y[batch])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.array(losses)


for name, make in {
    "SGD": lambda p: SGD(p, lr=0.1),
    "momentum": lambda p: SGD(p, lr=0.05, momentum=0.9),
    "Adagrad": lambda p: Adagrad(p, lr=0.03),
    "RMSprop": lambda p: RMSprop(p, lr=0.003),
    "Adam": lambda p: Adam(p, lr=0.005),
}.items():
    losses = epoch_of(make)
    print(f"{name:<9} first batch {losses[0]:.3f}, last ten {losses[-10:].mean():.3f}")

# %% [markdown]
# ## What PyTorch does here
#
# These, with these names and arguments: `optim.SGD(params, lr, momentum, weight_decay)` has the same first step (the
# buffer begins as $g$), and Adam the same correction. `weight_decay` is $\lambda$ in $\lambda w$, so it is *twice* the
# $\lambda$ of $\lambda \sum w^2$. `AdamW` subtracts $\eta\lambda w$ beside the step instead of adding $\lambda w$ to the
# gradient, where Adam would rescale it.
#
# **What the real file adds** (`microdl/kernels/optim.py`, `microdl/optim/`): one compiled pass over each parameter, so
# that memory is read once; groups of parameters with options of their own; states that are saved and loaded; and checks
# of everything before anything has changed.
#
# ## Exercises
#
# 1. With momentum $\mu$ and a constant gradient, how long is a step in the end, in units of $\eta g$? (0.9 makes ten.)
# 2. Adagrad's steps shrink for ever. When is that right, and when is it a fault?
# 3. Add weight decay to Adam in both ways, and train to the end. Which weights end smaller?
# 4. Which prior belongs to the elastic net?
