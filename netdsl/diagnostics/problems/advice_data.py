"""N0676 to N0678: numbers that stand for categories."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class TooFewRows(
    Problem, code="N0676", title="`{layer}` has no room for some numbers", severity="warning"
):
    """What it means

    A lookup, a hash or a count gives more different numbers than the layer after it was made for. A lookup has a
    number for each token of its vocabulary, and more for unknown tokens (`num_oov_indices`, 1 unless said) and for
    the mask. An `Embedding` fails at a number that it has no row for, or on a GPU and under XLA trains on another
    row without a word; a code of it is all 0.

    Example
    ```
    model M {
        input kind: string[1]
        output y = kind -> StringLookup(vocabulary=["a", "b", "c"]) -> Embedding(3, 4) -> Flatten() -> Dense(1)
    }
    ```

    Use instead
    ```
    model M {
        input kind: string[1]
        output y = kind -> StringLookup(vocabulary=["a", "b", "c"]) -> Embedding(4, 4) -> Flatten() -> Dense(1)
    }
    ```
    """


class NothingLearned(
    Problem, code="N0677", title="`{layer}` has yet to learn from the data", severity="advice"
):
    """What it means

    Without a vocabulary, or the bounds of its bins, a lookup fails when the model is first run; a `Normalization`
    without mean and variance changes nothing. They learn them by `adapt`, from the training data, before the first
    step.

    Example
    ```
    model M {
        input code: int64[1]
        output y = code -> IntegerLookup(max_tokens=10) -> Embedding(10, 4) -> Flatten() -> Dense(1)
    }
    ```

    Use instead
    ```
    model M {
        input code: int64[1]
        output y = code -> IntegerLookup(vocabulary=[10, 20, 30]) -> Embedding(4, 4) -> Flatten() -> Dense(1)
    }
    ```
    """


class CategoriesAsQuantities(
    Problem,
    code="N0678",
    title="`{layer}` takes numbers of categories for quantities",
    severity="warning",
):
    """What it means

    The number of a word or of a bin says which it is, and not how much: word 50 is not ten times word 5. A layer
    that multiplies by weights, or brings numbers to mean 0, reads them so all the same. Turn them into vectors with
    `Embedding`, or into codes with `output_mode="one_hot"` or `"multi_hot"`.

    Example
    ```
    model M {
        input city: string[1]
        output y = city -> Hashing(100) -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input city: string[1]
        output y = city -> Hashing(100, output_mode="one_hot") -> Dense(4)
    }
    ```
    """
