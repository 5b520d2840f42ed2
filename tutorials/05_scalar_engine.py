# %% [markdown]
# # A scalar engine
#
# In chapter 4 you derived the gradient of two losses by hand, on paper, and then wrote it in NumPy. Every new loss
# would need new paper. In this chapter a program takes over the paper: you write an *engine* that differentiates any
# expression of numbers, in about fifty lines. Chapter 6 makes the numbers arrays; nothing else changes.
#
# You need: the chain rule, and a Python class. Time: 45 minutes.

# %%
import math

from microdl import learn

mydl = learn.use(chapters=4)  # what you have so far: your own package if it is here, else the reference

# %% [markdown]
# ## The naive way, and where it breaks
#
# Each operation knows its own derivative. So let each number remember which numbers it was computed from, and by what
# rule a gradient is handed back to them. A first attempt: as soon as a number gets its gradient, it hands it on.


# %%
class Naive:
    def __init__(self, value, parents=(), rules=()):
        self.value, self.parents, self.rules, self.grad = value, parents, rules, 0.0

    def __add__(self, other):
        return Naive(self.value + other.value, (self, other), (lambda g: g, lambda g: g))

    def __mul__(self, other):
        return Naive(self.value * other.value, (self, other), (lambda g: g * other.value, lambda g: g * self.value))

    def backward(self, g=1.0):
        self.grad = g
        for parent, rule in zip(self.parents, self.rules):
            parent.backward(rule(g))


x, y = Naive(3.0), Naive(4.0)
(x * y).backward()
print(x.grad, y.grad)

# %% [markdown]
# Right: the derivative of $xy$ by $x$ is $y = 4$. Now a number that is used twice.
#
# **Predict** before you run the next cell: for $z = x \cdot x + x$ at $x = 3$, what is $dz/dx$, and what will the class
# print?

# %%
x = Naive(3.0)
(x * x + x).backward()
print("printed:", x.grad, " right:", 2 * 3.0 + 1)

# %% [markdown]
# The last path to arrive overwrote the others. By the chain rule a number that is used in several places gets the
# **sum** over all paths:
#
# $$\frac{dz}{dx} = \sum_{\text{uses } u \text{ of } x} \frac{dz}{du}\,\frac{\partial u}{\partial x}.$$
#
# `self.grad += g` mends this example, and is still wrong in a worse way: each path is walked on its own, and the number
# of paths doubles with each number that is used twice.


# %%
class Counting(Naive):
    calls = 0

    def __add__(self, other):
        return Counting(self.value + other.value, (self, other), (lambda g: g, lambda g: g))

    def backward(self, g=1.0):
        Counting.calls += 1
        self.grad += g
        for parent, rule in zip(self.parents, self.rules):
            parent.backward(rule(g))


for depth in (5, 10, 15):
    x = Counting(1.0)
    z = x
    for _ in range(depth):
        z = z + z
    Counting.calls = 0
    z.backward()
    print(f"{depth} additions: dz/dx = {x.grad:.0f}, {Counting.calls} calls")

# %% [markdown]
# ## The engine
#
# The cure: a number hands its gradient on **once**, when all of its uses have handed theirs to it. So the walk must
# take the newest first: an order in which each number comes before everything it was computed from. That is a
# *topological order* of the graph, reversed. With it, each edge is walked once, whatever the number of paths.
#
# Write the four exercises in `scalar.py`: `microdl learn check 5` says which of their properties hold.

# %% file="scalar.py"
"""Chapter 5: numbers that remember how they were computed, and differentiate themselves."""

import math


class Value:
    """A number in a graph: `value`, the parents it was computed from, and a rule for each: gradient in, gradient out."""

    def __init__(self, value, parents=(), rules=()):
        self.value, self.parents, self.rules = float(value), tuple(parents), tuple(rules)
        self.grad = 0.0

    def __repr__(self):
        return f"Value({self.value:g}, grad={self.grad:g})"

    def __add__(self, other):
        """self + other; a plain number becomes a Value without parents."""
        # <exercise Value.__add__: Return the sum as a Value with two parents and their two rules.>
        # hint: d(a + b)/da is 1, so the gradient is handed on as it is: lambda g: g.
        # hint: For a plain number: other = other if isinstance(other, Value) else Value(other).
        # hint: return Value(self.value + other.value, (self, other), (lambda g: g, lambda g: g))
        other = _value(other)
        return Value(self.value + other.value, (self, other), (lambda g: g, lambda g: g))
        # </exercise>

    def __mul__(self, other):
        """self * other."""
        # <exercise Value.__mul__: Return the product: each parent gets the gradient times the other's value.>
        # hint: d(a b)/da is b.
        # hint: The rule of `self` is lambda g: g * other.value, and that of `other` the other way round.
        other = _value(other)
        return Value(self.value * other.value, (self, other), (lambda g: g * other.value, lambda g: g * self.value))
        # </exercise>

    def __pow__(self, n):
        """self ** n, for a plain number n."""
        return Value(self.value**n, (self,), (lambda g: g * n * self.value ** (n - 1),))

    def exp(self):
        """e to the power of self."""
        # <exercise Value.exp: Return e^self. Its derivative is itself: compute it once.>
        # hint: d(e^a)/da is e^a, the value of the result.
        # hint: out = math.exp(self.value), and the rule lambda g: g * out.
        out = math.exp(self.value)
        return Value(out, (self,), (lambda g: g * out,))
        # </exercise>

    def log(self):
        """The natural logarithm."""
        return Value(math.log(self.value), (self,), (lambda g: g / self.value,))

    def relu(self):
        """max(self, 0), with the derivative 0 at 0."""
        return Value(max(self.value, 0.0), (self,), (lambda g: g if self.value > 0 else 0.0,))

    def backward(self):
        """Add to the `grad` of every number that this one was computed from the derivative of this one by it."""
        # <exercise Value.backward: Hand gradients back along the graph, each number once, newest first.>
        # hint: A number may hand on its gradient only when all numbers computed from it have handed theirs to it.
        # hint: Visit the graph depth first, and put a number on a list when all of its parents are there: backwards, that list is the order.
        # hint: Recursion ends at about 1,000 steps: keep a stack of your own, of pairs (number, are its parents done?).
        # hint: A dict from number to gradient, {self: 1.0}; for each in order: add it to grad, then add rule(g) to each parent's entry.
        arrived = {self: 1.0}
        for node in reversed(_order(self)):
            g = arrived.pop(node)
            node.grad += g
            for parent, rule in zip(node.parents, node.rules):
                arrived[parent] = arrived.get(parent, 0.0) + rule(g)
        # </exercise>

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -_value(other)

    def __truediv__(self, other):
        return self * _value(other) ** -1

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other):
        return _value(other) - self

    def __rtruediv__(self, other):
        return _value(other) / self


def _value(x):
    return x if isinstance(x, Value) else Value(x)


def _order(root):
    """Every number that root was computed from, and root: parents first."""
    order, seen, stack = [], set(), [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((parent, False) for parent in node.parents)
    return order


# %% [markdown]
# ## Check it by hand, then by machine
#
# The number that was used twice, and the tower of additions:

# %%
x = Value(3.0)
(x * x + x).backward()
print(x)

z = x = Value(1.0)
for _ in range(1000):
    z = z + z * 0.001
z.backward()
print(f"dz/dx = {x.grad:.6f}, and 1.001^1000 = {1.001**1000:.6f}")

# %% [markdown]
# And the softmax loss of chapter 2, for the cat image with scores 3.2, 5.1, -1.7. By hand its gradient is
# $p - \text{one-hot}$; the engine was never told that.

# %%
scores = [Value(s) for s in (3.2, 5.1, -1.7)]
exps = [s.exp() for s in scores]
loss = -(exps[0] / (exps[0] + exps[1] + exps[2])).log()
loss.backward()
print(f"loss {loss.value:.2f}")
p = [math.exp(s) / sum(math.exp(t) for t in (3.2, 5.1, -1.7)) for s in (3.2, 5.1, -1.7)]
for s, by_hand in zip(scores, (p[0] - 1, p[1], p[2])):
    print(f"engine {s.grad:+.4f}   by hand {by_hand:+.4f}")

# %% [markdown]
# ## What PyTorch does here
#
# The same: each tensor that an operation made has a `grad_fn`, which knows its parents (`next_functions`), and
# `backward()` runs them newest first, each when all of its uses have run. PyTorch counts the uses of each node before it
# starts; microdl numbers the steps as they are recorded, and takes the highest number first: no order needs to be
# computed at all.
#
# **What the real file adds** (`microdl/autograd/engine.py`): gradients that are arrays and may be added in place, nodes
# with several outputs, hooks, `create_graph` (the walk itself is recorded, so it can be differentiated again), and an
# error when a value that a rule needs was changed in between.
#
# ## Exercises
#
# 1. Your engine adds to `grad`. Call `backward()` twice on the same loss: what do you get, and why do training loops
#    begin with `zero_grad()`?
# 2. Add `tanh`, with the derivative $1 - \tanh^2$. Which value should the rule keep: the input, or the output?
# 3. Why must `_order` use a stack of its own? Make it recursive, and find the longest chain that works.
