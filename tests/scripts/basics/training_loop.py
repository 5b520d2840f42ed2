"""The whole loop: TensorDataset, DataLoader, a Module, Adam, a scheduler, early stopping with the best state kept."""
import copy
from collections import OrderedDict

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(42)
np.random.seed(42)
X = np.random.uniform(-1, 1, size=(300, 2)).astype(np.float32)
y = (X[:, 0] * X[:, 1] > 0).astype(np.int64)
data = TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
train_set, val_set = random_split(data, [240, 60])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
val_loader = DataLoader(val_set, batch_size=60)


class Net(nn.Module):
    def __init__(self, hidden=16):
        super(Net, self).__init__()
        self.body = nn.Sequential(
            OrderedDict([("fc1", nn.Linear(2, hidden)), ("act", nn.Tanh()), ("bn", nn.BatchNorm1d(hidden))])
        )
        self.head = nn.Linear(hidden, 2)

    def forward(self, x):
        return self.head(self.body(x))


net = Net()
print(net)
print(sum(p.numel() for p in net.parameters() if p.requires_grad), "parameters")
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01, weight_decay=1e-4)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2)
best, best_state, waited = float("inf"), None, 0
for epoch in range(30):
    net.train()
    running = 0.0
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(inputs), targets)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        running += loss.item() * inputs.size(0)
    net.eval()
    with torch.no_grad():
        correct = total = 0
        for inputs, targets in val_loader:
            outputs = net(inputs)
            val_loss = criterion(outputs, targets)
            _, predicted = torch.max(outputs.data, 1)
            total += targets.size(0)
            correct += (predicted == targets).sum().item()
    scheduler.step(val_loss)
    if val_loss < best:
        best, best_state, waited = val_loss.item(), copy.deepcopy(net.state_dict()), 0
    else:
        waited += 1
    if epoch % 5 == 0:
        print("[%2d] train %.4f val %.4f acc %d %%" % (epoch, running / len(train_set), val_loss, 100 * correct / total))
    if waited >= 8:
        print("early stop at", epoch)
        break
print(net.load_state_dict(best_state))
for name, value in net.state_dict().items():
    print(name, tuple(value.shape), value.dtype)
print(optimizer)
