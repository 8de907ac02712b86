"""Names of the module's own, which make way for the words of the spec.

A hyperparameter may be called `layers` or `name`, a function `tied`. While a module is written, its own names have a
mark that no identifier has (`$layers`, `$name`), so that the two are never confused; here each gets its name: the plain
one, and another where the spec has that word in the same function, or for one of its own functions.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from netdsl.catalog.weight_statement import KIND
from netdsl.emit.python import code
from netdsl.emit.python.layout_statements import names_in
from netdsl.emit.python.spelling import HELPERS, unique

MARK = "$"

#: Short names of Keras's modules; where the spec has the word, they are written out.
MODULES = frozenset({"layers", "ops"})

#: What a parameter of a block or model is called where the spec has its word.
_OTHER_PARAMETERS = {
    "name": "layer_name",
    "trainable": "is_trainable",
    "kwargs": "others",
}


def marked(path: str) -> str:
    """Mark a name of the module's own: `ops.add` -> `$ops.add`."""
    return MARK + path


def is_marked(node: ast.AST, identifier: str) -> bool:
    """Tell whether a name is one of the module's own."""
    return isinstance(node, ast.Name) and node.id == MARK + identifier


@dataclass(eq=False)
class OwnNames:
    """What the names of a module's own came to: helpers by what they are called, modules that have a short name."""

    helpers: dict[str, str] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    needs_keras: bool = False
    named_by: bool = False  # the helper that remembers layers is told which argument has the name

    @property
    def ops(self) -> str:
        """What `keras.ops` is called at the top level."""
        return "ops" if "ops" in self.modules else "keras.ops"


def settle(statements: Iterable[ast.stmt], taken: Iterable[str] = ()) -> OwnNames:
    """Give every name of the module's own its spelling, in place; `taken` are further names of the module."""
    statements = list(statements)
    for statement in statements:
        if isinstance(statement, ast.FunctionDef):
            _let_locals_make_way(statement)
    facts = [_Words.of(statement) for statement in statements]
    top = {*taken, *_bound_at_top(statements)}
    helpers = _helpers(facts, top)
    found = OwnNames(helpers, needs_keras=any(words.own for words in facts))
    short = MODULES - top
    functions = {s.name: _parameters(s, w) for s, w in _functions(statements, facts)}
    for statement, words in zip(statements, facts, strict=True):
        outside = _Renaming(helpers, short, functions)
        local = functions.get(statement.name, {}) if isinstance(statement, ast.FunctionDef) else {}
        inside = _Renaming(helpers | local, short - words.spec - set(local), functions)
        if isinstance(statement, ast.FunctionDef):
            outside.defaults(statement.args)
        inside.within(statement)
        found.modules |= outside.used | inside.used
    if "once" in helpers:
        nodes = (node for statement in statements for node in ast.walk(statement))
        found.named_by = any(isinstance(n, ast.keyword) and n.arg == "named_by" for n in nodes)
    if not {"tied", "Weight"}.isdisjoint(helpers) and "ops" in short:
        found.modules.add("ops")
    return found


def spelled_out(expr: ast.expr, taken: AbstractSet[str]) -> ast.expr:
    """Give an expression that stands at the top level, beside names that are `taken`."""
    holder = ast.Expr(expr)
    _Renaming({helper: helper for helper in HELPERS}, MODULES - taken, {}).within(holder)
    return holder.value


@dataclass(eq=False)
class _Words:
    """The names in a statement: those of the module's own, without the mark, and those of the spec.

    Of the spec's, `spec` are those that stand where one of the module's own may. A name that only a scope inside knows,
    such as a comprehension, is none of them, unless the module's own is read in there.
    """

    spec: set[str]
    own: set[str]
    every: set[str]  # all of the spec's

    @classmethod
    def of(cls, statement: ast.stmt) -> _Words:
        found = cls(set(), set(), set())
        inside: set[tuple[_Scope, str]] = set()  # names of the spec in what binds them
        met: set[tuple[_Scope, str]] = set()
        for node, around in _named(statement):
            name = _name_of(node)
            is_own = name[:1] == MARK
            word = name[1:] if is_own else name
            binding = [scope for scope in around if word in scope.bound]
            if is_own:
                found.own.add(word)
                met.update((scope, word) for scope in binding)
                continue
            found.every.add(word)
            if binding:
                inside.add((binding[-1], word))
            else:
                found.spec.add(word)
        found.spec |= {word for _, word in inside & met}
        return found


@dataclass(eq=False, frozen=True)
class _Scope:
    """What a comprehension, or a function inside another, binds."""

    bound: frozenset[str]


#: What has a name of the module's or of the spec's.
_Named: TypeAlias = ast.Name | ast.arg | ast.FunctionDef


def _named(statement: ast.stmt) -> Iterator[tuple[_Named, tuple[_Scope, ...]]]:
    """Give what has a name in a statement, with the scopes inside it that each stands in, from the outermost on."""
    pending: list[tuple[ast.AST, tuple[_Scope, ...]]] = [(statement, ())]
    while pending:
        node, around = pending.pop()
        is_inside = node is not statement
        if isinstance(node, (ast.Name, ast.arg)) or (
            isinstance(node, ast.FunctionDef) and is_inside
        ):
            yield node, around
        outside, inside, bound = _parts(node) if is_inside else (None, [], ())
        if outside is None:
            pending += [(child, around) for child in ast.iter_child_nodes(node)]
            continue
        inner = (*around, _Scope(frozenset(bound)))
        pending += [*((child, around) for child in outside), *((child, inner) for child in inside)]


def _parts(node: ast.AST) -> tuple[list[ast.AST] | None, list[ast.AST], Iterable[str]]:
    """Give what of a scope stands outside it, what stands inside, and what it binds; None for what is no scope."""
    if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.DictComp)):
        first = node.generators[0].iter  # what the first clause goes over stands outside
        parts = [node, *node.generators]
        children = [child for part in parts for child in ast.iter_child_nodes(part)]
        inside = [c for c in children if not isinstance(c, ast.comprehension) and c is not first]
        targets = (n for clause in node.generators for n in ast.walk(clause.target))
        return [first], inside, [n.id for n in targets if isinstance(n, ast.Name)]
    if isinstance(node, (ast.Lambda, ast.FunctionDef)):
        given = node.args
        defaults: list[ast.AST] = [
            d for d in (*given.defaults, *given.kw_defaults) if d is not None
        ]
        own = [*given.args, *given.kwonlyargs, *filter(None, [given.vararg, given.kwarg])]
        body = node.body if isinstance(node.body, list) else [node.body]
        return defaults, [*own, *body], [argument.arg for argument in own]
    return None, [], ()


def _name_of(node: _Named) -> str:
    match node:
        case ast.Name():
            return node.id
        case ast.arg():
            return node.arg
        case ast.FunctionDef():
            return node.name


def _let_locals_make_way(function: ast.FunctionDef) -> None:
    """Spell a variable otherwise that has the name of a parameter of the module's own, which callers know by it."""
    arguments = function.args
    every = (*arguments.args, *arguments.kwonlyargs, *filter(None, [arguments.kwarg]))
    own = {a.arg[1:] for a in every if a.arg[:1] == MARK} - {a.arg for a in every}
    assigned = _assigned(function) & own
    words = _Words.of(function) if assigned else None
    for word in sorted(assigned) if words is not None else ():
        nodes = [
            node
            for node, around in _named(function)
            if _name_of(node) == word and not any(word in scope.bound for scope in around)
        ]
        variables = [node for node in nodes if isinstance(node, ast.Name)]
        if len(variables) < len(nodes):  # a function inside has the name
            continue
        assert words is not None
        spelled = _of_a_pair(function, word, words.every) or unique(word, words.every, ("_",))
        for node in variables:
            node.id = spelled


def _assigned(function: ast.FunctionDef) -> set[str]:
    """Give the variables that statements of a function bind."""
    found: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            found |= names_in(node.targets)
        elif isinstance(node, ast.For):
            found |= names_in([node.target])
    return found


def _of_a_pair(function: ast.FunctionDef, word: str, taken: set[str]) -> str | None:
    """Give `key` for what a loop over the pairs of a dict calls the first of each."""
    if "key" in taken:
        return None
    for node in ast.walk(function):
        match node:
            case ast.For(target=target, iter=over):
                is_over_pairs = any(
                    isinstance(n, ast.Attribute) and n.attr == "items" for n in ast.walk(over)
                )
                firsts = [t.elts[0] for t in ast.walk(target) if isinstance(t, ast.Tuple)]
                if is_over_pairs and any(code.is_name(first, word) for first in firsts):
                    return "key"
    return None


def _functions(
    statements: Iterable[ast.stmt], facts: Iterable[_Words]
) -> Iterator[tuple[ast.FunctionDef, _Words]]:
    for statement, words in zip(statements, facts, strict=True):
        if isinstance(statement, ast.FunctionDef):
            yield statement, words


def _bound_at_top(statements: Iterable[ast.stmt]) -> Iterator[str]:
    for statement in statements:
        if isinstance(statement, ast.FunctionDef):
            yield statement.name
        elif isinstance(statement, ast.Assign):
            yield from (n.id for n in ast.walk(statement.targets[0]) if isinstance(n, ast.Name))


def _helpers(facts: Iterable[_Words], top: set[str]) -> dict[str, str]:
    """Name the helpers that are used: plainly, unless the spec has the word at the top level or where one is used."""
    facts = list(facts)
    every = set().union(top, *(words.every for words in facts))
    names: dict[str, str] = {}
    for helper in sorted(HELPERS & set().union(*(words.own for words in facts))):
        is_hidden = any(helper in words.spec and helper in words.own for words in facts)
        clashes = is_hidden or helper in top
        names[helper] = _other_name(helper, every) if clashes else helper
        every.add(names[helper])
    return names


def _other_name(helper: str, taken: set[str]) -> str:
    """Give a helper another name. Keras stores weights under the class's name in lower case: a class keeps that."""
    capitals = helper.upper()
    is_class = helper == KIND
    return capitals if is_class and capitals not in taken else unique(helper, taken, ("_",))


def _parameters(function: ast.FunctionDef, words: _Words) -> dict[str, str]:
    """Name the parameters of a function that are the module's own."""
    arguments = function.args
    every = (*arguments.args, *arguments.kwonlyargs, *filter(None, [arguments.kwarg]))
    marked = [a.arg[1:] for a in every if a.arg[:1] == MARK]
    return {
        name: unique(_OTHER_PARAMETERS[name], words.every) if name in words.spec else name
        for name in marked
    }


@dataclass(eq=False)
class _Renaming:
    """Spells the names of the module's own in one statement."""

    named: Mapping[str, str]
    short: AbstractSet[str]
    parameters: Mapping[str, Mapping[str, str]]

    def __post_init__(self) -> None:
        self.used: set[str] = set()  # the short names of modules

    def defaults(self, arguments: ast.arguments) -> None:
        """Spell the defaults of parameters, which are read outside of the function."""
        for values in (arguments.defaults, arguments.kw_defaults):
            for number, value in enumerate(values):
                if value is not None:
                    values[number] = spelled = self._spelled(value)
                    self.within(spelled)

    def within(self, statement: ast.AST) -> None:
        pending: list[ast.AST] = [statement]
        while pending:
            node = pending.pop()
            if isinstance(node, ast.Call):
                self._keywords(node)
            elif isinstance(node, ast.arg) and node.arg[:1] == MARK:
                node.arg = self.named[node.arg[1:]]
            for field_, value in ast.iter_fields(node):
                if isinstance(value, list):
                    value[:] = [self._spelled(item) for item in value]
                    pending += [item for item in value if isinstance(item, ast.AST)]
                elif isinstance(value, ast.AST):
                    setattr(node, field_, self._spelled(value))
                    pending.append(getattr(node, field_))

    def _spelled(self, node: Any) -> Any:  # a field of a node: another, a text, a number
        if not isinstance(node, ast.Name) or node.id[:1] != MARK:
            return node
        name = node.id[1:]
        if name in MODULES and name not in self.named and name not in self.short:
            return code.dotted(f"keras.{name}")
        if name not in self.named:
            self.used.add(name)
        return code.name(self.named.get(name, name))

    def _keywords(self, call: ast.Call) -> None:
        names = self.parameters.get(_called(call), {})
        if is_marked(call.func, "once") and (key := names.get("name", "name")) != "name":
            call.keywords.append(ast.keyword("named_by", code.constant(key)))
        for keyword in call.keywords:
            if keyword.arg is not None and keyword.arg[:1] == MARK:
                keyword.arg = names.get(keyword.arg[1:], keyword.arg[1:])


def _called(call: ast.Call) -> str:
    """Give the function that is called, also by the helper that remembers what it made."""
    function = call.func
    if is_marked(function, "once"):
        function = call.args[1]
    return function.id if isinstance(function, ast.Name) else ""
