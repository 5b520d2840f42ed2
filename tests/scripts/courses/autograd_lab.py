"""Lab on derivatives: gradients by finite differences, Jacobians row by row, Hessians, Newton, a penalty on gradients."""
import torch
from torch.autograd import grad
from torch.autograd.functional import hessian, jacobian

torch.manual_seed(0)
torch.set_printoptions(precision=4, sci_mode=False)


def numerical_gradient(f, x, h=1e-6):
    out = torch.zeros_like(x)
    it = out.view(-1)
    flat = x.view(-1)
    for i in range(x.numel()):
        old = flat[i].item()
        flat[i] = old + h
        plus = f(x).item()
        flat[i] = old - h
        minus = f(x).item()
        flat[i] = old
        it[i] = (plus - minus) / (2 * h)
    return out


functions = [
    ('log-sum-exp', lambda x: torch.logsumexp(x, 1).sum()),
    ('softmax entropy', lambda x: -(x.softmax(-1) * x.log_softmax(-1)).sum()),
    ('tanh + sigmoid', lambda x: (torch.tanh(x) * torch.sigmoid(x)).mean()),
    ('norms', lambda x: x.norm() + x.abs().max() + x.std()),
    ('products', lambda x: (x.t() @ x).trace() + x.prod(1).sum()),
    ('softplus', lambda x: torch.nn.functional.softplus(x).pow(1.5).sum().sqrt()),
]
for name, f in functions:
    x = torch.randn(3, 4, dtype=torch.float64)
    x.requires_grad_()
    f(x).backward()
    with torch.no_grad():
        numeric = numerical_gradient(f, x.detach().clone())
    rel = (x.grad - numeric).norm() / (x.grad.norm() + numeric.norm())
    print('{:<16}{}  {:.4f}'.format(name, 'ok' if rel < 1e-7 else 'WRONG', x.grad.abs().sum()))

x = torch.tensor(2.0, requires_grad=True)
y = x ** 3 + 2 * x ** 2
first = grad(y, x, create_graph=True)
print(first, first[0].grad_fn.name())
second = grad(first[0], x, create_graph=True)[0]
third = grad(second, x)[0]
print(second, third, third.requires_grad)


def f(v):
    return torch.stack([v[0] ** 2 * v[1], 5 * v[0] + torch.sin(v[1]), v.prod()])


v = torch.tensor([1.0, 2.0], requires_grad=True)
out = f(v)
J = torch.zeros(out.numel(), v.numel())
for i in range(out.numel()):
    J[i] = grad(out[i], v, retain_graph=True)[0]
print(J, torch.allclose(J, jacobian(f, v)))
for i in range(3):
    v.grad = None
    e = torch.zeros(3)
    e[i] = 1.0
    out.backward(gradient=e, retain_graph=True)
    assert torch.equal(v.grad, J[i])


def rosenbrock(p):
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


p = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
for step in range(5):
    value = rosenbrock(p)
    g = grad(value, p)[0]
    H = hessian(rosenbrock, p)
    with torch.no_grad():
        p -= torch.linalg.solve(H, g)
    print('newton %d  f = %.6e  |g| = %.3e' % (step, value.item(), g.norm()))
print(p, rosenbrock(p) < 1e-9)

net = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Softplus(), torch.nn.Linear(8, 1))
opt = torch.optim.SGD(net.parameters(), lr=0.05)
for i in range(20):
    z = torch.randn(16, 2, requires_grad=True)
    d = net(z)
    g = torch.autograd.grad(outputs=d, inputs=z, grad_outputs=torch.ones(d.size()),
                            create_graph=True, retain_graph=True, only_inputs=True)[0]
    penalty = ((g.norm(2, dim=1) - 1) ** 2).mean()
    opt.zero_grad()
    penalty.backward()
    opt.step()
    if i % 5 == 4:
        print(i, penalty)

# accumulation: two halves make the whole
a = torch.nn.Linear(3, 1)
data, target = torch.randn(8, 3), torch.randn(8, 1)
torch.nn.functional.mse_loss(a(data), target).backward()
whole = a.weight.grad.clone()
a.zero_grad()
for half in (slice(0, 4), slice(4, None)):
    (torch.nn.functional.mse_loss(a(data[half]), target[half]) / 2).backward()
print(torch.allclose(whole, a.weight.grad), whole)
with torch.no_grad():
    frozen = a(data)
print(frozen.requires_grad, a(data).requires_grad, a(data).detach().requires_grad, (frozen * 2).grad_fn)
w = torch.ones(2, requires_grad=True)
b = w * 2
b.retain_grad()
(b.detach() * b).sum().backward()
print(w.grad, b.grad, w.is_leaf, b.is_leaf)
