"""The whole way: a network in, the text of a spec out, with what the proof compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from operator import itemgetter

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.format.printer import format_source
from netdsl.importer.arriving import with_arriving_sizes
from netdsl.importer.document import Document
from netdsl.importer.elaborated import elaborated
from netdsl.importer.errors import CannotImport, differs, not_sayable, unreadable
from netdsl.importer.flat import flat_spec
from netdsl.importer.folded import Cells, Read, folded_spec
from netdsl.importer.kin import with_kin
from netdsl.importer.library import with_library
from netdsl.importer.measure import tokens
from netdsl.importer.network import Network
from netdsl.importer.numpy_floats import settle_numpy_floats
from netdsl.importer.objects import LAMBDAS
from netdsl.importer.proof import Comparison, compare
from netdsl.importer.training import with_training
from netdsl.importer.types_of import Types
from netdsl.importer.vocabularies import lacks_words
from netdsl.importer.whole import without_whole_lists
from netdsl.record import record
from netdsl.source import SourceFile
from netdsl.stack import on_own_stack

#: A layer, by its network and its name.
Named = Collection[tuple[int, str]]


@record(eq=False)
class Imported:
    """A spec, laid out, with what was compared of it, and what a person has to know of it."""

    text: str
    comparison: Comparison
    model: str  # its name in the spec
    notes: tuple[str, ...] = ()


@on_own_stack
def imported(
    network: Network,
    source: str,
    *,
    flat: bool = False,
    depth: int | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Imported:
    """Import a network; raises CannotImport where it cannot be said, or where the spec would be another network.

    `say` is told what is done, as some of it takes seconds where there are thousands of layers.
    """
    try:
        document = Document(network)
        wide = settle_numpy_floats(network)
        count = sum(len(inner.uses) for inner in document.networks)
        say(f"{'writing' if flat else 'folding'} {count:,} layers")
        found = None if flat else _best_folded(document, network, source, depth, say)
        if found is None:
            found = _flat(document, network, source)
    except ODD as error:
        if isinstance(error, CannotImport):
            raise
        raise unreadable(
            source, f"its configuration is not as Keras writes it ({error!r:.80})"
        ) from error
    text, notes = _with_training(found.text, document, network)
    return Imported(
        _laid_out(text), found.comparison, found.model, (*_notes(document, wide), *notes)
    )


#: What a configuration that is not as Keras writes it may lead to, far from where it was read.
ODD = (
    LookupError,
    AssertionError,
    TypeError,
    ValueError,
    AttributeError,
    RecursionError,
    OverflowError,
)


def _flat(document: Document, network: Network, source: str) -> Imported:
    def write(named: Named) -> str:
        return flat_spec(document, _docstring(source), named)

    text, comparison = _proven(write, document, network, source)
    return Imported(text, comparison, document.names[id(network)])


def _docstring(source: str) -> str:
    return f"Imported from {source}.".replace("\\", "/").replace('"', "'")


def _best_folded(
    document: Document,
    network: Network,
    source: str,
    depth: int | None,
    say: Callable[[str], None],
) -> Imported | None:
    for text in _folded(document, _docstring(source), depth):
        say("comparing the spec with the model")
        found = _tried(text, document, network)
        if found is not None:
            say("looking for sizes that follow others")
            return _polished(found, document, network)
    return None


def _polished(found: Imported, document: Document, network: Network) -> Imported:
    """Take sizes from what arrives, and leave out lists that are what arrives, where the network stays the same."""
    proven = {found.text: found}

    def is_equal(text: str) -> bool:
        tried = _tried(text, document, network)
        if tried is not None:
            proven[text] = tried
        return tried is not None

    text = without_whole_lists(found.text, is_equal)
    return proven[with_arriving_sizes(text, is_equal)]


def _with_training(text: str, document: Document, network: Network) -> tuple[str, list[str]]:
    """Add the `train` block of a model that was compiled, as far as a spec takes it."""
    if not network.training.get("optimizer") and not network.training.get("loss"):
        return text, []
    model = document.names[id(network)]
    return with_training(text, network.training, model, document.speller, _error_of)


def _error_of(text: str) -> str:
    """Say what is wrong with a spec; empty where nothing is."""
    error = elaborated(text).error
    return "" if error is None else f"{error.title}, {error.primary.text}"


def _notes(document: Document, wide: Sequence[str]) -> list[str]:
    found: list[str] = []
    functions = document.speller.functions.items()
    lacking = [f"`{name}`" for name, module in functions if module == LAMBDAS]
    if lacking:
        found.append(
            f"{', '.join(lacking)}: the code of a function is not run, and of some it is not told where they are; "
            f"put them into `{LAMBDAS}.py`"
        )
    if wide:
        rest = f" and {len(wide) - 1} more" if len(wide) > 1 else ""
        found.append(
            f"`{wide[0]}`{rest}: a number of NumPy in arithmetic makes float64 of what follows while a model lives; "
            "loaded from a file it computes in float32, as the spec does"
        )
    return found


#: How much shorter a spec counts in which variants are one block: people write it so, if it is a little longer.
LESS = 0.93

#: How much shorter a spec counts that takes blocks from the library, whose names a reader knows.
LIBRARY = 0.9

#: The ways to look for cells before anything else is folded, and how much longer that counts: it leaves less in chains.
EARLY: tuple[Cells, ...] = ("closed", "early")
MORE = 1.15

#: From so many layers on only one order of folding is tried.
MANY = 2_000


def _folded(document: Document, docstring: str, depth: int | None) -> Iterator[str]:
    """Give folded specs, the best first: folded as far as asked, less far, not at all."""
    orders = (True, False) if sum(len(n.uses) for n in document.networks) < MANY else (True,)
    found: list[tuple[float, str]] = []
    read: Read = {}
    for networks in _bodies(document, depth):
        less = 1 if networks is document.networks else LIBRARY
        for exact_first in orders:
            attempt = partial(
                _attempt,
                document,
                docstring,
                depth,
                exact_first=exact_first,
                networks=networks,
                read=read,
            )
            text, is_merged = attempt()
            if text is not None:
                found.append((tokens(text) * (LESS if is_merged else 1) * less, text))
            if is_merged or text is None:  # it may read worse for it, or not be written at all
                plain, _ = attempt(merges=False)
                found += [] if plain is None else [(tokens(plain) * less, plain)]
            if exact_first and len(orders) > 1:
                for kind in EARLY:
                    cells, _ = attempt(merges=False, cells=kind)
                    found += [] if cells is None else [(tokens(cells) * less * MORE, cells)]
    yield from (text for _, text in sorted(found, key=itemgetter(0)))
    text, _ = _attempt(document, docstring, 0)
    if text is not None:
        yield text


def _bodies(document: Document, depth: int | None) -> Iterator[Sequence[Network | None]]:
    """Give the networks of a document with blocks of the library in them, if there are any, and as they are; models
    of one form as one model, where there are such, and each for itself."""
    for bodies in _with_blocks(document, depth):
        kin = None if depth == 0 else with_kin(document.networks, bodies)
        if kin is not None:
            document.name_kin(kin)
            yield kin
        yield bodies


def _with_blocks(document: Document, depth: int | None) -> Iterator[Sequence[Network]]:
    found = [] if depth == 0 else _with_library(document)
    if any(network is not None for network in found):
        yield [
            own if network is None else network
            for network, own in zip(found, document.networks, strict=True)
        ]
    yield document.networks


def _with_library(document: Document) -> Sequence[Network | None]:
    """Put blocks of the library into the networks that have them; none where a layer is odder than the library's."""
    types = Types(document)
    try:
        return [with_library(network, types.of(network)) for network in document.networks]
    except ODD:
        return []


def _attempt(
    document: Document,
    docstring: str,
    depth: int | None,
    *,
    exact_first: bool = True,
    merges: bool = True,
    cells: Cells = "late",
    networks: Sequence[Network | None] = (),
    read: Read | None = None,
) -> tuple[str | None, bool]:
    """Fold a model; None where its graph is odder than folding knows, and the flat spec says it."""
    try:
        return folded_spec(
            document,
            docstring,
            depth=depth,
            exact_first=exact_first,
            merges=merges,
            cells=cells,
            networks=networks,
            read=read,
        )
    except CannotImport:
        raise
    except ODD:
        return None, False


def _tried(text: str, document: Document, network: Network) -> Imported | None:
    """Prove a folded spec; None where it is not the same network, and something simpler is to be tried."""
    found = elaborated(text)
    name = document.names[id(network)]
    if found.error is not None:
        return None
    comparison = compare(network, found.graphs[name])
    return Imported(text, comparison, name) if comparison.is_equal else None


def _proven(
    write: Callable[[Named], str], document: Document, network: Network, source: str
) -> tuple[str, Comparison]:
    """Write a spec, and again with the names of layers that the first one called otherwise."""
    name = document.names[id(network)]
    named: set[tuple[int, str]] = set()
    for _ in range(3):
        text = write(named)
        found = elaborated(text)
        if found.error is not None:
            raise _refused(found.error, network)
        comparison = compare(network, found.graphs[name])
        if not comparison.is_equal:
            raise differs(source, "; ".join(comparison.differences[:3]))
        lacking = {
            (id(net), made.name) for net, made, _ in comparison.unnamed if "/" not in made.name
        }
        if lacking <= named:
            break
        named |= lacking
    return text, comparison


def _refused(error: Diagnostic, network: Network) -> CannotImport:
    """Say which layer netdsl refuses as it stands in the model: a line of the flat spec is one layer."""
    where = error.primary.span
    line = where.file.line_text(where.file.position(where.start)[0]).strip()
    words = re.findall(r"\w+", line.partition("=")[0].partition(":")[0])
    name = words[-1] if words else "model"
    lacking = next((use.made for use in network.uses if lacks_words(use.made)), None)
    return not_sayable(
        name,
        f"netdsl refuses `{line[:80]}`: {error.title}, {error.primary.text}",
        help=f"`{lacking.name}` has no vocabulary here: only a `.keras` file and a live model have what it learned"
        if lacking is not None
        else "",
    )


def _laid_out(text: str) -> str:
    return format_source(SourceFile("imported.net", text))
