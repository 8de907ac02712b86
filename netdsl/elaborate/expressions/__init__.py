"""Expressions: values, calls, comparisons."""
