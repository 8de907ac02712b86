"""N064: sizes, kernels and strides."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class DenseOnMap(
    Problem,
    code="N0641",
    title="`Dense` gives output `{name}` one row for each place",
    severity="warning",
):
    """What it means

    Dense works on the last axis alone and leaves all others as they are. On an image or a feature map that was
    never flattened or pooled, the output has a prediction for each place, and no place knows of another.

    Example
    ```
    model M {
        input image: [28, 28, 1]
        output probs = image -> Dense(128, activation=relu) -> Dense(10, activation=softmax)
    }
    ```

    Use instead
    ```
    model M {
        input image: [28, 28, 1]
        output probs = image -> Flatten() -> Dense(128, activation=relu) -> Dense(10, activation=softmax)
    }
    ```
    """


class KernelOnPoint(
    Problem,
    code="N0642",
    title="the map is down to a single place before `{layer}`",
    severity="warning",
):
    """What it means

    A kernel that slides over a map of size 1 meets data with one of its weights; the others see padding only and
    never learn. The map was shrunk too often before, or the layer stands too late.

    Example
    ```
    model M {
        input image: [16, 16, 3]
        output y = image
            -> repeat 4 { Conv2D(8, 3, padding="same", activation=relu) -> MaxPooling2D() }
            -> Conv2D(8, 3, padding="same", activation=relu)
            -> Flatten() -> Dense(10, activation=softmax)
    }
    ```

    Use instead
    ```
    model M {
        input image: [16, 16, 3]
        output y = image
            -> repeat 3 { Conv2D(8, 3, padding="same", activation=relu) -> MaxPooling2D() }
            -> Conv2D(8, 3, padding="same", activation=relu)
            -> Flatten() -> Dense(10, activation=softmax)
    }
    ```
    """


class KernelBeyondInput(
    Problem,
    code="N0643",
    title="the kernel of `{layer}` is larger than its input",
    severity="advice",
):
    """What it means

    With "same" padding a kernel may reach so far beyond a map that its outer weights meet padding wherever it
    stands. They cost memory and never learn.

    Example
    ```
    model M {
        input image: [3, 3, 8]
        output y = image -> Conv2D(8, 7, padding="same", activation=relu) -> Flatten() -> Dense(10)
    }
    ```

    Use instead
    ```
    model M {
        input image: [3, 3, 8]
        output y = image -> Conv2D(8, 3, padding="same", activation=relu) -> Flatten() -> Dense(10)
    }
    ```
    """


class EvenKernel(
    Problem,
    code="N0644",
    title='an even kernel with "same" padding shifts the map',
    severity="advice",
):
    """What it means

    An even kernel has no centre, so "same" padding puts one row and column more at the end than at the beginning,
    and the map moves by half a place with each such layer.

    Example
    ```
    model M {
        input image: [32, 32, 3]
        output y = image -> Conv2D(8, 4, padding="same", activation=relu) -> Flatten() -> Dense(10)
    }
    ```

    Use instead
    ```
    model M {
        input image: [32, 32, 3]
        output y = image -> Conv2D(8, 5, padding="same", activation=relu) -> Flatten() -> Dense(10)
    }
    ```
    """


class SkippedInput(
    Problem, code="N0645", title="`{layer}` steps over a part of its input", severity="warning"
):
    """What it means

    Where the stride is larger than the kernel there are rows and columns between two places of the kernel that it
    never covers. What is in them has no effect. A kernel of 1 with a stride, as in the shortcuts of residual nets,
    subsamples on purpose and is not told of.

    Example
    ```
    model M {
        input image: [32, 32, 3]
        output y = image -> Conv2D(8, 3, strides=4, activation=relu) -> Flatten() -> Dense(10)
    }
    ```

    Use instead
    ```
    model M {
        input image: [32, 32, 3]
        output y = image -> Conv2D(8, 4, strides=4, activation=relu) -> Flatten() -> Dense(10)
    }
    ```
    """


class DroppedBorder(
    Problem, code="N0646", title="`{layer}` leaves a border out", severity="advice"
):
    """What it means

    Windows that stand side by side do not divide the map evenly, and with "valid" padding the rest at its end is
    dropped. It is told of where that is more than a tenth of the map.

    Example
    ```
    model M {
        input image: [7, 7, 8]
        output y = image -> MaxPooling2D(2) -> Flatten() -> Dense(10)
    }
    ```

    Use instead
    ```
    model M {
        input image: [7, 7, 8]
        output y = image -> MaxPooling2D(2, padding="same") -> Flatten() -> Dense(10)
    }
    ```
    """


class NearSighted(
    Problem,
    code="N0647",
    title="no place of the last map sees a third of the image",
    severity="advice",
):
    """What it means

    A global pool averages places that look at a small window of the image each, so the classifier counts textures
    and knows no shape larger than the window. More layers, strides, pooling or dilation widen it; the receptive
    field grows by (kernel - 1) * dilation * (product of the strides before).

    Example
    ```
    model M {
        input image: [224, 224, 3]
        output y = image -> repeat 3 { Conv2D(8, 3, activation=relu) } -> GlobalAveragePooling2D()
            -> Dense(10, activation=softmax)
    }
    ```

    Use instead
    ```
    model M {
        input image: [224, 224, 3]
        output y = image -> repeat 5 { Conv2D(8, 3, activation=relu) -> MaxPooling2D() } -> GlobalAveragePooling2D()
            -> Dense(10, activation=softmax)
    }
    ```
    """


class FarSighted(
    Problem, code="N0648", title="`{layer}` sees the input many times over", severity="advice"
):
    """What it means

    On every path the window that a place of this map looks at is more than eight times as large as the input, so
    nearly all of it is padding. A net made for large images meets a small one: leave layers out, take strides out at
    the beginning, or give it larger images.

    Example
    ```
    model M {
        input image: [8, 8, 3]
        output y = image -> repeat 40 { Conv2D(8, 3, padding="same", activation=relu) } -> Flatten() -> Dense(10)
    }
    ```

    Use instead
    ```
    model M {
        input image: [64, 64, 3]
        output y = image -> repeat 40 { Conv2D(8, 3, padding="same", activation=relu) } -> Flatten() -> Dense(10)
    }
    ```
    """


class Checkerboard(
    Problem, code="N0649", title="`{layer}` covers its output unevenly", severity="advice"
):
    """What it means

    Where the kernel is no multiple of the stride, some places of the output are covered by more places of the
    kernel than their neighbours, which shows as a checkerboard (Odena, Dumoulin and Olah, Deconvolution and
    Checkerboard Artifacts, 2016).

    Example
    ```
    model M {
        input code: [8, 8, 16]
        output image = code -> Conv2DTranspose(3, 3, strides=2, padding="same")
    }
    ```

    Use instead
    ```
    model M {
        input code: [8, 8, 16]
        output image = code -> Conv2DTranspose(3, 4, strides=2, padding="same")
    }
    ```
    """


class NoData(
    Problem,
    code="N0650",
    title="no number is left at `{layer}`",
    severity="warning",
):
    """What it means

    A size of 0 makes a tensor without a single number in it, and every layer after it works on nothing: a `Dense`
    gives its bias, a mean is not a number. Keras builds such a model. A 0 most often comes from arithmetic that
    rounds down, such as `channels // 16` at few channels.

    Example
    ```
    model M(size: int = 3) {
        input points: [16, size // 4]
        output y = points -> Flatten() -> Dense(10, activation=softmax)
    }
    ```

    Use instead
    ```
    model M(size: int = 3) {
        input points: [16, max(1, size // 4)]
        output y = points -> Flatten() -> Dense(10, activation=softmax)
    }
    ```
    """


class WideFlatten(
    Problem,
    code="N0655",
    title="`{layer}` of a whole map has {weights:,} weights",
    severity="advice",
):
    """What it means

    After a `Flatten` each unit of a `Dense` layer has a weight for every channel of every place of the map: height
    times width times channels times units. On a large map these are nearly all the weights of the network, more than
    its data can teach or its memory holds. Averaged over its places a map is as long as it has channels (Lin et al.,
    2013, arXiv:1312.4400); a few more poolings before the `Flatten` do as well.

    Example
    ```
    model M {
        input image: [224, 224, 3]
        output y = image -> Conv2D(64, 3, padding="same", activation=relu) -> Flatten() -> Dense(1024, activation=relu)
            -> Dense(10, activation=softmax)
    }
    ```

    Use instead
    ```
    model M {
        input image: [224, 224, 3]
        output y = image -> repeat 5 { Conv2D(64, 3, padding="same", activation=relu) -> MaxPooling2D(2) }
            -> GlobalAveragePooling2D() -> Dense(1024, activation=relu) -> Dense(10, activation=softmax)
    }
    ```
    """


class UnsharedSlopes(
    Problem,
    code="N0656",
    title="`{layer}` learns a slope for each of {places:,} places",
    severity="advice",
):
    """What it means

    Without `shared_axes` a PReLU has a slope of its own for every number of what arrives, so that on a map it learns
    one for each place, and the map can have no other size. The paper has one for each channel (He et al., 2015,
    arXiv:1502.01852): `shared_axes=[1, 2]` on a picture.

    Example
    ```
    model M {
        input image: [64, 64, 3]
        output y = image -> Conv2D(32, 3) -> PReLU() -> GlobalAveragePooling2D() -> Dense(10)
    }
    ```

    Use instead
    ```
    model M {
        input image: [64, 64, 3]
        output y = image -> Conv2D(32, 3) -> PReLU(shared_axes=[1, 2]) -> GlobalAveragePooling2D() -> Dense(10)
    }
    ```
    """
