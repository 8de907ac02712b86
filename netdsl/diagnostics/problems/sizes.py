"""N055: symbolic dimensions at sizes that a net does not work for."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class UnmetDemand(Problem, code="N0550", title="`{model}` does not work at these sizes"):
    """What it means

    A net with symbolic dimensions demands something of them, such as `H % 32 == 0` where a skip connection meets
    an upsampled map, and the sizes given with `--at` do not fulfil it. Keras would fail when the model is called
    on such a batch.

    Example
    ```console
    $ netdsl check unet.net --at H=100,W=96
    error[N0550]: `UNet` does not work at these sizes
      --> unet.net:14:20
       |
    14 |     output y = [skip, up] -> Concatenate()
       |                              ^^^^^^^^^^^^^ `H % 8 == 0` does not hold at H=100
    ```

    Use instead
    ```console
    $ netdsl check unet.net --at H=96,W=96
    ```
    """
