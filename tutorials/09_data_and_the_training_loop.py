# %% [markdown]
# # Data, random numbers, and the training loop
#
# All parts are there but one: what feeds them. In this chapter you write the data set, the loader that cuts it into
# batches in random order, and the random numbers themselves: PyTorch's own, bit by bit. Then one script trains on your
# framework, on microdl and on PyTorch, and prints the same losses on all three.
#
# You need: chapters 7 and 8. Time: 60 minutes.

# %%
import numpy as np

from microdl import learn

mydl = learn.use(chapters=8)

from mydl import nn, optim
from mydl.tensor import Tensor

# %% [markdown]
# ## The naive way, and where it breaks
#
# Batches are slices, so: go through the data from front to back. **Predict** what the network learns from digits that
# are sorted by class, in batches of 32, with one pass.

# %%
from microdl.datasets import Digits

train_x, train_y = (t.numpy() for t in Digits.tensors(train=True))
test_x, test_y = (t.numpy() for t in Digits.tensors(train=False))


def one_pass(order):
    nn._generator = np.random.default_rng(0)
    model, loss_fn = nn.Linear(64, 10), nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    for start in range(0, len(order), 32):
        batch = order[start : start + 32]
        optimizer.zero_grad()
        loss_fn(model(Tensor(train_x[batch])), train_y[batch]).backward()
        optimizer.step()
    found = model(Tensor(test_x)).data.argmax(1)
    return (found == test_y).mean(), np.bincount(found, minlength=10)


for name, order in (("sorted", np.argsort(train_y)), ("shuffled", np.random.RandomState(0).permutation(len(train_y)))):
    accuracy, predicted = one_pass(order)
    print(f"{name:<8} {accuracy:.0%}, predicted {predicted}")

# %% [markdown]
# Each batch pulls the weights to its own class, and the last ones win. A batch must be a fair sample: shuffle, anew in
# each epoch.
#
# ## Whose random numbers?
#
# A shuffle needs random numbers, and so do the first weights. A computer has none; it has a *generator*: a state, a rule
# that makes the next state, and a number read off each. The same seed gives the same numbers, so an experiment can be
# repeated. To repeat **PyTorch's** experiments you need PyTorch's generator: the *Mersenne twister* (Matsumoto and
# Nishimura, 1998), which gives whole numbers of 32 bits. NumPy has the same one, seeded in the same way:

# %%
words = np.random.RandomState(0).randint(0, 2**32, 3, dtype=np.uint32)
print(words)

# %% [markdown]
# What PyTorch makes of these words is a recipe (checked against PyTorch 2.13):
#
# - a float32 in $[0, 1)$: the low 24 bits of one word times $2^{-24}$. Why 24? A float32 has 24 bits of precision, so
#   every such number is exact.
# - between `low` and `high`: that times (high - low), plus low.
# - a permutation of $n$: for $i = 0, 1, \dots, n - 2$ take $z$ = word mod $(n - i)$, and swap the places $i$ and $i + z$.
# - 64 bits: the first word times $2^{32}$ plus the second.
#
# A `DataLoader` that shuffles draws 64 bits at the start of each epoch for a base seed (which worker processes would
# use), then 64 bits, mod $2^{63}$, as the seed of a *new* generator, which makes the permutation.
#
# **Predict**: with n = 4 and the words above, what is the permutation? (The words mod 4, 3, 2 are needed.)

# %%
print([int(word % n) for word, n in zip(words, (4, 3, 2))])

# %% file="data.py"
"""Chapter 9: PyTorch's random numbers, data sets, and batches."""

from types import SimpleNamespace

import numpy as np

from mydl import nn, optim
from mydl.tensor import Tensor, no_grad


class Generator:
    """PyTorch's random numbers, from a seed."""

    def __init__(self, seed):
        self.words = np.random.RandomState(seed % 2**32)

    def draw(self, n):
        """The next n words of 32 bits."""
        return self.words.randint(0, 2**32, n, dtype=np.uint32)

    def long(self):
        """A whole number of 64 bits."""
        # <exercise Generator.long: The first of two words times 2^32, plus the second, as a Python int.>
        # hint: high, low = self.draw(2).
        # hint: Make Python ints of them first: uint32 has no room for the product.
        high, low = self.draw(2)
        return int(high) * 2**32 + int(low)
        # </exercise>

    def uniform(self, low, high, shape):
        """float32 numbers of [low, high)."""
        # <exercise Generator.uniform: Low 24 bits of a word each, times 2^-24; then scaled; all in float32.>
        # hint: The low 24 bits: words & (2**24 - 1).
        # hint: .astype(np.float32) * np.float32(2.0**-24) is exact. Then times np.float32(high - low), plus np.float32(low).
        # hint: int(np.prod(shape)) words, reshaped in the end.
        bits = self.draw(int(np.prod(shape))) & np.uint32(2**24 - 1)
        unit = bits.astype(np.float32) * np.float32(2.0**-24)
        return (unit * np.float32(high - low) + np.float32(low)).reshape(shape)
        # </exercise>

    def permutation(self, n):
        """The numbers 0 to n - 1 in random order."""
        # <exercise Generator.permutation: Swap the places i and i + (word mod (n - i)), for i from 0 to n - 2.>
        # hint: order = np.arange(n), and n - 1 words: for n = 1 none is drawn.
        # hint: order[i], order[i + z] = order[i + z], order[i].
        order = np.arange(n)
        for i, word in enumerate(self.draw(max(n - 1, 0))):
            z = int(word) % (n - i)
            order[i], order[i + z] = order[i + z], order[i]
        return order
        # </exercise>


generator = Generator(0)


def manual_seed(seed):
    """Begin all random numbers anew: first weights and shuffles."""
    global generator
    generator = Generator(seed)


nn.uniform = lambda low, high, shape: generator.uniform(low, high, shape)  # chapter 7 left this open


class TensorDataset:
    """Examples that are the rows of tensors: dataset[i] is a tuple of the i-th rows."""

    def __init__(self, *tensors):
        if len({len(t) for t in tensors}) != 1:
            raise AssertionError(f"Size mismatch between tensors: {[len(t) for t in tensors]}")
        self.tensors = tensors

    def __len__(self):
        return len(self.tensors[0])

    def __getitem__(self, index):
        return tuple(t[index] for t in self.tensors)


class DataLoader:
    """Batches of a data set, in order or shuffled anew in each epoch; the last may be smaller."""

    def __init__(self, dataset, batch_size=1, shuffle=False, drop_last=False):
        if batch_size < 1:
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        self.dataset, self.batch_size, self.shuffle, self.drop_last = dataset, batch_size, shuffle, drop_last

    def __len__(self):
        n, size = len(self.dataset), self.batch_size
        return n // size if self.drop_last else -(-n // size)

    def __iter__(self):
        # <exercise DataLoader.__iter__: Draw the base seed; make the order; yield dataset[indices] for each batch.>
        # hint: generator.long() once per epoch, whether or not it shuffles: PyTorch draws it, too.
        # hint: Shuffled: order = Generator(generator.long() % 2**63).permutation(n), else np.arange(n).
        # hint: len(self) says how many batches there are, with drop_last or without.
        generator.long()
        n, size = len(self.dataset), self.batch_size
        order = Generator(generator.long() % 2**63).permutation(n) if self.shuffle else np.arange(n)
        for start in range(0, len(self) * size, size):
            yield self.dataset[order[start : start + size]]
        # </exercise>


torch = SimpleNamespace(  # what a script calls torch
    tensor=Tensor, Tensor=Tensor, from_numpy=Tensor, no_grad=no_grad, manual_seed=manual_seed, nn=nn, optim=optim,
    utils=SimpleNamespace(data=SimpleNamespace(DataLoader=DataLoader, TensorDataset=TensorDataset)),
)  # fmt: skip

# %% [markdown]
# ## One script, three frameworks
#
# The loop is the lectures': `zero_grad`, forward, loss, `backward`, `step`. It is given `torch`, and does not know whose.


# %%
def script(torch, epochs=3):
    torch.manual_seed(0)
    data = torch.utils.data.TensorDataset(torch.from_numpy(train_x), torch.from_numpy(train_y))
    loader = torch.utils.data.DataLoader(data, batch_size=64, shuffle=True)
    model = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
    loss_fn = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    history = []
    for _ in range(epochs):
        for inputs, labels in loader:
            optimizer.zero_grad()
            logits = model(inputs)
            loss = loss_fn(logits, labels)
            loss.backward()
            optimizer.step()
            history.append(loss.item())
    with torch.no_grad():
        correct = model(torch.from_numpy(test_x)).argmax(1) == torch.from_numpy(test_y)
    return history, sum(bool(c) for c in correct) / len(correct)


import microdl

mine, my_accuracy = script(torch)
theirs, their_accuracy = script(microdl)
print("yours  ", [f"{loss:.5f}" for loss in mine[:3] + mine[-2:]], f"accuracy {my_accuracy:.1%}")
print("microdl", [f"{loss:.5f}" for loss in theirs[:3] + theirs[-2:]], f"accuracy {their_accuracy:.1%}")
print(f"largest difference of {len(mine)} losses: {np.abs(np.subtract(mine, theirs)).max():.0e}")

# %% [markdown]
# Where PyTorch is installed, `import torch; script(torch)` prints these too; a test of this book's repository compares
# them. Not "about as good": the same numbers, from the first weight to the last batch.

# %%
import time

from microdl import plots

seconds = {}
for name, framework in (("yours", torch), ("microdl", microdl)):
    started = time.perf_counter()
    script(framework)
    seconds[name] = time.perf_counter() - started
print(f"yours takes {seconds['yours'] / seconds['microdl']:.1f} times as long")
plots.plot_losses(mine, title="Your framework, your data loader, PyTorch's random numbers")

# %% [markdown]
# ## What PyTorch does here
#
# Exactly this, which is the point. Its `DataLoader` takes examples one by one and stacks them; yours takes a whole batch
# with one index, as microdl does, which is many times faster for arrays. (It works because `TensorDataset` can be
# indexed by an array. A data set that reads files cannot, and needs the slow way.)
#
# **What the real file adds** (`microdl/utils/data`): samplers, `collate_fn`, workers that are accepted and not used;
# `microdl/random`: normal numbers by Box and Muller's method, integers, and states that can be saved in PyTorch's format.
#
# ## Exercises
#
# 1. The permutation takes word mod (n - i). Are all permutations equally likely? By how much not, for n = 1,348?
# 2. `shuffle=False` draws a base seed all the same. What would go wrong if yours did not?
# 3. Add `drop_last=True` to the script. How many steps are there now, and what about the images that are left out?
# 4. Write `random_split(dataset, lengths)`. PyTorch takes one permutation and cuts it.
