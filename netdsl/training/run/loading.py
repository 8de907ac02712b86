"""Loads a generated module from its source, compiled anew: no file of Python is read for it."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from netdsl.compiler import Api, Compiled
from netdsl.extras import BACKENDS, UnknownBackend, needed, without_chatter
from netdsl.foreign import Foreign


class Module:
    """A generated module with the functions of one `train` block."""

    def __init__(self, module: ModuleType, source: str, model: str) -> None:
        self.module, self.source, self._model = module, source, model

    def __getattr__(self, name: str) -> Callable[..., Foreign]:
        """Give a function of the block; with several blocks its name ends in the model's."""
        for own in (name, f"{name}_{self._model}"):
            found = self.module.__dict__.get(own)
            if found is not None:
                return found  # type: ignore[no-any-return]
        raise AttributeError(f"the module of {self._model} has no function `{name}`")


def choose_backend(backend: str | None) -> str:
    """Say which backend Keras is to run on, and let it be so: as asked, by KERAS_BACKEND, else TensorFlow."""
    chosen = backend or os.environ.get("KERAS_BACKEND") or "tensorflow"
    if chosen not in BACKENDS:
        raise UnknownBackend(chosen)
    os.environ["KERAS_BACKEND"] = chosen
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with without_chatter():
        needed("tensorflow", "to train")  # which feeds the data, whatever computes
        if chosen != "tensorflow":
            needed(chosen, f"for the backend {chosen}")
        needed("keras", "to train")
    return chosen


def ready_to_train(backend: str | None) -> str:
    """Choose the backend, and see that the pictures of a run can be drawn when it comes to its end."""
    chosen = choose_backend(backend)
    needed("matplotlib", "to draw the pictures of a run")
    return chosen


def load_module(
    compiled: Compiled, model: str, api: Api, name: str, *, imports_beside: bool = True
) -> Module:
    """Run the generated source as a module of its own, which stands where the spec does.

    Functions of the user's own stand beside the spec. In a stranger's folder anything may stand there, by the name of
    a package too, so that nothing is to be imported from it.
    """
    source = compiled.emit(api=api)
    folder = os.path.dirname(os.path.abspath(compiled.file.name))
    module = ModuleType(_free_name(name))
    module.__file__ = str(Path(folder, f"{name}.py"))
    if imports_beside and folder not in sys.path:
        sys.path.insert(0, folder)
    place = f"<{name}.py, generated>"
    linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)
    sys.modules[module.__name__] = module
    exec(compile(source, place, "exec"), module.__dict__)
    return Module(module, source, model)


def _free_name(name: str) -> str:
    """Give a name that is no module's yet: a spec may be called `keras.net`."""
    plain = "".join(c if c.isalnum() else "_" for c in name) or "spec"
    while plain in sys.modules or plain in sys.stdlib_module_names:
        plain += "_"
    return plain


def forget_models() -> None:
    """Let go of the models made before, so that many runs in one process do not fill its memory."""
    needed("keras").utils.clear_session()
