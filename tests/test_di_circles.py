"""Things that need each other in a circle, where not all of them must."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from di_stage import a_stage

from rostra import di
from rostra.errors import CycleError, ResolveError

pytestmark = pytest.mark.asyncio


@attrs.define(eq=False)
class Ear:
    eye: "Eye | None"
    nose: "Nose | None"


@attrs.define(eq=False)
class Eye:
    ear: Ear | None
    nose: "Nose | None"


@attrs.define(eq=False)
class Nose:
    ear: Ear | None
    eye: Eye | None


@attrs.define(eq=False)
class Face:
    nose: Nose
    ear: Ear


class Missing: ...


def all_of(number: int, hint: Callable[[type], Any], **more: Any) -> list[type]:
    """So many classes, each of which takes all others by this hint, and then what it needs besides."""
    kinds = [type(f"C{each}", (), {}) for each in range(number)]

    def making(kind: type) -> type:
        takes = {f"c{place}": hint(each) for place, each in enumerate(kinds) if each is not kind}
        fields = {name: attrs.field(type=each) for name, each in {**takes, **more}.items()}
        return attrs.make_class(f"Made{kind.__name__}", fields, bases=(kind,), eq=False)

    return list(map(making, kinds))


def or_none(kind: type) -> Any:
    return kind | None


class TestWhereAllCanDoWithout:
    async def test_the_one_that_would_close_the_circle_goes_without(self) -> None:
        async with a_stage(Ear, Eye, Nose):
            ear = await di.nject(Ear)

            assert ear.eye is not None
            assert ear.eye.nose is not None
            assert (ear.eye.ear, ear.eye.nose.ear, ear.eye.nose.eye) == (None, None, None)

    async def test_each_is_made_once_where_it_is_first_needed(self) -> None:
        async with a_stage(Ear, Eye, Nose, Face):
            face = await di.nject(Face)

            assert face.nose.ear is face.ear
            assert face.ear.eye is face.nose.eye
            assert face.ear.nose is None

    async def test_a_second_question_of_the_same_call_gets_what_the_first_was_made_of(self) -> None:
        async with a_stage(Ear, Eye, Nose):
            ear, nose = await di.nject(Ear, Nose)

            assert ear.nose is nose

    @pytest.mark.parametrize("lifetime", ["call", "scope", "stage"])
    async def test_it_is_the_same_however_long_they_live(self, lifetime: Any) -> None:
        async with a_stage():
            di.register(Ear, Eye, Nose, Face, lifetime=lifetime)

            for _ in range(3):
                async with di.scope():
                    face = await di.nject(Face)

                    assert face.nose.ear is face.ear
                    assert face.ear.eye is face.nose.eye

    async def test_many_are_planned_as_well_as_few(self) -> None:
        made = all_of(30, or_none)
        async with a_stage(*made):
            first = await di.nject(made[0])

            chain = [first]
            while (following := getattr(chain[-1], f"c{len(chain)}", None)) is not None:
                chain.append(following)
            assert list(map(type, chain)) == made
            assert [getattr(first, f"c{number}") for number in range(1, 30)] == chain[1:]

    async def test_what_all_of_many_lack_is_found(self) -> None:
        made = all_of(30, or_none, missing=Missing)
        async with a_stage(*made):
            with pytest.raises(ResolveError, match="nothing gives a Missing"):
                await di.nject(made[0])

    async def test_what_all_of_many_lack_is_found_though_they_could_use_each_other_later(self) -> None:
        made = all_of(12, lambda kind: di.Lazy[kind] | None, missing=Missing)  # type: ignore[valid-type]
        async with a_stage(*made):
            with pytest.raises(ResolveError, match="nothing gives a Missing"):
                await di.nject(made[0])

    async def test_each_of_a_list_has_those_after_it(self) -> None:
        class Step: ...

        @attrs.define(eq=False)
        class Wash(Step):
            others: list[Step]

        @attrs.define(eq=False)
        class Cut(Step):
            others: list[Step]

        @attrs.define(eq=False)
        class Cook(Step):
            others: list[Step]

        async with a_stage(Wash, Cut, Cook):
            wash, cut, cook = await di.nject(list[Step])

            assert (wash.others, cut.others, cook.others) == ([cut, cook], [cook], [])


class TestWhereTheyTakeEachOtherLater:
    async def test_a_circle_of_hundreds_is_planned(self) -> None:
        kinds = [type(f"C{number}", (), {}) for number in range(500)]
        made = [
            attrs.make_class(
                f"Made{kind.__name__}", {"next": attrs.field(type=di.Lazy[after])}, bases=(kind,)
            )
            for kind, after in zip(kinds, [*kinds[1:], kinds[0]], strict=True)
        ]
        async with a_stage(*made):
            each = await di.nject(kinds[0])
            for _ in kinds:
                each = await each.next()

            assert isinstance(each, kinds[0])

    async def test_many_that_partly_take_each_other_at_once_are_planned(self) -> None:
        def hint(kind: type) -> Any:
            return kind | None if int(kind.__name__[1:]) % 3 == 0 else di.Lazy[kind]

        made = all_of(40, hint)
        async with a_stage(*made):
            first = await di.nject(made[0])

            assert isinstance(await first.c1(), made[1])

    async def test_what_the_last_of_many_lacks_the_first_lacks_too(self) -> None:
        made: list[Any] = [Missing]
        for number in range(30):
            made.append(attrs.make_class(f"C{number}", {"next": attrs.field(type=di.Lazy[made[-1]])}))
        *_, first = made
        async with a_stage(*made[1:]):
            with pytest.raises(ResolveError, match="nothing gives a Missing") as caught:
                await di.nject(first)

            assert len(caught.value.path) == len(made)
            assert await di.nject(first | None) is None

    async def test_what_is_not_there_later_leaves_nothing_behind(self) -> None:
        @attrs.define(eq=False)
        class Shelf:
            lost: di.Lazy[Missing]

        @attrs.define(eq=False)
        class Shop:
            shelf: di.Lazy[Shelf] | None
            later: di.Lazy["Shop"]

        async with a_stage(Shelf, Shop):
            shop = await di.nject(Shop)

            assert shop.shelf is None
            assert await shop.later() is shop


class Water: ...


class Spring(Water): ...


class Well(Water): ...


@attrs.define(eq=False)
class Pump:
    water: Water


def by_pump(pump: Pump) -> Water:
    raise AssertionError(pump)


@attrs.define(eq=False)
class Garden:
    pump: Pump
    water: Water


@attrs.define(eq=False)
class Pond:
    water: Water
    pump: Pump


class TestWhereSomethingElseWillDo:
    async def test_another_adapter_is_taken_whoever_asks_first(self) -> None:
        async with a_stage(by_pump, Spring, Pump, Garden, Pond):
            garden, pond = await di.nject(Garden, Pond)

            assert {type(each) for each in (garden.water, garden.pump.water, pond.water)} == {Spring}
            assert garden.pump is pond.pump

    async def test_what_was_missing_while_something_else_was_under_way_is_there_afterwards(self) -> None:
        async with a_stage(by_pump, Spring, Pump, Pond):
            pond = await di.nject(Pond)

            assert pond.pump.water is pond.water

    async def test_two_that_would_do_are_a_conflict_in_a_circle_too(self) -> None:
        async with a_stage(by_pump, Spring, Well, Pump, Pond):
            assert "2 adapters give a Water" in di.explain(Pond)


class TestWhereOneCannotDoWithout:
    async def test_a_circle_of_those_that_can_and_those_that_cannot_is_drawn(self) -> None:
        @attrs.define(eq=False)
        class Hand:
            glove: "Glove"

        @attrs.define(eq=False)
        class Ring:
            hand: Hand | None
            glove: "Glove | None"

        @attrs.define(eq=False)
        class Glove:
            ring: Ring | None
            hand: Hand

        async with a_stage(Hand, Ring, Glove):
            with pytest.raises(CycleError, match="Hand needs itself"):
                await di.nject(Hand)
            ring = await di.nject(Ring)

            assert (ring.hand, ring.glove) == (None, None)
