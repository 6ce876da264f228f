"""One instance of each error of the core, whose whole text stands in docs/reference/errors.

``tests/test_house_errors.py`` compares the two, and the classes with those that there are. A plugin has a file of
this name, with ``SAMPLES``, in its folder of tests, and the texts in its README.
"""

from rostra import errors
from rostra.errors.config import Mistake

HANDLER = ("Handler(service: Service)", "app/handlers.py:12")
SERVICE = ("Service.create(repo: Repo)", "app/service.py:8")
LAYERS = (("task web", ("User",)), ("stage", ("Config", 'Database "replica"')))

COMPONENTS = (
    errors.ComponentNotFoundError("Database", None, LAYERS, ('there is one named "replica"',)),
    errors.NoContextError(),
    errors.NotAComponentError("Database", "it is a class, not an instance"),
)

DI = (
    errors.ResolveError(
        "Handler",
        "nothing gives a Database",
        (
            HANDLER,
            SERVICE,
            ("make_repo(db: Database)", "app/repo.py:30"),
            ("db: Database", "nothing gives a Database"),
        ),
        ("request: Request",),
        LAYERS,
        ('a Database named "replica" is in the stage layer: name the parameter replica',),
        ("context.add(Database(...)), or register an adapter -> Database, or nject(..., db=...)",),
    ),
    errors.ConflictError(
        "Handler",
        "2 adapters give a Repo",
        (HANDLER, SERVICE, ("Repo", "2 adapters give a Repo, and each could be used")),
        (),
        LAYERS,
        ("memory_repo() -> Repo, app/memory.py:4", "disk_repo(path: Path) -> Repo, app/disk.py:9"),
        ("di.register(disk_repo, replace=True), or ask for list[Repo] to get all of them",),
    ),
    errors.CycleError(
        "Farm",
        "Hen needs itself",
        (
            ("Farm(hen: Hen)", "app/farm.py:3"),
            ("Hen(egg: Egg)", "app/farm.py:7"),
            ("Egg(hen: Hen)", "app/farm.py:11"),
            ("hen: Hen", "Hen needs itself"),
        ),
        (),
        LAYERS,
        (),
        ("let one of them take the other lazily: hen: di.Lazy[Hen]",),
        (),
        1,
    ),
    errors.NeedsAwaitError(
        "Repo",
        "make_repo can only be awaited",
        (("make_repo(db: Database)", "app/repo.py:30"), ("Repo", "make_repo can only be awaited")),
        (),
        LAYERS,
        (),
        ("await di.nject(Repo)",),
    ),
    errors.GivenError(
        "Repo",
        "dbb: Database",
        "nothing that is built takes it, by name or by type",
        "",
        ("did you mean db=...?",),
    ),
    errors.AdapterError(
        "make_repo", "app/repo.py:30", "it does not say what it returns", "annotate it: -> Database"
    ),
    errors.AnnotationError(
        "make_repo",
        "db",
        "Database",
        "app.repo imports Database under TYPE_CHECKING only, so it does not exist at run time",
        "app/repo.py:30",
        "import Database without the condition",
    ),
    errors.WrongProductError("make_repo", "app/repo.py:30", "Repo", "None"),
    errors.ClosedError("scope"),
)

CONFIG = (
    errors.ConfigError(
        "3 settings of [greeter] are wrong",
        (
            Mistake("greeter.port", 'expected a whole number, found "80a"', "from APP_GREETER_PORT"),
            Mistake("greeter.timeout", "expected a duration such as 1m30s, found []", "from config.toml"),
            Mistake("greeter.greting", "unknown; did you mean greeting?", "from config.toml"),
        ),
    ),
)

RESOLVERS = (
    errors.ResolverError(
        "op",
        (
            ("db.password from config.toml:12", "${op:orders/db/password}"),
            ("mail.token from config.toml:20", "${op:orders/mail/token}"),
        ),
        ("it raised ConnectionResetError (Connection reset by peer) at rostra_onepassword/client.py:57",),
    ),
    errors.ResolverDeniedError(
        "op",
        (("db.password from config.toml:12", "${op:orders/db/password}"),),
        ("it raised PermissionError at rostra_onepassword/client.py:61",),
    ),
    errors.ResolverTimeoutError(
        "op",
        (("db.password from config.toml:12", "${op:orders/db/password}"),),
        ("there was no answer within 10 s, which is the time for all together",),
    ),
)

HEALTH = (
    errors.CheckNameError("database", "app/storage.py:20", "app/reports.py:8"),
    errors.ProbeError(
        "/run/rostra/417.sock", "connection refused: the stage has ended", ("start it by `rostra run`",)
    ),
)

HANDLERS = (
    errors.HandlerError(
        "place has two payloads",
        ("POST /orders", "handler place, app/routes.py:14"),
        ("order: Order and note: Note could both be the body",),
        ("di.register(Note), or mark one of them: Body[Order]",),
    ),
)

PLUGIN = (
    errors.PluginError(
        "prepare has a bare yield",
        ("plugin storage, app/storage.py:12",),
        ("a prepare runs to its end before any task starts; it is no context manager",),
        (
            "what is to be put away: resource = await teardown.enter(open_resource())",
            "with a parameter of prepare: teardown: plugin.Teardown",
        ),
    ),
    errors.PluginNotFoundError(
        "app.storrage",
        "app, app/__init__.py:9",
        ("No module named 'app.storrage'",),
        ('did you mean "app.storage"?',),
    ),
    errors.PluginCycleError(("orders", "billing", "orders"), ("app/orders.py:9", "app/billing.py:5")),
    errors.StartTimeoutError(
        60.0,
        (
            "plugin app, which is being prepared",
            '  prepare app/__init__.py:9  await load(".storage")',
            "  plugin app.storage, which is being prepared",
            "    prepare app/storage.py:31          pool = await teardown.enter(open_pool(settings.url))",
            "    open_pool app/storage.py:14        reader, writer = await asyncio.open_connection(host, port)",
            "    open_connection asyncio/streams.py:48  transport, _ = await loop.create_connection(",
            "task serve of plugin app, which has not called started",
            "  serve app/server.py:20           await broker.connected.wait()",
            "  Event.wait asyncio/locks.py:213  await fut",
        ),
    ),
    errors.StopTimeoutError(
        "draining took longer than stop_timeout=25 s allows",
        (
            "task sweep of plugin app",
            "  sweep app/sweep.py:12        await asyncio.sleep(3600)",
            "  sleep asyncio/tasks.py:649   return await future",
        ),
    ),
    errors.TaskEndedError(
        "sweep",
        "orders",
        "ended cancelled, though nobody cancelled it",
        ("a library it awaited most likely lost its connection, or its own code cancelled it",),
        ("catch the CancelledError where it arises", 'or plugin.task(..., restart="on-failure")'),
    ),
    errors.JobsFullError(100),
)

TESTING = (
    errors.AsyncioMissingError("test_orders"),
    errors.ContractError(
        "orders", ("cancelled after 2 steps   a socket was left open", "alone   a thread was left: Thread-1")
    ),
    errors.PytestMarkError(
        "rostra_plugins(prepare)",
        "test_orders",
        "pytest takes a mark with nothing but a function for a decorator of that function",
        "rostra_plugins.with_args(prepare)",
    ),
)

CLI = (
    errors.CommandLineError("there is no file servce.py", (), ("did you mean service.py?",)),
    errors.StageNotFoundError("/run/rostra", (417, 512)),
)

SOCKETS = (
    errors.AddressError(
        "localhost:8080", "it does not say what it is", ("--bind",), ("tcp://localhost:8080",)
    ),
    errors.ListenError(
        "127.0.0.1",
        8080,
        "another process listens there already",
        ("[http] port = 8080, from config.toml",),
        (
            "stop that process, or listen elsewhere; port 0 takes any that is free:",
            "--set http.port=8081",
            "APP_HTTP_PORT=8081",
            "[http] port = 8081 in a file of settings",
        ),
    ),
)

WORKERS = (errors.WorkerError("worker 2 did not start", "ConfigError: 1 setting of [greeter] is wrong", 2),)

SAMPLES: tuple[errors.RostraError, ...] = (
    *COMPONENTS, *DI, *CONFIG, *RESOLVERS, *HEALTH, *HANDLERS, *PLUGIN, *TESTING, *CLI,
    *SOCKETS, *WORKERS,
)  # fmt: skip
