"""What goes wrong in random numbers and loaders."""

from .bug import bugs_in

__all__ = ["BUGS"]

_bug = bugs_in(9, "data.py")

_ORDER = "Generator(generator.long() % 2**63).permutation(n) if self.shuffle else np.arange(n)"

BUGS = [
    _bug("low word first", "int(high) * 2**32 + int(low)", "int(low) * 2**32 + int(high)", "Generator.long", r"the high one"),
    _bug("64 bits that overflow", "int(high) * 2**32 + int(low)", "np.int64(high) * 2**32 + low", "Generator.long",
         r"Python ints|not \d+"),
    _bug("high bits", "(self.draw(int(np.prod(shape))) & np.uint32(2**24 - 1))",
         "(self.draw(int(np.prod(shape))) >> np.uint32(8))", "Generator.uniform", r"take the low 24"),
    _bug("float64", ".astype(np.float32).reshape(shape)", ".reshape(shape)", "Generator.uniform", r"not float32"),
    _bug("range not scaled", "unit * np.float64(high - low)", "unit * np.float64(high)", "Generator.uniform",
         r"there are|high - low"),
    _bug("rounded twice", "(unit * np.float64(high - low) + np.float64(low)).astype(np.float32)",
         "(unit.astype(np.float32) * (high - low) + low)", "Generator.uniform", r"the last bit"),
    _bug("overwritten, not swapped", "order[i], order[j] = order[j], order[i]", "order[i] = order[j]",
         "Generator.permutation", r"do not overwrite"),
    _bug("modulo n", "self.draw(max(n - 1, 0)) % (n - first)", "self.draw(max(n - 1, 0)) % n % (n - first)", "Generator.permutation", r"word mod \(n - i\)"),
    _bug("one word too many", "self.draw(max(n - 1, 0))", "self.draw(n)[: n - 1]", "Generator.permutation", r"draws no word"),
    _bug("the base seed not drawn", "        generator.long()\n        n, size", "        n, size", "DataLoader.__iter__",
         r"base seed"),
    _bug("shuffled by the global generator", _ORDER, "generator.permutation(n) if self.shuffle else np.arange(n)",
         "DataLoader.__iter__", r"seed of a new generator"),
    _bug("one order for all epochs", _ORDER, "Generator(0).permutation(n) if self.shuffle else np.arange(n)",
         "DataLoader.__iter__", r"anew in each epoch"),
    _bug("examples one by one", "yield self.dataset[order[start : start + size]]",
         "yield [self.dataset[i] for i in order[start : start + size]]", "DataLoader.__iter__", r"a tuple of two tensors"),
    _bug("the order not used", "self.dataset[order[start : start + size]]", "self.dataset[start : start + size]",
         "DataLoader.__iter__", r"left the order as it was"),
    _bug("the last batch lost", "range(0, len(self) * size, size)", "range(0, n - size + 1, size)", "DataLoader.__iter__",
         r"there came|7 examples"),
]  # fmt: skip
