"""What a network does not know: quantiles, variances, ensembles, dropout at test time, temperature, calibration."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.optim import LBFGS, Adam

torch.manual_seed(99)


def make_data(n):
    x = torch.empty(n, 1).uniform_(-3, 3)
    y = torch.sin(x) + (0.1 + 0.2 * (x > 0).float()) * torch.randn(n, 1)
    return x, y


x, y = make_data(160)
grid = torch.linspace(-4, 4, 5)[:, None]


class MLP(nn.Sequential):
    def __init__(self, d_in, d_hidden, d_out, p=0.0):
        layers = [nn.Linear(d_in, d_hidden), nn.Tanh()]
        if p:
            layers += [nn.Dropout(p)]
        super().__init__(*layers, nn.Linear(d_hidden, d_out))


def fit(model, loss_fn, steps=150, lr=2e-2, wd=0.0):
    opt = Adam(model.parameters(), lr=lr, weight_decay=wd)
    for step in range(steps):
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
    return loss.item()


# quantiles by the pinball loss
quantiles = torch.tensor([0.1, 0.5, 0.9])


def pinball(pred, target):
    error = target - pred
    return torch.maximum(quantiles * error, (quantiles - 1) * error).sum(dim=1).mean()


model = MLP(1, 24, 3)
print(f"pinball {fit(model, pinball):.5f}")
with torch.no_grad():
    q = model(x)
    print("below:", (y < q).float().mean(0), "crossings:", (q[:, 1:] < q[:, :-1]).sum().item())

# a variance of its own at each point
net = MLP(1, 24, 2)
nll = nn.GaussianNLLLoss(eps=1e-6)
print(f"gaussian nll {fit(net, lambda o, t: nll(o[:, :1], t, F.softplus(o[:, 1:]) + 1e-4)):.5f}")
with torch.no_grad():
    mean, raw = net(grid).chunk(2, dim=1)
    print(torch.cat([grid, mean, F.softplus(raw).sqrt()], dim=1))

# an ensemble
members = []
for seed in range(4):
    torch.manual_seed(seed)
    members.append(MLP(1, 16, 1))
    fit(members[-1], F.mse_loss, steps=60)
with torch.no_grad():
    votes = torch.stack([m(grid) for m in members])
    std, mean = torch.std_mean(votes, dim=0)
    print("ensemble", mean.flatten(), std.flatten())
    weights = torch.stack([torch.nn.utils.parameters_to_vector(m.parameters()) for m in members]).mean(0)
    soup = MLP(1, 16, 1)
    torch.nn.utils.vector_to_parameters(weights, soup.parameters())
    print("soup", F.mse_loss(soup(x), y), "ensemble", F.mse_loss(torch.stack([m(x) for m in members]).mean(0), y))

# dropout that stays on
torch.manual_seed(5)
dropped = MLP(1, 48, 1, p=0.2)
print(f"dropout {fit(dropped, F.mse_loss, steps=80, wd=1e-4):.5f}")
dropped.eval()
with torch.no_grad():
    still = dropped(grid)
    print("eval repeats:", torch.equal(still, dropped(grid)))
for m in dropped.modules():
    if isinstance(m, nn.Dropout):
        m.train()
with torch.no_grad():
    samples = torch.stack([dropped(grid) for _ in range(20)])
print("mc dropout", samples.mean(0).squeeze(-1), samples.std(0).squeeze(-1))

# Bayes by hand: a linear layer with a distribution over its weights
class BayesLinear(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.mu = nn.Parameter(torch.empty(d_out, d_in).normal_(0, 0.1))
        self.rho = nn.Parameter(torch.full((d_out, d_in), -3.0))
        self.bias = nn.Parameter(torch.zeros(d_out))

    def forward(self, h):
        sigma = torch.log1p(torch.exp(self.rho))
        w = self.mu + sigma * torch.randn_like(sigma)
        self.kl = 0.5 * (sigma**2 + self.mu**2 - 1 - 2 * sigma.log()).sum()
        return F.linear(h, w, self.bias)


bayes = nn.Sequential(BayesLinear(1, 16), nn.Tanh(), BayesLinear(16, 1))
opt = Adam(bayes.parameters(), lr=2e-2)
for step in range(100):
    out = bayes(x)
    kl = sum(m.kl for m in bayes if isinstance(m, BayesLinear))
    loss = F.mse_loss(out, y) / 0.08 + kl / len(x)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 25 == 24:
        print(f"bayes {step + 1:3d} loss {loss:.4f} kl {kl.item():.4f}")

# a classifier that is too sure of itself, cooled by one number
z = torch.randn(300, 2)
labels = ((z[:, 0] + 0.8 * torch.randn(300)) > 0).long() + (z[:, 1] > 1).long()
clf = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 3))
opt = Adam(clf.parameters(), lr=1e-2)
for _ in range(80):
    opt.zero_grad()
    F.cross_entropy(clf(z[:100]), labels[:100]).backward()
    opt.step()
with torch.no_grad():
    logits = 3.0 * clf(z[100:])
target = labels[100:]


def ece(logits, target, n_bins=5):
    confidence, prediction = logits.softmax(1).max(1)
    correct = prediction.eq(target).float()
    edges = torch.linspace(0, 1, n_bins + 1)
    total = torch.zeros(1)
    for lo, hi in zip(edges[:-1], edges[1:]):
        inside = confidence.gt(lo) & confidence.le(hi)
        if inside.any():
            total += (confidence[inside].mean() - correct[inside].mean()).abs() * inside.float().mean()
    return total


temperature = nn.Parameter(torch.ones(1) * 1.5)
opt = LBFGS([temperature], lr=0.05, max_iter=50)


def closure():
    opt.zero_grad()
    loss = F.cross_entropy(logits / temperature, target)
    loss.backward()
    return loss


print(f"before: nll {F.cross_entropy(logits, target):.4f} ece {ece(logits, target).item():.3f}")
opt.step(closure)
cooled = logits / temperature.detach()
print(f"after:  nll {F.cross_entropy(cooled, target):.4f} temperature {temperature.item():.3f}")
entropy = -(cooled.softmax(1) * cooled.log_softmax(1)).sum(1)
print(f"entropy {entropy.mean():.4f} of at most {math.log(3):.4f};", "Brier",
      f"{(cooled.softmax(-1) - F.one_hot(target, 3)).pow(2).sum(-1).mean():.4f}")
