from rostra.cli.acted import acting as acting
from rostra.cli.added import showing as showing

__all__ = ["acting", "main", "showing"]

def main() -> None: ...
