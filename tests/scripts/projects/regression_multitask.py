"""House prices: standardisation, polynomial features, R2; then one trunk with a regression and two classification heads."""
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

np.random.seed(0)
torch.manual_seed(0)
DATA = Path("data")
DATA.mkdir(exist_ok=True)

n = 200
rooms = np.random.randint(1, 7, n)
area = rooms * 22 + np.random.normal(0, 8, n) + 20
age = np.random.uniform(0, 80, n)
distance = np.random.exponential(5, n)
price = 50 + 2.1 * area - 0.6 * age - 4.0 * distance + 0.01 * age**2 + np.random.normal(0, 10, n)
np.savetxt(DATA / "houses.csv", np.c_[rooms, area, age, distance, price], delimiter=",", fmt="%.4f",
           header="rooms,area,age,distance,price", comments="")
table = np.genfromtxt(DATA / "houses.csv", delimiter=",", names=True)
print(table.dtype.names, table.shape, table["price"].mean().round(3))


class StandardScaler:
    def fit(self, x):
        self.mean = x.mean(0, keepdim=True)
        self.std = x.std(0, unbiased=False, keepdim=True)
        return self

    def transform(self, x):
        return (x - self.mean) / (self.std + 1e-8)

    def inverse_transform(self, x):
        return x * self.std + self.mean


class HouseDataset(Dataset):
    def __init__(self, table):
        columns = [table[name] for name in table.dtype.names]
        self.raw = torch.tensor(np.column_stack(columns), dtype=torch.float32)
        self.x, self.y = self.raw[:, :-1], self.raw[:, -1:]

    def __len__(self):
        return self.raw.size(0)

    def __getitem__(self, index):
        return self.x[index], self.y[index]


dataset = HouseDataset(table)
split = int(0.8 * len(dataset))
perm = torch.randperm(len(dataset), generator=torch.Generator().manual_seed(42))
train_idx, test_idx = perm[:split], perm[split:]
xs, ys = StandardScaler().fit(dataset.x[train_idx]), StandardScaler().fit(dataset.y[train_idx])
x_train, x_test = xs.transform(dataset.x[train_idx]), xs.transform(dataset.x[test_idx])
y_train, y_test = ys.transform(dataset.y[train_idx]), ys.transform(dataset.y[test_idx])
print(x_train.shape, x_test.shape, x_train.mean(0).abs().max().item() < 1e-5, xs.mean, ys.std)


def r2_score(y_true, y_pred):
    ss_res = torch.sum((y_true - y_pred) ** 2)
    ss_tot = torch.sum((y_true - torch.mean(y_true)) ** 2)
    return 1 - ss_res / ss_tot


linear = nn.Linear(x_train.shape[1], 1)
criterion, optimizer = nn.MSELoss(), torch.optim.SGD(linear.parameters(), lr=0.1)
for epoch in range(60):
    y_predicted = linear(x_train)
    loss = criterion(y_predicted, y_train)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    if (epoch + 1) % 15 == 0:
        print(f"epoch: {epoch+1}, loss = {loss.item():.4f}")
[w, b] = linear.parameters()
print("w:", w[0].tolist().__len__(), w.data.squeeze(), "b:", round(b[0].item(), 5))
with torch.no_grad():
    pred = linear(x_test)
    rmse = torch.sqrt(F.mse_loss(ys.inverse_transform(pred), dataset.y[test_idx]))
    mae = (ys.inverse_transform(pred) - dataset.y[test_idx]).abs().mean()
    print(f"linear: R2 {r2_score(y_test, pred):.4f} RMSE {rmse:.3f} MAE {mae:.3f}")


def polynomial(x, degree):
    return torch.cat([x**i for i in range(1, degree + 1)], 1)


# L1, L2 and elastic penalties on quadratic features
for name, l1, l2 in [("none", 0.0, 0.0), ("lasso", 0.02, 0.0), ("ridge", 0.0, 0.02), ("elastic", 0.01, 0.01)]:
    torch.manual_seed(1)
    model = nn.Linear(8, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(100):
        loss = F.mse_loss(model(polynomial(x_train, 2)), y_train)
        penalty = l1 * model.weight.abs().sum() + l2 * model.weight.square().sum()
        optimizer.zero_grad()
        (loss + penalty).backward()
        optimizer.step()
    with torch.no_grad():
        score = r2_score(y_test, model(polynomial(x_test, 2))).item()
    print(f"{name:8s} loss {loss.item():.5f} |w| {model.weight.norm(1).item():.4f} R2 {score:.4f}")

# several tasks: the price, whether the house is old, and which third of the distances it is in
old = (dataset.x[:, 2] > 40).float()
zone = torch.bucketize(dataset.x[:, 3], torch.quantile(dataset.x[:, 3], torch.tensor([1 / 3, 2 / 3])))
print("old", old.mean(), "zones", torch.bincount(zone))


class MultiTask(nn.Module):
    def __init__(self, d, hidden=24):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(d, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.price = nn.Linear(hidden, 1)
        self.old = nn.Linear(hidden, 1)
        self.zone = nn.Linear(hidden, 3)
        self.log_vars = nn.Parameter(torch.zeros(3))

    def forward(self, x):
        h = self.trunk(x)
        return {"price": self.price(h).squeeze(1), "old": self.old(h).squeeze(1), "zone": self.zone(h)}


class TaskDataset(Dataset):
    def __init__(self, idx):
        self.idx = idx

    def __len__(self):
        return len(self.idx)

    def __getitem__(self, i):
        j = self.idx[i]
        x, y = xs.transform(dataset.x[j])[0], ys.transform(dataset.y[j])[0, 0]
        return x, {"price": y, "old": old[j], "zone": zone[j]}


net = MultiTask(4)
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
loader = DataLoader(TaskDataset(train_idx), batch_size=40, shuffle=True)
for epoch in range(10):
    sums = {}
    for x, target in loader:
        out = net(x)
        losses = {
            "price": F.mse_loss(out["price"], target["price"]),
            "old": F.binary_cross_entropy_with_logits(out["old"], target["old"]),
            "zone": F.cross_entropy(out["zone"], target["zone"]),
        }
        stacked = torch.stack(list(losses.values()))
        loss = (torch.exp(-net.log_vars) * stacked + net.log_vars).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        for k, v in losses.items():
            sums[k] = sums.get(k, 0.0) + v.item() * len(x)
    if epoch % 3 == 0:
        print(f"epoch {epoch} " + " ".join(f"{k} {v / len(train_idx):.4f}" for k, v in sums.items()), net.log_vars.data)
net.eval()
batch = next(iter(DataLoader(TaskDataset(test_idx), batch_size=len(test_idx))))
with torch.no_grad():
    out = net(batch[0])
print({k: tuple(v.shape) for k, v in out.items()}, {k: v.dtype for k, v in batch[1].items()})
print(f"R2 {r2_score(batch[1]['price'], out['price']):.3f}",
      f"old {((out['old'] > 0) == batch[1]['old'].bool()).float().mean():.3f}",
      f"zone {(out['zone'].argmax(1) == batch[1]['zone']).float().mean():.3f}")
