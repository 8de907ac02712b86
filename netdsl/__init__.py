"""netdsl: a declarative language for neural networks that compiles to readable Keras code.

```python
import netdsl

compiled = netdsl.compile_file("resnet50.net", classes=10)
compiled.model().totals["parameters"]
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netdsl.version import __version__

if TYPE_CHECKING:
    from netdsl.compiler import Compiled, CompiledModel, compile_file, compile_text
    from netdsl.diagnostics.diagnostic import Diagnostic
    from netdsl.importer import import_model
    from netdsl.training.api import train

__all__ = [
    "Compiled",
    "CompiledModel",
    "Diagnostic",
    "__version__",
    "compile_file",
    "compile_text",
    "import_model",
    "train",
]


def __getattr__(name: str) -> Any:  # one of `__all__`
    """Load the compiler at the first use, so that importing one room does not load the whole house."""
    if name == "Diagnostic":
        from netdsl.diagnostics.diagnostic import Diagnostic

        return Diagnostic
    if name == "import_model":
        from netdsl.importer import import_model

        return import_model
    if name == "train":
        from netdsl.training.api import train

        return train
    if name in __all__:
        from importlib import import_module

        from netdsl.stack import on_own_stack

        return getattr(on_own_stack(import_module)("netdsl.compiler"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
