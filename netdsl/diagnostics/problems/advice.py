"""N06: advice on a network that Keras would build.

N060 and N061 are about outputs and what their losses and metrics expect, N062 about activations through the depth,
N063 about biases and initial weights, N064 about sizes, kernels and strides, N065 and N066 about sequences, N067
about the graph and about numbers that stand for categories, N068 about the axis of the channels, N069 about what does
nothing and about the range of pixels.
"""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class SquashedTwice(
    Problem, code="N0601", title="output `{name}` is squashed twice", severity="warning"
): ...


class NotProbabilities(
    Problem, code="N0602", title="`{loss}` expects probabilities from `{name}`", severity="warning"
): ...


class SigmoidOverClasses(
    Problem,
    code="N0603",
    title="`{loss}` compares classes, and `{name}` ends in sigmoid",
    severity="warning",
): ...


class SoftmaxOfOne(
    Problem, code="N0604", title="softmax over one unit is always 1", severity="warning"
): ...


class SoftmaxInBinaryLoss(
    Problem,
    code="N0605",
    title="`{loss}` takes each class by itself, and `{name}` ends in softmax",
    severity="warning",
): ...


class ClippedRegression(
    Problem, code="N0606", title="regression output `{name}` is clipped at 0", severity="advice"
): ...


class OtherLabels(
    Problem,
    code="N0607",
    title="`{loss}` expects other labels than the data gives",
    severity="warning",
): ...


class DroppedOutput(
    Problem, code="N0608", title="dropout after the output layer", severity="warning"
): ...


class NotRecorded(
    Problem,
    code="N0609",
    title="`{name}` waits for `{monitor}`, which is not there",
    severity="warning",
): ...


class MeansNothing(
    Problem,
    code="N0611",
    title="`{metric}` tells nothing of output `{name}`",
    severity="warning",
): ...


class TakesScores(
    Problem,
    code="N0612",
    title="`{metric}` expects probabilities from `{name}`",
    severity="warning",
): ...


class ClassesLeftOut(
    Problem, code="N0613", title="`{metric}` leaves classes out", severity="warning"
): ...


class ClassesWithoutUnit(
    Problem,
    code="N0614",
    title="output `{name}` has no unit for some classes",
    severity="warning",
): ...


class NothingToLearn(
    Problem,
    code="N0615",
    title="`{loss}` has nothing to learn from output `{name}`",
    severity="warning",
): ...


class ComparesSeveral(
    Problem,
    code="N0616",
    title="`{name}` compares `{monitor}`, which is more than one number",
    severity="warning",
): ...


class UnknownDirection(
    Problem,
    code="N0617",
    title="Keras does not find out for `{name}` which way `{monitor}` gets better",
    severity="warning",
): ...


class WrongDirection(
    Problem,
    code="N0618",
    title="`{name}` takes a worse `{monitor}` for a better one",
    severity="warning",
): ...


class ClassesOfNone(
    Problem,
    code="N0619",
    title="`class_weight` weighs classes, and output `{name}` has none",
    severity="warning",
): ...


class SaturatingStack(
    Problem,
    code="N0621",
    title="gradients vanish through {count} layers of {activation}",
    severity="advice",
): ...


class TwoActivations(
    Problem, code="N0622", title="two activations in a row", severity="warning"
): ...


class LinearStack(
    Problem, code="N0623", title="{count} layers in a row make one linear map", severity="advice"
): ...


class RectifiedShortcut(
    Problem,
    code="N0624",
    title="a sum is rectified twice before the next branch",
    severity="advice",
): ...


class HiddenSoftmax(
    Problem, code="N0628", title="softmax in a hidden layer", severity="advice"
): ...


class PlainDepth(
    Problem, code="N0629", title="{count} layers in a row without a shortcut", severity="advice"
): ...


class LostBias(
    Problem, code="N0631", title="the bias of `{layer}` is subtracted again", severity="advice"
): ...


class AlikeUnits(
    Problem, code="N0632", title="the units of `{layer}` start alike", severity="warning"
): ...


class SeluInitializer(
    Problem, code="N0633", title="`selu` with weights from `{initializer}`", severity="advice"
): ...


class GlorotInDepth(
    Problem,
    code="N0634",
    title="{count} layers of relu in a row start from Glorot weights",
    severity="advice",
    on_by_default=False,
): ...


class AlphaDropoutAlone(
    Problem, code="N0635", title="`AlphaDropout` without `selu` before it", severity="advice"
): ...


class VarianceShift(
    Problem, code="N0636", title="BatchNormalization right after dropout", severity="advice"
): ...


class SameSeed(
    Problem, code="N0637", title="`{layer}` draws what others draw", severity="advice"
): ...


class InitialVariance(
    Problem,
    code="N0638",
    title="initial weights let the numbers {change} through {count}",
    severity="warning",
): ...


class SmallBatch(
    Problem, code="N0639", title="BatchNormalization at batch {batch}", severity="advice"
): ...


class DenseOnMap(
    Problem,
    code="N0641",
    title="`Dense` gives output `{name}` one row for each place",
    severity="warning",
): ...


class KernelOnPoint(
    Problem,
    code="N0642",
    title="the map is down to a single place before `{layer}`",
    severity="warning",
): ...


class KernelBeyondInput(
    Problem,
    code="N0643",
    title="the kernel of `{layer}` is larger than its input",
    severity="advice",
): ...


class EvenKernel(
    Problem,
    code="N0644",
    title='an even kernel with "same" padding shifts the map',
    severity="advice",
): ...


class SkippedInput(
    Problem, code="N0645", title="`{layer}` steps over a part of its input", severity="warning"
): ...


class DroppedBorder(
    Problem, code="N0646", title="`{layer}` leaves a border out", severity="advice"
): ...


class NearSighted(
    Problem,
    code="N0647",
    title="no place of the last map sees a third of the image",
    severity="advice",
): ...


class FarSighted(
    Problem, code="N0648", title="`{layer}` sees the input many times over", severity="advice"
): ...


class Checkerboard(
    Problem, code="N0649", title="`{layer}` covers its output unevenly", severity="advice"
): ...


class NoData(
    Problem,
    code="N0650",
    title="no number is left at `{layer}`",
    severity="warning",
): ...


class WideFlatten(
    Problem,
    code="N0655",
    title="`{layer}` of a whole map has {weights:,} weights",
    severity="advice",
): ...


class UnsharedSlopes(
    Problem,
    code="N0656",
    title="`{layer}` learns a slope for each of {places:,} places",
    severity="advice",
): ...


class MaskLost(Problem, code="N0661", title="a mask is lost at `{layer}`", severity="warning"): ...


class ManySteps(
    Problem,
    code="N0662",
    title="`{layer}` takes {steps:,} steps one after another",
    severity="advice",
): ...


class SeesTheFuture(
    Problem,
    code="N0663",
    title="`Bidirectional` in a causal model sees the future",
    severity="warning",
): ...


class NoMaskMade(
    Problem, code="N0664", title="`{layer}` makes no mask for each step", severity="warning"
): ...


class StateNotKept(
    Problem,
    code="N0665",
    title="`stateful=True` with `initial_state` keeps nothing",
    severity="warning",
): ...


class FractionsLookedUp(
    Problem, code="N0666", title="`{layer}` looks {dtype} numbers up", severity="advice"
): ...


class JoinedWithItself(
    Problem, code="N0671", title="`{layer}` joins a tensor with itself", severity="warning"
): ...


class DeepChain(
    Problem,
    code="N0672",
    title="a chain of {depth:,} layers is too deep for Keras's recursion",
    severity="advice",
): ...


class TooFewRows(
    Problem, code="N0676", title="`{layer}` has no room for some numbers", severity="warning"
): ...


class NothingLearned(
    Problem, code="N0677", title="`{layer}` has yet to learn from the data", severity="advice"
): ...


class CategoriesAsQuantities(
    Problem,
    code="N0678",
    title="`{layer}` takes numbers of categories for quantities",
    severity="warning",
): ...


class OtherAxis(
    Problem,
    code="N0681",
    title="`{layer}` normalises by an axis that is not the channels'",
    severity="warning",
): ...


class ChangedOrder(
    Problem,
    code="N0682",
    title="`{layer}` takes channels {own}, and they come {arriving}",
    severity="warning",
): ...


class ConstraintAxis(
    Problem,
    code="N0691",
    title="`{constraint}` does not bound each unit of `{layer}`",
    severity="warning",
): ...


class DoesNothing(Problem, code="N0692", title="`{name}` does nothing", severity="advice"): ...


class IdleArgument(
    Problem, code="N0693", title="`{argument}` of `{name}` counts for nothing", severity="advice"
): ...


class OtherValueRange(
    Problem,
    code="N0694",
    title="`{layer}` assumes another range of pixels than arrives",
    severity="warning",
): ...


class ScaledTwice(Problem, code="N0695", title="pixels are scaled twice", severity="warning"): ...


class OtherPixels(
    Problem,
    code="N0696",
    title="`{network}` expects {expected}",
    severity="warning",
): ...


class ScaledInTraining(
    Problem,
    code="N0697",
    title="`{layer}` scales the training data alone",
    severity="warning",
): ...


class MirroredSigns(
    Problem, code="N0698", title="`{layer}` makes other signs of digits", severity="warning"
): ...


class PixelsAsTheyAre(
    Problem, code="N0699", title="`{layer}` weighs pixels from 0 to 255", severity="advice"
): ...
