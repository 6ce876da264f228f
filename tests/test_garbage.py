"""When is garbage looked for, around a start?"""

import subprocess
import sys


def printed(program: str) -> list[str]:
    """What a program in a process of its own prints, by words."""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.split()


def test_what_a_start_has_made_is_old_and_not_walked_through_by_the_next_collection() -> None:
    program = (
        "import gc; print(gc.get_freeze_count() == 0); from rostra import plugin\n"
        "made = []\n"
        "async def prepare():\n"
        "    made.extend([] for _ in range(3000))\n"
        "    yield run\n"
        "async def run():\n"
        "    old = set(map(id, gc.get_objects(generation=2)))\n"
        "    print(old.issuperset(map(id, made)), gc.get_stats()[2]['collections'], gc.get_threshold()[0])\n"
        "usual = gc.get_threshold()[0]\n"
        "plugin.stage(prepare); print(usual)\n"
    )

    nothing_was_frozen, are_old, full_collections, threshold, usual = printed(program)

    assert (are_old, full_collections, threshold) == (nothing_was_frozen, "0", usual)


def test_what_somebody_has_frozen_stays_frozen() -> None:
    program = (
        "import gc; from rostra import plugin\n"
        "async def prepare():\n"
        "    gc.freeze(); yield run\n"
        "async def run():\n"
        "    print(gc.get_freeze_count() > 0)\n"
        "plugin.stage(prepare)\n"
    )

    assert printed(program) == ["True"]


def test_garbage_of_stage_after_stage_is_found_by_the_next_collection_of_what_is_new() -> None:
    program = (
        "import gc, weakref; from rostra import plugin\n"
        "class Made: pass\n"
        "found = []\n"
        "async def prepare():\n"
        "    made = Made(); made.itself = made\n"
        "    found.append(weakref.ref(made))\n"
        "    yield run\n"
        "async def run():\n"
        "    gc.collect(0)\n"
        "for _ in range(6):\n"
        "    plugin.stage(prepare)\n"
        "print(found[-1]())\n"
    )

    assert printed(program) == ["None"]


def test_while_http_is_imported_nothing_is_looked_through_and_afterwards_as_before() -> None:
    program = (
        "import gc, sys, rostra.garbage; usual, done = gc.get_threshold(), []\n"
        "def look(phase, about):\n"
        "    done.append('aiohttp' in sys.modules and 'rostra_aiohttp.serving' not in sys.modules)\n"
        "gc.callbacks.append(look)\n"
        "import rostra_aiohttp\n"
        "print(any(done), gc.isenabled(), gc.get_threshold() == usual)\n"
    )

    assert printed(program) == ["False", "True", "True"]


def test_who_has_switched_it_off_is_obeyed() -> None:
    program = "import gc; gc.disable(); import rostra_aiohttp; print(gc.isenabled())"

    assert printed(program) == ["False"]


def test_it_is_switched_on_again_where_an_import_fails() -> None:
    program = (
        "import gc; from rostra.garbage import uncollected\n"
        "try:\n"
        "    with uncollected(): import no_such_module\n"
        "except ImportError: print(gc.isenabled())\n"
    )

    assert printed(program) == ["True"]
