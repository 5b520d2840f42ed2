# %% [markdown]
# # Modules and losses
#
# Chapter 6 differentiates what you write down. What is missing to train a network are its parts: layers that hold
# parameters and can be put together, and, first of all, losses that are finite for all finite scores.
#
# You need: chapter 6, and the losses of chapter 2. Time: 60 minutes.

# %%
import numpy as np

from microdl import learn, plots
from microdl.datasets import Digits

mydl = learn.use(chapters=6)  # what you have so far: your own package if it is here, else the reference

from mydl.tensor import Tensor

(images, labels), (test_images, test_labels) = ([t.numpy() for t in Digits.tensors(train=b)] for b in (True, False))

# %% [markdown]
# ## The naive way, and where it breaks
#
# The softmax loss of class $y$ for scores $x$, as it is defined: $L = -\ln p_y$, with $p_j = e^{x_j} / \sum_k e^{x_k}$.
#
# **Predict** before you run the next cell: the scores are 10, -2, 3, then ten times and a hundred times as large, and
# the right class is the first, then the second. Which of the six losses are right?

# %%
naive_softmax = lambda x: x.exp() / x.exp().sum(1, keepdim=True)
np.seterr(all="ignore")  # infinity and NaN are what this chapter looks for
for factor in (1, 10, 100):
    p = naive_softmax(Tensor([[10.0, -2.0, 3.0]]) * factor)
    print(f"scores times {factor}: p = {p.data[0]}, losses of the first two {-np.log(p.data[0, :2])}")
print("float32 goes from e^{1:.1f} to e^{0:.1f}".format(*np.log([np.finfo("f").max, np.finfo("f").smallest_subnormal])))

# %% [markdown]
# Two faults. **Overflow**: $e^{100}$ is infinite in float32, and $\infty/\infty$ is NaN; one NaN in a loss makes every
# weight NaN in the next step. **Underflow**, which is worse: a probability that is too small for float32 becomes 0, its
# logarithm $-\infty$ and the gradient NaN, though the true loss is about the distance of two scores.
#
# The first has a cure that costs nothing: take the same number $m$ from all scores. Numerator and denominator of $p_j$
# both get the factor $e^{-m}$, so $p_j$ stays the same. With $m = \max_k x_k$ no exponent is above 0, so nothing
# overflows, and the largest term is $e^0 = 1$, so the sum is at least 1. That cures the second fault, too, provided
# that no probability is ever computed:
#
# $$\ln p_j = (x_j - m) - \ln \sum_k e^{x_k - m}.$$
#
# The sum lies between 1 and $C$, its logarithm between 0 and $\ln C$. This is `log_softmax`, and the reason why losses
# take *logits*, the scores themselves, and not probabilities.
#
# ## Their gradients
#
# Let $\delta_{ij}$ be 1 for $i = j$, else 0. From $\ln p_j = x_j - \ln \sum_k e^{x_k}$,
#
# $$\frac{\partial \ln p_j}{\partial x_i} = \delta_{ij} - \frac{e^{x_i}}{\sum_k e^{x_k}} = \delta_{ij} - p_i,
# \qquad \frac{\partial p_j}{\partial x_i} = p_j \frac{\partial \ln p_j}{\partial x_i} = p_j (\delta_{ij} - p_i).$$
#
# Each score moves all probabilities of its row, so a gradient $g$ of them is summed over $j$: for log-softmax and for
# softmax
#
# $$\frac{\partial L}{\partial x_i} = g_i - p_i \sum_j g_j, \qquad
# \frac{\partial L}{\partial x_i} = p_i \Big(g_i - \sum_j g_j p_j\Big).$$
#
# With $g = -1$ at the label the first is $p - \text{one-hot}$, as in chapter 4. Each is one operation with a rule of
# its own: shorter than the graph of its steps, and with nothing in it that overflows.
#
# **The hinge loss** adds up by how much each *other* class comes nearer to the label's score than a margin $\Delta$;
# PyTorch divides the lectures' value by the number of classes:
# $L = \frac1C \sum_{j \ne y} \max(0,\ x_j - x_y + \Delta)$. Each $j$ with a positive term has
# $\partial L/\partial x_j = 1/C$, and hands $-1/C$ to $x_y$. Write them in `nn.py`; all take the arrays of a batch, one
# row an example.

# %% file="nn.py"
"""Chapter 7: layers that hold parameters, and losses that are finite for all finite scores."""

import math

import numpy as np

from mydl.tensor import Tensor, op


def softmax_forward(x, dim):
    """e^x / sum(e^x) along the axis dim: an array like x, positive, with the sum 1 along dim."""
    # <exercise softmax_forward: Subtract the maximum along dim before you take e^x; divide by the sum.>
    # hint: softmax(x) = softmax(x - m): choose m so that the largest exponent is 0.
    # hint: Each row has a maximum of its own: x.max(axis=dim, keepdims=True).
    # hint: e = np.exp(x - x.max(axis=dim, keepdims=True)), then e / e.sum(axis=dim, keepdims=True).
    e = np.exp(x - x.max(axis=dim, keepdims=True))
    return e / e.sum(axis=dim, keepdims=True)
    # </exercise>


def softmax_rule(g, out, dim):
    """Of softmax by x; out are the probabilities, of the same shape as g."""
    # <exercise softmax_rule: p_i (g_i - sum_j g_j p_j): every score moves all probabilities of its row.>
    # hint: The sum is one number a row, so keepdims=True.
    # hint: out * (g - (g * out).sum(axis=dim, keepdims=True))
    return out * (g - (g * out).sum(axis=dim, keepdims=True))
    # </exercise>


def log_softmax_forward(x, dim):
    """ln(softmax(x)) along the axis dim: an array like x, finite also where softmax is 0."""
    # <exercise log_softmax_forward: The scores minus their maximum, minus the logarithm of the sum of e to what that leaves.>
    # hint: Not np.log(softmax_forward(x, dim)): a probability of 0 has no finite logarithm.
    # hint: x = x - x.max(axis=dim, keepdims=True); the result is x - ln(sum(e^x)).
    x = x - x.max(axis=dim, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=dim, keepdims=True))
    # </exercise>


def log_softmax_rule(g, out, dim):
    """Of log_softmax by x; out are the logarithms of the probabilities, of the same shape as g."""
    # <exercise log_softmax_rule: g_i - p_i sum_j g_j, where p is e^out.>
    # hint: The sum over a row of g, one number a row, times the probabilities.
    # hint: g - np.exp(out) * g.sum(axis=dim, keepdims=True)
    return g - np.exp(out) * g.sum(axis=dim, keepdims=True)
    # </exercise>


def hinge_forward(x, y, margin):
    """Of scores x (N, C) and labels y (N,): each row's mean of max(0, x_j - x_y + margin), the label's own term being 0."""
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
    """Of hinge by the scores x (N, C); g has one number a row, (N,)."""
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
# Three ways to compute the loss of two scores $s$ and 0 of which the second is right: $-\ln(1/(e^s + 1))$, about $s$,
# with the slope $e^s/(e^s + 1)$, below 1. **Predict** where each way breaks.

# %%
for name, log_p in {
    "log of naive softmax": lambda x: naive_softmax(x).log(),
    "log of softmax": lambda x: softmax(x, 1).log(),
    "log_softmax": lambda x: log_softmax(x, 1),
}.items():
    x = Tensor([[s, 0.0] for s in (1, 20, 100, 1000)], requires_grad=True)
    losses = -log_p(x)[:, 1]
    losses.sum().backward()
    print(f"{name:<20} losses {losses.data} slopes {x.grad.data[:, 0].round(2)}")

# %% [markdown]
# ## Modules
#
# A layer is a function with parameters, and a network is a function made of layers. A list of its parameters that is
# kept by hand is wrong as soon as someone adds a layer: a part of the network stands still, and nothing says so. So a
# `Module` finds them itself: those among its attributes, then those of the modules among its attributes, and so on
# down.
#
# **Where do the first weights come from?** **Predict** the gradients of the first of two layers where all weights are
# 0, and where not all are 0, but all hidden units have the same weights.

# %%
generator = np.random.default_rng(0)
drawn = lambda k, *shape: generator.uniform(-k, k, shape)
for name, W1, W2 in (
    ("all 0", np.zeros((32, 64)), np.zeros((10, 32))),
    ("equal units", np.full((32, 64), 0.1), np.repeat(drawn(0.1, 10, 1), 32, axis=1)),
    ("U(-1, 1)", drawn(1, 32, 64), drawn(1, 10, 32)),
    ("U(-1/sqrt(n), 1/sqrt(n))", drawn(64**-0.5, 32, 64), drawn(32**-0.5, 10, 32)),
):
    W1, W2 = (Tensor(W.astype(np.float32), requires_grad=True) for W in (W1, W2))
    loss = -log_softmax((Tensor(images) @ W1.T).relu() @ W2.T, 1)[np.arange(len(labels)), labels].mean()
    loss.backward()
    largest, different = np.abs(W1.grad.data).max(), len(np.unique(W1.grad.data.round(6), axis=0))
    print(f"{name:<25} loss {loss.item():.2f}, largest gradient {largest:.2f}, {different:>2} different rows of 32")

# %% [markdown]
# Zeros stay zeros: the second layer's weights are 0, so nothing comes back to the first. And the hidden numbers are 0,
# so the second layer's gradient is 0, too. Equal units get equal gradients, and stay one unit, whatever the number of
# steps. So weights start at random. But not at any size: those of the third line give a first loss far above the
# $\ln 10 = 2.30$ of a model that knows nothing and says so.
#
# A weight from $U(-k, k)$, uniform between $-k$ and $k$, has the mean square
# $\frac{1}{2k} \int_{-k}^k w^2\,dw = k^2/3$. In the square of $\sum_i w_i x_i$ the mixed terms have the mean 0, so its
# mean is $n\,k^2/3$ times the mean of $x^2$. With $k = 1/\sqrt n$ that is a third, however wide the layer is. PyTorch's
# `Linear` takes this $k$, for weights and bias.

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
    """x @ weight.T + bias: (N, in_features) to (N, out_features), with a row of weights for each score."""

    def __init__(self, in_features, out_features, bias=True):
        # <exercise Linear.__init__: Make weight, (out, in), then bias, (out,) or None: Parameters from U(-k, k), k = 1/sqrt(in).>
        # hint: bound = 1 / math.sqrt(in_features), for both; the weight is drawn first, as in PyTorch.
        # hint: self.weight = Parameter(uniform(-bound, bound, (out_features, in_features))), and the bias after it.
        bound = 1 / math.sqrt(in_features)
        self.weight = Parameter(uniform(-bound, bound, (out_features, in_features)))
        self.bias = Parameter(uniform(-bound, bound, (out_features,))) if bias else None
        # </exercise>

    def forward(self, x):
        # <exercise Linear.forward: Return x @ weight.T + bias, or without the bias where that is None.>
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
    wrong = y[(y < 0) | (y >= scores.shape[1])]
    if wrong.size:
        raise IndexError(f"Target {wrong[0]} is out of bounds: the classes are 0 to {scores.shape[1] - 1}")
    return np.arange(len(y)), y


# %% [markdown]
# ## Look at it
#
# The lectures' numbers, for three images with the scores of three classes. **Predict** the hinge loss's gradient for
# the car and for the frog.

# %%
toy = [[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]]
for name, loss_fn, factor in (("hinge, times C", MultiMarginLoss, 3), ("softmax", CrossEntropyLoss, 1)):
    scores = Tensor(toy, requires_grad=True)
    losses = loss_fn(reduction="none")(scores, np.arange(3)) * factor
    losses.sum().backward()
    print(f"{name}: {losses.data.round(2)}, mean {losses.mean().item():.2f}, gradients")
    print(scores.grad.data.round(2) + 0.0)
for name, given in (("log_softmax", log_softmax(scores, 1)), ("the scores", scores)):
    print(f"NLLLoss of {name}:", NLLLoss(reduction="none")(given, np.arange(3)).data.round(2))

# %% [markdown]
# Now the digits, with a linear layer and with a network of two layers. Without an optimiser the step is written out;
# that is chapter 8. **Predict** the first losses of the linear layer: of the softmax, and of the hinge loss times C.


# %%
def train(model, steps=200):
    losses = []
    for _ in range(steps):
        model.zero_grad()
        loss = CrossEntropyLoss()(model(Tensor(images)), labels)
        loss.backward()
        for parameter in model.parameters():
            parameter.data -= 0.5 * parameter.grad.data
        losses.append(loss.item())
    right = (model(Tensor(test_images)).argmax(1) == test_labels).data.mean()
    print(f"{type(model).__name__}: loss {losses[0]:.2f} to {losses[-1]:.2f}, {right:.0%} of the test images are right")
    return losses


linear, network = Linear(64, 10), Sequential(Linear(64, 32), ReLU(), Linear(32, 10))
print(f"hinge loss, times C: {10 * MultiMarginLoss()(linear(Tensor(images)), labels).item():.2f}")
runs = {"linear": train(linear), "two layers": train(network)}
plots.plot_curves(runs, xlabel="step", title="Cross-entropy of the digits")

# %% [markdown]
# The first losses are near $\ln C = 2.30$ and $C - 1 = 9$, those of equal scores: check this number whenever you start
# a training. What the linear layer has learned, each row of its weight as an image:

# %%
plots.plot_templates(linear.weight.data, title="Templates of the linear layer after 200 steps")

# %% [markdown]
# ## What PyTorch does here
#
# The same names and the same rules: parameters are listed each once, a module's own before its children's; `train` and
# `eval` go down the tree. `nn.Module` notes parameters and modules when they are set as attributes (this one looks when
# it is asked), so there `__init__` must begin with `super().__init__()`. `nn.Linear` starts from the same distribution,
# and `CrossEntropyLoss` of labels is `log_softmax` followed by `nll_loss`. There, too, `NLLLoss` believes what it is
# given: of scores in place of log-probabilities it makes numbers that are no losses, as above, and no error.
#
# **What the real file adds** (`microdl/nn/module.py`, `microdl/ops/softmax.py`, `class_loss.py` and `margin_loss.py`):
# buffers, hooks, `state_dict`, printing; weights of classes, `ignore_index`, `label_smoothing`, squared hinge; scores
# of more than two axes; compiled kernels. For a few numbers, and along another axis than the last, its log_softmax is
# yours (`_shifted` subtracts the maximum; `_compiled` gives None where there is no kernel):

# %%
import microdl as torch

model = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
print(model, list(model.state_dict()))
learn.excerpt("microdl/ops/softmax.py", "_log_softmax_forward")

# %% [markdown]
# ## Exercises
#
# 1. For label 0, compare both losses of the scores (10, -2, 3), (10, 9, 9) and (10, -100, -100), then with 20 in place
#    of 10. Which one is content, and what is the least value of the other?
# 2. Which $k$ in $U(-k, k)$ keeps the mean square from layer to layer? And which behind a ReLU, which sets half of the
#    numbers to 0? Try both in a network of ten layers, against $1/\sqrt n$.
# 3. Two layers that regularise. `Dropout(p)`: while training, each entry is 0 with probability $p$, else divided by
#    $1 - p$ (why?). `BatchNorm1d`: each column minus its mean over the batch, divided by its deviation. Write them.
#    Where do they use `self.training`, and what must the second remember for `eval`, where a batch may be one image?
# 4. `self.layers = [Linear(64, 32), Linear(32, 10)]`: what does `parameters()` find? Write `ModuleList`.
# 5. Write the cross-entropy as one operation, with the rule $(p - \text{one-hot})\,g$. What does its graph hold no
#    more?
