"""A variational autoencoder.

Kingma and Welling, Auto-Encoding Variational Bayes, 2013, arXiv:1312.6114.
Task: image generation.

Appendix C of the paper for MNIST: a hidden layer on either side of a code that is drawn
at random while training and is its mean afterwards. `divergence` is the second part of
the loss (appendix B): train it with a loss that takes its mean.

Made by netdsl 0.1.0 from vae.net (sha256 f7ae7c48, this file a3979f2e). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers
ops = keras.ops


def draw(mean, log_variance, *, name="draw"):
    """A sample of a Gaussian, through which a gradient passes: section 2.4."""
    noise = ops.zeros_like(mean)
    noise = layers.GaussianNoise(1.0, name=f"{name}_noise")(noise)
    product = layers.Multiply(name=f"{name}_multiply")(
        [ops.exp(0.5 * log_variance), noise]
    )
    return layers.Add(name=f"{name}_add")([mean, product])


def divergence(mean, log_variance, *, name="divergence"):
    """How far a Gaussian is from the standard one."""
    difference = layers.Add(name=f"{name}_add")([mean**2, ops.exp(log_variance)])
    difference = layers.Subtract(name=f"{name}_subtract")([difference, log_variance])
    return 0.5 * ops.sum(difference - 1.0, axis=-1, keepdims=True)


def VAE(code=20, hidden=500, pixels=784, *, name="VAE"):
    """An encoder to two vectors, a decoder from a sample.

    (None, 784) -> same (None, 784), distance (None, 1), 815,824 parameters at the
    defaults.
    """
    image = keras.Input((pixels,), name="image")
    seen = layers.Dense(hidden, activation="tanh", name="seen")(image)
    mean = layers.Dense(code, name="mean")(seen)
    log_variance = layers.Dense(code, name="log_variance")(seen)
    x = draw(mean, log_variance, name="draw")
    x = layers.Dense(hidden, activation="tanh", name="dense")(x)
    same = layers.Dense(pixels, activation="sigmoid", name="same")(x)
    distance = divergence(mean, log_variance, name="distance")
    return keras.Model(image, {"same": same, "distance": distance}, name=name)
