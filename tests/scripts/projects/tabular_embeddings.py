"""A tabular project: a csv file, categorical columns through embeddings, continuous columns standardised."""
import csv
from collections import Counter

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset, Subset

np.random.seed(3)
torch.manual_seed(3)

cities, plans = ["Delft", "Ghent", "Turin", "Porto"], ["basic", "plus", "pro"]
with open("customers.csv", "w", newline="") as f:
    writer = csv.DictWriter(f, fieldnames=["city", "plan", "age", "visits", "spend", "churn"])
    writer.writeheader()
    for _ in range(240):
        city, plan = np.random.randint(4), np.random.choice(3, p=[0.5, 0.3, 0.2])
        age, visits = np.random.normal(40, 12), np.random.poisson(6)
        spend = np.exp(np.random.normal(3 + 0.4 * plan, 0.5))
        score = 0.8 * (city == 2) - 0.9 * plan - 0.25 * (visits - 6) + 0.03 * (age - 40)
        churn = int(score + np.random.logistic() > 0)
        writer.writerow(dict(city=cities[city], plan=plans[plan], age=f"{age:.1f}", visits=visits,
                             spend=f"{spend:.2f}", churn=churn))

with open("customers.csv", newline="") as f:
    rows = list(csv.DictReader(f))
print(len(rows), rows[0])
print(Counter(r["plan"] for r in rows).most_common())
numeric = np.genfromtxt("customers.csv", delimiter=",", skip_header=1, usecols=(2, 3, 4), dtype=np.float32)
print(numeric.shape, numeric.dtype, numeric.mean(axis=0))

cat_cols, cont_cols = ["city", "plan"], ["age", "visits", "spend"]
encoders = {c: {v: i for i, v in enumerate(sorted({r[c] for r in rows}))} for c in cat_cols}
cats = torch.tensor([[encoders[c][r[c]] for c in cat_cols] for r in rows], dtype=torch.int64)
conts = torch.tensor([[float(r[c]) for c in cont_cols] for r in rows], dtype=torch.float)
conts[:, 2] = torch.log1p(conts[:, 2])
y = torch.tensor([int(r["churn"]) for r in rows])
emb_szs = [(len(encoders[c]), min(50, (len(encoders[c]) + 1) // 2)) for c in cat_cols]
print(encoders["city"], emb_szs, torch.bincount(y))


class ChurnDataset(Dataset):
    def __init__(self, cats, conts, y):
        self.cats, self.conts, self.y = cats, conts, y

    def __len__(self):
        return self.y.shape[0]

    def __getitem__(self, i):
        return {"cat": self.cats[i], "cont": self.conts[i], "label": self.y[i]}


class TabularModel(nn.Module):
    def __init__(self, emb_szs, n_cont, out_sz, layers, p=0.5):
        super().__init__()
        self.embeds = nn.ModuleList([nn.Embedding(ni, nf) for ni, nf in emb_szs])
        self.bn_cont = nn.BatchNorm1d(n_cont)
        n_in = sum(nf for _, nf in emb_szs) + n_cont
        layerlist = []
        for i in layers:
            layerlist.append(nn.Linear(n_in, i, bias=False))
            layerlist.append(nn.BatchNorm1d(i))
            layerlist.append(nn.ReLU(inplace=True))
            n_in = i
        layerlist.append(nn.Linear(layers[-1], out_sz))
        self.layers = nn.Sequential(*layerlist)

    def forward(self, x_cat, x_cont):
        embeddings = [e(x_cat[:, i]) for i, e in enumerate(self.embeds)]
        x = torch.cat(embeddings, 1)
        x = torch.cat([x, self.bn_cont(x_cont)], 1)
        return self.layers(x)


def collate(batch):
    return (torch.stack([b["cat"] for b in batch]), torch.stack([b["cont"] for b in batch]),
            torch.tensor([b["label"].item() for b in batch]))


dataset = ChurnDataset(cats, conts, y)
print(dataset[0])
perm = torch.randperm(len(dataset)).tolist()
train_ds, test_ds = Subset(dataset, perm[:192]), Subset(dataset, perm[192:])
mean, std = conts[perm[:192]].mean(0), conts[perm[:192]].std(0)
dataset.conts = (conts - mean) / std
print("standardised:", dataset.conts[perm[:192]].mean(0).abs().max() < 1e-5, dataset.conts[perm[:192]].std(dim=0))

train_loader = DataLoader(train_ds, batch_size=32, shuffle=True, collate_fn=collate)
model = TabularModel(emb_szs, conts.shape[1], 2, [24, 12])
print(model)
labels = y[perm[:192]]
class_weights = len(labels) / (2.0 * torch.bincount(labels, minlength=2).float())
print("class weights", class_weights)
criterion = nn.CrossEntropyLoss(weight=class_weights)
optimizer = torch.optim.Adam(
    [{"params": model.embeds.parameters(), "lr": 1e-3}, {"params": [*model.bn_cont.parameters(), *model.layers.parameters()]}],
    lr=1e-3,
)
scheduler = torch.optim.lr_scheduler.OneCycleLR(
    optimizer, max_lr=[1e-2, 1e-2], epochs=8, steps_per_epoch=len(train_loader)
)
for epoch in range(8):
    model.train()
    losses = []
    for xc, xn, yb in train_loader:
        loss = criterion(model(xc, xn), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.detach())
    if epoch % 2 == 1:
        print(f"epoch: {epoch+1:2}  loss: {torch.stack(losses).mean():10.6f}  lr: {[f'{lr:.5f}' for lr in scheduler.get_last_lr()]}")

model.eval()
xc, xn, yt = collate([test_ds[i] for i in range(len(test_ds))])
with torch.no_grad():
    prob = F.softmax(model(xc, xn), dim=-1)[:, 1]
pred = (prob > 0.5).long()
tp, fp = ((pred == 1) & (yt == 1)).sum(), ((pred == 1) & (yt == 0)).sum()
fn, tn = ((pred == 0) & (yt == 1)).sum(), ((pred == 0) & (yt == 0)).sum()
precision, recall = tp / (tp + fp), tp / (tp + fn)
print(f"tp {tp} fp {fp} fn {fn} tn {tn}")
print(f"precision {precision:.3f} recall {recall:.3f} f1 {2 * precision * recall / (precision + recall):.3f}")
order = prob.argsort()
ranks = torch.empty_like(prob).scatter_(0, order, torch.arange(1, len(prob) + 1, dtype=prob.dtype))
n_pos, n_neg = yt.sum(), (1 - yt).sum()
auc = (ranks[yt == 1].sum() - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg)
print(f"AUC {auc.item():.3f}")
for city, row in zip(encoders["city"], model.embeds[0].weight):
    print(f"{city:6s}", row.detach().numpy().round(3))
