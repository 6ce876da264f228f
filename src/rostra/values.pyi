from typing import NamedTuple as Values

__all__ = ["Values"]
