"""N08: the `train` block."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class UnknownSetting(Problem, code="N0801", title="unknown setting `{name}`"): ...


class WrongSetting(Problem, code="N0802", title="setting `{name}` does not take this"): ...


class UnknownObject(Problem, code="N0803", title="Keras has no {family} `{name}`"): ...


class OutputsDiffer(
    Problem, code="N0804", title="`{name}` does not match the outputs of the model"
): ...


class LossDoesNotFit(Problem, code="N0805", title="the loss does not fit output `{name}`"): ...


class MetricDoesNotFit(
    Problem, code="N0810", title="metric `{metric}` does not fit output `{name}`"
): ...


class NotAdaptable(Problem, code="N0806", title="`{name}` has nothing to adapt"): ...


class SettingTwice(Problem, code="N0808", title="`{name}` is set twice"): ...


class SettingInParentheses(
    Problem, code="N0811", title="setting `{name}` stands between the parentheses"
): ...


class NoDefault(
    Problem,
    code="N0812",
    title="hyperparameter `{name}` of the training of `{model}` has no default",
): ...


class InputsDiffer(
    Problem, code="N0813", title="`{name}` does not match the inputs of the model"
): ...


class NoSuchEngine(Problem, code="N0814", title="`{name}` does not work under Keras 3"): ...


class SettingsClash(Problem, code="N0815", title="`{name}` does not go with `{other}`"): ...


class NameOfModule(
    Problem, code="N0816", title="`{name}` is a name that training puts into the module"
): ...


class LayoutMisses(
    Problem, code="N0817", title="layout key `{key}` does not go with the variables"
): ...


class AugmentDoesNotFit(Problem, code="N0818", title="`augment` does not fit input `{name}`"): ...


class OtherEngine(Problem, code="N0819", title="`{name}` runs on {backend} alone"): ...


class LackingThere(Problem, code="N0820", title="`{name}` does not run on {backend}"): ...


class NoLoss(
    Problem, code="N0809", title="the training of `{name}` has no {missing}", severity="warning"
): ...
