"""ConvNeXt.

Liu, Mao, Wu, Feichtenhofer, Darrell and Xie, A ConvNet for the 2020s, 2022,
arXiv:2201.03545.
Task: image classification.

Section 2 of the paper, where a ResNet becomes what it is here step by step, with the
weights of keras.applications in their order. Pictures arrive as 0 to 255.

Made by netdsl 0.1.0 from convnext.net (sha256 415a3b42, this file 2383b24d). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers
ops = keras.ops


@keras.utils.register_keras_serializable("netdsl", "Weight")
class Weight(keras.layers.Layer):
    """A learned tensor without a batch: a call on any tensor puts it into the model."""

    def __init__(
        self,
        shape,
        initializer="glorot_uniform",
        regularizer=None,
        constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.shape = tuple(shape)
        self.initializer = keras.initializers.get(initializer)
        self.regularizer = keras.regularizers.get(regularizer)
        self.constraint = keras.constraints.get(constraint)

    def build(self, input_shape):
        self.weight = self.add_weight(
            name="weight",
            shape=self.shape,
            initializer=self.initializer,
            regularizer=self.regularizer,
            constraint=self.constraint,
            trainable=keras.backend.is_float_dtype(self.variable_dtype),
        )

    def call(self, inputs):
        return ops.convert_to_tensor(self.weight, self.compute_dtype)

    def compute_mask(self, inputs, mask):
        return None  # a mask of the inputs says nothing of the weight

    def get_config(self):
        return {
            **super().get_config(),
            "shape": self.shape,
            "initializer": keras.initializers.serialize(self.initializer),
            "regularizer": keras.regularizers.serialize(self.regularizer),
            "constraint": keras.constraints.serialize(self.constraint),
        }


def stochastic_depth(x, rate=0.0, *, name="stochastic_depth"):
    """Drop the whole branch of a sample while training, as often as `rate` says.

    Huang et al., 2016, arXiv:1603.09382.
    """
    if rate > 0:
        x = layers.Dropout(rate, noise_shape=(None, 1, 1, 1), name=f"{name}_dropout")(x)
    return x


def unit(x, drop, *, name="unit"):
    """A wide depthwise convolution and two dense layers, scaled and added: figure 4."""
    width = x.shape[-1]
    scale = Weight(
        (width,), initializer=keras.initializers.Constant(1e-6), name=f"{name}_scale"
    )(x)
    main = layers.Conv2D(
        width, 7, padding="same", groups=width, name=f"{name}_main_conv2d"
    )(x)
    main = layers.LayerNormalization(
        epsilon=1e-6, name=f"{name}_main_layer_normalization"
    )(main)
    main = layers.Dense(4 * width, activation="gelu", name=f"{name}_main_dense1")(main)
    main = layers.Dense(width, name=f"{name}_main_dense2")(main)
    branch = stochastic_depth(main * scale, drop, name=f"{name}_stochastic_depth")
    return layers.Add(name=f"{name}_add")([x, branch])


def ConvNeXt(
    blocks=(3, 3, 9, 3),
    widths=(96, 192, 384, 768),
    size=224,
    drop=0.0,
    classes=1000,
    *,
    name="ConvNeXt",
):
    """Four stages, each of half the size.

    `drop` is how often the deepest branch is left out in training.

    (None, 224, 224, 3) -> (None, 1000), 28,589,128 parameters at the defaults.
    """
    deepest = sum(blocks) - 1
    image = keras.Input((size, size, 3), name="image")
    x = layers.Normalization(
        mean=[0.485 * 255, 0.456 * 255, 0.406 * 255],
        variance=[(0.229 * 255) ** 2, (0.224 * 255) ** 2, (0.225 * 255) ** 2],
        name="normalization",
    )(image)
    for i, (width, count) in enumerate(zip(widths, blocks)):
        if i == 0:
            x = layers.Conv2D(width, 4, strides=4, name=f"conv2d1_{i}")(x)
            x = layers.LayerNormalization(
                epsilon=1e-6, name=f"layer_normalization1_{i}"
            )(x)
        else:
            x = layers.LayerNormalization(
                epsilon=1e-6, name=f"layer_normalization2_{i}"
            )(x)
            x = layers.Conv2D(width, 2, strides=2, name=f"conv2d2_{i}")(x)
        for j in range(count):
            x = unit(x, drop * (sum(blocks[:i]) + j) / deepest, name=f"unit_{i}_{j}")
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    x = layers.LayerNormalization(epsilon=1e-6, name="layer_normalization3")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)


def ConvNeXtTiny(
    *, blocks=(3, 3, 9, 3), widths=(96, 192, 384, 768), name="ConvNeXtTiny", **kwargs
):
    """(None, 224, 224, 3) -> (None, 1000), 28,589,128 parameters at the defaults."""
    return ConvNeXt(blocks=blocks, widths=widths, name=name, **kwargs)


def ConvNeXtSmall(
    *, blocks=(3, 3, 27, 3), widths=(96, 192, 384, 768), name="ConvNeXtSmall", **kwargs
):
    """(None, 224, 224, 3) -> (None, 1000), 50,223,688 parameters at the defaults."""
    return ConvNeXt(blocks=blocks, widths=widths, name=name, **kwargs)


def ConvNeXtBase(
    *, blocks=(3, 3, 27, 3), widths=(128, 256, 512, 1024), name="ConvNeXtBase", **kwargs
):
    """(None, 224, 224, 3) -> (None, 1000), 88,591,464 parameters at the defaults."""
    return ConvNeXt(blocks=blocks, widths=widths, name=name, **kwargs)


def ConvNeXtLarge(
    *,
    blocks=(3, 3, 27, 3),
    widths=(192, 384, 768, 1536),
    name="ConvNeXtLarge",
    **kwargs,
):
    """(None, 224, 224, 3) -> (None, 1000), 197,767,336 parameters at the defaults."""
    return ConvNeXt(blocks=blocks, widths=widths, name=name, **kwargs)


def ConvNeXtXLarge(
    *,
    blocks=(3, 3, 27, 3),
    widths=(256, 512, 1024, 2048),
    name="ConvNeXtXLarge",
    **kwargs,
):
    """(None, 224, 224, 3) -> (None, 1000), 350,196,968 parameters at the defaults."""
    return ConvNeXt(blocks=blocks, widths=widths, name=name, **kwargs)
