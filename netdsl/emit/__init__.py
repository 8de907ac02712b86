"""From a linked spec and its graphs to Python source that imports Keras alone."""

from netdsl.emit.header import is_untouched, spec_digest
from netdsl.emit.structured import emit_structured

__all__ = ["emit_structured", "is_untouched", "spec_digest"]
