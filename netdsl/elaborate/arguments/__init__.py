"""The arguments of calls: bound, evaluated, held against their types."""
