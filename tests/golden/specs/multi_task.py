"""A multi-task network with a mixture of experts.

Ma, Zhao, Yi, Chen, Hong and Chi, Modeling Task Relationships in Multi-task Learning
with Multi-gate Mixture-of-Experts, 2018.
Task: tabular.

Figure 1 (c) of the paper on the census data of its experiments: the same experts serve
both tasks, and each task has a gate that says for each person whom to ask. A tower of
its own comes last.

Made by netdsl 0.1.0 from multi_task.net (sha256 451b6233, this file c414799e). Change
the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def expert(x, units, *, name="expert"):
    return layers.Dense(units, activation="relu", name=f"{name}_dense")(x)


def gated(features, opinions, experts, *, name="gated"):
    """What the experts say, weighed by a gate: equations 7 and 8."""
    weights = layers.Dense(
        experts, activation="softmax", use_bias=False, name=f"{name}_weights"
    )(features)
    return layers.Dot(axes=1, name=f"{name}_dot")([weights, opinions])


def tower(x, units, *, name="tower"):
    x = layers.Dense(units, activation="relu", name=f"{name}_dense1")(x)
    return layers.Dense(1, activation="sigmoid", name=f"{name}_dense2")(x)


def MMoE(width=499, experts=8, units=16, tower_units=8, *, name="MMoE"):
    """Whether somebody earns more than 50,000 dollars, and has never married.

    (None, 499) -> income (None, 1), single (None, 1), 72,274 parameters at the
    defaults.
    """
    features = keras.Input((width,), name="features")
    branches = []
    for n in range(experts):
        branch = expert(features, units, name=f"opinions_expert_{n}")
        branch = layers.Reshape((1, units), name=f"opinions_reshape_{n}")(branch)
        branches.append(branch)
    opinions = layers.Concatenate(axis=1, name="opinions_concatenate")(branches)
    x = gated(features, opinions, experts, name="gated1")
    income = tower(x, tower_units, name="income")
    x = gated(features, opinions, experts, name="gated2")
    single = tower(x, tower_units, name="single")
    return keras.Model(features, {"income": income, "single": single}, name=name)
