"""The statements as they are written: a block of lines for each kind. See `grammar`."""

from __future__ import annotations

from .changing_lines import CHANGING_LINES

LINES = {
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
        x.erf()
        x.exp2()
        (x * x + 1).log2()
        x.asinh()
        x.deg2rad()
        F.mish(x)
        F.selu(x)
        F.celu(x)
        F.hardswish(x)
        F.hardsigmoid(x)
        F.softsign(x)
        F.softshrink(x)
        F.hardshrink(x)
        F.tanhshrink(x)
        F.threshold(x, 0.5, -1)
        F.glu(x, {d})
        F.pad(x, (1, 1))
        x.positive()
        x.signbit()
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
        T.xlogy(x, y * y + 1)
        T.copysign(x, y)
        T.float_power(x * x + 1, {p})
        T.true_divide(x, {p})
        T.floor_divide(x, {p})
        x.clamp_min({s})
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
        T.std_mean(x, {d})
        x.nanmedian()
        T.linalg.vector_norm(x, {p})
        x.cov() if x.dim() == 2 else x
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
        x.rot90()
        x.fliplr()
        x.bincount()
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
        T.column_stack([x, y])
        T.dstack([x, y])
        T.block_diag(x, y)
        T.atleast_2d(x)
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
        x.unfold({d}, {c}, 1)
        x.movedim({d}, {d})
        x.swapaxes({d}, {d})
        x.tensor_split(2, {d})
        x.unsqueeze({d}).expand_as(y)
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
        x.masked_scatter(y > 0, z)
        x.index_reduce({d}, T.tensor({q}), y, 'amax')
        T.argwhere(x)
        T.bucketize(x, T.tensor([-1.0, 0.5]))
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
        T.cdist(x, y)
        F.pairwise_distance(x, y)
        T.baddbmm(x, y, z)
        T.addmv(x, y, z)
        T.addr(x, y, z)
        T.vander(x)
        T.linalg.multi_dot([x, y])
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
        F.poisson_nll_loss(x, y)
        F.cosine_embedding_loss(x, y, z.sign())
        F.triplet_margin_loss(x, y, z)
        F.rms_norm(x, x.shape[-1:])
        F.gaussian_nll_loss(x, y, z * z + 0.5)
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
    **CHANGING_LINES,
}
