"""N03: arguments that a layer, an initializer, an optimizer and the like do not take."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class UnknownArgument(Problem, code="N0301", title="`{layer}` has no argument `{argument}`"):
    """What it means

    An argument is named that the layer does not take. Names and spellings are Keras's; `netdsl layers Conv2D`
    lists them.

    Example
    ```
    model M {
        input x: [28, 28, 1]
        output y = x -> Conv2D(8, 3, stride=2)
    }
    ```

    Use instead
    ```
    model M {
        input x: [28, 28, 1]
        output y = x -> Conv2D(8, 3, strides=2)
    }
    ```
    """


class RepeatedArgument(Problem, code="N0302", title="`{argument}` of `{layer}` is given twice"):
    """What it means

    One argument has two values: it is named twice, or it is named and also given by position.

    Example
    ```
    model M {
        input x: [16]
        output y = x -> Dense(8, units=4)
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


class TooManyArguments(Problem, code="N0303", title="`{layer}` takes fewer arguments by position"):
    """What it means

    More values stand in the parentheses than the layer takes without a name. The arguments that every layer
    has (`name`, `dtype`, `trainable`) are always named.

    Example
    ```
    model M {
        input x: [16]
        output y = x -> RepeatVector(3, 4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [16]
        output y = x -> RepeatVector(3)
    }
    ```
    """


class MissingArgument(Problem, code="N0304", title="`{layer}` needs `{argument}`"):
    """What it means

    An argument without a default was left out.

    Example
    ```
    model M {
        input x: [28, 28, 1]
        output y = x -> Conv2D(8)
    }
    ```

    Use instead
    ```
    model M {
        input x: [28, 28, 1]
        output y = x -> Conv2D(8, kernel_size=3)
    }
    ```
    """


class WrongArgument(Problem, code="N0305", title="`{argument}` of `{layer}` does not take this"):
    """What it means

    The value of an argument is of another type than the layer works with, such as text for a number, a
    fraction for a count, or a tuple of the wrong length.

    Example
    ```
    model M {
        input x: [16]
        output y = x -> Dense(2.5)
    }
    ```

    Use instead
    ```
    model M {
        input x: [16]
        output y = x -> Dense(2)
    }
    ```
    """


class ArgumentOutOfRange(Problem, code="N0306", title="`{argument}` of `{layer}` is out of range"):
    """What it means

    The value is a number, but not one that the layer can work with: a count below 1, a rate outside 0 to 1.

    Example
    ```
    model M {
        input x: [16]
        output y = x -> Dropout(1.5)
    }
    ```

    Use instead
    ```
    model M {
        input x: [16]
        output y = x -> Dropout(0.5)
    }
    ```
    """


class UnknownChoice(Problem, code="N0307", title="`{argument}` of `{layer}` knows no such word"):
    """What it means

    The argument takes one of a few words, and this is none of them.

    Example
    ```
    model M {
        input x: [28, 28, 1]
        output y = x -> Conv2D(8, 3, padding="sme")
    }
    ```

    Use instead
    ```
    model M {
        input x: [28, 28, 1]
        output y = x -> Conv2D(8, 3, padding="same")
    }
    ```
    """


class UnknownIdentifier(
    Problem, code="N0308", title="`{argument}` of `{layer}` names nothing known"
):
    """What it means

    The name stands where an activation, initializer, regularizer, constraint, loss, metric or optimizer is
    taken, and Keras has none of that name. `netdsl layers` lists those there are; a function of your own
    is declared with `extern fn`.

    Example
    ```
    model M {
        input x: [16]
        output y = x -> Dense(8, activation=rleu)
    }
    ```

    Use instead
    ```
    model M {
        input x: [16]
        output y = x -> Dense(8, activation=relu)
    }
    ```
    """


class SymbolicArgument(Problem, code="N0309", title="`{argument}` of `{layer}` needs a number"):
    """What it means

    A symbolic or unknown dimension stands where a layer needs a number to make its weights or lay out its
    output. Such a dimension has no value until data arrives.

    Example
    ```
    model M {
        input x: [T, 16]
        output y = x -> Dense(x.shape[1])
    }
    ```

    Use instead
    ```
    model M {
        input x: [T, 16]
        output y = x -> Dense(x.shape[2])
    }
    ```
    """


class UnsupportedArgument(
    Problem, code="N0310", title="`{argument}` of `{layer}` cannot be carried out"
):
    """What it means

    Keras takes this argument, but what it asks for cannot be said in a spec (an array, a tensor that exists
    already, a layer of another framework). Nothing that a spec says is dropped in silence, so this
    is an error.

    Example
    ```
    model M {
        input x: int32[16]
        output y = x -> Embedding(100, 8, weights=[[0.5, 0.5]])
    }
    ```

    Use instead
    ```
    model M {
        input x: int32[16]
        output y = x -> Embedding(100, 8)
    }
    ```
    """
