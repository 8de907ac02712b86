"""N05: shapes, dtypes and weights that Keras would refuse when a layer is called."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class WrongRank(Problem, code="N0501", title="`{layer}` does not take a tensor of this rank"): ...


class SeveralInputs(Problem, code="N0502", title="`{layer}` got several tensors"): ...


class UnequalInputs(Problem, code="N0503", title="inputs of `{layer}` do not fit together"): ...


class UnknownDimension(
    Problem, code="N0504", title="`{layer}` needs a dimension that is not known"
): ...


class TooSmall(Problem, code="N0505", title="the input of `{layer}` is too small"): ...


class UnevenSplit(Problem, code="N0506", title="`{layer}` cannot split its input evenly"): ...


class SizeMismatch(Problem, code="N0507", title="`{layer}` changes the number of elements"): ...


class WrongAxis(Problem, code="N0508", title="`{layer}` names an axis that is not there"): ...


class TooFewInputs(Problem, code="N0509", title="`{layer}` takes another number of tensors"): ...


class WrongDtype(Problem, code="N0510", title="`{layer}` does not take this dtype"): ...


class IncompatibleShape(
    Problem, code="N0511", title="the input of `{layer}` has the wrong shape"
): ...


class ConflictingArguments(
    Problem, code="N0512", title="two arguments of `{layer}` do not go together"
): ...


class WrongValue(Problem, code="N0513", title="`{layer}` does not take this value"): ...


class WrongEquation(Problem, code="N0514", title="the equation of `{layer}` does not fit"): ...


class BuildsButFails(
    Problem, code="N0520", title="`{layer}` builds but does not run so", severity="warning"
): ...


class NeedsPython(Problem, code="N0521", title="`{layer}` needs a Python object"): ...


class WrongWrapped(Problem, code="N0522", title="`{layer}` cannot hold this layer"): ...


class WrongState(Problem, code="N0523", title="the states given to `{layer}` do not fit"): ...


class NeedsFixedBatch(Problem, code="N0524", title="`{layer}` needs a fixed batch size"): ...


class BaseClass(Problem, code="N0525", title="`{layer}` is not a layer to use"): ...


class WrongVocabulary(Problem, code="N0526", title="the vocabulary of `{layer}` does not fit"): ...


class MakesNoModel(Problem, code="N0527", title="Keras makes no model of `{layer}`"): ...


class TakesNoSuchTensor(Problem, code="N0528", title="`{layer}` takes no {form} tensor"): ...


class NoBatch(Problem, code="N0535", title="`{layer}` needs the batch in each of its tensors"): ...


class NoSizeFits(Problem, code="N0540", title="no size of `{name}` fits this network"): ...
