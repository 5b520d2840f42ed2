# %% [markdown]
# # A scalar engine
#
# In chapter 4 you derived the gradients of two losses on paper, and then wrote them in NumPy. Every new loss would need
# new paper. In this chapter a program takes over the paper: you write an *engine* that differentiates any expression of
# numbers. Chapter 6 makes the numbers arrays; the walk stays the same.
#
# You need: the chain rule, and a Python class. Time: 45 minutes.

# %%
from microdl import learn

mydl = learn.use(chapters=4)  # what you have so far: your own package if it is here, else the reference

# %% [markdown]
# ## The naive way, and where it breaks
#
# Let $z$ be the result, and $u = f(a, b)$ a number on the way to it. The *gradient* of $u$ is $dz/du$: by how much $z$
# grows for each unit by which $u$ grows. If $u$ is all that $a$ is used for, the chain rule gives
#
# $$\frac{dz}{da} = \frac{dz}{du}\,\frac{\partial u}{\partial a}:$$
#
# the gradient that arrived at $u$, times a factor that the operation $f$ alone knows. So let each number remember its
# *parents*, which it was computed from, and for each of them a rule: gradient in, gradient out. A first attempt: as
# soon as a number gets its gradient, it hands it on.


# %%
class Naive:
    def __init__(self, value, parents=(), rules=()):
        self.value, self.parents, self.rules, self.grad = value, parents, rules, 0.0

    def __add__(self, other):
        return type(self)(self.value + other.value, (self, other), (lambda g: g, lambda g: g))

    def __mul__(self, other):
        rules = (lambda g: g * other.value, lambda g: g * self.value)
        return type(self)(self.value * other.value, (self, other), rules)

    def backward(self, g=1.0):
        self.grad = g
        for parent, rule in zip(self.parents, self.rules):
            parent.backward(rule(g))


x, y = Naive(3.0), Naive(4.0)
(x * y).backward()
print(x.grad, y.grad)

# %% [markdown]
# Right: the derivative of $xy$ by $x$ is $y$, and by $y$ it is $x$. Now a number that is used twice.
#
# **Predict** before you run the next cell: for $z = x \cdot x + x$ at $x = 3$, what is $dz/dx$, and what will the class
# print?

# %%
x = Naive(3.0)
(x * x + x).backward()
print("printed:", x.grad, " right:", 2 * 3.0 + 1)

# %% [markdown]
# The last path to arrive overwrote the others. Let $x$ grow by a small $h$. Each number $u$ that $x$ is used for grows
# by $\frac{\partial u}{\partial x} h$, and $z$ by $\frac{dz}{du} \frac{\partial u}{\partial x} h$ because of it. All of
# them grow at once, so $z$ grows by the **sum**:
#
# $$\frac{dz}{dx} = \sum_{\text{uses } u \text{ of } x} \frac{dz}{du}\,\frac{\partial u}{\partial x}.$$
#
# `self.grad += g` in place of `self.grad = g` mends this example. **Predict** how often `backward` is then called for 5
# additions $z + z$, each of the last one's result, for 10, and for 15.


# %%
class Counting(Naive):
    calls = 0

    def backward(self, g=1.0):
        Counting.calls += 1
        self.grad += g
        for parent, rule in zip(self.parents, self.rules):
            parent.backward(rule(g))


x = Counting(3.0)
(x * x + x).backward()
print("x*x + x: dz/dx =", x.grad)
for depth in (5, 10, 15):
    x = z = Counting(1.0)
    for _ in range(depth):
        z = z + z
    Counting.calls = 0
    z.backward()
    print(f"{depth} additions: dz/dx = {x.grad:.0f}, {Counting.calls} calls")

# %% [markdown]
# The derivatives are right, and the price is hopeless: 65,535 calls for sixteen numbers, and with each addition twice
# as many. Each path from $z$ to $x$ is walked on its own, and each number that is used twice doubles their number.
#
# ## The engine
#
# The cure: a number hands its gradient on **once**, when all of its uses have handed theirs to it. So the walk needs an
# order in which each number comes after all of its uses. Put a number on a list when all of its parents are on it: then
# parents stand before what was computed from them (a *topological order*), and read backwards the list is the order
# that we need. Each number is visited once, and each of its rules called once, whatever the number of paths. So *all*
# derivatives of $z$ together take one such walk over the steps that made $z$; the numerical gradient of chapter 3 takes
# two losses for every weight. This is *reverse-mode differentiation*; for neural networks it is called
# *backpropagation*.
#
# The rules follow from derivatives that you know: $\partial(a + b)/\partial a = 1$, $\partial(ab)/\partial a = b$,
# $da^n/da = n a^{n-1}$, $de^a/da = e^a$, $d\ln a/da = 1/a$; and $\max(a, 0)$ has the slope 1 where $a > 0$, else 0. The
# rest needs none of its own: $a - b = a + (-1)\,b$, and $a/b = a\,b^{-1}$.
#
# Write the four functions in `scalar.py`: `microdl learn check 5` says which of their properties hold.

# %% file="scalar.py"
"""Chapter 5: numbers that remember how they were computed, and differentiate themselves."""

import math


def _value(x):
    return x if isinstance(x, Value) else Value(x)


class Value:
    """A number in a graph: `value`, the parents it was computed from, and a rule for each: gradient in, gradient out."""

    def __init__(self, value, parents=(), rules=()):
        self.value, self.parents, self.rules = float(value), tuple(parents), tuple(rules)
        self.grad = 0.0

    def __repr__(self):
        return f"Value({self.value:g}, grad={self.grad:g})"

    def __add__(self, other):
        """self + other; a plain number becomes a Value without parents."""
        # <exercise Value.__add__: Return the sum as a Value with both operands as parents, and a rule for each.>
        # hint: d(a + b)/da is 1, and d(a + b)/db as well: what does each parent get of a gradient g?
        # hint: The same g: lambda g: g. And other = _value(other) makes a Value of a plain number.
        # hint: return Value(self.value + other.value, (self, other), (lambda g: g, lambda g: g))
        other = _value(other)
        return Value(self.value + other.value, (self, other), (lambda g: g, lambda g: g))
        # </exercise>

    def __mul__(self, other):
        """self * other; a plain number becomes a Value without parents."""
        # <exercise Value.__mul__: Return the product, with both operands as parents: each gets the gradient times the other's value.>
        # hint: d(a b)/da is b: the rule of `self` needs the value of `other`.
        # hint: A rule takes a number and returns one, so g * other.value and not g * other.
        # hint: The rule of `self` is lambda g: g * other.value, and that of `other` the other way round.
        other = _value(other)
        return Value(self.value * other.value, (self, other), (lambda g: g * other.value, lambda g: g * self.value))
        # </exercise>

    def __pow__(self, n):
        """self ** n, for a plain number n."""
        return Value(self.value**n, (self,), (lambda g: g * n * self.value ** (n - 1),))

    def exp(self):
        """e to the power of self."""
        # <exercise Value.exp: Return e^self. It has one parent and one rule; its derivative is itself: compute it once.>
        # hint: d(e^a)/da is e^a, the value of the result: keep it for the rule.
        # hint: out = math.exp(self.value), and the rule lambda g: g * out.
        # hint: return Value(out, (self,), (lambda g: g * out,)): a tuple of one needs its comma.
        out = math.exp(self.value)
        return Value(out, (self,), (lambda g: g * out,))
        # </exercise>

    def log(self):
        """The natural logarithm."""
        return Value(math.log(self.value), (self,), (lambda g: g / self.value,))

    def relu(self):
        """max(self, 0), with the derivative 0 at 0."""
        return Value(max(self.value, 0.0), (self,), (lambda g: g if self.value > 0 else 0.0,))

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

    def backward(self):
        """Add to the `grad` of every number that this one was computed from the derivative of this one by it."""
        # <exercise Value.backward: Write _order(root) below the class: a list of root and every number that it was computed from, each once, parents first. Then go through it backwards, hand the gradient of each number to its parents, and add to its grad what arrived there.>
        # hint: For _order visit the graph depth first, and list a number when all of its parents are listed. Keep a set of the numbers seen: one that is used twice is met twice.
        # hint: Recursion ends at about 1,000 calls: keep a stack of your own, of pairs (number, are its parents listed?), at first [(root, False)].
        # hint: Of a new number push (node, True), then (parent, False) for each parent: they lie above it, and are done when it comes up. Then order.append(node).
        # hint: Now backward. What has arrived at a number in this walk is not its `grad`, which may hold an earlier walk's: keep a dict, at first {self: 1.0}, for dz/dz = 1.
        # hint: For each node in reversed(_order(self)): g = arrived.pop(node), and node.grad += g.
        # hint: Then, for each parent and its rule: arrived[parent] = arrived.get(parent, 0.0) + rule(g).
        arrived = {self: 1.0}
        for node in reversed(_order(self)):
            g = arrived.pop(node)
            node.grad += g
            for parent, rule in zip(node.parents, node.rules):
                arrived[parent] = arrived.get(parent, 0.0) + rule(g)


def _order(root):
    """A list of root and every number that it was computed from, each once, parents before what was computed from them."""
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
    # </exercise>


# %% [markdown]
# ## Check it by hand, then by machine
#
# The number that was used twice, and a tower of a thousand additions. With $z_{k+1} = z_k + 0.001\,z_k$ the result is
# $1.001^{1000}\,x$:

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
# And the softmax loss of chapter 2, for the cat image with the scores 3.2 (cat), 5.1 (car) and -1.7 (frog). By hand its
# gradient is $p - \text{one-hot}$; the engine was never told that. **Predict** the signs: which scores should grow,
# that the loss may fall?

# %%
scores = [Value(s) for s in (3.2, 5.1, -1.7)]
exps = [s.exp() for s in scores]
p = exps[0] / (exps[0] + exps[1] + exps[2])
loss = -p.log()
loss.backward()
print(f"loss {loss.value:.2f}")
for i, (s, e) in enumerate(zip(scores, exps)):
    share = e.value / sum(e.value for e in exps)
    print(f"score {s.value:+.1f}, p = {share:.4f}: engine {s.grad:+.4f}, by hand {share - (i == 0):+.4f}")

# %% [markdown]
# ## Look at the graph
#
# Your numbers know their parents, so the graph can be drawn. Every box has a number's value and its `grad`, and every
# arrow what its rule hands back. (A `Value` does not say which operation made it. Its rules do: Python knows the method
# in which a function was written.)

# %%
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

GRAD, SIGNS = "#a0330f", {"__add__": "+", "__mul__": "*", "__pow__": "**"}


def short(number):
    return f"{number:.4f}" if 0 < abs(number) < 0.01 else f"{number:.3g}"


def draw(root, names):
    """The graph of root, from left to right."""
    order, column, row = _order(root), {root: 0}, {}
    for node in reversed(order):  # each number stands to the left of all of its uses
        for parent in node.parents:
            column[parent] = min(column.get(parent, 0), column[node] - 1)
    for node in order:  # leaves one above the other, a result at the mean height of its parents
        leaves = sum(not known.parents for known in row)
        row[node] = sum(row[p] for p in node.parents) / len(node.parents) if node.parents else leaves
    left, high = min(column.values()), max(row.values())
    figure = Figure(figsize=(1.5 * (1 - left), 1.1 * (high + 1.3)))
    ax = figure.add_axes((0, 0, 1, 1), xlim=(left - 0.5, 0.5), ylim=(-0.5, high + 0.8))
    ax.set_axis_off()
    middle = {"ha": "center", "va": "center", "fontsize": 9}
    for node in order:
        x, y = column[node], row[node]
        made = node.rules[0].__qualname__.split(".")[-3] if node.rules else "constant"
        colour = "#fdeccb" if node is root else "white" if node.parents else "#d9e8f6"
        ax.add_patch(FancyBboxPatch((x - 0.3, y - 0.3), 0.6, 0.6, "round,pad=0,rounding_size=0.06", fc=colour))
        ax.text(x, y, f"{names.get(node, SIGNS.get(made, made))}\n{short(node.value)}\n", **middle)
        ax.text(x, y, f"\n\ngrad {short(node.grad)}", color=GRAD, **middle)
        for i, (parent, rule) in enumerate(zip(node.parents, node.rules)):
            start, end = (column[parent] + 0.3, row[parent]), (x - 0.31, y)
            twice, far = node.parents.count(parent) > 1, column[parent] < x - 1
            bow = 0.4 - 0.8 * i if twice else 0.9 * far  # so that arrows meet neither each other nor a box
            bent = [start, (start[0] + 0.2, start[1] + bow), (end[0] - 0.2, end[1] + bow), end]
            path = Path(bent, [Path.MOVETO] + 3 * [Path.CURVE4])
            ax.add_patch(FancyArrowPatch(path=path, arrowstyle="-|>", mutation_scale=9, color="0.4"))
            at = [(a + 3 * b + 3 * c + d) / 8 for a, b, c, d in zip(*bent)]
            ground = {"fc": "white", "ec": "none", "pad": 1}
            ax.text(*at, short(rule(node.grad)), color=GRAD, bbox=ground, **middle | {"fontsize": 8})
    return figure


# %% [markdown]
# **Predict** what stands at the three arrows that leave $x$ in the graph of $z = x \cdot x + x$ at $x = 3$.

# %%
x = Value(3.0)
z = x * x + x
z.backward()
draw(z, {x: "x", z: "z = x*x + x"})

# %% [markdown]
# Their sum is `x.grad`. So it is for every number: its gradient is the sum over the arrows that leave it. The naive
# class kept one of the three; the second class walked on to the left once for each path, in place of once for each box.
#
# The softmax loss. The exponential of the cat's score is used twice, in the numerator and in the sum, and its two
# gradients have different signs. The last step shows what is still wasteful: the constant -1 got a gradient, too, which
# nobody asked for. In chapter 6 a tensor says whether it requires one.

# %%
draw(loss, {**dict(zip(scores, ("cat", "car", "frog"))), p: "p of cat", loss: "loss"})

# %% [markdown]
# ## What PyTorch does here
#
# The same: each tensor that an operation made has a `grad_fn`, which knows its parents (`next_functions`), and
# `backward()` runs them newest first, each when all of its uses have run. PyTorch counts the uses of each node before
# it starts, and then takes the newest of those whose uses are done. microdl numbers the steps as they are recorded, and
# takes the highest number first: whatever uses a number was recorded after it, so no order needs to be computed at all.

# %%
import microdl as torch

x = torch.tensor(3.0, requires_grad=True)
z = x * x + x
print(z.grad_fn.name(), [parent.name() for parent, _ in z.grad_fn.next_functions])
z.backward()
print("x.grad", x.grad)

# %% [markdown]
# **What the real file adds** (`microdl/autograd/engine.py`): gradients that are arrays, operations with several
# results, hooks, and `create_graph`, with which the walk itself is recorded and can be differentiated again. And an
# error where a value that a rule needs was changed in between; the rules of your product would take the changed one,
# and say nothing:

# %%
x = torch.tensor(3.0, requires_grad=True)
(slope,) = torch.autograd.grad(x**3, x, create_graph=True)
(curvature,) = torch.autograd.grad(slope, x)
print("x^3 at 3: first derivative", slope.item(), "second", curvature.item())

y = x.exp()  # its rule keeps the result
z = y * 1.0
with torch.no_grad():
    y += 1
try:
    z.backward()
except RuntimeError as error:
    print(f"RuntimeError: {error}")

# %% [markdown]
# Two parts of the file, beside yours. This is its addition of what arrives at a number. An array is added to in place,
# which saves the memory of a new one; but only if the walk has made it (`summed`), for a rule may have handed the same
# array to someone else:

# %%
learn.excerpt("microdl/autograd/engine.py", "_sum")

# %% [markdown]
# And this is its walk with a stack. It is needed only where gradients of a few inputs are asked for, as by
# `torch.autograd.grad`: it finds the steps on a way from the result to one of them. Where `_order` keeps pairs to get a
# topological order, this sorts by `seq`, the number that each step got when it was recorded:

# %%
learn.excerpt("microdl/autograd/engine.py", "_leading_to")

# %% [markdown]
# ## Exercises
#
# 1. Your engine adds to `grad`. Call `backward()` twice on the same loss: what do you get, and why do training loops
#    begin with `zero_grad()`?
# 2. Compute the hinge loss of the cat image with `relu`, and its gradient. First by hand: which of the two other
#    classes come too near, and what do they add to the gradient?
# 3. Add `tanh`, with the derivative $1 - \tanh^2$. Which value should the rule keep: the input, or the output?
# 4. Make `_order` recursive, and find the longest chain that works. Then put `node.parents` on a queue in place of the
#    stack: for which graph does the order of discovery fail?
# 5. *Forward mode*: let each number carry, beside its value, its derivative by one input, and let each operation
#    compute both. Write `+` and `*`. How many passes do the derivatives by the 650 numbers of chapter 2's linear
#    classifier take, and how many with your engine? For which functions is forward mode the better one?
