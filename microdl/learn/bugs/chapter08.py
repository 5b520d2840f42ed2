"""What goes wrong in optimisers."""

from .bug import bugs_in

__all__ = ["BUGS"]

_bug = bugs_in(8, "optim.py")

_STEP = "p.data -= self.change(p.grad.data + self.weight_decay * p.data, state)"
_V = 'self.momentum * state["v"] + g if "v" in state else g'

BUGS = [
    _bug("uphill", _STEP, _STEP.replace("-=", "+="), "Optimizer.step", r"uphill"),
    _bug("another array", _STEP, _STEP.replace("p.data -=", "p.data = p.data -"), "Optimizer.step", r"in place"),
    _bug("decay forgotten", _STEP, "p.data -= self.change(p.grad.data, state)", "Optimizer.step", r"decay adds"),
    _bug("decay that grows the weights", _STEP, _STEP.replace("+ self", "- self"), "Optimizer.step", r"decay adds"),
    _bug("decay into the gradient", _STEP,
         "p.grad.data += self.weight_decay * p.data\n                p.data -= self.change(p.grad.data, state)",
         "Optimizer.step", r"make a new array"),
    _bug("parameters without a gradient", "if p.grad is not None:\n                " + _STEP,
         "g = np.zeros_like(p.data) if p.grad is None else p.grad.data\n            "
         "p.data -= self.change(g + self.weight_decay * p.data, state)",
         "Optimizer.step", r"leave it alone"),
    _bug("one state for all", "self.state = [{} for _ in self.params]", "self.state = [{}] * len(self.params)",
         "Optimizer.step", r"share a state"),
    _bug("momentum's sign", _V, _V.replace("self.momentum *", "-self.momentum *"), "SGD.change", r"sign of the momentum"),
    _bug("momentum as a mean", _V, 'self.momentum * state.get("v", 0.0) + (1 - self.momentum) * g', "SGD.change",
         r"not as a tenth"),
    _bug("the rate within the momentum", f"g = state[\"v\"] = {_V}\n        return self.lr * g",
         "g = state[\"v\"] = self.momentum * state[\"v\"] + self.lr * g if \"v\" in state else self.lr * g\n"
         "            return g\n        return self.lr * g", "SGD.change", r"Keep v without the rate"),
    _bug("momentum added twice", f"g = state[\"v\"] = {_V}",
         f"state[\"v\"] = {_V}\n            g = g + self.momentum * state[\"v\"]", "SGD.change", r"nothing is added to v"),
    _bug("momentum not kept", _V, "self.momentum * g + g", "SGD.change", r"begins as g|kept from step to step"),
    _bug("Adagrad without the root", 'np.sqrt(state["sum"]) + self.eps', 'state["sum"] + self.eps', "Adagrad.change",
         r"is the root taken"),
    _bug("Adagrad without eps", 'np.sqrt(state["sum"]) + self.eps', 'np.sqrt(state["sum"])', "Adagrad.change", r"Add eps"),
    _bug("Adagrad's eps within the root", 'np.sqrt(state["sum"]) + self.eps', 'np.sqrt(state["sum"] + self.eps)',
         "Adagrad.change", r"eps stands outside"),
    _bug("RMSprop that never forgets", 'self.alpha * state.get("mean", 0.0) + (1 - self.alpha) * g**2',
         'state.get("mean", 0.0) + (1 - self.alpha) * g**2', "RMSprop.change", r"alpha \* mean"),
    _bug("Adam without the correction", 'state["m"] / (1 - b1**t), state["s"] / (1 - b2**t)', 'state["m"], state["s"]',
         "Adam.change", r"both means corrected"),
    _bug("Adam counts from 0", 'state.get("t", 0) + 1', 'state.get("t", 1) + 1', "Adam.change", r"whatever the gradient"),
    _bug("Adam's steps counted by all", 't = state["t"] = state.get("t", 0) + 1',
         't = self.t = getattr(self, "t", 0) + 1', "Adam.change", r"counted up by both"),
    _bug("Adam stores the corrected mean",
         'm, s = state["m"] / (1 - b1**t), state["s"] / (1 - b2**t)',
         'm = state["m"] = state["m"] / (1 - b1**t)\n        s = state["s"] / (1 - b2**t)', "Adam.change",
         r"store the means without"),
    _bug("beta at the absolute values", "return beta * l2(w) + l1(w)", "return l2(w) + beta * l1(w)", "elastic_net",
         r"beta belongs to the squares"),
]  # fmt: skip
