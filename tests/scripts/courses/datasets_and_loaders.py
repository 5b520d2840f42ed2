"""Data handling: a Dataset of one's own, transforms, collate_fn, samplers, splits, and batches by hand with randperm."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import (ConcatDataset, DataLoader, Dataset, RandomSampler, SequentialSampler, Subset,
                              SubsetRandomSampler, TensorDataset, WeightedRandomSampler, random_split)

torch.manual_seed(99)
np.random.seed(99)


class ToTensor(object):
    def __call__(self, sample):
        inputs, targets = sample
        return torch.from_numpy(inputs), torch.from_numpy(targets)


class MulTransform:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, sample):
        inputs, targets = sample
        inputs *= self.factor
        return inputs, targets


class Compose:
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, x):
        for t in self.transforms:
            x = t(x)
        return x


class WineDataset(Dataset):
    def __init__(self, n=30, transform=None):
        xy = np.random.randn(n, 4).astype(np.float32)
        self.n_samples = n
        self.x = xy[:, 1:]
        self.y = (np.abs(xy[:, [0]]) > 1.0).astype(np.float32)
        self.transform = transform

    def __getitem__(self, index):
        sample = self.x[index].copy(), self.y[index]
        if self.transform:
            sample = self.transform(sample)
        return sample

    def __len__(self):
        return self.n_samples


dataset = WineDataset(transform=Compose([ToTensor(), MulTransform(4)]))
features, labels = dataset[0]
print(type(features), type(labels))
print(features, labels)
dataloader = DataLoader(dataset=dataset, batch_size=4, shuffle=True, num_workers=0)
dataiter = iter(dataloader)
features, labels = next(dataiter)
print(features, labels.view(-1), len(dataloader))
total_samples = len(dataset)
n_iterations = int(np.ceil(total_samples / 4))
print(total_samples, n_iterations)
for i, (inputs, labels) in enumerate(dataloader):
    if (i + 1) % 4 == 0:
        print(f'Step {i+1}/{n_iterations}| Inputs {inputs.shape} | Labels {labels.shape} | {inputs.sum():.4f}')


class Words(Dataset):
    """Sentences of unlike length: the batch is padded by collate_fn."""
    data = [([3, 1], 'a'), ([5, 9, 2, 6], 'b'), ([5], 'a'), ([3, 5, 8], 'b'), ([9, 7], 'a')]

    def __len__(self):
        return len(self.data)

    def __getitem__(self, i):
        return self.data[i]


def pad_collate(batch):
    batch.sort(key=lambda b: len(b[0]), reverse=True)
    lengths = torch.tensor([len(b[0]) for b in batch])
    padded = torch.zeros(len(batch), int(lengths.max()), dtype=torch.long)
    for i, (seq, _) in enumerate(batch):
        padded[i, :len(seq)] = torch.tensor(seq)
    return padded, lengths, [label for _, label in batch]


for padded, lengths, names in DataLoader(Words(), batch_size=3, collate_fn=pad_collate, shuffle=True):
    print(padded, lengths, names)
for batch in DataLoader(Words.data[:2] * 1, batch_size=1):
    print(batch)
for batch in DataLoader([{'x': torch.tensor([i]), 'y': i, 'z': (i, str(i))} for i in range(3)], batch_size=3):
    print(batch)

targets = torch.LongTensor([0] * 16 + [1] * 4)
counts = torch.bincount(targets)
weights = 1.0 / counts.float()
sampler = WeightedRandomSampler(weights[targets], num_samples=20, replacement=True)
ds = TensorDataset(torch.arange(20).float().unsqueeze(1), targets)
loader = DataLoader(ds, batch_size=10, sampler=sampler)
print(counts, weights, [int(t.sum()) for _, t in loader])
train, val, test = random_split(ds, [12, 4, 4])
print(len(train), val.indices, [t.item() for _, t in test])
print(list(SequentialSampler(range(3))), list(RandomSampler(range(5))), list(SubsetRandomSampler([7, 8, 9])))
print(len(ConcatDataset([train, val])), Subset(ds, [19, 0])[0], (train + val)[12][0] == ds[val.indices[0]][0])
indices = np.arange(20)
np.random.shuffle(indices)
train_loader = DataLoader(ds, batch_size=8, sampler=SubsetRandomSampler(indices[:16].tolist()), drop_last=True)
print([x.view(-1).long().tolist() for x, _ in train_loader])


def iterate_minibatches(x, y, size, shuffle=True):
    order = torch.randperm(len(x)) if shuffle else torch.arange(len(x))
    for chunk in order.split(size):
        yield x[chunk], y[chunk]


model = nn.Linear(1, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
for epoch in range(3):
    for xb, yb in iterate_minibatches(ds.tensors[0], ds.tensors[1], 8):
        loss = nn.functional.cross_entropy(model(xb), yb, weight=weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("epoch {0}: {1:.5f} ({2})".format(epoch, loss, xb.size(0)))
