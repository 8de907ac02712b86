"""N05: shapes, dtypes and weights that Keras would refuse when a layer is called."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class WrongRank(Problem, code="N0501", title="`{layer}` does not take a tensor of this rank"):
    """What it means

    A layer was given a tensor with too many or too few axes. The batch is counted: an image is
    `(None, height, width, channels)` and has rank 4.

    Example
    ```
    model M {
        input x: [10]
        output y = x -> Conv2D(8, 3)
    }
    ```

    Use instead
    ```
    model M {
        input x: [10, 10, 1]
        output y = x -> Conv2D(8, 3)
    }
    ```
    """


class SeveralInputs(Problem, code="N0502", title="`{layer}` got several tensors"):
    """What it means

    A layer that works on one tensor received a list, usually the result of a fork that was not joined.

    Example
    ```
    model M {
        input x: [10]
        output y = x -> [Dense(4), Dense(4)] -> Dense(2)
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        output y = x -> [Dense(4), Dense(4)] -> Concatenate() -> Dense(2)
    }
    ```
    """


class UnequalInputs(Problem, code="N0503", title="inputs of `{layer}` do not fit together"):
    """What it means

    A merge layer joins tensors whose sizes must agree, and two of them differ. `Concatenate` allows a
    difference on its own axis only; the elementwise merges allow a size of 1 to stretch.

    Example
    ```
    model M {
        input x: [28, 28, 3]
        a = x -> Conv2D(8, 3)
        b = x -> Conv2D(8, 3, padding="same")
        output y = [a, b] -> Add()
    }
    ```

    Use instead
    ```
    model M {
        input x: [28, 28, 3]
        a = x -> Conv2D(8, 3, padding="same")
        b = x -> Conv2D(8, 3, padding="same")
        output y = [a, b] -> Add()
    }
    ```
    """


class UnknownDimension(
    Problem, code="N0504", title="`{layer}` needs a dimension that is not known"
):
    """What it means

    A layer makes weights (or lays out its output) from a size of its input, and that size is `?` or a
    symbolic dimension. Keras cannot build the layer without the number.

    Example
    ```
    model M {
        input x: [?]
        output y = x -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [16]
        output y = x -> Dense(4)
    }
    ```
    """


class TooSmall(Problem, code="N0505", title="the input of `{layer}` is too small"):
    """What it means

    A window (a kernel, a pool, a crop) is larger than what it slides over, so nothing is left.

    Example
    ```
    model M {
        input x: [4, 4, 1]
        output y = x -> Conv2D(8, 5)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8, 8, 1]
        output y = x -> Conv2D(8, 5)
    }
    ```
    """


class UnevenSplit(Problem, code="N0506", title="`{layer}` cannot split its input evenly"):
    """What it means

    Groups, heads or parts must divide the axis that they split.

    Example
    ```
    model M {
        input x: [8, 8, 3]
        output y = x -> Conv2D(8, 3, groups=2)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8, 8, 4]
        output y = x -> Conv2D(8, 3, groups=2)
    }
    ```
    """


class SizeMismatch(Problem, code="N0507", title="`{layer}` changes the number of elements"):
    """What it means

    A reshape must keep the number of elements of each sample.

    Example
    ```
    model M {
        input x: [12]
        output y = x -> Reshape((5, 2))
    }
    ```

    Use instead
    ```
    model M {
        input x: [12]
        output y = x -> Reshape((6, 2))
    }
    ```
    """


class WrongAxis(Problem, code="N0508", title="`{layer}` names an axis that is not there"):
    """What it means

    An axis argument points outside the tensor, at the batch, or names one axis twice.

    Example
    ```
    model M {
        input x: [12]
        output y = x -> Softmax(axis=3)
    }
    ```

    Use instead
    ```
    model M {
        input x: [12]
        output y = x -> Softmax(axis=-1)
    }
    ```
    """


class TooFewInputs(Problem, code="N0509", title="`{layer}` takes another number of tensors"):
    """What it means

    A layer that joins or compares tensors received too few (or too many) of them. Give a list through the arrow, or the
    missing tensor as a call-time argument in a second pair of parentheses.

    Example
    ```
    model M {
        input x: [12]
        output y = x -> Add()
    }
    ```

    Use instead
    ```
    model M {
        input x: [12]
        output y = [x, x -> Dense(12)] -> Add()
    }
    ```
    """


class WrongDtype(Problem, code="N0510", title="`{layer}` does not take this dtype"):
    """What it means

    A layer received a tensor of a dtype it cannot work on, such as strings into `Dense`.

    Example
    ```
    model M {
        input x: string[1]
        output y = x -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: float32[1]
        output y = x -> Dense(4)
    }
    ```
    """


class IncompatibleShape(Problem, code="N0511", title="the input of `{layer}` has the wrong shape"):
    """What it means

    The shape that arrives contradicts an argument of the layer, or, for a shared layer, the shape that its weights
    were made for.

    Example
    ```
    model M {
        input a: [8]
        input b: [9]
        layer shared = Dense(4)
        output y = [a -> shared, b -> shared] -> Add()
    }
    ```

    Use instead
    ```
    model M {
        input a: [8]
        input b: [8]
        layer shared = Dense(4)
        output y = [a -> shared, b -> shared] -> Add()
    }
    ```
    """


class ConflictingArguments(
    Problem, code="N0512", title="two arguments of `{layer}` do not go together"
):
    """What it means

    Each argument is fine on its own, and together they ask for something that Keras does not do: a stride and
    a dilation in one convolution, an output padding as large as the stride, low-rank adaptation of a
    constrained kernel.

    Example
    ```
    model M {
        input x: [32, 32, 3]
        output y = x -> Conv2D(8, 3, strides=2, dilation_rate=2)
    }
    ```

    Use instead
    ```
    model M {
        input x: [32, 32, 3]
        output y = x -> Conv2D(8, 3, dilation_rate=2)
    }
    ```
    """


class WrongValue(Problem, code="N0513", title="`{layer}` does not take this value"):
    """What it means

    A value is of the right type and still outside what the layer can do.

    Example
    ```
    model M {
        input sound: [16000]
        output y = sound -> MelSpectrogram(fft_length=512, sequence_length=1024)
    }
    ```

    Use instead
    ```
    model M {
        input sound: [16000]
        output y = sound -> MelSpectrogram(fft_length=1024, sequence_length=1024)
    }
    ```
    """


class WrongEquation(Problem, code="N0514", title="the equation of `{layer}` does not fit"):
    """What it means

    An einsum equation names the axes of the input, of the weights and of the output. It is not of the form
    `ab,bc->ac`, names an axis that is nowhere defined, or contradicts the shape that arrives.

    Example
    ```
    model M {
        input x: [12, 64]
        output y = x -> EinsumDense("abc,cd->abe", output_shape=(12, 32))
    }
    ```

    Use instead
    ```
    model M {
        input x: [12, 64]
        output y = x -> EinsumDense("abc,cd->abd", output_shape=(12, 32))
    }
    ```
    """


class NoSizeFits(Problem, code="N0540", title="no size of `{name}` fits this network"):
    """What it means

    A symbolic dimension may have any size, but some layers work only for some sizes, and here their
    demands contradict each other.

    Example
    ```
    model M {
        input x: [T, 4]
        a = x -> Cropping1D(1) -> ZeroPadding1D(3)
        b = x -> MaxPooling1D(2)
        output y = [a, b] -> Add()
    }
    ```

    Use instead
    ```
    model M {
        input x: [T, 4]
        a = x -> Cropping1D(1) -> ZeroPadding1D(1)
        b = x -> Conv1D(4, 3, padding="same")
        output y = [a, b] -> Add()
    }
    ```
    """
