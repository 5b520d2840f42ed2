"""The statements that programs are made of: lines of Python in which `T` is the library, and x, y, z are tensors.

A line may hold placeholders, filled from a pool of literals: `{d}` a dimension, `{s}` a number, `{i}` an index. A
filled line is what runs, what counts, and what a found program prints.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

_SHAPES = ((2, 3), (), (3,), (2, 2), (3, 2), (1, 3), (1,), (2, 1, 3), (0,), (0, 3))
_GRID = (0.5, -1.25, 2.0, 1.5, -0.75, 0.25, -2.0, 1.0, -0.5, 1.75, -1.5, 0.75)
_WHOLE = (1, 0, 2, 3, 1, 0, 2, 4)


def _nested(shape: tuple[int, ...], values: list[str]) -> str:
    if not shape:
        return values[0]
    step = len(values) // shape[0] if shape[0] else 0
    rows = [_nested(shape[1:], values[i * step : (i + 1) * step]) for i in range(shape[0])]
    return f"[{', '.join(rows)}]"


def _literals(values: tuple[float, ...], start: int) -> list[str]:
    """One literal for each shape, its elements taken in order from `values`."""
    literals = []
    for shape in _SHAPES:
        size = 1
        for n in shape:
            size *= n
        if size:
            literals.append(_nested(shape, [repr(values[(start + i) % len(values)]) for i in range(size)]))
    return literals


POOLS: dict[str, tuple[str, ...]] = {
    "v": (*_literals(_GRID, 0), *_literals(_GRID, 5)),
    "w": tuple(_literals(_WHOLE, 0)),
    "m": tuple(_literals((True, False, False, True, True), 0)),
    "n": (
        "[1.0, float('nan'), 1.0]", "float('inf')", "[[0.0, -0.0], [float('-inf'), 1.0]]", "[[1.0, 1.0], [0.0, 1.0]]",
    ),
    "shape": tuple(repr(list(s)) for s in (*_SHAPES, (2, 0))),
    "to": (
        "[-1]", "[2, 3]", "[3, 2]", "[6]", "[2, -1]", "[1, -1]", "[3]", "[]", "[2, 1, 3]", "[4]", "[-1, -1]", "[0, 3]",
    ),
    "wide": ("[2, 3]", "[2, 2, 3]", "[-1, 3]", "[3]", "[2, -1]", "[2, 2]", "[]", "[0, 3]"),
    "d": ("-1", "0", "1", "-2", "2", "-3"),
    "e": ("0", "-1", "1", "-2", "(0, 1)", "()", "(0, -1)", "(-1,)", "(1, 1)"),
    "k": ("False", "True"),
    "s": ("2", "0.5", "-1", "0", "1.5", "True", "-0.25", "3"),
    "p": ("2", "3", "0.5", "-1", "1", "0", "2.0", "1.5"),
    "c": ("1", "0", "2", "-1", "3"),
    "dt": ("T.float64", "T.float32", "T.int64", "T.int32", "T.uint8", "T.bool"),
    "fl": ("T.float64", "T.float32"),
    "wh": ("T.int64", "T.int32", "T.uint8"),
    "i": (
        "0", "-1", "1", "slice(1, None)", "slice(None, None, 2)", "...", "None", "(..., 0)", "(slice(None), 1)",
        "(0, 0)", "(..., None)", "(slice(None), slice(0, 1))", "slice(0, 0)", "(0, ..., 0)", "5",
        "(0, slice(None, -1))", "(None, 0, None)", "True", "()",
    ),
    "j": (
        "[0]", "[1, 0]", "[0, 0, 1]", "T.tensor([0, -1])", "(slice(None), [0])", "([0, 1], [1, 0])", "(0, [1, 0])",
        "T.tensor(0)", "(..., [0, 0])", "([0], slice(None))", "(None, [0])", "T.tensor([[0, 1], [1, 0]])",
        "T.tensor([True, False])", "T.tensor([], dtype=T.int64)", "T.tensor([True, False, True])", "[7]",
        "T.tensor([0.5])",
    ),
    "q": ("[0, 1]", "[1]", "[0, 0, 1]", "[0]", "[]", "[2, 0]", "[[0, 1]]", "-1"),
    "r": ("'mean'", "'sum'", "'none'"),
    "eq": ("'ij,jk->ik'", "'ij,ij->'", "'i,j->ij'", "'ij,kj->ik'", "'...i,...i->...'"),
}  # fmt: skip

_LINES = {
    "creation": """
        T.tensor({v}, dtype={fl}, requires_grad=True)
        T.tensor({v}, dtype={fl}, requires_grad={k})
        T.tensor({w}, dtype={wh})
        T.tensor({w}, dtype={fl}, requires_grad={k})
        T.tensor({m})
        T.zeros({shape}, dtype={dt})
        T.ones({shape}, dtype={fl}, requires_grad={k})
        T.full({shape}, {s})
        T.arange({c})
        T.zeros_like(x)
        T.ones_like(x, dtype={dt})
        T.full_like(x, {s})
        T.eye(2, 3)
        x.new_zeros({shape})
        x.new_tensor({v})
    """,
    "special": """
        T.tensor({n}, dtype={fl}, requires_grad={k})
    """,
    "unary": """
        x.exp()
        x.sin()
        x.cos()
        x.tanh()
        x.sigmoid()
        x.relu()
        x.abs()
        -x
        x.square()
        (x * x + 1).log()
        (x * x + 1).sqrt()
        (x * x + 1).reciprocal()
        (x * x + 1).rsqrt()
        x.log1p()
        x.expm1()
        x.atan()
        x.sinh()
        x.sign()
        x.floor()
        x.ceil()
        x.round()
        x.trunc()
        x.frac()
        x.clone()
        ~x
        x.logical_not()
        x.isnan()
        x.isfinite()
        x.clamp({s}, {s})
        x.clamp(min={s})
        x.clamp(y, z)
        x.clamp(max=y)
        x.nan_to_num()
        x.softmax({d})
        x.log_softmax({d})
        F.softplus(x)
        F.gelu(x)
        F.leaky_relu(x, 0.1)
        F.elu(x)
        F.silu(x)
        F.hardtanh(x)
        F.logsigmoid(x)
        F.relu6(x)
        F.normalize(x, dim={d})
        x.contiguous()
        x.tril({c})
        x.triu({c})
        x.nonzero()
    """,
    "binary": """
        x + y
        x - y
        x * y
        x / (y * y + 1)
        x / y
        x + {s}
        {s} - x
        x * {s}
        {s} * x
        x / {p}
        {s} / (x * x + 1)
        x // {p}
        x // y
        x % {p}
        x % y
        x ** {p}
        (x * x + 0.5) ** y
        {p} ** x
        x.add(y, alpha={s})
        x.sub(y, alpha={s})
        T.maximum(x, y)
        T.minimum(x, y)
        T.atan2(x, y * y + 1)
        T.hypot(x, y)
        T.fmod(x, {p})
        T.logaddexp(x, y)
        T.div(x, y * y + 1, rounding_mode='floor')
        T.div(x, {p}, rounding_mode='trunc')
        x.lerp(y, {s})
        T.lerp(x, y, z)
        T.addcmul(x, y, z, value={s})
        T.addcdiv(x, y, z * z + 1, value={s})
        T.where(x > y, x, y)
        T.where(x > 0, y, {s})
        T.where(x, y, z)
        x == y
        x > {s}
        x <= y
        x != {s}
        x & y
        x | y
        x ^ {c}
        T.logical_and(x, y)
        T.logical_or(x, y)
        T.rsub(x, y)
        T.heaviside(x, y)
        T.equal(x, y)
        T.allclose(x, y)
        T.isclose(x, y)
        T.outer(x, y)
    """,
    "conversion": """
        x.to({dt})
        x.double()
        x.float()
        x.long()
        x.bool()
        x.type_as(y)
        x.to({fl}, copy=True)
    """,
    "reduction": """
        x.sum()
        x.sum({e})
        x.sum({d}, keepdim={k})
        x.sum(dtype={dt})
        x.mean()
        x.mean({e}, keepdim={k})
        x.prod()
        x.prod({d})
        x.var({d})
        x.std({e}, unbiased={k})
        x.std()
        T.var_mean(x, {d})
        x.norm()
        x.norm(p={p})
        x.norm(dim={d}, keepdim={k})
        T.linalg.norm(x, dim={d})
        x.logsumexp({d})
        x.max()
        x.min()
        x.max({d})
        x.min({d}, keepdim={k})
        x.max(y)
        x.amax({e})
        x.amin({e}, keepdim={k})
        x.argmax()
        x.argmin({d}, keepdim={k})
        x.aminmax(dim={d})
        x.median()
        x.median({d})
        x.mode({d})
        x.any()
        x.all({d})
        x.count_nonzero({d})
        x.nansum()
        x.nanmean({d})
        T.dist(x, y)
        x.trace()
        x.quantile(0.5)
        x.kthvalue({c}, {d})
    """,
    "along": """
        x.cumsum({d})
        x.cumprod({d})
        x.logcumsumexp({d})
        x.cummax({d})
        x.cummin({d})
        x.sort(dim={d}, stable=True)
        x.sort(dim={d}, descending=True, stable=True)
        x.argsort(dim={d}, stable=True)
        x.topk({c}, {d})
        x.diff(dim={d})
        x.flip({e})
        x.roll({c}, {d})
        x.unique()
        x.msort()
    """,
    "joining": """
        T.cat([x, y], {d})
        T.cat([x, y, x])
        T.stack([x, y], {d})
        T.hstack([x, y])
        T.vstack([x, y])
        x.repeat({to})
        x.repeat_interleave(2, {d})
        x.tile({to})
        T.kron(x.contiguous(), y.contiguous())
        T.meshgrid(x, y, indexing='ij')
        T.cartesian_prod(x, y)
    """,
    "views": """
        x.view({to})
        x.reshape({to})
        x.flatten()
        x.flatten({c})
        x.ravel()
        x.unflatten({d}, {to})
        x.t()
        x.T
        x.mT
        x.transpose({d}, {d})
        x.permute({to})
        x.permute(-1, 0)
        x.squeeze()
        x.squeeze({d})
        x.unsqueeze({d})
        x.expand({wide})
        x.expand_as(y)
        x.broadcast_to({wide})
        T.broadcast_tensors(x, y)
        x[{i}]
        x[{i}]
        x.select({d}, {c})
        x.narrow({d}, {c}, {c})
        x.diagonal()
        x.diagonal({c})
        x.unbind({d})
        x.split({c}, {d})
        x.chunk(2, {d})
        x.view_as(y)
        x.reshape_as(y)
        x.detach()
        x.data
        x.grad
    """,
    "indexing": """
        x[{j}]
        x[y]
        x[x > 0]
        x[y > 0]
        x[y, z]
        x.index_select({d}, T.tensor({q}))
        x.gather({d}, y)
        x.gather({d}, T.zeros_like(x, dtype=T.int64))
        x.take(T.tensor({q}))
        x.masked_fill(y > 0, {s})
        x.masked_fill(y, z)
        x.masked_select(y > 0)
        x.scatter({d}, T.zeros_like(y, dtype=T.int64), y)
        x.scatter_add({d}, T.zeros_like(y, dtype=T.int64), y)
        x.index_add({d}, T.tensor({q}), y)
        x.index_fill({d}, T.tensor({q}), {s})
        x.index_copy({d}, T.tensor({q}), y)
        x.index_put((T.tensor({q}),), y, accumulate={k})
        T.take_along_dim(x, y, {d})
        T.diag(x)
        T.diag_embed(x)
        F.one_hot(x)
        F.embedding(x, y)
    """,
    "matrices": """
        x @ y
        x @ y.mT
        x @ x.mT
        T.matmul(x, y)
        T.mm(x, y)
        T.mv(x, y)
        T.dot(x, y)
        T.bmm(x, y)
        T.addmm(x, y, z)
        T.einsum({eq}, x, y)
        T.tensordot(x, y, 1)
        T.inner(x, y)
        F.linear(x, y)
        F.linear(x, y, z)
        T.linalg.det(x)
        F.cosine_similarity(x, y, dim={d})
    """,
    "losses": """
        F.mse_loss(x, y, reduction={r})
        F.l1_loss(x, y)
        F.smooth_l1_loss(x, y)
        F.huber_loss(x, y, reduction={r})
        F.cross_entropy(x, y)
        F.cross_entropy(x, T.zeros(x.shape[:1], dtype=T.int64), reduction={r})
        F.cross_entropy(x, y, label_smoothing=0.1)
        F.nll_loss(x, T.ones(x.shape[:1], dtype=T.int64))
        F.binary_cross_entropy_with_logits(x, y, reduction={r})
        F.binary_cross_entropy(x.sigmoid(), y.sigmoid())
        F.kl_div(x, y.softmax(-1), reduction='sum')
        F.hinge_embedding_loss(x, y.sign())
        F.soft_margin_loss(x, y.sign())
        F.margin_ranking_loss(x, y, z.sign())
        F.multi_margin_loss(x, y)
        F.layer_norm(x, x.shape[-1:])
        F.dropout(x, 0.5, False)
    """,
    "in place": """
        x.add_(y)
        x.add_({s})
        x.sub_(y, alpha={s})
        x.mul_(y)
        x.mul_({s})
        x.div_({p})
        x.pow_({p})
        x.neg_()
        x.exp_()
        x.tanh_()
        x.sigmoid_()
        x.relu_()
        x.abs_()
        x.sqrt_()
        x.floor_()
        x.clamp_({s}, {s})
        x.zero_()
        x.fill_({s})
        x.fill_(y)
        x.copy_(y)
        x.masked_fill_(y > 0, {s})
        x.masked_fill_(x > 0, y)
        x.lerp_(y, {s})
        x.addcmul_(y, z, value={s})
        x.index_add_({d}, T.tensor({q}), y)
        x.index_fill_({d}, T.tensor({q}), {s})
        x.index_put_((T.tensor({q}),), y, accumulate={k})
        x.scatter_({d}, T.zeros_like(y, dtype=T.int64), y)
        x.scatter_add_({d}, T.zeros_like(y, dtype=T.int64), y)
        x.index_copy_({d}, T.tensor({q}), y)
        x.fill_diagonal_({s})
        x.tril_()
        x.cumsum_({d})
        x.unsqueeze_({d})
        x.squeeze_()
        x.transpose_({d}, {d})
        x.t_()
        x.detach_()
        x += y
        x -= {s} * y
        x *= {s}
        x /= {p}
        x **= 2
        x //= {p}
        x &= y
        x[{i}] = {s}
        x[{i}] = y
        x[{j}] = {s}
        x[{j}] = y
        x[{i}] += {s}
        x[{i}] *= y
        x[{j}] += 1
        x[x > 0] = {s}
        x[x > 0] += {s}
        x[x > 0] *= 2
        x[y > 0] = z
        x[x < 0] = -x[x < 0]
        x.data.mul_({s})
        x.data[{i}] = {s}
        x.data = y
        x.detach().add_({s})
        x[0].add_({s})
        x[0][0].mul_({s})
        x.t()[0].add_(y)
        x.view(-1)[{i}].mul_({s})
        x.diagonal().zero_()
    """,
    "graph": """
        x.sum().backward()
        x.sum().backward(retain_graph=True)
        (x * x).sum().backward()
        (x * y).sum().backward(retain_graph=True)
        x.backward()
        x.backward(y * 1)
        x.backward(T.ones_like(x), retain_graph={k})
        (x * x * y).sum().backward(create_graph=True)
        T.autograd.grad((x * x).sum(), [y], allow_unused=True, retain_graph={k})
        T.autograd.grad(x.sum(), [y], retain_graph=True)
        T.autograd.grad((x * x * x).sum(), [y], create_graph=True, allow_unused={k})
        T.autograd.grad((x * y).sum(), [x, y], create_graph=True, materialize_grads=True)
        T.autograd.grad(x, [y, z], T.ones_like(x), allow_unused=True, retain_graph=True)
        x.requires_grad_()
        x.requires_grad_(False)
        x.requires_grad = True
        x.retain_grad()
        x.register_hook(lambda g: g * 2)
        x.register_hook(lambda g: None)
        x.register_hook(lambda g: g.clamp(-1, 1))
        x.grad = None
        x.grad.zero_()
        x.grad = y
        x.grad.add_({s})
        x.data -= 0.5 * x.grad
        x.detach().clone().requires_grad_()
        copy.deepcopy(x)
        x.clone().detach()
    """,
    "asking": """
        x.item()
        x.tolist()
        bool(x)
        len(x)
        float(x)
        list(x)
        x.numel()
        x.retains_grad
        x.is_leaf
        int(x)
    """,
}
_KIND_WEIGHTS = {"binary": 3, "views": 5, "in place": 7, "graph": 5, "unary": 2, "indexing": 2, "reduction": 2}
PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Line(NamedTuple):
    """One kind of statement: its text, the pools of its placeholders, and how many tensors it names."""

    kind: str
    text: str
    pools: tuple[str, ...]
    operands: int
    is_statement: bool  # it has no value

    def filled(self, choices: tuple[int, ...]) -> str:
        picks = iter(choices)
        return PLACEHOLDER.sub(lambda m: POOLS[m[1]][next(picks)], self.text)


def _line(kind: str, text: str) -> Line:
    pools = tuple(PLACEHOLDER.findall(text))
    bare = PLACEHOLDER.sub("", text)
    operands = max((n + 1 for n, name in enumerate("xyz") if re.search(rf"\b{name}\b", bare)), default=0)
    return Line(kind, text, pools, operands, bool(re.search(r"(?<![=!<>])=(?!=)", _without_calls(text))))


def _without_calls(text: str) -> str:
    """The text without what stands in parentheses, where an equals sign names an argument."""
    while (shorter := re.sub(r"\([^()]*\)", "", text)) != text:
        text = shorter
    return text


LINES: tuple[Line, ...] = tuple(
    _line(kind, text.strip()) for kind, block in _LINES.items() for text in block.strip().splitlines()
)
CHANGING = {"in place", "graph"}


@cache
def by_kind(kind: str) -> tuple[int, ...]:
    return tuple(n for n, line in enumerate(LINES) if line.kind == kind)


KINDS: tuple[str, ...] = tuple(kind for kind in _LINES for _ in range(_KIND_WEIGHTS.get(kind, 1)))
