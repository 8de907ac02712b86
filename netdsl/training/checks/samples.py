"""Whether samples have the shape and dtype that an input takes, and labels those that an output and its loss take."""

from __future__ import annotations

from netdsl.diagnostics.diagnostic import Diagnostic, Label
from netdsl.diagnostics.problems import data as problems
from netdsl.elaborate.training.sources import Shape, equal, is_taken
from netdsl.training.labels import WORDS, classes_of, form_of, kind_of, loss_place
from netdsl.training.sources.parts import Field, Opening, listed


def fits_model(opening: Opening, field: Field) -> bool:
    """Hold a field's shape and dtype against its input or output; report where they do not fit."""
    if field.dtype == "objects":
        opening.report(_objects(field))
        return False
    found = _not_read(field) or {"input": _of_input, "weight": _of_weights}.get(
        field.role, _of_output
    )(opening, field)
    if found is None:
        return True
    opening.report(found)
    return False


#: Types of arrays that TensorFlow takes, and what tables, texts and encoded pictures are called here.
_READ = {
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "bfloat16", "float32",
    "float64", "complex64", "complex128", "string", "bytes", "object",
}  # fmt: skip


def _not_read(field: Field) -> Diagnostic | None:
    if field.dtype in _READ:
        return None
    label = f"{field.shown} is {field.dtype}, which TensorFlow does not take"
    return _other_values(field, label, 'save numbers: `array.astype("float32")`')


def _of_weights(opening: Opening, field: Field) -> Diagnostic | None:
    """Weights are a number for each sample, or for each step of a sequence."""
    steps = field.port.shape[1:-1]
    name, shape = field.key if not field.members else field.members[0], field.shape
    if field.dtype in ("string", "bytes") or field.dtype.startswith("complex"):
        label = (
            f"{field.shown} holds {'text' if field.dtype in ('string', 'bytes') else field.dtype}"
        )
    elif shape is not None and not (is_taken(shape, ()) or (steps and is_taken(shape, steps))):
        label = f"a sample of {field.shown} is {spelled(shape)}"
    else:
        return None
    help = "a weight is one number for each sample, 0 or more"
    return problems.WeightsDiffer.at(field.place, label, name=name, help=help)


def _objects(field: Field) -> Diagnostic:
    label = (
        f"{field.shown} holds Python objects, which are not read: unpickling them may run anything"
    )
    return _other_values(field, label, "save an array of numbers, each sample of the same shape")


def _of_input(opening: Opening, field: Field) -> Diagnostic | None:
    port, wanted = field.port, field.port.shape[1:]
    if field.shape is not None and not is_taken(field.shape, wanted):
        return _other_shape(field, wanted)
    if field.dtype in ("object", "bytes"):
        return None  # a table's columns and encoded pictures show their values when they are read
    if (field.dtype == "string") != (port.dtype == "string"):
        what = "text" if field.dtype == "string" else f"numbers ({field.dtype})"
        help = (
            f'save numbers: `{port.name}.astype("{port.dtype}")`' if what == "text" else "save text"
        )
        return _other_values(field, f"{field.shown} holds {what}, the input is {port.dtype}", help)
    if field.dtype.startswith("complex") and not port.dtype.startswith("complex"):
        label = f"{field.shown} is {field.dtype}, the input is {port.dtype}"
        return _other_values(
            field, label, f"declare `input {port.name}: complex64{spelled(wanted)}`"
        )
    if field.dtype.startswith(("float", "bfloat")) and port.dtype.startswith(("int", "uint")):
        help = f'save whole numbers: `x.astype("{port.dtype}")`, or declare the input as float32'
        label = f"{field.shown} is {field.dtype}, the input is {port.dtype}"
        return _other_values(field, label, help)
    return None


def _other_shape(field: Field, wanted: Shape) -> Diagnostic:
    assert field.shape is not None
    given, text = field.shape, spelled(wanted)
    help = ""
    if equal((*given[1:], *given[:1]), wanted):
        help = "the channels come first: `x.transpose(0, 2, 3, 1)` puts them last"
    elif _count(given) == _count(wanted) is not None:
        help = f"it has as many numbers: save it as `x.reshape(-1, {text[1:-1]})`"
    elif len(given) == len(wanted):
        help = f"declare the input as it comes: `input {field.port.name}: {spelled(given)}`"
    if field.members and len(field.members) > 1:
        help = f"the columns are {listed(list(field.members))}; `features=[…]` says which are meant"
    return problems.SampleDiffers.at(
        field.place,
        f"a sample of {field.shown} is {spelled(given)}, the input takes {text}",
        role="input",
        name=field.port.name,
        help=help,
        related=(Label(field.port.place, f"the input is {text}"),),
    )


def _other_values(field: Field, label: str, help: str = "") -> Diagnostic:
    role, port = field.role, field.port
    return problems.ValuesDiffer.at(
        field.place,
        label,
        role=role,
        name=port.name,
        help=help,
        related=(Label(port.place, f"the {role} is {port.dtype}"),),
    )


def _count(shape: Shape) -> int | None:
    total = 1
    for side in shape:
        if side is None:
            return None
        total *= side
    return total


def spelled(shape: Shape) -> str:
    """Spell a shape as a spec has it."""
    return "[" + ", ".join("?" if side is None else str(side) for side in shape) + "]"


def _of_output(opening: Opening, field: Field) -> Diagnostic | None:
    port, form = field.port, form_of(field.port)
    if form == "any" and port.loss is not None and not kind_of(port):
        return None  # a loss of the user's own takes what it takes
    if field.dtype in ("string", "bytes"):
        label = f"{field.shown} holds text, the loss takes {WORDS[form]}"
        help = (
            "save the number of each class: `numpy.unique(labels, return_inverse=True)` gives both"
        )
        return _other_values(field, label, help)
    if form == "any" and port.loss is not None:
        return None  # rows of any length (CTC), classes of which vectors are alike (Circle)
    given, output = field.shape, port.shape[1:]
    if given is None or field.dtype == "object":
        return None if given is None or given == () else _label_shape(opening, field, given, output)
    return _label_shape(opening, field, given, output)


def _label_shape(opening: Opening, field: Field, given: Shape, output: Shape) -> Diagnostic | None:
    form = form_of(field.port)
    several = output and output[-1] != 1
    without = output[:-1] if several else output
    as_numbers = is_taken(given, without)
    if form == "numbers":
        if as_numbers:
            return None
        if is_taken(given, output):
            return _one_hot(opening, field, given)
    elif form == "one_hot":
        if is_taken(given, output):
            return None
        if as_numbers:
            return numbers_for_rows(opening, field)
    elif form == "either":
        if as_numbers or is_taken(given, output):
            return None
    elif is_taken(given, output):
        return None
    return _labels_of_other_shape(field, given, without if form == "numbers" else output)


def _one_hot(opening: Opening, field: Field, given: Shape) -> Diagnostic:
    kind = kind_of(field.port)
    return problems.LabelsForLoss.at(
        loss_place(opening.experiment),
        f"`{kind}` takes {WORDS['numbers']}, {field.shown} are rows of {given[-1]}",
        name=field.port.name,
        help="write `loss = categorical_crossentropy` for rows with a 1 at the class",
        related=(Label(field.place, "the labels are from here"),),
    )


def numbers_for_rows(opening: Opening, field: Field) -> Diagnostic:
    kind, classes = kind_of(field.port), classes_of(field.port)
    return problems.LabelsForLoss.at(
        loss_place(opening.experiment),
        f"`{kind}` takes {WORDS['one_hot']}, of {classes}; {field.shown} are numbers of classes",
        name=field.port.name,
        help="write `loss = sparse_categorical_crossentropy` for numbers of classes",
        related=(Label(field.place, "the labels are from here"),),
    )


def _labels_of_other_shape(field: Field, given: Shape, wanted: Shape) -> Diagnostic:
    return problems.SampleDiffers.at(
        field.place,
        f"a label of {field.shown} is {spelled(given)}, the loss compares {spelled(wanted)}",
        role="output",
        name=field.port.name,
        help=_way_for_labels(field, given, wanted),
        related=(Label(field.port.place, f"the output is {spelled(field.port.shape[1:])}"),),
    )


def _way_for_labels(field: Field, given: Shape, wanted: Shape) -> str:
    """Say what helps where labels have another shape than the loss compares."""
    form, output = form_of(field.port), field.port.shape[1:]
    if form == "binary" and given == () and len(output) == 1:
        return "for one question: `Dense(1, activation=sigmoid)`"
    if form == "binary" and len(given) == 1 and output == (1,):
        return (
            f"for rows with a 1 at the class: `Dense({given[0]}, activation=softmax)` and "
            "`loss = categorical_crossentropy`"
        )
    if len(given) == len(output) == 1 and form in ("values", "one_hot", "binary"):
        return f"give the output {given[0]} units"
    return f"save labels of the shape {spelled(wanted)}, or change the output"
