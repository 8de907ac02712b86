"""N060 and N061: outputs and what their losses expect."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class SquashedTwice(
    Problem, code="N0601", title="output `{name}` is squashed twice", severity="warning"
):
    """What it means

    With `from_logits=True` the loss applies softmax or sigmoid itself. An output that has one already goes
    through two: the probabilities come out nearly equal, and the gradients small.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4, activation=softmax)
    }
    train M {
        optimizer = adam
        loss = CategoricalCrossentropy(from_logits=True)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4)
    }
    train M {
        optimizer = adam
        loss = CategoricalCrossentropy(from_logits=True)
    }
    ```
    """


class NotProbabilities(
    Problem, code="N0602", title="`{loss}` expects probabilities from `{name}`", severity="warning"
):
    """What it means

    The crossentropies of Keras take the logarithm of what the model gives, so it has to lie between 0 and 1. They
    take raw scores (logits) only where they are told so with `from_logits=True`; log_softmax they never take.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4)
    }
    train M {
        optimizer = adam
        loss = sparse_categorical_crossentropy
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4)
    }
    train M {
        optimizer = adam
        loss = SparseCategoricalCrossentropy(from_logits=True)
    }
    ```
    """


class SigmoidOverClasses(
    Problem,
    code="N0603",
    title="`{loss}` compares classes, and `{name}` ends in sigmoid",
    severity="warning",
):
    """What it means

    A sigmoid gives each class a probability of its own, whatever the others get. A categorical loss is for
    classes that exclude one another, whose probabilities add up to 1: that is softmax. Labels of which several may
    hold go with sigmoid and `binary_crossentropy`.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4, activation=sigmoid)
    }
    train M {
        optimizer = adam
        loss = categorical_crossentropy
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4, activation=softmax)
    }
    train M {
        optimizer = adam
        loss = categorical_crossentropy
    }
    ```
    """


class SoftmaxOfOne(
    Problem, code="N0604", title="softmax over one unit is always 1", severity="warning"
):
    """What it means

    Softmax divides by the sum over an axis. Where that axis has size 1 every value is divided by itself, so the
    layer gives 1 and nothing before it learns.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(1, activation=softmax)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(1, activation=sigmoid)
    }
    ```
    """


class SoftmaxInBinaryLoss(
    Problem,
    code="N0605",
    title="`{loss}` takes each class by itself, and `{name}` ends in softmax",
    severity="warning",
):
    """What it means

    Binary crossentropy asks of each unit whether it holds, and softmax lets the units compete. The mean over them
    also makes the accuracy that Keras picks that of single units.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4, activation=softmax)
    }
    train M {
        optimizer = adam
        loss = binary_crossentropy
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4, activation=softmax)
    }
    train M {
        optimizer = adam
        loss = categorical_crossentropy
    }
    ```
    """


class ClippedRegression(
    Problem, code="N0606", title="regression output `{name}` is clipped at 0", severity="advice"
):
    """What it means

    A relu on the last layer cannot give a negative number, and where its input is negative it has no gradient: an
    output unit that starts there stays there. Regression outputs are linear; for a quantity that is always
    positive `softplus` or `exponential` keep a gradient everywhere.

    Example
    ```
    model M {
        input x: [8]
        output price = x -> Dense(1, activation=relu)
    }
    train M {
        optimizer = adam
        loss = mse
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output price = x -> Dense(1, activation=softplus)
    }
    train M {
        optimizer = adam
        loss = mse
    }
    ```
    """


class OtherLabels(
    Problem,
    code="N0607",
    title="`{loss}` expects other labels than the data gives",
    severity="warning",
):
    """What it means

    `sparse_categorical_crossentropy` takes the number of the class, `categorical_crossentropy` a row with a 1 at
    the class. Folders of images and texts give what `label_mode` says ("int" unless said), the data sets of Keras
    give numbers.

    Example
    ```
    model M {
        input x: [32, 32, 3]
        output y = x -> Flatten() -> Dense(4, activation=softmax)
    }
    train M {
        data = image_folder("photos", label_mode="categorical", image_size=(32, 32))
        optimizer = adam
        loss = sparse_categorical_crossentropy
    }
    ```

    Use instead
    ```
    model M {
        input x: [32, 32, 3]
        output y = x -> Flatten() -> Dense(4, activation=softmax)
    }
    train M {
        data = image_folder("photos", label_mode="categorical", image_size=(32, 32))
        optimizer = adam
        loss = categorical_crossentropy
    }
    ```
    """


class DroppedOutput(
    Problem, code="N0608", title="dropout after the output layer", severity="warning"
):
    """What it means

    While training a share of the outputs is set to 0 and the rest is scaled up, so the loss is told that the model
    said something else than it did. Dropout belongs before the last layer.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4, activation=softmax) -> Dropout(0.5)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dropout(0.5) -> Dense(4, activation=softmax)
    }
    ```
    """


class NotRecorded(
    Problem,
    code="N0609",
    title="`{name}` waits for `{monitor}`, which is not there",
    severity="warning",
):
    """What it means

    A callback watches one number of each epoch by its name: `loss`, or a metric under the name that it was given in
    `metrics`, with `val_` before it for the validation data, and with the output's name before that of the metric
    where a model has several. For a name that Keras does not record it warns once an epoch, and never stops, saves or
    lowers anything.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4, activation=softmax)
    }
    train M {
        optimizer = adam
        loss = sparse_categorical_crossentropy
        metrics = [accuracy]
        callbacks = [EarlyStopping(monitor="val_acc", patience=5)]
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4, activation=softmax)
    }
    train M {
        optimizer = adam
        loss = sparse_categorical_crossentropy
        metrics = [accuracy]
        callbacks = [EarlyStopping(monitor="val_accuracy", patience=5)]
    }
    ```
    """
