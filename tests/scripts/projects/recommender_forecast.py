"""A recommender by matrix factorisation, and a forecast from sliding windows of a series."""
import math
import random
from collections import defaultdict

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(33)
random.seed(33)

users, items, factors = 12, 15, 3
U, V = torch.randn(users, factors), torch.randn(items, factors)
full = (3 + U @ V.t()).clamp(1, 5)
seen = torch.rand(users, items) < 0.6
user_ids, item_ids = torch.nonzero(seen, as_tuple=True)
ratings = (full[seen] + 0.1 * torch.randn(int(seen.sum()))).round().clamp_(1, 5)
print(len(ratings), torch.unique(ratings, return_counts=True))
order = torch.randperm(len(ratings))
cut = int(len(order) * 0.9)
train_ids, valid_ids = order[:cut], order[cut:]


class MF(nn.Module):
    def __init__(self, num_users, num_items, emb_size=8, mean=0.0):
        super(MF, self).__init__()
        self.user_emb = nn.Embedding(num_users, emb_size)
        self.user_bias = nn.Embedding(num_users, 1)
        self.item_emb = nn.Embedding(num_items, emb_size)
        self.item_bias = nn.Embedding(num_items, 1)
        self.register_buffer("offset", torch.as_tensor(mean))
        self.user_emb.weight.data.uniform_(0, 0.05)
        self.item_emb.weight.data.uniform_(0, 0.05)
        self.user_bias.weight.data.uniform_(-0.01, 0.01)
        self.item_bias.weight.data.uniform_(-0.01, 0.01)

    def forward(self, u, v):
        interaction = (self.user_emb(u) * self.item_emb(v)).sum(1)
        return interaction + self.user_bias(u).squeeze() + self.item_bias(v).squeeze() + self.offset


model = MF(users, items, mean=ratings[train_ids].mean())
print(model)
loader = DataLoader(
    TensorDataset(user_ids[train_ids], item_ids[train_ids], ratings[train_ids]), batch_size=24, shuffle=True, num_workers=0
)
optimizer = optim.Adam(model.parameters(), lr=0.02, weight_decay=1e-5)
scheduler = optim.lr_scheduler.MultiStepLR(optimizer, milestones=[20, 30], gamma=0.3)
for epoch in range(36):
    model.train()
    total = 0.0
    for u, v, r in loader:
        r_hat = model(u, v)
        loss = nn.functional.mse_loss(r_hat, r)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * r.size(0)
    scheduler.step()
    if epoch % 9 == 8:
        model.eval()
        with torch.no_grad():
            valid = nn.functional.mse_loss(model(user_ids[valid_ids], item_ids[valid_ids]), ratings[valid_ids])
        print(f"epoch {epoch + 1:2d} train {total / cut:.4f} valid {valid:.4f} lr {optimizer.param_groups[0]['lr']:.4g}")

with torch.no_grad():
    scores = model.user_emb.weight @ model.item_emb.weight.T + model.user_bias.weight + model.item_bias.weight.T
scores[seen] = -math.inf
values, top = scores.topk(3, dim=1)
for u in range(3):
    print(f"user {u}:", top[u].tolist(), [f"{x:.3f}" for x in (values[u] + model.offset).tolist()])
by_user = defaultdict(list)
for u, r in zip(user_ids.tolist(), ratings.tolist()):
    by_user[u].append(r)
print({u: round(sum(r) / len(r), 3) for u, r in list(by_user.items())[:4]})
means = torch.zeros(users).scatter_add_(0, user_ids, ratings) / torch.bincount(user_ids)
print(means[:4], torch.zeros(users).scatter_reduce(0, user_ids, ratings, reduce="amax", include_self=False)[:6])
similar = nn.functional.cosine_similarity(model.item_emb.weight[0:1], model.item_emb.weight, dim=1)
print("like item 0:", similar.argsort(descending=True)[:4], similar.max())

# the forecast
t = torch.arange(0, 160, dtype=torch.float32)
series = torch.sin(0.2 * t) + 0.5 * torch.cos(0.05 * t) + 0.1 * torch.randn(len(t))
tau = 8
windows = series.unfold(0, tau + 1, 1)
features, labels = windows[:, :tau], windows[:, tau:]
print(windows.shape, features.is_contiguous(), torch.equal(features[3], series[3 : 3 + tau]))
n_train = 110
train_iter = DataLoader(TensorDataset(features[:n_train], labels[:n_train]), 16, shuffle=True)
net = nn.Sequential(nn.Linear(tau, 16), nn.ReLU(), nn.Linear(16, 1))


def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.xavier_uniform_(m.weight)
        nn.init.zeros_(m.bias)


net.apply(init_weights)
loss = nn.MSELoss(reduction="none")
trainer = optim.Adam(net.parameters(), 0.01)
for epoch in range(6):
    for X, y in train_iter:
        trainer.zero_grad()
        l = loss(net(X), y)
        l.sum().backward()
        trainer.step()
    with torch.no_grad():
        print(f"epoch {epoch + 1}, loss: {loss(net(features[:n_train]), labels[:n_train]).mean():f}")
onestep = net(features)
multistep = torch.zeros(len(series))
multistep[: n_train + tau] = series[: n_train + tau]
for i in range(n_train + tau, len(series)):
    multistep[i] = net(multistep[i - tau : i].reshape((1, -1))).squeeze().detach()
print("one step ahead", ((onestep[n_train:] - labels[n_train:]) ** 2).mean().sqrt().item())
print("many steps", torch.sqrt(((multistep - series)[n_train + tau :] ** 2).mean()))
smooth = torch.nn.functional.pad(series, (2, 2)).unfold(0, 5, 1).mean(-1)
print(smooth[:4], series.diff().abs().mean(), torch.corrcoef(torch.stack([series[:-1], series[1:]]))[0, 1])
