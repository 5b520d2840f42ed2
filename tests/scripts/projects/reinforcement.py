"""Policy gradient on a bandit, REINFORCE on a corridor, and Q-learning with a replay buffer and a target network."""
import random
from collections import deque, namedtuple
from itertools import count

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

seed = 543
torch.manual_seed(seed)
np.random.seed(seed)
random.seed(seed)
eps = np.finfo(np.float32).eps.item()

# a bandit of four arms
means = torch.tensor([0.1, 0.5, 0.9, 0.3])
preferences = torch.zeros(4, requires_grad=True)
optimizer = optim.SGD([preferences], lr=0.2)
baseline = 0.0
for t in range(1, 151):
    pi = torch.softmax(preferences, dim=0)
    arm = torch.multinomial(pi.detach(), 1)
    reward = (means[arm] + 0.1 * torch.randn(1)).item()
    loss = -torch.log(pi[arm]) * (reward - baseline)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    baseline += (reward - baseline) / t
    if t % 50 == 0:
        print(f"t {t} baseline {baseline:.4f} policy {pi.detach()}")


class Corridor:
    """Six cells; the goal is at the right end. Actions: left, right."""

    n = 6

    def reset(self):
        self.position, self.time = 0, 0
        return self._state()

    def _state(self):
        state = np.zeros(self.n, dtype=np.float32)
        state[self.position] = 1
        return state

    def step(self, action):
        self.position = min(max(self.position + (1 if action == 1 else -1), 0), self.n - 1)
        self.time += 1
        done = self.position == self.n - 1
        return self._state(), 1.0 if done else -0.05, done, self.time >= 40


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine1 = nn.Linear(6, 16)
        self.action_head = nn.Linear(16, 2)
        self.value_head = nn.Linear(16, 1)
        self.saved_actions, self.rewards, self.entropies = [], [], []

    def forward(self, x):
        x = F.relu(self.affine1(x))
        return F.log_softmax(self.action_head(x), dim=-1), self.value_head(x)


SavedAction = namedtuple("SavedAction", ["log_prob", "value"])
env, model = Corridor(), Policy()
optimizer = optim.Adam(model.parameters(), lr=2e-2)


def select_action(state):
    log_probs, value = model(torch.from_numpy(state).float())
    action = log_probs.exp().multinomial(num_samples=1)
    model.saved_actions.append(SavedAction(log_probs.gather(0, action).squeeze(), value))
    model.entropies.append(-(log_probs.exp() * log_probs).sum())
    return action.item()


def finish_episode(gamma=0.98):
    R, returns = 0, []
    for r in model.rewards[::-1]:
        R = r + gamma * R
        returns.insert(0, R)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + eps)
    policy_losses, value_losses = [], []
    for (log_prob, value), R in zip(model.saved_actions, returns):
        advantage = R - value.item()
        policy_losses.append(-log_prob * advantage)
        value_losses.append(F.smooth_l1_loss(value, torch.tensor([R])))
    optimizer.zero_grad()
    loss = torch.stack(policy_losses).sum() + torch.stack(value_losses).sum() - 0.01 * torch.stack(model.entropies).sum()
    loss.backward()
    optimizer.step()
    del model.rewards[:], model.saved_actions[:], model.entropies[:]
    return loss.item()


running_reward = 0
for i_episode in range(1, 31):
    state, ep_reward = env.reset(), 0
    for t in count(1):
        state, reward, done, truncated = env.step(select_action(state))
        model.rewards.append(reward)
        ep_reward += reward
        if done or truncated:
            break
    running_reward = 0.05 * ep_reward + (1 - 0.05) * running_reward
    loss = finish_episode()
    if i_episode % 6 == 0:
        print("Episode {}\tLength: {}\tLoss: {:.4f}\tAverage reward: {:.4f}".format(i_episode, t, loss, running_reward))

# Q-learning
Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))


class ReplayMemory:
    def __init__(self, capacity):
        self.memory = deque([], maxlen=capacity)

    def push(self, *args):
        self.memory.append(Transition(*args))

    def sample(self, batch_size):
        return random.sample(self.memory, batch_size)

    def __len__(self):
        return len(self.memory)


BATCH_SIZE, GAMMA, TAU = 32, 0.9, 0.05
device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
policy_net = nn.Sequential(nn.Linear(6, 24), nn.ReLU(), nn.Linear(24, 2)).to(device)
target_net = nn.Sequential(nn.Linear(6, 24), nn.ReLU(), nn.Linear(24, 2)).to(device)
print(target_net.load_state_dict(policy_net.state_dict()))
optimizer = optim.AdamW(policy_net.parameters(), lr=5e-3, amsgrad=True)
memory, steps_done = ReplayMemory(500), 0


def optimize_model():
    if len(memory) < BATCH_SIZE:
        return None
    batch = Transition(*zip(*memory.sample(BATCH_SIZE)))
    non_final_mask = torch.tensor(tuple(map(lambda s: s is not None, batch.next_state)), device=device, dtype=torch.bool)
    non_final_next_states = torch.cat([s for s in batch.next_state if s is not None])
    state_batch, action_batch, reward_batch = torch.cat(batch.state), torch.cat(batch.action), torch.cat(batch.reward)
    state_action_values = policy_net(state_batch).gather(1, action_batch)
    next_state_values = torch.zeros(BATCH_SIZE, device=device)
    with torch.no_grad():
        next_state_values[non_final_mask] = target_net(non_final_next_states).max(1).values
    expected = (next_state_values * GAMMA) + reward_batch
    loss = nn.SmoothL1Loss()(state_action_values, expected.unsqueeze(1))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(policy_net.parameters(), 100)
    optimizer.step()
    return loss.item()


for i_episode in range(12):
    state = torch.tensor(env.reset(), dtype=torch.float32, device=device).unsqueeze(0)
    for t in count():
        threshold = 0.05 + 0.9 * np.exp(-1.0 * steps_done / 60)
        steps_done += 1
        if random.random() > threshold:
            with torch.no_grad():
                action = policy_net(state).max(1).indices.view(1, 1)
        else:
            action = torch.tensor([[random.randrange(2)]], device=device, dtype=torch.long)
        observation, reward, done, truncated = env.step(action.item())
        next_state = None if done else torch.tensor(observation, dtype=torch.float32, device=device).unsqueeze(0)
        memory.push(state, action, next_state, torch.tensor([reward], device=device))
        state = next_state
        loss = optimize_model()
        for target, source in zip(target_net.parameters(), policy_net.parameters()):
            target.data.lerp_(source.data, TAU)
        if done or truncated:
            break
    if i_episode % 3 == 2:
        print(f"episode {i_episode + 1:2d} steps {t + 1:2d} loss {loss if loss is None else round(loss, 5)}")
with torch.no_grad():
    print(target_net(torch.eye(6)))
soft = target_net.state_dict()
source = policy_net.state_dict()
for key in source:
    soft[key] = source[key] * TAU + soft[key] * (1 - TAU)
target_net.load_state_dict(soft)
print({k: round(v.norm().item(), 4) for k, v in target_net.state_dict().items()})
