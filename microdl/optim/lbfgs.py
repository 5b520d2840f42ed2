"""Limited-memory BFGS."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np

from ..autograd.graph import TensorBase, grad_of, wrap
from ..autograd.mode import no_grad
from .checks import check_not_negative
from .optimizer import Group, Optimizer, evaluate
from .wolfe import strong_wolfe

Array: TypeAlias = np.ndarray[Any, Any]


class LBFGS(Optimizer):
    """Limited-memory BFGS: Newton's method with a Hessian made up from the last steps, for the gradient of all data.

    From the last steps s and the changes y of the gradient over them, `step` estimates the direction -H g by the
    two-loop recursion, starting from H = (s y) / (y y), and goes along it by lr, or as far as a line search says. It
    repeats this until one of the bounds is met.

    Args:
        params: the parameters; one group.
        lr: the step along the direction, or the line search's first try.
        max_iter: directions a call of `step` goes at most.
        max_eval: calls of the closure at most; None for 5/4 of max_iter.
        tolerance_grad: stops where no gradient is larger.
        tolerance_change: stops where neither a parameter nor the loss changes by more.
        history_size: how many steps are remembered.
        line_search_fn: None, or "strong_wolfe".

    `step` needs a closure that computes loss and gradients anew. A parameter without gradient has gradient 0.

    Raises:
        ValueError: lr is negative, NaN or infinite; there are several groups.
        RuntimeError: another line search.

    >>> import microdl as torch
    >>> w = torch.tensor([-1.5, 2.0], requires_grad=True)
    >>> optimizer = torch.optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():  # Rosenbrock's valley
    ...     optimizer.zero_grad()
    ...     loss = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> for _ in range(3):
    ...     print(f"{optimizer.step(closure).item():.2g}")
    12
    1.3
    3.6e-07

    Sources: Nocedal and Wright, "Numerical Optimization", 2nd ed., 2006, algorithms 7.4 and 7.5;
    https://pytorch.org/docs/stable/generated/torch.optim.LBFGS.html
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)

    def _check_options(self, group: Group) -> None:
        check_not_negative("learning rate", group["lr"])
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise RuntimeError(f"only 'strong_wolfe' is supported, but line_search_fn is {group['line_search_fn']!r}")

    def add_param_group(self, param_group: Group) -> None:
        """ValueError for a second group."""
        if self.param_groups:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        super().add_param_group(param_group)

    @property
    def _params(self) -> list[Any]:
        params: list[Any] = self.param_groups[0]["params"]
        return params

    @no_grad()
    def step(self, closure: Callable[[], Any]) -> Any:
        """Goes up to max_iter directions; returns the loss before the first.

        `closure` computes loss and gradients; it is called several times. What is remembered of the steps is, as in
        PyTorch, in the state of the first parameter.
        """
        group, state = self.param_groups[0], self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first_loss = evaluate(closure)
        state["func_evals"] += 1
        g = self._flat_grad()
        if not g.size or _largest(g) <= group["tolerance_grad"]:
            return first_loss
        with np.errstate(all="ignore"):
            self._descend(closure, group, state, float(first_loss), g)
        return first_loss

    def _descend(self, closure: Callable[[], Any], group: Group, state: Group, loss: float, g: Array) -> None:
        lr, evaluations, memory = _number(group["lr"]), 1, _Memory(state, group["history_size"])
        for i in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                memory.start(g)
            else:
                memory.update(g)
            memory.before, loss_before = g.copy(), loss
            memory.t = min(1.0, 1.0 / np.abs(g).sum()) * lr if state["n_iter"] == 1 else lr
            state["prev_loss"] = loss
            slope = g.dot(memory.d)
            if slope > -group["tolerance_change"]:
                break
            if group["line_search_fn"] is not None:
                loss, g, memory.t, tries = self._search(closure, memory, loss, g, slope, group, evaluations)
                self._move(memory.t, memory.d)
            else:
                tries = 0
                self._move(memory.t, memory.d)
                if i < group["max_iter"]:  # the last is not evaluated: the next call begins with it
                    loss, g, tries = float(evaluate(closure)), self._flat_grad(), 1
            evaluations += tries
            state["func_evals"] += tries
            if (
                evaluations >= group["max_eval"]
                or _largest(g) <= group["tolerance_grad"]
                or _largest(memory.d * memory.t) <= group["tolerance_change"]
                or abs(loss - loss_before) < group["tolerance_change"]
            ):
                break
        memory.save(state)

    def _search(
        self, closure: Callable[[], Any], memory: _Memory, loss: float, g: Array, slope: Any, group: Group, made: int
    ) -> tuple[float, Array, Any, int]:
        start = [p._a.copy() for p in self._params]

        def evaluate_at(t: Any) -> tuple[float, Array]:
            self._move(t, memory.d)
            loss, g = float(evaluate(closure)), self._flat_grad()
            for p, a in zip(self._params, start, strict=True):
                p._a[...] = a
                p._version_counter.bump("step")
            return loss, g

        return strong_wolfe(evaluate_at, memory.t, memory.d, loss, g, slope, max_tries=group["max_eval"] - made)

    def _flat_grad(self) -> Array:
        pieces = [np.zeros(p._a.size, p._a.dtype) if p._grad is None else grad_of(p)._a.ravel() for p in self._params]
        return np.concatenate(pieces)

    def _move(self, t: Any, d: Array) -> None:
        done = 0
        for p in self._params:
            piece = d[done : done + p._a.size].reshape(p._a.shape)
            p._a[...] += p._a.dtype.type(t) * piece
            p._version_counter.bump("step")
            done += p._a.size


class _Memory:
    """The last steps and the direction made up from them; `state` keeps it as tensors between two calls."""

    def __init__(self, state: Group, size: int) -> None:
        self.size = size
        self.d: Any = _array(state.get("d"))
        self.t: Any = _number(state.get("t"))
        self.before: Any = _array(state.get("prev_flat_grad"))
        self.changes = [x._a for x in state.get("old_dirs") or []]
        self.steps = [x._a for x in state.get("old_stps") or []]
        self.weights = [_number(x) for x in state.get("ro") or []]
        self.scale: Any = _number(state.get("H_diag"))
        self.shares: list[Any] | None = list(state["al"]) if "al" in state else None

    def start(self, g: Array) -> None:
        self.d, self.scale, self.changes, self.steps, self.weights = -g, 1, [], [], []

    def update(self, g: Array) -> None:
        """Remembers the last step, and makes the next direction."""
        y, s = g - self.before, self.d * self.t
        curvature = y.dot(s)
        if curvature > 1e-10:
            for kept, new in ((self.changes, y), (self.steps, s), (self.weights, 1.0 / curvature)):
                kept.append(new)
                del kept[: -self.size]
            self.scale = curvature / y.dot(y)
        if self.shares is None:
            self.shares = [None] * self.size
        q = -g
        for i in reversed(range(len(self.steps))):
            self.shares[i] = self.steps[i].dot(q) * self.weights[i]
            q -= self.shares[i] * self.changes[i]
        self.d = q * self.scale
        for s, y, weight, share in zip(self.steps, self.changes, self.weights, self.shares, strict=False):
            self.d += (share - y.dot(self.d) * weight) * s

    def save(self, state: Group) -> None:
        state["d"], state["t"], state["prev_flat_grad"] = wrap(self.d), _tensor(self.t), wrap(self.before)
        state["old_dirs"], state["old_stps"] = [*map(wrap, self.changes)], [*map(wrap, self.steps)]
        state["ro"], state["H_diag"] = [*map(_tensor, self.weights)], _tensor(self.scale)
        if self.shares is not None:
            state["al"] = [*map(_tensor, self.shares)]


def _largest(x: Array) -> Any:
    return np.abs(x).max()


def _array(value: Any) -> Any:
    return value._a.copy() if isinstance(value, TensorBase) else value


def _number(value: Any) -> Any:
    """A number in a tensor with its precision, any other as it is."""
    return value._a.reshape(())[()] if isinstance(value, TensorBase) else value


def _tensor(value: Any) -> Any:
    return wrap(np.asarray(value)) if isinstance(value, np.generic) else value
