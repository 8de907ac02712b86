"""N069: what does nothing, or does it along the wrong axis."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class ConstraintAxis(
    Problem,
    code="N0691",
    title="`{constraint}` does not bound each unit of `{layer}`",
    severity="warning",
):
    """What it means

    A norm is taken over the axes that lead into one unit: over the inputs of a `Dense`, which is axis 0 and what
    Keras does unless told otherwise, over rows, columns and input channels of a convolution, `axis=[0, 1, 2]`, and
    over the vector of one word in an `Embedding`, `axis=1`. Over other axes it bounds something that is no unit,
    such as a column of each kernel by itself.

    Example
    ```
    model M {
        input image: [32, 32, 3]
        output y = image -> Conv2D(8, 3, kernel_constraint=MaxNorm(2))
    }
    ```

    Use instead
    ```
    model M {
        input image: [32, 32, 3]
        output y = image -> Conv2D(8, 3, kernel_constraint=MaxNorm(2, axis=[0, 1, 2]))
    }
    ```
    """


class DoesNothing(Problem, code="N0692", title="`{name}` does nothing", severity="advice"):
    """What it means

    It has strengths that are 0 unless they are given, and none is given. In contrast to `"l1"` and `"l2"`, which
    are as strong as 0.01, `"l1l2"` penalises nothing.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4, kernel_regularizer=L1L2())
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4, kernel_regularizer=L1L2(l1=1e-5, l2=1e-4))
    }
    ```
    """


class IdleArgument(
    Problem, code="N0693", title="`{argument}` of `{name}` counts for nothing", severity="advice"
):
    """What it means

    The argument belongs to something that another argument turns off: the initializer of a bias that is not there,
    the colour of a border that is filled by reflection. Keras takes it without a word.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4, use_bias=False, bias_initializer=ones)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4, bias_initializer=ones)
    }
    ```
    """
