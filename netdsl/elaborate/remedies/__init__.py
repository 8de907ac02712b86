"""What words a mistake and mends it; a spec without one loads next to nothing of it."""

from netdsl.by_need import modules_by_need

#: Without those that check as they go (`unbound`, `uncalled`) and those that advice reads.
BY_NEED = (
    "candidates", "declared_in_chain", "dicts", "feature_maps", "habits", "held_places", "merge_candidates",
    "no_stage", "other_case", "other_places", "provenance", "rank_candidates", "rebinding", "replacements",
    "size_candidates", "state_candidates", "surviving_sizes", "tensor_decisions", "training_mode", "unfinished",
    "unpacking",
)  # fmt: skip

globals().update(modules_by_need(__name__, BY_NEED))
