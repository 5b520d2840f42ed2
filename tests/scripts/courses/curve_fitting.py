"""Lab: polynomials of rising degree, ridge and lasso, sine by an MLP, early stopping and a learning-rate range test."""
import copy
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(7)
POLY_DEGREE = 4
W_target = torch.randn(POLY_DEGREE, 1) * 2
b_target = torch.randn(1) * 2


def make_features(x):
    """Builds features i.e. a matrix with columns [x, x^2, x^3, x^4]."""
    x = x.unsqueeze(1)
    return torch.cat([x ** i for i in range(1, POLY_DEGREE + 1)], 1)


def f(x):
    return x.mm(W_target) + b_target.item()


def poly_desc(W, b):
    result = 'y = '
    for i, w in enumerate(W):
        result += '{:+.2f} x^{} '.format(w, i + 1)
    result += '{:+.2f}'.format(b[0])
    return result


def get_batch(batch_size=32):
    random = torch.rand(batch_size) * 2 - 1
    x = make_features(random)
    y = f(x)
    return x, y


fc = torch.nn.Linear(W_target.size(0), 1)
for batch_idx in range(1, 301):
    batch_x, batch_y = get_batch()
    fc.zero_grad()
    output = F.smooth_l1_loss(fc(batch_x), batch_y)
    loss = output.item()
    output.backward()
    for param in fc.parameters():
        param.data.add_(param.grad, alpha=-0.1)
    if loss < 1e-3:
        break
print('Loss: {:.6f} after {} batches'.format(loss, batch_idx))
print('==> Learned function:\t' + poly_desc(fc.weight.view(-1), fc.bias))
print('==> Actual function:\t' + poly_desc(W_target.view(-1), b_target))

# under- and overfitting, solved exactly in double
x = torch.linspace(0, 1, 12, dtype=torch.float64)
y = torch.sin(2 * math.pi * x) + 0.1 * torch.randn(12, dtype=torch.float64)
for degree in (1, 3, 5):
    A = torch.stack([x ** k for k in range(degree + 1)], dim=1)
    w = torch.linalg.lstsq(A, y.unsqueeze(1)).solution
    ridge = torch.linalg.solve(A.T @ A + 1e-3 * torch.eye(degree + 1, dtype=A.dtype), A.T @ y)
    print(degree, (A @ w).squeeze().sub(y).pow(2).mean(), ridge.norm(), w.norm() > ridge.norm())

# lasso by proximal steps, elastic net by autograd
A = torch.randn(40, 6)
true = torch.tensor([3., 0., 0., -2., 0., 0.])
t = A.mv(true) + 0.05 * torch.randn(40)
w = torch.zeros(6)
for _ in range(100):
    w -= 0.1 * A.t().mv(A.mv(w) - t) / 40
    w = w.sign() * (w.abs() - 0.1 * 0.1).clamp(min=0)
print('lasso', w, (w == 0).sum())
w = torch.zeros(6, requires_grad=True)
for _ in range(100):
    loss = F.mse_loss(A.mv(w), t) + 0.05 * (0.5 * w.norm(1) + 0.5 * (w ** 2).sum())
    g, = torch.autograd.grad(loss, w)
    w = (w - 0.1 * g).detach().requires_grad_()
print('elastic', w, '%.4f' % loss)

# sine with an MLP: learning-rate range test, then early stopping
xs = torch.unsqueeze(torch.linspace(-math.pi, math.pi, 60), dim=1)
ys = torch.sin(xs) + 0.1 * torch.randn(xs.size())
val = torch.arange(60) % 4 == 0
net = nn.Sequential(nn.Linear(1, 20), nn.Tanh(), nn.Linear(20, 1))
start = copy.deepcopy(net.state_dict())
opt = torch.optim.SGD(net.parameters(), lr=1e-4)
while opt.param_groups[0]['lr'] < 0.5:
    loss = F.mse_loss(net(xs[~val]), ys[~val])
    opt.zero_grad()
    loss.backward()
    opt.step()
    print('lr {:.1e} loss {:.4f}'.format(opt.param_groups[0]['lr'], loss))
    opt.param_groups[0]['lr'] *= 4
print(net.load_state_dict(start))
opt = torch.optim.Adam(net.parameters(), lr=0.05)
sched = torch.optim.lr_scheduler.LambdaLR(opt, lr_lambda=lambda epoch: 0.97 ** epoch)
best, patience, counter = math.inf, 10, 0
for epoch in range(100):
    opt.zero_grad()
    F.mse_loss(net(xs[~val]), ys[~val]).backward()
    opt.step()
    sched.step()
    v = F.mse_loss(net(xs[val]), ys[val]).item()
    if v < best - 1e-4:
        best, counter, saved = v, 0, copy.deepcopy(net)
    else:
        counter += 1
        if counter == patience:
            break
    if epoch % 15 == 0:
        print(epoch, f'{v:.4f}', f'{sched.get_last_lr()[0]:.4f}')
print('best %.3f, saved %.3f' % (best, F.mse_loss(saved(xs[val]), ys[val])), isinstance(saved, nn.Sequential))
