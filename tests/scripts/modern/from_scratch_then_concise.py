"""Linear and softmax regression built from scratch with a data iterator, then concisely with the library's classes."""
import random

import torch
from torch import nn
from torch.utils import data


class Accumulator:
    """Sums over n quantities."""

    def __init__(self, n):
        self.data = [0.0] * n

    def add(self, *args):
        self.data = [a + float(b) for a, b in zip(self.data, args)]

    def reset(self):
        self.data = [0.0] * len(self.data)

    def __getitem__(self, idx):
        return self.data[idx]


class History:
    """Keeps what an animated plot would show."""

    def __init__(self, legend):
        self.legend, self.rows = legend, []

    def add(self, x, ys):
        self.rows.append((x, *ys))

    def show(self):
        for x, *ys in self.rows:
            print(x, ", ".join(f"{name} {y:.4f}" for name, y in zip(self.legend, ys)))


def synthetic_data(w, b, num_examples):
    X = torch.normal(0, 1, (num_examples, len(w)))
    y = torch.matmul(X, w) + b
    y += torch.normal(0, 0.01, y.shape)
    return X, y.reshape((-1, 1))


def data_iter(batch_size, features, labels):
    num_examples = len(features)
    indices = list(range(num_examples))
    random.shuffle(indices)
    for i in range(0, num_examples, batch_size):
        batch_indices = torch.tensor(indices[i : min(i + batch_size, num_examples)])
        yield features[batch_indices], labels[batch_indices]


def linreg(X, w, b):
    return torch.matmul(X, w) + b


def squared_loss(y_hat, y):
    return (y_hat - y.reshape(y_hat.shape)) ** 2 / 2


def sgd(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad / batch_size
            param.grad.zero_()


torch.manual_seed(5)
random.seed(5)
true_w = torch.tensor([1.5, -2.0, 0.7])
true_b = 3.1
features, labels = synthetic_data(true_w, true_b, 200)
print("features:", features[0], "\nlabel:", labels[0])

w = torch.normal(0, 0.01, size=(3, 1), requires_grad=True)
b = torch.zeros(1, requires_grad=True)
for epoch in range(3):
    for X, y in data_iter(10, features, labels):
        l = squared_loss(linreg(X, w, b), y)
        l.sum().backward()
        sgd([w, b], 0.05, len(X))
    with torch.no_grad():
        train_l = squared_loss(linreg(features, w, b), labels)
        print(f"epoch {epoch + 1}, loss {float(train_l.mean()):.6f}")
print(w.shape, b)
print(f"largest error in w: {(true_w - w.reshape(true_w.shape)).abs().max() < 0.01}, in b: {abs(true_b - b.item()) < 0.01}")

# the same concisely
def load_array(data_arrays, batch_size, is_train=True):
    dataset = data.TensorDataset(*data_arrays)
    return data.DataLoader(dataset, batch_size, shuffle=is_train)


it = load_array((features, labels), 10)
print([t.shape for t in next(iter(it))])
net = nn.Sequential(nn.Linear(3, 1))
net[0].weight.data.normal_(0, 0.01)
net[0].bias.data.fill_(0)
loss, trainer = nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.03)
for epoch in range(3):
    for X, y in it:
        l = loss(net(X), y)
        trainer.zero_grad()
        l.backward()
        trainer.step()
    l = loss(net(features), labels)
    print(f"epoch {epoch + 1}, loss {l:f}")

# softmax regression from scratch: nine noisy prototypes of 5 x 5 pixels
num_inputs, num_outputs = 25, 4
prototypes = (torch.rand(num_outputs, 5, 5) > 0.5).float()
targets = torch.arange(240) % num_outputs
images = prototypes[targets] + 0.4 * torch.randn(240, 5, 5)
train_iter = load_array((images[:200], targets[:200]), 20)
test_iter = load_array((images[200:], targets[200:]), 20, is_train=False)
W = torch.normal(0, 0.01, size=(num_inputs, num_outputs), requires_grad=True)
b = torch.zeros(num_outputs, requires_grad=True)


def softmax(X):
    X_exp = torch.exp(X)
    partition = X_exp.sum(1, keepdim=True)
    return X_exp / partition


def scratch_net(X):
    return softmax(torch.matmul(X.reshape((-1, W.shape[0])), W) + b)


def cross_entropy(y_hat, y):
    return -torch.log(y_hat[range(len(y_hat)), y])


def accuracy(y_hat, y):
    if len(y_hat.shape) > 1 and y_hat.shape[1] > 1:
        y_hat = y_hat.argmax(axis=1)
    cmp = y_hat.type(y.dtype) == y
    return float(cmp.type(y.dtype).sum())


def evaluate_accuracy(net, data_iter):
    if isinstance(net, torch.nn.Module):
        net.eval()
    metric = Accumulator(2)
    with torch.no_grad():
        for X, y in data_iter:
            metric.add(accuracy(net(X), y), y.numel())
    return metric[0] / metric[1]


def train_epoch(net, train_iter, loss, updater):
    if isinstance(net, torch.nn.Module):
        net.train()
    metric = Accumulator(3)
    for X, y in train_iter:
        y_hat = net(X)
        l = loss(y_hat, y)
        if isinstance(updater, torch.optim.Optimizer):
            updater.zero_grad()
            l.mean().backward()
            updater.step()
        else:
            l.sum().backward()
            updater(X.shape[0])
        metric.add(float(l.sum()), accuracy(y_hat, y), y.numel())
    return metric[0] / metric[2], metric[1] / metric[2]


def train(net, train_iter, test_iter, loss, num_epochs, updater):
    history = History(["train loss", "train acc", "test acc"])
    for epoch in range(num_epochs):
        train_metrics = train_epoch(net, train_iter, loss, updater)
        history.add(epoch + 1, train_metrics + (evaluate_accuracy(net, test_iter),))
    history.show()


print("before:", evaluate_accuracy(scratch_net, test_iter))
train(scratch_net, train_iter, test_iter, cross_entropy, 4, lambda batch_size: sgd([W, b], 0.1, batch_size))

net = nn.Sequential(nn.Flatten(), nn.LazyLinear(16), nn.ReLU(), nn.LazyLinear(num_outputs))
net(torch.zeros(1, 5, 5))


def init_weights(m):
    if type(m) == nn.Linear:
        nn.init.normal_(m.weight, std=0.1)


net.apply(init_weights)
train(net, train_iter, test_iter, nn.CrossEntropyLoss(reduction="none"), 4, torch.optim.SGD(net.parameters(), lr=0.2))
print(net)
