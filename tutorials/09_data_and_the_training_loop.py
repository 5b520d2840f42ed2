# %% [markdown]
# # Data, random numbers, and the training loop
#
# All parts are there but one: what feeds them. In this chapter you write the data set, the loader that cuts it into
# batches in random order, and the random numbers themselves: PyTorch's own, bit by bit. Then one script trains on your
# framework, on microdl and on PyTorch, and prints the same losses on all three.
#
# You need: chapters 7 and 8. Time: 60 minutes.

# %%
import microdl
import numpy as np

from microdl import learn, plots

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


shuffled = np.random.RandomState(0).permutation(len(train_y))
for name, order in (("sorted", np.argsort(train_y, kind="stable")), ("shuffled", shuffled)):
    accuracy, predicted = one_pass(order)
    print(f"{name:<8} {accuracy:.0%}, predicted {predicted}")

# %% [markdown]
# Each batch pulls the weights to its own class, and the last ones win. A batch must be a fair sample: shuffle, anew in
# each epoch.
#
# ## Whose random numbers?
#
# A shuffle needs random numbers, and so do the first weights. A computer has none; it has a *generator*: a state, a
# rule that makes the next state, and a number read off each. The same seed gives the same numbers, so an experiment can
# be repeated. **Predict**: three generators are seeded with 0. Which of them give the same numbers between 0 and 1?

# %%
_ = microdl.manual_seed(0)
print("NumPy's default   ", np.random.default_rng(0).random(3))
print("NumPy's older one ", np.random.RandomState(0).rand(3))
print("microdl's         ", microdl.rand(3).numpy())

# %% [markdown]
# None do. The same seed is not enough: to repeat **PyTorch's** experiments you need PyTorch's generator. It is the
# *Mersenne twister* (Matsumoto and Nishimura, 1998), which gives whole numbers of 32 bits, *words*. NumPy's older
# generator has it, too, seeded in the same way. What differs is what is made of the words:

# %%
words = np.random.RandomState(0).randint(0, 2**32, 3, dtype=np.uint32)
print("words", words)
print("low 24 bits / 2^24", (words % 2**24 / 2**24).astype(np.float32))

# %% [markdown]
# The last line is microdl's, and PyTorch's. The recipe of PyTorch 2.13:
#
# - A float32 in $[0, 1)$: the low 24 bits of one word times $2^{-24}$. Why 24? A float32 has 24 bits of precision, so
#   every such number is exact.
# - Between `low` and `high`: that times (high - low), plus low. In float32 the product would be rounded, and the sum
#   again. PyTorch takes a *fused multiply-add*, an instruction that rounds once. For ranges such as those of first
#   weights you get the same from float64, where the product of two numbers of 24 bits is exact, with one conversion to
#   float32 in the end.
# - 64 bits: the first word times $2^{32}$, plus the second.
# - A permutation of $n$ (below $2^{32}/20$; longer ones are made otherwise): begin with $0, 1, \dots, n - 1$. For
#   $i = 0, 1, \dots, n - 2$ take $z$ = word mod $(n - i)$, and swap the entries at $i$ and $i + z$. Place $i$ gets one
#   of the $n - i$ entries that are left, so there are $n (n - 1) \cdots 2 = n!$ ways to draw, each leads to another
#   order, and there are $n!$ orders: each has one way.
#
# A `DataLoader` draws 64 bits at the start of each epoch for a base seed (which worker processes would use). If it
# shuffles it draws 64 bits more: they, mod $2^{63}$, are the seed of a *new* generator, which makes the permutation.
#
# **Predict**: with $n = 4$ and the words above, what is the permutation? The words mod 4, 3, 2 are all you need:

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
        # <exercise Generator.long: The first of the next two words times 2^32, plus the second, as a Python int.>
        # hint: Two words are drawn; which of them counts 2^32 times as much?
        # hint: high, low = self.draw(2).
        # hint: uint32 has no room for the product, and int64 not for the largest results: make Python ints of the words first.
        # hint: return int(high) * 2**32 + int(low).
        high, low = self.draw(2)
        return int(high) * 2**32 + int(low)
        # </exercise>

    def uniform(self, low, high, shape):
        """float32 numbers from low up to high, as an array of this shape, a tuple."""
        # <exercise Generator.uniform: One word a number: its low 24 bits times 2^-24, times high - low, plus low. Take low and high as float32, compute in float64, return float32 of the shape.>
        # hint: Three steps: words to [0, 1), then to [low, high), then to float32. Only the last may round.
        # hint: Draw int(np.prod(shape)) words. The low 24 bits of a word are words % 2**24; in bits, words & np.uint32(2**24 - 1).
        # hint: low, high = np.float32(low), np.float32(high), and high - low is a float32, too.
        # hint: A uint32 array times the float 2.0**-24 is float64; then times np.float64(high - low), plus np.float64(low).
        # hint: Only then .astype(np.float32).reshape(shape): it is rounded once.
        low, high = np.float32(low), np.float32(high)
        unit = (self.draw(int(np.prod(shape))) & np.uint32(2**24 - 1)) * 2.0**-24
        return (unit * np.float64(high - low) + np.float64(low)).astype(np.float32).reshape(shape)
        # </exercise>

    def permutation(self, n):
        """The numbers 0 to n - 1 in random order, shape (n,)."""
        # <exercise Generator.permutation: Begin with 0, 1, ..., n - 1; for i from 0 to n - 2 swap the entries at i and i + (word mod (n - i)); return an array of integers.>
        # hint: One word a swap, so n - 1 words: for n = 1 none is drawn.
        # hint: All places at once: first = np.arange(n - 1), and second = first + self.draw(max(n - 1, 0)) % (n - first).
        # hint: A list's entries are swapped faster than an array's: order = list(range(n)), and for i, j in enumerate(second.tolist()): order[i], order[j] = order[j], order[i].
        first = np.arange(n - 1)
        second = first + self.draw(max(n - 1, 0)) % (n - first)
        order = list(range(n))
        for i, j in enumerate(second.tolist()):
            order[i], order[j] = order[j], order[i]
        return np.array(order, int)
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
        # <exercise DataLoader.__iter__: Draw the base seed with generator.long(); make the order of the examples; yield self.dataset[indices] for each batch.>
        # hint: generator.long() once an epoch, whether or not it shuffles: PyTorch draws it, too.
        # hint: Shuffled: order = Generator(generator.long() % 2**63).permutation(n), else np.arange(n).
        # hint: len(self) says how many batches there are, with drop_last or without.
        # hint: for start in range(0, len(self) * size, size): yield self.dataset[order[start : start + size]].
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
# Is it PyTorch's? The permutation that you predicted; and the first weights of a layer, to the last bit as microdl
# draws them (the tests of microdl compare both with PyTorch).

# %%
print("permutation of 4:", Generator(0).permutation(4), " microdl's:", end=" ")
_ = microdl.manual_seed(0)
print(microdl.randperm(4).numpy())

manual_seed(0)
_ = microdl.manual_seed(0)
mine, theirs = nn.Linear(64, 32).weight.data, microdl.nn.Linear(64, 32).weight.detach().numpy()
print("weights:", mine[0, :3], " the same:", np.array_equal(mine, theirs))

# %% [markdown]
# ## One script, three frameworks
#
# The loop is the lectures': `zero_grad`, forward, loss, `backward`, `step`. The function is given `torch`, and does not
# know whose it is.


# %%
def script(torch, epochs=3, batch_size=64):
    torch.manual_seed(0)
    data = torch.utils.data.TensorDataset(torch.from_numpy(train_x), torch.from_numpy(train_y))
    loader = torch.utils.data.DataLoader(data, batch_size=batch_size, shuffle=True)
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


# %%
mine, my_accuracy = script(torch)
theirs, their_accuracy = script(microdl)

# %% [markdown]
# What PyTorch 2.13 printed for it at seven of the steps is recorded in the next cell. **Predict** how far yours are
# from them: a tenth, a thousandth, less?

# %%
PYTORCH = {1: 2.314004, 11: 2.182767, 22: 1.789863, 33: 0.546438, 44: 0.432857, 55: 0.330799, 66: 0.129145}
print("step    yours     microdl   PyTorch")
for step, loss in PYTORCH.items():
    print(f"{step:>4}    {mine[step - 1]:.6f}  {theirs[step - 1]:.6f}  {loss:.6f}")
np.testing.assert_allclose([mine[step - 1] for step in PYTORCH], list(PYTORCH.values()), rtol=0, atol=1e-5)
print(f"test accuracy: yours {my_accuracy:.2%}, microdl's {their_accuracy:.2%}")
apart = np.abs(np.subtract(mine, theirs)).max()
print(f"largest difference between yours and microdl's, of {len(mine)} steps: {apart:.0e}")

# %% [markdown]
# Not "about as good": the same numbers, from the first weight to the last batch. What is left is the order in which
# sums of products are added up, which differs between libraries.
#
# ## How large should a batch be?
#
# The gradient of a batch is a mean over $B$ examples drawn at random, so its expectation is the gradient over all of
# them. The variance of a mean of $B$ independent numbers is a $B$-th of theirs, so the distance of a batch's gradient
# from the true one should fall as $1/\sqrt B$. **Predict**: with batches four times as large, how much of the noise is
# left, and is the network better after as many epochs, at the same rate?


# %%
def noise(size, model):
    """How far the gradients of 100 batches are from the gradient of all examples, as a part of its length."""
    loss_fn = nn.CrossEntropyLoss()

    def gradient(batch):
        model.zero_grad()
        loss_fn(model(Tensor(train_x[batch])), train_y[batch]).backward()
        return np.concatenate([p.grad.data.ravel() for p in model.parameters()])

    true = gradient(np.arange(len(train_x)))
    batches = np.random.RandomState(0).randint(0, len(train_x), (100, size))
    return np.sqrt(np.mean([((gradient(batch) - true) ** 2).sum() for batch in batches]) / (true**2).sum())


manual_seed(0)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
for size in (32, 64, 128, 256):
    off = noise(size, model)
    losses, accuracy = script(torch, batch_size=size)
    epochs = f"{len(losses):>3} steps in 3 epochs, test accuracy {accuracy:.1%}"
    print(f"batch of {size:>3}: noise {off:.2f}, times sqrt(B) {off * np.sqrt(size):.1f}; {epochs}")

# %% [markdown]
# Half the noise costs four times the work. That is why batches are small: many cheap steps in about the right direction
# get further than a few exact ones. Very small batches waste the processor's width, which is chapter 13.
#
# To end with, all of this in one picture: the losses of your framework, those of microdl, and PyTorch's.

# %%
axes = plots.plot_curves({"yours": mine, "microdl": theirs}, xlabel="step", title="One script, three frameworks")
axes.plot(list(PYTORCH), list(PYTORCH.values()), "o", color="black", fillstyle="none", markersize=12)
axes.lines[-1].set_label("PyTorch 2.13, recorded")
axes.legend()
axes

# %% [markdown]
# ## What PyTorch does here
#
# The same numbers, which is the point. But its `DataLoader` takes examples one by one, `dataset[i]`, and stacks them
# (`collate_fn`); yours takes a whole batch with one index. That works because a `TensorDataset` can be indexed by an
# array; a data set that reads a file for each example cannot, and needs the slow way. microdl takes the fast way where
# it gives the same batches, and the slow one where a class of one's own says what an example is:


# %%
def counting(base):
    class Counting(base):
        reads = 0

        def __getitem__(self, index):
            self.reads += 1
            return super().__getitem__(index)

    return Counting


for name, framework in (("yours", torch), ("microdl", microdl)):
    data = counting(framework.utils.data.TensorDataset)(framework.from_numpy(train_x), framework.from_numpy(train_y))
    batches = list(framework.utils.data.DataLoader(data, batch_size=64))
    print(f"{name:<7} {len(batches)} batches, {data.reads} reads; the last batch is {batches[-1][0].shape[0]} images")

# %% [markdown]
# **What the real file adds** (`microdl/utils/data/dataloader.py`, `microdl/random/generator.py`): samplers of other
# orders; batches of anything, such as dicts; `num_workers`, which is accepted and not used; normal numbers and integers
# in PyTorch's way; and a state that can be saved and continued:

# %%
loader = microdl.utils.data.DataLoader([{"pixel": 1.0, "label": 0}, {"pixel": 2.0, "label": 1}], batch_size=2)
print(next(iter(loader)))
state = microdl.get_rng_state()
first = microdl.randn(2)
_ = microdl.set_rng_state(state)
print(first.tolist() == microdl.randn(2).tolist(), tuple(state.shape), state.dtype)

# %% [markdown]
# Compare microdl's `uniform_array` with your `uniform`. `fused` is the product and the sum, rounded once. And see the
# line before the last: rounding may give `high` itself, which should never come.

# %%
learn.excerpt("microdl/random/generator.py", "Generator.uniform_array")

# %% [markdown]
# And what draws the seed of each epoch's permutation, the second half of your `DataLoader.__iter__`:

# %%
learn.excerpt("microdl/utils/data/sampler.py", "RandomSampler.blocks")

# %% [markdown]
# ## Exercises
#
# 1. Add `drop_last=True` to the script. How many steps are there now? Which images are left out, and are they the same
#    ones in every epoch?
# 2. The batches of 256 made few steps. Which learning rate makes up for that, and how far can you go?
# 3. An epoch with `shuffle=False` draws a base seed all the same. What would differ in a script with a loader for
#    training and one for validation, if yours did not?
# 4. Find `low` and `high` for which your `uniform` can return `high`. (Which float32 is next below 1.5?)
# 5. The permutation takes word mod (n - i), and $2^{32}$ is no multiple of most $n - i$. How much more likely than
#    another can an entry be, for n = 1,348?
# 6. Write `random_split(dataset, lengths)`. PyTorch takes one permutation of all indices and cuts it.
