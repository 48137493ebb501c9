"""How much memory a model takes, and what fits on which GPUs."""

from genops.serving.sizing.fit import Fit, Setting, fit, smaller
from genops.serving.sizing.gpus import Gpus, named_gpus, present_gpus
from genops.serving.sizing.shape import ModelShape, model_shape

__all__ = [
    "Fit",
    "Gpus",
    "ModelShape",
    "Setting",
    "fit",
    "model_shape",
    "named_gpus",
    "present_gpus",
    "smaller",
]
