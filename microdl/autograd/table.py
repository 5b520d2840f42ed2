"""How a derivative is declared, and what is kept for it.

An operation names its inputs, and for each differentiable one has a formula whose parameters say what it
needs: `g`, the gradient of the output; an argument by its name; `out`, the output; `x_shape`, only the
shape of `x`; or the name of an auxiliary result that the forward returned beside the output. From these
names a `Plan` is made once for each combination of inputs that require grad: one function that records a
step with what must be kept, one that computes all the gradients from it. What no formula names is not kept.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from .graph import OpNode, Version, tick, wrap

Formula = Callable[..., Any]
Name = str | Callable[[OpNode], str]  # of a step: always the same, or found from the step itself


BOTH, SECOND = ("input", "other"), ("other",)
_PLACES = {"index", "mask"}  # arrays of the caller's, who may change them: a step that is recorded keeps a copy
_RECORD = """def record({signature}):
    _node = _new(_OpNode)
    _node.plan = _plan
    _node.leads_to = {edges}
    _node.saved = ({values})
    _node.guards = ({guards})
    _node.shape = out._a.shape
    _node.dtype = out._a.dtype
    _node.seq = _tick()
    _node.hooks = None
    out._node = _node
    return _node
"""
_FREED_TOO = {"index", "arrays", "mask", "other", "calls"}  # what PyTorch, too, keeps and frees with the graph


def by_tensors(usual: str, others: Mapping[tuple[str, ...], str]) -> Name:
    """A step's name where it depends on which arguments are tensors: `PowBackward2` for the power of a number."""
    return lambda node: others.get(node.plan.tensors, usual)


class Aux(NamedTuple):
    """An auxiliary result that depends on `input` differentiably: `vjp(g, out)`, `out` being the result."""

    input: str
    vjp: Formula


class Op:
    """One declared operation: its forward on arrays, and a formula for each differentiable argument.

    `params` are the argument names in order; `aux` names what the forward returns beside its output. A formula of
    `joint` gives the gradients of several consecutive arguments as a tuple: it is taken where all of them are wanted.
    """

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        params: tuple[str, ...],
        formulas: Mapping[str, Formula],
        aux: Mapping[str, Aux | None] | None = None,
        grad_name: Name | None = None,
        joint: Mapping[tuple[str, ...], Formula] | None = None,
    ) -> None:
        unknown = set(formulas) - set(params)
        if unknown:
            raise TypeError(f"{name}: formulas for {sorted(unknown)}, which are not among {params}")
        self.name = name
        self.forward = forward
        self.params = params
        self.formulas = dict(formulas)
        self.aux = dict(aux or {})
        self.joint = dict(joint or {})
        self.listed = tuple(p for p in params if p in self.formulas)  # as `next_functions` lists them
        self.grad_name = grad_name or "".join(p.title() for p in name.strip("_").split("_")) + "Backward0"
        self._plans: dict[tuple[tuple[str, ...], tuple[str, ...]], Plan] = {}

    def plan(self, wanted: tuple[str, ...], tensors: tuple[str, ...]) -> Plan:
        """The plan for gradients of `wanted` when the arguments `tensors` are tensors."""
        key = wanted, tensors
        found = self._plans.get(key)
        if found is None:
            found = self._plans[key] = Plan(self, wanted, tensors)
        return found


class Plan:
    """What one combination of an operation's inputs keeps and computes.

    `record(*args, out, *aux)` makes the node of a step that made `out`, with the values that it saves and the version
    counters that guard them; `vjp(g, saved)` gives one gradient for each input of `wanted`, in order.
    """

    __slots__ = ("_sources", "declared", "name", "record", "tensors", "vjp", "wanted")

    def __init__(self, op: Op, wanted: tuple[str, ...], tensors: tuple[str, ...]) -> None:
        self.name = op.grad_name
        self.declared, self.wanted, self.tensors = op, wanted, tensors

    def __getattr__(self, name: str) -> Any:
        """Makes the functions when they are first asked for: of most operations that never happens."""
        if name not in self.__slots__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self._make()
        return getattr(self, name)

    def _make(self) -> None:
        op, wanted, tensors = self.declared, self.wanted, self.tensors
        formulas = _chosen(op, wanted)
        needs = {names: _needs(formula) for names, formula in formulas.items()}
        kept = sorted({n for needed in needs.values() for n in needed})
        held = {*tensors, "out"}
        values = "".join(f"{_pick(n, held)}, " for n in kept)
        guards = "".join(f"{n}._version_counter, " for n in kept if n in held)
        if not guards and not {*kept}.isdisjoint(_FREED_TOO):
            guards = "_constant, "
        nodes = [f"{n}._node" for n in wanted]
        source = _RECORD.format(
            signature=", ".join([*op.params, "out", *op.aux]),
            edges=nodes[0] if len(nodes) == 1 else f"({', '.join(nodes)})",  # as in `Node`
            values=values,
            guards=guards,
        )
        known = {
            "_plan": self, "_constant": Version(), "_own": _own,
            "_new": object.__new__, "_OpNode": OpNode, "_tick": tick,
        }  # fmt: skip
        exec(source, known)  # the text consists of declared parameter names
        self.record: Callable[..., OpNode] = known["record"]  # type: ignore[assignment]
        place = {n: f"s[{i}]" for i, n in enumerate(kept)}
        calls = "".join(
            f"{'*' * (len(names) > 1)}f{i}({', '.join(['g', *(place[n] for n in needs[names])])}), "
            for i, names in enumerate(formulas)
        )
        named = {f"f{i}": formula for i, formula in enumerate(formulas.values())}
        self.vjp: Callable[..., tuple[Any, ...]] = eval(f"lambda g, s: ({calls})", named)  # noqa: S307 - as above
        self._sources = [_Source(n, wanted, n in held, op.aux.get(n)) for n in kept]

    def as_tensors(self, node: OpNode) -> tuple[Any, ...]:
        """The saved values with every array joined to the graph again, for `create_graph`."""
        return tuple(source.rejoin(value, node) for source, value in zip(self._sources, node.saved or (), strict=True))


def _chosen(op: Op, wanted: tuple[str, ...]) -> dict[tuple[str, ...], Formula]:
    """The formulas that give the gradients of `wanted`, in order, each with the arguments it serves."""
    chosen: dict[tuple[str, ...], Formula] = {}
    i = 0
    while i < len(wanted):
        names = next((names for names in op.joint if wanted[i : i + len(names)] == names), wanted[i : i + 1])
        chosen[names] = op.joint[names] if names in op.joint else op.formulas[names[0]]
        i += len(names)
    return chosen


class _Source:
    """Where a saved value came from, so that it can be given its place in the graph again."""

    def __init__(self, name: str, wanted: tuple[str, ...], held: bool, aux: Aux | None) -> None:
        self.held = held
        self.is_out = name == "out"
        origin = aux.input if aux else name
        self.edge = wanted.index(origin) if origin in wanted else None
        self.aux = aux and Op(name, _no_forward, (aux.input,), {aux.input: aux.vjp})

    def rejoin(self, value: Any, node: OpNode) -> Any:
        if self.aux is not None:
            return self._rejoin_aux(value, node)
        if not self.held:
            return value
        if self.is_out:
            return wrap(value, node)
        return wrap(value, None if self.edge is None else node.edges[self.edge])

    def _rejoin_aux(self, value: Any, node: OpNode) -> Any:
        t = wrap(value)
        if self.edge is not None and self.aux is not None:
            self.aux.plan(self.aux.params, self.aux.params).record(wrap(value, node.edges[self.edge]), t)
        return t


def _no_forward(*args: Any) -> Any:
    raise NotImplementedError("an auxiliary result is computed by the operation that returns it")


def _own(places: Any) -> Any:
    if isinstance(places, tuple):
        return tuple([_own(part) for part in places])
    return places.copy() if isinstance(places, np.ndarray) else places


def parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a function's parameters, in order."""
    plain = isinstance(function, FunctionType) and not vars(function)  # and not one that wraps another
    if not plain or function.__code__.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
        return tuple(inspect.signature(function).parameters)
    code = function.__code__  # ten times as quick, and asked for hundreds of functions at import
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _needs(formula: Formula) -> list[str]:
    return [p for p in parameters(formula) if p != "g"]


def _pick(name: str, held: set[str]) -> str:
    if name in _PLACES:
        return f"_own({name}{'._a' * (name in held)})"
    if name in held:
        return f"{name}._a"
    owner = name.removesuffix("_shape")
    return f"{owner}._a.shape" if owner != name and owner in held else name
