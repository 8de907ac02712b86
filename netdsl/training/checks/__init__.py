"""The data of a `train` block held against its model before the first step; every mistake has a code and a place."""

from netdsl.training.checks.checking import Checked, check_data

__all__ = ["Checked", "check_data"]
