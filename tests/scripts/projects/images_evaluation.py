"""Small images drawn by the script, turned and noised, learnt by an MLP; then everything one measures of a classifier."""
import sys
from collections import OrderedDict

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset

try:
    from tqdm import tqdm
except ImportError:
    tqdm = lambda it, **kw: it

torch.manual_seed(2024)
np.random.seed(2024)
glyphs = {
    "cross": ["#...#", ".#.#.", "..#..", ".#.#.", "#...#"],
    "plus": ["..#..", "..#..", "#####", "..#..", "..#.."],
    "box": ["#####", "#...#", "#...#", "#...#", "#####"],
    "bar": [".....", ".....", "#####", ".....", "....."],
}
classes = list(glyphs)


class Compose:
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, img):
        for t in self.transforms:
            img = t(img)
        return img


class ToTensor:
    def __call__(self, img):
        return torch.from_numpy(img).unsqueeze(0).float().div(255)


class RandomShift:
    def __init__(self, pixels):
        self.pixels = pixels

    def __call__(self, t):
        dy, dx = torch.randint(-self.pixels, self.pixels + 1, (2,)).tolist()
        return torch.roll(t, shifts=(dy, dx), dims=(-2, -1))


class RandomFlip:
    def __call__(self, t):
        return t.flip(-1) if torch.rand(1).item() < 0.5 else t


class Noise:
    def __call__(self, t):
        return (t + 0.3 * torch.randn(t.size())).clamp(0.0, 1.0)


class Normalize:
    def __init__(self, mean, std):
        self.mean, self.std = torch.as_tensor(mean).view(-1, 1, 1), torch.as_tensor(std).view(-1, 1, 1)

    def __call__(self, t):
        return t.sub(self.mean).div_(self.std)


class Glyphs(Dataset):
    classes = classes

    def __init__(self, n, transform=None):
        images = np.zeros((n, 8, 8), dtype=np.uint8)
        self.targets = np.random.randint(0, len(classes), n).tolist()
        for img, t in zip(images, self.targets):
            pattern = np.array([[c == "#" for c in row] for row in glyphs[classes[t]]])
            img[1:6, 1:6] = 255 * pattern
        self.data, self.transform = images, transform

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        img, target = self.data[index], self.targets[index]
        if self.transform is not None:
            img = self.transform(img)
        return img, target


train_set = Glyphs(240, Compose([ToTensor(), RandomShift(1), RandomFlip(), Noise(), Normalize((0.4,), (0.4,))]))
test_set = Glyphs(100, Compose([ToTensor(), Noise(), Normalize([0.4], [0.4])]))
trainloader = DataLoader(train_set, batch_size=40, shuffle=True, num_workers=0, pin_memory=False)
testloader = DataLoader(test_set, batch_size=50, shuffle=False)
images, labels = next(iter(trainloader))
print(type(images), images.shape, labels.shape, labels.dtype, images.mean(), images.std())
print("\n".join("".join(" .+#"[int(v * 3.99)] for v in row) for row in ToTensor()(test_set.data[0])[0]))

model = nn.Sequential(
    OrderedDict(
        [
            ("flatten", nn.Flatten()),
            ("fc1", nn.Linear(64, 48)),
            ("bn1", nn.BatchNorm1d(48)),
            ("relu1", nn.ReLU()),
            ("drop", nn.Dropout(p=0.2)),
            ("fc2", nn.Linear(48, 24)),
            ("relu2", nn.ReLU()),
            ("output", nn.Linear(24, 4)),
            ("logsoftmax", nn.LogSoftmax(dim=1)),
        ]
    )
)
print(model.fc1, model.drop, len(model))
criterion = nn.NLLLoss()
optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for e in range(5):
    running_loss, steps = 0.0, 0
    model.train()
    for images, labels in tqdm(trainloader, desc=f"epoch {e}", file=sys.stderr, disable=True):
        optimizer.zero_grad()
        log_ps = model.forward(images)
        loss = criterion(log_ps, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    else:
        test_loss, accuracy = 0, 0
        model.eval()
        with torch.no_grad():
            for images, labels in testloader:
                log_ps = model(images)
                test_loss += criterion(log_ps, labels)
                ps = torch.exp(log_ps)
                top_p, top_class = ps.topk(1, dim=1)
                equals = top_class == labels.view(*top_class.shape)
                accuracy += torch.mean(equals.type(torch.FloatTensor))
        print("Epoch: {}/{}.. ".format(e + 1, 5), "Training Loss: {:.3f}.. ".format(running_loss / len(trainloader)),
              "Test Loss: {:.3f}.. ".format(test_loss / len(testloader)),
              "Test Accuracy: {:.3f}".format(accuracy / len(testloader)))

y_true, y_prob = [], []
with torch.no_grad():
    for images, labels in testloader:
        y_true.append(labels)
        y_prob.append(model(images).exp())
y_true, y_prob = torch.cat(y_true), torch.cat(y_prob)
y_pred = y_prob.argmax(dim=-1)
confusion = torch.zeros(4, 4, dtype=torch.int64)
confusion.index_put_((y_true, y_pred), torch.ones_like(y_true), accumulate=True)
print(confusion)
print(torch.equal(confusion, torch.bincount(4 * y_true + y_pred, minlength=16).view(4, 4)))
tp = confusion.diag()
precision, recall = tp / confusion.sum(0), tp / confusion.sum(1)
f1 = 2 * precision * recall / (precision + recall)
for name, p, r, f, s in zip(classes, precision, recall, f1, confusion.sum(1)):
    print(f"{name:>8s} {p:9.3f} {r:9.3f} {f:9.3f} {s:6d}")
print(f"macro {f1.mean():.3f}, weighted {(f1 * confusion.sum(1)).sum() / confusion.sum():.3f}")


def topk_accuracy(output, target, topk=(1,)):
    maxk, batch_size = max(topk), target.size(0)
    _, pred = output.topk(maxk, 1, True, True)
    pred = pred.t()
    correct = pred.eq(target.view(1, -1).expand_as(pred))
    return [correct[:k].reshape(-1).float().sum(0, keepdim=True).mul_(100.0 / batch_size) for k in topk]


print(topk_accuracy(y_prob, y_true, topk=(1, 2)))
class_correct, class_total = [0.0] * 4, [0.0] * 4
c = (y_pred == y_true).squeeze()
for i in range(len(y_true)):
    label = y_true[i]
    class_correct[label] += c[i].item()
    class_total[label] += 1
for i in range(4):
    print("Accuracy of %5s : %2d %%" % (classes[i], 100 * class_correct[i] / class_total[i]))
for name, p in model.named_parameters():
    if p.dim() > 1:
        counts = torch.histc(p.data, bins=5, min=-0.5, max=0.5)
        print(f"{name:14s} mean {p.mean():.4f} std {p.std():.4f}", counts.int().tolist())
saliency = test_set[0][0].unsqueeze(0).requires_grad_()
score = model(saliency)[0].max()
score.backward()
print(saliency.grad.abs().amax(dim=1).shape, f"{saliency.grad.abs().sum():.4f}", score.exp())
adversarial = saliency + 0.2 * saliency.grad.sign()
print(model(adversarial).exp().detach())
