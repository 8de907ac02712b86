"""The settings of a `train` block: what each takes, what holds without it, what it is for, what to watch for."""

from __future__ import annotations

from netdsl.record import record


@record
class SettingFacts:
    """One setting; `example` is a line of a block."""

    name: str
    takes: str
    default: str
    belongs: str
    watch_for: str
    example: str


_SOURCE = 'a source such as `csv("train.csv", label="price")`, or a function of your own'

SETTINGS: tuple[SettingFacts, ...] = (
    SettingFacts(
        "optimizer", "an optimizer, by its name or with its arguments", "none: a block without it is warned of",
        "how weights follow gradients", "a schedule is its `learning_rate`",
        "optimizer = SGD(CosineDecay(0.1, decay_steps=10_000), momentum=0.9)",
    ),
    SettingFacts(
        "loss", "a loss, or a dict of them by output", "none: a block without it is warned of",
        "what training makes small", "it says which labels are taken: numbers of classes, rows with a 1, values",
        "loss = {\"digit\": sparse_categorical_crossentropy, \"angle\": mse}",
    ),
    SettingFacts(
        "loss_weights", "a number for each output that has a loss", "1 for each",
        "weighing several losses against one another", "it is given for all outputs that have a loss, or for none",
        "loss_weights = {\"digit\": 1.0, \"angle\": 0.3}",
    ),
    SettingFacts(
        "metrics", "a list of metrics, or a dict of such lists by output", "none",
        "what is shown beside the loss, and what callbacks watch", "several outputs have a list each, by their names",
        "metrics = [accuracy, SparseTopKCategoricalAccuracy(3)]",
    ),
    SettingFacts(
        "data", _SOURCE, "none: the functions of the module take data of the caller's",
        "the samples to train on", "a relative path is relative to the spec", "data = npz(\"train.npz\")",
    ),
    SettingFacts(
        "validation", _SOURCE, "none, or what `validation_split` takes",
        "samples that are looked at after each epoch", "not beside `validation_split`",
        "validation = image_folder(\"flowers/val\")",
    ),
    SettingFacts(
        "test", _SOURCE, "none, what `test_split` takes, or what the data set keeps for it",
        "samples that are looked at once, at the end", "not beside `test_split`",
        "test = npz(\"test.npz\")",
    ),
    SettingFacts(
        "validation_split", "a share of the data, below 1", "0",
        "validation data where there is none of its own: drawn by the seed, the same share of each class",
        "with `test_split` it adds up to less than 1", "validation_split = 0.1",
    ),
    SettingFacts(
        "test_split", "a share of the data, below 1", "0",
        "test data where there is none of its own: drawn by the seed, the same share of each class",
        "not with a data set that keeps samples for testing", "test_split = 0.2",
    ),
    SettingFacts(
        "epochs", "a positive integer", "1", "how often training goes through the data",
        "with EarlyStopping it is the most that may be", "epochs = 90",
    ),
    SettingFacts(
        "batch_size", "a positive integer", "32", "the samples of a step",
        "it is that of all devices together, and divides by their number", "batch_size = 256",
    ),
    SettingFacts(
        "steps_per_epoch", "a positive integer", "as many as the data gives",
        "epochs that are shorter than the data, or data without an end", "validation comes after each epoch",
        "steps_per_epoch = 500",
    ),
    SettingFacts(
        "class_weight", "a dict of weights by the number of a class", "1 for each",
        "classes of unequal size", "of one output; not beside weights of samples", "class_weight = {0: 1.0, 1: 2.5}",
    ),
    SettingFacts(
        "sample_weight", "the name of an array or column of the data", "1 for each",
        "samples that count more or less than others", "not beside `class_weight`", "sample_weight = \"weight\"",
    ),
    SettingFacts(
        "callbacks", "a list of callbacks", "none",
        "stopping early, checkpoints, a falling rate", "what they watch is a loss or metric by its name in the log",
        "callbacks = [EarlyStopping(monitor=\"val_loss\", patience=5)]",
    ),
    SettingFacts(
        "augment", "a chain of layers", "none",
        "changing training samples as they come, so that no two epochs see the same",
        "it runs on training batches alone, keeps their shape, and learns nothing",
        "augment = RandomFlip(\"horizontal\") -> RandomRotation(0.05)",
    ),
    SettingFacts(
        "adapt", "a list of layers of the model, by their names", "all that need it; with `start_from`, those "
        "whose means do not come with its weights",
        "what preprocessing layers learn before fitting: means, vocabularies",
        "it learns from training data alone, and is stored with the model", "adapt = [scaled]",
    ),
    SettingFacts(
        "start_from", "`weights(…)`, `run(…)` or a network of `applications`", "new weights",
        "going on from weights that were trained before", "weights go to layers in their order",
        "start_from = weights(\"base.weights.h5\")",
    ),
    SettingFacts(
        "precision", "`float32`, `mixed_bfloat16`, `mixed_float16`, `bfloat16`, `float16` or `float64`", "`float32`",
        "twice the speed and half the memory on GPUs with tensor cores", "outputs stay in float32; on a CPU halves are "
        "slower", "precision = mixed_bfloat16",
    ),
    SettingFacts(
        "jit_compile", "`True`, `False` or `\"auto\"`", "`\"auto\"`",
        "having XLA compile the whole step", "not with strings and tables in the model, nor under MirroredStrategy",
        "jit_compile = True",
    ),
    SettingFacts(
        "steps_per_execution", "a positive integer or `\"auto\"`", "1",
        "small models on fast devices, which wait for Python else", "callbacks see only the last of them; not under "
        "MirroredStrategy", "steps_per_execution = 16",
    ),
    SettingFacts(
        "memory_growth", "`True` or `False`", "`True`",
        "taking memory of a GPU as it is needed, since machines are shared", "off, one process takes all of it",
        "memory_growth = False",
    ),
    SettingFacts(
        "device", "the name of a device", "what the backend chooses",
        "one GPU of several, or the CPU", "not beside `distribute`", "device = \"GPU:1\"",
    ),
    SettingFacts(
        "distribute", "a strategy, with its arguments", "one device",
        "several devices, and several machines", "`batch_size` is that of all together",
        "distribute = MirroredStrategy()",
    ),
    SettingFacts(
        "seed", "an integer from 0 to 4294967295", "0 where there is a source of data",
        "the same run twice: it seeds Python, NumPy and Keras, the split and the order of samples",
        "on a GPU some operations differ in the last bits", "seed = 7",
    ),
)  # fmt: skip
