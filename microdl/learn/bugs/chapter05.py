"""What goes wrong in a scalar engine."""

from .bug import bugs_in

__all__ = ["BUGS"]

_bug = bugs_in(5, "scalar.py")

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
    _bug("reused node overwritten", "node.grad += g", "node.grad = g", "Value.backward",
        r"backward adds to grad"),
    _bug("last use wins", "arrived.get(parent, 0.0) + rule(g)", "rule(g)", "Value.backward",
        r"add them up \(\+=\)|before all of its uses"),
    _bug("own value in the product's rule", "(lambda g: g * other.value, lambda g: g * self.value)",
        "(lambda g: g * self.value, lambda g: g * other.value)", "Value.__mul__", r"the \*other\* operand's value"),
    _bug("own grad handed on", "            g = arrived.pop(node)\n            node.grad += g\n",
        "            node.grad += arrived.pop(node)\n            g = node.grad\n", "Value.backward", r"not y\.grad"),
    _bug("walk begins with the value", "arrived = {self: 1.0}", "arrived = {self: self.value}",
        "Value.backward", r"begins with dz/dz = 1"),
    _bug("rule returns a Value", "(lambda g: g * other.value, lambda g: g * self.value)",
        "(lambda g: g * other, lambda g: g * self)", "Value.__mul__", r"should be the numbers"),
    _bug("order of discovery",
        "stack.append((node, True))\n            stack.extend((parent, False) for parent in node.parents)",
        "order.insert(0, node)\n            stack.extend((parent, False) for parent in node.parents)",
        "Value.backward", r"not when it is discovered"),
    _bug("oldest first", "for node in reversed(_order(self)):", "for node in _order(self):",
        "Value.backward", r"begin at the result"),
    _bug("seen forgotten", "seen.add(node)\n", "pass\n", "Value.backward", r"is listed twice"),
    _bug("exp's rule without its value", "(lambda g: g * out,)", "(lambda g: g,)", "Value.exp",
        r"3 e\^x"),
    _bug("sum hands on to one parent",
        "return Value(self.value + other.value, (self, other), (lambda g: g, lambda g: g))",
        "return Value(self.value + other.value, (self,), (lambda g: g,))", "Value.__add__", r"remember both operands"),
    _bug("recursion", "    order, seen, stack = [], set(), [(root, False)]\n", _RECURSIVE,
        "Value.backward", r"a stack of\s+your own"),
]  # fmt: skip
