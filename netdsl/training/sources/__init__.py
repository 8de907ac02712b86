"""Sources of data, read by pieces to be held against the model: a module for each kind.

Each gives `Part`s (train, and where the source has them validation and test), whose fields say which array or column
is for which input or output, and whose pieces are arrays of some thousand samples. TensorFlow is not imported.
"""
