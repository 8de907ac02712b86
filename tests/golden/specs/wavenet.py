"""WaveNet.

Van den Oord et al., WaveNet: A Generative Model for Raw Audio, 2016, arXiv:1609.03499.
Task: audio.

Figure 4 of the paper: each sample of sound is told from those before it, by causal
convolutions with wider and wider gaps. The paper leaves the widths open. The loss
compares with the sample that comes next, one of 256 levels (section 2.2).

Made by netdsl 0.1.0 from wavenet.net (sha256 47f9fe2f, this file e6cc896c). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def gated_causal_conv(x, filters, rate=1, kernel_size=2, *, name="gated_causal_conv"):
    """A causal convolution with gaps, which a second one gates: WaveNet's unit.

    Van den Oord et al., 2016, arXiv:1609.03499. Gives [length, filters].
    """
    tanh = layers.Conv1D(
        filters,
        kernel_size,
        dilation_rate=rate,
        activation="tanh",
        padding="causal",
        name=f"{name}_conv1d1",
    )(x)
    sigmoid = layers.Conv1D(
        filters,
        kernel_size,
        dilation_rate=rate,
        activation="sigmoid",
        padding="causal",
        name=f"{name}_conv1d2",
    )(x)
    return layers.Multiply(name=f"{name}_multiply")([tanh, sigmoid])


def WaveNet(
    levels=256, residual=32, skip=512, stacks=3, doublings=10, *, name="WaveNet"
):
    """Three stacks of ten layers, whose gaps go from 1 to 512 samples.

    (None, T, 256) -> (None, T, 256), 1,072,704 parameters at the defaults.
    """
    rates = [2**i for _ in range(stacks) for i in range(doublings)]
    sound = keras.Input((None, levels), name="sound")
    x = layers.Conv1D(residual, 2, padding="causal", name="conv1d1")(sound)
    seen = []
    for n, rate in enumerate(rates[:-1]):
        branch = gated_causal_conv(x, residual, rate, name=f"seen_{n}")
        seen.append(branch)
        branch = layers.Conv1D(residual, 1, name=f"conv1d2_{n}")(branch)
        x = layers.Add(name=f"add1_{n}")([x, branch])
    deepest = gated_causal_conv(x, residual, rates[-1], name="deepest")
    branches = [
        layers.Conv1D(skip, 1, name=f"conv1d3_{n}")(depth)
        for n, depth in enumerate([*seen, deepest])
    ]
    x = layers.Add(name="add2")(branches)
    x = layers.ReLU(name="re_lu")(x)
    x = layers.Conv1D(skip, 1, activation="relu", name="conv1d4")(x)
    next_sample = layers.Conv1D(levels, 1, activation="softmax", name="next_sample")(x)
    return keras.Model(sound, next_sample, name=name)
