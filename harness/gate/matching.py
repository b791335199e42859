"""Which cells of two sides belong together, and what keeps two from being compared."""

from collections.abc import Mapping, Sequence

from harness.gate.cells import COMMIT, PARAMETER, GatedScore, Group
from harness.results.columns import Column

Pair = tuple[Group | None, Group | None]
"""What belongs together, base first; None where a side has nothing of the kind."""

_MEANING = ("protocol", "protocol_version", "measures", "higher_is_better", "unit")
"""What must be equal of two columns, for their numbers to mean the same."""

_UNDER_TEST = ("denoise-harness", COMMIT)
"""Conditions that a comparison is about."""


def matched(base: Sequence[Group], current: Sequence[Group]) -> list[Pair]:
    """Pair the cells of two sides by method and dataset; in the order of the base, new ones last.

    Where a side has several of one method on one dataset, such as two budgets, those belong
    together that were asked for alike.
    """
    named: dict[tuple[str, str], list[Group]] = {}
    for group in current:
        named.setdefault(_name(group), []).append(group)
    partners: dict[int, Group] = {}
    for limit in (0, None):
        for index, group in enumerate(base):
            free = named.get(_name(group), [])
            if index not in partners and (partner := _closest(group, free, limit)):
                free.remove(partner)
                partners[index] = partner
    pairs: list[Pair] = [(group, partners.get(index)) for index, group in enumerate(base)]
    return [*pairs, *((None, group) for free in named.values() for group in free)]


def _name(group: Group) -> tuple[str, str]:
    return group.first.method, group.first.dataset


def _closest(group: Group, others: Sequence[Group], limit: int | None) -> Group | None:
    """Those of other cells that differ least from some, in at most so many points."""
    counted = [(len(differences(group, other)), index) for index, other in enumerate(others)]
    count, index = min(counted, default=(0, -1))
    return others[index] if counted and (limit is None or count <= limit) else None


def differences(base: Group, current: Group) -> list[str]:
    """What was asked for otherwise, and which data are others; a few words each.

    A parameter that one side does not know is no difference: who sets it sees it in the label, and
    its default belongs to the code that is compared.
    """
    before, now = base.first.configuration, current.first.configuration
    unknown = {name for name in before.keys() ^ now.keys() if name.startswith(PARAMETER)}
    found = _changes(
        *({n: t for n, t in each.items() if n not in unknown} for each in (before, now))
    )
    old, new = base.first.data, current.first.data
    for name in dict.fromkeys((*old, *new)):
        if name not in old or name not in new:
            found.append(f"{name}: {'not' if name in new else 'only'} in the base")
        elif not old[name].is_same(new[name]):
            found.append(f"{name}: other pixels")
    return found


def meaning_differs(base: GatedScore, current: GatedScore) -> list[str]:
    """Why two scores by a metric of one name do not mean the same; a few words each."""
    found = _changes(_meaning(base.column), _meaning(current.column))
    if base.data != current.data:
        found.append("data of the metric: others")
    return found


def conditions_differ(base: Group, current: Group) -> list[str]:
    """How the machines and versions differ on which two sides were timed; a few words each."""
    sides = [_of_machine(each.first.conditions) for each in (base, current)]
    if not all(sides):
        return ["the machine: not known on both sides"]
    return _changes(*sides)


def _of_machine(conditions: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in conditions.items() if not key.startswith(_UNDER_TEST)}


def _meaning(column: Column) -> dict[str, str]:
    return {name.replace("_", " "): str(getattr(column, name)) for name in _MEANING}


def _changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    return [
        f"{name}: {old.get(name, 'none')} → {new.get(name, 'none')}"
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    ]
