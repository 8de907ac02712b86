"""From the flat network to nested boxes: a box for each layer, each use of a block and each turn of a loop.

Network -> Nested(root, box of each atom)
"""

from __future__ import annotations

from dataclasses import field

from netdsl.graph import Turn
from netdsl.picture.boxes import Box, Line
from netdsl.picture.network import Atom, Network, Place
from netdsl.picture.words import leaf_words, use_words
from netdsl.record import mutable

#: The family of what is no layer of the catalogue.
FAMILIES = {
    "input": "input",
    "op": "function",
    "extern": "own",
    "application": "application",
    "weight": "weight",
}


@mutable
class Nested:
    """The boxes of a network. `box_of` gives the box of each atom; `edges` are a tensor and the atom that gets it."""

    network: Network
    root: Box
    box_of: dict[int, Box] = field(default_factory=dict)
    edges: list[tuple[int, int]] = field(default_factory=list)
    outputs: list[tuple[str, int]] = field(default_factory=list)
    tags: dict[int, str] = field(default_factory=dict)  # tensors that are named at their uses
    last_of: dict[int, int] = field(
        default_factory=dict
    )  # of a repeat: the tensor of its last turn


def nest(network: Network) -> Nested:
    """Put every atom in the box of the innermost step around it."""
    root = Box("root", lines=[Line(network.name)])
    nested = Nested(network, root, outputs=list(network.outputs))
    places: dict[Place, Box] = {}
    for atom in network.atoms:
        box = _leaf(atom)
        _enclosing(atom.place, places, root).add(box)
        nested.box_of[atom.number] = box
        nested.edges += [(tensor, atom.number) for tensor in dict.fromkeys(atom.inputs)]
    return nested


def _enclosing(place: Place | None, places: dict[Place, Box], root: Box) -> Box:
    new: list[Place] = []
    while place is not None and place not in places:
        new.append(place)
        place = place.around
    box = root if place is None else places[place]
    for inner in reversed(new):
        made = _of_step(inner)
        box.add(made)
        box = places[inner] = made
    return box


def _of_step(place: Place) -> Box:
    step = place.step
    if isinstance(step, Turn):
        return Box("turn", step=step)
    name, arguments = use_words(step)
    return Box("block", lines=[Line(name, arguments)], step=step)


def _leaf(atom: Atom) -> Box:
    node = atom.node
    is_input = node.operation.family == "input"
    name, arguments = leaf_words(node)
    line = Line(name, arguments, family_of(atom))
    box = Box("input" if is_input else "layer", lines=[line], atoms=[atom])
    box.joins = node.is_a("merging")
    return box


def family_of(atom: Atom) -> str:
    """Give the family that colours a layer: its group in the catalogue; a wrapper's is that of the layer in it."""
    operation = atom.node.operation
    definition = operation.definition
    held = operation.bound.get("layer")
    inner = getattr(held, "definition", None)
    if definition is not None and inner is not None:
        return str(inner.group)
    own = FAMILIES.get(operation.family)
    return own if own is not None else "" if definition is None else definition.group
