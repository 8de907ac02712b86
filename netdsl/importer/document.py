"""What a spec is made of besides the bodies of its models: declarations, the models inside, names for all of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from netdsl.catalog import has_role
from netdsl.catalog.kind import ExternFunction
from netdsl.importer.errors import not_sayable
from netdsl.importer.externs import Extern, declared, given_to, parameter_types
from netdsl.importer.network import Network, Use, layers_in, networks_of
from netdsl.importer.objects import LAMBDAS, LambdaCode
from netdsl.importer.spell import Speller, as_name, unique
from netdsl.importer.words import keeps_its_name, refuse_odd_outputs, words_of


class Document:
    """Names and declarations for a model and those inside it; made before any body is written."""

    def __init__(self, network: Network) -> None:
        self.networks = list(networks_of(network))
        self.names: dict[int, str] = {}  # of models, by the identity of their network
        self.externs: dict[
            int, str
        ] = {}  # the class of a layer that Keras does not have, by its identity
        self.declarations: list[Extern] = []
        self.lambdas: list[str] = []
        self._name_models()
        self._declare_layers()
        self._name_lambdas()
        self.speller = Speller(self.names, self.externs)
        self._words: dict[int, set[str]] = {}  # what each body says, by the identity of its network
        self._note_words()

    def _note_words(self) -> None:
        """Note what the bodies say, so that no input is called so; an output that is cannot be said."""
        declared = {*self.names.values(), *self.externs.values(), *self.lambdas}
        for network in self.networks:
            self._words[id(network)] = words_of(network) | declared
            refuse_odd_outputs(network, self._words[id(network)])

    def keeps_its_name(self, network: Network, name: str) -> bool:
        """Tell whether an input of a model may stand under the name that it has in Keras."""
        return keeps_its_name(name, self._words[id(network)])

    def kept_names(self) -> set[str]:
        """Give the names of inputs and outputs that stay what they are."""
        found = set()
        for network in self.networks:
            inputs = (network.uses[number].made.name for number in network.inputs)
            found |= {name for name in inputs if self.keeps_its_name(network, name)}
            found |= {name for name, _ in network.outputs if network.form == "dict"}
        return found

    def _name_models(self) -> None:
        taken: set[str] = set()
        for network in reversed(self.networks):
            name = class_name(network.name)
            if name == UNNAMED and network is not self.networks[-1]:
                name = _by_role(network)
            name = unique(name, taken)
            taken.add(name)
            self.names[id(network)] = name

    def name_kin(self, bodies: Sequence[Network | None]) -> None:
        """Leave out the number of a model that stands for several: `DownsamplingBlock`, and not the first of them."""
        for network, body in zip(self.networks, bodies, strict=True):
            name = self.names[id(network)].rstrip("0123456789")
            taken = {*self.names.values(), *self.externs.values(), *self.lambdas}
            if body is not None and body.parameters and name not in taken:
                self.names[id(network)] = name

    def _uses(self) -> Iterator[tuple[Network, Use]]:
        for network in self.networks:
            for use in network.uses:
                yield network, use

    def _declare_layers(self) -> None:
        """Declare each class once; several of one name are kept apart by their module, which one spec cannot."""
        found: dict[tuple[str, str], list[tuple[Network, Use]]] = {}
        for network, use in self._uses():
            for made in layers_in(use.made):
                if made.family == "extern":
                    if made is not use.made:
                        raise not_sayable(
                            made.name,
                            f"`{made.kind}` is no layer of Keras, and lies inside another layer",
                        )
                    found.setdefault((made.kind, made.module), []).append((network, use))
        if len({kind for kind, _ in found}) < len(found):
            twice = Counter(kind for kind, _ in found).most_common(1)[0][0]
            raise not_sayable(twice, "two modules have a layer of this name")
        for uses in found.values():
            extern = declared(uses)
            self.declarations.append(extern)
            for _, use in uses:
                use.made.given = given_to(use.made)
                self.externs[id(use.made)] = extern.name

    def _name_lambdas(self) -> None:
        """A `Lambda` whose function is bytecode takes one by the name of the layer, which is to be filled in."""
        taken: set[str] = set()
        for _, use in self._uses():
            for made in layers_in(use.made):
                if isinstance(made.given.get("function"), LambdaCode):
                    name = unique(as_name(made.name, "function"), taken)
                    taken.add(name)
                    self.lambdas.append(name)
                    made.given = {**made.given, "function": ExternFunction(name, LAMBDAS)}
                    made.arguments = {**made.arguments, "function": ExternFunction(name, LAMBDAS)}

    def head(self) -> list[str]:
        """Give the declarations, which come first."""
        lines = [extern.text for extern in self.declarations]
        lines += [
            f'extern fn {name} from "{module}"' for name, module in self.speller.functions.items()
        ]
        for (family, name, module), made in self.speller.classes.items():
            inside = ", ".join(f"{n}: {kind}" for n, kind in parameter_types(made))
            lines.append(f'extern {family} {name}({inside}) from "{module}"')
        return lines


UNNAMED = "Model"


def _by_role(network: Network) -> str:
    """Name a model inside another, which nobody gave a name, by what its first layer of weight does."""
    for use in network.uses:
        strides = use.made.given.get("strides")
        if has_role(use.made.kind, "transposed"):
            return "Up"
        if has_role(use.made.kind, "convolution"):
            return (
                "Down"
                if isinstance(strides, tuple) and max(strides, default=1) > 1
                else "Convolutions"
            )
        if has_role(use.made.kind, "recurrent", "attention", "embedding"):
            return "Encoder"
        if has_role(use.made.kind, "dense"):
            return "Mlp"
    return UNNAMED


def class_name(text: str) -> str:
    """Make the name of a model of what it is called in Keras: `convnext_base_stem` is ConvnextBaseStem."""
    if re.fullmatch(r"(functional|model|sequential)(_\d+)?", text):
        return UNNAMED  # Keras numbers those that nobody gave a name
    if text.isidentifier() and text[0].isupper():
        return as_name(text, "Model")
    parts = [part for part in as_name(text, "Model").split("_") if part]
    return as_name("".join(part[0].upper() + part[1:] for part in parts) or "Model", "Model")
