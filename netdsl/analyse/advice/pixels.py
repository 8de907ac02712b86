"""Advice on the range of pixels, and on changes at random that change what a picture shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from netdsl.analyse.advice import Rule
from netdsl.analyse.advice.start import absorbed
from netdsl.analyse.advice.view import KERNELS, View, at, uses
from netdsl.analyse.pixels import (
    SHRINKS,
    Pixels,
    Step,
    along,
    layers_in,
    pixel_ranges,
    scaling_of,
    scaling_of_layer,
    steps,
)
from netdsl.catalog.application_inputs import (
    USUAL,
    Expected,
    expected_behind,
    expected_pixels,
    scales_itself,
)
from netdsl.catalog.colours import Colours, Range
from netdsl.catalog.kind import BoundLayer, LayerKind
from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label, first_that_helps
from netdsl.diagnostics.problems import advice as problems
from netdsl.elaborate.remedies.argument_fixes import with_argument
from netdsl.elaborate.remedies.rank_candidates import before, left_out
from netdsl.elaborate.remedies.written_arguments import argument_of, value_place
from netdsl.elaborate.training import experiment
from netdsl.graph import Node
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.value import Arguments

#: Data sets of Keras that are images of 0 to 255; of these, those of digits.
_IMAGES = frozenset({"mnist", "fashion_mnist", "cifar10", "cifar100"})
_DIGITS = frozenset({"mnist"})
#: Names by which a spec says that its pictures are of signs, which mean something else when they are mirrored.
_OF_SIGNS = re.compile(r"digit|mnist|letter|captcha|svhn|numeral", re.IGNORECASE)
#: A quarter of a turn makes another sign of many a sign.
_QUARTER = 0.25


def _are_images(view: View) -> bool:
    """Tell whether the data of a model with one input are images."""
    data = view.setting("data")
    if (
        not isinstance(data, experiment.DataSource)
        or data.function is not None
        or len(view.graph.inputs) != 1
    ):
        return False
    return data.kind == "image_folder" or data.arguments.get("name") in _IMAGES


def _ranges(view: View) -> dict[int, Pixels]:
    return pixel_ranges(view.graph, _are_images(view))


def _augment(view: View) -> tuple[tuple[BoundLayer, ...], tree.Expr | None]:
    """Give the layers of the `augment` setting, and how it is written."""
    chain = view.setting("augment")
    if not isinstance(chain, BoundLayer) or view.training is None:
        return (), None
    inside = layers_in(chain.arguments) or ((chain,) if chain.definition is not None else ())
    return inside, view.training.trees["augment"]


def _all_steps(view: View) -> Iterator[Step]:
    """Give each layer that pixels of a known range arrive at: in the model, and in the augmentation of its data."""
    yield from steps(view.graph, view.once(_ranges))
    layers, written = _augment(view)
    if written is not None and layers:
        scaled = any(scaling_of_layer(x.definition, x.arguments) for x in layers)
        if _are_images(view) or scaled:
            yield from along(layers, written, written.span, Pixels())


def other_value_range(view: View) -> Iterable[Diagnostic]:
    """Report a `value_range` that is not that of the pixels which arrive."""
    for step in _all_steps(view):
        written, arriving = step.bound.get("value_range"), step.arriving.range
        if not step.definition.is_a("augmentation") or not written or arriving is None:
            continue
        assumed = Range(*written)
        cuts = arriving.high > assumed.high
        if assumed.is_like(arriving) or not (cuts or step.definition.is_a("by_range")):
            continue
        spelled = f"({arriving.low:g}, {arriving.high:g})"
        yield problems.OtherValueRange.at(
            step.place,
            f"pixels from {arriving} arrive, and it changes them as if they went from {assumed}",
            layer=step.definition.name,
            related=_scaled_here(step.arriving),
            help=f"write `value_range={spelled}`"
            + ("" if step.arriving.scaled is None else ", or put it before the scaling"),
            fix=_with_range(step, spelled),
        )


def _at_place(view: View, place: Span) -> Node | None:
    return next((node for node in view.nodes if node.operation.span == place), None)


def _scaled_here(arriving: Pixels) -> tuple[Label, ...]:
    if arriving.scaled is None:
        return ()
    return (Label(arriving.scaled, f"brings them to {arriving.range}"),)


def _with_range(step: Step, spelled: str) -> Fix | None:
    if step.call is None:
        return None
    given = argument_of(step.call, step.definition.name, "value_range")
    if given is not None:
        edit = Edit(value_place(given), spelled)
        return Fix((edit,), text=f"say how far the pixels go: `value_range={spelled}`")
    return with_argument(step.call, "value_range", spelled, "say how far the pixels go: ")


def scaled_twice(view: View) -> Iterable[Diagnostic]:
    """Report a scaling that leaves next to nothing of pixels which were scaled before."""
    ranges = view.once(_ranges)
    for node in view.nodes:
        scaling = scaling_of(node)
        arriving = ranges.get(node.inputs[0].node) if len(node.inputs) == 1 else None
        if scaling is None or arriving is None or arriving.scaled is None:
            continue
        left = arriving.range and scaling.of(arriving.colours)
        if arriving.range is None or not left or left.range is None:
            continue
        if abs(scaling.factor) > SHRINKS or arriving.range.high > 2:
            continue
        yield problems.ScaledTwice.at(
            at(node),
            f"pixels from {arriving.range} arrive: {left.range.high - left.range.low:.2g} is left of their range",
            related=(*_scaled_here(arriving), *uses(node)),
            help="leave one of the two out",
            fix=first_that_helps(
                left_out(n, f"leave `{n.kind}` out: pixels are scaled once more")
                for n in (node, _at_place(view, arriving.scaled))
                if n is not None
            ),
        )


def other_pixels(view: View) -> Iterable[Diagnostic]:
    """Report a network of `keras.applications` that gets pixels of another range than it expects."""
    ranges = view.once(_ranges)
    for node in view.nodes:
        if node.operation.family != "application":
            continue
        expected = expected_pixels(node.kind, node.operation.bound)
        arriving = ranges.get(node.inputs[0].node)
        if expected is None or arriving is None or expected.colours.is_like(arriving.colours):
            continue
        itself = scales_itself(node.kind, node.operation.bound)
        yield problems.OtherPixels.at(
            at(node),
            f"pixels from {arriving.colours} arrive"
            + (", and it scales them itself" if itself else ""),
            network=node.kind,
            expected=expected.words,
            related=(*_scaled_here(arriving), *uses(node)),
            help=_as_expected(expected, arriving),
            fix=_made_fit(view, node, expected, arriving),
        )


def other_pixels_for_weights(view: View) -> Iterable[Diagnostic]:
    """Report a network that starts from weights of `keras.applications`, and gets other pixels than they expect.

    What is scaled twice is told already.
    """
    start = view.setting("start_from")
    if not isinstance(start, experiment.Start) or view.training is None or any(scaled_twice(view)):
        return
    family, _, name = start.kind.rpartition(".")
    expected = expected_behind(name, start.arguments) if family == "applications" else None
    for node, arriving in _takers(view):
        if (
            expected is None
            or node.is_a("normalization")
            or expected.colours.is_like(arriving.colours)
        ):
            continue
        yield problems.OtherPixels.at(
            start.span or view.training.spans["start_from"],
            f"pixels from {arriving.colours} arrive at the first layer of `{view.graph.name}`",
            network=name,
            expected=expected.words,
            related=(Label(_outermost(node), "they arrive here"), *_scaled_here(arriving)),
            help=_as_expected(expected, arriving),
            fix=_made_fit(view, node, expected, arriving),
        )
        return


def as_they_are(view: View) -> Iterable[Diagnostic]:
    """Report pixels as they are stored that weights multiply, where no normalization takes their size away again.

    Weights to start from may have been trained on such pixels; scaling in training alone is told already.
    """
    if view.setting("start_from") is not None or any(scaled_in_training(view)):
        return
    for node, arriving in _takers(view):
        if arriving.makers or not node.is_a(*KERNELS) or node.id in view.once(absorbed):
            continue
        yield problems.PixelsAsTheyAre.at(
            at(node),
            f"pixels from {arriving.colours} arrive, hundreds of times as large as what its initial weights are "
            "meant for",
            layer=node.kind,
            related=uses(node),
            help=f"scale them first: `{USUAL.stages}`",
            fix=before(_outermost(node), USUAL.stages, "scale them first"),
        )
        return


def _takers(view: View) -> Iterator[tuple[Node, Pixels]]:
    """Give the first layers that make something else of the pixels which arrive at them."""
    ranges = view.once(_ranges)
    for node in view.nodes:
        for ref in node.inputs[:1]:
            if ref.node in ranges and node.id not in ranges:
                yield node, ranges[ref.node]


def _outermost(node: Node) -> Span:
    """Give the place in the model of what a node is part of."""
    return node.origin.via[0] if node.origin.via else at(node)


def _as_expected(expected: Expected, arriving: Pixels) -> str:
    if not expected.stages:
        return "leave the scaling before it out"
    if arriving.scaled is None:
        return f"put `{expected.stages}` before it"
    return f"in place of the scaling before it write `{expected.stages}`"


def _made_fit(view: View, node: Node, expected: Expected, arriving: Pixels) -> Fix | None:
    """Leave the scaling out, put another in its place, or put one before the network."""
    why = "make of the pixels what it expects"
    if not arriving.makers:
        return before(_outermost(node), expected.stages, why)
    makers = [n for n in view.nodes if n.operation.span in arriving.makers and not n.origin.via]
    if len(makers) != len(arriving.makers):
        return None
    first, last = arriving.makers[0], arriving.makers[-1]
    whole = Span(first.file, first.start, last.end)
    if not expected.stages:
        text = f"leave the scaling out: `{node.kind}` takes pixels as they are"
        return left_out(makers[0], text) if len(makers) == 1 else None
    if not _are_one_chain(arriving.makers):
        return None
    return Fix((Edit(whole, expected.stages),), text=f"{why}: `{expected.stages}`")


def _are_one_chain(stages: tuple[Span, ...]) -> bool:
    """Tell whether stages stand behind one another, with nothing but arrows between them."""
    return all(
        one.file is next_.file and one.file.text[one.end : next_.start].split() == ["->"]
        for one, next_ in pairwise(stages)
    )


def scaled_in_training(view: View) -> Iterable[Diagnostic]:
    """Report scaling among the augmentations, which validation and prediction do not go through."""
    layers, written = _augment(view)
    if written is None:
        return
    for step in along(layers, written, written.span, Pixels()):
        scaling = scaling_of_layer(step.definition, step.bound)
        if scaling is not None:
            yield problems.ScaledInTraining.at(
                step.place,
                f"while training the model gets {scaling.of(Colours())}, and afterwards 0 to 255",
                layer=step.definition.name,
                help="put it into the model, before its first layer",
            )


def mirrored_signs(view: View) -> Iterable[Diagnostic]:
    """Report digits and letters that are mirrored, or turned by a quarter and more."""
    told = _says_signs(view)
    if told is None:
        return
    for definition, place, node in _changes(view):
        what = "mirrored" if definition.is_a("mirroring") else "turned"
        yield problems.MirroredSigns.at(
            place,
            f"{what}, a sign is another or none: a 6 becomes a 9, a 2 no digit at all",
            layer=definition.name,
            related=told,
            help="leave it out; small turns and shifts, `RandomRotation(0.03)`, keep what a sign says",
            fix=None if node is None else left_out(node, "leave it out"),
        )


def _changes(view: View) -> Iterator[tuple[LayerKind, Span, Node | None]]:
    """Give the layers that mirror or turn far: in the model, in a `Pipeline` of it, in the augmentation of its data."""
    for node in view.nodes:
        definition, bound = node.operation.definition, node.operation.bound
        if definition is not None and _changes_signs(definition, bound):
            yield definition, at(node), node
        yield from _changing(along(layers_in(bound), node.operation.call, at(node), Pixels()))
    layers, written = _augment(view)
    if written is not None:
        yield from _changing(along(layers, written, written.span, Pixels()))


def _changing(chain: Iterator[Step]) -> Iterator[tuple[LayerKind, Span, Node | None]]:
    for step in chain:
        if _changes_signs(step.definition, step.bound):
            yield step.definition, step.place, None


def _changes_signs(definition: LayerKind, bound: Arguments) -> bool:
    if definition.is_a("mirroring"):
        return True
    factor = bound.get("factor", 0.0) if definition.is_a("turning") else 0.0
    ends = factor if isinstance(factor, (list, tuple)) else (factor,)
    return any(isinstance(end, (int, float)) and abs(end) >= _QUARTER for end in ends)


def _says_signs(view: View) -> tuple[Label, ...] | None:
    """Find what says that the pictures are of signs: the data set, or a name."""
    data = view.setting("data")
    if isinstance(data, experiment.DataSource) and view.training is not None:
        if data.arguments.get("name") in _DIGITS:
            return (Label(view.training.spans["data"], "these are digits"),)
        if data.arguments.get("name") in _IMAGES:
            return None
    graph = view.graph
    inputs = [graph.nodes[number] for number in graph.inputs]
    named = [(node.name, node.origin.span) for node in inputs]
    named += [(name, graph.nodes[ref.node].origin.span) for name, ref in graph.outputs.items()]
    for name, place in named:
        if _OF_SIGNS.search(name):
            return (Label(place, f"`{name}` says what is in the pictures"),)
    if _OF_SIGNS.search(graph.name):
        return (Label(graph.span, "its name says what is in the pictures"),) if graph.span else ()
    return None


RULES: tuple[Rule, ...] = (
    other_value_range,
    scaled_twice,
    other_pixels,
    other_pixels_for_weights,
    as_they_are,
    scaled_in_training,
    mirrored_signs,
)
