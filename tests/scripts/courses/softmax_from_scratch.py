# Assignment: softmax regression, (i) with the gradient by hand, (ii) with autograd, (iii) with nn; on 8x8 "digits".
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
rng = np.random.default_rng(0)
centers = rng.integers(0, 17, size=(10, 64))
labels_np = np.repeat(np.arange(10), 20)
images_np = np.clip(centers[labels_np] + rng.normal(0, 4, size=(200, 64)), 0, 16)
perm = rng.permutation(200)
x = torch.from_numpy(images_np[perm]).float().div_(16)
y = torch.from_numpy(labels_np[perm])
x_train, y_train, x_valid, y_valid = x[:150], y[:150], x[150:], y[150:]
n, c = x_train.shape
print(x_train.shape, y_train.shape, y_train.min(), y_train.max(), x_train.dtype, y_train.dtype, n, c)
print(x_train[0][:16].view(4, 4))


def log_softmax(x):
    return x - x.exp().sum(-1).log().unsqueeze(-1)


def nll(input, target):
    return -input[range(target.shape[0]), target].mean()


def accuracy(out, yb):
    preds = torch.argmax(out, dim=1)
    return (preds == yb).float().mean()


# (i)
W = torch.zeros(64, 10)
b = torch.zeros(10)
one_hot = torch.eye(10)[y_train]
for it in range(31):
    scores = x_train @ W + b
    p = scores.exp() / scores.exp().sum(dim=1, keepdim=True)
    loss = -(one_hot * p.log()).sum(1).mean()
    d = (p - one_hot) / n
    W -= 0.5 * (x_train.t() @ d + 1e-3 * W)
    b -= 0.5 * d.sum(0)
    if it % 10 == 0:
        print('iter %d: loss %f acc %.3f' % (it, loss, accuracy(scores, y_train)))

# (ii)
weights = torch.randn(64, 10) / np.sqrt(64)
weights.requires_grad_()
bias = torch.zeros(10, requires_grad=True)
bs, lr = 32, 0.5
for epoch in range(4):
    for i in range((n - 1) // bs + 1):
        start_i = i * bs
        end_i = start_i + bs
        xb, yb = x_train[start_i:end_i], y_train[start_i:end_i]
        pred = log_softmax(xb @ weights + bias)
        loss = nll(pred, yb)
        loss.backward()
        with torch.no_grad():
            weights -= weights.grad * lr
            bias -= bias.grad * lr
            weights.grad.zero_()
            bias.grad.zero_()
    print(epoch, loss, accuracy(pred, yb))
print(F.cross_entropy(xb @ weights + bias, yb), accuracy(log_softmax(x_valid @ weights + bias), y_valid))


# (iii)
class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(64, 10)

    def forward(self, xb):
        return self.lin(xb.view(xb.size(0), -1))


model = Mnist_Logistic()
nn.init.zeros_(model.lin.bias)
nn.init.normal_(model.lin.weight, std=0.01)
print(model, [tuple(p.shape) for p in model.parameters()])
opt = torch.optim.SGD(model.parameters(), lr=0.5)
loss_func = F.cross_entropy


def loss_batch(model, loss_func, xb, yb, opt=None):
    loss = loss_func(model(xb), yb)
    if opt is not None:
        loss.backward()
        opt.step()
        opt.zero_grad()
    return loss.item(), len(xb)


for epoch in range(5):
    model.train()
    for xb, yb in zip(x_train.split(bs), y_train.split(bs)):
        loss_batch(model, loss_func, xb, yb, opt)
    model.eval()
    with torch.no_grad():
        losses, nums = zip(*[loss_batch(model, loss_func, xb, yb) for xb, yb in zip(x_valid.chunk(2), y_valid.chunk(2))])
    val_loss = np.sum(np.multiply(losses, nums)) / np.sum(nums)
    print(epoch, '{:.5f}'.format(val_loss), nums)

probs = F.softmax(model(x_valid), dim=1)
top_p, top_class = probs.topk(2, dim=1)
print(top_class[:4].tolist(), top_p[:4])
confusion = torch.zeros(10, 10, dtype=torch.int64)
for t, p in zip(y_valid, top_class[:, 0]):
    confusion[t, p] += 1
print(confusion)
print('per class:', (confusion.diag().float() / confusion.sum(1).clamp(min=1)).numpy().round(2))
print('grads:', model.lin.weight.grad is None or model.lin.weight.grad.abs().sum().item() == 0)
