"""N07: running on a GPU."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class RaggedWidth(
    Problem, code="N0701", title="`{layer}` does not fill the tensor cores", severity="advice"
):
    """What it means

    In half precision tensor cores multiply blocks of eight by eight numbers. Where a width is no multiple of eight,
    blocks are padded or a slower kernel is chosen. It is told of for layers that do a good part of the work, and not
    for the few classes of an output, which the task sets; a vocabulary of thousands can be padded.

    Example
    ```
    model M {
        input x: [512]
        output y = x -> Dense(1001, activation=relu) -> Dense(8, activation=softmax, dtype="float32")
    }
    train M {
        optimizer = adam
        loss = sparse_categorical_crossentropy
        precision = mixed_bfloat16
    }
    ```

    Use instead
    ```
    model M {
        input x: [512]
        output y = x -> Dense(1008, activation=relu) -> Dense(8, activation=softmax, dtype="float32")
    }
    train M {
        optimizer = adam
        loss = sparse_categorical_crossentropy
        precision = mixed_bfloat16
    }
    ```
    """


class LeavesCudnn(Problem, code="N0702", title="`{layer}` leaves cuDNN's path", severity="advice"):
    """What it means

    On a GPU, LSTM and GRU run as one cuDNN kernel only with `activation="tanh"`,
    `recurrent_activation="sigmoid"`, a bias, no `recurrent_dropout` and no `unroll`, and a GRU with
    `reset_after=True`. Anything else runs a step at a time, several times slower. `dropout`, on what arrives, is
    no hindrance.

    Example
    ```
    model M {
        input x: [50, 8]
        output y = x -> LSTM(32, recurrent_dropout=0.2) -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [50, 8]
        output y = x -> LSTM(32, dropout=0.2) -> Dense(4)
    }
    ```
    """


class ThinConvolutions(
    Problem,
    code="N0703",
    title="{count} of {all} convolutions gain little from half precision",
    severity="advice",
):
    """What it means

    Depthwise and grouped convolutions multiply each channel with few others. Tensor cores have nothing to do for
    them, and they wait for memory: half precision halves the traffic and does not speed the arithmetic up.

    Example
    ```
    model M {
        input image: [32, 32, 8]
        output y = image -> repeat 3 { DepthwiseConv2D(3, activation=relu) -> Conv2D(16, 1, activation=relu) }
            -> Flatten() -> Dense(8, dtype="float32")
    }
    train M {
        optimizer = adam
        loss = SparseCategoricalCrossentropy(from_logits=True)
        precision = mixed_float16
    }
    ```

    Use instead
    ```
    model M {
        input image: [32, 32, 8]
        output y = image -> repeat 3 { Conv2D(16, 3, activation=relu) }
            -> Flatten() -> Dense(8, dtype="float32")
    }
    train M {
        optimizer = adam
        loss = SparseCategoricalCrossentropy(from_logits=True)
        precision = mixed_float16
    }
    ```
    """


class OverriddenTraining(
    Problem,
    code="N0704",
    title="`training={value}` at `{layer}` holds only until the model is run",
    severity="warning",
):
    """What it means

    `fit` calls every layer of a functional model with `training=True` and `predict` with `training=False`, and that
    takes the place of what the spec says at the call. To keep a BatchNormalization, or a whole pretrained model,
    at its statistics say `trainable=False`.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(8, use_bias=False) -> BatchNormalization()(training=False) -> ReLU()
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(8, use_bias=False) -> BatchNormalization(trainable=False) -> ReLU()
    }
    ```
    """


class HalfOutput(
    Problem, code="N0705", title="output `{name}` is left in {dtype}", severity="warning"
):
    """What it means

    Under a mixed policy layers compute in half precision. In an output that costs accuracy where it counts most:
    small probabilities become 0 in float16, and bfloat16 keeps three digits. The last layer wants
    `dtype="float32"`.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(64, activation=relu) -> Dense(8, activation=softmax)
    }
    train M {
        optimizer = adam
        loss = sparse_categorical_crossentropy
        precision = mixed_float16
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(64, activation=relu) -> Dense(8, activation=softmax, dtype="float32")
    }
    train M {
        optimizer = adam
        loss = sparse_categorical_crossentropy
        precision = mixed_float16
    }
    ```
    """


class StringsUnderXla(
    Problem, code="N0706", title="`{layer}` does not run under XLA", severity="warning"
):
    """What it means

    `jit_compile=True` hands the whole step to XLA, which knows no strings and no lookup tables. Put this layer into
    the input pipeline, in a model of its own, or leave `jit_compile` at "auto".

    Example
    ```
    model M {
        input title: string[1]
        output y = title -> Hashing(num_bins=64) -> Embedding(64, 8) -> Flatten() -> Dense(1, activation=sigmoid)
    }
    train M {
        optimizer = adam
        loss = binary_crossentropy
        jit_compile = True
    }
    ```

    Use instead
    ```
    model M {
        input title: int64[1]
        output y = title -> Embedding(64, 8) -> Flatten() -> Dense(1, activation=sigmoid)
    }
    train M {
        optimizer = adam
        loss = binary_crossentropy
        jit_compile = True
    }
    ```
    """


class UnevenReplicas(
    Problem,
    code="N0707",
    title="a batch of {batch} does not divide among {replicas} replicas",
    severity="warning",
):
    """What it means

    A distribution strategy cuts each batch into equal shares, one for each device. Where it does not come out even
    one device gets less and the others wait, and the losses of unequal shares are weighed as if they were equal.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(1)
    }
    train M {
        optimizer = adam
        loss = mse
        batch_size = 100
        distribute = MirroredStrategy(["GPU:0", "GPU:1", "GPU:2"])
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(1)
    }
    train M {
        optimizer = adam
        loss = mse
        batch_size = 96
        distribute = MirroredStrategy(["GPU:0", "GPU:1", "GPU:2"])
    }
    ```
    """


class OutOfMemory(
    Problem,
    code="N0708",
    title="training `{model}` takes more memory than {device} has",
    severity="warning",
):
    """What it means

    Weights, gradients, the optimizer's state and the activations of one batch are together more than the memory of
    the device that `--device` names. A smaller batch, a mixed precision, or an optimizer that keeps less takes less.
    The figures are an estimate from shapes; `netdsl summary --device` tells its parts.

    Example
    ```
    model M {
        input image: [256, 256, 3]
        output y = image -> Conv2D(64, 3, activation=relu) -> GlobalAveragePooling2D() -> Dense(4)
    }
    train M {
        optimizer = adam
        loss = mse
        batch_size = 100_000
    }
    ```

    Use instead
    ```
    model M {
        input image: [256, 256, 3]
        output y = image -> Conv2D(64, 3, activation=relu) -> GlobalAveragePooling2D() -> Dense(4)
    }
    train M {
        optimizer = adam
        loss = mse
        batch_size = 256
    }
    ```
    """
