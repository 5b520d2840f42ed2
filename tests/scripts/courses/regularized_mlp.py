# Exercise sheet: logistic regression and MLPs on moons and spirals; dropout, batch norm, schedulers, checkpoints.
import math
import os
import torch
from torch import nn, optim

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.manual_seed(1)
print("Using", device)


def moons(n, noise=0.15):
    t = torch.rand(n) * math.pi
    upper = torch.stack((t.cos(), t.sin()), 1)
    lower = torch.stack((1 - t.cos(), 0.5 - t.sin()), 1)
    pick = torch.rand(n) > 0.5
    return torch.where(pick.unsqueeze(1), upper, lower) + noise * torch.randn(n, 2), pick.float()


X, y = moons(200)
X, y = X.to(device), y.to(device)
print(X.shape, y.mean(), X.mean(0))


class LogisticRegression(nn.Module):
    def __init__(self, n_input_features):
        super(LogisticRegression, self).__init__()
        self.linear = nn.Linear(n_input_features, 1)

    def forward(self, x):
        y_predicted = torch.sigmoid(self.linear(x))
        return y_predicted


model = LogisticRegression(2)
criterion = nn.BCELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
for epoch in range(60):
    y_predicted = model(X)
    loss = criterion(y_predicted, y.view(y.shape[0], 1))
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    if (epoch + 1) % 20 == 0:
        print(f'epoch: {epoch+1}, loss = {loss.item():.4f}')
with torch.no_grad():
    y_predicted_cls = model(X).round()
    acc = y_predicted_cls.eq(y.view(-1, 1)).sum() / float(y.shape[0])
    print(f'accuracy = {acc:.4f}', acc)

# dropout: on in train, off in eval; the kept are scaled
drop = nn.Dropout(p=0.5)
ones = torch.ones(2000)
kept = drop(ones)
print(drop.training, sorted(set(kept.tolist())), abs(kept.mean().item() - 1) < 0.1, drop.eval()(ones).sum())

# batch norm by hand
bn = nn.BatchNorm1d(2, momentum=0.1)
out = bn(X)
mean, var = X.mean(0), X.var(0, unbiased=False)
print(torch.allclose(out, (X - mean) / torch.sqrt(var + bn.eps), atol=1e-5), bn.running_mean, bn.running_var)
print(bn.eval()(X[:2]), bn.num_batches_tracked, bn)


def spirals(n, classes=3):
    xs, ys = [], []
    for c in range(classes):
        r = torch.linspace(0.05, 1, n)
        t = torch.linspace(c * 4, (c + 1) * 4, n) + torch.randn(n) * 0.2
        xs.append(torch.stack([r * torch.sin(t), r * torch.cos(t)], dim=1))
        ys.append(torch.full((n,), c, dtype=torch.long))
    return torch.cat(xs), torch.cat(ys)


X, y = spirals(60)


class MLP(nn.Module):
    def __init__(self, sizes, activation=nn.ReLU, batch_norm=False):
        super().__init__()
        layers = []
        for i, (n_in, n_out) in enumerate(zip(sizes[:-1], sizes[1:])):
            layers.append(nn.Linear(n_in, n_out))
            if i < len(sizes) - 2:
                if batch_norm:
                    layers += [nn.BatchNorm1d(n_out)]
                layers.append(activation())
        self.layers = nn.Sequential(*layers)
        self.apply(self._init)

    @staticmethod
    def _init(m):
        if isinstance(m, nn.Linear):
            nn.init.xavier_uniform_(m.weight, gain=nn.init.calculate_gain('relu'))
            m.bias.data.fill_(0.01)

    def forward(self, x):
        return self.layers(x)


configs = [dict(activation=nn.ReLU), dict(activation=nn.Tanh, batch_norm=True), dict(activation=lambda: nn.LeakyReLU(0.1))]
for config in configs:
    torch.manual_seed(5)
    net = MLP([2, 24, 3], **config).to(device)
    optimizer = optim.SGD(net.parameters(), lr=0.2, momentum=0.9, nesterov=True, weight_decay=1e-4)
    scheduler = optim.lr_scheduler.MultiStepLR(optimizer, milestones=[30, 50], gamma=0.3)
    loss_history = []
    for epoch in range(60):
        net.train()
        loss = nn.functional.cross_entropy(net(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        loss_history.append(loss.item())
    net.eval()
    pred = net(X).argmax(dim=1)
    print(['%.4f' % l for l in loss_history[::20]], 'acc', (pred == y).float().mean().item(), optimizer.param_groups[0]['lr'])
print(net)

PATH = 'checkpoint.pth.tar'
torch.save({'epoch': epoch, 'state_dict': net.state_dict(), 'optimizer': optimizer.state_dict(), 'loss': loss}, PATH)
if os.path.isfile(PATH):
    checkpoint = torch.load(PATH)
    clone = MLP([2, 24, 3], activation=nn.ReLU)
    print(clone.load_state_dict(checkpoint['state_dict']), checkpoint['epoch'], checkpoint['loss'])
    opt2 = optim.SGD(clone.parameters(), lr=1.0)
    opt2.load_state_dict(checkpoint['optimizer'])
    print(opt2.param_groups[0]['lr'], len(opt2.state), opt2)
    print(checkpoint['state_dict']['layers.2.bias'])
