async def prepare():
    connection = object()
    yield
    del connection
