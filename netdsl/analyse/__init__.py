"""What is found out about graphs: structure, sizes, costs, advice; and the proof that one is sound."""

from netdsl.by_need import modules_by_need

#: What a check of a file without a `train` block does without.
BY_NEED = ("experiments", "verification")

globals().update(modules_by_need(__name__, BY_NEED))
