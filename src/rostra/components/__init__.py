"""What is there? Layers of {type: {name: object}}, and the types under which an object is found."""

from rostra.components.environment import Environment, Sight
from rostra.components.keys import Key, canonical, keys, name_of
from rostra.components.layers import Blank, Components
from rostra.components.shapes import Added, Kinds, Shape, Under, changing

__all__ = [
    "Added",
    "Blank",
    "Components",
    "Environment",
    "Key",
    "Kinds",
    "Shape",
    "Sight",
    "Under",
    "canonical",
    "changing",
    "keys",
    "name_of",
]
