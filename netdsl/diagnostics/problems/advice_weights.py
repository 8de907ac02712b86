"""N063: biases, initial weights, and what follows what."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class LostBias(
    Problem, code="N0631", title="the bias of `{layer}` is subtracted again", severity="advice"
):
    """What it means

    BatchNormalization subtracts the mean of each channel over the batch, and with it any constant that the layer
    before it added; it adds a bias of its own, `beta`. The bias before it costs weights and does nothing.

    Example
    ```
    model M {
        input x: [32, 32, 3]
        output y = x -> Conv2D(16, 3) -> BatchNormalization() -> ReLU()
    }
    ```

    Use instead
    ```
    model M {
        input x: [32, 32, 3]
        output y = x -> Conv2D(16, 3, use_bias=False) -> BatchNormalization() -> ReLU()
    }
    ```
    """


class AlikeUnits(
    Problem, code="N0632", title="the units of `{layer}` start alike", severity="warning"
):
    """What it means

    With a constant kernel every unit computes the same. Only what comes after the layer can tell them apart, and
    with zeros and relu not even that: nothing comes back through a relu at 0. Zeros are right for biases and for
    the last layer of a residual branch.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(64, kernel_initializer=zeros, activation=relu) -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(64, kernel_initializer=he_normal, activation=relu) -> Dense(4)
    }
    ```
    """


class SeluInitializer(
    Problem, code="N0633", title="`selu` with weights from `{initializer}`", severity="advice"
):
    """What it means

    The constants of selu hold mean 0 and variance 1 from layer to layer where the weights start with variance
    1/fan_in, which is `lecun_normal` (Klambauer et al., 2017, arXiv:1706.02515). `he_normal` doubles that, and
    `glorot_uniform`, the default, divides by the mean of fan_in and fan_out.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(64, activation=selu, kernel_initializer=he_normal) -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(64, activation=selu, kernel_initializer=lecun_normal) -> Dense(4)
    }
    ```
    """


class GlorotInDepth(
    Problem,
    code="N0634",
    title="{count} layers of relu in a row start from Glorot weights",
    severity="advice",
    on_by_default=False,
):
    """What it means

    relu passes half of the variance on, and Glorot weights do not make up for it: after n layers about 2^-n of it
    is left. `he_normal` and `he_uniform` start with twice the variance (He et al., 2015, arXiv:1502.01852). With a
    normalization or shortcuts between the layers it does not matter. Keras's default is Glorot, so this waits to be
    asked for with `--select N0634`.

    Example
    ```
    model M {
        input x: [64]
        output y = x -> repeat 12 { Dense(64, activation=relu) } -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        defaults Dense(kernel_initializer=he_normal)
        input x: [64]
        output y = x -> repeat 12 { Dense(64, activation=relu) } -> Dense(4)
    }
    ```
    """


class AlphaDropoutAlone(
    Problem, code="N0635", title="`AlphaDropout` without `selu` before it", severity="advice"
):
    """What it means

    AlphaDropout sets units to the value that selu saturates at, about -1.76, and rescales so that mean and variance
    stay. After any other activation that is a value which the layer never gives: use Dropout.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(64, activation=relu) -> AlphaDropout(0.1) -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(64, activation=relu) -> Dropout(0.1) -> Dense(4)
    }
    ```
    """


class VarianceShift(
    Problem, code="N0636", title="BatchNormalization right after dropout", severity="advice"
):
    """What it means

    While training, dropout scales what it keeps by 1/(1 - rate), which raises the variance that BatchNormalization
    learns; at inference there is no dropout, and the learned variance is too large (Li et al., 2019,
    arXiv:1801.05134). Dropout goes after the last normalization.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(64, activation=relu) -> Dropout(0.5) -> BatchNormalization() -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(64, activation=relu) -> BatchNormalization() -> Dropout(0.5) -> Dense(4)
    }
    ```
    """


class InitialVariance(
    Problem,
    code="N0638",
    title="initial weights let the numbers {change} through {count}",
    severity="warning",
):
    """What it means

    A unit adds up as many products as it has inputs, so the variance of the weights decides whether numbers keep
    their size from layer to layer, and gradients with them. 1/inputs does so for linear layers (`lecun_normal`),
    2/inputs through relu, which leaves half (`he_normal`; He et al., 2015, arXiv:1502.01852). Twelve layers of relu
    with `lecun_normal` leave 2^-12 of the variance, and weights of deviation 1 multiply it by 256 at a width of 512.
    The label has the mean square that was worked out. A normalization between the layers begins anew, so only layers
    without one are told of, and only those whose initializer the spec names: Keras's own default waits for
    `--select N0634`.

    Example
    ```
    model M {
        defaults Dense(activation=relu, kernel_initializer=RandomNormal(stddev=1.0))
        input x: [512]
        output y = x -> Dense(512) -> Dense(512) -> Dense(10, activation=softmax)
    }
    ```

    Use instead
    ```
    model M {
        defaults Dense(activation=relu, kernel_initializer=he_normal)
        input x: [512]
        output y = x -> Dense(512) -> Dense(512) -> Dense(10, activation=softmax)
    }
    ```
    """


class SameSeed(Problem, code="N0637", title="`{layer}` draws what others draw", severity="advice"):
    """What it means

    A fixed `seed=` makes the same numbers wherever it stands, and a loop or a block writes it once for many layers:
    all weights of one shape start with the same values, and each `Dropout` leaves out the same places at each step.
    Layers side by side then compute the same, and go on doing so.

    Example
    ```
    model M {
        input x: [32]
        output y = x -> repeat 4 { Dense(32, activation=relu, kernel_initializer=HeNormal(seed=1)) } -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [32]
        output y = x
            -> for i in range(4) { Dense(32, activation=relu, kernel_initializer=HeNormal(seed=i)) }
            -> Dense(4)
    }
    ```
    """


class SmallBatch(
    Problem, code="N0639", title="BatchNormalization at batch {batch}", severity="advice"
):
    """What it means

    Means and variances of a batch stand in for those of all data, and a few samples say little about them: at a batch
    of 2 an ImageNet classifier has 10.6 points more errors than one with GroupNormalization, which looks at each sample
    by itself (Wu and He, 2018, arXiv:1803.08494). With replicas the batch is what each of them gets, unless the layer
    says `synchronized=True`.

    Example
    ```
    model M {
        input image: [32, 32, 3]
        output y = image -> Conv2D(16, 3, use_bias=False) -> BatchNormalization() -> ReLU()
            -> GlobalAveragePooling2D() -> Dense(10, activation=softmax)
    }

    train M {
        optimizer  = adam
        loss       = sparse_categorical_crossentropy
        batch_size = 2
    }
    ```

    Use instead
    ```
    model M {
        input image: [32, 32, 3]
        output y = image -> Conv2D(16, 3, use_bias=False) -> GroupNormalization(8) -> ReLU()
            -> GlobalAveragePooling2D() -> Dense(10, activation=softmax)
    }

    train M {
        optimizer  = adam
        loss       = sparse_categorical_crossentropy
        batch_size = 2
    }
    ```
    """
