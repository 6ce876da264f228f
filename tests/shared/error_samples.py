"""One instance of each error of the core, whose whole text stands in docs/reference/errors.

``tests/test_house_errors.py`` compares the two, and the classes with those that there are. A plugin has a file of
this name, with ``SAMPLES``, in its folder of tests, and the texts in its README.
"""

from rostra import errors

SAMPLES: tuple[errors.RostraError, ...] = (
    errors.ComponentNotFoundError(
        "Database",
        None,
        (("task sweep", ("User",)), ("stage", ("Config", 'Database "replica"'))),
        ('there is one named "replica"',),
    ),
    errors.NoContextError(),
    errors.NotAComponentError("Database", "it is a class, not an instance"),
)
