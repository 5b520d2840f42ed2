# -*- coding: utf-8 -*-
"""One two-layer network five times: numpy, tensors, autograd, nn, nn with an optimiser; all must agree."""
import numpy as np
import torch
from torch.autograd import Variable

N, D_in, H, D_out = 32, 20, 12, 3
rng = np.random.RandomState(3)
x0, y0 = rng.randn(N, D_in), rng.randn(N, D_out)
w1_0, w2_0 = rng.randn(D_in, H) / 5, rng.randn(H, D_out) / 5
learning_rate = 1e-3
steps = 40

# 1. numpy
x, y, w1, w2 = x0, y0, w1_0.copy(), w2_0.copy()
for t in range(steps):
    h = x.dot(w1)
    h_relu = np.maximum(h, 0)
    y_pred = h_relu.dot(w2)
    loss = np.square(y_pred - y).sum()
    if t % 10 == 0:
        print('numpy', t, round(loss, 6))
    grad_y_pred = 2.0 * (y_pred - y)
    grad_w2 = h_relu.T.dot(grad_y_pred)
    grad_h = grad_y_pred.dot(w2.T)
    grad_h[h < 0] = 0
    grad_w1 = x.T.dot(grad_h)
    w1 -= learning_rate * grad_w1
    w2 -= learning_rate * grad_w2

# 2. tensors
dtype = torch.FloatTensor
# dtype = torch.cuda.FloatTensor  # Uncomment this to run on GPU
x, y = torch.from_numpy(x0).type(dtype), torch.from_numpy(y0).type(dtype)
w1, w2 = torch.from_numpy(w1_0).type(dtype), torch.from_numpy(w2_0).type(dtype)
for t in range(steps):
    h = x.mm(w1)
    h_relu = h.clamp(min=0)
    y_pred = h_relu.mm(w2)
    loss = (y_pred - y).pow(2).sum()
    if t % 10 == 0:
        print('tensor', t, loss)
    grad_y_pred = 2.0 * (y_pred - y)
    grad_w2 = h_relu.t().mm(grad_y_pred)
    grad_h_relu = grad_y_pred.mm(w2.t())
    grad_h = grad_h_relu.clone()
    grad_h[h < 0] = 0
    grad_w1 = x.t().mm(grad_h)
    w1 -= learning_rate * grad_w1
    w2 -= learning_rate * grad_w2

# 3. autograd
x, y = Variable(x, requires_grad=False), Variable(y, requires_grad=False)
w1 = Variable(torch.from_numpy(w1_0).type(dtype), requires_grad=True)
w2 = Variable(torch.from_numpy(w2_0).type(dtype), requires_grad=True)
for t in range(steps):
    y_pred = x.mm(w1).clamp(min=0).mm(w2)
    loss = (y_pred - y).pow(2).sum()
    if t % 10 == 0:
        print('autograd', t, loss.data, loss)
    loss.backward()
    w1.data -= learning_rate * w1.grad.data
    w2.data -= learning_rate * w2.grad.data
    w1.grad.data.zero_()
    w2.grad.data.zero_()
print(w2.data[:2], w1.grad.abs().sum())


# 4. nn, and 5. optim
def network():
    model = torch.nn.Sequential(
        torch.nn.Linear(D_in, H, bias=False),
        torch.nn.ReLU(),
        torch.nn.Linear(H, D_out, bias=False),
    )
    model[0].weight.data.copy_(torch.from_numpy(w1_0.T))
    model[2].weight.data = torch.from_numpy(w2_0.T).float()
    return model


loss_fn = torch.nn.MSELoss(size_average=False)
model = network()
for t in range(steps):
    loss = loss_fn(model(x), y)
    if t % 10 == 0:
        print('nn', t, loss.data.item())
    model.zero_grad()
    loss.backward()
    for param in model.parameters():
        param.data -= learning_rate * param.grad.data
fitted = model(x).data

for name in ['SGD', 'Adam', 'RMSprop']:
    model = network()
    optimizer = getattr(torch.optim, name)(model.parameters(), lr=learning_rate)
    for t in range(steps):
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print('%-8s %.5f  %.5f' % (name, loss, (model(x).data - fitted).norm()))
print(model)
