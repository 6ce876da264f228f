from rostra.handlers.annotated import bare as bare
from rostra.handlers.annotated import union_members as union_members
from rostra.handlers.binding import Bind as Bind
from rostra.handlers.binding import Handlers as Handlers
from rostra.handlers.bound import Bound as Bound
from rostra.handlers.bound import Origin as Origin
from rostra.handlers.bound import Source as Source
from rostra.handlers.declaring import Declared as Declared
from rostra.handlers.declaring import Marker as Marker
from rostra.handlers.declaring import Trigger as Trigger
from rostra.handlers.declaring import collect as collect
from rostra.handlers.declaring import guard as guard
from rostra.handlers.declaring import guards_of as guards_of
from rostra.handlers.declaring import mark as mark
from rostra.handlers.declaring import triggers_of as triggers_of
from rostra.handlers.declaring import where_of as where_of
from rostra.handlers.shapes import is_data as is_data
from rostra.handlers.shapes import is_list_of_scalars as is_list_of_scalars
from rostra.handlers.shapes import is_scalar as is_scalar

__all__ = [
    "Bind",
    "Bound",
    "Declared",
    "Handlers",
    "Marker",
    "Origin",
    "Source",
    "Trigger",
    "bare",
    "collect",
    "guard",
    "guards_of",
    "is_data",
    "is_list_of_scalars",
    "is_scalar",
    "mark",
    "triggers_of",
    "union_members",
    "where_of",
]
