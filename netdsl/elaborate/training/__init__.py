"""`train` blocks: their settings read and checked; a file without one loads none of it."""

from netdsl.by_need import modules_by_need

BY_NEED = (
    "data_settings", "engines", "experiment", "hyperparameters", "losses", "metrics", "plan", "setting_values",
    "settings", "sources", "together",
)  # fmt: skip

globals().update(modules_by_need(__name__, BY_NEED))
