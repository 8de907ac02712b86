"""N067: the graph."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class JoinedWithItself(
    Problem, code="N0671", title="`{layer}` joins a tensor with itself", severity="warning"
):
    """What it means

    The same tensor arrives twice. A sum doubles it, a difference is 0, and the mean, maximum and minimum change
    nothing. One of the two names is probably wrong.

    Example
    ```
    model M {
        input x: [8]
        h = x -> Dense(8, activation=relu)
        output y = [h, h] -> Add() -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        h = x -> Dense(8, activation=relu)
        output y = [x, h] -> Add() -> Dense(4)
    }
    ```
    """


class DeepChain(
    Problem,
    code="N0672",
    title="a chain of {depth:,} layers is too deep for Keras's recursion",
    severity="advice",
):
    """What it means

    Keras walks a functional model recursively, a level for each layer, and Python stops at about a thousand. The
    generated code makes room for that while it builds the model. Code of your own that clones or converts the
    model needs the same, `sys.setrecursionlimit`.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> repeat 300 { [_, Dense(8, activation=relu) -> Dense(8)] -> Add() -> ReLU() }
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> repeat 30 { [_, Dense(8, activation=relu) -> Dense(8)] -> Add() -> ReLU() }
    }
    ```
    """
