"""N068: the axis of the channels."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class OtherAxis(
    Problem,
    code="N0681",
    title="`{layer}` normalises by an axis that is not the channels'",
    severity="warning",
):
    """What it means

    A BatchNormalization keeps a mean and a variance for each place along its `axis`, which is to be the one of the
    channels: the last, or 1 where a convolution has `data_format="channels_first"`. On another axis it has a mean for
    each row of the picture, or for each time step, and lets the channels as different as they are.

    Example
    ```
    model M {
        input image: [32, 32, 3]
        output y = image -> Conv2D(16, 3, use_bias=False) -> BatchNormalization(axis=1) -> ReLU()
    }
    ```

    Use instead
    ```
    model M {
        input image: [32, 32, 3]
        output y = image -> Conv2D(16, 3, use_bias=False) -> BatchNormalization() -> ReLU()
    }
    ```
    """


class ChangedOrder(
    Problem,
    code="N0682",
    title="`{layer}` takes channels {own}, and they come {arriving}",
    severity="warning",
):
    """What it means

    `data_format` belongs to each layer by itself. After a convolution with `"channels_first"` a layer without it takes
    the last axis, the width of the picture, for the channels: a pooling halves the channels, a convolution mixes
    columns. Keras builds it without a word. One `defaults` line says it for several kinds of layers.

    Example
    ```
    model M {
        input image: [3, 32, 32]
        output y = image -> Conv2D(16, 3, data_format="channels_first", activation=relu) -> MaxPooling2D(2)
    }
    ```

    Use instead
    ```
    model M {
        defaults Conv2D(data_format="channels_first")
        defaults MaxPooling2D(data_format="channels_first")
        input image: [3, 32, 32]
        output y = image -> Conv2D(16, 3, activation=relu) -> MaxPooling2D(2)
    }
    ```
    """
