"""Tensors that are learned: a class token, scales in a loop, a matrix that is used
twice.

Made by netdsl 0.1.0 from weights.net (sha256 e925219f, this file 523f96b0). Change the
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


def layer_scale(width, start=1e-2, *, trainable=True, name="layer_scale"):
    scale_layer = Weight(
        (width,),
        initializer=keras.initializers.Constant(start),
        regularizer=keras.regularizers.L2(1e-4),
        trainable=trainable,
        name=f"{name}_scale",
    )

    def apply(x):
        scale = scale_layer(x)
        return x * scale

    return apply


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
    branch = layer_scale(width, trainable=trainable, name=f"{name}_h_layer_scale")(
        attended
    )
    h = layers.Add(name=f"{name}_h_add")([x, branch])
    residual = layers.LayerNormalization(
        trainable=trainable, name=f"{name}_layer_normalization"
    )(h)
    residual = layers.Dense(
        2 * width, activation="gelu", trainable=trainable, name=f"{name}_dense1"
    )(residual)
    residual = layers.Dense(width, trainable=trainable, name=f"{name}_dense2")(residual)
    residual = layer_scale(width, trainable=trainable, name=f"{name}_layer_scale")(
        residual
    )
    return layers.Add(name=f"{name}_add")([h, residual])


def ViT(classes=10, width=32, *, name="ViT"):
    """(None, 32, 32, 3) -> (None, 10), 32,970 parameters at the defaults."""
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
        [ops.zeros_like(patches[:, :1]) + token, patches]
    )
    x = x + position
    for n in range(2):
        x = encoder(x, width, 4, name=f"encoder1_{n}")
    x = encoder(x, width, 4, trainable=False, name="encoder2")
    x = layers.LayerNormalization(name="layer_normalization")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x[:, 0])
    return keras.Model(image, probs, name=name)


def Tied(width=8, *, name="Tied"):
    """a (None, 64), b (None, 64) -> (None, 64), 528 parameters at the defaults."""
    a = keras.Input((64,), name="a")
    b = keras.Input((64,), name="b")
    w = Weight((64, width), name="w")(a)
    fixed = Weight(
        (width,), initializer="ones", trainable=False, dtype="float32", name="gain"
    )(a)
    scaled = layer_scale(width, start=1.0, name="scaled")
    codes = []
    for x in [a, b]:
        branch = x @ w * fixed
        branch = scaled(branch)
        codes.append(branch)
    branches = [ops.matmul(code, ops.transpose(w)) for code in codes]
    x = layers.Average(name="average")(branches)
    return keras.Model([a, b], x, name=name)
