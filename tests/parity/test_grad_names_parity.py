"""The names of the steps, as `grad_fn` prints them, against PyTorch's: for operations, modules and changes in place."""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

import pytest

import microdl

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

# Each is evaluated with T, nn and F from either library; changed(f), part(f) and fresh(f) change a tensor by f
PROGRAMS = """
x[0] | x[:, None] | x[1:3] | x[m] | x[i] | x[0,1] | x[0:2,1] | x[None] | x[...] | x[:] | x[...,0] | x[i,i] | x[:,i]
x[0,i] | x[::2] | x[:, ::2] | x[0:2][0] | x[[0,1]] | x[m2] | x[1:3,None,0] | x[None,0] | x[True] | x[0:3]
x[0:3, 0:4] | x[0:99] | x[-1] | x[...,None] | x[[True,False,True]] | v[0] | v[i] | v[1:] | v[0:3] | x.squeeze()
x.squeeze(0) | x[None].squeeze(0) | x.unsqueeze(0) | x.squeeze((0,1)) | x.t() | x.T | x.mT | v.t() | v.T
x.transpose(0,1) | x.permute(1,0) | x.expand(2,3,4) | x.expand(3,4) | x.expand_as(x) | x.view(-1) | x.view(3,4)
x.view(12) | x.reshape(12) | x.reshape(3,4) | x.t().reshape(12) | x.reshape(-1) | x.view_as(x) | x.reshape_as(x)
x.flatten() | x.flatten(0) | c.flatten(1) | x.t().flatten() | x.ravel() | x.unflatten(1,(2,2)) | x.swapaxes(0,1)
x.T.reshape(4,3) | x.t().contiguous() | c.reshape(6,4) | c.transpose(0,1).reshape(6,4) | T.broadcast_to(x,(2,3,4))
s.view(1) | s.reshape(1) | s.unsqueeze(0) | s.expand(3) | s.reshape(()) | s.flatten() | T.narrow(x,0,0,2)
x.select(0,1) | x.diagonal() | x.split(2)[0] | x.split([1,2])[0] | x.chunk(2)[0] | x.chunk(2)[1] | x.unbind()[0]
x.unbind(1)[1] | x.repeat(2,1) | x.repeat(1,1) | x.repeat_interleave(2) | x.repeat_interleave(2,dim=0)
x.repeat_interleave(T.tensor([1,2,0]),dim=0) | list(x)[0] | T.split(x,2,1)[0] | 1-x | x-1 | x-x | 1+x | x+1 | x+x
2*x | x*2 | x*x | x/2 | 2/x | x/x | -x | 2**x | x**2 | x**2.0 | x**3 | x**0.5 | x**x | x**0 | x**1 | T.pow(x,2)
T.pow(2,x) | T.pow(x,x) | x.pow(2) | x.square() | T.square(x) | x//2 | x//x | x%2 | x%x | T.fmod(x,2) | T.fmod(x,x)
T.remainder(x,2) | T.remainder(x,x) | 2.0-x | T.rsub(x,1) | T.rsub(x,x) | T.sub(x,x) | x.sub(1) | T.add(x,x,alpha=2)
T.true_divide(x,2) | T.div(x,2,rounding_mode='floor') | T.div(x,2,rounding_mode='trunc') | abs(x) | x.double()
x.half() | x.to(T.float64) | x.type(T.float64) | x.type_as(x.double()) | x.clone() | x.sgn() | x@v4 | x.T@x | v@v
T.tensor(2.)*x | x*T.tensor(2.) | T.tensor(1.)-x | x+T.ones(3,4) | T.ones(3,4)+x | T.ones(3,4)-x | T.ones(3,4)/x
T.ones(3,4)**x | x.clamp(0) | x.clamp(0,1) | x.clamp(max=1) | x.clamp(min=0) | x.clamp(min=x) | x.clamp(x,x)
x.clamp(max=x) | x.clamp_min(0) | x.clamp_max(1) | T.clip(x,0,1) | T.clamp_min(x,x) | T.where(m2,x,x)
T.where(m2,x,0.) | T.where(m2,0.,x) | x.where(m2,x) | x.where(m2,0.) | x.exp() | x.log() | x.sqrt() | x.abs()
x.sin() | x.cos() | x.tan() | x.asin() | x.acos() | x.atan() | x.sinh() | x.cosh() | x.tanh() | x.exp2() | x.expm1()
x.log2() | x.log10() | x.log1p() | x.rsqrt() | x.reciprocal() | x.floor() | x.ceil() | x.round()
T.round(x,decimals=2) | x.trunc() | x.frac() | x.sign() | x.sigmoid() | T.sigmoid(x) | x.relu() | T.relu(x) | x.neg()
T.softmax(x,1) | x.softmax(1) | x.log_softmax(1) | T.maximum(x,x) | T.minimum(x,x) | T.atan2(x,x) | T.hypot(x,x)
T.logaddexp(x,x) | T.lerp(x,x,0.5) | T.lerp(x,x,x) | T.addcmul(x,x,x) | T.addcdiv(x,x,x) | T.nan_to_num(x)
T.threshold(x,0.1,0.) | T.celu(x) | T.selu(x) | T.prelu(x,T.tensor([.2])) | x.sum() | x.sum(1) | x.sum((0,1))
x.sum(1,keepdim=True) | x.mean() | x.mean(1) | x.prod() | x.prod(1) | x.max() | x.max(1).values | x.max(1)[0]
x.min() | x.min(1)[0] | x.amax() | x.amax(1) | x.amin(1) | T.aminmax(x)[0] | x.std() | x.std(1) | x.var() | x.var(1)
T.std_mean(x)[0] | T.std_mean(x)[1] | T.var_mean(x,1)[0] | T.var_mean(x,1)[1] | x.norm() | x.norm(1) | x.norm(2)
x.norm(p=1) | x.norm(dim=1) | x.norm(p='fro') | T.norm(x) | T.norm(x,2,1) | T.linalg.norm(x) | T.linalg.norm(x,dim=1)
T.linalg.norm(x,1) | T.linalg.norm(v,1) | T.linalg.vector_norm(x) | T.linalg.matrix_norm(x) | x.norm(3)
x.norm(float('inf')) | x.norm('nuc') | T.dist(x,x+1) | x.logsumexp(1) | x.nansum() | x.nanmean() | x.median()
x.median(1)[0] | x.mode(1)[0] | x.kthvalue(2,1)[0] | x.cumsum(1) | x.cumprod(1) | x.cummax(1)[0] | x.cummin(1)[0]
x.logcumsumexp(1) | x.sort(1)[0] | x.sort()[0] | T.msort(x) | x.topk(2)[0] | x.diff() | T.mm(x,x.t())
T.matmul(x,x.t()) | T.matmul(x,v4) | T.matmul(v,x) | T.matmul(v,v) | T.mv(x,v4) | T.dot(v,v)
T.bmm(c,c.transpose(1,2)) | T.matmul(c,c.transpose(1,2)) | T.matmul(c,v4) | T.matmul(c,x.t()) | T.outer(v,v)
T.ger(v,v) | T.inner(v,v) | T.inner(x,x) | T.addmm(x,sq,x) | T.addmv(v,x,v4) | T.baddbmm(c,T.ones(2,3,3),c)
T.einsum('ij,kj->ik',x,x) | T.einsum('ij->ji',x) | T.einsum('i,i->',v,v) | T.einsum('ij,j->i',x,v4)
T.einsum('ii->i',sq) | T.einsum('bij,bkj->bik',c,c) | T.tensordot(x,x,2) | T.tensordot(x,x,([1],[1])) | T.kron(v,v)
T.trace(sq) | T.diag(v) | T.diag_embed(v) | T.tril(x) | T.triu(x) | T.inverse(sq) | T.linalg.inv(sq) | T.det(sq)
T.linalg.det(sq) | T.slogdet(sq)[1] | T.linalg.slogdet(sq)[1] | T.svd(sq)[1] | T.linalg.svd(sq)[1]
T.linalg.svdvals(sq) | T.qr(sq)[0] | T.linalg.qr(sq)[0] | T.linalg.qr(sq)[1] | T.linalg.cholesky(sp)
T.linalg.solve(sq,sq) | T.linalg.pinv(sq) | T.pinverse(sq) | T.linalg.eigh(sp)[0] | T.linalg.eigvalsh(sp)
T.matrix_power(sq,2) | T.matrix_power(sq,3) | T.vdot(v,v) | T.cat([x,x]) | T.cat([x]) | T.stack([x,x])
T.hstack([x,x]) | T.vstack([x,x]) | T.hstack([v,v]) | T.vstack([v,v]) | x.flip(0) | x.roll(1) | x.roll(1,0)
T.meshgrid(v,v)[0] | T.cartesian_prod(v,v) | T.combinations(v) | x.gather(1,g) | x.scatter(1,g,0.) | x.scatter(1,g,x)
x.scatter_add(1,g,x) | x.take(T.tensor([0,1])) | x.take_along_dim(g,1) | x.index_select(0,i) | x.index_add(0,i,x[:2])
x.index_copy(0,i,x[:2]) | x.index_fill(0,i,0.) | x.index_put((i,),T.tensor(1.)) | x.masked_fill(m2,0.)
x.masked_fill(m2,T.tensor(0.)) | x.masked_select(m2) | x.fill_diagonal_(0.) if 0 else x+1
T.nn.functional.one_hot(i).float()*s | T.unique_consecutive(x) if 0 else x.log() | F.relu(x) | F.leaky_relu(x)
F.elu(x) | F.selu(x) | F.celu(x) | F.gelu(x) | F.silu(x) | F.mish(x) | F.softplus(x) | F.softsign(x) | F.tanhshrink(x)
F.hardtanh(x) | F.relu6(x) | F.hardsigmoid(x) | F.hardswish(x) | F.threshold(x,0,0) | F.logsigmoid(x)
F.prelu(x,T.tensor([.2])) | F.sigmoid(x) | F.tanh(x) | F.softmax(x,1) | F.log_softmax(x,1) | F.softmin(x,1)
F.dropout(x) | F.feature_dropout(x) if 0 else x.exp() | F.normalize(x) | F.linear(v4,w) | F.linear(x,w)
F.linear(c,w) | F.linear(v4,w,b) | F.linear(x,w,b) | F.linear(c,w,b) | F.linear(c.detach(),w,b) | F.embedding(i,x)
F.batch_norm(x,None,None,training=True) | F.batch_norm(x,T.zeros(4),T.ones(4)) | F.layer_norm(x,(4,))
F.cosine_similarity(x,x) | F.mse_loss(x,y) | F.mse_loss(x,y,reduction='none') | F.mse_loss(x,y,reduction='sum')
F.l1_loss(x,y) | F.l1_loss(x,y,reduction='none') | F.smooth_l1_loss(x,y) | F.huber_loss(x,y) | F.cross_entropy(x,k)
F.cross_entropy(x,k,reduction='none') | F.cross_entropy(x,k,reduction='sum')
F.cross_entropy(x,x.detach().softmax(1)) | F.cross_entropy(x,k,label_smoothing=.1)
F.cross_entropy(x,x.detach().softmax(1),reduction='none') | F.cross_entropy(x,x.detach().softmax(1),reduction='sum')
F.cross_entropy(x,k,label_smoothing=.1,reduction='none') | F.cross_entropy(x,k,weight=T.ones(4)) | F.nll_loss(x,k)
F.nll_loss(x,k,reduction='none') | F.cross_entropy(x[0],k[0]) | F.binary_cross_entropy(p,y01)
F.binary_cross_entropy(p,y01,reduction='none') | F.binary_cross_entropy_with_logits(x,y01)
F.binary_cross_entropy_with_logits(x,y01,reduction='none') | F.binary_cross_entropy_with_logits(x,y01,reduction='sum')
F.binary_cross_entropy_with_logits(x,y01,pos_weight=T.ones(4)) | F.kl_div(x,p.detach())
F.kl_div(x,p.detach(),reduction='batchmean') | F.kl_div(x,p.detach(),reduction='sum')
F.kl_div(x,p.detach(),reduction='none') | F.kl_div(x,x.detach(),log_target=True) | F.hinge_embedding_loss(x,y01*2-1)
F.hinge_embedding_loss(x,y01*2-1,reduction='none') | F.hinge_embedding_loss(x,y01*2-1,reduction='sum')
F.margin_ranking_loss(x,x,y01*2-1) | F.margin_ranking_loss(x,x,y01*2-1,reduction='none')
F.soft_margin_loss(x,y01*2-1) | F.soft_margin_loss(x,y01*2-1,reduction='none') | F.multi_margin_loss(x,k)
F.multi_margin_loss(x,k,reduction='none') | F.poisson_nll_loss(x,y) | F.poisson_nll_loss(x,y,reduction='none')
changed(lambda z: z.add_(1)) | changed(lambda z: z.mul_(2)) | changed(lambda z: z.sub_(2))
changed(lambda z: z.div_(2)) | changed(lambda z: z.copy_(y)) | changed(lambda z: z.copy_(x))
changed(lambda z: z.zero_()) | changed(lambda z: z.fill_(1)) | changed(lambda z: z.fill_(s))
changed(lambda z: z.__setitem__(0,1.)) | changed(lambda z: z.__setitem__(0,v4))
changed(lambda z: z.__setitem__(i,1.)) | changed(lambda z: z.__setitem__(m2,1.))
changed(lambda z: z.__setitem__(slice(None),1.)) | changed(lambda z: z.__setitem__(slice(None),x))
changed(lambda z: z.__setitem__(Ellipsis,1.)) | changed(lambda z: z.__setitem__((0,1),1.))
changed(lambda z: z.__setitem__((slice(None),0),v)) | changed(lambda z: z.exp_()) | changed(lambda z: z.clamp_(0))
changed(lambda z: z.clamp_(0,1)) | changed(lambda z: z.pow_(2)) | changed(lambda z: z.sigmoid_())
changed(lambda z: z.relu_()) | changed(lambda z: z.tanh_()) | changed(lambda z: z.masked_fill_(m2,0))
changed(lambda z: z.scatter_(1,g,0.)) | changed(lambda z: z.index_fill_(0,i,0.)) | changed(lambda z: z[0].add_(1))
changed(lambda z: z[0].mul_(2)) | changed(lambda z: z.view(-1).add_(1)) | changed(lambda z: z.neg_())
changed(lambda z: z.sqrt_()) | changed(lambda z: z.addcmul_(x,x)) | changed(lambda z: z.addcdiv_(x,x))
changed(lambda z: z.lerp_(x,.5)) | changed(lambda z: z.index_add_(0,i,x[:2])) | changed(lambda z: z.cumsum_(0))
changed(lambda z: z.requires_grad_()) | changed(lambda z: F.relu(z,inplace=True))
changed(lambda z: z.index_put_((i,),T.tensor(1.))) | changed(lambda z: z.normal_()) | changed(lambda z: z.uniform_())
part(lambda z: z[0]) | part(lambda z: z[0:2]) | part(lambda z: z.view(-1)) | part(lambda z: z.t())
fresh(lambda z: z.__setitem__(0,v4)) | fresh(lambda z: z.copy_(x)) | fresh(lambda z: z.add_(x))
fresh(lambda z: z[0].copy_(v4)) | fresh(lambda z: z.__setitem__((0,0),s)) | fresh(lambda z: z.__setitem__(m2,s))
fresh(lambda z: z.__iadd__(x)) | nn.Linear(4,2)(x) | nn.Linear(4,2,bias=False)(x) | nn.Linear(4,2)(v4)
nn.Linear(4,2,bias=False)(v4) | nn.Linear(4,2)(c) | nn.Linear(4,2,bias=False)(c) | nn.BatchNorm1d(4)(x)
nn.BatchNorm1d(4).eval()(x) | nn.LayerNorm(4)(x) | nn.Dropout(.5)(x) | nn.ReLU()(x) | nn.Sigmoid()(x) | nn.Tanh()(x)
nn.Softmax(1)(x) | nn.LogSoftmax(1)(x) | nn.Flatten()(c) | nn.Unflatten(1,(2,2))(x) | nn.Embedding(5,3)(i)
nn.MSELoss()(x,y) | nn.CrossEntropyLoss()(x,k) | nn.BCELoss()(p,y01) | nn.BCEWithLogitsLoss()(x,y01)
nn.Softplus()(x) | nn.Softplus(2.)(x) | nn.PReLU()(x) | nn.Hardtanh()(x) | nn.Threshold(.1,0)(x) | nn.GELU('tanh')(x)
nn.ELU()(x) | nn.Sequential(nn.Linear(4,2),nn.ReLU())(x) | nn.BatchNorm1d(3)(c)
""".replace("\n", " | ").split(" | ")[1:-1]

VALUES = [[0.1, 0.2, 0.3, 0.4], [0.9, 0.7, 0.5, 0.35], [0.15, 0.25, 0.85, 0.95]]


def names_in(T: Any) -> dict[str, Any]:
    """The tensors of the programs: x a matrix, v and v4 vectors, s a scalar, c a cube, sq and sp square."""

    def leaf(data: Any) -> Any:
        return T.tensor(data, requires_grad=True)

    x = leaf(VALUES)
    n = SimpleNamespace(
        T=T, nn=T.nn, F=T.nn.functional, x=x, v=leaf([0.1, 0.2, 0.3]), v4=leaf([0.1, 0.2, 0.3, 0.4]), s=leaf(0.5),
        c=leaf([[[0.1 * (i + j + k) for k in range(4)] for j in range(3)] for i in range(2)]),
        sq=leaf([[2.0, 0.1, 0.2], [0.3, 2.0, 0.4], [0.1, 0.5, 2.0]]),
        sp=leaf([[2.0, 0.1, 0.2], [0.1, 2.0, 0.4], [0.2, 0.4, 2.0]]),
        m=T.tensor([True, False, True]), m2=x.detach() > 0.3, i=T.tensor([0, 1]), k=T.tensor([0, 1, 2]),
        g=T.tensor([[0, 1], [1, 0], [2, 3]]), w=leaf([[0.1] * 4, [0.2] * 4]), b=leaf([0.1, 0.2]),
        y=x.detach() + 0.1, y01=(x.detach() > 0.3).float(), p=x.sigmoid(),
    )  # fmt: skip

    def changed(f: Any, start: Any = None) -> Any:
        z = x * 1 if start is None else start
        f(z)
        return z

    def part(f: Any) -> Any:
        z = x * 1
        w = f(z)
        z.add_(1)
        return w

    return vars(n) | {"changed": changed, "part": part, "fresh": lambda f: changed(f, T.zeros(3, 4))}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_step_has_the_name_that_pytorch_gives_it(program: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = eval(program, names_in(torch)).grad_fn  # noqa: S307 - the programs above
        found = eval(program, names_in(microdl)).grad_fn  # noqa: S307
    assert found.name() == wanted.name()
    assert type(found).__name__ == type(wanted).__name__ or type(wanted).__name__ == "CppFunction"


def test_a_step_prints_by_its_short_name() -> None:
    for T in (torch, microdl):
        x = T.ones(2, requires_grad=True)
        y = x * 1
        y[0] = 5
        assert repr(y) == "tensor([5., 1.], grad_fn=<CopySlices>)"
        assert repr(y.grad_fn).startswith("<CopySlices object at 0x")
        assert repr(x // 1) == "tensor([1., 1.], grad_fn=<NotImplemented>)"
        (leaf, number), *_ = (x * 2).grad_fn.next_functions
        assert (type(leaf).__name__, leaf.name(), number) == ("AccumulateGrad", "torch::autograd::AccumulateGrad", 0)
        assert leaf.variable is x
        first, second = x.unbind()
        assert first.grad_fn is second.grad_fn
