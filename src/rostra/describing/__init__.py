"""What do classes and functions say of themselves? Their docstrings, and the bounds of their values.

For tools that show it to people, or write it down as JSON Schema: ``rostra config`` does for settings, and plugins do
for what they describe. Pure: sources are read, nothing is executed. No stage needs it to start.
"""

from rostra.describing.constraints import constraints, metadata_constraints
from rostra.describing.documented import Documented, docstring, documented

__all__ = ["Documented", "constraints", "docstring", "documented", "metadata_constraints"]
