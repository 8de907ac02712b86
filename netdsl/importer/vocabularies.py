"""What lookups have learned: their vocabulary, which a configuration leaves out and the model or its archive holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from netdsl.elaborate.plans.naming import snake_case
from netdsl.importer.bounds import MOST_WORDS
from netdsl.importer.errors import not_sayable
from netdsl.importer.network import Json, Live, Made

#: Layers that look words up, and those of them whose words are numbers.
LOOKUPS = frozenset({"StringLookup", "IntegerLookup", "TextVectorization"})
OF_NUMBERS = frozenset({"IntegerLookup"})


def add_vocabularies(value: Json, read: Callable[[str], bytes | None]) -> None:
    """Add what an archive holds beside the configuration, of models in the model too."""
    left = MOST_WORDS
    for layer, folder in _with_folders(value, "assets"):
        if not _lacks(layer):
            continue
        for place in (f"{folder}/vocabulary.txt", f"{folder}/_lookup_layer/vocabulary.txt"):
            data = read(place)
            if data is not None:
                left -= data.count(b"\n")
                _refuse_what_is_not_told(layer, left)
                words = data.decode("utf-8", "replace").split("\n")
                _put(layer, words[:-1] if words[-1] == "" else words)
                break


def _with_folders(value: Json, folder: str) -> Iterator[tuple[Json, str]]:
    """Give each layer and where an archive keeps what it holds: those of a class are numbered, model by model."""
    seen: Counter[str] = Counter()
    for layer in _layers(value):
        kind = str(layer.get("class_name"))
        number = seen[kind]
        seen[kind] += 1
        own = f"{folder}/layers/{snake_case(kind)}{f'_{number}' if number else ''}"
        yield layer, own
        yield from _with_folders(layer, own)


def _refuse_what_is_not_told(layer: Json, left: int) -> None:
    name = str(layer["config"].get("name") or layer["class_name"])
    if _is_weighted(layer):
        raise not_sayable(
            name,
            "an archive keeps the `idf_weights` of its words among the weights, and those are not read",
            help="import the live model, `module:function`, or call `netdsl.import_model(model)`",
        )
    if left < 0:
        raise not_sayable(
            name,
            f"with it the lookups of the model know more than {MOST_WORDS:,} words",
            help='give it its words by a file: `vocabulary="words.txt"`',
        )


def add_live_vocabularies(value: Json, model: Live) -> None:
    """Add what the layers of a live model tell, and those of models in it."""
    live = {layer.name: layer for layer in model.layers}
    for layer in _layers(value):
        found = live.get(layer.get("config", {}).get("name"))
        if found is not None and hasattr(found, "layers"):
            add_live_vocabularies(layer, found)
        if found is not None and _lacks(layer) and hasattr(found, "get_vocabulary"):
            words = found.get_vocabulary(include_special_tokens=False)
            if words:
                _put(layer, [word.item() if hasattr(word, "item") else word for word in words])
                if _is_weighted(layer):
                    layer["config"]["idf_weights"] = _frequencies(found, len(words))


def _is_weighted(layer: Json) -> bool:
    """Tell whether each word has a weight, which was learned with it."""
    return bool(layer["config"].get("output_mode") == "tf_idf")


def _frequencies(found: Live, count: int) -> list[float]:
    """Give the weights of the words themselves: before them stand those of unknown ones, after them padding."""
    lookup = found._lookup_layer if hasattr(found, "_lookup_layer") else found
    first = lookup.vocabulary_size() - count
    weights = lookup.idf_weights_const.numpy()[first : first + count]
    return [float(str(weight)) for weight in weights]  # the shortest decimals of a float32


def _layers(value: Json) -> Iterator[Json]:
    config = value.get("config") if isinstance(value, dict) else None
    layers = config.get("layers") if isinstance(config, dict) else None
    for layer in layers if isinstance(layers, list) else ():
        if isinstance(layer, dict) and isinstance(layer.get("config"), dict):
            yield layer


def lacks_words(made: Made) -> bool:
    """Tell whether a layer looks words up and has none."""
    return made.kind in LOOKUPS and made.arguments.get("vocabulary") is None


def _lacks(layer: Json) -> bool:
    return layer.get("class_name") in LOOKUPS and layer["config"].get("vocabulary") is None


def _put(layer: Json, words: list[str]) -> None:
    """Put words in; special tokens, which an archive lists first, are none of them."""
    config = layer["config"]
    special = {config.get("mask_token"), config.get("oov_token", "[UNK]"), ""}
    if layer["class_name"] in OF_NUMBERS:
        special |= {str(s) for s in special if s is not None} | {"-1"}
    kept = [word for word in words if word not in special]
    if layer["class_name"] in OF_NUMBERS:
        kept = [int(word) for word in kept]  # type: ignore[misc]
    config["vocabulary"] = kept
