"""What is there? Layers of {type: {name: object}}, and the types under which an object is found."""

from rostra.components.keys import Key, canonical, keys, name_of
from rostra.components.layers import Components

__all__ = ["Components", "Key", "canonical", "keys", "name_of"]
