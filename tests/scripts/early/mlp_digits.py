'''
Feed-forward net on synthetic 8x8 digits, as the "03_feedforward" scripts did for MNIST.
'''
import torch
import torch.nn as nn
import numpy as np
from torch.autograd import Variable
from torch.utils.data import TensorDataset, DataLoader

np.random.seed(1)
torch.manual_seed(1)

# Hyper Parameters
input_size = 64
hidden_size = 30
num_classes = 10
num_epochs = 4
batch_size = 50
learning_rate = 0.005

# Ten random prototypes with noise stand for the data set
prototypes = np.random.rand(num_classes, 8, 8) > 0.6


def make(n):
    labels = np.random.randint(0, num_classes, n)
    images = prototypes[labels] * 1.0 + 0.4 * np.random.randn(n, 8, 8)
    return TensorDataset(torch.from_numpy(images).float(), torch.from_numpy(labels).long())


train_dataset, test_dataset = make(1000), make(200)
train_loader = DataLoader(dataset=train_dataset, batch_size=batch_size, shuffle=True)
test_loader = DataLoader(dataset=test_dataset, batch_size=batch_size, shuffle=False)


class Net(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes):
        super(Net, self).__init__()
        self.fc1 = nn.Linear(input_size, hidden_size)
        self.relu = nn.ReLU()
        self.fc2 = nn.Linear(hidden_size, num_classes)

    def forward(self, x):
        out = self.fc1(x)
        out = self.relu(out)
        out = self.fc2(out)
        return out


net = Net(input_size, hidden_size, num_classes)
print(net)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=learning_rate)

for epoch in range(num_epochs):
    for i, (images, labels) in enumerate(train_loader):
        images = Variable(images.view(-1, 8 * 8))
        labels = Variable(labels)

        optimizer.zero_grad()
        outputs = net(images)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()

        if (i + 1) % 10 == 0:
            print('Epoch [%d/%d], Step [%d/%d], Loss: %.4f'
                  % (epoch + 1, num_epochs, i + 1, len(train_dataset) // batch_size, loss.data))

correct = 0
total = 0
class_correct = list(0. for i in range(10))
class_total = list(0. for i in range(10))
for images, labels in test_loader:
    images = Variable(images.view(-1, 8 * 8))
    outputs = net(images)
    _, predicted = torch.max(outputs.data, 1)
    total += labels.size(0)
    correct += (predicted.cpu() == labels).sum()
    c = (predicted == labels).squeeze()
    for i in range(len(labels)):
        class_correct[labels[i]] += c[i].item()
        class_total[labels[i]] += 1
print('Accuracy of the network on the 200 test images: %d %%' % (100 * correct / total))
print(correct, type(correct), 100 * correct / total)
for i in range(10):
    print('Accuracy of %5s : %2d %% of %d' % (i, 100 * class_correct[i] / class_total[i], class_total[i]))

for g in optimizer.param_groups:
    g['lr'] = 0.001
print(optimizer)
torch.save(net, 'net.pkl')
net2 = torch.load('net.pkl', weights_only=False)
print(torch.equal(net2(images), net(images)), net2.fc2.bias.data[:3])
