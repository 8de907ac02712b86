"""What is known of callbacks and of the data sets that come with Keras: what they are for, what to watch for."""

from __future__ import annotations

from netdsl.catalog.objects import ObjectFacts

NO_DATA = "without validation data there is no `val_loss`, and it warns and does nothing"
BY_ITSELF = "`fit` makes one by itself"

CALLBACKS: tuple[ObjectFacts, ...] = (
    ObjectFacts(
        "BackupAndRestore", "",
        "long training on machines that may be taken away: after a restart `fit` goes on where it was",
        "it backs up after each epoch unless `save_freq` says otherwise; the folder is emptied when training "
        "ends well, so it is no place for the result (ModelCheckpoint is)",
    ),
    ObjectFacts(
        "CSVLogger", "",
        "a table of losses and metrics, a line for each epoch",
        "the file is written anew by each `fit` unless `append=True`",
    ),
    ObjectFacts(
        "CallbackList", "",
        "training loops of one's own that should call callbacks",
        f"{BY_ITSELF}: in `callbacks` give a plain list",
    ),
    ObjectFacts(
        "EarlyStopping", "",
        "ending training when the monitored value has not improved for `patience` epochs",
        f"{NO_DATA}; `patience` is 0 unless given, which stops at the first epoch that is no better; the weights "
        "are those of the last epoch unless `restore_best_weights=True`; a metric of one's own needs `mode`",
    ),
    ObjectFacts(
        "History", "",
        "what `fit` returns: losses and metrics by epoch",
        f"{BY_ITSELF}, so it need not be in `callbacks`",
    ),
    ObjectFacts(
        "LambdaCallback", "",
        "a few lines of one's own at the beginning or end of batches and epochs",
        "what is called for each batch slows training; a callback of one's own, `extern callback`, can be saved "
        "and tested",
    ),
    ObjectFacts(
        "LearningRateScheduler", "",
        "a rate that a function of the epoch gives: `schedule(epoch, lr)`",
        "epochs count from 0, and it acts once in an epoch; not beside a schedule of the optimizer, whose rate "
        "cannot be set",
    ),
    ObjectFacts(
        "ModelCheckpoint", "",
        "saving the model while it trains, the best one with `save_best_only=True`",
        "`filepath` ends in `.keras`, with `save_weights_only=True` in `.weights.h5`; it is overwritten each "
        "time unless its name holds `{epoch}` or a metric; best is by `val_loss`, for which there must be "
        "validation data",
    ),
    ObjectFacts(
        "OrbaxCheckpoint", "",
        "checkpoints of large models, written in the background and in shards",
        "the package orbax-checkpoint must be installed; a folder for each step, of which `max_to_keep` stay",
    ),
    ObjectFacts(
        "ProgbarLogger", "",
        "the progress bar of `fit`",
        f"{BY_ITSELF} unless `verbose=0`; a second one writes over the first",
    ),
    ObjectFacts(
        "ReduceLROnPlateau", "",
        "a rate that falls by `factor` when the monitored value has not improved for `patience` epochs",
        f"{NO_DATA}; its patience should be well below that of EarlyStopping; not beside a schedule of the "
        "optimizer, whose rate cannot be set",
    ),
    ObjectFacts(
        "RemoteMonitor", "",
        "posting the values of each epoch to a server of one's own",
        "the package requests must be installed; the server should be one that may see them",
    ),
    ObjectFacts(
        "SwapEMAWeights", "",
        "evaluating and saving the running average of the weights",
        "the optimizer needs `use_ema=True`; for ModelCheckpoint to save the average, `swap_on_epoch=True` and a "
        "place before it in the list",
    ),
    ObjectFacts(
        "TensorBoard", "",
        "curves, histograms and profiles in TensorBoard",
        "a folder of its own for each run, else curves of several mix; histograms and `update_freq=\"batch\"` "
        "slow training",
    ),
    ObjectFacts(
        "TerminateOnNaN", "",
        "ending a run whose loss has become NaN or infinite",
        "the weights are spoiled by then: a checkpoint, `clipnorm` or a smaller rate is the cure",
    ),
)  # fmt: skip

DATASETS: tuple[ObjectFacts, ...] = (
    ObjectFacts(
        "boston_housing", "506 rows of 13 numbers, and a price",
        "reading older texts that use it",
        "one of its columns was made from race, and it is small: california_housing takes its place",
    ),
    ObjectFacts(
        "california_housing", "20,640 rows of 8 numbers (600 with `version=\"small\"`), and a price in dollars",
        "a first regression",
        "the columns have very different scales: a Normalization comes first; prices in dollars want scaling too",
    ),
    ObjectFacts(
        "cifar10", "60,000 pictures of 32x32x3, 10 classes",
        "small convolutional nets: minutes on a GPU",
        "pixels run from 0 to 255; labels are (samples, 1), class numbers; networks made for 224 pixels see too "
        "little of it",
    ),
    ObjectFacts(
        "cifar100", "60,000 pictures of 32x32x3, 100 classes (20 with `label_mode=\"coarse\"`)",
        "a harder cifar10: 500 pictures a class to train on",
        "pixels run from 0 to 255; labels are (samples, 1), class numbers",
    ),
    ObjectFacts(
        "fashion_mnist", "70,000 pictures of 28x28 in grey, 10 kinds of clothing",
        "mnist where it is too easy: 90 % come by themselves, 94 % take a good net",
        "there is no axis of channels: `input image: [28, 28]` and a Reshape before convolutions; pixels run "
        "from 0 to 255",
    ),
    ObjectFacts(
        "imdb", "50,000 film reviews as lists of word numbers, good or bad",
        "a first text classifier, with an Embedding",
        "lists have different lengths: pad them; 0 pads, 1 begins, 2 is any unknown word, real words follow from "
        "4 on, so `num_words` of 10,000 is an Embedding of 10,000 rows",
    ),
    ObjectFacts(
        "mnist", "70,000 pictures of 28x28 in grey, 10 digits",
        "a first net: 99 % in a minute",
        "there is no axis of channels: `input image: [28, 28]` and a Reshape before convolutions; pixels run "
        "from 0 to 255",
    ),
    ObjectFacts(
        "reuters", "11,228 news items as lists of word numbers, 46 topics",
        "text in several classes, of very unequal size",
        "lists have different lengths: pad them; accuracy says little about the rare topics",
    ),
)  # fmt: skip
