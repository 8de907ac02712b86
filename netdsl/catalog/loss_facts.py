"""What is known of losses: what they measure, are for, and what to watch for. p is a probability, ŷ any output."""

from __future__ import annotations

from netdsl.catalog.objects import ObjectFacts

LOGITS = "behind a layer without activation give `from_logits=True`"

LOSSES: tuple[ObjectFacts, ...] = (
    ObjectFacts(
        "BinaryCrossentropy", "−(y·log p + (1 − y)·log(1 − p)), the mean over the units",
        "yes-or-no questions, one for each unit, behind a sigmoid: two classes with a single unit, or several "
        "labels that may hold at once",
        f"{LOGITS}, as outputs outside 0 to 1 are clipped without a word; the units of a softmax are one "
        "question, not many",
    ),
    ObjectFacts(
        "BinaryFocalCrossentropy",
        "−(1 − q)^gamma·log q, where q is the probability given to what is true; gamma = 2",
        "yes-or-no questions of which most are easy and the rest are rare, as in dense detection (Lin et al., "
        "2017)",
        "`alpha` does nothing without `apply_class_balancing=True`; losses come out far below those of "
        "crossentropy, so the two are not to be compared",
    ),
    ObjectFacts(
        "CTC", "−log of the probability of all alignments of the labels with the steps (Graves et al., 2006)",
        "labels in order but at unknown times, fewer than the steps: speech, handwriting",
        "outputs are scores (batch, steps, classes) without an activation; class 0 is the blank, and zeros pad "
        "the labels, so real classes count from 1; with fewer steps than labels the loss stays in the hundreds",
    ),
    ObjectFacts(
        "CategoricalCrossentropy", "−Σ y·log p over the classes",
        "one of several classes, behind a softmax, with labels as one-hot rows",
        "outputs are divided by their sum, so behind a sigmoid it means something else, and on one unit it is "
        f"always 0; {LOGITS}; class numbers as labels want SparseCategoricalCrossentropy",
    ),
    ObjectFacts(
        "CategoricalFocalCrossentropy", "−alpha·(1 − p)^gamma·y·log p; alpha = 0.25, gamma = 2",
        "one of several classes, where a frequent class is easy and drowns the rest; labels as one-hot rows",
        "`alpha` may be a list, a weight for each class; at its default losses are a quarter of the "
        "crossentropy's at most",
    ),
    ObjectFacts(
        "CategoricalGeneralizedCrossEntropy",
        "(1 − p^q) / q, where p is the probability of the true class; q = 0.5",
        "labels of which some are wrong: between crossentropy (q near 0) and absolute error (q near 1) (Zhang and "
        "Sabuncu, 2018)",
        "labels are class numbers, whatever its name says; it learns more slowly than crossentropy, as it heeds "
        "samples less that it is sure to be wrong about",
    ),
    ObjectFacts(
        "CategoricalHinge", "max(0, 1 + the largest wrong score − the right one)",
        "one of several classes by a margin and not by probabilities, with labels as one-hot rows",
        "scores come from a layer without activation: behind a softmax a margin of 1 cannot be reached; wrong "
        "scores below 0 count as 0",
    ),
    ObjectFacts(
        "Circle", "log(1 + Σ exp(gamma·…) over pairs that differ · Σ exp(−gamma·…) over pairs that agree)",
        "embeddings that lie close where class numbers agree and far apart where not (Sun et al., 2020)",
        "embeddings need length 1 (`UnitNormalization` before it); pairs are made within a batch, so every batch "
        "needs several samples of a class",
    ),
    ObjectFacts(
        "CosineSimilarity", "−cosine of the angle between y and ŷ",
        "vectors whose direction matters and whose length does not: embeddings",
        "−1 is best and 1 worst, while the metric of this name has the opposite sign; a vector of zeros gives 0 "
        "and no gradient to speak of",
    ),
    ObjectFacts(
        "Dice", "1 − 2·Σ y·p / (Σ y + Σ p)",
        "masks of which little is foreground, as in medical images",
        "without `axis` the whole batch counts as one mask; it is unsteady where masks are empty, so "
        "crossentropy is often added to it",
    ),
    ObjectFacts(
        "Hinge", "max(0, 1 − y·ŷ)",
        "two classes by a margin, as a support vector machine has it",
        "labels are −1 and 1 (0 and 1 are turned into them); the output is a score without activation or a tanh: "
        "a sigmoid never says −1",
    ),
    ObjectFacts(
        "Huber", "e²/2 for |e| up to delta, delta·|e| − delta²/2 beyond it; e = y − ŷ, delta = 1",
        "regression with outliers: squared error near the target, absolute error far from it",
        "`delta` is in units of the target: scale the targets, or set it to the error from which samples are "
        "suspicious",
    ),
    ObjectFacts(
        "KLDivergence", "Σ y·log(y / p)",
        "targets that are distributions: soft labels, a larger network's outputs (distillation)",
        "both sides add up to 1, so a softmax comes before it; it is not symmetric, and with one-hot targets it "
        "is the crossentropy",
    ),
    ObjectFacts(
        "LogCosh", "log cosh(ŷ − y): near e²/2 for small errors, |e| − log 2 for large ones",
        "regression with outliers, with a loss that is smooth everywhere",
        "the bend between square and line stands at an error of about 1: scale the targets to it",
    ),
    ObjectFacts(
        "MeanAbsoluteError", "mean of |y − ŷ|",
        "regression where large errors weigh no more than their size; it learns the median",
        "the gradient does not shrink near the target, so the learning rate should decay for the error to settle",
    ),
    ObjectFacts(
        "MeanAbsolutePercentageError", "100·mean of |y − ŷ| / |y|",
        "positive targets of very different sizes, where the relative error matters",
        "targets near 0 make it explode (they are held at 1e-7 or more), and predicting too little costs less "
        "than too much",
    ),
    ObjectFacts(
        "MeanSquaredError", "mean of (y − ŷ)²",
        "regression; it learns the mean",
        "an error ten times as large counts a hundred times: outliers rule it; targets in thousands give "
        "gradients in thousands, so scale them",
    ),
    ObjectFacts(
        "MeanSquaredLogarithmicError", "mean of (log(1 + y) − log(1 + ŷ))²",
        "amounts that grow by factors, such as prices and counts",
        "negative numbers on either side count as 0, where nothing is learned; too little costs more than too "
        "much",
    ),
    ObjectFacts(
        "Poisson", "ŷ − y·log ŷ",
        "counts: how often something happens in a given time",
        "the output is a rate and must be positive: `softplus` or `exponential` as the last activation; the loss "
        "itself may be negative",
    ),
    ObjectFacts(
        "SparseCategoricalCrossentropy", "−log of the probability of the true class",
        "one of several classes, behind a softmax, with labels as class numbers",
        f"numbers run from 0 to one less than the units, and what lies outside fails or gives NaN; {LOGITS}; "
        "one-hot rows want CategoricalCrossentropy",
    ),
    ObjectFacts(
        "SquaredHinge", "max(0, 1 − y·ŷ)²",
        "two classes by a margin, with more weight on those that are far off",
        "labels are −1 and 1 (0 and 1 are turned into them), and the output a score without activation or a tanh",
    ),
    ObjectFacts(
        "Tversky", "1 − TP / (TP + alpha·FN + beta·FP) for soft masks; alpha = beta = 0.5 is Dice",
        "masks where missing something and false alarms do not cost the same",
        "in Keras `alpha` weighs what is missed (FN) and `beta` false alarms (FP), the other way round than in "
        "its documentation; without `axis` the whole batch counts as one mask",
    ),
)  # fmt: skip
