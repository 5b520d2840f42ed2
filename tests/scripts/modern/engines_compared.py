"""A scalar engine written here against PyTorch's, layers that are solutions of equations, and functions of one's own."""
import math
import random

import torch
import torch.nn as nn
from torch.autograd import Function


class Value:
    def __init__(self, data, _children=(), _op=""):
        self.data, self.grad, self._backward = data, 0.0, lambda: None
        self._prev, self._op = set(_children), _op

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other), "+")

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other), "*")

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def __pow__(self, k):
        out = Value(self.data**k, (self,), f"**{k}")

        def _backward():
            self.grad += k * self.data ** (k - 1) * out.grad

        out._backward = _backward
        return out

    def relu(self):
        out = Value(max(0, self.data), (self,), "relu")

        def _backward():
            self.grad += (out.data > 0) * out.grad

        out._backward = _backward
        return out

    def backward(self):
        topo, visited = [], set()

        def build(v):
            if v not in visited:
                visited.add(v)
                for child in v._prev:
                    build(child)
                topo.append(v)

        build(self)
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()

    def __neg__(self): return self * -1
    def __sub__(self, other): return self + (-other)
    def __radd__(self, other): return self + other
    def __rmul__(self, other): return self * other
    def __truediv__(self, other): return self * other**-1


def expression(a, b):
    c = a + b
    d = a * b + b**3
    c = c + c + 1
    c = c + 1 + c + (-a)
    d = d + d * 2 + (b + a).relu()
    d = d + 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    return f / 2.0 + (f + 2) ** -1 * 10


a, b = Value(-4.0), Value(2.0)
g = expression(a, b)
g.backward()
ta, tb = torch.Tensor([-4.0]).double(), torch.Tensor([2.0]).double()
ta.requires_grad = True
tb.requires_grad = True
tg = expression(ta, tb)
tg.backward()
print(g.data, tg.data.item(), abs(a.grad - ta.grad.item()) < 1e-6, abs(b.grad - tb.grad.item()) < 1e-6)
print(ta.grad, tb.grad, tg, tg.grad_fn.name())

# one neuron with PyTorch's numbers
x1 = torch.tensor([2.0], dtype=torch.double, requires_grad=True)
x2 = torch.Tensor([0.0]).double(); x2.requires_grad = True
w1 = torch.Tensor([-3.0]).double(); w1.requires_grad = True
w2 = torch.Tensor([1.0]).double(); w2.requires_grad = True
bias = torch.Tensor([6.8813735870195432]).double(); bias.requires_grad = True
o = torch.tanh(x1 * w1 + x2 * w2 + bias)
print(o.data.item())
o.backward()
for name, v in [("x2", x2), ("w2", w2), ("x1", x1), ("w1", w1)]:
    print(name, v.grad.item())


# a batch norm's backward by hand
def cmp(s, dt, t):
    ex, app = torch.all(dt == t.grad).item(), torch.allclose(dt, t.grad, atol=1e-5)
    print(f"{s:10s} | approximate: {str(app):5s} | small: {(dt - t.grad).abs().max().item() < 1e-5}")


torch.manual_seed(4)
n, h, v = 16, 6, 5
emb, W1 = torch.randn(n, 4), torch.randn(4, h, requires_grad=True)
gain, shift = torch.randn(1, h).mul(0.1).add(1).requires_grad_(), torch.zeros(1, h, requires_grad=True)
W2 = (0.1 * torch.randn(h, v)).requires_grad_()
Y = torch.randint(0, v, (n,))
hprebn = emb @ W1
bnmeani = 1 / n * hprebn.sum(0, keepdim=True)
bndiff = hprebn - bnmeani
bnvar = 1 / (n - 1) * (bndiff**2).sum(0, keepdim=True)
bnvar_inv = (bnvar + 1e-5) ** -0.5
bnraw = bndiff * bnvar_inv
hpreact = gain * bnraw + shift
hact = torch.tanh(hpreact)
logits = hact @ W2
maxes = logits.max(1, keepdim=True).values
counts = (logits - maxes).exp()
probs = counts * counts.sum(1, keepdims=True) ** -1
logprobs = probs.log()
loss = -logprobs[range(n), Y].mean()
for t in [logprobs, probs, counts, logits, hact, hpreact, bnraw, bnvar_inv, bnvar, bndiff, hprebn]:
    t.retain_grad()
loss.backward()
dlogprobs = torch.zeros_like(logprobs)
dlogprobs[range(n), Y] = -1.0 / n
cmp("logprobs", dlogprobs, logprobs)
dlogits = torch.softmax(logits, 1)
dlogits[range(n), Y] -= 1
dlogits /= n
cmp("logits", dlogits, logits)
dhpreact = (1.0 - hact**2) * (dlogits @ W2.T)
cmp("hpreact", dhpreact, hpreact)
dhprebn = gain * bnvar_inv / n * (n * dhpreact - dhpreact.sum(0) - n / (n - 1) * bnraw * (dhpreact * bnraw).sum(0))
cmp("hprebn", dhprebn, hprebn)
cmp("gain", (bnraw * dhpreact).sum(0, keepdim=True), gain)
cmp("W1", emb.T @ dhprebn, W1)
print("loss", loss.item())


# a layer that is the fixed point of z = tanh(W z + U x), with the implicit derivative
class FixedPoint(nn.Module):
    def __init__(self, d, tol=1e-6, max_iter=100):
        super().__init__()
        self.linear = nn.Linear(d, d, bias=False)
        with torch.no_grad():
            self.linear.weight.mul_(0.5)
        self.tol, self.max_iter = tol, max_iter

    def forward(self, x):
        with torch.no_grad():
            z = torch.zeros_like(x)
            for self.iterations in range(self.max_iter):
                new = torch.tanh(self.linear(z) + x)
                if torch.norm(new - z) < self.tol:
                    break
                z = new
        z = torch.tanh(self.linear(z) + x)
        z0 = z.detach().clone().requires_grad_()
        f0 = torch.tanh(self.linear(z0) + x)

        def backward_hook(grad):
            g = grad
            for _ in range(self.max_iter):
                new = torch.autograd.grad(f0, z0, g, retain_graph=True)[0] + grad
                if (new - g).norm() < self.tol:
                    break
                g = new
            return new

        if z.requires_grad:
            z.register_hook(backward_hook)
        return z


torch.manual_seed(1)
layer, x = FixedPoint(5).double(), torch.randn(3, 5, dtype=torch.float64, requires_grad=True)
z = layer(x)
z.pow(2).sum().backward()
implicit = x.grad.clone()
unrolled, zz = x.detach().clone().requires_grad_(), torch.zeros(3, 5, dtype=torch.double)
for _ in range(60):
    zz = torch.tanh(layer.linear(zz) + unrolled)
zz.pow(2).sum().backward()
print("implicit:", layer.iterations > 3, torch.allclose(implicit, unrolled.grad, atol=1e-5), implicit[0])


# functions with derivatives of their own
class StraightThrough(Function):
    @staticmethod
    def forward(ctx, input, threshold=0.0):
        ctx.save_for_backward(input)
        ctx.threshold = threshold
        return (input > threshold).to(input.dtype)

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        window = (input - ctx.threshold).abs() < 1
        return grad_output * window.to(grad_output.dtype), None


class GradientReversal(Function):
    @staticmethod
    def forward(ctx, x, lam):
        ctx.lam = lam
        return x.view_as(x)

    @staticmethod
    def backward(ctx, g):
        return g.neg() * ctx.lam, None


class Polar(Function):
    @staticmethod
    def forward(ctx, x, y):
        r, phi = torch.hypot(x, y), torch.atan2(y, x)
        ctx.save_for_backward(x, y, r)
        return r, phi

    @staticmethod
    def backward(ctx, gr, gphi):
        x, y, r = ctx.saved_tensors
        return gr * x / r - gphi * y / r**2, gr * y / r + gphi * x / r**2


x = torch.linspace(-2, 2, 6, requires_grad=True)
StraightThrough.apply(x, 0.3).mul(torch.arange(6.0)).sum().backward()
print(x.grad, StraightThrough.apply(x))
x.grad = None
GradientReversal.apply(x, 0.1).pow(3).sum().backward()
print(x.grad)
p, q = torch.rand(3, dtype=torch.double, requires_grad=True), torch.rand(3, dtype=torch.double, requires_grad=True)
r, phi = Polar.apply(p, q)
(r * phi.cos()).sum().backward()
print(torch.allclose(p.grad, torch.ones(3).double()), q.grad.abs().max() < 1e-12, r.grad_fn.name())
print(torch.autograd.gradcheck(Polar.apply, (p, q), eps=1e-6, atol=1e-4))
