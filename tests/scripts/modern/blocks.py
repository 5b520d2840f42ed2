"""Blocks of larger networks on small ones: mixer, attention by einsum, gates, norms of one's own, experts, Fourier features."""
import math
from functools import reduce

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor, einsum

torch.manual_seed(8)


class RMSNorm(nn.Module):
    def __init__(self, dim: int, eps: float = 1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(dim))

    def _norm(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)

    def forward(self, x: Tensor) -> Tensor:
        return self._norm(x.float()).type_as(x) * self.weight


class SwiGLU(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.w12 = nn.Linear(dim, 2 * hidden, bias=False)
        self.w3 = nn.Linear(hidden, dim, bias=False)

    def forward(self, x):
        x1, x2 = self.w12(x).chunk(2, dim=-1)
        return self.w3(F.silu(x1) * x2)


class PreNormResidual(nn.Module):
    def __init__(self, dim, fn):
        super().__init__()
        self.fn = fn
        self.norm = nn.LayerNorm(dim)

    def forward(self, x):
        return self.fn(self.norm(x)) + x


class TokenMix(nn.Module):
    def __init__(self, n, expansion=2):
        super().__init__()
        self.weight1 = nn.Parameter(torch.empty(n * expansion, n))
        self.weight2 = nn.Parameter(torch.empty(n, n * expansion))
        nn.init.kaiming_uniform_(self.weight1, a=math.sqrt(5))
        nn.init.xavier_normal_(self.weight2)

    def forward(self, x):
        return einsum("n h, b h d -> b n d", self.weight2, F.gelu(einsum("h n, b n d -> b h d", self.weight1, x)))


class SelfAttention(nn.Module):
    def __init__(self, dim, heads, block_size):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.register_buffer("mask", torch.tril(torch.ones(block_size, block_size)).view(1, 1, block_size, block_size))

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.qkv(x).split(C, dim=2)
        q, k, v = (t.view(B, T, self.heads, C // self.heads).transpose(1, 2) for t in (q, k, v))
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        att = att.masked_fill(self.mask[:, :, :T, :T] == 0, float("-inf"))
        self.att = F.softmax(att, dim=-1)
        y = (self.att @ v).transpose(1, 2).contiguous().view(B, T, C)
        return self.proj(y)


class Experts(nn.Module):
    def __init__(self, dim, n, k=2):
        super().__init__()
        self.gate = nn.Linear(dim, n, bias=False)
        self.experts = nn.ModuleList(nn.Linear(dim, dim) for _ in range(n))
        self.k = k

    def forward(self, x):
        shape = x.shape
        x = x.reshape(-1, shape[-1])
        weights, chosen = torch.topk(self.gate(x).softmax(-1), self.k)
        weights = weights / weights.sum(-1, keepdim=True)
        out = torch.zeros_like(x)
        for i, expert in enumerate(self.experts):
            row, nth = torch.where(chosen == i)
            out[row] += weights[row, nth, None] * expert(x[row])
        self.load = torch.bincount(chosen.flatten(), minlength=len(self.experts))
        return out.view(shape)


class FourierFeatures(nn.Module):
    def __init__(self, d_in, n, scale=1.0):
        super().__init__()
        self.register_buffer("B", scale * torch.randn(d_in, n))

    def forward(self, x):
        x = 2 * math.pi * x @ self.B
        return torch.cat([x.sin(), x.cos()], dim=-1)


def positions(n, dim):
    pe = torch.zeros(n, dim)
    position = torch.arange(0, n, dtype=torch.float).unsqueeze(1)
    div_term = torch.exp(torch.arange(0, dim, 2).float() * (-math.log(10000.0) / dim))
    pe[:, 0::2] = torch.sin(position * div_term)
    pe[:, 1::2] = torch.cos(position * div_term)
    return pe.unsqueeze(0)


print(positions(3, 6))
B, T, C = 4, 5, 8
x = torch.randn(B, T, C)
norm = RMSNorm(C)
print(norm(x).pow(2).mean(-1)[0], torch.allclose(norm(x), nn.RMSNorm(C, eps=1e-6)(x), atol=1e-6))
attention = SelfAttention(C, 2, T)
net = nn.Sequential(
    FourierFeatures(2, C // 2),
    PreNormResidual(C, TokenMix(T)),
    PreNormResidual(C, attention),
    PreNormResidual(C, SwiGLU(C, 12)),
    PreNormResidual(C, Experts(C, 3)),
    RMSNorm(C),
)
print(net)
inputs = torch.rand(B, T, 2)
target = inputs.cumsum(dim=1).flip(-1)
head = nn.Linear(C, 2)
params = list(net.parameters()) + list(head.parameters())
optimizer = torch.optim.Adam(params, lr=3e-3)
for step in range(30):
    pred = head(net(inputs))
    loss = F.huber_loss(pred, target, delta=0.5)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 6 == 0:
        print(f"step {step:2d} loss {loss.item():.5f} experts {net[4].fn.load.tolist()}")
print(attention.att[0, 0])
print(attention.att.sum(-1).allclose(torch.ones(B, 2, T)), torch.isinf(attention.att).any())
print(einsum("bhij,bhij->bh", attention.att, attention.att.log().nan_to_num(neginf=0)).neg()[0])
total = reduce(lambda a, p: a + p.numel(), params, 0)
print(f"{total:,} parameters; gradient norm {torch.cat([p.grad.flatten() for p in params if p.grad is not None]).norm():.5f}")
a, b = torch.randn(2, 3, 4), torch.randn(2, 4, 5)
print(torch.allclose(torch.bmm(a, b), einsum("bij,bjk->bik", a, b)), torch.tensordot(a, b, dims=([2], [1])).shape,
      einsum("...ij->...ji", a).shape, einsum("ii->i", torch.eye(3)), einsum("i,j", torch.arange(2.0), torch.arange(3.0)))
