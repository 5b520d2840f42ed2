"""Sheet 5: momentum, Nesterov, Adagrad, RMSprop and Adam written by hand, each beside torch.optim's own."""
import math
from collections import defaultdict
import torch
from torch.optim import Optimizer

torch.manual_seed(0)
A = torch.tensor([[3.0, 0.5], [0.5, 1.0]])
b = torch.tensor([1.0, -2.0])


def f(x):
    return 0.5 * x @ A @ x - b @ x + torch.cos(x[0])


class MySGD(Optimizer):
    def __init__(self, params, lr=0.1, momentum=0.0, nesterov=False):
        defaults = dict(lr=lr, momentum=momentum, nesterov=nesterov)
        super(MySGD, self).__init__(params, defaults)

    def step(self, closure=None):
        loss = None
        if closure is not None:
            loss = closure()
        for group in self.param_groups:
            momentum = group['momentum']
            for p in group['params']:
                if p.grad is None:
                    continue
                d_p = p.grad.data
                if momentum != 0:
                    param_state = self.state[p]
                    if 'momentum_buffer' not in param_state:
                        buf = param_state['momentum_buffer'] = torch.clone(d_p).detach()
                    else:
                        buf = param_state['momentum_buffer']
                        buf.mul_(momentum).add_(d_p)
                    d_p = d_p.add(buf, alpha=momentum) if group['nesterov'] else buf
                p.data.add_(-group['lr'], d_p)
        return loss


class MyAdam(Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps))

    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group['betas']
            for p in group['params']:
                grad = p.grad.data
                state = self.state[p]
                if len(state) == 0:
                    state['step'] = 0
                    state['exp_avg'] = torch.zeros_like(p.data)
                    state['exp_avg_sq'] = grad.new().resize_as_(grad).zero_()
                state['step'] += 1
                state['exp_avg'].mul_(beta1).add_(1 - beta1, grad)
                state['exp_avg_sq'].mul_(beta2).addcmul_(1 - beta2, grad, grad)
                denom = state['exp_avg_sq'].sqrt().add_(group['eps'])
                step_size = group['lr'] * math.sqrt(1 - beta2 ** state['step']) / (1 - beta1 ** state['step'])
                p.data.addcdiv_(-step_size, state['exp_avg'], denom)


def functional(update, steps=25):
    x = torch.tensor([2.0, 2.0], requires_grad=True)
    state = defaultdict(lambda: torch.zeros(2))
    for t in range(1, steps + 1):
        g, = torch.autograd.grad(f(x), x)
        x.data -= update(g, state, t)
    return x


def adagrad(g, s, t):
    s['sum'] = s['sum'] + g ** 2
    return 0.5 * g / (s['sum'].sqrt() + 1e-10)


def rmsprop(g, s, t):
    s['v'].mul_(0.99).addcmul_(g, g, value=0.01)
    return 0.05 * g / s['v'].sqrt().add(1e-8)


def run(make, steps=25):
    x = torch.tensor([2.0, 2.0], requires_grad=True)
    optimizer = make([x])
    for t in range(steps):
        optimizer.zero_grad()
        f(x).backward()
        optimizer.step()
    return x, optimizer


pairs = [
    ('sgd', lambda p: MySGD(p), lambda p: torch.optim.SGD(p, lr=0.1)),
    ('momentum', lambda p: MySGD(p, momentum=0.9), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
    ('nesterov', lambda p: MySGD(p, 0.1, 0.9, True), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True)),
    ('adam', lambda p: MyAdam(p, lr=0.1), lambda p: torch.optim.Adam(p, lr=0.1)),
]
for name, mine, theirs in pairs:
    (x1, o1), (x2, o2) = run(mine), run(theirs)
    print('%-9s' % name, x1.data, x2.data, torch.allclose(x1, x2, atol=1e-4), f(x1).item())
print(o1)
print(MySGD([torch.zeros(1, requires_grad=True)], momentum=0.5))
print(run(pairs[1][1])[1].state_dict())
for name, update, theirs in [('adagrad', adagrad, lambda p: torch.optim.Adagrad(p, lr=0.5)),
                             ('rmsprop', rmsprop, lambda p: torch.optim.RMSprop(p, lr=0.05))]:
    print(name, functional(update), run(theirs)[0].detach(), sep='  ')

x = torch.tensor([2.0, 2.0], requires_grad=True)
lbfgs = torch.optim.LBFGS([x], lr=0.5, max_iter=5)
for i in range(4):
    def closure():
        lbfgs.zero_grad()
        loss = f(x)
        loss.backward()
        return loss
    print('lbfgs', i, lbfgs.step(closure))
print(x, x.grad.norm() < 0.1)

params = [torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.zeros(1))]
opt = torch.optim.SGD([{'params': params[0]}, {'params': params[1], 'lr': 1.0, 'weight_decay': 0.1}], lr=0.1)
for s in range(3):
    opt.zero_grad()
    loss = (params[0] ** 2).sum() + (params[1] - 1).pow(2).squeeze()
    loss.backward()
    opt.step()
    for param_group in opt.param_groups:
        param_group['lr'] = param_group['lr'] * 0.5
    print(s, loss, [g['lr'] for g in opt.param_groups], params[0].data.tolist(), params[1].item())
print(opt)
try:
    torch.optim.SGD([torch.zeros(1)], lr=-1)
except ValueError as e:
    print(e)
