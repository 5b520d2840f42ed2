# %% [markdown]
# # Optimisers and regularisation
#
# The gradient says in which direction the loss grows fastest. How far to step against it, it does not say. In this
# chapter you write five answers, in the form in which PyTorch has them, and watch them race. Then you change what they
# aim for: a penalty prefers some weights to others, and each penalty stands for a belief about weights.
#
# You need: chapter 7; for the last part, Bayes' rule. Time: 60 minutes.

# %%
import numpy as np
from matplotlib.figure import Figure

from microdl import learn, plots
from microdl.datasets import Digits

mydl = learn.use(chapters=7)

from mydl import nn
from mydl.tensor import Tensor, no_grad

# %% [markdown]
# ## The naive way, and where it breaks
#
# Plain gradient descent, in a valley: $f(w) = \tfrac12 (w_1^2 + 50\, w_2^2)$. It is 50 times steeper across than along.
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
# The gradient is $(w_1, 50\, w_2)$, so a step with the rate $\eta$ makes $(1 - \eta)\, w_1$ and $(1 - 50\eta)\, w_2$ of
# the two. A factor below $-1$ climbs: across the valley that is so from $\eta = 2/50$ on. The steepest direction sets
# the limit for all. A larger rate helps along the valley and, from $\eta = 1/50$ on, harms across it; the best one
# makes both factors equally large, $1 - \eta = 50\eta - 1$, so $\eta = 2/51$:

# %%
for lr in (0.05, 0.03, 2 / 51):
    along, across = 1 - lr, 1 - 50 * lr
    print(f"lr {lr:.4f}: factors {along:.3f}, {across:+.3f}; after 50 steps {8 * along**50:.3g}, {across**50:.3g}")

# %% [markdown]
# Even the best rate leaves a part of the way to go, and its steps jump from one side of the valley to the other. All
# answers below are ways round this.
#
# ## Five rules
#
# All but the first remember something about each parameter between steps. Written for one number, with the gradient $g$
# and the rate $\eta$; what is remembered begins at 0:
#
# | | |
# |---|---|
# | SGD | $w \leftarrow w - \eta g$ |
# | momentum | $v \leftarrow \mu v + g$, then $w \leftarrow w - \eta v$ |
# | Adagrad | $s \leftarrow s + g^2$, then $w \leftarrow w - \eta\, g / (\sqrt s + \epsilon)$ |
# | RMSprop | $s \leftarrow \alpha s + (1 - \alpha) g^2$, then $w \leftarrow w - \eta\, g / (\sqrt s + \epsilon)$ |
# | Adam | $m \leftarrow \beta_1 m + (1 - \beta_1) g$ and $s \leftarrow \beta_2 s + (1 - \beta_2) g^2$, then $w \leftarrow w - \eta\, \hat m / (\sqrt{\hat s} + \epsilon)$ with $\hat m = \dfrac{m}{1 - \beta_1^t}$, $\hat s = \dfrac{s}{1 - \beta_2^t}$ at step $t$ |
#
# **Momentum.** Written out, $v_t = g_t + \mu g_{t-1} + \mu^2 g_{t-2} + \dots$ Gradients that agree add up: if all are
# $g$, the sum approaches $g(1 + \mu + \mu^2 + \dots) = g/(1 - \mu)$. If they change sign at every step, the sum is
# $g(1 - \mu + \mu^2 - \dots) = g/(1 + \mu)$. So steps along the valley grow, steps across it shrink.
#
# **Adagrad** divides by the root of all squares so far. The size of $g$ cancels: after $t$ equal gradients
# $s = t g^2$ and the step is $\eta g/(\sqrt t\,|g|) = \pm\eta/\sqrt t$, in a steep direction as in a flat one. The
# small $\epsilon$ is for $s = 0$ alone.
#
# **RMSprop** takes a mean in place of the sum, in which a square that is $k$ steps old has the weight
# $(1 - \alpha)\alpha^k$: it forgets, and its steps do not die out.
#
# **Adam** does both. Its means begin at 0, so at first they are too small. For equal gradients,
#
# $$m_t = (1 - \beta_1)(1 + \beta_1 + \dots + \beta_1^{t-1})\, g = (1 - \beta_1)\frac{1 - \beta_1^t}{1 - \beta_1}\, g
#   = (1 - \beta_1^t)\, g,$$
#
# by the sum of a geometric series, and $s_t = (1 - \beta_2^t)\, g^2$ likewise. Dividing by these factors puts it right.
#
# **Predict**: a parameter whose gradient is 1 at every step, with a rate of 1. How long are the first and the
# thousandth step of each rule, with $\mu = \beta_1 = 0.9$, $\alpha = 0.99$, $\beta_2 = 0.999$? How long is the
# thousandth if the gradient changes between 1 and $-1$? And the first one of an Adam that leaves out the correction?
#
# **Weight decay** adds $\lambda w$ to the gradient before the rule sees it: the gradient of a penalty
# $\tfrac{\lambda}{2} \sum w^2$, without writing the penalty down.

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
        # <exercise Optimizer.step: For each parameter p with a gradient, and its own dict of self.state, subtract from p.data in place what change(g, state) gives for g = gradient + weight_decay * p.data.>
        # hint: A parameter without a gradient (p.grad is None) stays as it is: weight decay does not touch it either.
        # hint: zip(self.params, self.state) gives each parameter with its own dict.
        # hint: g = p.grad.data + self.weight_decay * p.data makes a new array; p.grad must not change.
        # hint: p.data -= self.change(g, state) changes the array that the model holds. p.data = p.data - ... would not: a view or another name keeps the old one.
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                p.data -= self.change(p.grad.data + self.weight_decay * p.data, state)
        # </exercise>

    def change(self, g, state):
        """What is subtracted from a parameter with the gradient g, both of its shape; state, a dict, is kept."""
        raise TypeError("each optimizer has its own")


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum."""

    def __init__(self, params, lr=1e-3, momentum=0.0, weight_decay=0.0):
        super().__init__(params, lr, weight_decay)
        self.momentum = momentum

    def change(self, g, state):
        # <exercise SGD.change: v = momentum * v + g, kept in state["v"], which begins as g; return lr * v.>
        # hint: What must be remembered until the next step: the gradient, or the sum v?
        # hint: g is not multiplied by (1 - momentum), and the rate stands outside: lr * v.
        # hint: Before the first step "v" is not in state: then v = g. After it, state["v"] = self.momentum * state["v"] + g.
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
        # <exercise Adagrad.change: Add g^2 to state["sum"], which begins at 0; return lr * g / (sqrt(sum) + eps).>
        # hint: The sum is an array of g's shape: each number has its own.
        # hint: eps stands outside the root.
        # hint: state["sum"] = state.get("sum", 0.0) + g**2, then self.lr * g / (np.sqrt(state["sum"]) + self.eps).
        state["sum"] = state.get("sum", 0.0) + g**2
        return self.lr * g / (np.sqrt(state["sum"]) + self.eps)
        # </exercise>


class RMSprop(Optimizer):
    """Adagrad with a mean that forgets in place of the sum."""

    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr, weight_decay)
        self.alpha, self.eps = alpha, eps

    def change(self, g, state):
        # <exercise RMSprop.change: state["mean"] = alpha * mean + (1 - alpha) * g^2, from 0; return lr * g / (sqrt(mean) + eps).>
        # hint: As Adagrad, with alpha times the old and 1 - alpha times the new.
        # hint: state["mean"] = self.alpha * state.get("mean", 0.0) + (1 - self.alpha) * g**2.
        state["mean"] = self.alpha * state.get("mean", 0.0) + (1 - self.alpha) * g**2
        return self.lr * g / (np.sqrt(state["mean"]) + self.eps)
        # </exercise>


class Adam(Optimizer):
    """Momentum and RMSprop together, both corrected for having begun at 0."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr, weight_decay)
        self.betas, self.eps = betas, eps

    def change(self, g, state):
        # <exercise Adam.change: Keep means of g and of g^2 and the number of steps t; return lr * m / (sqrt(s) + eps) with both means divided by 1 - beta^t.>
        # hint: Count the steps: t = state["t"] = state.get("t", 0) + 1. The first step has t = 1.
        # hint: state["m"] = b1 * state.get("m", 0.0) + (1 - b1) * g, and the same with b2 and g**2. The corrected ones are not stored.
        # hint: m = state["m"] / (1 - b1**t), s = state["s"] / (1 - b2**t); return self.lr * m / (np.sqrt(s) + self.eps).
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        state["m"] = b1 * state.get("m", 0.0) + (1 - b1) * g
        state["s"] = b2 * state.get("s", 0.0) + (1 - b2) * g**2
        m, s = state["m"] / (1 - b1**t), state["s"] / (1 - b2**t)
        return self.lr * m / (np.sqrt(s) + self.eps)
        # </exercise>


def l2(w):
    """sum(w^2), of a tensor of any shape: one number."""
    return (w * w).sum()


def l1(w):
    """sum(abs(w))."""
    return w.abs().sum()


def elastic_net(w, beta=1.0):
    """sum(beta w^2 + abs(w))."""
    # <exercise elastic_net: Both penalties, the squares times beta.>
    # hint: l2 and l1 are above, and results of tensors can be added.
    # hint: return beta * l2(w) + l1(w).
    return beta * l2(w) + l1(w)
    # </exercise>


# %% [markdown]
# What you predicted: the lengths of the steps at a rate of 1, for a gradient that is always 1, and in the last column
# for one that changes its sign at each step.

# %%
rules = {
    "SGD": lambda params: SGD(params, lr=1.0),
    "momentum": lambda params: SGD(params, lr=1.0, momentum=0.9),
    "Adagrad": lambda params: Adagrad(params, lr=1.0),
    "RMSprop": lambda params: RMSprop(params, lr=1.0),
    "Adam": lambda params: Adam(params, lr=1.0),
}
shown = (1, 2, 10, 100, 1000)
print(f"{'step':<10}" + "".join(f"{t:>8}" for t in (*shown, "1000 +-")))
for name, make in rules.items():
    w = Tensor(np.zeros(2), requires_grad=True)
    optimizer, places = make([w]), [w.data.copy()]
    for t in range(1000):
        w.grad = Tensor(np.array([1.0, (-1.0) ** t]))
        optimizer.step()
        places.append(w.data.copy())
    lengths = np.abs(np.diff(places, axis=0))
    print(
        f"{name:<10}" + "".join(f"{length:>8.3f}" for length in (*[lengths[t - 1, 0] for t in shown], lengths[-1, 1]))
    )
print(f"Adam without the correction begins with {(1 - 0.9) / np.sqrt(1 - 0.999):.3f}")

# %% [markdown]
# Momentum reaches $1/(1 - \mu)$, or $1/(1 + \mu)$ where signs alternate, and Adam's $m$ does likewise. Adagrad's steps
# are $1/\sqrt t$. RMSprop has no correction, as in PyTorch: its mean begins too small, so its first steps are long,
# $1/\sqrt{1 - \alpha}$ at first. And without the correction Adam's first step would be too long, not too short: the
# mean of squares is further from its end than the mean of gradients.
#
# ## The race
#
# Back to the valley, with a rate for each rule that suits it. **Predict** which of them arrives first, and which one
# cannot come to rest.

# %%
RULES = {
    "SGD": (SGD, {"lr": 0.03}),
    "momentum": (SGD, {"lr": 0.03, "momentum": 0.8}),
    "Adagrad": (Adagrad, {"lr": 1.5}),
    "RMSprop": (RMSprop, {"lr": 0.3, "alpha": 0.9}),
    "Adam": (Adam, {"lr": 0.5}),
}
paths, heights = {}, {}
for name, (rule, options) in RULES.items():
    w = Tensor(np.array([8.0, 1.0]), requires_grad=True)
    optimizer, path = rule([w], **options), [w.data.copy()]
    for _ in range(60):
        optimizer.zero_grad()
        valley(w).backward()
        optimizer.step()
        path.append(w.data.copy())
    paths[name] = np.array(path)
    heights[name] = paths[name] ** 2 @ [0.5, 25.0]
    print(f"{name:<9} loss after 20 steps {heights[name][20]:7.4f}, after 60 {heights[name][60]:.0e}")

# %%
figure = Figure(figsize=(11, 4), layout="constrained")
left, right = figure.subplots(1, 2, width_ratios=(3, 2))
plots.plot_curves({name: f[1:] for name, f in heights.items()}, ax=right, log=True, xlabel="step")
xs, ys = np.meshgrid(np.linspace(-2, 9, 200), np.linspace(-1.3, 1.3, 200))
left.contour(xs, ys, 0.5 * xs**2 + 25 * ys**2, levels=np.geomspace(0.1, 80, 12), colors="0.8", linewidths=0.8)
for path, line in zip(paths.values(), right.lines):
    style = {"color": line.get_color(), "linestyle": line.get_linestyle(), "marker": line.get_marker()}
    left.plot(*path.T, **style, markersize=4, markeredgecolor="white", markeredgewidth=0.5, linewidth=1.2)
left.set(xlabel="$w_1$, along the valley", ylabel="$w_2$, across")
figure

# %% [markdown]
# SGD falls to the floor and creeps along it. Momentum overshoots and comes back. The first steps of the other three are
# diagonal: as long across as along, for they do not see that one direction is steeper. RMSprop, near the end, still
# steps by about its rate, to and fro: it needs a rate that falls. This is one valley, with rates chosen for it; on your
# data, try.
#
# ## Which weights do we want?
#
# Chapter 2 found that $2W$ has the same hinge loss 0 as $W$. A penalty $\lambda R(W)$ added to the loss decides. The
# lectures name three: L2, $\sum w^2$; L1, $\sum |w|$; and the elastic net, $\sum (\beta w^2 + |w|)$. Their example:
# $x = (1, 1, 1, 1)$, and two rows of weights with the same score. **Predict** which of them L2 prefers, and which L1.

# %%
x = Tensor([1.0, 1, 1, 1])
for w in (Tensor([1.0, 0, 0, 0]), Tensor([0.25, 0.25, 0.25, 0.25])):
    penalties = f"L2 {l2(w).item():g}, L1 {l1(w).item():g}, elastic net {elastic_net(w).item():g}"
    print(f"score {(w * x).sum().item():g}, {penalties}")

# %% [markdown]
# L2 prefers to use all pixels a little. L1 has no preference between these two, but it makes weights vanish, which L2
# never does. **Predict** why, from the derivatives of $w^2$ and of $|w|$ near 0, before you read on.
#
# The pull of L2 is $2w$: it fades as $w$ gets small. That of L1 is $\pm 1$ all the way to 0. Take one weight, which the
# data alone would put at $a$, and minimise $\tfrac12 (w - a)^2 + \lambda R(w)$:
#
# - **L2**: $w - a + 2\lambda w = 0$, so $w = \dfrac{a}{1 + 2\lambda}$: smaller, and 0 only if $a$ is.
# - **L1**, for $w > 0$: $w - a + \lambda = 0$, so $w = a - \lambda$, which is above 0 only if $a > \lambda$. For
#   $w < 0$ likewise $w = a + \lambda$, if $a < -\lambda$. In between, $|a| \le \lambda$, the slope is
#   $-a + \lambda \ge 0$ to the right of 0 and $-a - \lambda \le 0$ to its left: the minimum is at **0** exactly.

# %%
a, strength = np.array([-2.0, -0.3, 0.1, 0.6, 3.0]), 0.5
BY_HAND = {"L2": a / (1 + 2 * strength), "L1": np.sign(a) * np.maximum(np.abs(a) - strength, 0)}
for name, penalty in (("L2", l2), ("L1", l1)):
    w = Tensor(a.copy(), requires_grad=True)
    optimizer = SGD([w], lr=0.1)
    for step in range(2000):
        optimizer.lr = 0.1 / (1 + step / 20)
        optimizer.zero_grad()
        (0.5 * ((w - a) ** 2).sum() + strength * penalty(w)).backward()
        optimizer.step()
    print(name, "descent", w.data.round(2) + 0.0, "by hand", BY_HAND[name].round(2) + 0.0)

# %% [markdown]
# ## What a penalty says
#
# Where does $R$ come from? Suppose that before seeing data we believe that each weight is normally distributed around 0
# with variance $\sigma^2$: $p(w) = \frac{1}{\sqrt{2\pi\sigma^2}}\, e^{-w^2/(2\sigma^2)}$. By Bayes' rule the
# probability of weights given the data is in proportion to $p(\text{data} \mid w)\, p(w)$. To make it largest, make its
# negative logarithm smallest:
#
# $$-\ln p(\text{data} \mid w) - \ln p(w)
#   = \underbrace{\textstyle\sum_i L_i}_{\text{the losses: chapter 2's } -\ln p_y}
#   + \frac{1}{2\sigma^2}\sum w^2 + \text{const}.$$
#
# That is L2 with $\lambda = 1/(2\sigma^2)$: *maximum a posteriori* (MAP) estimation with a Gaussian prior. A Laplace
# prior, $p(w) = \frac{1}{2b}\, e^{-|w|/b}$, has $-\ln p(w) = |w|/b + \ln 2b$, and gives L1 with $\lambda = 1/b$. No
# prior, or one that is the same for all weights, leaves *maximum likelihood*: no penalty. (The losses are a sum here;
# where you train with their mean over $N$ examples, $\lambda$ is divided by $N$, too.)
#
# Now in numbers. The data say $a$, with a normal error of variance 1, so $p(\text{data} \mid w)$ is in proportion to
# $e^{-(w - a)^2/2}$. With $\sigma^2 = 1$ or $b = 2$ both $\lambda$ are 0.5, as above. Look for the most probable weight
# by trying all, with no penalty anywhere, only probabilities:

# %%
grid = np.linspace(-4, 4, 8001)
likelihood = np.exp(-((grid - a[:, None]) ** 2) / 2)
gauss = np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi)
laplace = np.exp(-np.abs(grid) / 2) / 4
for name, prior in (("L2", gauss), ("L1", laplace)):
    best = grid[(likelihood * prior).argmax(1)]
    print(f"most probable {best.round(3) + 0.0}, by the penalty {name} {BY_HAND[name].round(3) + 0.0}")

w1, w2 = np.array([1.0, 0, 0, 0]), np.full(4, 0.25)
ratio = np.exp(-(w1**2 - w2**2).sum() / 2), np.exp(-(np.abs(w1) - np.abs(w2)).sum() / 2)
print(f"the lectures' first row is {ratio[0]:.3f} times as probable as the second by Gauss, {ratio[1]:.3f} by Laplace")

# %% [markdown]
# The same weights, zeros included; and L2's preference for the second row is a belief about which weights are likely.
#
# **Regularisation without a penalty.** The lectures name two more regularisers that are layers. *Dropout* sets each
# number to 0 with probability $p$ while training and divides the others by $1 - p$, so that the expectation stays; no
# unit can rely on another. *Batch normalisation* brings each feature of a batch to mean 0 and variance 1 (then scales
# and shifts it by parameters); an example's scores depend a little on which others are in its batch, and this noise
# regularises. In `eval()` the first does nothing, and the second uses averages of the training. Dropout is an exercise
# of chapter 7; microdl has both:

# %%
import microdl

_ = microdl.manual_seed(0)
dropout, norm, batch = microdl.nn.Dropout(0.5), microdl.nn.BatchNorm1d(1), microdl.tensor([[1.0], [2], [3], [4], [5]])
print("dropout, training", dropout(batch).ravel().tolist(), " eval", dropout.eval()(batch).ravel().tolist())
print("batch norm, training", norm(batch).detach().numpy().ravel().round(3))

# %% [markdown]
# ## On the digits
#
# First the penalties: a linear classifier of all training images, from weights of 0, by your SGD with momentum. How
# many of its weights are within 0.01 of 0? (Descent with a fixed slope never stops at 0 itself: it steps across it.)

# %%
train_x, train_y = (t.numpy() for t in Digits.tensors(train=True))
test_x, test_y = (t.numpy() for t in Digits.tensors(train=False))
loss_fn = nn.CrossEntropyLoss()
PENALTIES = {"none": None, "L2": l2, "L1": l1}
templates = {}
for name, penalty in PENALTIES.items():
    W = Tensor(np.zeros((10, 64), np.float32), requires_grad=True)
    optimizer, images = SGD([W], lr=0.5, momentum=0.9), Tensor(train_x)
    for step in range(300):
        optimizer.lr = 0.5 / (1 + step / 30)
        optimizer.zero_grad()
        loss = loss_fn(images @ W.T, train_y)
        (loss if penalty is None else loss + 1e-3 * penalty(W)).backward()
        optimizer.step()
    templates[name] = W.data
    right = ((test_x @ W.data.T).argmax(1) == test_y).mean()
    sizes = np.abs(W.data)
    near = f"{(sizes < 0.01).sum()} of {sizes.size} weights near 0, the largest {sizes.max():.2f}"
    print(f"{name:<5} loss {loss.item():.3f}, test accuracy {right:.1%}, {near}")

# %%
rows = np.concatenate([W[:5] for W in templates.values()])
names = [f"{digit}, {name}" for name in templates for digit in range(5)]
plots.plot_templates(rows, class_names=names, columns=5, title="Five templates without a penalty, with L2 and with L1")

# %% [markdown]
# L1 has made a choice of pixels, at hardly any cost; L2 has made all smaller. (Without a penalty some weights are 0,
# too: those of pixels that are dark in all images have no gradient.)
#
# Then the rules: five epochs of chapter 7's two-layer network, the same batches for each. (Rates cannot be compared
# across rules: momentum's 0.05 acts like $0.05 / (1 - 0.9) = 0.5$ where gradients agree.)

# %%
SPEEDS = {
    "SGD": lambda p: SGD(p, lr=0.1),
    "momentum": lambda p: SGD(p, lr=0.05, momentum=0.9),
    "Adagrad": lambda p: Adagrad(p, lr=0.03),
    "RMSprop": lambda p: RMSprop(p, lr=0.003),
    "Adam": lambda p: Adam(p, lr=0.005),
}
runs = {}
for name, make in SPEEDS.items():
    nn._generator, random = np.random.default_rng(0), np.random.RandomState(0)  # the same first weights for each
    model, run = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)), {"loss": [], "accuracy": []}
    optimizer = make(model.parameters())
    for _ in range(5):
        order, losses = random.permutation(len(train_x)), []
        for start in range(0, len(order), 32):
            batch = order[start : start + 32]
            optimizer.zero_grad()
            loss = loss_fn(model(Tensor(train_x[batch])), train_y[batch])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        run["loss"].append(np.mean(losses))
        run["accuracy"].append((model(Tensor(test_x)).data.argmax(1) == test_y).mean())
    runs[name] = run
    print(f"{name:<9} loss of the epochs {np.round(run['loss'], 2)}, test accuracy {run['accuracy'][-1]:.1%}")
plots.plot_curves(runs, title="Five rules on the digits: training loss, test accuracy")

# %% [markdown]
# ## What PyTorch does here
#
# These, with these names and arguments: `optim.SGD(params, lr, momentum=..., weight_decay=...)` has the same first step
# (the buffer begins as $g$), `RMSprop` has no correction, `Adam` has it. `weight_decay` is the $\lambda$ of
# $\lambda w$, so it is *twice* the $\lambda$ of $\lambda \sum w^2$. `AdamW` takes $\eta\lambda w$ off the weight itself
# instead of adding $\lambda w$ to the gradient, where Adam would rescale it. L1 and the elastic net are written out as
# you did, as a term of the loss. Does microdl take your paths through the valley?


# %%
def microdls(rule, options):
    return lambda params: getattr(microdl.optim, rule.__name__)(params, **options)


made = {name: microdls(*of) for name, of in RULES.items()}
theirs = plots.loss_paths(lambda x, y: 0.5 * x * x + 25 * y * y, (8, 1), made, steps=60)
print({name: f"{np.abs(paths[name] - theirs[name]).max():.0e}" for name in paths})

# %% [markdown]
# **What the real file adds** (`microdl/optim/adam.py`, `microdl/kernels/optim.py`): groups of parameters with options
# of their own; states that can be saved and loaded; `maximize`, `nesterov`, `amsgrad`; and all is checked before
# anything is changed:

# %%
first, second = (microdl.ones(1, requires_grad=True) for _ in range(2))
optimizer = microdl.optim.SGD([{"params": [first]}, {"params": [second], "lr": 0.1}], lr=0.5)
(first * second).sum().backward()
optimizer.param_groups[1]["lr"] = float("nan")
try:
    optimizer.step()
except ValueError as error:
    print(error)
print("unchanged:", first.item(), second.item())

# %% [markdown]
# Where your `Adam.change` divides two arrays by $1 - \beta^t$ at every step, microdl divides two numbers, before it
# looks at any array: see where `beta1**step` and `beta2**step` are.

# %%
learn.excerpt("microdl/optim/adam.py", "Adam._advance")

# %% [markdown]
# And each expression of your `Adagrad.change` (`g**2`, the sum, the root, the division ...) goes over a whole array and
# writes another one. The kernel is compiled, and goes once over the parameter, its gradient and its sum together:

# %%
learn.excerpt("microdl/kernels/optim.py", "adagrad_step")

# %% [markdown]
# ## Exercises
#
# 1. A third row for the lectures' $x$: $w_3 = (0.5, 0.5, 0, 0)$. What are its score, L2, L1 and elastic net, and which
#    of the three rows does each penalty prefer?
# 2. For which $\mu$ are the steps of a constant gradient 100 times $\eta g$ in the end? How many steps does it take to
#    reach 99 of them?
# 3. Adagrad's steps shrink for ever. When is that right, and when is it a fault?
# 4. Write `AdamW`, and train the network with a decay of 0.1 in both ways. Which weights end smaller: those with large
#    gradients, or those with small ones?
# 5. Which prior belongs to the elastic net? Which penalty belongs to a prior that is uniform between -1 and 1?
