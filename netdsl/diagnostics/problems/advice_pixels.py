"""N0694 to N0698: the range of pixels, and what may be done to a picture."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class OtherValueRange(
    Problem,
    code="N0694",
    title="`{layer}` assumes another range of pixels than arrives",
    severity="warning",
):
    """What it means

    Layers that change colours at random add, cut and count within `value_range`, which is 0 to 255 unless said. On
    pixels from 0 to 1 a change of brightness by 20 % adds up to 51 to each of them, and leaves pictures that are
    black or of one colour; with `value_range=(0, 1)` on pixels from 0 to 255 everything above 1 is cut off.

    Example
    ```
    model M {
        input image: [32, 32, 3]
        output y = image -> Rescaling(1 / 255) -> RandomBrightness(0.2) -> Conv2D(8, 3)
    }
    ```

    Use instead
    ```
    model M {
        input image: [32, 32, 3]
        output y = image -> Rescaling(1 / 255) -> RandomBrightness(0.2, value_range=(0, 1)) -> Conv2D(8, 3)
    }
    ```
    """


class ScaledTwice(Problem, code="N0695", title="pixels are scaled twice", severity="warning"):
    """What it means

    Pixels from 0 to 255 that were divided by 255 already lie between 0 and 1; the second time leaves them between 0
    and 0.004, and the network sees next to nothing.

    Example
    ```
    model M {
        input image: uint8[32, 32, 3]
        output y = image / 255.0 -> Rescaling(1 / 255) -> Conv2D(8, 3)
    }
    ```

    Use instead
    ```
    model M {
        input image: uint8[32, 32, 3]
        output y = image -> Rescaling(1 / 255) -> Conv2D(8, 3)
    }
    ```
    """


class OtherPixels(
    Problem,
    code="N0696",
    title="`{network}` expects {expected}",
    severity="warning",
):
    """What it means

    EfficientNet, ConvNeXt and MobileNetV3 begin with layers that scale, and take pixels from 0 to 255 as they are;
    scaled before, pictures arrive nearly black. The other networks of `keras.applications` leave it to a
    `preprocess_input` of their own, and the ImageNet weights are of use only with what that makes: -1 to 1 for
    most, for ResNet and VGG colours in the order blue, green, red less their mean, for DenseNet colours less their
    mean by their deviation.

    Example
    ```
    model M {
        input image: [224, 224, 3]
        output y = image -> Rescaling(1 / 255) -> applications.EfficientNetB0(include_top=False)
    }
    ```

    Use instead
    ```
    model M {
        input image: [224, 224, 3]
        output y = image -> applications.EfficientNetB0(include_top=False)
    }
    ```
    """


class ScaledInTraining(
    Problem,
    code="N0697",
    title="`{layer}` scales the training data alone",
    severity="warning",
):
    """What it means

    `augment` runs on training batches and on nothing else. What scales pixels there is missing when the model is
    validated, tested and used: it belongs into the model.

    Example
    ```
    model M {
        input image: [32, 32, 3]
        output y = image -> Flatten() -> Dense(5, activation=softmax)
    }
    train M {
        optimizer = adam
        loss = sparse_categorical_crossentropy
        augment = RandomFlip("horizontal") -> Rescaling(1 / 255)
    }
    ```

    Use instead
    ```
    model M {
        input image: [32, 32, 3]
        output y = image -> Rescaling(1 / 255) -> Flatten() -> Dense(5, activation=softmax)
    }
    train M {
        optimizer = adam
        loss = sparse_categorical_crossentropy
        augment = RandomFlip("horizontal")
    }
    ```
    """


class MirroredSigns(
    Problem, code="N0698", title="`{layer}` makes other signs of digits", severity="warning"
):
    """What it means

    A cat in a mirror is a cat. A digit or a letter in a mirror is none, or another: turned round, a 6 is a 9. Such
    pictures may be shifted, scaled and turned a little, and no more.

    Example
    ```
    model M {
        input image: [28, 28, 1]
        output digit = image -> RandomFlip() -> Flatten() -> Dense(10, activation=softmax)
    }
    ```

    Use instead
    ```
    model M {
        input image: [28, 28, 1]
        output digit = image -> RandomRotation(0.03) -> Flatten() -> Dense(10, activation=softmax)
    }
    ```
    """
