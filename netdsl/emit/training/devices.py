"""How the work of a `train` block is shared out: the statements that make its strategy."""

from __future__ import annotations

import ast

from netdsl.elaborate.training.experiment import Strategy
from netdsl.emit.python import code
from netdsl.emit.python.layout import flat
from netdsl.emit.training.words import Words, literal


class SharedOut:
    """How the work is shared out: the statements that make the strategy."""

    def __init__(self, strategy: Strategy, words: Words) -> None:
        self.is_keras = strategy.kind in ("DataParallel", "ModelParallel")
        given = {name: literal(value, words) for name, value in strategy.arguments.items()}
        if self.is_keras:  # each process makes its own share of a batch
            given["auto_shard_dataset"] = code.constant(False)
        if strategy.kind == "ModelParallel":
            self.lines = _model_parallel(given)
            return
        lines = list(_TPU) if strategy.kind == "TPUStrategy" else []
        module = "keras.distribution" if self.is_keras else "tf.distribute"
        positional = [code.name("resolver")] if lines else []
        made = code.call(f"{module}.{strategy.kind}", positional, list(given.items()))
        self.lines = [*lines, f"return {flat(made)}"]


_TPU = (
    "resolver = tf.distribute.cluster_resolver.TPUClusterResolver()",
    "tf.config.experimental_connect_to_cluster(resolver)",
    "tf.tpu.experimental.initialize_tpu_system(resolver)",
)


def _model_parallel(given: dict[str, ast.expr]) -> list[str]:
    """Lay the devices out as a mesh, of which each weight's axes take theirs."""
    mesh, layout = given.pop("mesh"), given.pop("layout")
    assert isinstance(mesh, ast.Dict)
    assert isinstance(layout, ast.Dict)
    axes = [key for key in mesh.keys if key is not None]
    made = [("layout_map", code.name("layout")), ("batch_dim_name", axes[0]), *given.items()]
    strategy = code.call("keras.distribution.ModelParallel", (), dict(made).items())
    return [
        f"mesh = keras.distribution.DeviceMesh({flat(code.tuple_of(mesh.values))}, {flat(code.list_of(axes))})",
        "layout = keras.distribution.LayoutMap(mesh)",
        *(
            f"layout[{flat(key)}] = {flat(code.tuple_of(value.elts))}"
            for key, value in zip(layout.keys, layout.values, strict=True)
            if key is not None and isinstance(value, ast.List | ast.Tuple)
        ),
        f"return {flat(strategy)}",
    ]
