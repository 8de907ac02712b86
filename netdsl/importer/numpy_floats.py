"""Numbers of NumPy in arithmetic: `x * np.sqrt(0.5)` makes float64 of what follows, as long as the model lives.

A saved model has forgotten it: its file holds the number alone, which Keras reads back as Python's, and the tensors are
float32 again. So has a spec; what the configuration tells of these tensors is no fact of the network.
"""

from __future__ import annotations

from netdsl.importer.network import Network, Tensor, Use, networks_of
from netdsl.importer.operations import OPERATORS

WIDE = "float64"


def settle_numpy_floats(network: Network) -> list[str]:
    """Forget that tensors are float64 through a number of NumPy; give the functions that were called with one."""
    return [name for inner in networks_of(network) for name in _settle(inner)]


def _settle(network: Network) -> list[str]:
    wide: dict[int, list[Tensor]] = {}
    for tensor, (_, dtype) in network.types.items():
        if dtype == WIDE:
            wide.setdefault(tensor.use, []).append(tensor)
    found: set[Tensor] = set()
    names: list[str] = []
    for use in network.uses if wide else ():
        told = wide.get(use.id, [])
        is_first = _takes_number(use) and not any(t in wide.get(t.use, ()) for t in use.inputs)
        if told and is_first:
            names.append(use.made.name)
        if told and (is_first or not found.isdisjoint(use.inputs)):
            found.update(told)
    for tensor in found:
        network.types[tensor] = (network.types[tensor][0], "None")
    return names


def _takes_number(use: Use) -> bool:
    """Tell arithmetic of a tensor and a number, which may have been one of NumPy."""
    made = use.made
    values = (*use.positional, *use.keywords.values())
    return (
        made.family == "op" and made.kind in OPERATORS and any(isinstance(v, float) for v in values)
    )


__all__ = ["settle_numpy_floats"]
