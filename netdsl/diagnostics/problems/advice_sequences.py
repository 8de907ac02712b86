"""N066: sequences."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class MaskLost(Problem, code="N0661", title="a mask is lost at `{layer}`", severity="warning"):
    """What it means

    `mask_zero=True` and `Masking` mark steps that are padding, and recurrent, attention and averaging layers then
    leave them out. Most other layers do not pass the mark on: from there on padding counts like data. A sum keeps
    it only where every tensor has one.

    Example
    ```
    model M {
        input words: int32[100]
        output y = words -> Embedding(5000, 32, mask_zero=True)
            -> Conv1D(32, 3, activation=relu) -> LSTM(32) -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input words: int32[100]
        output y = words -> Embedding(5000, 32, mask_zero=True) -> LSTM(32) -> Dense(4)
    }
    ```
    """


class ManySteps(
    Problem,
    code="N0662",
    title="`{layer}` takes {steps:,} steps one after another",
    severity="advice",
):
    """What it means

    A recurrent layer works its steps off in order, so it cannot use a GPU's width, and the gradient fades on the
    way back. Shorten the sequence before it with strides or pooling, or use convolutions or attention.

    Example
    ```
    model M {
        input wave: [16000, 1]
        output y = wave -> GRU(64) -> Dense(10)
    }
    ```

    Use instead
    ```
    model M {
        input wave: [16000, 1]
        output y = wave -> Conv1D(64, 128, strides=64, activation=relu) -> GRU(64) -> Dense(10)
    }
    ```
    """


class SeesTheFuture(
    Problem,
    code="N0663",
    title="`Bidirectional` in a causal model sees the future",
    severity="warning",
):
    """What it means

    A causal layer on the same sequence lets no step see what comes after it, as a model must that predicts the next
    step. Bidirectional reads the sequence from both ends, so it hands every step the whole future.

    Example
    ```
    model M {
        input words: int32[100]
        output next_word = words -> Embedding(5000, 32)
            -> Bidirectional(LSTM(32, return_sequences=True))
            -> Conv1D(32, 3, padding="causal", activation=relu)
            -> Dense(5000, activation=softmax)
    }
    ```

    Use instead
    ```
    model M {
        input words: int32[100]
        output next_word = words -> Embedding(5000, 32)
            -> LSTM(64, return_sequences=True)
            -> Conv1D(32, 3, padding="causal", activation=relu)
            -> Dense(5000, activation=softmax)
    }
    ```
    """


class NoMaskMade(
    Problem, code="N0664", title="`{layer}` makes no mask for each step", severity="warning"
):
    """What it means

    A mask leaves a layer through Keras's bookkeeping, and `TimeDistributed` only hands on the mask that arrived at
    it. The one that an `Embedding(mask_zero=True)` or a `Masking` makes inside it is lost, without a word. Both work
    on inputs of any rank by themselves.

    Example
    ```
    model M {
        input words: int32[20, 30]
        output y = words -> TimeDistributed(Embedding(1000, 16, mask_zero=True)) -> TimeDistributed(LSTM(32))
            -> LSTM(32) -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input words: int32[20, 30]
        output y = words -> Embedding(1000, 16, mask_zero=True) -> TimeDistributed(LSTM(32)) -> LSTM(32) -> Dense(4)
    }
    ```
    """


class StateNotKept(
    Problem,
    code="N0665",
    title="`stateful=True` with `initial_state` keeps nothing",
    severity="warning",
):
    """What it means

    A stateful layer starts a batch from where the last one ended, unless it is given an `initial_state`: then it starts
    from that, each time, and the states that it has kept are not read.

    Example
    ```
    model M {
        input x: [10, 8](batch_size=4)
        input h: [16](batch_size=4)
        output y = x -> GRU(16, stateful=True)(initial_state=h)
    }
    ```

    Use instead
    ```
    model M {
        input x: [10, 8](batch_size=4)
        output y = x -> GRU(16, stateful=True)
    }
    ```
    """


class FractionsLookedUp(
    Problem, code="N0666", title="`{layer}` looks {dtype} numbers up", severity="advice"
):
    """What it means

    A table has rows 0, 1, 2, …, and an Embedding cuts what arrives to whole numbers: 0.9 is row 0. Where they are
    whole already nothing is lost, but float16 has gaps from 2,048 on and float32 from 16,777,216 on; where they were
    scaled, all of them are row 0. An input is `float32` unless its type says otherwise.

    Example
    ```
    model M {
        input words: [100]
        output y = words -> Embedding(5000, 32) -> LSTM(32) -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input words: int32[100]
        output y = words -> Embedding(5000, 32) -> LSTM(32) -> Dense(4)
    }
    ```
    """
