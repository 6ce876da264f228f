from rostra.documents.bounds import bounds_check as bounds_check
from rostra.documents.described import SelfDescription as SelfDescription
from rostra.documents.draft_07 import in_draft_07 as in_draft_07
from rostra.documents.fault import BoundsError as BoundsError
from rostra.documents.fault import Fault as Fault
from rostra.documents.fault import MismatchError as MismatchError
from rostra.documents.fault import UnreadableTypeError as UnreadableTypeError
from rostra.documents.fault import either as either
from rostra.documents.naming import unique as unique
from rostra.documents.opaqueness import opaque as opaque
from rostra.documents.reading import NOTHING as NOTHING
from rostra.documents.reading import UNFIT as UNFIT
from rostra.documents.reading import check_readable as check_readable
from rostra.documents.reading import faults as faults
from rostra.documents.reading import parse as parse
from rostra.documents.reading import read as read
from rostra.documents.reading import unpack as unpack
from rostra.documents.scalars import from_json as from_json
from rostra.documents.scalars import from_text as from_text
from rostra.documents.schema_scalars import Direction as Direction
from rostra.documents.schema_scalars import Schema as Schema
from rostra.documents.schemas import Schemas as Schemas
from rostra.documents.schemas import finished as finished
from rostra.documents.schemas import hides as hides
from rostra.documents.writing import UnsayableError as UnsayableError
from rostra.documents.writing import encoded as encoded
from rostra.documents.writing import packed as packed

__all__ = [
    "NOTHING",
    "UNFIT",
    "BoundsError",
    "Direction",
    "Fault",
    "MismatchError",
    "Schema",
    "Schemas",
    "SelfDescription",
    "UnreadableTypeError",
    "UnsayableError",
    "bounds_check",
    "check_readable",
    "either",
    "encoded",
    "faults",
    "finished",
    "from_json",
    "from_text",
    "hides",
    "in_draft_07",
    "opaque",
    "packed",
    "parse",
    "read",
    "unique",
    "unpack",
]
