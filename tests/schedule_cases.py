"""The table of schedules that the recorded and the live tests share: functions of lr_scheduler and an optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def factor(epoch: int) -> float:
    return 0.5 if epoch % 3 == 2 else 1.0


def halves(x: float) -> float:
    return 0.5**x


SCHEDULES: dict[str, Callable[[Any, Any], Any]] = {
    "StepLR": lambda s, o: s.StepLR(o, 2, gamma=0.5),
    "StepLR-every": lambda s, o: s.StepLR(o, step_size=1, gamma=0.97),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [3, 1, 3, 30], gamma=0.3),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.93),
    "LambdaLR": lambda s, o: s.LambdaLR(o, lambda epoch: 1 / (1 + epoch)),
    "LambdaLR-list": lambda s, o: s.LambdaLR(o, [lambda epoch: 0.95**epoch, lambda epoch: epoch % 3]),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, factor),
    "MultiplicativeLR-list": lambda s, o: s.MultiplicativeLR(o, [factor, lambda epoch: 0.9]),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, T_max=3, eta_min=1e-3),
    "CosineAnnealingLR-long": lambda s, o: s.CosineAnnealingLR(o, 17),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3),
    "CosineAnnealingWarmRestarts-longer": lambda s, o: s.CosineAnnealingWarmRestarts(o, 2, T_mult=2, eta_min=0.01),
    "ConstantLR": lambda s, o: s.ConstantLR(o),
    "ConstantLR-short": lambda s, o: s.ConstantLR(o, factor=0.5, total_iters=2),
    "LinearLR": lambda s, o: s.LinearLR(o),
    "LinearLR-down": lambda s, o: s.LinearLR(o, start_factor=0.9, end_factor=0.1, total_iters=4),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o),
    "PolynomialLR-square": lambda s, o: s.PolynomialLR(o, total_iters=4, power=2.0),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.01, 0.2, step_size_up=2),
    "CyclicLR-triangular2": lambda s, o: s.CyclicLR(
        o, [0.01, 0.02], [0.2, 0.4], 2, 3, mode="triangular2", base_momentum=[0.5, 0.6], max_momentum=0.95
    ),
    "CyclicLR-exp_range": lambda s, o: s.CyclicLR(o, 0.01, 0.2, 3, mode="exp_range", gamma=0.9, cycle_momentum=False),
    "CyclicLR-scale": lambda s, o: s.CyclicLR(o, 0.01, 0.2, 1, 2, scale_fn=halves, scale_mode="iterations"),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=50),
    "OneCycleLR-linear": lambda s, o: s.OneCycleLR(
        o, [0.5, 1.0], epochs=10, steps_per_epoch=5, pct_start=0.1, anneal_strategy="linear", base_momentum=[0.6, 0.7]
    ),
    "OneCycleLR-three": lambda s, o: s.OneCycleLR(
        o, 0.5, 50, three_phase=True, pct_start=0.1, div_factor=10.0, final_div_factor=100.0
    ),
    "OneCycleLR-plain": lambda s, o: s.OneCycleLR(o, 0.5, 50, cycle_momentum=False),
    "SequentialLR": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, 0.1, 2), s.ExponentialLR(o, 0.9), s.StepLR(o, 2)], milestones=[2, 5]
    ),
    "SequentialLR-warm-up": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.25, total_iters=3), s.CosineAnnealingLR(o, 20)], [3]
    ),
    "ChainedScheduler": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 2), s.ExponentialLR(o, 0.9)], o),
    "ChainedScheduler-of-sequential": lambda s, o: s.ChainedScheduler(
        [s.SequentialLR(o, [s.LinearLR(o), s.PolynomialLR(o, 9)], [4]), s.ExponentialLR(o, 0.9)]
    ),
}

RATES = {
    "StepLR": [0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.0125, 0.0125],
    "StepLR-every": [0.1, 0.097, 0.09409, 0.0912673, 0.08852928, 0.0858734, 0.0832972, 0.08079828],
    "MultiStepLR": [0.1, 0.03, 0.03, 0.0027, 0.0027, 0.0027, 0.0027, 0.0027],
    "ExponentialLR": [0.1, 0.093, 0.08649, 0.0804357, 0.0748052, 0.06956884, 0.06469902, 0.06017009],
    "LambdaLR": [0.1, 0.05, 0.03333333, 0.025, 0.02, 0.01666667, 0.01428571, 0.0125],
    "LambdaLR-list": [0.1, 0.095, 0.09025, 0.0857375, 0.08145062, 0.07737809, 0.07350919, 0.06983373],
    "MultiplicativeLR": [0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025],
    "MultiplicativeLR-list": [0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025],
    "CosineAnnealingLR": [0.1, 0.07525, 0.02575, 0.001, 0.02575, 0.07525, 0.1, 0.07525],
    "CosineAnnealingLR-long": [0.1, 0.09914865, 0.09662361, 0.09251086, 0.08695045, 0.08013173, 0.07228692, 0.06368315],
    "CosineAnnealingWarmRestarts": [0.1, 0.075, 0.025, 0.1, 0.075, 0.025, 0.1, 0.075],
    "CosineAnnealingWarmRestarts-longer": [0.1, 0.055, 0.1, 0.08681981, 0.055, 0.02318019, 0.1, 0.09657458],
    "ConstantLR": [0.03333333, 0.03333333, 0.03333333, 0.03333333, 0.03333333, 0.1, 0.1, 0.1],
    "ConstantLR-short": [0.05, 0.05, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1],
    "LinearLR": [0.03333333, 0.04666667, 0.06, 0.07333333, 0.08666667, 0.1, 0.1, 0.1],
    "LinearLR-down": [0.09, 0.07, 0.05, 0.03, 0.01, 0.01, 0.01, 0.01],
    "PolynomialLR": [0.1, 0.08, 0.06, 0.04, 0.02, 0, 0, 0],
    "PolynomialLR-square": [0.1, 0.05625, 0.025, 0.00625, 0, 0, 0, 0],
    "CyclicLR": [0.01, 0.105, 0.2, 0.105, 0.01, 0.105, 0.2, 0.105],
    "CyclicLR-triangular2": [0.01, 0.105, 0.2, 0.1366667, 0.07333333, 0.01, 0.0575, 0.105],
    "CyclicLR-exp_range": [0.01, 0.067, 0.1126, 0.14851, 0.093106, 0.0473977, 0.01, 0.04029214],
    "CyclicLR-scale": [0.01, 0.105, 0.03375, 0.01, 0.021875, 0.01296875, 0.01, 0.01148437],
    "OneCycleLR": [0.02, 0.0260173, 0.04376747, 0.07236044, 0.1103624, 0.1558679, 0.206595, 0.26],
    "OneCycleLR-linear": [0.02, 0.14, 0.26, 0.38, 0.5, 0.4888889, 0.4777779, 0.4666668],
    "OneCycleLR-three": [0.05, 0.115901, 0.275, 0.434099, 0.5, 0.434099, 0.275, 0.115901],
    "OneCycleLR-plain": [0.02, 0.0260173, 0.04376747, 0.07236044, 0.1103624, 0.1558679, 0.206595, 0.26],
    "SequentialLR": [0.01, 0.01, 0.1, 0.09, 0.081, 0.1, 0.1, 0.01],
    "SequentialLR-warm-up": [0.025, 0.05, 0.075, 0.1, 0.09938442, 0.09755283, 0.09455033, 0.09045085],
    "ChainedScheduler": [0.01, 0.009, 0.081, 0.0729, 0.06561, 0.059049, 0.0531441, 0.04782969],
    "ChainedScheduler-of-sequential": [0.03333333, 0.042, 0.0486, 0.05346, 0.09, 0.072, 0.0567, 0.04374],
}
"""PyTorch 2.13's learning rates of the first epochs, of a group with lr=0.1, in seven digits."""

MOMENTA = {
    "CyclicLR": [0.9, 0.85, 0.8, 0.85, 0.9, 0.85, 0.8, 0.85],
    "CyclicLR-triangular2": [0.95, 0.725, 0.5, 0.65, 0.8, 0.95, 0.8375, 0.725],
    "CyclicLR-scale": [0.9, 0.85, 0.8875, 0.9, 0.89375, 0.8984375, 0.9, 0.8992188],
    "OneCycleLR": [0.95, 0.9487464, 0.9450484, 0.9390916, 0.9311745, 0.9216942, 0.911126, 0.9],
    "OneCycleLR-linear": [0.95, 0.8625, 0.775, 0.6875, 0.6, 0.6077778, 0.6155556, 0.6233333],
    "OneCycleLR-three": [0.95, 0.9353553, 0.9, 0.8646447, 0.85, 0.8646447, 0.9, 0.9353553],
}
"""Its momenta, of SGD with momentum=0.9, where the schedule sets them."""
