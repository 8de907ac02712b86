"""The types of an argument `window`: a taper for the frames of a wave, by its name in SciPy."""

from __future__ import annotations

from netdsl.catalog.argument_types import Choice, optional
from netdsl.value import Value

#: Those of `scipy.signal.get_window` that need no parameters, each by all its names.
_NAMES = """
    hann hamming blackman bartlett blackmanharris bohman boxcar cosine exponential flattop barthann lanczos nuttall
    parzen taylor triang tukey han ham hamm black blk bart brt bkh blackharr bman bmn box ones rect rectangular
    halfcosine poisson flat flt brthan bth sinc nut nutl par parz taylorwin tri triangle tuk
"""
_SUFFIXES = ("_periodic", "_symmetric")


class Window(Choice):
    """A window of SciPy that needs no parameters; `hann_periodic` is `hann` too."""

    def accept(self, value: Value) -> str:
        for suffix in _SUFFIXES:
            if isinstance(value, str) and value.removesuffix(suffix) in self.words:
                return value
        return super().accept(value)


WINDOW = optional(
    Window('a window of SciPy without parameters, such as `"hann"`', tuple(_NAMES.split()))
)


def mirrors(samples: object, points: int) -> tuple[str, ...]:
    """Say that a wave is too short to be mirrored at its ends, as a frame needs it; Keras finds it when it runs."""
    if not isinstance(samples, int) or samples > points // 2:
        return ()
    return (f"mirrors {points // 2} samples at each end, and the wave is {samples} long",)


def runs(window: Value) -> tuple[str, ...]:
    """Say what `ops.stft` will not take when it runs; Keras looks at the name no earlier."""
    if not isinstance(window, str) or window in ("hann", "hamming"):
        return ()
    return (f'knows the windows "hann" and "hamming", and `window` is "{window}"',)
