# %% [markdown]
# # Tensors
#
# The engine of chapter 5 differentiates any expression of numbers. In this chapter a node of its graph holds an
# *array*. The walk is the same, in an order that it finds more simply; three things are new: broadcasting has to be
# undone on the way back, operations such as a matrix product need rules for whole arrays, and the rules stand in one
# table that reads like a page of formulas.
#
# You need: chapter 5, and NumPy's broadcasting. Time: 60 minutes.

# %%
import numpy as np

from microdl import learn, plots
from microdl.datasets import Digits

mydl = learn.use(chapters=5)  # what you have so far: your own package if it is here, else the reference

from mydl.scalar import Value, _order

# %% [markdown]
# ## The naive way, and where it breaks
#
# **Predict** how many objects it takes to compute the ten scores of one image of 64 pixels by chapter 5's numbers.

# %%
pixels, rows = [Value(0.5) for _ in range(64)], [[Value(0.1) for _ in range(64)] for _ in range(10)]
scores = [sum((w * p for w, p in zip(row, pixels)), Value(0.0)) for row in rows]
print(len({number for score in scores for number in _order(score)}), "objects, where arrays are three")

# %% [markdown]
# So let a node hold an array, and change nothing else. Here is the least of it: a sum of two arrays, and the sum of all
# entries, for which the gradient of every entry is 1.


# %%
class Naive(Value):
    def __init__(self, value, parents=(), rules=()):
        super().__init__(0.0, parents, rules)
        self.value = np.asarray(value, dtype=float)

    def __add__(self, other):
        return Naive(self.value + other.value, (self, other), (lambda g: g, lambda g: g))

    def sum(self):
        return Naive(self.value.sum(), (self,), (lambda g: g * np.ones_like(self.value),))


scores, bias = Naive(np.zeros((4, 3))), Naive([0.1, 0.2, 0.3])  # four images, three classes
loss = (scores + bias).sum()
loss.backward()
print("loss", loss.value)

# %% [markdown]
# The value is right: NumPy has *broadcast* the bias, that is, added it to each of the four rows.
#
# **Predict** before you run the next cell: what is the derivative of the loss by each of the three entries of the bias?
# What shape does `bias.grad` have? And what is the shape of the bias after one step of gradient descent?

# %%
print("bias.grad has the shape", bias.grad.shape)
print("after a step the bias has the shape", (bias.value - 0.1 * bias.grad).shape)

# %% [markdown]
# No error anywhere. The bias of three classes has become one for each image and class, and the model trains on, for
# NumPy broadcasts the wrong shape as readily as the right one. This bug is found by looking at shapes, not at losses.
#
# ## Broadcasting, backwards
#
# Broadcasting copies: $y_{ij} = x_{ij} + b_j$ uses $b_j$ once for each $i$. By chapter 5 a number that is used in
# several places gets the sum of what comes back from them:
#
# $$\frac{\partial L}{\partial b_j} = \sum_i \frac{\partial L}{\partial y_{ij}}\,\frac{\partial y_{ij}}{\partial b_j}
# = \sum_i g_{ij}.$$
#
# So what was **copied forward is summed backward**, over the same axes. NumPy copies along two kinds of axes: those
# that the smaller array does not have, which are put in front of its shape, and those where it has the length 1.
#
# ## An operation and its rules
#
# In chapter 5 each operation built its node itself. Now an operation is declared: its forward function, and for each
# argument that can be differentiated a rule, whose parameters say what it needs.
#
# ```python
# mul = op(lambda a, b: a * b, a=lambda g, b: g * b, b=lambda g, a: g * a)
# exp = op(lambda x: np.exp(x), x=lambda g, out: g * out)
# ```
#
# `g` is the gradient of the result; `a` and `b` are the arguments by their names; `out` is the result. What is common
# to all operations (recording, shapes, adding up) is written once, in `op` and in `backward`. Each tensor gets a
# number, its `step`, when it is made. What was computed from it was made later: so "highest step first" is the order
# that chapter 5 had to compute.

# %% file="tensor.py"
"""Chapter 6: arrays that remember how they were computed, and differentiate themselves."""

import contextlib
import heapq
import inspect
import itertools
from functools import partial

import numpy as np

_steps = itertools.count()  # numbers the tensors in the order in which they are made
_recording = True


@contextlib.contextmanager
def no_grad():
    """Within it nothing is recorded: for steps of gradient descent, and for predictions."""
    global _recording
    before, _recording = _recording, False
    try:
        yield
    finally:
        _recording = before


def op(forward, **rules):
    """A function of tensors: `forward` of arrays, and rules, argument=lambda g, ...: gradient of that argument."""
    parameters = inspect.signature(forward).parameters
    names, defaults = list(parameters), {name: p.default for name, p in parameters.items() if p.default is not p.empty}
    needs = {name: list(inspect.signature(rule).parameters)[1:] for name, rule in rules.items()}

    def call(*args, **kwargs):
        if len(args) > len(names):
            raise TypeError(f"{len(args)} arguments were given, and {len(names)} are taken: {', '.join(names)}")
        given = {**defaults, **dict(zip(names, args)), **kwargs}
        # <exercise op: Return forward's result as a Tensor; while recording, give it the parents that require grad, and their rules.>
        # hint: Call forward with arrays: in given, a dict by name, x.data takes the place of each x that is a Tensor.
        # hint: A parent is an argument that has a rule, is a Tensor, and requires grad. With one parent or more, the result requires grad.
        # hint: A rule is called later, with g alone. Fill in what it needs now: partial(rule, **{need: values[need] for need in needs[name]}). A lambda made in a loop would see the loop's last rule.
        # hint: A rule may need the result as well: values["out"] = out.data, before you make the rules.
        values = {name: x.data if isinstance(x, Tensor) else x for name, x in given.items()}
        out = Tensor(forward(**values))
        values["out"] = out.data
        for name, rule in rules.items():
            parent = given[name]
            if _recording and isinstance(parent, Tensor) and parent.requires_grad:
                out.requires_grad = True
                out.parents.append(parent)
                out.rules.append(partial(rule, **{need: values[need] for need in needs[name]}))
        return out
        # </exercise>

    return call


def unbroadcast(g, shape):
    """The gradient of an array of this shape, from the gradient of what broadcasting made of it."""
    if g.shape == shape:
        return g
    # <exercise unbroadcast: Sum g over the axes along which an array of this shape was copied.>
    # hint: An entry that was copied gets the sum of the gradients of its copies.
    # hint: Two kinds of axes were copied along: those in front that the shape does not have, and those where it has 1.
    # hint: The first kind: g.sum(axis=tuple(range(g.ndim - len(shape)))). Those of the second kind must stay, with length 1.
    # hint: The second kind: g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True).
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)
    # </exercise>


# %% [markdown]
# ## Rules for whole arrays
#
# For operations on each entry the rules are those of numbers. New here: for $y = a/b$ it is
# $\partial y/\partial b = -a/b^2 = -y/b$; for $y = a^n = e^{n \ln a}$ it is $\partial y/\partial n = y \ln a$; and
# $|x|$ has the slope $\operatorname{sign} x$.
#
# **Sum and mean.** $s = \sum_k x_k$ has $\partial s/\partial x_k = 1$: each entry gets a copy of the gradient of the
# sum that it went into. The mean is the sum over $n$ entries divided by $n$, and so is its gradient.
#
# **Matrix product.** With $y_{ij} = \sum_k a_{ik} b_{kj}$, the entry $a_{ik}$ is used in all $y_{ij}$ of its row, each
# time with the factor $b_{kj}$:
#
# $$\frac{\partial L}{\partial a_{ik}} = \sum_j g_{ij} b_{kj} = (g\,b^{\mathsf T})_{ik}, \qquad
# \frac{\partial L}{\partial b_{kj}} = \sum_i a_{ik} g_{ij} = (a^{\mathsf T} g)_{kj}.$$
#
# If you forget which side is transposed: the shapes leave one way only. For a vector $b$ it is
# $y_i = \sum_k a_{ik} b_k$; there is no $j$ to sum over, and $\partial L/\partial a_{ik} = g_i b_k$, an outer product.
#
# **Indexing.** $y_n = x_{i_n}$ hands $g_n$ back to the entry $i_n$. An index may occur twice: then the entry was used
# twice, and both gradients must arrive. **Predict** what `+=` gives where entry 1 is taken twice, with gradients 10 and
# 5:

# %%
wrong, right = np.zeros(3), np.zeros(3)
wrong[np.array([1, 1])] += np.array([10.0, 5.0])
np.add.at(right, np.array([1, 1]), np.array([10.0, 5.0]))
print("+= gives", wrong, " np.add.at gives", right)


# %% file="tensor.py"
def sum_rule(g, x, dim, keepdim):
    """Of x.sum(dim, keepdim): the gradient of a sum is that of each of its terms."""
    # <exercise sum_rule: Copy g to the shape of x; without keepdim, the axes in dim must come back first.>
    # hint: Each entry of x gets the gradient of the sum that it went into: np.broadcast_to(g, x.shape).
    # hint: x.sum(1) of shape (2, 3) has the shape (2,). To be copied along axis 1 it must be (2, 1).
    # hint: if dim is not None and not keepdim: g = np.expand_dims(g, dim)
    if dim is not None and not keepdim:
        g = np.expand_dims(g, dim)
    return np.broadcast_to(g, x.shape)
    # </exercise>


def mean_rule(g, x, out, dim, keepdim):
    """Of x.mean(dim, keepdim)."""
    # <exercise mean_rule: As for the sum, divided by the number of entries of which each mean was taken.>
    # hint: A mean of n entries is their sum divided by n.
    # hint: n = x.size / out.size: the entries that went in, for each that came out.
    return sum_rule(g, x, dim, keepdim) / (x.size / out.size)
    # </exercise>


def matmul_a(g, a, b):
    """Of a @ b by a; both are matrices or vectors."""
    # <exercise matmul_a: The gradient of a: g b^T; for a vector b, the outer product of g and b.>
    # hint: dL/da_ik is the sum over j of g_ij b_kj.
    # hint: g @ b.T if b has two axes. It serves a vector a as well: then g is a vector, too.
    # hint: For a vector b: np.multiply.outer(g, b), for a matrix a (g is a vector) and for a vector a (g is a number).
    return g @ b.T if b.ndim == 2 else np.multiply.outer(g, b)
    # </exercise>


def matmul_b(g, a, b):
    """Of a @ b by b."""
    # <exercise matmul_b: The gradient of b: a^T g; for a vector a, the outer product of a and g.>
    # hint: dL/db_kj is the sum over i of a_ik g_ij.
    # hint: a.T @ g if a has two axes, else np.multiply.outer(a, g).
    return a.T @ g if a.ndim == 2 else np.multiply.outer(a, g)
    # </exercise>


def index_rule(g, x, index):
    """Of x[index]."""
    # <exercise index_rule: Zeros like x, with g added at the index; an entry taken twice gets both gradients.>
    # hint: out = np.zeros_like(x); what was not taken has no part in the result.
    # hint: out[index] += g adds one of two gradients where an index occurs twice. NumPy has a function for this.
    # hint: np.add.at(out, index, g)
    out = np.zeros_like(x)
    np.add.at(out, index, g)
    return out
    # </exercise>


def _compare(function):
    return op(lambda a, b: function(a, b))  # no rules: the result requires no grad


class Tensor:
    """An array `data` of a graph. Where `requires_grad`, backward adds to `grad`, a Tensor, if it is a leaf."""

    __array_ufunc__ = None  # array + tensor is then the tensor's affair

    def __init__(self, data, requires_grad=False):
        data = data.data if isinstance(data, Tensor) else data
        array = np.asarray(data)
        from_python = not isinstance(data, (np.ndarray, np.generic))
        self.data = array.astype(np.float32) if from_python and array.dtype == np.float64 else array
        if requires_grad and self.data.dtype.kind != "f":
            raise RuntimeError(f"only tensors of floats can require gradients, not those of {self.data.dtype}")
        self.requires_grad, self.grad = requires_grad, None
        self.parents, self.rules, self.step = [], [], next(_steps)

    # The table of derivatives
    __add__ = __radd__ = op(lambda a, b: a + b, a=lambda g: g, b=lambda g: g)
    __sub__ = op(lambda a, b: a - b, a=lambda g: g, b=lambda g: -g)
    __rsub__ = op(lambda b, a: a - b, a=lambda g: g, b=lambda g: -g)
    __mul__ = __rmul__ = op(lambda a, b: a * b, a=lambda g, b: g * b, b=lambda g, a: g * a)
    __truediv__ = op(lambda a, b: a / b, a=lambda g, b: g / b, b=lambda g, b, out: -g * out / b)
    __rtruediv__ = op(lambda b, a: a / b, a=lambda g, b: g / b, b=lambda g, b, out: -g * out / b)
    __pow__ = op(lambda a, n: a**n, a=lambda g, a, n: g * n * a ** (n - 1), n=lambda g, a, out: g * out * np.log(a))
    __neg__ = op(lambda x: -x, x=lambda g: -g)
    __matmul__ = op(lambda a, b: a @ b, a=matmul_a, b=matmul_b)
    exp = op(lambda x: np.exp(x), x=lambda g, out: g * out)
    log = op(lambda x: np.log(x), x=lambda g, x: g / x)
    abs = op(lambda x: np.abs(x), x=lambda g, x: g * np.sign(x))
    relu = op(lambda x: np.maximum(x, 0), x=lambda g, x: np.where(x > 0, g, 0))
    maximum = op(  # where both are equal each gets half, as in PyTorch
        lambda a, b: np.maximum(a, b),
        a=lambda g, a, b: np.where(a > b, g, np.where(a == b, g / 2, 0)),
        b=lambda g, a, b: np.where(a < b, g, np.where(a == b, g / 2, 0)),
    )
    sum = op(lambda x, dim=None, keepdim=False: x.sum(axis=dim, keepdims=keepdim), x=sum_rule)
    mean = op(lambda x, dim=None, keepdim=False: x.mean(axis=dim, keepdims=keepdim), x=mean_rule)
    _reshape = op(lambda x, shape: x.reshape(shape), x=lambda g, x: g.reshape(x.shape))
    _index = op(lambda x, index: x[index], x=index_rule)
    T = property(op(lambda x: x.T, x=lambda g: g.T))
    argmax = op(lambda x, dim=None: x.argmax(axis=dim))
    __eq__, __ne__ = _compare(np.equal), _compare(np.not_equal)
    __lt__, __le__, __gt__, __ge__ = map(_compare, (np.less, np.less_equal, np.greater, np.greater_equal))
    __hash__ = object.__hash__  # by identity, though == compares entries

    def reshape(self, *shape):
        return self._reshape(shape[0] if isinstance(shape[0], tuple) else shape)

    def __getitem__(self, index):
        parts = [i.data if isinstance(i, Tensor) else i for i in (index if isinstance(index, tuple) else (index,))]
        return self._index(tuple(parts))

    def backward(self, gradient=None):
        """Add to the grad of each leaf that requires it the derivative of this tensor by it, times `gradient`."""
        if not self.requires_grad:
            raise RuntimeError("this tensor does not require grad, and was not computed from one that does")
        if gradient is None and self.data.size != 1:
            raise RuntimeError(f"a gradient must be given for a result of shape {self.shape}: it is not one number")
        g = np.ones_like(self.data) if gradient is None else Tensor(gradient).data
        # <exercise Tensor.backward: Hand gradients back along the graph, each tensor once, newest first; add up in the leaves, the tensors without parents.>
        # hint: A tensor may hand on its gradient when all that were computed from it have done so. These are all newer: their step is higher.
        # hint: Keep a dict from tensor to gradient, {self: g}, and a heap of pairs (-step, tensor): heapq.heappop gives the newest.
        # hint: For each parent and its rule: _back(rule, g, parent). Add it to what has arrived there; if nothing had, push the parent on the heap.
        # hint: Never add in place to what has arrived: a rule may hand one array to two parents (a + b does). So `arrived[p] = arrived[p] + back`.
        # hint: A leaf has no parents. Its grad is Tensor(g.copy()) the first time; after that, node.grad.data += g.
        arrived, waiting = {self: g}, [(-self.step, self)]
        while waiting:
            _, node = heapq.heappop(waiting)
            g = arrived.pop(node)
            if not node.parents and node.grad is None:
                node.grad = Tensor(g.copy())
            elif not node.parents:
                node.grad.data += g
            for parent, rule in zip(node.parents, node.rules):
                back = _back(rule, g, parent)
                if parent in arrived:
                    arrived[parent] = arrived[parent] + back
                else:
                    arrived[parent] = back
                    heapq.heappush(waiting, (-parent.step, parent))
        # </exercise>

    def __isub__(self, other):
        """In place: it would change arrays that rules have kept, so it is refused while recording."""
        other = Tensor(other)
        if _recording and (self.requires_grad or other.requires_grad):
            raise RuntimeError("a tensor that requires grad is changed in place: do it in `with no_grad():`")
        self.data -= other.data
        return self

    def detach(self):
        """The same array, outside the graph."""
        return Tensor(self.data)

    def numpy(self):
        """The array itself, of a tensor that requires no grad."""
        if self.requires_grad:
            raise RuntimeError("the graph would end here: call detach() first if that is meant")
        return self.data

    def __repr__(self):
        text = np.array2string(self.data, precision=4, separator=", ", prefix="tensor(")
        return f"tensor({text}{', requires_grad=True' if self.requires_grad else ''})"

    shape = property(lambda self: self.data.shape)
    ndim = property(lambda self: self.data.ndim)
    dtype = property(lambda self: self.data.dtype)
    item = lambda self: self.data.item()
    __len__ = lambda self: len(self.data)
    __bool__ = lambda self: bool(self.data)


def _back(rule, g, parent):
    """What a rule hands back to a parent: an array of the parent's shape and dtype. The one place of unbroadcasting."""
    back = unbroadcast(np.asarray(rule(g)), parent.data.shape)
    if back.shape != parent.data.shape:
        raise RuntimeError(f"a rule gave a gradient of shape {back.shape} for a tensor of shape {parent.shape}")
    return back.astype(parent.dtype, copy=False)


# %% [markdown]
# ## Look at it
#
# The bias again: four images hand back 1 to each class, and the shapes agree. A second `backward` adds to the first; so
# a training loop clears the gradients in each step. And the softmax loss of the cat image, once more: in chapter 5
# every number in it was a node, now an array is one, and the gradient is the same $p - \text{one-hot}$.

# %%
bias = Tensor([0.1, 0.2, 0.3], requires_grad=True)
for _ in range(2):
    (Tensor(np.zeros((4, 3))) + bias).sum().backward()
    print("bias.grad", bias.grad)
scores = Tensor([3.2, 5.1, -1.7], requires_grad=True)
p = scores.exp() / scores.exp().sum()
loss = -p[0].log()
loss.backward()
print(f"loss {loss.item():.2f}")
print("engine ", scores.grad)
print("by hand", (p - np.array([1, 0, 0], np.float32)).detach())

# %% [markdown]
# And chapter 4's linear classifier of the digits, without a gradient by hand. All weights are 0, so all classes have
# the same score. **Predict** the loss, and what the ten rows of the gradient look like when each is drawn as an image.

# %%
images, labels = (part.numpy() for part in Digits.tensors(train=True))
rows = np.arange(len(labels))
W = Tensor(np.zeros((10, 64), np.float32), requires_grad=True)


def loss_of(W):
    e = (Tensor(images) @ W.T).exp()
    return -(e / e.sum(1, keepdim=True))[rows, labels].log().mean()


loss = loss_of(W)
loss.backward()
print(f"{len(labels):,} digits, loss {loss.item():.4f}, ln 10 = {np.log(10):.4f}; W.grad has the shape {W.grad.shape}")
averaged = [(labels == c).mean() * images[labels == c].mean(0) for c in range(10)] - images.mean(0) / 10
print(f"W.grad and the averages that are explained below add up to {np.abs(W.grad.data + averaged).max():.6f}")
with no_grad():
    W -= 0.5 * W.grad
    right = ((Tensor(images) @ W.T).argmax(1) == labels).data.mean()
    print(f"after one step: loss {loss_of(W).item():.4f}, {right:.0%} of the digits are right")
plots.plot_templates(W.detach().numpy(), title="One step of gradient descent from zero")

# %% [markdown]
# One step, and the rows of W look like the digits: yellow where ink speaks for the class, blue where it speaks against.
# Why? The gradient of row $c$ is $\frac1N \sum_i (p_{ic} - [y_i = c])\, x_i$, and at W = 0 each $p_{ic}$ is 1/10. So
# the negative gradient is the mean image of the class, times the class's share of the images, minus a tenth of the mean
# of all images (`averaged` in the cell). Gradient descent begins by averaging.
#
# ## What PyTorch does here
#
# The same, with the same names. `derivatives.yaml` in its source is the table: in the entry of `exp` stands
# `self: grad * result.conj()` (for complex numbers it takes the conjugate), and the entry of `maximum` gives each side
# half where both are equal. Sums over broadcast axes are taken in one place (`sum_to`), gradients are checked against
# the shape of their tensor, and those of leaves are added up in `.grad`. `x.data` is a tensor there, and `x.numpy()`
# the array; here `data` is the array, and `p.data -= lr * p.grad.data` means the same in both.
#
# **What the real file adds** (`microdl/autograd/table.py`, `microdl/autograd/engine.py`, `microdl/ops/arithmetic.py`):
# a node of the graph is an object apart from its tensor, so an array that no rule needs is freed while the graph lives;
# what the rules kept is freed by `backward`, unless `retain_graph` says otherwise; rules that work on tensors as well
# as on arrays, so gradients can be differentiated again; PyTorch's promotion of dtypes, where here NumPy's rules hold;
# products of more than two axes. Its `unbroadcast` sums once, over both kinds of axes, and refuses what no broadcasting
# can have made, which is a rule's mistake. `add_up` serves arrays and tensors alike:

# %%
import microdl as torch

print("integers times 0.5: here", (Tensor([1, 2]) * 0.5).dtype, "there", (torch.tensor([1, 2]) * 0.5).dtype)
learn.excerpt("microdl/autograd/engine.py", "unbroadcast")

# %% [markdown]
# ## Exercises
#
# 1. Images (64, 1, 10) and offsets (5, 10) are added. Which shape has the sum, and over which axes is the gradient of
#    each summed?
# 2. Give the linear classifier a bias of the shape (1348, 10), as the bug of the opening does, and take 20 steps. Does
#    the loss fall? And what can this bias say about another image?
# 3. Compute the gradient of the loss by the *images* (make them a tensor that requires grad), and draw it for ten of
#    them: which pixels would have to change for the loss to grow?
# 4. `unbroadcast` is the transpose of broadcasting: the sums of `broadcast(x) * g` and `x * unbroadcast(g)` are equal
#    for any x and g. Check it on random shapes. Of which functions are the rules of `sum`, `x[index]` and `x.T`
#    transposes?
