"""The catalogue for readers: a Markdown page for each layer, activation, initializer and so on.

A page tells the arguments with their types and defaults, the shape rule, when to use the layer and what to watch for;
of an activation it shows the formula and a small plot.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from netdsl.catalog import layer_kind, layer_kinds
from netdsl.catalog.activations import ACTIVATIONS, ActivationFacts, activation_facts
from netdsl.catalog.argument_table import argument_type
from netdsl.catalog.argument_types import ANY
from netdsl.catalog.kind import LayerKind
from netdsl.catalog.knowledge import known, named_class
from netdsl.catalog.signature import (
    Family,
    Parameter,
    Signature,
    identifiers,
    names,
    signature,
)
from netdsl.catalog.spell import spell
from netdsl.catalog.versions import (
    REQUIRED,
    argument_since,
    call_argument_since,
    default_since,
    known_releases,
    since,
    spell_release,
    young_values,
)
from netdsl.diagnostics.suggest import closest
from netdsl.report.library import blocks_of, library_modules, library_page
from netdsl.report.lookup import (
    MOST_PAGES,
    STATEMENTS,
    TRAIN_SETTINGS,
    Entry,
    find,
    find_parts,
    known_names,
)
from netdsl.report.networks import feature_maps, network_notes
from netdsl.report.plot import plot

#: The families that have pages, in the order of the overview, and what they are called there.
FAMILIES: Mapping[Family, tuple[str, str]] = {
    "layer": ("Layer", "Layers"),
    "activation": ("Activation", "Activations"),
    "initializer": ("Initializer", "Initializers"),
    "regularizer": ("Regularizer", "Regularizers"),
    "constraint": ("Constraint", "Constraints"),
    "loss": ("Loss", "Losses"),
    "metric": ("Metric", "Metrics"),
    "optimizer": ("Optimizer", "Optimizers"),
    "schedule": ("Learning rate schedule", "Learning rate schedules"),
    "callback": ("Callback", "Callbacks"),
    "op": ("Function of `ops`", "Functions of `ops`"),
    "application": ("Network of `applications`", "Networks of `applications`"),
    "dataset": ("Dataset", "Datasets"),
    "source": ("Source of data of a `train` block", "Sources of data"),
    "start": ("What `start_from` takes", "Weights to start from"),
    "engine": ("Strategy for several devices", "Strategies for several devices"),
}

WIDTH = 96


def overview() -> str:
    """List every name of the catalogue, layers by their groups."""
    lines: list[str] = []
    groups: dict[str, list[str]] = {}
    for kind in layer_kinds().values():
        groups.setdefault(kind.group, []).append(kind.name)
    for group, members in groups.items():
        lines += [f"Layers: {group}", *_wrapped(_with_release("layer", members)), ""]
    for family, (_, title) in FAMILIES.items():
        if family != "layer":
            listed = _with_release(family, names(family))
            lines += [title.replace("`", ""), *_wrapped(listed), ""]
    lines += ["Settings of a train block", *_wrapped(TRAIN_SETTINGS), ""]
    for module in library_modules():
        lines += [f"Library: std.{module}", *_wrapped(blocks_of(module)), ""]
    oldest = spell_release(known_releases()[0])
    told = f"(3.9): since that release of Keras; the others are in {oldest} already."
    return "\n".join([*lines, told, "`netdsl layers NAME` tells more of each.", ""])


def _with_release(family: Family, listed: Iterable[str]) -> Iterator[str]:
    """Add the release that a name came with."""
    for name in listed:
        came = since(family, name)
        yield name if came is None else f"{name} ({spell_release(came)})"


def _wrapped(words: Iterable[str]) -> Iterator[str]:
    line = ""
    for word in words:
        if line and len(line) + len(word) + 2 > WIDTH:
            yield f"  {line},"
            line = ""
        line = f"{line}, {word}" if line else word
    if line:
        yield f"  {line}"


def nearest(name: str) -> str | None:
    """Give the name of the catalogue that was probably meant."""
    return closest(name, known_names())


def pages_for(name: str) -> list[str]:
    """Give the page of a name; several where it means several things: `CosineSimilarity`, `softmax`, `Xavier`.

    Where only a part of names is the same, a list of them stands for too many pages.
    """
    meant = find(name)
    found = meant or find_parts(name)
    if len(found) > MOST_PAGES and not meant:
        return [_list_page(name, found)]
    return [_page_of(entry) for entry in found]


def _page_of(entry: Entry) -> str:
    if entry.room == "library":
        return library_page(entry.name)
    if entry.room == "statement":
        text, example = STATEMENTS[entry.name]
        return f"# {entry.name}\n\n{text}\n\n```net\n{example}\n```\n"
    if entry.room == "setting":
        return _setting_page(entry.name)
    return _page(entry.room, entry.name, entry.elsewhere)


def _setting_page(name: str) -> str:
    facts = TRAIN_SETTINGS[name]
    told = [
        ("Takes", facts.takes),
        ("Without it", facts.default),
        ("Use for", facts.belongs),
        ("Watch for", facts.watch_for),
    ]
    lines = "\n".join(f"- **{title}:** {text}" for title, text in told)
    return f"# {name}\n\nSetting of a `train` block.\n\n{lines}\n\n## Example\n\n```net\n{facts.example}\n```\n"


def _title(entry: Entry) -> str:
    if entry.room == "library":
        return "Library"
    if entry.room == "setting":
        return "Settings of a train block"
    return "Statements" if entry.room == "statement" else FAMILIES[entry.room][1]


def _list_page(part: str, found: Iterable[Entry]) -> str:
    """List names that have a part in common, by what they are."""
    groups: dict[str, list[str]] = {}
    for entry in found:
        groups.setdefault(_title(entry), []).append(entry.name)
    lines = [
        f"- **{title}:** {', '.join(f'`{n}`' for n in names_)}" for title, names_ in groups.items()
    ]
    ending = "`netdsl layers NAME` tells more of each."
    return "\n\n".join([f"# Names with {part}", "\n".join(lines), ending]) + "\n"


def _page(family: Family, name: str, elsewhere: str = "") -> str:
    own = identifiers(family).get(name, name)
    facts = signature(family, own)
    assert facts is not None
    kind = layer_kind(facts.name) if family == "layer" else None
    parts = [f"# {facts.name}", *_headline(facts, kind, elsewhere)]
    parts.append("```python\n" + call_text(facts) + "\n```")
    parts += _notes(facts, kind)
    parts += _arguments(facts, kind)
    if facts.family == "application":
        parts += feature_maps(facts.name)
    if kind is not None and kind.example:
        parts += ["## Example", f"```net\n{kind.example}\n```"]
    return "\n\n".join(parts) + "\n"


def _headline(facts: Signature, kind: LayerKind | None, elsewhere: str) -> Iterator[str]:
    group = f", {kind.group}" if kind is not None and kind.group else ""
    what, _ = FAMILIES[facts.family]
    also = [*facts.aliases, *(i for i in facts.identifiers if i != facts.name)]
    spelled = ", ".join(f"`{other}`" for other in dict.fromkeys(also))
    other = f" Elsewhere `{elsewhere}`." if elsewhere else ""
    came = since(facts.family, facts.name)
    young = f" Since Keras {spell_release(came)}." if came is not None else ""
    yield f"{what}{group}." + (f" Also {spelled}." if spelled else "") + other + young


def call_text(facts: Signature) -> str:
    """Write a signature as a call: `Dense(units, activation=None, …)`; what every layer takes is left out."""
    own = [parameter for parameter in facts.parameters if not parameter.is_base]
    pieces: list[str] = []
    for parameter in own:
        if parameter.kind == "keyword" and "*" not in pieces and not _has_many(pieces):
            pieces.append("*")
        pieces.append(_spell_parameter(parameter))
    prefix = {"op": "ops.", "application": "applications."}.get(facts.family, "")
    head = f"{prefix}{facts.name}("
    line = head + ", ".join(pieces) + ")"
    if len(line) <= WIDTH:
        return line
    return head + "\n" + "".join(f"    {piece},\n" for piece in pieces) + ")"


def _spell_parameter(parameter: Parameter) -> str:
    if parameter.required or parameter.kind in ("many", "any_name"):
        return str(parameter)
    return f"{parameter.name}={spell(parameter.default)}"


def _has_many(pieces: Iterable[str]) -> bool:
    return any(piece.startswith("*") for piece in pieces)


def _notes(facts: Signature, kind: LayerKind | None) -> Iterator[str]:
    """Tell what a name is for and what to watch for, and plot an activation."""
    told: list[tuple[str, str]] = []
    if kind is not None:
        told = [
            ("Shapes", kind.shape_rule),
            ("Use for", kind.use_for),
            ("Watch for", kind.watch_for),
        ]
    activation = _activation(facts)
    if activation is not None and facts.family == "layer":
        told.insert(0, ("Formula", activation.formula))
    elif activation is not None:
        told = [
            ("Formula", activation.formula),
            ("Range", str(activation.range)),
            ("Use for", activation.belongs),
            ("Watch for", activation.watch_for),
            ("Initializer", f"`{activation.initializer}`" if activation.initializer else ""),
            ("As a layer", f"`{activation.layer}`" if activation.layer else ""),
        ]
    found = known(facts.family, facts.name)
    if found is not None:
        own_class = named_class(facts.family, facts.name)
        told = [
            ("Formula", found.formula),
            ("Use for", found.belongs),
            ("Watch for", found.watch_for),
            ("Suits", ", ".join(f"`{name}`" for name in found.suits)),
            ("With arguments", f"`{own_class}`" if own_class else ""),
        ]
    if facts.family == "application":
        told = list(network_notes(facts.name))
    lines = [f"- **{title}:** {text}" for title, text in told if text]
    if lines:
        yield "\n".join(lines)
    if activation is not None and (activation.value or activation.row):
        yield f"```text\n{plot(activation.at)}```"
        if activation.row:
            yield "Plotted at the first of two units, the other held at 0."


def activation_called(name: str) -> ActivationFacts | None:
    """Give what is known of an activation that can be plotted, by any name, its layer's too: relu, swish, ReLU."""
    for entry in find(name):
        facts = (
            activation_facts(entry.name)
            if entry.room == "activation"
            else layer_activation(entry.name)
        )
        if facts is not None and (facts.value or facts.row):
            return facts
    return None


def _activation(facts: Signature) -> ActivationFacts | None:
    """Find what is known of an activation, also where it is a layer: `ReLU`."""
    if facts.family == "layer":
        return layer_activation(facts.name)
    return activation_facts(facts.name) if facts.family == "activation" else None


def layer_activation(layer: str) -> ActivationFacts | None:
    """Give the activation that a layer is, with the layer's own defaults."""
    found = next((entry for entry in ACTIVATIONS if entry.layer == layer), None)
    if found is None or layer not in _OWN_DEFAULTS:
        return found
    formula, value = _OWN_DEFAULTS[layer]
    return replace(found, formula=formula, value=value)


#: Layers whose defaults are not those of the activation: formula and value.
_OWN_DEFAULTS: dict[str, tuple[str, Callable[[float], float]]] = {
    "LeakyReLU": (
        "x if x > 0 else negative_slope·x, slope 0.3",
        lambda x: x if x > 0 else 0.3 * x,
    ),
}


def _arguments(facts: Signature, kind: LayerKind | None) -> Iterator[str]:
    own = [p for p in facts.parameters if not p.is_base and p.kind in ("positional", "keyword")]
    overrides = kind.arguments if kind is not None else None
    types = {p.name: argument_type(facts, p.name, overrides).spelled for p in own}
    told = (argument_since, default_since)
    young = any(ask(facts.family, facts.name, p.name) for p in own for ask in told)
    if young or any(spelled != ANY.spelled for spelled in types.values()):
        rows = [_argument(parameter, types[parameter.name], facts) for parameter in own]
        yield "## Arguments"
        yield "\n".join(rows)
    if facts.call_parameters:
        called = ", ".join(_called_with(parameter, facts) for parameter in facts.call_parameters)
        yield f"Called with {called}."
    base = [p.name for p in facts.parameters if p.is_base]
    if base:
        yield "Every layer also takes " + ", ".join(f"`{name}`" for name in base) + "."


def _argument(parameter: Parameter, spelled: str, facts: Signature) -> str:
    default = "required" if parameter.required else f"default `{spell(parameter.default)}`"
    family, name = facts.family, facts.name
    came = argument_since(family, name, parameter.name)
    told = [f"since Keras {spell_release(came)}"] if came is not None else []
    for value, release in young_values(family, name, parameter.name).items():
        told.append(f'`"{value}"` since Keras {spell_release(release)}')
    changed = default_since(family, name, parameter.name)
    if changed is not None and changed[1] == REQUIRED:
        told.append(f"required before Keras {spell_release(changed[0])}")
    elif changed is not None:
        told.append(f"default `{changed[1]}` before Keras {spell_release(changed[0])}")
    return f"- `{parameter.name}`: {'; '.join([spelled, default, *told])}"


def _called_with(parameter: Parameter, facts: Signature) -> str:
    came = call_argument_since(facts.family, facts.name, parameter.name)
    return f"`{parameter}`" + (f" (since Keras {spell_release(came)})" if came is not None else "")


def plain(markdown: str) -> str:
    """Write a page without Markdown's marks, examples indented."""
    text = re.sub(r"^```(\w*)\n(.*?)^```$", _indented, markdown, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^#+ ", "", text, flags=re.MULTILINE)
    return text.replace("**", "").replace("`", "")


def _indented(match: re.Match[str]) -> str:
    return textwrap.indent(match[2], "    ").rstrip("\n")
