"""Models that Python makes: live ones, `module:function`, `file.py:function` and `applications:NAME`.

Python runs only here, and only what the user named.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from netdsl.importer.errors import not_run
from netdsl.importer.network import Live, Network
from netdsl.importer.sources import read_value
from netdsl.importer.vocabularies import add_live_vocabularies

APPLICATIONS = "applications"


def is_python(source: str) -> bool:
    """Tell whether a source names Python: `module:function`, where there is no file of that name."""
    module, colon, function = source.rpartition(":")
    is_name = function.isidentifier() and (module.endswith(".py") or _is_dotted(module))
    return bool(colon) and is_name and not Path(source).exists()


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def network_of(source: str, call: str | None) -> Network:
    """Run the function that a source names, and read the model that it gives."""
    return named(live_network(made_by(source, call), source), source)


def named(network: Network, source: str) -> Network:
    """Call a network of `keras.applications` as its function is called."""
    module, _, function = source.rpartition(":")
    if module == APPLICATIONS:
        network.name = function
    return network


def made_by(source: str, call: str | None = None) -> Live:
    """Give the live model that a source names."""
    function = _function(source)
    positional, named = _arguments(source, call)
    try:
        model = function(*positional, **named)
    except Exception as error:
        raise not_run(
            source, f"{type(error).__name__}: {error}", help=_help(source, call)
        ) from error
    if not hasattr(model, "get_config") or not hasattr(model, "layers"):
        raise not_run(source, f"it gives {type(model).__name__}, which is no Keras model")
    return model


def _help(source: str, call: str | None) -> str:
    function = source.rpartition(":")[2]
    return (
        f'it is called without arguments; give some with `--call "{function}(…)"`'
        if call is None
        else ""
    )


def _function(source: str) -> Callable[..., Live]:
    module_name, _, name = source.rpartition(":")
    try:
        if module_name == APPLICATIONS:
            module: Live = import_module("keras.applications")
        elif module_name.endswith(".py"):
            module = _module_of(Path(module_name))
        else:
            sys.path.insert(0, "")
            try:
                module = import_module(module_name)
            finally:
                sys.path.remove("")
    except Exception as error:
        raise not_run(source, f"{type(error).__name__}: {error}") from error
    function = getattr(module, name, None)
    if not callable(function):
        raise not_run(source, f"`{module_name}` has no function `{name}`")
    if module_name == APPLICATIONS:
        return lambda *args, **kwargs: function(*args, **{"weights": None} | kwargs)
    return function  # type: ignore[no-any-return]


def _module_of(path: Path) -> Live:
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[path.stem] = module
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    return module


def _arguments(source: str, call: str | None) -> tuple[list[Live], dict[str, Live]]:
    """Read `f(classes=10)`: literals alone, which are evaluated and not run."""
    if call is None:
        return [], {}
    try:
        (statement,) = ast.parse(call, mode="exec").body
        assert isinstance(statement, ast.Expr)
        assert isinstance(statement.value, ast.Call)
        made = statement.value
        return [ast.literal_eval(a) for a in made.args], {
            str(k.arg): ast.literal_eval(k.value) for k in made.keywords
        }
    except (SyntaxError, ValueError, AssertionError):
        raise not_run(
            source,
            f"`--call {call}` is no call with literals",
            help='write `--call "f(classes=10)"`',
        ) from None


def live_network(model: Live, source: str = "") -> Network:
    """Read a live model: its configuration, and what the model itself shows of shapes."""
    source = source or str(getattr(model, "name", "the model"))
    try:
        text = model.to_json()
    except Exception as error:
        raise not_run(source, f"Keras cannot write its configuration: {error}") from error
    value = json.loads(text)
    add_live_vocabularies(value, model)
    network = read_value(value, source)
    _add_types(network, model)
    return network


def _add_types(network: Network, model: Live) -> None:
    """Add the shapes and dtypes of what leaves the model, which its configuration does not tell."""
    outputs = network.outputs
    if network.form == "dict":  # Keras has them in the order of their names
        outputs = sorted(outputs, key=lambda output: output[0])
    for (_, tensor), live in zip(outputs, _flat(getattr(model, "outputs", None)), strict=False):
        network.types.setdefault(tensor, (tuple(live.shape), str(live.dtype)))


def _flat(value: Live) -> list[Live]:
    return list(value) if isinstance(value, (list, tuple)) else []
