"""What goes wrong in an engine of arrays."""

from .bug import bugs_in

__all__ = ["BUGS"]

_bug = bugs_in(6, "tensor.py")

_LEAF = """            if not node.parents and node.grad is None:
                node.grad = Tensor(g.copy())
            elif not node.parents:
                node.grad.data += g
"""
_ARRIVES = """                if parent in arrived:
                    arrived[parent] = arrived[parent] + back
                else:
                    arrived[parent] = back
                    heapq.heappush(waiting, (-parent.step, parent))
"""
_PUSHED = """                arrived[parent] = arrived.get(parent, 0) + back
                heapq.heappush(waiting, (-parent.step, parent))
"""
_FRONT = "g = g.sum(axis=tuple(range(g.ndim - len(shape))))"
_ONES = "g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)"

BUGS = [
    _bug("records all the same", "if _recording and isinstance", "if isinstance", "op", r"within no_grad requires grad"),
    _bug("constants get gradients", "isinstance(parent, Tensor) and parent.requires_grad:", "isinstance(parent, Tensor):",
         "op", r"which requires grad, and nothing else"),
    _bug("last rule for all", "partial(rule, **{need: values[need] for need in needs[name]})",
         "lambda g: rule(g, **{need: values[need] for need in needs[name]})", "op", r"made in a loop"),
    _bug("missing unbroadcast", _FRONT, "return g", "unbroadcast", r"must have its own: sum over the axes in front"),
    _bug("axes of length 1 forgotten", f"return {_ONES}", "return g", "unbroadcast", r"over those where it has 1"),
    _bug("axes of length 1 lost", _ONES, _ONES.replace(", keepdims=True", ""), "unbroadcast", r"keepdims=True"),
    _bug("bias gradient averaged", _FRONT, _FRONT.replace("sum", "mean"), "unbroadcast",
         r"mean over the copies; each copy counts in full"),
    _bug("sum's axis not put back", "g = np.expand_dims(g, dim)", "pass", "sum_rule", r"must come back where it was"),
    _bug("missing 1/N", "return sum_rule(g, x, dim, keepdim) / (x.size / out.size)",
         "return sum_rule(g, x, dim, keepdim)", "mean_rule", r"divided by the number of entries"),
    _bug("1/N of the whole array", "/ (x.size / out.size)", "/ x.size", "mean_rule", r"it should be 1/4"),
    _bug("product not transposed", "return g @ b.T if", "return g @ b if", "matmul_a", r"for matrices it is g @ b\.T"),
    _bug("factors exchanged", "return a.T @ g if", "return g @ a.T if", "matmul_b", r"for matrices it is a\.T @ g"),
    _bug("repeated index counted once", "np.add.at(out, index, g)", "out[index] += g", "index_rule",
         r"np\.add\.at adds both"),
    _bug("= for += in the graph", "arrived[parent] = arrived[parent] + back", "arrived[parent] = back",
         "Tensor.backward", r"what arrives from several uses is\s+added up"),
    _bug("oldest first", "heapq.heappush(waiting, (-parent.step, parent))",
         "heapq.heappush(waiting, (parent.step, parent))", "Tensor.backward", r"Take the newest first"),
    _bug("gradients kept everywhere", _LEAF, _LEAF.replace("not node.parents and ", "").replace("not node.parents", "True"),
         "Tensor.backward", r"y = 2x is no leaf"),
    _bug("= for += in the leaf", _LEAF,
         "            if not node.parents:\n                node.grad = Tensor(g.copy())\n", "Tensor.backward",
         r"backward adds to grad \(\+="),
    _bug("gradient kept as an array", "node.grad = Tensor(g.copy())", "node.grad = g.copy()", "Tensor.backward",
         r"x\.grad is a ndarray, not a Tensor"),
    _bug("pushed twice", _ARRIVES, _PUSHED, "Tensor.backward", r"came from the heap a second time"),
    _bug("gradients share memory", "Tensor(g.copy())", "Tensor(g)", "Tensor.backward",
         r"a change of a\.grad changes b\.grad"),
    _bug("what arrived is changed in place", "arrived[parent] = arrived[parent] + back", "arrived[parent] += back",
         "Tensor.backward", r"and not in place"),
    _bug("_back left out", "back = _back(rule, g, parent)", "back = rule(g)", "Tensor.backward",
         r"pass what a rule returns through _back"),
    _bug("derivative of a quotient", "b=lambda g, b, out: -g * out / b)\n    __r", "b=lambda g, b, out: g * out / b)\n    __r",
         "Tensor.backward", r"gradient of input 1 is wrong"),
]  # fmt: skip
