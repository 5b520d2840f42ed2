"""A quickstart: a Dataset of one's own, the device line, train() and test(), a checkpoint with the optimiser in it."""
import math
import os

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
print(f"Using {device} device")
torch.manual_seed(1234)


class TwoRings(Dataset):
    """Points on two noisy circles, the label says which."""

    def __init__(self, n, train=True, transform=None, target_transform=None):
        g = torch.Generator().manual_seed(0 if train else 1)
        angle = 2 * math.pi * torch.rand(n, generator=g)
        self.targets = torch.randint(0, 2, (n,), generator=g)
        radius = 1.0 + self.targets + 0.15 * torch.randn(n, generator=g)
        self.data = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)
        self.transform, self.target_transform = transform, target_transform

    def __len__(self):
        return len(self.data)

    def __getitem__(self, idx):
        x, y = self.data[idx], self.targets[idx].item()
        if self.transform:
            x = self.transform(x)
        if self.target_transform:
            y = self.target_transform(y)
        return x, y


training_data = TwoRings(256)
test_data = TwoRings(96, train=False, transform=lambda x: x.clone())
batch_size = 32
train_dataloader = DataLoader(training_data, batch_size=batch_size, shuffle=True)
test_dataloader = DataLoader(test_data, batch_size=batch_size)
for X, y in test_dataloader:
    print(f"Shape of X [N, D]: {X.shape}")
    print(f"Shape of y: {y.shape} {y.dtype}")
    break


class NeuralNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(2, 24),
            nn.ReLU(),
            nn.Linear(24, 24),
            nn.ReLU(),
            nn.Linear(24, 2),
        )

    def forward(self, x):
        x = self.flatten(x)
        logits = self.linear_relu_stack(x)
        return logits


model = NeuralNetwork().to(device)
print(model)
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)


def train(dataloader, model, loss_fn, optimizer):
    size = len(dataloader.dataset)
    model.train()
    for batch, (X, y) in enumerate(dataloader):
        X, y = X.to(device), y.to(device)
        pred = model(X)
        loss = loss_fn(pred, y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if batch % 4 == 0:
            loss, current = loss.item(), (batch + 1) * len(X)
            print(f"loss: {loss:>7f}  [{current:>5d}/{size:>5d}]")


@torch.no_grad()
def test(dataloader, model, loss_fn):
    size, num_batches = len(dataloader.dataset), len(dataloader)
    model.eval()
    test_loss, correct = 0, 0
    for X, y in dataloader:
        X, y = X.to(device), y.to(device)
        pred = model(X)
        test_loss += loss_fn(pred, y).item()
        correct += (pred.argmax(1) == y).type(torch.float).sum().item()
    test_loss /= num_batches
    correct /= size
    print(f"Test Error: \n Accuracy: {(100*correct):>0.1f}%, Avg loss: {test_loss:>8f} \n")


def save_checkpoint(path, epoch):
    torch.save(
        {"epoch": epoch, "model_state_dict": model.state_dict(), "optimizer_state_dict": optimizer.state_dict()}, path
    )


epochs = 4
for t in range(epochs):
    print(f"Epoch {t+1}\n-------------------------------")
    train(train_dataloader, model, loss_fn, optimizer)
    test(test_dataloader, model, loss_fn)
    if t == 1:
        save_checkpoint("checkpoint.pt", t)
        rng = torch.get_rng_state()

torch.save(model.state_dict(), "model.pth")
print("Saved PyTorch Model State to model.pth", os.path.exists("model.pth"))
final = {k: v.clone() for k, v in model.state_dict().items()}

# go back to the checkpoint and train on: the same weights come out
checkpoint = torch.load("checkpoint.pt", map_location=device, weights_only=True)
model = NeuralNetwork().to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
print(model.load_state_dict(checkpoint["model_state_dict"]))
optimizer.load_state_dict(checkpoint["optimizer_state_dict"])
torch.set_rng_state(rng)
for t in range(checkpoint["epoch"] + 1, epochs):
    for X, y in train_dataloader:
        loss = loss_fn(model(X), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
print("resumed run agrees:", all(torch.equal(final[k], v) for k, v in model.state_dict().items()))

classes = ["inner", "outer"]
model.load_state_dict(torch.load("model.pth", weights_only=True))
model.eval()
x, y = test_data[0][0], test_data[0][1]
with torch.inference_mode():
    pred = model(x.unsqueeze(0).to(device))
    predicted, actual = classes[pred[0].argmax(0)], classes[y]
    print(f'Predicted: "{predicted}", Actual: "{actual}"')
    print(nn.Softmax(dim=1)(pred))
