"""Which messages does the service take and send? The AsyncAPI 3.0 document of its handlers.

Pure: bound handlers and names in, a document out. It is imported when somebody asks for the document.
"""

from rostra_messaging.asyncapi.documents import Info, document

__all__ = ["Info", "document"]
