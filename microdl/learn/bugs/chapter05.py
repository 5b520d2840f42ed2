"""What goes wrong in a scalar engine."""

from .bug import Bug

__all__ = ["BUGS"]

_RECURSIVE = """    order, seen, stack = [], set(), []

    def visit(node):
        if node not in seen:
            seen.add(node)
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
"""

BUGS = [
    Bug(5, "reused node overwritten", "scalar.py", "node.grad += g", "node.grad = g", "Value.backward",
        r"backward adds to grad"),
    Bug(5, "last use wins", "scalar.py", "arrived.get(parent, 0.0) + rule(g)", "rule(g)", "Value.backward",
        r"add them up \(\+=\)|before all of its uses"),
    Bug(5, "own value in the product's rule", "scalar.py", "(lambda g: g * other.value, lambda g: g * self.value)",
        "(lambda g: g * self.value, lambda g: g * other.value)", "Value.__mul__", r"the \*other\* operand's value"),
    Bug(5, "own grad handed on", "scalar.py", "            g = arrived.pop(node)\n            node.grad += g\n",
        "            node.grad += arrived.pop(node)\n            g = node.grad\n", "Value.backward", r"not y\.grad"),
    Bug(5, "walk begins with the value", "scalar.py", "arrived = {self: 1.0}", "arrived = {self: self.value}",
        "Value.backward", r"begins with dz/dz = 1"),
    Bug(5, "rule returns a Value", "scalar.py", "(lambda g: g * other.value, lambda g: g * self.value)",
        "(lambda g: g * other, lambda g: g * self)", "Value.__mul__", r"should be the numbers"),
    Bug(5, "order of discovery", "scalar.py",
        "stack.append((node, True))\n            stack.extend((parent, False) for parent in node.parents)",
        "order.insert(0, node)\n            stack.extend((parent, False) for parent in node.parents)",
        "Value.backward", r"not when it is discovered"),
    Bug(5, "oldest first", "scalar.py", "for node in reversed(_order(self)):", "for node in _order(self):",
        "Value.backward", r"begin at the result"),
    Bug(5, "seen forgotten", "scalar.py", "seen.add(node)\n", "pass\n", "Value.backward", r"is listed twice"),
    Bug(5, "exp's rule without its value", "scalar.py", "(lambda g: g * out,)", "(lambda g: g,)", "Value.exp",
        r"3 e\^x"),
    Bug(5, "sum hands on to one parent", "scalar.py",
        "return Value(self.value + other.value, (self, other), (lambda g: g, lambda g: g))",
        "return Value(self.value + other.value, (self,), (lambda g: g,))", "Value.__add__", r"remember both operands"),
    Bug(5, "recursion", "scalar.py", "    order, seen, stack = [], set(), [(root, False)]\n", _RECURSIVE,
        "Value.backward", r"a stack of\s+your own"),
]  # fmt: skip
