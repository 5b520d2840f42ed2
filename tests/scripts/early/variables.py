"""Variables of the days before 0.4, whose scripts still run: .data, .grad.data, creators, detach, retain_graph."""
import torch
from torch.autograd import Variable
import torch.nn.functional as F

x = Variable(torch.ones(2, 2), requires_grad=True)
print(x)
print(type(x), isinstance(x, Variable), isinstance(x, torch.Tensor))
y = x + 2
z = y * y * 3
out = z.mean()
print(y, z, out, sep="\n")
print(y.grad_fn.name(), out.grad_fn.name(), x.grad_fn, x.is_leaf, y.is_leaf)
out.backward()
print(x.grad, x.grad.data, x.grad.requires_grad)

torch.manual_seed(5)
x = Variable(torch.randn(3), requires_grad=True)
y = x * 2
doublings = 0
while y.data.norm() < 500:
    y = y * 2
    doublings += 1
print(doublings, y.data)
y.backward(torch.FloatTensor([0.1, 1.0, 0.0001]))
print(x.grad)

w = Variable(torch.Tensor([1.0]), requires_grad=True)
for x_val, y_val in [(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)] * 4:
    l = (x_val * w - y_val) ** 2
    l.backward()
    print("\tgrad:", x_val, y_val, w.grad.data[0], "loss %.6f" % l.data[0])
    w.data = w.data - 0.01 * w.grad.data
    w.grad.data.zero_()
print("after training", (w * 4).data[0])

a = Variable(torch.FloatTensor([3.0]), requires_grad=True)
b = a ** 3
b.backward(retain_graph=True)
b.backward()
print("twice", a.grad)
try:
    b.backward()
except RuntimeError as err:
    print(type(err).__name__)

p = Variable(torch.randn(2, 3), requires_grad=True)
q = p.detach()
r = p.data
print(q.requires_grad, r.requires_grad, q.data_ptr() == p.data_ptr())
r.zero_()
print(p)
s = F.softmax(Variable(torch.Tensor([[1, 2, 3], [1, 1, 1]])), dim=1)
print(s, s.data.numpy().sum(), s.requires_grad)
print(Variable(torch.ones(1)).data[0], Variable(torch.zeros(2, 1)).volatile if hasattr(Variable, "volatile") else "no volatile")
