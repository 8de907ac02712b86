"""The numbers of classes that other data is given: those of training, whichever of the classes it holds."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.extras import needed
from netdsl.foreign import Foreign
from netdsl.training.after.reviving import NotRevived


def numbered_as_trained(part: Foreign, now: Sequence[str], then: Sequence[str]) -> Foreign:
    """Give labels that number the classes of this data the numbers that the same classes had in training.

    Raises NotRevived where a class was not there in training, or the labels are no plain numbers.
    """
    if list(now) == list(then):
        return part
    unknown = next((name for name in now if name not in then), None)
    if unknown is not None:
        raise NotRevived(
            f"the run knows no class `{unknown}`: it was trained on {', '.join(f'`{n}`' for n in then)}"
        )
    tensorflow = needed("tensorflow")
    labels = part.element_spec[1]
    if not isinstance(labels, tensorflow.TensorSpec):
        raise NotRevived("the data has not all the classes of the run, whose labels are several")
    order = tensorflow.constant([then.index(name) for name in now])

    def renumbered(features: Foreign, labels: Foreign, *weights: Foreign) -> Foreign:
        found = tensorflow.gather(order, tensorflow.cast(labels, "int32"))
        return features, tensorflow.cast(found, labels.dtype), *weights

    return part.map(renumbered)
