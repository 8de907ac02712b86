"""N05, continued: layers inside layers, the states of recurrent ones, and what builds but cannot run."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class BuildsButFails(
    Problem, code="N0520", title="`{layer}` builds but does not run so", severity="warning"
):
    """What it means

    Keras builds the layer on this input without a word, because it only computes a shape there. When data
    arrives the layer fails, or gives another shape than it said. The label tells which.

    Example
    ```
    model M {
        input x: [10]
        output y = x -> RandomFlip()
    }
    ```

    Use instead
    ```
    model M {
        input x: [10, 10, 3]
        output y = x -> RandomFlip()
    }
    ```
    """


class NeedsPython(Problem, code="N0521", title="`{layer}` needs a Python object"):
    """What it means

    The layer wraps something that only Python can hold: a JAX function, a Flax or PyTorch module, a SavedModel
    on disk. A spec runs no Python. Write a small Keras layer in a module of your own and name it with
    `extern layer`, with the shape that it gives.

    Example
    ```
    model M {
        input x: [10]
        output y = x -> TorchModuleWrapper(None)
    }
    ```

    Use instead
    ```
    extern layer Encoder(width: int): [n] -> [width] from "my_package.layers"

    model M {
        input x: [10]
        output y = x -> Encoder(32)
    }
    ```
    """


class WrongWrapped(Problem, code="N0522", title="`{layer}` cannot hold this layer"):
    """What it means

    A wrapper asks something of the layer inside it: `Bidirectional` a recurrent layer, `RNN` cells,
    `TimeDistributed` a layer that takes one tensor and gives one, `SpectralNormalization` a kernel. Or the layer inside
    does not fit what it would see there.

    Example
    ```
    model M {
        input x: [12, 8]
        output y = x -> Bidirectional(Dense(4))
    }
    ```

    Use instead
    ```
    model M {
        input x: [12, 8]
        output y = x -> Bidirectional(LSTM(4))
    }
    ```
    """


class WrongState(Problem, code="N0523", title="the states given to `{layer}` do not fit"):
    """What it means

    A recurrent layer starts from one state or from several (an `LSTM` has two), each with a row of its size for
    each sample. The `initial_state` or `states` that were given are of another number or shape.

    Example
    ```
    model M {
        input x: [12, 8]
        input h: [4]
        output y = x -> LSTM(4)(initial_state=[h])
    }
    ```

    Use instead
    ```
    model M {
        input x: [12, 8]
        input h: [4]
        input c: [4]
        output y = x -> LSTM(4)(initial_state=[h, c])
    }
    ```
    """


class NeedsFixedBatch(Problem, code="N0524", title="`{layer}` needs a fixed batch size"):
    """What it means

    With `stateful=True` the states of one batch start the next, so a variable is made for each sample of a
    batch, and the number of samples must be known.

    Example
    ```
    model M {
        input x: [12, 8]
        output y = x -> LSTM(4, stateful=True)
    }
    ```

    Use instead
    ```
    model M {
        input x: [12, 8](batch_size=32)
        output y = x -> LSTM(4, stateful=True)
    }
    ```
    """


class BaseClass(Problem, code="N0525", title="`{layer}` is not a layer to use"):
    """What it means

    `Layer` and `Wrapper` are what Keras's layers are derived from and compute nothing themselves, and an
    `InputLayer` is what `input name: type` makes.

    Example
    ```
    model M {
        input x: [12]
        output y = x -> Wrapper(Dense(4))
    }
    ```

    Use instead
    ```
    model M {
        input x: [12]
        output y = x -> Dense(4)
    }
    ```
    """


class WrongVocabulary(Problem, code="N0526", title="the vocabulary of `{layer}` does not fit"):
    """What it means

    A lookup layer numbers the entries of its vocabulary, so each stands there once, apart from the tokens that
    the layer adds itself, and there are no more of them than `max_tokens`.

    Example
    ```
    model M {
        input word: string[1]
        output y = word -> StringLookup(vocabulary=["a", "b", "a"])
    }
    ```

    Use instead
    ```
    model M {
        input word: string[1]
        output y = word -> StringLookup(vocabulary=["a", "b"])
    }
    ```
    """


class MakesNoModel(Problem, code="N0527", title="Keras makes no model of `{layer}`"):
    """What it means

    The layer says that what it gives is the very tensor that it gets. Keras then finds a cycle when it makes a
    model, or forgets the layer. Inside another layer, which runs it, it works, and so it does among the
    augmentations of a `train` block.

    Example
    ```
    model M {
        input x: [32, 32, 3]
        output y = x -> Equalization()
    }
    ```

    Use instead
    ```
    model M {
        input x: [32, 32, 3]
        output y = x -> Pipeline([Equalization()])
    }
    ```
    """
