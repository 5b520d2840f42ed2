# %% [markdown]
# # Modules and losses
#
# Chapter 6 differentiates what you write down. What is missing to train a network are its parts: layers that hold
# parameters and can be put together, and losses that give a finite number for every finite score. The second sounds
# easier than it is, so this chapter begins there.
#
# You need: chapter 6, and the losses of chapter 2. Time: 60 minutes.

# %%
import numpy as np

from microdl import learn, plots
from microdl.datasets import Digits

mydl = learn.use(chapters=6)  # what you have so far: your own package if it is here, else the reference

from mydl.tensor import Tensor

# %% [markdown]
# ## The naive way, and where it breaks
#
# The softmax loss of class $y$ for scores $x$, exactly as it is defined:
#
# $$p_j = \frac{e^{x_j}}{\sum_k e^{x_k}}, \qquad L = -\ln p_y.$$
#
# **Predict** before you run the next cell: the scores are 10, -2, 3, then ten times and a hundred times as large, and
# the right class is the first, then the second. Which of the six losses are right?


# %%
def naive_softmax(x):
    e = x.exp()
    return e / e.sum(1, keepdim=True)


with np.errstate(all="ignore"):
    for factor in (1, 10, 100):
        p = naive_softmax(Tensor([[10.0, -2.0, 3.0]]) * factor)
        print(f"scores times {factor}: p = {p.data[0]}, losses of the first two {-np.log(p.data[0, :2])}")
print(f"float32 overflows at e^{np.log(np.finfo(np.float32).max):.1f}, and is 0 below e^{np.log(1e-45):.1f}")

# %% [markdown]
# Two faults, and the second is the worse one:
#
# - **Overflow.** $e^{100}$ is infinite in float32, and $\infty/\infty$ is NaN. One NaN in a loss makes every weight NaN
#   in the next step.
# - **Underflow.** A probability that is too small for float32 becomes 0, and its logarithm $-\infty$: the model is
#   *infinitely* wrong and its gradient is NaN, though the true loss is just the distance of two scores.
#
# The first has a cure that costs nothing. Softmax does not change when the same number $m$ is added to all scores:
#
# $$\frac{e^{x_j - m}}{\sum_k e^{x_k - m}} = \frac{e^{-m} e^{x_j}}{e^{-m}\sum_k e^{x_k}} = p_j.$$
#
# With $m = \max_k x_k$ no exponent is above 0, so nothing overflows, and the largest term is $e^0 = 1$, so the sum
# is at least 1. That cures the second fault, too, provided that no probability is ever computed:
#
# $$\ln p_j = (x_j - m) - \ln \sum_k e^{x_k - m}.$$
#
# The sum lies between 1 and $C$, its logarithm between 0 and $\ln C$, and $x_j - m$ is exact or rounded once. This is
# `log_softmax`, and the reason why losses take *logits*, the scores themselves, and not probabilities.
#
# ## Their gradients
#
# $\partial p_j/\partial x_i = p_j(\delta_{ij} - p_i)$, where $\delta_{ij}$ is 1 for $i = j$ and else 0. So for a
# gradient $g$ of the probabilities
#
# $$\frac{\partial L}{\partial x_i} = \sum_j g_j\, p_j (\delta_{ij} - p_i) = p_i \Big(g_i - \sum_j g_j p_j\Big),$$
#
# and with $\partial \ln p_j/\partial x_i = \delta_{ij} - p_i$, for a gradient $g$ of the log-probabilities
#
# $$\frac{\partial L}{\partial x_i} = g_i - p_i \sum_j g_j.$$
#
# With $g = -1$ at the label that is $p - \text{one-hot}$, as in chapter 4. Each is one operation with a rule of its
# own: shorter than the graph of its four steps, and with nothing in it that overflows.
#
# **The hinge loss** of chapter 2 adds up by how much each *other* class comes nearer to the score of the label than a
# margin. PyTorch's `MultiMarginLoss` divides by the number of classes $C$, so it is the lectures' value divided by $C$:
#
# $$L = \frac1C \sum_{j \ne y} \max(0,\ x_j - x_y + \Delta).$$
#
# Each $j$ with a positive term has $\partial L/\partial x_j = 1/C$, and hands $-1/C$ to $x_y$.
#
# Write them in `nn.py`. All take the arrays of a batch, one row an example.

# %% file="nn.py"
"""Chapter 7: layers that hold parameters, and losses that are finite for all finite scores."""

import math

import numpy as np

from mydl.tensor import Tensor, op


def softmax_forward(x, dim):
    """e^x / sum(e^x) along an axis."""
    # <exercise softmax_forward: Subtract the maximum along dim before you take e^x; divide by the sum.>
    # hint: softmax(x) = softmax(x - m): choose m so that the largest exponent is 0.
    # hint: Each row has a maximum of its own: x.max(axis=dim, keepdims=True).
    # hint: e = np.exp(x - x.max(axis=dim, keepdims=True)), then e / e.sum(axis=dim, keepdims=True).
    e = np.exp(x - x.max(axis=dim, keepdims=True))
    return e / e.sum(axis=dim, keepdims=True)
    # </exercise>


def softmax_rule(g, out, dim):
    """Of softmax; out are the probabilities."""
    # <exercise softmax_rule: p_i (g_i - sum_j g_j p_j): every score moves all probabilities of its row.>
    # hint: The sum is one number a row, so keepdims=True.
    # hint: out * (g - (g * out).sum(axis=dim, keepdims=True))
    return out * (g - (g * out).sum(axis=dim, keepdims=True))
    # </exercise>


def log_softmax_forward(x, dim):
    """ln(softmax(x)), finite also where softmax is 0."""
    # <exercise log_softmax_forward: The scores minus their maximum, minus the logarithm of the sum of e to what that leaves.>
    # hint: Not np.log(softmax_forward(x, dim)): a probability of 0 has no finite logarithm.
    # hint: x = x - x.max(axis=dim, keepdims=True); the result is x - ln(sum(e^x)).
    x = x - x.max(axis=dim, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=dim, keepdims=True))
    # </exercise>


def log_softmax_rule(g, out, dim):
    """Of log_softmax; out are the logarithms of the probabilities."""
    # <exercise log_softmax_rule: g_i - p_i sum_j g_j, where p is e^out.>
    # hint: The sum over a row of g, one number a row, times the probabilities.
    # hint: g - np.exp(out) * g.sum(axis=dim, keepdims=True)
    return g - np.exp(out) * g.sum(axis=dim, keepdims=True)
    # </exercise>


def hinge_forward(x, y, margin):
    """For each row of x the mean over the classes j of max(0, x_j - x_y + margin), where the label's own term is 0."""
    # <exercise hinge_forward: Scores minus the label's score plus the margin, at least 0; the label's own term set to 0; the mean of each row.>
    # hint: The labels' scores are x[np.arange(len(y)), y]; to subtract one from each row they need a second axis: [:, None].
    # hint: The label's own term would be max(0, margin): set it to 0.
    # hint: terms = np.maximum(x - x[rows, y][:, None] + margin, 0); terms[rows, y] = 0; terms.mean(axis=1)
    rows = np.arange(len(y))
    terms = np.maximum(x - x[rows, y][:, None] + margin, 0)
    terms[rows, y] = 0
    return terms.mean(axis=1)
    # </exercise>


def hinge_rule(g, x, y, margin):
    """Of hinge by the scores; g has one number a row."""
    # <exercise hinge_rule: For each class above the margin g/C; for the label minus as many of them.>
    # hint: A matrix that is 1 where x_j - x_y + margin > 0 and j is not the label, else 0.
    # hint: Put minus the sum of each row at its label: the label's score is in all of the row's terms.
    # hint: Times g / C, one number a row: over * (g / x.shape[1])[:, None].
    rows = np.arange(len(y))
    over = (x - x[rows, y][:, None] + margin > 0).astype(x.dtype)
    over[rows, y] = 0
    over[rows, y] = -over.sum(axis=1)
    return over * (g / x.shape[1])[:, None]
    # </exercise>


softmax = op(softmax_forward, x=softmax_rule)
log_softmax = op(log_softmax_forward, x=log_softmax_rule)
hinge = op(hinge_forward, x=hinge_rule)

# %% [markdown]
# The same six losses, in float32:

# %%
for factor in (1, 10, 100):
    print(f"scores times {factor}: {-log_softmax(Tensor([[10.0, -2.0, 3.0]]) * factor, 1).data[0, :2]}")

# %% [markdown]
# ## Modules
#
# A layer is a function with parameters, and a network is a function made of layers. What an optimiser needs from it is
# the list of all parameters, and a list kept by hand is wrong as soon as someone adds a layer: the network still
# trains, a part of it stands still, and nothing says so. So a `Module` finds them itself: those among its attributes,
# then those of the modules among its attributes, and so on down.
#
# ### Where do the first weights come from?
#
# **Predict**: in a network of two layers all weights start at 0. What are the gradients of the first layer? And if not
# all are 0, but all hidden units start with the same weights?


# %%
def first_gradients(W1, W2):
    images, labels = (part.numpy()[:100] for part in Digits.tensors(train=True))
    W1, W2 = Tensor(W1.astype(np.float32), requires_grad=True), Tensor(W2.astype(np.float32), requires_grad=True)
    loss = -log_softmax((Tensor(images) @ W1.T).relu() @ W2.T, 1)[np.arange(100), labels].mean()
    loss.backward()
    different = len(np.unique(W1.grad.data.round(6), axis=0))
    print(
        f"loss {loss.item():.4f}, largest gradient {np.abs(W1.grad.data).max():.4f}, {different:2} different rows of 32"
    )


generator = np.random.default_rng(0)
first_gradients(np.zeros((32, 64)), np.zeros((10, 32)))
first_gradients(np.full((32, 64), 0.1), np.repeat(generator.uniform(-0.1, 0.1, (10, 1)), 32, axis=1))
first_gradients(generator.uniform(-1, 1, (32, 64)), generator.uniform(-1, 1, (10, 32)))
first_gradients(generator.uniform(-1 / 8, 1 / 8, (32, 64)), generator.uniform(-(32**-0.5), 32**-0.5, (10, 32)))

# %% [markdown]
# Zeros stay zeros: the second layer's weights are 0, so nothing comes back to the first. Equal units stay equal: all 32
# get the same gradient, so they are one unit, whatever the number of steps. So weights start at random. But not at any
# size: in the third line the scores begin large, and the first loss is nearly three times the $\ln 10 = 2.30$ of a
# model which knows nothing and says so. (Rows that are still the same belong to units that are 0 for all 100 images.)
#
# With weights from $U(-k, k)$, whose variance is $k^2/3$, a sum of $n$ products $w_i x_i$ has the variance
# $n\, k^2/3$ times the mean of $x^2$. With $k = 1/\sqrt n$ that does not depend on $n$: a layer of any width passes on
# numbers of about the size that it gets. This is what PyTorch's `Linear` takes, for weights and bias alike.

# %% file="nn.py"
_generator = np.random.default_rng(0)


def uniform(low, high, shape):
    """Random float32 numbers between low and high. Chapter 9 sets `nn.uniform` to a function that draws PyTorch's."""
    return _generator.uniform(low, high, shape).astype(np.float32)


class Parameter(Tensor):
    """A tensor that is trained."""

    def __init__(self, data):
        super().__init__(data, requires_grad=True)


class Module:
    """A function with parameters: those among its attributes, and those of the modules among its attributes."""

    training = True

    def __call__(self, *args):
        return self.forward(*args)

    def children(self):
        """The modules among the attributes, in order."""
        return [value for value in vars(self).values() if isinstance(value, Module)]

    def named_parameters(self):
        """Pairs (name, parameter), each parameter once: its own first, then those of child modules, as "child.name"."""
        # <exercise Module.named_parameters: Walk vars(self): the Parameters, then those of each child Module with its name in front.>
        # hint: vars(self) is a dict from the names of attributes to their values: isinstance says which are Parameters and which Modules.
        # hint: For a child under the name `name`, call child.named_parameters(): each of its names gets f"{name}." in front.
        # hint: A parameter that two layers share must be listed once, or it is stepped twice: collect {parameter: name} with setdefault.
        names = {}
        for name, value in vars(self).items():
            if isinstance(value, Parameter):
                names.setdefault(value, name)
        for name, value in vars(self).items():
            if isinstance(value, Module):
                for inner, parameter in value.named_parameters():
                    names.setdefault(parameter, f"{name}.{inner}")
        return [(name, parameter) for parameter, name in names.items()]
        # </exercise>

    def parameters(self):
        """All parameters, each once."""
        return [parameter for _, parameter in self.named_parameters()]

    def train(self, mode=True):
        """Say to this module and all below whether they are being trained; some layers behave differently then."""
        # <exercise Module.train: Set self.training, and call train(mode) of all children; return self.>
        # hint: self.training = mode; a child has children of its own, so call its train, do not set its attribute.
        # hint: for child in self.children(): child.train(mode); then return self, so that model.eval() is the model.
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self
        # </exercise>

    def eval(self):
        return self.train(False)

    def zero_grad(self):
        for parameter in self.parameters():
            parameter.grad = None


class Linear(Module):
    """x @ weight.T + bias: from in_features numbers out_features scores, a row of weights for each."""

    def __init__(self, in_features, out_features, bias=True):
        # <exercise Linear.__init__: Make weight, (out, in), then bias, (out,) or None: Parameters from U(-k, k), k = 1/sqrt(in).>
        # hint: bound = 1 / math.sqrt(in_features), for both.
        # hint: self.weight = Parameter(uniform(-bound, bound, (out_features, in_features))), and the bias after it.
        bound = 1 / math.sqrt(in_features)
        self.weight = Parameter(uniform(-bound, bound, (out_features, in_features)))
        self.bias = Parameter(uniform(-bound, bound, (out_features,))) if bias else None
        # </exercise>

    def forward(self, x):
        # <exercise Linear.forward: x @ weight.T + bias, if there is a bias.>
        # hint: The rows of weight are the templates of the classes: a row of x times weight.T gives all scores.
        # hint: out = x @ self.weight.T; return out if self.bias is None else out + self.bias
        out = x @ self.weight.T
        return out if self.bias is None else out + self.bias
        # </exercise>


class ReLU(Module):
    def forward(self, x):
        return x.relu()


class Sequential(Module):
    """Modules one after the other; they are called "0", "1", ..."""

    def __init__(self, *modules):
        for i, module in enumerate(modules):
            setattr(self, str(i), module)

    def forward(self, x):
        for module in self.children():
            x = module(x)
        return x


class Loss(Module):
    """What `each` gives for every example of a batch, and of it the mean, the sum, or "none" of both."""

    def __init__(self, reduction="mean"):
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"{reduction!r} is not a reduction: mean, sum or none")
        self.reduction = reduction

    def forward(self, scores, target):
        # <exercise Loss.forward: The losses of the examples, self.each(scores, target), reduced as self.reduction says.>
        # hint: "mean" and "sum" are methods of a Tensor; for "none" the losses are returned as they are.
        # hint: return losses if self.reduction == "none" else getattr(losses, self.reduction)()
        losses = self.each(scores, target)
        return losses if self.reduction == "none" else getattr(losses, self.reduction)()
        # </exercise>


class NLLLoss(Loss):
    """The negative log-likelihood: of log-probabilities (N, C) and labels (N,) minus the label's."""

    def each(self, log_p, target):
        return -log_p[_labelled(log_p, target)]


class CrossEntropyLoss(Loss):
    """-ln softmax(scores) at the label; or, for probabilities (N, C) as the target, -sum_j q_j ln softmax(scores)_j."""

    def each(self, scores, target):
        # <exercise CrossEntropyLoss.each: From log_softmax of the scores, for labels (N,) and for probabilities (N, C).>
        # hint: For labels it is NLLLoss of log_softmax: -log_p[_labelled(scores, target)].
        # hint: For a target of the scores' shape: -(log_p * target).sum(1).
        log_p = log_softmax(scores, 1)
        if target.shape == scores.shape:
            return -(log_p * target).sum(1)
        return -log_p[_labelled(scores, target)]
        # </exercise>


class MultiMarginLoss(Loss):
    """The hinge loss of scores (N, C) and labels (N,)."""

    def __init__(self, *, margin=1.0, reduction="mean"):
        super().__init__(reduction)
        self.margin = margin

    def each(self, scores, target):
        return hinge(scores, _labelled(scores, target)[1], self.margin)


def _labelled(scores, target):
    """Where the labels' scores are: the rows, and a label for each. Refuses labels that would take others."""
    y = target.data if isinstance(target, Tensor) else np.asarray(target)
    if y.shape != scores.shape[:1]:
        raise ValueError(f"scores of shape {scores.shape} need {scores.shape[0]} labels, not an array of {y.shape}")
    if wrong := [label for label in y.tolist() if not 0 <= label < scores.shape[1]]:
        raise IndexError(
            f"Target {wrong[0]} is out of bounds: {scores.shape[1]} classes are 0 to {scores.shape[1] - 1}"
        )
    return np.arange(len(y)), y


# %% [markdown]
# ## Look at it
#
# The lectures' numbers. Three images with the scores of three classes:

# %%
scores = Tensor([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
labels = Tensor([0, 1, 2])
print("hinge, times C    ", 3 * MultiMarginLoss(reduction="none")(scores, labels))
print(f"and its mean       {3 * MultiMarginLoss()(scores, labels).item():.2f}")
print("softmax           ", CrossEntropyLoss(reduction="none")(scores, labels))
print("NLL of log_softmax", NLLLoss(reduction="none")(log_softmax(scores, 1), labels))

# %% [markdown]
# Three ways to compute the same cross-entropy and its gradient, for two scores $s$ and 0 of which the second is right.
# The loss is $\ln(1 + e^s)$ and its gradient by $s$ is between 0 and 1, for any $s$:

# %%
ways = {
    "log of naive softmax": lambda x: naive_softmax(x).log(),
    "log of softmax": lambda x: softmax(x, 1).log(),
    "log_softmax": lambda x: log_softmax(x, 1),
}
sizes = (1, 20, 50, 100, 1000, 1e30)
print(f"{'loss (gradient) for s =':<24}" + "".join(f"{s:>16g}" for s in sizes))
with np.errstate(all="ignore"):
    for name, log_p in ways.items():
        cells = []
        for s in sizes:
            x = Tensor([[s, 0.0]], requires_grad=True)
            loss = -log_p(x)[0, 1]
            loss.backward()
            cells.append(f"{loss.item():.4g} ({x.grad.data[0, 0]:.2f})")
        print(f"{name:<24}" + "".join(f"{cell:>16}" for cell in cells))

# %% [markdown]
# Now a network of two layers on the digits, on all images at once, so a step is an epoch. Without an optimiser the step
# is written out; that is chapter 8.

# %%
(images, labels), (test_images, test_labels) = (
    [Tensor(part.numpy()) for part in Digits.tensors(train=train)] for train in (True, False)
)
model = Sequential(Linear(64, 32), ReLU(), Linear(32, 10))
print([(name, parameter.shape) for name, parameter in model.named_parameters()])
loss_fn, losses = CrossEntropyLoss(), []
for step in range(200):
    model.zero_grad()
    loss = loss_fn(model(images), labels)
    loss.backward()
    for parameter in model.parameters():
        parameter.data -= 0.5 * parameter.grad.data
    losses.append(loss.item())
right = (model(test_images).argmax(1) == test_labels).data.mean()
print(f"loss {losses[0]:.2f} at first, {losses[-1]:.2f} after {len(losses)} steps")
print(f"{right:.0%} of the test images are right")
plots.plot_losses(losses, title="A network of two layers on the digits")

# %% [markdown]
# The first loss is near $\ln 10$, as it should be: check this number whenever you start a training.
#
# ## What PyTorch does here
#
# The same names and the same rules: `nn.Module` notes parameters and modules when they are set as attributes (so does
# this one, by looking when it is asked), parameters are listed each once, its own before its children's, `train` and
# `eval` go down the tree. A list of modules is not an attribute that is a module: hence `nn.ModuleList`. `nn.Linear`
# starts from the same distribution (it is written `kaiming_uniform_(a=sqrt(5))` there, which comes to $1/\sqrt n$), and
# `CrossEntropyLoss` is `log_softmax` followed by `nll_loss`. There, too, `NLLLoss` believes what it is given: with
# scores in place of log-probabilities it returns a number that is no loss, and no error.
#
# **What the real file adds** (`microdl/nn/module.py`, `microdl/ops/softmax.py`, `microdl/ops/margin_loss.py`): buffers,
# hooks, `state_dict`, printing; weights of classes, `ignore_index`, `label_smoothing`, squared hinge; scores of more
# than two axes; softmax, its loss and the hinge loss as compiled kernels, each one pass over the scores forward and one
# backward.
#
# ## Exercises
#
# 1. `MultiMarginLoss` has its minimum 0 as soon as all margins are kept; what is the minimum of the cross-entropy, and
#    for which scores is it reached? Compare both losses of the scores (10, -2, 3), (10, 9, 9), (10, -100, -100) for
#    label 0.
# 2. Write the cross-entropy as one operation, with the rule $(p - \text{one-hot})\,g$. Which arrays does its graph
#    hold, and which did the composition hold?
# 3. Write `Dropout(p)`: while training, each entry is 0 with probability p and else divided by $1 - p$. Where does it
#    use `self.training`, and what happens to a model that is evaluated without `eval()`?
# 4. `self.layers = [Linear(64, 32), Linear(32, 10)]`: what does `parameters()` find? Write `ModuleList`.
# 5. Add a squared hinge, $\max(0, \cdot)^2$: what changes in `hinge_rule`?
