"""Hooks that watch values and gradients, and Functions of one's own: exp, hard sigmoid straight through, old ReLU."""
import torch
import torch.nn as nn
from torch.autograd import Variable, Function

torch.manual_seed(3)
grads = {}


def save_grad(name):
    def hook(grad):
        grads[name] = grad
    return hook


x = Variable(torch.randn(1, 1), requires_grad=True)
y = 3 * x
z = y ** 2
y.register_hook(save_grad('y'))
handle = z.register_hook(lambda g: g * 10)
z.backward()
print(grads['y'], x.grad)
handle.remove()
x.grad = None
(3 * x).pow(2).backward()
print(x.grad)


class Exp(Function):
    @staticmethod
    def forward(ctx, i):
        result = i.exp()
        ctx.save_for_backward(result)
        return result

    @staticmethod
    def backward(ctx, grad_output):
        result, = ctx.saved_tensors
        return grad_output * result


class HardSigmoidST(Function):
    """Rounds to 0 or 1; the gradient is that of the hard sigmoid."""

    @staticmethod
    def forward(ctx, x, slope=0.2):
        ctx.save_for_backward(x)
        ctx.slope = slope
        return ((x * slope + 0.5).clamp(0, 1) > 0.5).type_as(x)

    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        inside = (x * ctx.slope + 0.5 > 0) & (x * ctx.slope + 0.5 < 1)
        return g * ctx.slope * inside.type_as(g), None


t = torch.linspace(-4, 4, 5).requires_grad_()
e = Exp.apply(t)
print(e, e.grad_fn.name())
e.sum().backward()
print(torch.equal(t.grad, e.data))
t.grad.zero_()
hard = HardSigmoidST.apply(t)
(hard * torch.arange(5.)).sum().backward()
print(hard, t.grad)
print(HardSigmoidST.apply(t, 0.5), HardSigmoidST.apply(t.detach()))

net = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))
outputs, sizes = [], []


def forward_hook(self, input, output):
    print('Inside ' + self.__class__.__name__ + ' forward', type(input), type(input[0]), output.data.size())
    outputs.append(output.data.norm())


def backward_hook(module, grad_input, grad_output):
    print('Inside', module.__class__.__name__, 'backward', len(grad_input), grad_output[0].size(), grad_input[0].norm())


hooks = [layer.register_forward_hook(forward_hook) for layer in net]
hooks.append(net[1].register_full_backward_hook(backward_hook))
inp = torch.randn(5, 4, requires_grad=True)
loss = nn.CrossEntropyLoss()(net(inp), torch.LongTensor([0, 1, 1, 0, 1]))
loss.backward()
print(outputs)
for h in hooks:
    h.remove()
net(inp)
print(len(outputs), net[1]._forward_hooks, inp.grad.norm())


def scaled_input(module, input):
    return (input[0] * 0,)


h = net.register_forward_pre_hook(scaled_input)
print(net(inp)[0], net(inp)[1])
h.remove()
mid = net[0](inp)
mid.retain_grad()
mid.sum().backward()
print(mid.grad.sum(), mid.requires_grad, mid.is_leaf)
