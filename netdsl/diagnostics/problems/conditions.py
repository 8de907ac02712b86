"""N04, continued: what is decided while the network is built, and so by values alone."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class TensorDecidesNothing(Problem, code="N0421", title="a tensor cannot decide this"):
    """What it means

    `if`, `and`, `or`, `not`, `in` and `assert` decide while the network is built, and what they decide is part of
    it. The numbers in a tensor come with the data, another for each element; a comparison of tensors is such a
    tensor, of True and False. Functions of `keras.ops` work on it element by element.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> if x > 0 { ReLU() }
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = ops.where(x > 0, x, x * 0.1)
    }
    ```
    """
