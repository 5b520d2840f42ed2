"""Distillation with a temperature, focal loss, label smoothing, mixup, pos_weight, metric learning."""
import copy

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

torch.manual_seed(17)
rng = np.random.default_rng(17)

n, classes = 300, 3
labels = torch.from_numpy(rng.choice(classes, size=n, p=[0.7, 0.2, 0.1]))
radius = labels.float() + 0.3 * torch.randn(n)
angle = 3 * radius + 0.2 * torch.randn(n)
X = torch.stack([radius * torch.sin(angle), radius * torch.cos(angle)], dim=1)
print("classes", labels.bincount().tolist(), X.dtype, labels.dtype)

# the rare classes are drawn as often as the frequent one
counts = torch.bincount(labels)
sampler = WeightedRandomSampler((1.0 / counts)[labels], num_samples=n, replacement=True)
loader = DataLoader(TensorDataset(X, labels), batch_size=50, sampler=sampler)
drawn = torch.cat([y for _, y in loader])
print("drawn", torch.unique(drawn, return_counts=True))


def fit(model, loss_fn, epochs=8, lr=0.02):
    optimizer = torch.optim.NAdam(model.parameters(), lr=lr)
    for epoch in range(epochs):
        running = 0.0
        for x, y in loader:
            loss = loss_fn(model, x, y)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            running += loss.item()
        if epoch % 4 == 3:
            acc = (model(X).argmax(-1) == labels).float().mean()
            print(f"  epoch {epoch + 1} loss {running / len(loader):.5f} acc {acc:.4f}")
    return model


def mlp(width):
    return nn.Sequential(nn.Linear(2, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, classes))


print("teacher, label smoothing")
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
teacher = fit(mlp(32), lambda m, x, y: criterion(m(x), y))
teacher.eval()
teacher.requires_grad_(False)


class DistillationLoss(nn.Module):
    def __init__(self, teacher, T=3.0, alpha=0.7):
        super().__init__()
        self.teacher, self.T, self.alpha = teacher, T, alpha
        self.kl = nn.KLDivLoss(reduction="batchmean")

    def forward(self, model, x, y):
        student = model(x)
        with torch.no_grad():
            target = F.softmax(self.teacher(x) / self.T, dim=1)
        soft = self.kl(F.log_softmax(student / self.T, dim=1), target) * self.T**2
        return self.alpha * soft + (1 - self.alpha) * F.cross_entropy(student, y)


print("student, distilled")
student = fit(mlp(6), DistillationLoss(teacher))


class FocalLoss(nn.Module):
    def __init__(self, gamma: float = 2.0, alpha=None, reduction: str = "mean"):
        super().__init__()
        self.gamma, self.reduction = gamma, reduction
        self.register_buffer("alpha", alpha)

    def forward(self, logits, target):
        ce = F.cross_entropy(logits, target, reduction="none")
        pt = torch.exp(-ce)
        loss = (1 - pt) ** self.gamma * ce
        if self.alpha is not None:
            loss = self.alpha.gather(0, target) * loss
        return loss.mean() if self.reduction == "mean" else loss.sum()


print("focal")
focal = FocalLoss(alpha=torch.tensor([0.2, 0.3, 0.5]))
print(" ", focal, [name for name, _ in focal.named_buffers()], dict(focal.state_dict()))
fit(copy.deepcopy(student), lambda m, x, y: focal(m(x), y), epochs=4)


def mixup(x, y, alpha=0.4):
    lam = rng.beta(alpha, alpha)
    index = torch.randperm(x.size(0))
    return lam * x + (1 - lam) * x[index], y, y[index], lam


def mixup_loss(m, x, y):
    mixed, ya, yb, lam = mixup(x, y)
    pred = m(mixed)
    return lam * F.cross_entropy(pred, ya) + (1 - lam) * F.cross_entropy(pred, yb)


print("mixup")
fit(mlp(16), mixup_loss)

print("soft targets")
one_hot = F.one_hot(labels, classes).float()
smoothed = one_hot * 0.9 + 0.1 / classes
print(" ", F.cross_entropy(teacher(X), smoothed), criterion(teacher(X), labels), F.mse_loss(teacher(X).softmax(1), one_hot))

print("multi-label with pos_weight")
tags = torch.stack([X[:, 0] > 0, X[:, 1] > 0.5, X.norm(dim=1) > 1.5], dim=1).float()
pos_weight = (len(tags) - tags.sum(0)) / tags.sum(0)
criterion = nn.BCEWithLogitsLoss(pos_weight=pos_weight)
net = nn.Sequential(nn.Linear(2, 24), nn.Hardswish(), nn.Linear(24, 3))
optimizer = torch.optim.SGD(net.parameters(), lr=0.5, momentum=0.9, nesterov=True)
for i in range(60):
    optimizer.zero_grad()
    loss = criterion(net(X), tags)
    loss.backward()
    optimizer.step()
pred = net(X).sigmoid() > 0.5
print("  pos_weight", pos_weight, "loss", loss)
tp = (pred & tags.bool()).sum(0).float()
print("  precision", tp / pred.sum(0), "recall", tp / tags.sum(0), "exact", (pred == tags.bool()).all(dim=1).float().mean())

print("triplets and contrast")
embed = nn.Sequential(nn.Linear(2, 16), nn.Mish(), nn.Linear(16, 4))
optimizer = torch.optim.RAdam(embed.parameters(), lr=0.02)
triplet = nn.TripletMarginLoss(margin=0.5, p=2)
for i in range(30):
    anchor = torch.randint(0, n, (40,))
    same = torch.stack([(labels == labels[a]).nonzero().squeeze(1)[0] for a in anchor])
    other = torch.stack([(labels != labels[a]).nonzero().squeeze(1)[-1] for a in anchor])
    z = F.normalize(embed(X), dim=-1)
    loss = triplet(z[anchor], z[same], z[other])
    a, b = z[anchor], F.normalize(embed(X[anchor] + 0.05 * torch.randn(40, 2)), dim=1)
    logits = a @ b.t() / 0.1
    info_nce = F.cross_entropy(logits, torch.arange(40))
    total = loss + 0.1 * info_nce
    optimizer.zero_grad()
    total.backward()
    optimizer.step()
    if i % 10 == 9:
        print(f"  {i + 1} triplet {loss:.5f} nce {info_nce:.5f}")
with torch.no_grad():
    z = F.normalize(embed(X), dim=1)
    sims = F.cosine_similarity(z[:5].unsqueeze(1), z[:5].unsqueeze(0), dim=-1)
    knn = (z @ z.T).fill_diagonal_(-1).topk(5, dim=1).indices
    votes = labels[knn].mode(dim=1).values
print(" ", sims.diagonal(), "knn accuracy %.3f" % (votes == labels).float().mean())
