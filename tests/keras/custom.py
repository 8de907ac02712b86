"""Functions and layers of a user's own, as `extern` declarations name them."""

from __future__ import annotations

from typing import Any

import keras


def twice(x: Any) -> Any:
    return 2 * x


def scaled(x: Any, factor: float = 3.0) -> Any:
    return factor * x


@keras.saving.register_keras_serializable("netdsl_tests")
class SpaceToDepth(keras.layers.Layer):  # type: ignore[misc]
    """Fold squares of pixels into channels."""

    def __init__(self, size: int = 2, **options: Any) -> None:
        super().__init__(**options)
        self.size = size

    def compute_output_shape(self, shape: Any) -> Any:
        n, h, w, c = shape
        return n, h // self.size, w // self.size, self.size**2 * c

    def call(self, x: Any) -> Any:
        _, h, w, c = x.shape
        x = keras.ops.reshape(x, (-1, h // self.size, self.size, w // self.size, self.size, c))
        x = keras.ops.transpose(x, (0, 1, 3, 2, 4, 5))
        return keras.ops.reshape(x, (-1, h // self.size, w // self.size, self.size**2 * c))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}


class Affine(keras.layers.Layer):  # type: ignore[misc]
    """A matrix and a vector; not registered with Keras by its own module."""

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.units = units

    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight((shape[-1], self.units), name="kernel")
        self.bias = self.add_weight((self.units,), name="bias")

    def compute_output_shape(self, shape: Any) -> Any:
        return (*shape[:-1], self.units)

    def call(self, x: Any) -> Any:
        return keras.ops.matmul(x, self.kernel) + self.bias

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable("netdsl_tests")
class Distances(keras.layers.Layer):  # type: ignore[misc]
    """Squared distances between the rows of two tensors, and which is nearest."""

    def call(self, inputs: Any) -> Any:
        a, b = inputs
        apart = keras.ops.sum((a[:, :, None] - b[:, None]) ** 2, axis=-1)
        return apart, keras.ops.cast(keras.ops.argmin(apart, axis=-1), "int32")


class Nameless(keras.layers.Layer):  # type: ignore[misc]
    """Takes no name, as a layer should."""

    def __init__(self) -> None:
        super().__init__()

    def call(self, x: Any) -> Any:
        return x


@keras.saving.register_keras_serializable("netdsl_tests")
class Failing(keras.layers.Layer):  # type: ignore[misc]
    """Cannot be built."""

    def build(self, shape: Any) -> None:
        raise ValueError(f"needs an even width, and {shape[-1]} arrives")

    def call(self, x: Any) -> Any:
        return x


class Ortho(keras.regularizers.Regularizer):  # type: ignore[misc]
    """Not registered with Keras by its own module, as none of those below."""

    def __init__(self, factor: float = 9.0) -> None:
        self.factor = factor

    def __call__(self, x: Any) -> Any:
        return self.factor * keras.ops.sum(keras.ops.abs(x))

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor}


class AtMost(keras.constraints.Constraint):  # type: ignore[misc]
    def __init__(self, top: float) -> None:
        self.top = top

    def __call__(self, w: Any) -> Any:
        return keras.ops.minimum(w, self.top)

    def get_config(self) -> dict[str, Any]:
        return {"top": self.top}


class Rising(keras.initializers.Initializer):  # type: ignore[misc]
    def __init__(self, scale: float = 9.0) -> None:
        self.scale = scale

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return self.scale * keras.ops.ones(shape, dtype or "float32")

    def get_config(self) -> dict[str, Any]:
        return {"scale": self.scale}


class Apart(keras.losses.Loss):  # type: ignore[misc]
    def __init__(self, power: float = 9.0, **options: Any) -> None:
        super().__init__(**options)
        self.power = power

    def call(self, wanted: Any, given: Any) -> Any:
        return keras.ops.mean(keras.ops.abs(wanted - given) ** self.power, axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "power": self.power}


class Off(keras.metrics.Mean):  # type: ignore[misc]
    def __init__(self, scale: float = 9.0, name: str = "off", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.scale = scale

    def update_state(self, wanted: Any, given: Any, sample_weight: Any = None) -> Any:
        return super().update_state(self.scale * keras.ops.abs(wanted - given), sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale}


class Warm(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    def __init__(self, rate: float, steps: int) -> None:
        self.rate, self.steps = rate, steps

    def __call__(self, step: Any) -> Any:
        return self.rate * keras.ops.minimum(keras.ops.cast(step, "float32") / self.steps, 1.0)

    def get_config(self) -> dict[str, Any]:
        return {"rate": self.rate, "steps": self.steps}


class Slow(keras.optimizers.SGD):  # type: ignore[misc]
    def __init__(self, learning_rate: Any = 0.01, slow: float = 9.0, **options: Any) -> None:
        super().__init__(learning_rate, **options)
        self.slow = slow

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "slow": self.slow}


class Note(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps the words of all that were made."""

    words: list[str] = []

    def __init__(self, word: str) -> None:
        super().__init__()
        self.word = word

    def on_train_end(self, logs: Any = None) -> None:
        Note.words.append(self.word)


@keras.saving.register_keras_serializable("netdsl_tests")
class Many(keras.layers.Layer):  # type: ignore[misc]
    """Owns many weights."""

    def build(self, shape: Any) -> None:
        self.scales = [self.add_weight((shape[-1],), name=f"scale_{i}") for i in range(20)]

    def call(self, x: Any) -> Any:
        return x * sum(self.scales)


@keras.saving.register_keras_serializable("netdsl_tests")
class Nearest(keras.layers.Layer):  # type: ignore[misc]
    """Gives a tensor of any rank as it is, and where its last axis is largest."""

    def call(self, x: Any) -> Any:
        return x, keras.ops.cast(keras.ops.argmax(x, axis=-1), "int32")


@keras.saving.register_keras_serializable("netdsl_tests")
class Nothing(keras.layers.Layer):  # type: ignore[misc]
    """Gives what arrives."""

    def call(self, x: Any) -> Any:
        return x
