"""`netdsl run SPEC INPUT…`: what a network makes of a picture or an array."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netdsl.cli.compiling import AT_HELP, SET_HELP, CompiledFile, compile_files, has_model
from netdsl.cli.output import Findings, tell
from netdsl.cli.streams import write
from netdsl.record import record

if TYPE_CHECKING:
    from netdsl.foreign import Array, Foreign
    from netdsl.running.inputs import Given, Port


@record
class Looking:
    """How results are looked at: where pictures go, whose window is shown, and at which place."""

    folder: Path
    force: bool
    layer: str | None
    place: tuple[int, int] | None


def _read_place(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[int, int] | None:
    if value is None:
        return None
    parts = value.split(",")
    if len(parts) != 2 or not all(part.strip().isdecimal() for part in parts):
        raise click.BadParameter("write a row and a column, counted from 0: `2,3`")
    return int(parts[0]), int(parts[1])


@click.command("run")
@click.argument("file", metavar="SPEC")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT…")
@click.option("--model", metavar="NAME", help="One model of a file that declares several.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help=SET_HELP)
@click.option("--at", "sizes", multiple=True, metavar="H=224,W=224", help=AT_HELP)
@click.option("--weights", metavar="FILE", help="Weights that Keras saved: .weights.h5 or .keras.")
@click.option(
    "-o",
    "--output",
    default=".",
    metavar="FOLDER",
    help="Where pictures are written; here without it.",
)
@click.option(
    "--pixels",
    type=click.Choice(("1", "255")),
    help="The brightest pixel that the network takes; 255 where the network scales pixels itself, else 1.",
)
@click.option(
    "--window",
    "place",
    callback=_read_place,
    metavar="ROW,COLUMN",
    help="Show the products at this place.",
)
@click.option(
    "--layer",
    metavar="NAME",
    help="The layer whose window is shown; the first that slides without it.",
)
@click.option("--seed", default=0, show_default=True, help="The seed that weights are drawn with.")
@click.option("--force", is_flag=True, help="Write over files that netdsl did not make.")
def command(
    file: str,
    inputs: tuple[str, ...],
    model: str | None,
    settings: tuple[str, ...],
    sizes: tuple[str, ...],
    weights: str | None,
    output: str,
    pixels: str | None,
    place: tuple[int, int] | None,
    layer: str | None,
    seed: int,
    force: bool,
) -> int:
    """Run a network, untrained or of fixed filters, on pictures or arrays, and show what comes out.

    INPUT is a picture, a .npy or .npz file, or an array as it is written: "[[0, 1], [2, 3]]"; `name=INPUT` is for the
    input of that name. A map is written as a picture, what is small is printed. Of a small map the products under one
    window are shown too. Of a file with several models each that takes the input is run.
    """
    from netdsl.extras import MissingExtra
    from netdsl.running.inputs import CannotRun

    findings = Findings()
    compiled = compile_files([file], findings, settings=settings, sizes=sizes, model=model)
    found = [item for item in compiled if not findings.failed and has_model(item, model, findings)]
    status = findings.finish()
    if status or not found:
        return status or 2
    looking = Looking(Path(output), force, layer, place)
    try:
        return _run(found[0], model, inputs, pixels, weights, seed, looking)
    except (CannotRun, MissingExtra) as error:
        tell(f"netdsl: {error}\n")
        return 2
    except OSError as error:
        where = f"`{error.filename}`: " if error.filename else ""
        tell(f"netdsl: {where}{error.strerror or error}\n")
        return 2


def _run(
    item: CompiledFile,
    model: str | None,
    inputs: tuple[str, ...],
    pixels: str | None,
    weights: str | None,
    seed: int,
    looking: Looking,
) -> int:
    from netdsl.running.inputs import read_all
    from netdsl.running.network import computed

    one = model if weights is None and looking.layer is None else item.compiled.model(model).name
    fitting = _fitting(item, one, inputs, pixels)
    for number, name in enumerate(fitting):
        if len(fitting) > 1:
            write(sys.stdout, f"{chr(10) * bool(number)}Model: {name}\n")
        given = read_all(inputs, _ports(item, name, pixels))
        outputs = list(item.compiled.graphs[name].outputs)
        live, results = computed(
            partial(item.compiled.build, name), [g.array for g in given], outputs, weights, seed
        )
        for each in given:
            write(sys.stdout, f"{each.name}: {', '.join((_shape(each.array), *each.done))}\n")
        for output, array in results.items():
            _show(output, array, name, looking)
        _show_window(item, name, live, given, looking)
    return 0


def _fitting(
    item: CompiledFile, model: str | None, inputs: tuple[str, ...], pixels: str | None
) -> list[str]:
    """Give the model that is asked for, or those with a body of their own that take what is given."""
    from netdsl.running.inputs import CannotRun, read_all
    from netdsl.syntax import tree

    if model is not None:
        return [model]
    own = {
        statement.name
        for statement in item.compiled.unit.module.statements
        if isinstance(statement, tree.Model) and isinstance(statement.body, tree.Body)
    }
    found = []
    for name in (name for name in item.compiled.models if name in own):
        try:
            read_all(inputs, _ports(item, name, pixels))
        except CannotRun:
            continue
        found.append(name)
    return found or [item.compiled.model(None).name]


def _ports(item: CompiledFile, name: str, pixels: str | None) -> list[Port]:
    """Give the inputs; one takes pixels of 0 to 255 where something in the network scales them."""
    from netdsl.analyse.pixels import pixel_ranges
    from netdsl.running.inputs import Port

    graph = item.compiled.graphs[name]
    ranges = pixel_ranges(graph, images=False)
    known = (pixel.range for pixel in ranges.values())
    scaled = any(range_ is not None and range_.high > 1 for range_ in known)
    raw = scaled if pixels is None else pixels == "255"
    return [
        Port(graph.nodes[number].name, graph.nodes[number].flat_outputs[0], raw)
        for number in graph.inputs
    ]


def _show(output: str, array: Array, model: str, looking: Looking) -> None:
    from netdsl.running.outputs import is_map, told, write_picture

    for number, sample in enumerate(array):
        label = output if len(array) == 1 else f"{output}[{number}]"
        lines = list(told(sample))
        first = f"{label}: {_shape(array[:1])}, {lines[0] if lines else ''}"
        if is_map(sample):
            looking.folder.mkdir(parents=True, exist_ok=True)
            suffix = "" if len(array) == 1 else f"_{number}"
            path = looking.folder / f"{model}_{output}{suffix}.png"
            write_picture(sample, path, force=looking.force)
            first, lines = f"{first}: {path}", lines[:1]
        write(sys.stdout, "\n".join([first, *(f"  {line}" for line in lines[1:])]) + "\n")


def _show_window(
    item: CompiledFile, name: str, live: Foreign, given: list[Given], looking: Looking
) -> None:
    """Show one window, where it is asked for, or where what is run on is small enough to follow."""
    from netdsl.running.inputs import CannotRun
    from netdsl.running.outputs import LARGEST_TABLE
    from netdsl.running.windows import explain_window, windowed

    asked = looking.place is not None or looking.layer is not None
    small = all(
        each.array.ndim == 4 and max(each.array.shape[1:3]) <= LARGEST_TABLE for each in given
    )
    if not asked and not small:
        return
    node = windowed(item.compiled.graphs[name], looking.layer)
    if node is None:
        if asked:
            called = f"called `{looking.layer}` " if looking.layer else ""
            raise CannotRun(
                f"{name} has no layer {called}that slides a window over rows and columns"
            )
        return
    lines = explain_window(node, live, [each.array for each in given], looking.place)
    write(sys.stdout, "\n" + "".join(f"{line}\n" for line in lines))


def _shape(array: Array) -> str:
    return f"{tuple(array.shape[1:])}"
