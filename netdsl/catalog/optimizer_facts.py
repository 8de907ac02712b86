"""What is known of optimizers and learning rate schedules: the step, what they are for, what to watch for.

g is the gradient, m and v its running mean and mean square, a the learning rate.
"""

from __future__ import annotations

from netdsl.catalog.objects import ObjectFacts

STEPS = "steps are batches, not epochs: epochs · samples / batch size"

OPTIMIZERS: tuple[ObjectFacts, ...] = (
    ObjectFacts(
        "Adadelta", "w −= a·√(mean square of past steps) / √v·g",
        "following papers that used it (Zeiler, 2012)",
        "the default rate of 0.001 is a thousandth of the paper's 1.0, so that it hardly moves",
    ),
    ObjectFacts(
        "Adafactor", "as Adam without m, and v kept as a row and a column for each matrix",
        "very large models: its state is a small part of the weights, where Adam's is twice them (Shazeer and "
        "Stern, 2018)",
        "the rate is a share of the size of each weight, so the default of 0.001 is small: the paper has 0.01; "
        "with `relative_step` it is never above 1 / √step",
    ),
    ObjectFacts(
        "Adagrad", "w −= a·g / √(sum of all g²)",
        "sparse features that are rarely seen, as in linear models of words (Duchi et al., 2011)",
        "the steps only shrink, and in long training it stops; the default rate of 0.001 is low, 0.01 to 0.1 is "
        "usual",
    ),
    ObjectFacts(
        "Adam", "w −= a·m / (√v + epsilon), with m and v corrected for their start",
        "a first try on almost anything, at 0.001; fine-tuning at 1e-5 to 1e-4 (Kingma and Ba, 2015)",
        "its state takes twice the memory of the weights; L2 regularizers do not act as weight decay here (AdamW "
        "does); convolutional nets of images often end better with SGD",
    ),
    ObjectFacts(
        "AdamW", "as Adam, and w −= a·weight_decay·w",
        "transformers, and wherever weights should decay (Loshchilov and Hutter, 2019)",
        "the default decay is 0.004, papers of transformers have 0.01 to 0.1; it decays biases and the scales of "
        "normalizations too; most transformers want a warm-up",
    ),
    ObjectFacts(
        "Adamax", "as Adam, with the largest recent |g| in place of √v",
        "embeddings and sparse gradients, where Adam is unsteady (Kingma and Ba, 2015)",
        "the paper's rate is 0.002, the default 0.001",
    ),
    ObjectFacts(
        "Ftrl", "follow the regularized leader: weights from the sum of all gradients, small ones exactly 0",
        "wide linear models over very many sparse features, such as click prediction (McMahan et al., 2013)",
        "made for shallow models: the first step takes all weights to almost 0, wherever an initializer put "
        "them, and a deep net then learns nothing",
    ),
    ObjectFacts(
        "Lamb", "Adam's step, scaled for each layer by |w| / |step|",
        "batches of thousands, with rates that grow along (You et al., 2020)",
        "on small batches it gains nothing over AdamW; there is no weight decay unless it is given",
    ),
    ObjectFacts(
        "Lion", "w −= a·sign(mean of past g and g)",
        "large models and batches: half of Adam's state (Chen et al., 2023)",
        "every weight moves by the full rate, so take 3 to 10 times less than with AdamW, and 3 to 10 times more "
        "weight decay: the default of 0.001 is mostly too large; weak on small batches",
    ),
    ObjectFacts(
        "LossScaleOptimizer", "the loss times a scale, gradients divided by it again; halved on overflow",
        "float16, where small gradients vanish; `compile` puts it around the optimizer by itself under "
        "mixed_float16",
        "bfloat16 and float32 do not need it; the step of an overflow is left out, so the count of steps lags "
        "behind",
    ),
    ObjectFacts(
        "MultiOptimizer", "an optimizer for each group of weights, chosen by an OptimizerMap",
        "a small rate for a pretrained part and a larger one for the new head",
        "it has no `learning_rate` of its own, so callbacks that read or set it do not work",
    ),
    ObjectFacts(
        "Muon", "the momentum of a matrix, made orthogonal before the step",
        "the hidden matrices of transformers and dense nets (Jordan et al., 2024)",
        "only matrices outside embeddings take its step, all else an AdamW inside it; name the output layer in "
        "`exclude_layers`; convolutions get no gain",
    ),
    ObjectFacts(
        "Nadam", "Adam with the momentum of the step to come",
        "as Adam, mostly a little faster at first (Dozat, 2016)",
        "it changes momentum by a schedule of its own; results differ little from Adam's",
    ),
    ObjectFacts(
        "OptimizerMap", "patterns of weight paths, each with its optimizer, and one for the rest",
        "inside MultiOptimizer",
        "a weight that matches two patterns is an error",
    ),
    ObjectFacts(
        "RMSprop", "w −= a·g / √v",
        "recurrent nets and reinforcement learning (Hinton, 2012)",
        "no momentum unless `momentum` is given; a rate that suits Adam is often too large for it late in "
        "training",
    ),
    ObjectFacts(
        "SGD", "w −= a·g, or with `momentum` the running sum of past steps",
        "image classification with a schedule, often the best end result: rate 0.1 at batch 256, momentum 0.9",
        "the default has no momentum and a rate of 0.01; the rate must fit: too large diverges, too small never "
        "arrives",
    ),
    ObjectFacts(
        "ScheduleFreeAdamW", "AdamW whose weights are averaged as it goes, in place of a schedule",
        "training without knowing how long it will last (Defazio et al., 2024)",
        "no learning rate schedule beside it; the weights during training lie between the steps and their "
        "average, which is what evaluates best",
    ),
)  # fmt: skip

SCHEDULES: tuple[ObjectFacts, ...] = (
    ObjectFacts(
        "CosineDecay", "rate·(1 + cos(π·step / decay_steps)) / 2, down to alpha·rate; before it a linear warm-up",
        "most image nets and transformers, where the length of training is known (Loshchilov and Hutter, 2017)",
        f"{STEPS}; with `warmup_target` the first rate is where the warm-up begins, and `decay_steps` come after "
        "`warmup_steps`; after the last it stays at alpha·rate, 0 by default: nothing is learned any more",
    ),
    ObjectFacts(
        "CosineDecayRestarts", "cosine decays one after the other, each t_mul times as long and m_mul times as high",
        "training that may be stopped at the end of any cycle, and ensembles of snapshots",
        f"{STEPS}; after each restart the loss rises for a while: judge at the ends of cycles",
    ),
    ObjectFacts(
        "ExponentialDecay", "rate·decay_rate^(step / decay_steps)",
        "a steady decay where no end is fixed; `staircase=True` makes steps of it",
        f"{STEPS}; the rate is multiplied by `decay_rate` once in `decay_steps`, not at every step",
    ),
    ObjectFacts(
        "InverseTimeDecay", "rate / (1 + decay_rate·step / decay_steps)",
        "long training: it falls fast at first and then ever more slowly",
        f"{STEPS}; what earlier Keras called `decay=d` is `InverseTimeDecay(rate, 1, d)`",
    ),
    ObjectFacts(
        "PiecewiseConstantDecay", "values[0] up to boundaries[0], then values[1], and so on",
        "following papers that divide the rate by ten at given epochs, as those of ResNet",
        f"{STEPS}; one value more than boundaries",
    ),
    ObjectFacts(
        "PolynomialDecay", "from rate to end_learning_rate in decay_steps, along (1 − step / decay_steps)^power",
        "a linear decay (power 1), as for fine-tuning transformers; power 0.9 for segmentation",
        f"{STEPS}; after the last it stays at `end_learning_rate`, 0.0001 unless given, or starts over with "
        "`cycle=True`",
    ),
)  # fmt: skip
