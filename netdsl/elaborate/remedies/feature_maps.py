"""Maps inside a network of `keras.applications`, asked for as in Python: by a layer's name, `get_layer` or `layers`.

Here they are given by name in the network's second pair of parentheses, and this is what is said to do.
"""

from __future__ import annotations

from netdsl.catalog.application_taps import maps, taps, usual_tap
from netdsl.catalog.signature import signature
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.problems import arguments as argument_problems
from netdsl.diagnostics.problems import names as name_problems
from netdsl.diagnostics.problems import shapes as shape_problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.scope.entities import POISON, SharedLayer, tensors_in
from netdsl.elaborate.scope.frame import Frame
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import walk
from netdsl.value import Value

#: The size at which the names of a network's layers are looked up.
_SIZE = 320

#: What Keras's own models have, beside their layers.
_OF_MODELS = ("get_layer", "input", "inputs", "layers", "output", "outputs")


def network_of(value: Value, frame: Frame) -> tree.Call | None:
    """Give the call of the network that a tensor leaves, or that a `layer` statement makes."""
    if isinstance(value, SharedLayer):
        return network_call(value.node.value)
    first = next(tensors_in(value), None)
    if first is None or frame.body is None:
        return None
    operation = frame.body.graph.nodes[first.ref.node].operation
    made = operation.written
    return made if operation.family == "application" and isinstance(made, tree.Call) else None


def network_call(made: tree.Expr) -> tree.Call | None:
    """Give the call that makes a network, where an expression is one, cut or not."""
    if isinstance(made, tree.Call) and isinstance(made.function, tree.Call):
        made = made.function
    if not isinstance(made, tree.Call) or not isinstance(made.function, tree.Attribute):
        return None
    root = made.function.value
    is_network = isinstance(root, tree.Name) and root.id == "applications"
    return made if is_network and signature("application", made.function.name) else None


def report_member(span: Span, member: str, value: Value, frame: Frame) -> bool:
    """Report a member of a network, or of what leaves it, with how its maps are taken; False where it is neither."""
    made = network_of(value, frame)
    if made is None:
        return False
    network = _kind(made)
    known = [found.name for found in maps(network, _SIZE)]
    wanted = member if member in known else usual_tap(network, member) or closest(member, known)
    if wanted is None and member not in _OF_MODELS:
        return False
    example = wanted or taps(network)["c4"].name
    help_ = f'give the names where the network is made: `{_short(made)}(outputs=["{example}"])`'
    if wanted is None:
        help_ += f"; `netdsl layers {network}` lists them"
    label = "the maps inside a network are taken by its second pair of parentheses"
    frame.report(name_problems.UnknownMember.at(span, label, name=member, help=help_))
    return True


def _kind(made: tree.Call) -> str:
    assert isinstance(made.function, tree.Attribute)
    return made.function.name


def _short(made: tree.Call) -> str:
    """Spell a network's call; its own text where that is short."""
    text = " ".join(made.span.text.split())
    return text if len(text) <= 60 else f"applications.{_kind(made)}(…)"


def report_layer(
    cut: str, network: str, known: tuple[str, ...], outputs: tree.Expr, frame: Frame
) -> None:
    """Report the name of a layer that a network does not have, with those that were probably meant."""
    span = next((n.span for n in walk(outputs) if _spells(n, cut)), None)
    place = span or outputs.span
    tap = usual_tap(network, cut)
    near = tap if tap in known else closest(cut, known)
    text = f"did you mean `{near}`?"
    if near is None:
        text = f"usual ones are {', '.join(f'`{t.name}`' for t in taps(network).values() if t.name in known)}"
    elif near == tap:
        text = f"`{cut}` is usually `{near}`"
    else:
        others = [n for n in known if n != near and _alike(n, near)][:3]
        text += f" There are also {', '.join(f'`{n}`' for n in others)}" if others else ""
    fix = Fix((Edit(span, f'"{near}"'),)) if span is not None and near is not None else None
    label = f"`{network}` has no layer `{cut}`"
    facts = {"layer": f"applications.{network}", "argument": "outputs"}
    help_ = f"{text}; `netdsl layers {network}` lists them all"
    frame.report(shape_problems.WrongValue.at(place, label, help=help_, fix=fix, facts=facts))


def _spells(node: tree.Node, cut: str) -> bool:
    return isinstance(node, tree.Literal) and node.value == cut


def _alike(name: str, other: str) -> bool:
    """Tell whether two layers stand at the same place of two blocks, or at two places of one."""
    return name.partition("_")[0] == other.partition("_")[0] and name[-4:] == other[-4:]


def report_cut_at_use(shared: SharedLayer, call: tree.Call, frame: Frame) -> Value:
    """Report `outputs` where a shared network is used: it is cut once, where it is made."""
    made = shared.node.value
    name = shared.node.name
    cut = " ".join(call.span.text.removeprefix(call.function.span.text).split())
    end = Span(made.span.file, made.span.end, made.span.end)
    fix = Fix((Edit(end, cut), Edit(call.span, name)))
    help_ = f"write `layer {name} = {' '.join(made.span.text.split())}{cut}`, and here `{name}`"
    label = "a shared network is cut where it is made, for all of its uses"
    problem = argument_problems.UnknownArgument
    frame.report(problem.at(call.span, label, layer=name, argument="outputs", help=help_, fix=fix))
    return POISON
