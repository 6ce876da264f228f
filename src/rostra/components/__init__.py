"""What is there? Layers of {type: {name: object}}, and the types under which an object is found."""

from rostra.components.environment import Environment
from rostra.components.keys import Key, canonical, keys, name_of
from rostra.components.layers import Components, layer_with
from rostra.components.shapes import Added, Kinds, Shape

__all__ = [
    "Added",
    "Components",
    "Environment",
    "Key",
    "Kinds",
    "Shape",
    "canonical",
    "keys",
    "layer_with",
    "name_of",
]
