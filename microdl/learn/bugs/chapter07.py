"""What goes wrong in layers and losses."""

from .bug import bugs_in

__all__ = ["BUGS"]

_bug = bugs_in(7, "nn.py")

_MAX = "x - x.max(axis=dim, keepdims=True)"
_E = f"e = np.exp({_MAX})"
_NAMES = """        names = {}
        for name, value in vars(self).items():
            if isinstance(value, Parameter):
                names.setdefault(value, name)
"""
_CHILDREN = """            if isinstance(value, Module):
                for inner, parameter in value.named_parameters():
                    names.setdefault(parameter, f"{name}.{inner}")
        return [(name, parameter) for parameter, name in names.items()]
"""
_AGAIN = "        for name, value in vars(self).items():\n"
_LISTED = """        found = [(name, value) for name, value in vars(self).items() if isinstance(value, Parameter)]
        for name, value in vars(self).items():
            if isinstance(value, Module):
                found += [(f"{name}.{inner}", parameter) for inner, parameter in value.named_parameters()]
        return found
"""

BUGS = [
    _bug("softmax without the maximum", _E, "e = np.exp(x)", "softmax_forward", r"Subtract each row's own maximum"),
    _bug("one maximum for all rows", _E, "e = np.exp(x - x.max())", "softmax_forward", r"Subtract each row's own maximum"),
    _bug("sums without their axis", "return e / e.sum(axis=dim, keepdims=True)", "return e / e.sum(axis=dim)",
         "softmax_forward", r"keep\s+their axis"),
    _bug("softmax over the batch", "return e / e.sum(axis=dim, keepdims=True)", "return e / e.sum(axis=0, keepdims=True)",
         "softmax_forward", r"each row must sum to 1"),
    _bug("softmax's cross terms forgotten", "out * (g - (g * out).sum(axis=dim, keepdims=True))", "g * out * (1 - out)",
         "softmax_rule", r"cross terms are missing"),
    _bug("softmax's sum not weighted", "(g * out).sum(axis=dim", "g.sum(axis=dim", "softmax_rule", r"gradient of input 0 is wrong"),
    _bug("logarithm of softmax", f"    x = {_MAX}\n    return x - np.log(np.exp(x).sum(axis=dim, keepdims=True))\n",
         "    return np.log(softmax_forward(x, dim))\n", "log_softmax_forward", r"take no logarithm of a probability"),
    _bug("maximum not put back", f"    x = {_MAX}\n    return x - np.log(np.exp(x).sum(axis=dim, keepdims=True))\n",
         f"    return x - np.log(np.exp({_MAX}).sum(axis=dim, keepdims=True))\n", "log_softmax_forward",
         r"too large by the maximum"),
    _bug("log_softmax's rule without the sum", "return g - np.exp(out) * g.sum(axis=dim, keepdims=True)",
         "return g - np.exp(out)", "log_softmax_rule", r"does not depend on the\s+upstream gradient"),
    _bug("hinge counts the own class", "    terms[rows, y] = 0\n", "", "hinge_forward", r"the label's own term"),
    _bug("hinge summed over classes", "return terms.mean(axis=1)", "return terms.sum(axis=1)", "hinge_forward",
         r"divides by the number of classes"),
    _bug("hinge without a margin", "terms = np.maximum(x - x[rows, y][:, None] + margin, 0)",
         "terms = np.maximum(x - x[rows, y][:, None], 0)", "hinge_forward", r"plus the margin"),
    _bug("hinge's sign turned", "terms = np.maximum(x - x[rows, y][:, None] + margin, 0)",
         "terms = np.maximum(x[rows, y][:, None] - x + margin, 0)", "hinge_forward", r"the sign is turned"),
    _bug("hinge's rule counts the own class", "    over[rows, y] = 0\n", "", "hinge_rule", r"no term of its own"),
    _bug("label gets one share", "over[rows, y] = -over.sum(axis=1)", "over[rows, y] = -1", "hinge_rule",
         r"for every class above the margin"),
    _bug("hinge's rule without 1/C", "(g / x.shape[1])[:, None]", "g[:, None]", "hinge_rule", r"a mean over 3 classes"),
    _bug("hinge's rule without g", "over * (g / x.shape[1])[:, None]", "over / x.shape[1]", "hinge_rule", r"g, has no effect"),
    _bug("children forgotten", _CHILDREN, "            pass\n        return [(name, p) for p, name in names.items()]\n",
         "Module.named_parameters", r"ask each child module"),
    _bug("tensors trained", "if isinstance(value, Parameter):", "if isinstance(value, Tensor):",
         "Module.named_parameters", r"no Parameter is not\s+trained"),
    _bug("names without a path", 'f"{name}.{inner}"', "inner", "Module.named_parameters", r"put its name and a dot in front"),
    _bug("shared parameter stepped twice", _NAMES + _AGAIN + _CHILDREN, _LISTED, "Module.named_parameters",
         r"a shared parameter must come once"),
    _bug("train of the children's attribute", "child.train(mode)", "child.training = mode", "Module.train",
         r"call child\.train\(mode\)"),
    _bug("eval returns nothing", "        return self\n", "", "Module.train", r"return self"),
    _bug("scale of the outputs", "bound = 1 / math.sqrt(in_features)", "bound = 1 / math.sqrt(out_features)",
         "Linear.__init__", r"k = 1/sqrt\(in_features\)"),
    _bug("weights that are no parameters", "self.weight = Parameter(", "self.weight = Tensor(", "Linear.__init__",
         r"not a Parameter"),
    _bug("weight taken out of the graph", "out = x @ self.weight.T", "out = x @ self.weight.data.T", "Linear.forward",
         r"the weight gets no gradient"),
    _bug("bias forgotten", "return out if self.bias is None else out + self.bias", "return out", "Linear.forward",
         r"with a bias, the scores are"),
    _bug("missing 1/N", "getattr(losses, self.reduction)()", "losses.sum()", "Loss.forward",
         r"divides by the number of examples"),
    _bug("loss outside the graph", "losses = self.each(scores, target)\n", "losses = self.each(scores, target).detach()\n",
         "Loss.forward", r"requires no grad"),
    _bug("sign of the log-likelihood", "            return -(log_p * target).sum(1)\n        return -log_p",
         "            return (log_p * target).sum(1)\n        return log_p", "CrossEntropyLoss.each", r"a loss is minus"),
    _bug("cross-entropy of probabilities", "log_p = log_softmax(scores, 1)", "log_p = softmax(scores, 1).log()",
         "CrossEntropyLoss.each", r"all scores are finite, so is it"),
    _bug("softmax twice", "log_p = log_softmax(scores, 1)", "log_p = log_softmax(softmax(scores, 1), 1)",
         "CrossEntropyLoss.each", r"log_softmax of\s+the scores, once"),
    _bug("mean over classes", "-(log_p * target).sum(1)", "-(log_p * target).mean(1)", "CrossEntropyLoss.each",
         r"-sum_j q_j ln p_j"),
]  # fmt: skip
