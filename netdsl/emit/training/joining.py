"""What several `train` blocks have alike stands once: only what a person calls has the name of a block's model.

A helper of one block alone is called as in a module of one block. Helpers of several that differ in the batch size and
the seed of their blocks alone are one, which takes these; those that differ in more keep a name for each block.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

#: Functions whose names are kept; a declaration of the spec that has one of them is a mistake.
PUBLIC = ("Data", "load_data", "make_model", "compile_model", "fit", "evaluate", "predict", "main")

#: Constants of a block that a helper may take, and its parameters for them.
_TAKEN = {"BATCH_SIZE": "batch_size", "SEED": "seed", "STEPS_PER_EPOCH": "steps_per_epoch"}


def joined(blocks: Sequence[tuple[str, str, str]]) -> list[str]:
    """Join the helpers of several blocks, each with its text and the endings of its functions and constants."""
    texts = [_Block(*block) for block in blocks]
    alike = _alike(texts)
    return [text.spelled(alike) for text in texts]


def _alike(texts: Sequence[_Block]) -> dict[str, tuple[str, ...]]:
    """Give the helpers that stand once, each with the constants that it takes."""
    alike: dict[str, tuple[str, ...]] = {}
    for base in dict.fromkeys(base for text in texts for base in text.helpers):
        owners = [text for text in texts if base in text.helpers]
        if len(owners) == 1:
            alike[base] = ()
        elif len({text.canonical(base) for text in owners}) == 1:
            alike[base] = tuple(k for k in _TAKEN if any(k in text.needs(base) for text in owners))
    while gone := [b for b in alike if any(t.keeps_apart(b, alike) for t in texts)]:
        for base in gone:
            del alike[base]
    return alike


@dataclass(eq=False)
class _Block:
    """The functions of one block."""

    text: str
    ending: str
    capitals: str
    tree: ast.Module = field(init=False)
    helpers: dict[str, ast.FunctionDef] = field(init=False)

    def __post_init__(self) -> None:
        self.tree = ast.parse(self.text)
        functions = (node for node in self.tree.body if isinstance(node, ast.FunctionDef))
        named = ((self._base(node.name), node) for node in functions)
        self.helpers = {base: node for base, node in named if base and base not in PUBLIC}

    def _base(self, name: str) -> str:
        return name.removesuffix(self.ending) if name.endswith(self.ending) else ""

    def _constant(self, name: str) -> str:
        base = name.removesuffix(self.capitals)
        return base if base in _TAKEN and base != name else ""

    def _names(self, node: ast.AST) -> Iterator[ast.Name]:
        return (n for n in ast.walk(node) if isinstance(n, ast.Name))

    def _called(self, base: str) -> set[str]:
        """Give the helpers that a helper needs."""
        names = (self._base(n.id) for n in self._names(self.helpers[base]))
        return {name for name in names if name in self.helpers}

    def needs(self, base: str) -> set[str]:
        """Give the constants that a helper reads, itself or in helpers that it calls."""
        found: set[str] = set()
        pending, seen = [base], {base}
        while pending:
            current = pending.pop()
            found |= {c for n in self._names(self.helpers[current]) if (c := self._constant(n.id))}
            new = self._called(current) - seen
            seen |= new
            pending += new
        return found

    def canonical(self, base: str) -> str:
        """Spell a helper without what is its block's own."""
        node = copy.deepcopy(self.helpers[base])
        node.name = base
        for name in self._names(node):
            name.id = self._constant(name.id) or self._base(name.id) or name.id
        return ast.dump(node)

    def keeps_apart(self, base: str, alike: dict[str, tuple[str, ...]]) -> bool:
        """Tell whether a helper that seems alike is not: what it calls is not, or it is passed on as it is."""
        if base not in self.helpers:
            return False
        calls = {id(n.func) for n in ast.walk(self.tree) if isinstance(n, ast.Call)}
        is_passed = any(
            self._base(n.id) == base and id(n) not in calls for n in self._names(self.tree)
        )
        return bool(self._called(base) - set(alike)) or (is_passed and bool(alike[base]))

    def spelled(self, alike: dict[str, tuple[str, ...]]) -> str:
        """Give the text with the names of what stands once, and what its calls hand over."""
        edits: list[tuple[int, int, int, str]] = []
        inside = {id(n): base for base, f in self.helpers.items() for n in ast.walk(f)}
        for node in ast.walk(self.tree):
            taken = alike.get(inside.get(id(node), ""), ())
            if isinstance(node, ast.Name) and self._base(node.id) in alike:
                edits.append(_at(node, self._base(node.id)))
            elif isinstance(node, ast.Name) and self._constant(node.id) in taken:
                edits.append(_at(node, _TAKEN[self._constant(node.id)]))
            elif (
                isinstance(node, ast.FunctionDef)
                and self.helpers.get(self._base(node.name)) is node
            ):
                edits += self._head(node, alike)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                asked = alike.get(self._base(node.func.id), ())
                given = [_TAKEN[c] if c in taken else c + self.capitals for c in asked]
                edits += [_before_end(node, self.text, given)] if given else []
        return _edited(self.text, edits)

    def _head(
        self, function: ast.FunctionDef, alike: dict[str, tuple[str, ...]]
    ) -> Iterator[tuple[int, int, int, str]]:
        base = self._base(function.name)
        if base not in alike:
            return
        start = function.col_offset + len("def ")
        yield function.lineno, start, start + len(function.name), base
        if alike[base]:
            last = function.args.args[-1]
            assert last.end_lineno is not None
            assert last.end_col_offset is not None
            more = "".join(f", {_TAKEN[c]}" for c in alike[base])
            yield last.end_lineno, last.end_col_offset, last.end_col_offset, more


def _at(node: ast.Name, text: str) -> tuple[int, int, int, str]:
    assert node.end_col_offset is not None
    return node.lineno, node.col_offset, node.end_col_offset, text


def _before_end(call: ast.Call, text: str, given: Sequence[str]) -> tuple[int, int, int, str]:
    assert call.end_lineno is not None
    assert call.end_col_offset is not None
    place = call.end_col_offset - 1
    before = text.encode().split(b"\n")[call.end_lineno - 1][:place].rstrip()
    comma = "" if before.endswith((b"(", b",")) else ", "
    return call.end_lineno, place, place, comma + ", ".join(given)


def _edited(text: str, edits: Sequence[tuple[int, int, int, str]]) -> str:
    lines = text.encode().split(b"\n")
    for row, start, end, new in sorted(edits, reverse=True):
        line = lines[row - 1]
        lines[row - 1] = line[:start] + new.encode() + line[end:]
    return b"\n".join(lines).decode()
