"""The table of optimisers and their options that the recorded, the textbook and the live tests share."""

from __future__ import annotations

from typing import Any, NamedTuple


class Case(NamedTuple):
    """What is run, and what PyTorch 2.13 makes of it: see `recorded_steps` in test_optim_steps.py."""

    name: str
    options: dict[str, Any]
    state: str
    """The keys of a parameter's state."""
    values: list[float]
    """The parameter after six steps, in float64."""


OPTIMIZERS = [
    Case("SGD", {"lr": 0.03}, "", [0.7394836006719999, -1.597260188945, 1.6258929002239997]),
    Case(
        "SGD",
        {"lr": 0.03, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True},
        "momentum_buffer",
        [0.3630986333840884, -0.3916765878281977, 8.283065280236606],
    ),
    Case(
        "SGD",
        {"lr": 0.03, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01, "maximize": True},
        "momentum_buffer",
        [1.223400762124317, -3.547030123763559, -0.4915128720019057],
    ),
    Case("Adam", {}, "step exp_avg exp_avg_sq", [0.9995719056386287, -1.9945659445796557, 0.5056261493898201]),
    Case(
        "Adam",
        {"lr": 0.02, "weight_decay": 0.1, "amsgrad": True},
        "step exp_avg exp_avg_sq max_exp_avg_sq",
        [0.9830212801436194, -1.8908455269343516, 0.6140192360305583],
    ),
    Case(
        "Adam",
        {"lr": 0.02, "betas": (0.5, 0.9), "eps": 0.01, "maximize": True},
        "step exp_avg exp_avg_sq",
        [1.0470413455336103, -2.0914881443091864, 0.4055428167828153],
    ),
    Case(
        "Adam",
        {"weight_decay": 0.1, "decoupled_weight_decay": True, "amsgrad": True},
        "step exp_avg exp_avg_sq max_exp_avg_sq",
        [0.9989717866679567, -1.9933683152348345, 0.5053245198141078],
    ),
    Case(
        "AdamW", {"lr": 0.02}, "step exp_avg exp_avg_sq", [0.988186702230678, -1.8894681073285597, 0.6134778442815829]
    ),
    Case(
        "AdamW",
        {"lr": 0.02, "weight_decay": 0.0, "betas": (0.4, 0.99), "maximize": True},
        "step exp_avg exp_avg_sq",
        [1.0635808442042325, -2.085003686379921, 0.41155677754271036],
    ),
    Case("Adamax", {"lr": 0.02}, "step exp_avg exp_inf", [1.0031624332996123, -1.913385814647064, 0.5957881803619282]),
    Case(
        "Adamax",
        {"lr": 0.02, "betas": (0.3, 0.9), "eps": 0.1, "weight_decay": 0.1, "maximize": True},
        "step exp_avg exp_inf",
        [1.0343640914954004, -2.0763535131078346, 0.41473031100627245],
    ),
    Case(
        "NAdam",
        {"lr": 0.02},
        "step mu_product exp_avg exp_avg_sq",
        [0.9412388267711904, -1.9354497502844261, 0.5758242215886129],
    ),
    Case(
        "NAdam",
        {"lr": 0.02, "weight_decay": 0.1, "momentum_decay": 0.1, "maximize": True},
        "step mu_product exp_avg exp_avg_sq",
        [1.0513943008120514, -2.0639096748016255, 0.4299625415424119],
    ),
    Case(
        "NAdam",
        {"lr": 0.02, "weight_decay": 0.1, "decoupled_weight_decay": True},
        "step mu_product exp_avg exp_avg_sq",
        [0.9294764926490211, -1.9122023354844824, 0.5691828063223009],
    ),
    Case(
        "RAdam", {"lr": 0.02}, "step exp_avg exp_avg_sq", [0.988175262285594, -1.6183834937785508, 1.0686603766322502]
    ),
    Case(
        "RAdam",
        {"lr": 0.02, "betas": (0.8, 0.9), "weight_decay": 0.1, "maximize": True},
        "step exp_avg exp_avg_sq",
        [1.009474872932942, -2.3746641923902017, 0.08825546271855987],
    ),
    Case(
        "RAdam",
        {"lr": 0.02, "weight_decay": 0.1, "decoupled_weight_decay": True},
        "step exp_avg exp_avg_sq",
        [0.9765111688270763, -1.5974402087496056, 1.0584347785958899],
    ),
    Case("RMSprop", {"lr": 0.003}, "step square_avg", [0.9374235198524258, -1.9270068762482384, 0.5867272957011974]),
    Case(
        "RMSprop",
        {"lr": 0.003, "alpha": 0.9, "weight_decay": 0.1, "momentum": 0.5, "eps": 0.1},
        "step square_avg momentum_buffer",
        [0.9707273562288403, -1.9556565409565299, 0.5488322507879649],
    ),
    Case(
        "RMSprop",
        {"lr": 0.003, "centered": True, "maximize": True, "eps": 0.1},
        "step square_avg grad_avg",
        [1.05165979042549, -2.0646770039056253, 0.430307937230564],
    ),
    Case(
        "RMSprop",
        {"lr": 0.003, "centered": True, "momentum": 0.9, "eps": 0.1},
        "step square_avg momentum_buffer grad_avg",
        [0.9228543411110606, -1.7528899032448277, 0.789954120699684],
    ),
    Case("Adagrad", {"lr": 0.1}, "step sum", [0.7816069037081573, -1.7651834433635083, 0.8174592629889242]),
    Case(
        "Adagrad",
        {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5},
        "step sum",
        [0.839119389494223, -1.7815644469932292, 0.7711996004000335],
    ),
    Case(
        "Adagrad",
        {"eps": 0.1, "maximize": True},
        "step sum",
        [1.019796435904349, -2.024257832985311, 0.4734858781758869],
    ),
    Case("Adadelta", {}, "step square_avg acc_delta", [0.9834988902695151, -1.9890184103602881, 0.5130437312568873]),
    Case(
        "Adadelta",
        {"lr": 0.5, "rho": 0.5, "eps": 0.001, "weight_decay": 0.1, "maximize": True},
        "step square_avg acc_delta",
        [1.1115317933154667, -2.096515817774948, 0.3909421204382955],
    ),
    Case("ASGD", {}, "step eta mu ax", [0.9110139230394659, -1.8554046510781457, 0.755961269562033]),
    Case(
        "ASGD",
        {"lr": 0.03, "t0": 10, "lambd": 0.01, "alpha": 0.5, "weight_decay": 0.1, "maximize": True},
        "step eta mu ax",
        [1.2549587229291563, -2.4534695712872616, 0.15712737597538912],
    ),
    Case("Rprop", {}, "step prev step_size", [0.9831600000000001, -1.925584, 0.5992991999999999]),
    Case(
        "Rprop",
        {"lr": 0.1, "etas": (0.3, 1.5), "step_sizes": (0.001, 0.5), "maximize": True},
        "step prev step_size",
        [0.9637500000000001, -3.8125, -0.21125000000000005],
    ),
]
"""Where a result hangs on a difference of nearly equal numbers, eps is large enough to bound it."""

IDS = ["-".join([case.name, *case.options]) for case in OPTIMIZERS]
