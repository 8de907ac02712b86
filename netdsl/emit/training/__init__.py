"""The functions of a `train` block: data, compile, fit, evaluate, predict, and all of it by `main`."""

from netdsl.emit.training.finishing import TrainingCode
from netdsl.emit.training.module import write_training
from netdsl.emit.training.words import Words, Written

__all__ = ["TrainingCode", "Words", "Written", "write_training"]
