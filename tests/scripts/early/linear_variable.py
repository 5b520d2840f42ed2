# Linear regression in the style of the 2017 beginner repositories: numpy arrays turned into Variables every epoch.
import torch
import torch.nn as nn
import numpy as np
from torch.autograd import Variable

torch.manual_seed(0)
input_size = 1
output_size = 1
num_epochs = 60
learning_rate = 0.01

x_train = np.array([[2.1], [3.7], [5.2], [6.0], [4.4], [8.9], [9.3], [1.5], [7.7]], dtype=np.float32)
y_train = np.array([[1.2], [2.1], [2.4], [3.3], [2.2], [4.1], [4.4], [0.9], [3.6]], dtype=np.float32)


class LinearRegression(nn.Module):
    def __init__(self, input_size, output_size):
        super(LinearRegression, self).__init__()
        self.linear = nn.Linear(input_size, output_size)

    def forward(self, x):
        out = self.linear(x)
        return out


model = LinearRegression(input_size, output_size)
if torch.cuda.is_available():
    model.cuda()
criterion = nn.MSELoss(size_average=False)
optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate / len(x_train))
print(model)
print(criterion)
print(optimizer)

for epoch in range(num_epochs):
    inputs = Variable(torch.from_numpy(x_train))
    targets = Variable(torch.from_numpy(y_train))
    if torch.cuda.is_available():
        inputs, targets = inputs.cuda(), targets.cuda()

    optimizer.zero_grad()
    outputs = model(inputs)
    loss = criterion(outputs, targets)
    loss.backward()
    optimizer.step()

    if (epoch + 1) % 10 == 0:
        print('Epoch [%d/%d], Loss: %.4f' % (epoch + 1, num_epochs, loss.data))

predicted = model(Variable(torch.from_numpy(x_train))).data.numpy()
print(predicted.shape, predicted.dtype)
print(np.round(predicted.ravel(), 3))
print(list(model.parameters()))
for name, param in model.named_parameters():
    print(name, param.data, param.grad.data.size())

torch.save(model.state_dict(), 'model.pkl')
other = LinearRegression(1, 1)
print(other.load_state_dict(torch.load('model.pkl')))
print((other(inputs) - model(inputs)).abs().max().item(), 'difference')
loss_none = nn.MSELoss(reduce=False)(model(inputs), targets)
loss_mean = nn.MSELoss(size_average=True)(model(inputs), targets)
print(loss_none.size(), loss_mean, loss_none.mean())
