"""The parts of which pages are made: semantic tags, and one component per dense or ticking panel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nicegui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

_COMPONENTS = Path(__file__).parents[1] / "components"
_LEAFLET = Path(nicegui.__file__).parent / "elements" / "leaflet" / "dist"


class Text(TextElement):
    """A tag with text, escaped."""

    def __init__(self, tag: str, text: str, **attributes: Any) -> None:
        super().__init__(tag=tag, text=text)
        _set(self, attributes)


class Box(Element):
    """A tag that holds others."""

    def __init__(self, tag: str, css: str = "", **attributes: Any) -> None:
        super().__init__(tag)
        if css:
            self.classes(css)
        _set(self, attributes)


class Part(Element):
    """A component that is shown anew by its props; those that did not change are not sent."""

    def __init__(self, **props: Any) -> None:
        super().__init__()
        self.show(**props)

    def show(self, **props: Any) -> None:
        """Set the props that changed, in one message."""
        changed = {
            name: value for name, value in props.items() if name not in self._props or self._props[name] != value
        }
        if changed:
            self._props.update(changed)


class Freshness(Part, component=_COMPONENTS / "freshness.js"):
    """How old the data is, judged in the browser."""


class Bell(Part, component=_COMPONENTS / "bell.js"):
    """What became of one's commands that were not waited for."""


class ExportList(Part, component=_COMPONENTS / "exportlist.js"):
    """A button that exports a list, its progress, and the file."""


class Keys(Part, component=_COMPONENTS / "keys.js"):
    """Keys that go to pages and open forms, and the list of them."""


class SystemTable(Part, component=_COMPONENTS / "systemtable.js"):
    """A table of short texts, each with its colour."""


class Tiles(Part, component=_COMPONENTS / "tiles.js"):
    """The figures on top."""


class Ladder(Part, component=_COMPONENTS / "ladder.js"):
    """What each rung solved, holds and passed up."""


class GridMap(Part, component=_COMPONENTS / "gridmap.js", esm={"nicegui-leaflet": str(_LEAFLET)}):
    """Grids shaded by their cases, without any tile from elsewhere."""

    def __init__(self, **props: Any) -> None:
        super().__init__(**props)
        self.add_resource(_LEAFLET)


class GridList(Part, component=_COMPONENTS / "gridlist.js"):
    """The same figures as the map, as a list of places."""


class Overdue(Part, component=_COMPONENTS / "overdue.js"):
    """What has been overdue longest."""


class BoardPart(Part, component=_COMPONENTS / "board.js"):
    """The levels of the joint meetings."""


class AgendaList(Part, component=_COMPONENTS / "agenda.js"):
    """The topics of a meeting, each a link, with what is decided so far."""


class MinutesPaper(Part, component=_COMPONENTS / "minutes.js"):
    """The minutes as they grow, in official layout."""


class LedgerRows(Part, component=_COMPONENTS / "ledgerrows.js"):
    """The entries of a ledger as a table, on a phone as cards."""


class Stream(Part, component=_COMPONENTS / "stream.js"):
    """The last facts."""


class Steps(Part, component=_COMPONENTS / "steps.js"):
    """Where a case stands on its way."""


class History(Part, component=_COMPONENTS / "history.js"):
    """Everything that happened to a case."""


class ClockBox(Part, component=_COMPONENTS / "clockbox.js"):
    """The clock of a case, counting while it runs."""


class Details(Part, component=_COMPONENTS / "details.js"):
    """Names and values."""


class QueueList(Part, component=_COMPONENTS / "queuelist.js"):
    """What waits at a desk."""


class ClaimBoard(Part, component=_COMPONENTS / "claimboard.js"):
    """Wishes on their way, a column a step."""


class Reveal(Part, component=_COMPONENTS / "reveal.js"):
    """What is personal, shown on asking with a reason."""


class ImportForm(Part, component=_COMPONENTS / "importform.js"):
    """A file of reports: a look before, the run, the rows left out."""


class OrderList(Part, component=_COMPONENTS / "orderlist.js"):
    """The list of cases on a phone."""


def _set(element: Element, attributes: dict[str, Any]) -> None:
    for name, value in attributes.items():
        element.props[name.rstrip("_").replace("_", "-")] = value
