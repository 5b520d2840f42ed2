"""Mutants of the correct ops' backward functions: one edit each, kept when an input is found on which it is wrong.

`python -m tests.wrong_ops.mutations` finds them anew and writes mutants.json, from which `frozen` builds the entries.
"""

from __future__ import annotations

import ast
import copy
import functools
import importlib
import inspect
import json
import pkgutil
import textwrap
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .draws import Draw, draw
from .edits import EDITS, Edit
from .entry import Witness, WrongOp
from .prove import NotProven, any_wrong, call, upstream_for

FILE = Path(__file__).with_name("mutants.json")
PER_OP = 5
DRAWS = 300


def correct() -> list[WrongOp]:
    """Every correct pair."""
    package = importlib.import_module(f"{__package__}.correct")
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__))
    return [op for name in names for op in importlib.import_module(f"{package.__name__}.{name}").CORRECT]


@dataclass(frozen=True)
class Mutant:
    """One edit of a function: the operator's name, which of its sites, the line, and the text before and after."""

    operator: str
    site: int
    line: int
    before: str
    after: str
    backward: Callable[..., Any]


def tree_of(function: Callable[..., Any]) -> ast.Module:
    """The function's source, parsed, without comments and annotations."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    head = tree.body[0]
    assert isinstance(head, ast.FunctionDef)
    for argument in head.args.args:
        argument.annotation = None
    head.returns = None
    return tree


def compiled(tree: ast.Module, original: Callable[..., Any]) -> Callable[..., Any]:
    """The function that a changed tree defines, with the original's globals."""
    space = dict(vars(inspect.getmodule(original)))
    exec(compile(ast.fix_missing_locations(tree), "<mutant>", "exec"), space)
    return space[original.__name__]  # type: ignore[no-any-return]


def nodes_of(tree: ast.Module) -> list[ast.AST]:
    """The nodes of the function's body, in the order of the text."""
    head = tree.body[0]
    assert isinstance(head, ast.FunctionDef)
    return [node for statement in head.body for node in walk_in_order(statement)]


def walk_in_order(node: ast.AST) -> Iterator[ast.AST]:
    """The node, then its children, depth first."""
    yield node
    for child in ast.iter_child_nodes(node):
        yield from walk_in_order(child)


def mutant(function: Callable[..., Any], operator: str, site: int) -> Mutant | None:
    """The function with edit number `site` of an operator; None past its last site."""
    edit: Edit = EDITS[operator]
    tree = tree_of(function)
    count = 0
    for k, node in enumerate(nodes_of(tree)):
        options = edit(copy.deepcopy(node))
        if site < count + len(options):
            new = options[site - count]
            changed = tree_of(function)
            place(changed, nodes_of(changed)[k], new)
            ast.fix_missing_locations(changed)
            line = getattr(node, "lineno", 0)
            before, after = (ast.unparse(t).splitlines() for t in (tree, changed))
            pairs = [(b, a) for b, a in zip(before, after, strict=False) if a != b] or [(before[-1], after[-1])]
            texts = pairs[0][0].strip(), pairs[0][1].strip()
            return Mutant(operator, site, line, *texts, compiled(changed, function))
        count += len(options)
    return None


def place(tree: ast.Module, old: ast.AST, new: ast.AST) -> None:
    """Puts `new` where `old` stands."""

    class Placer(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            return new if node is old else self.generic_visit(node)

    Placer().visit(tree)


def mutants(op: WrongOp) -> list[Mutant]:
    """Every edit of an op's backward that changes its text."""
    found = []
    for operator in EDITS:
        for site in range(100):
            m = mutant(op.backward, operator, site)
            if m is None:
                break
            if m.before != m.after:
                found.append(m)
    return found


@dataclass(frozen=True)
class Trial:
    """One call: inputs and options, upstream gradient, and the right gradients."""

    draw: Draw
    g: Any
    right: tuple[Any, ...]


def differs(wrong: WrongOp, t: Trial) -> bool:
    """Whether the mutant's gradient is another in float64, or no gradient at all."""
    try:
        got = call(wrong, t.draw.inputs, dict(t.draw.options), copy.deepcopy(t.g))
    except Exception:
        return True
    for a, b in zip(t.right, got, strict=True):
        if (a is None) != (b is None) or np.shape(a) != np.shape(b):
            return True
        if a is not None and np.size(a):
            b = np.asarray(b, dtype=float)
            if not np.all(np.abs(b - a) <= 1e-7 * np.abs(a) + 1e-10):
                return True
    return False


def witness(op: WrongOp, m: Mutant, trials: Sequence[Trial]) -> tuple[Witness, float] | None:
    """The smallest witness among the draws, and how often a draw shows the edit; None where no draw proves it."""
    wrong = replace(op, backward=m.backward)
    with np.errstate(all="ignore"):
        shown = [t for t in trials if differs(wrong, t)]
    shown.sort(key=lambda t: sum(np.size(x) for x in t.draw.inputs))
    rate = len(shown) / len(trials)
    for t in shown[:6]:
        d, g, options = t.draw, t.g, dict(t.draw.options)
        try:
            grads = call(wrong, d.inputs, options, g)
        except NotProven:
            return None  # another number of gradients than of inputs
        except Exception:
            return Witness(d.inputs, 0, (), g, "raises", options), rate
        try:
            found = any_wrong(wrong, d.inputs, options, g, grads)
        except (TypeError, ValueError):
            continue
        if found:
            return Witness(d.inputs, found[0], found[1], g, "value", options), rate
    return None


def trials_of(op: WrongOp, count: int) -> list[Trial]:
    """Random and special inputs, with signed upstream gradients; a stream of the op's own."""
    rng = np.random.default_rng(zlib.crc32(op.name.encode()))
    found = []
    for k in range(count):
        d = draw(op, rng, special=k % 3 == 2, zero_sizes=k % 5 == 4)
        g = upstream_for(op, d.inputs, dict(d.options), rng)
        found.append(Trial(d, g, call(op, d.inputs, dict(d.options), copy.deepcopy(g))))
    return found


def rank(found: tuple[Mutant, tuple[Witness, float]], taken: list[str], used: Counter[str]) -> tuple[Any, ...]:
    """Edits and operators new to the op first; then those that seldom show, by an operator that is seldom used."""
    m, (w, rate) = found
    return m.after in taken, taken.count(family(m.operator)), w.kind == "raises", rate + 0.05 * used[m.operator]


def family(operator: str) -> str:
    """The edits of the upstream gradient count as one."""
    return "upstream" if operator.startswith("upstream") else operator


def search() -> list[dict[str, Any]]:
    """At most PER_OP mutants an op, operators used least so far first, and among those the ones that show least."""
    used: Counter[str] = Counter()
    records = []
    for op in correct():
        trials = trials_of(op, DRAWS)
        proven = [(m, w) for m in mutants(op) if (w := witness(op, m, trials))]
        taken: list[str] = []
        for _ in range(min(PER_OP, len(proven))):
            best = min(proven, key=lambda p: rank(p, taken, used))
            proven.remove(best)
            m, (w, rate) = best
            if m.after in taken:
                continue
            used[m.operator] += 1
            taken += [family(m.operator), m.after]
            records.append(record(op, m, w, rate))
    return records


def plain(x: Any) -> Any:
    """Arrays as JSON: dtype, shape and values; tuples as lists."""
    if isinstance(x, tuple):
        return {"tuple": [plain(v) for v in x]}
    x = np.asarray(x)
    return {"dtype": str(x.dtype), "shape": list(x.shape), "values": x.ravel().tolist()}


def array(x: Mapping[str, Any]) -> Any:
    """The inverse of `plain`."""
    if "tuple" in x:
        return tuple(array(v) for v in x["tuple"])
    return np.array(x["values"], dtype=x["dtype"]).reshape(x["shape"])


def record(op: WrongOp, m: Mutant, w: Witness, rate: float) -> dict[str, Any]:
    """A mutant and its witness, as JSON."""
    return {
        "op": op.name,
        "operator": m.operator,
        "site": m.site,
        "line": m.line,
        "before": m.before,
        "after": m.after,
        "shown": round(rate, 3),
        "kind": w.kind,
        "argument": w.argument,
        "index": list(w.index),
        "options": dict(w.options),
        "g": plain(w.g),
        "inputs": [plain(x) for x in w.inputs],
    }


@functools.cache
def frozen() -> tuple[WrongOp, ...]:
    """The entries that mutants.json names; none where there is no such file."""
    if not FILE.exists():
        return ()
    ops = {op.name: op for op in correct()}
    entries = []
    for r in json.loads(FILE.read_text()):
        op = ops[r["op"]]
        m = mutant(op.backward, r["operator"], r["site"])
        if m is None or m.after != r["after"]:
            raise ValueError(
                f"{r['op']}: its backward has changed since mutants.json was written; "
                "write it again with `python -m tests.wrong_ops.mutations`"
            )
        inputs, g = tuple(array(x) for x in r["inputs"]), array(r["g"])
        w = Witness(inputs, r["argument"], tuple(r["index"]), g, r["kind"], r["options"])
        name, bug = f"{op.name}-{r['operator']}-{r['site']}", f"{r['operator']}: {m.before} -> {m.after}"
        entries.append(replace(op, name=name, bug=bug, backward=m.backward, witness=w))
    return tuple(entries)


def main() -> None:
    records = search()
    FILE.write_text("[\n" + ",\n".join(json.dumps(r) for r in records) + "\n]\n")
    by_operator = Counter(r["operator"] for r in records)
    print(f"{len(records)} mutants of {len({r['op'] for r in records})} ops written to {FILE.name}")
    for operator, count in by_operator.most_common():
        print(f"  {operator:24s} {count}")


__all__ = ["correct", "frozen", "main", "mutants", "search"]

if __name__ == "__main__":
    main()
