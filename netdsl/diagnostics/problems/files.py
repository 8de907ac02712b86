"""N09: files that can't be read or written, and settings of the command line that fit no model."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class UnreadableFile(Problem, code="N0901", title="cannot read `{name}`"): ...


class NotText(Problem, code="N0902", title="`{name}` is not UTF-8 text"): ...


class WouldOverwrite(Problem, code="N0903", title="`{name}` is not as netdsl left it"): ...


class UnwritableFile(Problem, code="N0904", title="cannot write `{name}`"): ...


class UnknownHyperparameter(
    Problem, code="N0905", title="no model has a hyperparameter `{name}`"
): ...


class NotAValue(Problem, code="N0906", title="`--{option}` takes `name=value`"): ...


class UnknownSize(Problem, code="N0907", title="no model has a symbolic dimension `{name}`"): ...


class UnknownModel(Problem, code="N0908", title="no model `{name}` in this file"): ...


class WrongConfiguration(
    Problem, code="N0909", title="`[tool.netdsl]` of `{name}` cannot be used"
): ...


class FixedHyperparameter(Problem, code="N0910", title="every model fixes `{name}`"): ...


class WrongVersions(Problem, code="N0920", title="two versions of a spec are needed"): ...
