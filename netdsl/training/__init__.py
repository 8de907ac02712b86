"""Runs of a `train` block: data held against the model, the run itself, the folder it leaves, and what comes after.

Nothing here is imported before a command asks for it; pandas, pyarrow, matplotlib, Optuna and Keras are imported where
they are used.
"""
