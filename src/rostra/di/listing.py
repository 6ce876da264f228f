"""What is in a list of all? Components, from the lowest layer up, and then what adapters make."""

from collections.abc import Iterable

from rostra.components import Key
from rostra.di.adapters import identity
from rostra.di.annotations import Option
from rostra.di.offers import Offer, Roster
from rostra.di.views import Overrides, View


def members(view: View, item: Option) -> list[Option | Offer]:
    """The components that are an ``item``, as one asks for each, and the adapters that could make one."""
    if item.name:
        names: list[str | None] = [item.name]
    else:
        names = names_of(view, item.key)
        if view.facts is not None:
            view.facts.names[view.is_stage, item.key] = names
    return [*(Option(item.key, name) for name in names), *_all_offers(view.roster, item)]


def names_of(view: View, key: Key) -> list[str | None]:
    """The names of all components of one type, from the lowest layer up."""
    names: dict[str | None, None] = {}
    for layer in reversed(list(view.layer.layers())):
        names |= dict.fromkeys(layer.own(key))
        for overrides in layer.own(Overrides).values():
            names |= {option.name: None for option in overrides.by_type if option.key == key}
    return [name for name in names if name is not None or not _is_named_too(view, key, names)]


def _is_named_too(view: View, key: Key, names: Iterable[str | None]) -> bool:
    """Whether the component that is found without a name is found by a name, too."""
    shape = view.layer.shape
    if not shape.is_named_too(key):
        return False
    same = [name for name in names if shape.find(key, name) == shape.find(key, None)]
    components = [name for name in same if view.has_component(Option(key, name))]
    return None in components and len(components) > 1


def _all_offers(roster: Roster, option: Option) -> list[Offer]:
    """Every adapter that could make this type, whatever its name, in the order of registration."""
    adapters = roster.adapters
    declared = (adapter.declares for adapter in adapters)
    names = {option.name} if option.name else {each.name for each in declared if each is not None}
    found = [offer for name in names for offer in roster.offers(option._replace(name=name))]
    order = {identity(adapter.make): number for number, adapter in enumerate(adapters)}
    return sorted(found, key=lambda offer: order[identity(offer.adapter.make)])
