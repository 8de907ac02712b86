"""The user's own Python: a layer with its declared shape, functions for Lambda and as
an initializer.

Made by netdsl 0.1.0 from python_layers_and_functions.net (sha256 a343e0ad, this file
52f8e22f). Change the spec, not this file.
"""

from my_package.functions import scale, shift
from my_package.layers import SpaceToDepth
from tensorflow import keras

layers = keras.layers

keras.utils.register_keras_serializable(package="my_package.functions")(scale)
keras.utils.register_keras_serializable(package="my_package.functions")(shift)
if keras.utils.get_registered_name(SpaceToDepth) == SpaceToDepth.__name__:
    keras.utils.register_keras_serializable(package="my_package.layers")(SpaceToDepth)


def entry(x, filters, *, name="entry"):
    x = SpaceToDepth(4, name=f"{name}_space_to_depth")(x)
    x = layers.Lambda(scale, name=f"{name}_lambda")(x)
    return layers.Conv2D(filters, 1, name=f"{name}_conv2d")(x)


def Own(*, name="Own"):
    """(None, 32, 32, 3) -> (None, 2, 2, 128), 392 parameters."""
    image = keras.Input((32, 32, 3), name="image")
    again = SpaceToDepth(size=2, name="again")
    x = entry(image, 8, name="entry")
    x = again(x)
    x = again(x)
    grid = layers.Lambda(shift, name="shifted")(x)
    return keras.Model(image, grid, name=name)
