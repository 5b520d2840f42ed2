import random
import torch
from torch.autograd import Variable

"""
A network whose depth is drawn at each forward pass: plain Python control flow, one middle layer used again and again.
"""


class DynamicNet(torch.nn.Module):
    def __init__(self, D_in, H, D_out):
        super(DynamicNet, self).__init__()
        self.input_linear = torch.nn.Linear(D_in, H)
        self.middle_linear = torch.nn.Linear(H, H)
        self.output_linear = torch.nn.Linear(H, D_out)
        self.depths = []

    def forward(self, x):
        h_relu = self.input_linear(x).clamp(min=0)
        n = random.randint(0, 3)
        self.depths.append(n)
        for _ in range(n):
            h_relu = self.middle_linear(h_relu).clamp(min=0)
        y_pred = self.output_linear(h_relu)
        return y_pred


random.seed(4)
torch.manual_seed(4)
N, D_in, H, D_out = 32, 40, 16, 4
x = Variable(torch.randn(N, D_in))
y = Variable(torch.randn(N, D_out), requires_grad=False)
model = DynamicNet(D_in, H, D_out)
print(model)
criterion = torch.nn.MSELoss(size_average=False)
optimizer = torch.optim.SGD(model.parameters(), lr=2e-4, momentum=0.9)
for t in range(80):
    y_pred = model(x)
    loss = criterion(y_pred, y)
    if t % 8 == 0:
        print(t, model.depths[-1], loss.data.item())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(model.depths)

# which gradients exist after one more pass depends on the path
for wanted in (0, 2):
    random.seed({0: 3, 2: 0}[wanted])
    model.zero_grad()
    model(x).sum().backward()
    print(model.depths[-1], {n: None if p.grad is None else round(p.grad.norm().item(), 3) for n, p in model.named_parameters()})


class Shared(torch.nn.Module):
    """The same layer object under two names counts once."""

    def __init__(self):
        super(Shared, self).__init__()
        self.a = torch.nn.Linear(3, 3)
        self.b = self.a
        self.decoder = torch.nn.Linear(3, 5, bias=False)
        self.encoder = torch.nn.Linear(5, 3, bias=False)
        self.decoder.weight = torch.nn.Parameter(self.encoder.weight.data.t().clone())

    def forward(self, x):
        return self.decoder(self.b(self.a(self.encoder(x))))


s = Shared()
print(s)
print(len(list(s.parameters())), sum(p.numel() for p in s.parameters()), list(s.state_dict().keys()))
out = s(torch.ones(2, 5))
out.pow(2).mean().backward()
print(out.size(), s.a.weight.grad is s.b.weight.grad, s.a.weight.grad.sum(), s.decoder.weight.grad[0])
