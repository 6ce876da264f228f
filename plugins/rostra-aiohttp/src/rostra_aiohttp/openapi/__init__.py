"""What does the service answer? The OpenAPI 3.1 document of its handlers, made of their signatures and docstrings.

Pure: bound handlers and names in, a document out. It is imported when somebody asks for the document.
"""

from rostra_aiohttp.openapi.documents import Info, document

__all__ = ["Info", "document"]
