"""Homework 1: the perceptron, Adaline by hand and by autograd, AND / OR / XOR."""
import torch
import torch.nn.functional as F


class Perceptron():
    def __init__(self, num_features):
        self.num_features = num_features
        self.weights = torch.zeros(num_features, 1, dtype=torch.float32)
        self.bias = torch.zeros(1, dtype=torch.float32)
        self.ones = torch.ones(1)
        self.zeros = torch.zeros(1)

    def forward(self, x):
        linear = torch.mm(x, self.weights) + self.bias
        predictions = torch.where(linear > 0., self.ones, self.zeros)
        return predictions

    def backward(self, x, y):
        predictions = self.forward(x)
        errors = y - predictions
        return errors

    def train(self, x, y, epochs):
        for e in range(epochs):
            for i in range(y.shape[0]):
                errors = self.backward(x[i].reshape(1, self.num_features), y[i]).reshape(-1)
                self.weights += (errors * x[i]).reshape(self.num_features, 1)
                self.bias += errors

    def evaluate(self, x, y):
        predictions = self.forward(x).reshape(-1)
        accuracy = torch.sum(predictions == y).float() / y.shape[0]
        return accuracy


torch.manual_seed(123)
X = torch.cat([torch.randn(40, 2) * 0.6 + torch.tensor([1.5, 1.0]), torch.randn(40, 2) * 0.6 - torch.tensor([1.0, 1.5])])
y = torch.cat([torch.ones(40), torch.zeros(40)])
shuffle_idx = torch.randperm(y.size(0), generator=torch.Generator().manual_seed(123))
X, y = X[shuffle_idx], y[shuffle_idx]
X_train, X_test = X[:56], X[56:]
y_train, y_test = y[:56], y[56:]
mu, sigma = X_train.mean(dim=0), X_train.std(dim=0)
X_train, X_test = (X_train - mu) / sigma, (X_test - mu) / sigma
print('Train', X_train.size(), y_train.size(), '\nMean', mu, '\nStd', sigma)

ppn = Perceptron(num_features=2)
ppn.train(X_train, y_train, epochs=5)
print('Model parameters:')
print('  Weights: %s' % ppn.weights)
print('  Bias: %s' % ppn.bias)
print('Test set accuracy: %.2f%%' % (ppn.evaluate(X_test, y_test) * 100))


class Adaline1():
    def __init__(self, num_features):
        self.num_features = num_features
        self.weight = torch.zeros(num_features, 1, dtype=torch.float)
        self.bias = torch.zeros(1, dtype=torch.float)

    def forward(self, x):
        netinputs = torch.add(torch.mm(x, self.weight), self.bias)
        activations = netinputs
        return activations.view(-1)

    def backward(self, x, yhat, y):
        grad_loss_yhat = 2 * (yhat - y)
        grad_yhat_weights = x
        grad_yhat_bias = 1.
        grad_loss_weights = torch.mm(grad_yhat_weights.t(), grad_loss_yhat.view(-1, 1)) / y.size(0)
        grad_loss_bias = torch.sum(grad_yhat_bias * grad_loss_yhat) / y.size(0)
        return (-1) * grad_loss_weights, (-1) * grad_loss_bias


def loss_func(yhat, y):
    return torch.mean((yhat - y) ** 2)


model = Adaline1(2)
cost = []
for e in range(6):
    torch.manual_seed(e)
    minibatches = torch.split(torch.randperm(y_train.size(0)), 10)
    for minibatch_idx in minibatches:
        yhat = model.forward(X_train[minibatch_idx])
        negative_grad_w, negative_grad_b = model.backward(X_train[minibatch_idx], yhat, y_train[minibatch_idx])
        model.weight += 0.05 * negative_grad_w
        model.bias += 0.05 * negative_grad_b
    curr_loss = loss_func(model.forward(X_train), y_train)
    print('Epoch: %03d' % (e + 1), end="")
    print(' | MSE: %.5f' % curr_loss)
    cost.append(curr_loss)
ones, zeros = torch.ones(y_train.size(0)), torch.zeros(y_train.size(0))
print('Training Accuracy: %.2f' % (torch.mean((torch.where(model.forward(X_train) > 0.5, ones, zeros).int() == y_train.int()).float()) * 100))

torch.manual_seed(9)
weight = torch.zeros(2, requires_grad=True)
bias = torch.zeros(1, requires_grad=True)
for e in range(30):
    loss = F.mse_loss(X_train.mv(weight) + bias, y_train)
    gw, gb = torch.autograd.grad(loss, (weight, bias))
    with torch.no_grad():
        weight -= 0.1 * gw
        bias.sub_(0.1 * gb)
    if not e % 10:
        print(f'{e:>3} {loss.item():.4f} {gw.tolist()[0]:.4f}')
w_exact = torch.cat([X_train, torch.ones(56, 1)], 1)
w_exact = torch.inverse(w_exact.t().mm(w_exact)).mm(w_exact.t()).mm(y_train.unsqueeze(1))
print(w_exact, weight, bias, sep='\n')

for name, targets in {'AND': [0, 0, 0, 1], 'OR': [0, 1, 1, 1], 'XOR': [0, 1, 1, 0]}.items():
    gate = Perceptron(2)
    inputs = torch.Tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
    gate.train(inputs, torch.Tensor(targets), 8)
    print(name, gate.forward(inputs).view(-1).tolist(), gate.evaluate(inputs, torch.Tensor(targets)))
