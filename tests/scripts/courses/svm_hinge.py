"""Linear SVMs: binary by the hinge loss, and the two multiclass losses (Weston-Watkins, Crammer-Singer)."""
import argparse
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim

parser = argparse.ArgumentParser()
parser.add_argument("--c", type=float, default=0.01)
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--batchsize", type=int, default=5)
parser.add_argument("--epoch", type=int, default=5)
parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
args = parser.parse_args([])
args.device = torch.device(args.device)
print(args)

torch.manual_seed(21)
np.random.seed(21)


def blobs(n, centers, spread):
    y = np.random.randint(0, len(centers), n)
    return np.asarray(centers)[y] + spread * np.random.randn(n, 2), y


X, Y = blobs(100, [[-1.0, 1.0], [1.0, -0.5]], 0.6)
Y[np.where(Y == 0)] = -1
X = (X - X.mean()) / X.std()


def train(X, Y, model, args):
    X = torch.FloatTensor(X)
    Y = torch.FloatTensor(Y)
    N = len(Y)
    optimizer = optim.SGD(model.parameters(), lr=args.lr)
    model.train()
    for epoch in range(args.epoch):
        perm = torch.randperm(N)
        sum_loss = 0
        for i in range(0, N, args.batchsize):
            x = X[perm[i : i + args.batchsize]].to(args.device)
            y = Y[perm[i : i + args.batchsize]].to(args.device)
            optimizer.zero_grad()
            output = model(x).squeeze()
            weight = model.weight.squeeze()
            loss = torch.mean(torch.clamp(1 - y * output, min=0))
            loss += args.c * (weight.t() @ weight) / 2.0
            loss.backward()
            optimizer.step()
            sum_loss += float(loss)
        print("Epoch: {:4d}\tloss: {}".format(epoch, round(sum_loss / N, 6)))


model = nn.Linear(2, 1)
model.to(args.device)
train(X, Y, model, args)
W = model.weight.squeeze().detach().cpu().numpy()
b = model.bias.squeeze().detach().cpu().numpy()
print(W.shape, b.shape, W, b)
z = (W.dot(X.T) + b)
print("margin violations", (Y * z < 1).sum(), "errors", (np.sign(z) != Y).sum())

# three classes
X, Y = blobs(90, [[0, 2], [-2, -1], [2, -1]], 0.9)
X, Y = torch.from_numpy(X).float(), torch.from_numpy(Y).long()


def weston_watkins(scores, y, margin=1.0):
    correct = scores.gather(1, y.view(-1, 1))
    losses = (scores - correct + margin).clamp(min=0)
    losses = losses.scatter(1, y.view(-1, 1), 0.0)
    return losses.sum() / y.size(0)


def crammer_singer(scores, y, margin=1.0):
    n = scores.shape[0]
    correct = scores[torch.arange(n), y]
    mask = torch.zeros_like(scores, dtype=torch.bool)
    mask[torch.arange(n), y] = True
    others, _ = scores.masked_fill(mask, float("-inf")).max(dim=1)
    return torch.relu(margin + others - correct).mean()


for fn in (weston_watkins, crammer_singer, nn.MultiMarginLoss()):
    torch.manual_seed(2)
    W = torch.randn(2, 3, requires_grad=True)
    b = torch.zeros(3, requires_grad=True)
    for t in range(40):
        scores = X.mm(W).add(b)
        data_loss = fn(scores, Y)
        loss = data_loss + 0.005 * W.pow(2).sum()
        loss.backward()
        for p in (W, b):
            p.data -= 0.2 * p.grad.data
            p.grad.data.zero_()
        if t % 13 == 0:
            print(t, data_loss)
    pred = torch.max(X.mm(W) + b, 1)[1]
    print(getattr(fn, "__name__", fn), (pred == Y).float().mean(), W.data.norm(2), sep=" | ")
s = torch.randn(3, 4, dtype=torch.double, requires_grad=True)
t = torch.tensor([0, 3, 1])
print(torch.allclose(weston_watkins(s, t) / 4, nn.functional.multi_margin_loss(s, t)), nn.MultiMarginLoss(p=2, reduction="none")(s, t))
