"""The mutation operators: functions from a node of a backward's tree to the nodes that may stand in its place."""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Callable

Edit = Callable[[ast.AST], list[ast.AST]]

REDUCING = {
    *("reduce_to", "restore", "expand_dims", "swapaxes", "moveaxis", "transpose"),
    *("sum", "average", "flip", "astype", "reshape"),
}
OTHER_FUNCTION = {
    "sin": "cos",
    "cos": "sin",
    "tanh": "sin",
    "exp": "expm1",
    "maximum": "minimum",
    "zeros_like": "ones_like",
    "ones_like": "zeros_like",
    "sign": "abs",
    "cumsum": "cumprod",
    "sqrt": "abs",
    "log": "log1p",
    "where": "maximum",
    "abs": "sign",
    "flip": "abs",
    "argsort": "argpartition",
    "sum": "max",
}
COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Eq: ast.GtE,
}


def name_of(call: ast.AST) -> str:
    """The called function's last name."""
    if not isinstance(call, ast.Call):
        return ""
    f = call.func
    return f.attr if isinstance(f, ast.Attribute) else f.id if isinstance(f, ast.Name) else ""


def is_numpy(call: ast.Call) -> bool:
    """Whether a call is np.f(...), not a method."""
    f = call.func
    return isinstance(f, ast.Name) or (isinstance(f.value, ast.Name) and f.value.id == "np")  # type: ignore[attr-defined]


def expression(text: str) -> ast.expr:
    """The node of an expression."""
    return ast.parse(text, mode="eval").body


def swap_operator(node: ast.AST, one: type[ast.operator], other: type[ast.operator]) -> list[ast.AST]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, one):
        return [ast.BinOp(node.left, other(), node.right)]
    return []


def plus_minus(node: ast.AST) -> list[ast.AST]:
    return swap_operator(node, ast.Add, ast.Sub) + swap_operator(node, ast.Sub, ast.Add)


def times_over(node: ast.AST) -> list[ast.AST]:
    return swap_operator(node, ast.Mult, ast.Div) + swap_operator(node, ast.Div, ast.Mult)


def drop_factor(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [node.left, node.right]
    return [node.left] if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) else []


def drop_term(node: ast.AST) -> list[ast.AST]:
    return [node.left] if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub) else []


def drop_call(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.Call) and name_of(node) in REDUCING:
        return [node.args[0] if is_numpy(node) else node.func.value]  # type: ignore[attr-defined]
    return []


def drop_transpose(node: ast.AST) -> list[ast.AST]:
    return [node.value] if isinstance(node, ast.Attribute) and node.attr == "T" else []


def drop_keepdims(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.Call) and any(k.arg == "keepdims" for k in node.keywords):
        node.keywords = [k for k in node.keywords if k.arg != "keepdims"]
        return [node]
    return []


def axis_zero(node: ast.AST) -> list[ast.AST]:
    if not isinstance(node, ast.Call):
        return []
    changed = []
    for i, k in enumerate(node.keywords):
        if k.arg == "axis":
            new = copy.deepcopy(node)
            new.keywords[i].value = ast.Constant(0)
            changed.append(new)
    if name_of(node) == "expand_dims" and not node.keywords:
        new = copy.deepcopy(node)
        new.args[1] = ast.Constant(0)
        changed.append(new)
    return list(changed)


def other_axis(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.keyword) and node.arg == "axis" and isinstance(node.value, ast.Constant):
        return [ast.keyword("axis", ast.Constant(1 - node.value.value if node.value.value in (0, 1) else 0))]
    return []


def change_constant(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.BinOp):
        changed = []
        for side in ("left", "right"):
            value = getattr(node, side)
            if isinstance(value, ast.Constant) and isinstance(value.value, int | float) and value.value:
                for factor in (1.001, 1.01):
                    new = copy.deepcopy(node)
                    setattr(new, side, ast.Constant(round(value.value * factor, 10)))
                    changed.append(new)
        return list(changed)
    return []


def negate_return(node: ast.AST) -> list[ast.AST]:
    if not isinstance(node, ast.Return) or node.value is None:
        return []
    if not isinstance(node.value, ast.Tuple):
        return [ast.Return(ast.UnaryOp(ast.USub(), node.value))]
    changed = []
    for i, part in enumerate(node.value.elts):
        if not (isinstance(part, ast.Constant) and part.value is None):
            parts = list(node.value.elts)
            parts[i] = ast.UnaryOp(ast.USub(), part)
            changed.append(ast.Return(ast.Tuple(parts, ast.Load())))
    return list(changed)


def drop_sign(node: ast.AST) -> list[ast.AST]:
    return [node.operand] if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else []


def change_upstream(node: ast.AST, text: str) -> list[ast.AST]:
    loaded = isinstance(node, ast.Name) and node.id == "g" and isinstance(node.ctx, ast.Load)
    return [expression(text)] if loaded else []


def upstream_ones(node: ast.AST) -> list[ast.AST]:
    return change_upstream(node, "np.ones_like(g)")


def upstream_abs(node: ast.AST) -> list[ast.AST]:
    return change_upstream(node, "np.abs(g)")


def upstream_squared(node: ast.AST) -> list[ast.AST]:
    return change_upstream(node, "np.square(g)")


def upstream_clipped(node: ast.AST) -> list[ast.AST]:
    return change_upstream(node, "np.clip(g, -1, 1)")


def swap_returns(node: ast.AST) -> list[ast.AST]:
    if not (isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple)):
        return []
    parts = node.value.elts
    real = [i for i, p in enumerate(parts) if not (isinstance(p, ast.Constant) and p.value is None)]
    changed = []
    for i, j in itertools.pairwise(real):
        new = list(parts)
        new[i], new[j] = new[j], new[i]
        changed.append(ast.Return(ast.Tuple(new, ast.Load())))
    return list(changed)


def return_none(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and len(node.value.elts) > 1:
        return [ast.Return(ast.Tuple([*node.value.elts[:-1], ast.Constant(None)], ast.Load()))]
    return []


def off_by_one(node: ast.AST) -> list[ast.AST]:
    if not isinstance(node, ast.Slice):
        return []
    changed = []
    for side in ("lower", "upper"):
        bound = getattr(node, side)
        if bound is not None:
            for step in (ast.Add(), ast.Sub()):
                new = copy.deepcopy(node)
                setattr(new, side, ast.BinOp(bound, step, ast.Constant(1)))
                changed.append(new)
    return list(changed)


def threshold(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARE:
        return [ast.Compare(node.left, [COMPARE[type(node.ops[0])]()], node.comparators)]
    return []


def plain_addition(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and name_of(node.value) == "at":
        target, index, value = node.value.args
        return [ast.AugAssign(ast.Subscript(target, index, ast.Store()), ast.Add(), value)]
    return []


def assign(node: ast.AST) -> list[ast.AST]:
    return [ast.Assign([node.target], node.value)] if isinstance(node, ast.AugAssign) else []


def other_function(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and is_numpy(node):
        name = OTHER_FUNCTION.get(node.func.attr)
        if name and not (name == "maximum" and len(node.args) != 3) and name != "argpartition":
            if name == "maximum":
                return [ast.Call(ast.Attribute(node.func.value, name, ast.Load()), node.args[1:], [])]
            keywords = [] if name == "abs" else node.keywords
            return [ast.Call(ast.Attribute(node.func.value, name, ast.Load()), node.args, keywords)]
    return []


def drop_statement(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.AugAssign) or (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)):
        return [ast.Pass()]
    return []


EDITS: dict[str, Edit] = {
    f.__name__: f
    for f in (
        plus_minus,
        times_over,
        drop_factor,
        drop_term,
        drop_call,
        drop_transpose,
        drop_keepdims,
        axis_zero,
        other_axis,
        change_constant,
        negate_return,
        drop_sign,
        upstream_ones,
        upstream_abs,
        upstream_squared,
        upstream_clipped,
        swap_returns,
        return_none,
        off_by_one,
        threshold,
        plain_addition,
        assign,
        other_function,
        drop_statement,
    )
}
