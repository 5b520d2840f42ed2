"""Calls that warn today and still work: factors among the operands, F.sigmoid, softmax without dim, old initialisers."""
import warnings
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd import Variable

warnings.filterwarnings("ignore")
torch.manual_seed(11)

w = Variable(torch.randn(3, 2), requires_grad=True)
(w ** 2).sum().backward()
w.data.add_(-0.1, w.grad.data)
print(w)
w.data.sub_(0.05, w.grad.data)
print(w.data)
m = torch.zeros(3, 2)
m.mul_(0.9).add_(w.grad.data)
v = torch.zeros(3, 2).mul_(0.99).addcmul_(0.01, w.grad.data, w.grad.data)
w.data.addcdiv_(-0.1, m, v.sqrt().add_(1e-8))
print(w.data, v, sep="\n")
print(torch.add(m, 10, m), torch.addmm(0.5, torch.ones(3, 3), 2, w.data, w.data.t()))
print(torch.addmv(torch.ones(3), w.data, torch.ones(2)), torch.ger(torch.arange(1., 4.), torch.ones(2)))

h = F.tanh(F.sigmoid(w))
print(h)
print(F.softmax(torch.FloatTensor([[1, 2], [3, 3]])), F.log_softmax(torch.FloatTensor([1, 2, 3])), nn.Softmax()(torch.zeros(1, 4)))

e = torch.Tensor(3, 4)
for init in (nn.init.xavier_uniform, nn.init.xavier_normal, nn.init.kaiming_uniform, nn.init.kaiming_normal, nn.init.orthogonal):
    print(init.__name__, init(e).sum())
nn.init.normal(e, mean=0, std=0.01)
print(e)
print(nn.init.constant(e, 2)[0], nn.init.uniform(e, a=-1, b=1)[1])

scores, labels = torch.randn(4, 3), torch.LongTensor([0, 2, 1, 1])
print(nn.CrossEntropyLoss(size_average=False)(scores, labels), F.cross_entropy(scores, labels, size_average=False))
print(nn.CrossEntropyLoss(reduce=False)(scores, labels), F.nll_loss(F.log_softmax(scores), labels, size_average=True))
print(nn.BCELoss(size_average=False)(F.sigmoid(scores), (scores > 0).float()), F.mse_loss(scores, scores * 0, reduce=True))
net = nn.Linear(3, 1)
net(scores).sum().backward()
print(torch.nn.utils.clip_grad_norm(net.parameters(), 0.25), net.weight.grad)
print(torch.range(0, 2), scores.max(1)[1].eq(labels).sum(), torch.gt(scores, 0)[0], scores.lt(0).type(torch.FloatTensor)[1])
mask = torch.ByteTensor([1, 0, 1, 0])
print(scores[mask], labels[mask == 1], mask.sum(), 1 - mask)
torch.set_default_tensor_type('torch.DoubleTensor')
print(torch.zeros(2), torch.Tensor([1]).type(), nn.Linear(1, 1).weight.dtype)
torch.set_default_tensor_type('torch.FloatTensor')
print(torch.zeros(2).type())
