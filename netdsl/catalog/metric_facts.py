"""What is known of metrics: what they count, what they are for, what to watch for."""

from __future__ import annotations

from netdsl.catalog.objects import ObjectFacts

ONE_HOT = "labels are one-hot rows, (batch, classes)"
NUMBERS = "labels are class numbers, (batch,) or (batch, 1)"
YES_OR_NO = "outputs are probabilities of a sigmoid and labels 0 or 1 of the same shape"
HALF = "the threshold is 0.5 unless `thresholds` says another: scores without a sigmoid want 0"
BY_THRESHOLD = "it holds at one of `num_thresholds` thresholds (200), the best, which is not told"

METRICS: tuple[ObjectFacts, ...] = (
    ObjectFacts(
        "AUC",
        "area under the ROC curve (true over false positive rate), or under precision over recall (`curve=\"PR\"`)",
        "yes-or-no questions, whatever threshold will be chosen; the PR curve where positives are rare",
        f"{YES_OR_NO} (several questions want `multi_label=True`); 200 thresholds between 0 and 1, so "
        "probabilities that crowd at one end blur it; of logits with `from_logits=True`",
    ),
    ObjectFacts(
        "Accuracy", "share of outputs that equal their label exactly",
        "outputs that are labels already, such as those of an argmax",
        "probabilities hardly ever equal a label, so it stays near 0; the word \"accuracy\" in `metrics` is "
        "another thing: it takes binary, categorical or sparse accuracy by the shapes",
    ),
    ObjectFacts(
        "BinaryAccuracy", "share of units on the right side of `threshold` (0.5)",
        "yes-or-no questions behind a sigmoid; of several labels it counts each by itself",
        "where one answer is rare, always giving the other looks good: look at AUC or F1Score too; scores "
        "without a sigmoid want `threshold=0`",
    ),
    ObjectFacts(
        "BinaryCrossentropy", "mean of −(y·log p + (1 − y)·log(1 − p))",
        "following the crossentropy of a sigmoid where the loss is another one, or has penalties in it",
        "behind a layer without activation give `from_logits=True`, as the loss has it",
    ),
    ObjectFacts(
        "BinaryIoU", "TP / (TP + FP + FN) at `threshold` (0.5), the mean over `target_class_ids` (0 and 1)",
        "masks of one class behind a sigmoid",
        "by default background counts for half of it: `target_class_ids=[1]` is the object alone; scores without "
        "a sigmoid want `threshold=0`",
    ),
    ObjectFacts(
        "CategoricalAccuracy", "share of samples whose largest unit is that of the label",
        "one of several classes, of probabilities and scores alike",
        f"{ONE_HOT}; where a class is rare it says little about it",
    ),
    ObjectFacts(
        "CategoricalCrossentropy", "mean of −Σ y·log p over the classes",
        "following the crossentropy of a softmax where the loss is another one, or has penalties in it",
        f"{ONE_HOT}; behind a layer without activation give `from_logits=True`",
    ),
    ObjectFacts(
        "CategoricalHinge", "mean of max(0, 1 + the largest wrong score − the right one)",
        "following the margin between classes",
        f"{ONE_HOT}, and the outputs scores without a softmax",
    ),
    ObjectFacts(
        "ConcordanceCorrelation", "2·covariance / (both variances + the squared difference of the means)",
        "regression in which predictions should lie on the targets themselves, not only along with them",
        "from −1 to 1, and 1 is best; it goes along the last axis, within a sample: for single values give "
        "`axis=0`, which goes over the batch, and take large batches",
    ),
    ObjectFacts(
        "CosineSimilarity", "mean cosine of the angle between y and ŷ",
        "embeddings and other vectors whose direction matters",
        "1 is best, while the loss of this name has the opposite sign, −1 for the same direction",
    ),
    ObjectFacts(
        "F1Score", "2·precision·recall / (precision + recall)",
        "classes of unequal size, and rare labels",
        f"{ONE_HOT}, of the same rank as the outputs; without `average` it is a list, a score for each class: "
        "`average=\"macro\"` or \"weighted\" make one number; without `threshold` the largest unit counts, so "
        "several labels or a single sigmoid unit want `threshold=0.5`",
    ),
    ObjectFacts(
        "FBetaScore", "(1 + beta²)·precision·recall / (beta²·precision + recall)",
        "as F1Score, where recall is worth more (`beta` above 1) or less (below 1)",
        f"{ONE_HOT}, of the same rank as the outputs; without `average` it is a list, a score for each class; "
        "several labels want `threshold=0.5`",
    ),
    ObjectFacts(
        "FalseNegatives", "number of positives that were missed",
        "yes-or-no questions where a miss has a price",
        f"{YES_OR_NO}; a count, which grows with the data, and a callback that monitors it needs `mode`; {HALF}",
    ),
    ObjectFacts(
        "FalsePositives", "number of false alarms",
        "yes-or-no questions where a false alarm has a price",
        f"{YES_OR_NO}; a count, which grows with the data, and a callback that monitors it needs `mode`; {HALF}",
    ),
    ObjectFacts(
        "Hinge", "mean of max(0, 1 − y·ŷ)",
        "following the margin between two classes",
        "labels are −1 and 1 (0 and 1 are turned into them), and outputs scores or a tanh",
    ),
    ObjectFacts(
        "IoU", "TP / (TP + FP + FN), the mean over the classes in `target_class_ids`",
        "maps of class numbers, for the classes that matter",
        "outputs are class numbers too: for the probabilities of a softmax give `sparse_y_pred=False`, for "
        "one-hot labels `sparse_y_true=False` (or take OneHotIoU)",
    ),
    ObjectFacts(
        "KLDivergence", "mean of Σ y·log(y / p)",
        "following how far distributions are from their targets",
        "both sides add up to 1, and it is not symmetric",
    ),
    ObjectFacts(
        "LogCoshError", "mean of log cosh(ŷ − y)",
        "following an error that outliers do not rule",
        "in no unit of the target: MeanAbsoluteError is easier to read",
    ),
    ObjectFacts(
        "Mean", "mean of the values it is given",
        "training loops of one's own, to average a loss over batches",
        "it takes values and not labels with predictions, so it does not go into `metrics`",
    ),
    ObjectFacts(
        "MeanAbsoluteError", "mean of |y − ŷ|",
        "regression: the error in the unit of the target, easiest to read",
        "targets that were scaled give errors that are scaled: multiply them back",
    ),
    ObjectFacts(
        "MeanAbsolutePercentageError", "100·mean of |y − ŷ| / |y|",
        "regression on positive targets of very different sizes",
        "targets near 0 make it explode, and one of them spoils the mean",
    ),
    ObjectFacts(
        "MeanIoU", "TP / (TP + FP + FN), the mean over all classes",
        "segmentation into several classes",
        "outputs are class numbers: for the probabilities of a softmax give `sparse_y_pred=False`; "
        "`ignore_class` leaves out what nobody labelled; classes that never occur are not counted",
    ),
    ObjectFacts(
        "MeanMetricWrapper", "mean of `fn(y_true, y_pred)`",
        "a function of one's own as a metric with a name and arguments",
        "`fn` gives a number for each sample; a function given to `metrics` as it is is wrapped by itself",
    ),
    ObjectFacts(
        "MeanSquaredError", "mean of (y − ŷ)²",
        "regression, to compare with others that report it",
        "in the square of the target's unit: RootMeanSquaredError is easier to read",
    ),
    ObjectFacts(
        "MeanSquaredLogarithmicError", "mean of (log(1 + y) − log(1 + ŷ))²",
        "amounts that grow by factors",
        "negative numbers on either side count as 0",
    ),
    ObjectFacts(
        "OneHotIoU", "TP / (TP + FP + FN) of the largest units, the mean over `target_class_ids`",
        "maps of one-hot labels, for the classes that matter",
        "labels and outputs have a last axis of `num_classes`; class numbers as labels want IoU with "
        "`sparse_y_pred=False`",
    ),
    ObjectFacts(
        "OneHotMeanIoU", "TP / (TP + FP + FN) of the largest units, the mean over all classes",
        "segmentation with one-hot labels behind a softmax",
        "labels and outputs have a last axis of `num_classes`; class numbers as labels want MeanIoU with "
        "`sparse_y_pred=False`",
    ),
    ObjectFacts(
        "PearsonCorrelation", "covariance / product of both standard deviations",
        "regression in which predictions should rise and fall with the targets",
        "it goes along the last axis, within a sample, and is NaN for single values: give `axis=0`, which goes "
        "over the batch; predictions that are shifted or twice too large still give 1",
    ),
    ObjectFacts(
        "Poisson", "mean of ŷ − y·log ŷ",
        "following a model of counts",
        "outputs must be positive; the number has no zero to compare with",
    ),
    ObjectFacts(
        "Precision", "TP / (TP + FP): how many of the alarms are right",
        "yes-or-no questions in which false alarms are expensive",
        f"{YES_OR_NO}; {HALF}; of one class of a softmax: `class_id`, with one-hot labels",
    ),
    ObjectFacts(
        "PrecisionAtRecall", "the largest precision at which recall is at least `recall`",
        "how many false alarms it takes to find a given share",
        f"{YES_OR_NO}; {BY_THRESHOLD}",
    ),
    ObjectFacts(
        "R2Score", "1 − Σ (y − ŷ)² / Σ (y − mean of y)²",
        "regression: the share of the variance that is explained, comparable between targets",
        "labels and outputs are rows, (batch, values), so a single value is (batch, 1); below 0 it is worse than "
        "always giving the mean",
    ),
    ObjectFacts(
        "Recall", "TP / (TP + FN): how many of the positives are found",
        "yes-or-no questions in which a miss is expensive",
        f"{YES_OR_NO}; {HALF}; of one class of a softmax: `class_id`, with one-hot labels",
    ),
    ObjectFacts(
        "RecallAtPrecision", "the largest recall at which precision is at least `precision`",
        "how much is found while alarms can still be trusted",
        f"{YES_OR_NO}; 0 where no threshold reaches that precision; {BY_THRESHOLD}",
    ),
    ObjectFacts(
        "RootMeanSquaredError", "√ of the mean of (y − ŷ)²",
        "regression: the error in the unit of the target, with large errors counting more",
        "the root of the mean over all data, not the mean of the batches' roots",
    ),
    ObjectFacts(
        "SensitivityAtSpecificity", "the largest TP / (TP + FN) at which TN / (TN + FP) is at least `specificity`",
        "screening: how many of the ill are found while so many of the healthy are left in peace",
        f"{YES_OR_NO}; {BY_THRESHOLD}",
    ),
    ObjectFacts(
        "SparseCategoricalAccuracy", "share of samples whose largest unit is the label",
        "one of several classes, of probabilities and scores alike",
        f"{NUMBERS}; where a class is rare it says little about it",
    ),
    ObjectFacts(
        "SparseCategoricalCrossentropy", "mean of −log of the probability of the true class",
        "following the crossentropy of a softmax where the loss is another one, or has penalties in it; its "
        "exponential is the perplexity of a language model",
        f"{NUMBERS}; behind a layer without activation give `from_logits=True`",
    ),
    ObjectFacts(
        "SparseTopKCategoricalAccuracy", "share of samples whose label is among the k largest units; k = 5",
        "many classes, of which several may be meant",
        f"{NUMBERS}; with k classes or fewer it is always 1",
    ),
    ObjectFacts(
        "SpecificityAtSensitivity", "the largest TN / (TN + FP) at which TP / (TP + FN) is at least `sensitivity`",
        "screening: how many of the healthy are left in peace while so many of the ill are found",
        f"{YES_OR_NO}; {BY_THRESHOLD}",
    ),
    ObjectFacts(
        "SquaredHinge", "mean of max(0, 1 − y·ŷ)²",
        "following the margin between two classes",
        "labels are −1 and 1 (0 and 1 are turned into them), and outputs scores or a tanh",
    ),
    ObjectFacts(
        "Sum", "sum of the values it is given",
        "training loops of one's own, to count something over batches",
        "it takes values and not labels with predictions, so it does not go into `metrics`",
    ),
    ObjectFacts(
        "TopKCategoricalAccuracy", "share of samples whose class is among the k largest units; k = 5",
        "many classes, of which several may be meant",
        f"{ONE_HOT}; with k classes or fewer it is always 1",
    ),
    ObjectFacts(
        "TrueNegatives", "number of negatives that were left in peace",
        "yes-or-no questions, beside the other three counts",
        f"{YES_OR_NO}; a count, which grows with the data, and a callback that monitors it needs `mode`; {HALF}",
    ),
    ObjectFacts(
        "TruePositives", "number of positives that were found",
        "yes-or-no questions, beside the other three counts",
        f"{YES_OR_NO}; a count, which grows with the data, and a callback that monitors it needs `mode`; {HALF}",
    ),
)  # fmt: skip
