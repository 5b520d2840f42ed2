"""A walk through tensors as the first chapter of an old tutorial: legacy types, resize, the numpy bridge, joins."""
from __future__ import print_function
import numpy as np
import torch

torch.manual_seed(2017)

x = torch.Tensor(2, 3).fill_(0.5)
print(type(x), x.type(), x.size(), x.dim(), x.numel())
y = torch.FloatTensor([[1, 2, 3], [4, 5, 6]])
print(y)
print(y.size()[0], y.size(1), y[0][2], y[1, 0].item(), y[:, 1], y[1, :])
print(x + y, x * y, torch.add(x, y), torch.mul(x, 2), sep='\n')
result = torch.zeros(2, 3)
torch.add(x, y, out=result)
print('result', result)
y.add_(x)
print('after add_', y, y.mean(), y.sum(0), y.sum(1), sep='\n')

# legacy types and conversions
print(torch.LongTensor([1, 2, 3]), torch.IntTensor([7]), torch.ByteTensor([0, 1, 255]), torch.DoubleTensor([0.1]))
z = y.type(torch.LongTensor)
print(z, z.type(), z.float().type(), z.double().dtype, z.type_as(x).type())
print(isinstance(y, torch.FloatTensor), isinstance(z, torch.FloatTensor), torch.is_tensor(z), torch.is_tensor([1]))

# views and shapes
v = torch.arange(0, 12).view(3, 4)
print(v, v.view(-1, 6).size(), v.t().size(), v.resize_(2, 2), sep='\n')
v = torch.arange(1.0, 7.0).view(2, 3)
print(v.unsqueeze(0).size(), v.unsqueeze(1).size(), v.unsqueeze(0).squeeze().size(), v.transpose(0, 1).is_contiguous())
print(torch.cat((v, v), 0), torch.cat([v, v], 1).shape, torch.stack([v, v]).shape, v.expand(2, 2, 3).size())
print(torch.chunk(v, 3, dim=1), torch.split(v, 1, dim=0))

# numpy bridge: the memory is shared
a = torch.ones(5)
b = a.numpy()
a.add_(1)
print(a, b)
c = np.arange(3, dtype=np.float64)
d = torch.from_numpy(c)
np.add(c, 1, out=c)
print(c, d, d.type())
d[0] = -5
print(c)

# picking
g = torch.FloatTensor([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])
print(g.gather(1, torch.LongTensor([[1], [0], [1]])))
print(g.index_select(0, torch.LongTensor([0, 2])), torch.masked_select(g, g > 0.5), torch.nonzero(g > 0.5))
values, indices = torch.max(g, 1)
print(values, indices, torch.sort(g, 1, True)[0], g.topk(1, 0)[1])
labels = torch.LongTensor([[2], [0], [1]])
one_hot = torch.zeros(3, 3).scatter_(1, labels, 1)
print(one_hot, one_hot.max(1)[1].view(-1).tolist())
print(torch.eye(2), torch.linspace(-1, 1, 5), torch.logspace(0, 3, 4), torch.rand(1, 2), torch.randn(2, 1), torch.randperm(6))
