"""N04: how stages, bodies and models are put together."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class Cycle(Problem, code="N0401", title="`{name}` depends on itself"):
    """What it means

    The bindings of a body may stand in any order, but they cannot need each other in a circle. The
    path shows who needs whom.

    Example
    ```
    model M {
        input x: [8]
        a = [x, b] -> Add()
        b = a -> Dense(8)
        output y = b
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        a = x -> Dense(8)
        b = [x, a] -> Add()
        output y = b
    }
    ```
    """


class UnusedTensor(Problem, code="N0402", title="`{name}` leads nowhere", severity="warning"):
    """What it means

    A tensor is computed and no output depends on it, so Keras leaves its layers out of the model. Where one of several
    outputs is not wanted, `_` in the place of its name says so: `kept, _ = x -> split()`.

    Example
    ```
    model M {
        input x: [8]
        side = x -> Dense(4)
        output y = x -> Dense(2)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        side = x -> Dense(4)
        output y = side -> Dense(2)
    }
    ```
    """


class UnusedInput(Problem, code="N0403", title="input `{name}` is not used", severity="warning"):
    """What it means

    No output depends on this input. Keras accepts that in silence, and the model asks for data that
    it ignores.

    Example
    ```
    model M {
        input x: [8]
        input z: [4]
        output y = x -> Dense(2)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        input z: [4]
        output y = [x, z] -> Concatenate() -> Dense(2)
    }
    ```
    """


class DuplicateLayerName(Problem, code="N0404", title="two layers are called `{name}`"):
    """What it means

    Keras needs each layer of a model to have a name of its own. Names given with `name=` are used
    as they are, so a second use needs another.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4, name="head") -> Dense(2, name="head")
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4, name="body") -> Dense(2, name="head")
    }
    ```
    """


class NotApplied(Problem, code="N0405", title="`{name}` is not applied to a tensor"):
    """What it means

    A layer does its work on a tensor that reaches it through an arrow: `x -> Dense(10)`.

    Example
    ```
    model M {
        input x: [8]
        h = Dense(4)
        output y = h
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        h = x -> Dense(4)
        output y = h
    }
    ```
    """


class MissingParentheses(Problem, code="N0406", title="`{name}` is written without parentheses"):
    """What it means

    A new layer, block or model is made with parentheses, even where it takes no arguments.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Flatten
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Flatten()
    }
    ```
    """


class NotAStage(Problem, code="N0407", title="this cannot follow an arrow"):
    """What it means

    After an arrow stands something that takes a tensor: a layer, a block, a model, a shared layer,
    a fork or a loop of them.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> 4
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4)
    }
    ```
    """


class NotATensor(Problem, code="N0408", title="a tensor is needed here"):
    """What it means

    Arrows, arithmetic between tensors, outputs and call-time arguments work on tensors; a number or
    a string stands here.

    Example
    ```
    model M {
        input x: [8]
        let size = 4
        output y = size -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        let size = 4
        output y = x -> Dense(size)
    }
    ```
    """


class NoOutput(Problem, code="N0409", title="`{name}` has no output"):
    """What it means

    A model or block says what leaves it with `output`.

    Example
    ```
    model M {
        input x: [8]
        y = x -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4)
    }
    ```
    """


class WrongUnpacking(
    Problem, code="N0410", title="the number of tensors differs from the number of names"
):
    """What it means

    Several tensors are unpacked into as many names; `_` discards one.

    Example
    ```
    model M {
        input x: [8]
        a, b = x -> Dense(4)
        output a
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        a, b = x -> [Dense(4), Dense(4)]
        output y = a + b
    }
    ```
    """


class AssertionFails(Problem, code="N0411", title="an assertion of the spec fails"):
    """What it means

    `assert` states a fact that the spec promises, and it does not hold at these hyperparameters.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4)
        assert params < 10
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4)
        assert params < 100
    }
    ```
    """


class TooLarge(Problem, code="N0412", title="the spec grows beyond a limit"):
    """What it means

    netdsl ends in bounded time and memory whatever a file says, so loops, lists, numbers and the
    network itself have limits.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> repeat 10_000_000 { Dense(4) }
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> repeat 10 { Dense(4) }
    }
    ```
    """


class EndlessRecursion(Problem, code="N0413", title="`{name}` calls itself too often"):
    """What it means

    A block or function may call itself under a condition that ends it. This one went deeper than
    the limit.

    Example
    ```
    block again(n) = Dense(8) -> again(n + 1)
    model M {
        input x: [8]
        output y = x -> again(1)
    }
    ```

    Use instead
    ```
    block again(n) = Dense(8) -> if n > 0 { again(n - 1) }
    model M {
        input x: [8]
        output y = x -> again(3)
    }
    ```
    """


class WrongInputs(Problem, code="N0414", title="`{name}` takes other inputs"):
    """What it means

    A block or model was given too few or too many tensors, or one by a name that it does not have.
    The first come through the arrow in order, further ones by name in a second pair of parentheses.

    Example
    ```
    block join() {
        input a
        input b
        output a + b
    }
    model M {
        input x: [8]
        output y = x -> join()
    }
    ```

    Use instead
    ```
    block join() {
        input a
        input b
        output a + b
    }
    model M {
        input x: [8]
        output y = [x, x -> Dense(8)] -> join()
    }
    ```
    """


class BranchNotTaken(Problem, code="N0415", title="`{name}` stands in a branch that is not taken"):
    """What it means

    A name bound with `as` inside `if` exists only where the branch is taken, and here it is not.

    Example
    ```
    model M {
        input x: [8]
        h = x -> if False { Dense(4) as deep }
        output y = [h, deep] -> Add()
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        h = x -> if True { Dense(8) as deep }
        output y = [h, deep] -> Add()
    }
    ```
    """


class Uncomputable(Problem, code="N0416", title="this value cannot be computed"):
    """What it means

    An operation on values failed: a division by zero, an index past the end, a type that the
    operator does not take.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(8 // 0)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(8 // 2)
    }
    ```
    """


class SymbolicNumber(Problem, code="N0417", title="a number is needed, and `{name}` is symbolic"):
    """What it means

    A symbolic dimension stands for any size and is None in Keras, so it cannot decide a condition
    or set a hyperparameter.

    Example
    ```
    model M {
        input x: [T, 8]
        output y = x -> repeat T { Dense(8) }
    }
    ```

    Use instead
    ```
    model M {
        input x: [16, 8]
        output y = x -> repeat 16 { Dense(8) }
    }
    ```
    """


class NotChecked(
    Problem, code="N0418", title="`{name}` is not checked on its own", severity="warning"
):
    """What it means

    A model with a parameter that has no default is built only where another model uses it or where
    the value is given with `--set`.

    Example
    ```
    model M(units) {
        input x: [8]
        output y = x -> Dense(units)
    }
    ```

    Use instead
    ```
    model M(units = 4) {
        input x: [8]
        output y = x -> Dense(units)
    }
    ```
    """


class WrongInputType(Problem, code="N0419", title="this input type cannot be made"):
    """What it means

    The dtype, a dimension or an option of an `input` is not one that Keras knows.

    Example
    ```
    model M {
        input x: float31[8]
        output y = x -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4)
    }
    ```
    """


class WrongUse(Problem, code="N0420", title="`{name}` cannot be used this way"):
    """What it means

    A name stands for something of another kind than its place needs: a model where a value is
    wanted, a tensor in place of a hyperparameter.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(units=x)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(units=x.shape[-1])
    }
    ```
    """
