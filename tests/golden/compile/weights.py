"""Tensors that are learned: a class token, scales in a loop, a matrix that is used twice.

Made by netdsl 0.1.0 from weights.net (sha256 e925219f, this file 441394b2). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers
ops = keras.ops


class SharedLayers:
    """Stands in for `keras.layers` and makes each layer once, by its name."""

    def __init__(self):
        self.made = {}

    def __getattr__(self, kind):
        return self.once(getattr(keras.layers, kind))

    def once(self, maker, key="name"):
        def make(*args, **kwargs):
            name = kwargs[key]
            if name not in self.made:
                self.made[name] = maker(*args, **kwargs)
            return self.made[name]

        return make


def once(layers, maker, key="name"):
    """Give a maker that makes each layer or model once, by its name, where layers are shared."""
    return layers.once(maker, key) if isinstance(layers, SharedLayers) else maker


@keras.utils.register_keras_serializable("netdsl", "Weight")
class Weight(keras.layers.Layer):
    """A learned tensor without a batch, part of a model once called on one of its tensors."""

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
        )

    def call(self, inputs):
        return ops.convert_to_tensor(self.weight)

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


def layer_scale(
    x, width, start=1e-2, *, trainable=True, layers=layers, name="layer_scale"
):
    scale = once(layers, Weight)(
        (width,),
        initializer=keras.initializers.Constant(start),
        regularizer=keras.regularizers.L2(1e-4),
        trainable=trainable,
        name=f"{name}_scale",
    )(x)
    return ops.multiply(x, scale)


def encoder(x, width, heads, *, trainable=True, name="encoder"):
    attended = layers.LayerNormalization(
        trainable=trainable, name=f"{name}_attended_layer_normalization"
    )(x)
    multi_head_attention = layers.MultiHeadAttention(
        heads, width // heads, name=f"{name}_attended_multi_head_attention"
    )
    attended = multi_head_attention(attended, value=attended)
    if not trainable:
        multi_head_attention.trainable = False
    layer_scale_ = layer_scale(
        attended, width, trainable=trainable, name=f"{name}_h_layer_scale"
    )
    h = layers.Add(name=f"{name}_h_add")([x, layer_scale_])
    layer_scale_ = layers.LayerNormalization(
        trainable=trainable, name=f"{name}_layer_normalization"
    )(h)
    layer_scale_ = layers.Dense(
        2 * width, activation="gelu", trainable=trainable, name=f"{name}_dense1"
    )(layer_scale_)
    layer_scale_ = layers.Dense(width, trainable=trainable, name=f"{name}_dense2")(
        layer_scale_
    )
    layer_scale_ = layer_scale(
        layer_scale_, width, trainable=trainable, name=f"{name}_layer_scale"
    )
    return layers.Add(name=f"{name}_add")([h, layer_scale_])


def ViT(classes=10, width=32, *, name="ViT"):
    """ViT: (None, 32, 32, 3) -> (None, 10), 32,970 parameters at the defaults."""
    image = keras.Input((32, 32, 3), name="image")
    token = Weight((1, width), initializer="zeros", name="token")(image)
    position = Weight(
        (17, width),
        initializer=keras.initializers.RandomNormal(stddev=0.02),
        name="position",
    )(image)
    patches = layers.Conv2D(width, 8, strides=8, name="patches_conv2d")(image)
    patches = layers.Reshape((16, width), name="patches_reshape")(patches)
    x = layers.Concatenate(axis=1, name="concatenate")(
        [ops.add(ops.zeros_like(patches[:, :1]), token), patches]
    )
    x = ops.add(x, position)
    for i in range(2):
        x = encoder(x, width, 4, name=f"encoder1_{i}")
    x = encoder(x, width, 4, trainable=False, name="encoder2")
    x = layers.LayerNormalization(name="layer_normalization")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x[:, 0])
    return keras.Model(image, probs, name=name)


def Tied(width=8, *, name="Tied"):
    """Tied: a (None, 64), b (None, 64) -> (None, 64), 528 parameters at the
    defaults.
    """
    a = keras.Input((64,), name="a")
    b = keras.Input((64,), name="b")
    w = Weight((64, width), name="w")(a)
    fixed = Weight(
        (width,), initializer="ones", trainable=False, dtype="float32", name="gain"
    )(a)
    scaled_layers = SharedLayers()

    def scaled(x):
        return layer_scale(x, width, start=1.0, layers=scaled_layers, name="scaled")

    branches = []
    for x in [a, b]:
        branch = ops.multiply(ops.matmul(x, w), fixed)
        branches.append(scaled(branch))
    codes = [*branches]
    branches = [ops.matmul(code, ops.transpose(w)) for code in codes]
    x = layers.Average(name="average")(branches)
    return keras.Model([a, b], x, name=name)
