"""Whether sources of data go with the inputs and outputs of the model, as far as that shows without reading them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from netdsl.catalog.data_sets import DataSet, data_set
from netdsl.catalog.kind import ObjectValue
from netdsl.catalog.spell import spell
from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netdsl.diagnostics.problems import data as data_problems
from netdsl.diagnostics.problems import training as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.scope.frame import Frame
from netdsl.elaborate.training.experiment import DataSource
from netdsl.elaborate.training.losses import loss_kind, loss_of
from netdsl.elaborate.training.plan import TrainPlan
from netdsl.graph import Graph, Node, Ref
from netdsl.record import record
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.tensor import TensorSpec
from netdsl.value import Value

Shape = tuple[int | None, ...]

#: The settings that a source of data may stand at.
PARTS = ("data", "validation", "test")

_CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}


@record(eq=False)
class _Held:
    """One source, with the model whose inputs and outputs it is held against."""

    setting: str
    source: DataSource
    written: tree.Expr
    plan: TrainPlan
    graph: Graph

    @property
    def inputs(self) -> dict[str, Node]:
        return {self.graph.nodes[n].name: self.graph.nodes[n] for n in self.graph.inputs}

    @property
    def labelled(self) -> list[str]:
        """The outputs that need labels: those with a loss, all where none has one."""
        with_loss = loss_of(self.plan, self.graph)
        return [name for name in self.graph.outputs if name in with_loss] or [*self.graph.outputs]

    def ports(self, role: str) -> dict[str, tuple[TensorSpec, Span]]:
        """Give the inputs, or the outputs, by their names: what each takes and where it stands."""
        graph = self.graph
        if role == "input":
            return {name: (self.spec(node), node.origin.span) for name, node in self.inputs.items()}
        return {
            name: (graph.spec(ref), graph.nodes[ref.node].origin.span)
            for name, ref in graph.outputs.items()
        }

    def place(self, *arguments: str) -> Span:
        """Give the place of the first of these arguments that was written, else that of the source."""
        found = (self.source.places[name] for name in arguments if name in self.source.places)
        return next(found, self.written.span)

    def spec(self, node: Node) -> TensorSpec:
        return self.graph.spec(Ref(node.id))


def check_sources(plan: TrainPlan, graph: Graph, frame: Frame) -> None:
    """Report what of each source does not go with the model."""
    for setting in PARTS:
        source = plan.settings.get(setting)
        if isinstance(source, DataSource) and source.function is None:
            held = _Held(setting, source, plan.trees[setting], plan, graph)
            for found in _findings(held):
                frame.report(found)


def _findings(held: _Held) -> Iterator[Diagnostic]:
    named = [*_wrong_names(held)]
    yield from named
    if named:
        return
    match held.source.kind:
        case "image_folder":
            yield from _pictures(held)
        case "text_folder":
            yield from _texts(held)
        case "dataset":
            yield from _data_set(held)
        case "csv" | "parquet":
            yield from _columns(held, "features")
            yield from _columns(held, "label")
        case "tfrecord":
            yield from _records(held)


def _wrong_names(held: _Held) -> Iterator[Diagnostic]:
    """Report names of inputs and outputs that the model has not, and one name for several of them.

    A column that is called as one of several outputs is that output's; the others have those of their own names.
    """
    inputs, outputs = list(held.inputs), list(held.graph.outputs)
    for argument, role, known in (
        ("x", "input", inputs),
        ("features", "input", inputs),
        ("y", "output", outputs),
        ("label", "output", outputs),
    ):
        value = held.source.arguments.get(argument)
        if isinstance(value, dict):
            yield from _unknown_keys(held, argument, role, value, known)
        elif value is not None:
            wanted = inputs if role == "input" else held.labelled
            names = value if isinstance(value, (list, tuple)) else (value,)
            if len(wanted) > 1 and not all(name in known for name in names):
                yield _one_for_several(held, argument, role, value, wanted)


def _unknown_keys(
    held: _Held, argument: str, role: str, value: Mapping[Value, Value], known: list[str]
) -> Iterator[Diagnostic]:
    for key in value:
        if key in known:
            continue
        near = closest(str(key), known) or (known[0] if len(known) == 1 else None)
        place = _key_place(held, argument, str(key))
        listed = ", ".join(f"`{name}`" for name in known)
        fix = Fix((Edit(place, f'"{near}"'),)) if near and place.text != str(key) else None
        yield _differs(role).at(
            place,
            f"the model has no {role} `{key}`",
            name=argument,
            help=f"did you mean `{near}`?" if near else f"the {role}s are {listed}",
            fix=fix,
        )


def _differs(role: str) -> type[problems.InputsDiffer] | type[problems.OutputsDiffer]:
    return problems.InputsDiffer if role == "input" else problems.OutputsDiffer


def _key_place(held: _Held, argument: str, key: str) -> Span:
    if isinstance(held.written, tree.Call):
        for given in held.written.arguments:
            if given.value.span == held.source.places.get(argument) and isinstance(
                given.value, tree.DictExpr
            ):
                for name, _ in given.value.items:
                    if isinstance(name, tree.Literal) and name.value == key:
                        return name.span
    return held.place(argument)


def _one_for_several(
    held: _Held, argument: str, role: str, value: Value, wanted: Iterable[str]
) -> Diagnostic:
    names = list(wanted)
    each = "{" + ", ".join(f'"{name}": …' for name in names) + "}"
    return _differs(role).at(
        held.place(argument),
        f"`{argument}` is one for all, and there are {len(names)} {role}s",
        name=argument,
        help=f"give each its own: `{argument}={each}`",
    )


def _only_input(held: _Held, what: str) -> Node | Diagnostic:
    """Give the one input that a source is for, or what to report of several."""
    inputs = held.inputs
    if len(inputs) == 1:
        return next(iter(inputs.values()))
    return problems.InputsDiffer.at(
        held.written.span,
        f"it gives {what} for one input, and the model has {len(inputs)}",
        name=held.setting,
        help='write a function of your own that gives a `tf.data.Dataset`: `extern fn load from "project.data"`',
    )


def _several_labels(held: _Held) -> Iterator[Diagnostic]:
    if len(held.labelled) > 1:
        yield problems.OutputsDiffer.at(
            held.written.span,
            f"it gives one label for a sample, and {len(held.labelled)} outputs have a loss",
            name=held.setting,
            help="give one of the outputs a loss, or write a function of your own: "
            '`extern fn load from "project.data"`',
        )


def _pictures(held: _Held) -> Iterator[Diagnostic]:
    node = _only_input(held, "pictures")
    if isinstance(node, Diagnostic):
        yield node
        return
    spec, place = held.spec(node), held.place("image_size", "color_mode")
    shape = _shape(spec)
    if spec.dtype == "string" or len(shape) != 3:
        what = "text" if spec.dtype == "string" else _spelled(shape)
        yield _sample_differs(
            node,
            f"pictures are [height, width, channels], the input is {what}",
            held.written.span,
            shape,
        )
        return
    size, mode = held.source.arguments.get("image_size"), held.source.arguments.get("color_mode")
    sides: Shape = shape[:2]
    if isinstance(size, tuple):
        sides = tuple(side if isinstance(side, int) else None for side in size)
    if None in sides:
        yield _size_unknown(held, node, shape)
        return
    channels = _CHANNELS.get(str(mode)) if mode is not None else shape[2]
    given = (*sides, channels)
    if equal(sides, shape[:2]):
        place = held.place("color_mode", "image_size")
    if not is_taken(given, shape):
        yield _sample_differs(
            node,
            f"pictures are {_spelled(given)}, the input is {_spelled(shape)}",
            place,
            shape,
            _pictures_help(given, shape),
        )
    elif channels not in (None, 1, 3, 4):
        label = f"pictures have 1, 3 or 4 channels, the input has {channels}"
        yield _sample_differs(node, label, place, shape, _channels_help(node, shape))
    yield from _several_labels(held)
    yield from _classes_of_folders(held)


def _channels_help(node: Node, shape: Shape) -> str:
    if shape[0] not in (1, 3, 4):
        return ""
    last = (*shape[1:], shape[0])
    return f"channels come last: `input {node.name}: {_spelled(last)}`, with `Permute((3, 1, 2))` behind it"


def _pictures_help(given: Shape, shape: Shape) -> str:
    if given[:2] != shape[:2] and None not in shape[:2]:
        return "leave `image_size` out: pictures are brought to the size of the input"
    modes = {number: mode for mode, number in _CHANNELS.items()}
    mode = modes.get(shape[2] or 0)
    return f'write `color_mode="{mode}"`' if mode else ""


def _size_unknown(held: _Held, node: Node, shape: Shape) -> Diagnostic:
    return problems.InputsDiffer.at(
        held.written.span,
        f"pictures are brought to one size, and that of input `{node.name}` is {_spelled(shape)}",
        name=held.setting,
        help="say it here, `image_size=(224, 224)`, or where the input is declared",
        related=(Label(node.origin.span, "declared here"),),
    )


def _texts(held: _Held) -> Iterator[Diagnostic]:
    node = _only_input(held, "text")
    if isinstance(node, Diagnostic):
        yield node
        return
    spec = held.spec(node)
    if spec.dtype != "string":
        yield data_problems.ValuesDiffer.at(
            held.written.span,
            f"a folder of text gives strings, the input is {spec.dtype}",
            role="input",
            name=node.name,
            help=f"declare `input {node.name}: string[1]`, and put a TextVectorization behind it",
            related=(Label(node.origin.span, f"the input is {spec.dtype}"),),
        )
    elif not is_taken((), _shape(spec)):
        shape = _shape(spec)
        label, help_ = "a text is one string", f"declare `input {node.name}: string[1]`"
        yield _sample_differs(node, label, held.written.span, shape, help_)
    yield from _several_labels(held)
    yield from _classes_of_folders(held)


def _classes_of_folders(held: _Held) -> Iterator[Diagnostic]:
    """Report an output with fewer units than there are folders that were named."""
    given = held.source.arguments.get("class_names")
    if isinstance(given, (tuple, list)) and len(held.labelled) == 1:
        mode = held.source.arguments.get("label_mode")
        rows = None if mode is None else mode == "categorical"
        yield from _units(
            held, len(given), f"{len(given)} classes are named", held.place("class_names"), rows
        )


def _columns(held: _Held, argument: str) -> Iterator[Diagnostic]:
    """Report another number of columns than the input or output takes that they are for."""
    value = held.source.arguments.get(argument)
    role = "input" if argument == "features" else "output"
    ports = held.ports(role)
    if isinstance(value, (list, tuple)) and len(ports) == 1:
        value = dict.fromkeys(ports, value)
    for name, columns in value.items() if isinstance(value, dict) else ():
        if not isinstance(columns, (list, tuple)) or name not in ports:
            continue
        spec, place = ports[str(name)]
        wanted = _shape(spec)
        if len(wanted) == 1 and wanted[0] not in (None, len(columns)):
            yield data_problems.SampleDiffers.at(
                _key_place(held, argument, str(name)),
                f"{len(columns)} column{'s' * (len(columns) != 1)} for an {role} of {_spelled(wanted)}",
                role=role,
                name=name,
                help=f"name {wanted[0]} columns, or declare the {role} for {len(columns)}",
                related=(Label(place, f"the {role} is {_spelled(wanted)}"),),
            )


def _records(held: _Held) -> Iterator[Diagnostic]:
    """Report a shape of what records hold that is not the input's."""
    value, ports = held.source.arguments.get("features"), held.ports("input")
    for name, shape in value.items() if isinstance(value, dict) else ():
        if not isinstance(shape, (list, tuple)) or name not in ports:
            continue
        spec, place = ports[str(name)]
        given = tuple(side if isinstance(side, int) else None for side in shape)
        if not is_taken(given, _shape(spec)):
            yield data_problems.SampleDiffers.at(
                _key_place(held, "features", str(name)),
                f"records are said to hold {_spelled(given)}, the input is {_spelled(_shape(spec))}",
                role="input",
                name=name,
                help="leave the shape out: that of the input is taken",
                related=(Label(place, f"the input is {_spelled(_shape(spec))}"),),
            )


def _data_set(held: _Held) -> Iterator[Diagnostic]:
    name = str(held.source.arguments["name"])
    found = data_set(name, held.source.arguments)
    if found is None:
        return
    node = _only_input(held, "samples")
    if isinstance(node, Diagnostic):
        yield node
        return
    place = held.place("name")
    yield from _sample_of(found, node, held.spec(node), place)
    yield from _several_labels(held)


def _sample_of(found: DataSet, node: Node, spec: TensorSpec, place: Span) -> Iterator[Diagnostic]:
    wanted = _shape(spec)
    if not any(is_taken(shape, wanted) for shape in found.shapes):
        shown = " or ".join(map(_spelled, found.shapes))
        whole = found.shapes[0]
        help_ = f"declare the input as it comes: `input {node.name}: {_spelled(whole)}`"
        if None not in whole and _count(whole) == _count(wanted):
            behind = "Flatten()" if len(wanted) == 1 else f"Reshape({spell(wanted)})"
            help_ += f", with `{behind}` behind it"
        yield _sample_differs(
            node, f"a sample is {shown}, the input is {_spelled(wanted)}", place, wanted, help_
        )
    elif spec.dtype == "string" or (
        found.dtype.startswith("float") and spec.dtype.startswith(("int", "uint", "bool"))
    ):
        yield data_problems.ValuesDiffer.at(
            place,
            f"its samples are {found.dtype}, the input is {spec.dtype}",
            role="input",
            name=node.name,
            help=f"declare the input as it comes: `input {node.name}: {_spelled(found.shapes[0])}`",
            related=(Label(node.origin.span, f"the input is {spec.dtype}"),),
        )


def _units(
    held: _Held, classes: int, said: str, place: Span, rows: bool | None = None
) -> Iterator[Diagnostic]:
    """Report an output that has not one unit for each class, where its loss compares classes.

    `rows` tells that labels are rows with a 1, which have as many numbers as the output units; None, that they are as
    the loss takes them.
    """
    (name,) = held.labelled
    loss = loss_of(held.plan, held.graph).get(name)
    if not isinstance(loss, (str, ObjectValue)):
        return
    spec = held.graph.spec(held.graph.outputs[name])
    if spec.rank != 2 or not isinstance(units := spec.shape[-1], int):
        return
    kind = loss_kind(loss, spec)
    is_sparse = kind == "SparseCategoricalCrossentropy" and not rows
    is_rows = kind.startswith("Categorical") and rows is not False
    if (is_sparse and units < classes) or (is_rows and units != classes):
        origin = held.graph.nodes[held.graph.outputs[name].node].origin.span
        yield data_problems.LabelOutside.at(
            place,
            f"{said}, and the output has {units} unit{'s' * (units != 1)}",
            name=name,
            help=f"give the output {classes} units, one for each class",
            related=(Label(origin, f"{units} unit{'s' * (units != 1)}"),),
        )


def _sample_differs(
    node: Node, label: str, place: Span, wanted: Shape, help_: str = ""
) -> Diagnostic:
    return data_problems.SampleDiffers.at(
        place,
        label,
        role="input",
        name=node.name,
        help=help_,
        related=(Label(node.origin.span, f"the input is {_spelled(wanted)}"),),
    )


def _shape(spec: TensorSpec) -> Shape:
    """Give the shape of a sample, None for what is no fixed number."""
    return tuple(size if isinstance(size, int) else None for size in spec.shape[1:])


def is_taken(given: Shape, wanted: Shape) -> bool:
    """Tell whether Keras takes samples of a shape: a last axis of one may be left out, or be there besides."""
    return (
        equal(given, wanted)
        or (len(given) == len(wanted) - 1 and wanted[-1] == 1 and equal(given, wanted[:-1]))
        or (len(given) == len(wanted) + 1 and given[-1] == 1 and equal(given[:-1], wanted))
    )


def equal(given: Shape, wanted: Shape) -> bool:
    return len(given) == len(wanted) and all(
        None in (a, b) or a == b for a, b in zip(given, wanted, strict=True)
    )


def _count(shape: Shape) -> int:
    total = 1
    for side in shape:
        total *= side or 0
    return total


def _spelled(shape: Shape) -> str:
    """Spell a shape as a spec has it."""
    return "[" + ", ".join("?" if side is None else str(side) for side in shape) + "]"
