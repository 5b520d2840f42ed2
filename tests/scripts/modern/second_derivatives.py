"""A physics-informed network, a neural ODE by Euler steps, and an inner loop of MAML with functional_call."""
import math

import torch
import torch.nn as nn
from torch.func import functional_call, grad, hessian, jacrev, vmap

torch.manual_seed(0)


class PINN(nn.Module):
    def __init__(self, width=20):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1)
        )

    def forward(self, t):
        return self.net(t)


# u'' + 2 mu u' + k u = 0 with u(0) = 1 and u'(0) = 0
mu, k = 0.5, 9.0
pinn = PINN()
t_boundary = torch.tensor(0.0).view(-1, 1).requires_grad_(True)
t_physics = torch.linspace(0, 1, 20).view(-1, 1).requires_grad_(True)
optimizer = torch.optim.Adam(pinn.parameters(), lr=5e-3)
for i in range(61):
    optimizer.zero_grad()
    u = pinn(t_boundary)
    loss1 = (torch.squeeze(u) - 1) ** 2
    dudt = torch.autograd.grad(u, t_boundary, torch.ones_like(u), create_graph=True)[0]
    loss2 = (torch.squeeze(dudt) - 0) ** 2
    u = pinn(t_physics)
    dudt = torch.autograd.grad(u, t_physics, torch.ones_like(u), create_graph=True)[0]
    d2udt2 = torch.autograd.grad(dudt, t_physics, torch.ones_like(dudt), create_graph=True)[0]
    loss3 = torch.mean((d2udt2 + 2 * mu * dudt + k * u) ** 2)
    loss = loss1 + 1e-1 * loss2 + 1e-2 * loss3
    loss.backward()
    optimizer.step()
    if i % 20 == 0:
        print(f"[{i:3d}] ic {loss1.item():.5f} slope {loss2.item():.5f} residual {loss3.item():.4f}")
        print("     u(1) =", pinn(torch.ones(1, 1)).item().__format__(".5f"), "u'' at 0.5:", d2udt2[10].item().__round__(3))

# a neural ODE: dx/dt = f(x), unrolled by Euler's rule, fitted to a spiral
class ODEFunc(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
        for m in self.net.modules():
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, mean=0, std=0.1)
                nn.init.constant_(m.bias, val=0)

    def forward(self, t, y):
        return self.net(y)


def odeint(func, y0, t):
    ys = [y0]
    for t0, t1 in zip(t[:-1], t[1:]):
        ys.append(ys[-1] + (t1 - t0) * func(t0, ys[-1]))
    return torch.stack(ys)


true_A = torch.tensor([[-0.1, 2.0], [-2.0, -0.1]])
t = torch.linspace(0.0, 1.0, 11)
y0 = torch.tensor([[2.0, 0.0]])
with torch.no_grad():
    true_y = odeint(lambda t, y: y @ true_A, y0, t)
func = ODEFunc()
optimizer = torch.optim.RMSprop(func.parameters(), lr=1e-2)
for itr in range(1, 41):
    optimizer.zero_grad()
    loss = torch.mean(torch.abs(odeint(func, y0, t) - true_y))
    loss.backward()
    optimizer.step()
    if itr % 10 == 0:
        print("Iter {:04d} | Total Loss {:.6f}".format(itr, loss.item()))

# MAML on sines: the outer gradient goes through one inner step
model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
meta = torch.optim.Adam(model.parameters(), lr=1e-2)


def task():
    amplitude, phase = torch.rand(1) * 4 + 1, torch.rand(1) * math.pi
    x = torch.rand(20, 1) * 10 - 5
    y = amplitude * torch.sin(x + phase)
    return (x[:10], y[:10]), (x[10:], y[10:])


for step in range(30):
    meta_loss = 0.0
    for _ in range(4):
        (xs, ys), (xq, yq) = task()
        params = dict(model.named_parameters())
        inner = nn.functional.mse_loss(functional_call(model, params, (xs,)), ys)
        grads = torch.autograd.grad(inner, tuple(params.values()), create_graph=True)
        fast = {n: p - 0.05 * g for (n, p), g in zip(params.items(), grads)}
        meta_loss = meta_loss + nn.functional.mse_loss(functional_call(model, fast, (xq,)), yq)
    meta.zero_grad()
    (meta_loss / 4).backward()
    meta.step()
    if step % 10 == 9:
        print("meta step", step, "loss %.4f" % (meta_loss / 4))

# torch.func: gradients of each sample, Jacobian and Hessian
params = {n: p.detach() for n, p in model.named_parameters()}


def loss_of(params, x, y):
    return ((functional_call(model, params, x.unsqueeze(0)) - y) ** 2).mean()


per_sample = vmap(grad(loss_of), in_dims=(None, 0, 0))(params, xs, ys)
for name, g in per_sample.items():
    print(name, g.shape, g.norm(dim=tuple(range(1, g.dim())))[:3])
batch = grad(lambda p: ((functional_call(model, p, xs) - ys) ** 2).mean())(params)
print(all(torch.allclose(per_sample[n].mean(0), batch[n], atol=1e-4) for n in params))


def rosenbrock(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


x = torch.tensor([-1.2, 1.0], dtype=torch.float64)
print(grad(rosenbrock)(x), hessian(rosenbrock)(x), jacrev(torch.tanh)(x), sep="\n")
for i in range(5):
    x = x - torch.linalg.solve(hessian(rosenbrock)(x), grad(rosenbrock)(x))
print("Newton:", x, rosenbrock(x).item() < 1e-20)
