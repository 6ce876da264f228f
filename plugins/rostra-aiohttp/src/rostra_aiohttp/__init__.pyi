from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from rostra import plugin
from rostra.clock import Clock
from rostra.errors import ListenError as ListenError
from rostra.handlers import guard as guard
from rostra_aiohttp.answers import Answer as Answer
from rostra_aiohttp.errors import SocketClosedError as SocketClosedError
from rostra_aiohttp.events import Event as Event
from rostra_aiohttp.files import File as File
from rostra_aiohttp.heads import ResponseHead as ResponseHead
from rostra_aiohttp.heads import SetCookie as SetCookie
from rostra_aiohttp.heads import request_id as request_id
from rostra_aiohttp.listening import Address as Address
from rostra_aiohttp.methods import head as head
from rostra_aiohttp.methods import options as options
from rostra_aiohttp.methods import route as route
from rostra_aiohttp.routes import Body as Body
from rostra_aiohttp.routes import Cookie as Cookie
from rostra_aiohttp.routes import Form as Form
from rostra_aiohttp.routes import FromBody as FromBody
from rostra_aiohttp.routes import FromCookie as FromCookie
from rostra_aiohttp.routes import FromHeader as FromHeader
from rostra_aiohttp.routes import FromQuery as FromQuery
from rostra_aiohttp.routes import Header as Header
from rostra_aiohttp.routes import Prefix as Prefix
from rostra_aiohttp.routes import Query as Query
from rostra_aiohttp.routes import Route as Route
from rostra_aiohttp.routes import delete as delete
from rostra_aiohttp.routes import get as get
from rostra_aiohttp.routes import patch as patch
from rostra_aiohttp.routes import post as post
from rostra_aiohttp.routes import put as put
from rostra_aiohttp.serving import Admin as Admin
from rostra_aiohttp.settings import HttpClientConfig as HttpClientConfig
from rostra_aiohttp.settings import HttpConfig as HttpConfig
from rostra_aiohttp.settings import UploadConfig as UploadConfig
from rostra_aiohttp.settings import WebSocketConfig as WebSocketConfig
from rostra_aiohttp.surroundings import CallNext as CallNext
from rostra_aiohttp.surroundings import middleware as middleware
from rostra_aiohttp.surroundings import on_error as on_error
from rostra_aiohttp.uploads import Upload as Upload

__all__ = [
    "Address",
    "Admin",
    "Answer",
    "Body",
    "CallNext",
    "Cookie",
    "Event",
    "File",
    "Form",
    "FromBody",
    "FromCookie",
    "FromHeader",
    "FromQuery",
    "Header",
    "HttpClientConfig",
    "HttpConfig",
    "ListenError",
    "Prefix",
    "Query",
    "ResponseHead",
    "Route",
    "SetCookie",
    "SocketClosedError",
    "Upload",
    "UploadConfig",
    "WebSocketConfig",
    "delete",
    "get",
    "guard",
    "head",
    "middleware",
    "on_error",
    "options",
    "patch",
    "post",
    "prepare",
    "put",
    "request_id",
    "route",
]

def application(settings: HttpConfig) -> web.Application: ...
def response_head(request: web.Request) -> ResponseHead: ...
def admin(settings: HttpConfig, application: web.Application) -> Admin: ...
def session(settings: HttpClientConfig, clock: Clock) -> AsyncIterator[aiohttp.ClientSession]: ...
async def prepare() -> plugin.Task: ...
