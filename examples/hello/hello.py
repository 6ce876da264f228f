from rostra_aiohttp import get


@get("/hello/{name}")
async def hello(name: str) -> str:
    return f"Hello, {name}!\n"
