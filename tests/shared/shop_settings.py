"""A plugin with settings of many sorts, a file for it, and variables; every secret in them is called planted."""

SHOP = '''
    import enum
    from collections.abc import AsyncIterator

    import attrs

    from rostra import config, di


    class Mode(enum.Enum):
        FAST = "fast"
        SAFE = "safe"


    @attrs.frozen
    class Pool:
        """How many connections there are."""

        size: int = 5
        """At most so many."""
        token: config.Secret[str] | None = None


    @attrs.frozen
    class DbConfig(config.Config, section="db"):
        """The database."""

        url: str
        """Where it is."""
        password: config.Secret[str] | None = None
        tokens: list[config.Secret[str]] = attrs.field(factory=list)
        names: dict[str, config.Secret[str]] = attrs.field(factory=dict)
        pool: Pool = Pool()
        spare: Pool | None = None
        patience: config.Duration = config.Duration(90)
        mode: Mode = Mode.FAST


    @attrs.frozen
    class WebConfig(config.Config, section="web"):
        port: int = 8080
        name: str = "shop"


    @attrs.frozen
    class MailConfig(config.Config, section="mail"):
        """Of an adapter that nothing needs."""

        host: str = "localhost"


    class Database: ...


    class Unused: ...


    @di.adapter(lifetime="stage")
    async def database(settings: DbConfig) -> AsyncIterator[Database]:
        raise AssertionError("nothing is built")
        yield Database()


    @di.adapter
    def unused(mail: MailConfig) -> Unused:
        raise AssertionError("nothing is built")


    async def sweep(database: Database, web: WebConfig):
        raise AssertionError("no task is started")


    async def prepare():
        yield sweep
'''

SETTINGS = """
    [db]
    url = "postgres://app:${DB_WORD}@db/orders"
    password = "planted-1"
    names = {a = "planted-2"}
    mode = "safe"

    [db.spare]
    token = "${DB_TOKEN}"

    [dbb]
    size = 1
"""

SECRETS = {
    "DB_WORD": "planted-3",
    "DB_TOKEN": "planted-4",
    "APP_DB_TOKENS": "planted-5,planted-6",
    "APP_DB_POOL_SIZE": "7",
    "APP_FOO": "planted-7",
}
