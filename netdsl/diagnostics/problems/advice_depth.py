"""N062: activations through the depth of a network."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class SaturatingStack(
    Problem,
    code="N0621",
    title="gradients vanish through {count} layers of {activation}",
    severity="advice",
):
    """What it means

    The slope of a sigmoid is at most 1/4 and that of tanh at most 1, and both go to 0 where the input is large. The
    gradient of the first layer is the product of all slopes after it (Glorot and Bengio, 2010). A shortcut or a
    normalization between the layers ends the product.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> repeat 6 { Dense(32, activation=sigmoid) } -> Dense(4, activation=softmax)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> repeat 6 { Dense(32, activation=relu) } -> Dense(4, activation=softmax)
    }
    ```
    """


class TwoActivations(Problem, code="N0622", title="two activations in a row", severity="warning"):
    """What it means

    An activation follows straight on another, usually because a layer already has `activation=`. The second
    does nothing, or it makes the range of values smaller than either does.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(32, activation=relu) -> ReLU() -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(32) -> ReLU() -> Dense(4)
    }
    ```
    """


class LinearStack(
    Problem, code="N0623", title="{count} layers in a row make one linear map", severity="advice"
):
    """What it means

    Without a non-linearity between them, dense layers and convolutions after one another can be multiplied out:
    together they do what one of them does. Pairs that squeeze through fewer channels, depthwise and pointwise
    parts, and long kernels cut in two are left alone: they save weights.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(64) -> Dense(4, activation=softmax)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(64, activation=relu) -> Dense(4, activation=softmax)
    }
    ```
    """


class RectifiedShortcut(
    Problem,
    code="N0624",
    title="a sum is rectified twice before the next branch",
    severity="advice",
):
    """What it means

    In a residual net either the sum is activated, or the branch begins with its own normalization and activation
    (He et al., 2016, arXiv:1603.05027). Here both are: what the second one meets is not negative any more, and the
    shortcut that should be untouched is cut at 0.

    Example
    ```
    block unit { input x
        output [x, x -> BatchNormalization() -> ReLU() -> Dense(8)] -> Add() }
    model M {
        input x: [8]
        output y = x -> unit() -> ReLU() -> unit()
    }
    ```

    Use instead
    ```
    block unit { input x
        output [x, x -> BatchNormalization() -> ReLU() -> Dense(8)] -> Add() }
    model M {
        input x: [8]
        output y = x -> unit() -> unit()
    }
    ```
    """


class HiddenSoftmax(Problem, code="N0628", title="softmax in a hidden layer", severity="advice"):
    """What it means

    The values of a softmax are positive and sum to 1, so in a hidden layer of n units each is about 1/n and they hold
    each other down: little of what arrives reaches the next layer, and little of the gradient comes back. It belongs at
    the output, and inside attention, where it weighs other tensors.

    Example
    ```
    model M {
        input x: [32]
        output y = x -> Dense(128, activation=softmax) -> Dense(10, activation=softmax)
    }
    ```

    Use instead
    ```
    model M {
        input x: [32]
        output y = x -> Dense(128, activation=relu) -> Dense(10, activation=softmax)
    }
    ```
    """


class PlainDepth(
    Problem, code="N0629", title="{count} layers in a row without a shortcut", severity="advice"
):
    """What it means

    Layers one after the other, with nothing that leads past them, train worse from some depth on, also with good
    initial weights and normalization: on CIFAR-10 a plain net of 56 layers has more errors than one of 20, in
    training too, while with shortcuts 110 layers are better still (He et al., 2015, arXiv:1512.03385). A shortcut is
    a fork and a sum: `x -> [_, block()] -> Add()`.

    Example
    ```
    model M {
        input x: [64]
        output y = x -> repeat 100 { Dense(64, activation=relu) } -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [64]
        output y = x -> repeat 50 { [_, Dense(64, activation=relu) -> Dense(64)] -> Add() } -> Dense(4)
    }
    ```
    """
