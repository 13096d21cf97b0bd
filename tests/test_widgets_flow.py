"""Flow of a live panel's updates: when one goes, and what is in it. Time is a number here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from browser.fakes import until
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak

from jupyter_openapi.kernel import CellClock
from jupyter_openapi.widgets.flow import Flow, Pace, Pump, Update

PACE = Pace()


class Told:
    """A flow at a time that a test sets, with the cell that runs."""

    def __init__(self, **pace: float) -> None:
        self.now, self.began, self.state = 100.0, None, {"a": 0}
        self.flow = Flow(Pace(**pace), lambda: self.began, self.now)

    def sent(
        self, seconds: float, *, change: bool = True, paint: str = "", ahead: int = 0
    ) -> list[tuple[float, Update]]:
        """Let time pass in steps of 10 ms, with a change at each; return what was sent, and when."""
        found = []
        for _ in range(round(seconds * 100)):
            self.now += 0.01
            if change:
                self.state = {**self.state, "a": self.state["a"] + 1}
                self.flow.touch()
            if self.flow.due(self.now) == 0 and (update := self.flow.take(self.state, self.now)):
                found.append((self.now, update))
                if paint:
                    self.flow.painted(paint, update.number, self.now, ahead)
        return found

    def hello(self, page: str = "p") -> None:
        self.flow.asked(page, self.now, whole=True)


@pytest.fixture
def told() -> Told:
    return Told()


def test_a_page_that_paints_gets_ten_a_second_and_only_what_changed(told: Told) -> None:
    told.state = {"a": 0, "same": [1, 2]}
    told.hello()
    found = told.sent(2, paint="p")
    assert 18 <= len(found) <= 21
    gaps = [after[0] - before[0] for before, after in pairwise(found)]
    assert min(gaps) >= PACE.gap - 1e-9
    assert found[0][1].base == 0
    assert set(found[0][1].changed) == {"a", "same"}
    assert all(set(update.changed) == {"a"} for _at, update in found[1:])
    assert all(update.base == update.number - 1 for _at, update in found[1:])


def test_the_next_waits_for_a_page_that_has_not_painted(told: Told) -> None:
    told.hello()
    (first,) = told.sent(1)
    told.flow.painted("p", first[1].number, told.now)
    assert len(told.sent(1)) == 1


def test_a_page_that_lets_some_come_unasked_speaks_once_a_second(told: Told) -> None:
    told.hello()
    told.sent(0.2, paint="p", ahead=15)
    found = []
    for _ in range(5):
        found += told.sent(1)
        told.flow.painted("p", told.flow.number, told.now, 15)
    assert 48 <= len(found) <= 51
    assert all(update.base == update.number - 1 for _at, update in found)
    assert all(set(update.changed) == {"a"} for _at, update in found)


@pytest.mark.parametrize(("ahead", "most"), [(0, 1), (4, 5), (15, 16), (10**6, 16), (-5, 1)])
def test_what_comes_unasked_ends_soon_when_the_page_is_gone(told: Told, ahead: int, most: int) -> None:
    told.hello()
    told.sent(0.2, paint="p", ahead=ahead)
    assert len(told.sent(60)) in {most - 1, most}


def test_a_page_that_is_slow_takes_back_what_it_let_come(told: Told) -> None:
    told.hello()
    told.sent(1, paint="p", ahead=15)
    told.flow.painted("p", told.flow.number, told.now, 0)
    assert len(told.sent(1.5)) == 1
    told.hello()  # it was hidden, and shows nothing now: it is waited for
    ((_at, whole),) = told.sent(1.5)
    assert whole.base == 0


def test_a_second_page_is_waited_for_though_the_first_lets_some_come(told: Told) -> None:
    told.hello()
    told.sent(1, paint="p", ahead=15)
    told.hello("q")
    found = told.sent(0.7, paint="p", ahead=15)
    assert [update.base for _at, update in found] == [0]
    told.flow.painted("q", told.flow.number, told.now, 15)
    assert len(told.sent(1)) >= 9


def test_a_cell_that_hears_nothing_gets_what_was_let_come_and_then_two_a_second(told: Told) -> None:
    told.hello()
    told.sent(1, paint="p", ahead=8)
    known = told.flow.number
    told.began = told.now
    found = told.sent(6)
    assert 8 + 9 <= len(found) <= 9 + 11
    # What the page is not known to have is in each, for it can't ask.
    assert {update.base for _at, update in found} == {known}


def test_when_no_page_answers_nothing_goes(told: Told) -> None:
    assert told.sent(5) == []  # none was ever there
    told.hello()
    assert len(told.sent(60)) == 1
    told.flow.painted("p", 1, told.now)
    told.flow.gone("p", told.now)
    assert told.sent(60) == []


def test_a_page_that_asks_is_answered_though_nothing_changed(told: Told) -> None:
    told.hello()
    assert len(told.sent(1, change=False, paint="p")) == 1
    told.flow.asked("p", told.now, whole=False)
    ((_at, update),) = told.sent(1, change=False, paint="p")
    assert update.changed == {}


def test_nothing_goes_when_nothing_changed(told: Told) -> None:
    told.hello()
    told.sent(1, change=False, paint="p")
    for _ in range(10):
        told.flow.touch()
        assert told.sent(0.5, change=False, paint="p") == []


def test_a_second_page_gets_the_whole_state_and_is_waited_for_a_while(told: Told) -> None:
    told.hello()
    told.sent(1, paint="p")
    told.hello("q")
    found = told.sent(4, paint="p")
    assert found[0][1].base == 0
    # It paints nothing: the first page waits for it for a moment, then goes on alone.
    assert found[1][0] - found[0][0] >= PACE.patience - 0.02
    assert len(found) >= 10
    told.flow.painted("q", told.flow.number, told.now)
    assert len(told.sent(PACE.patience, paint="p")) <= 2  # it is there again, and too slow


def test_a_page_that_was_closed_a_while_ago_is_not_waited_for(told: Told) -> None:
    told.hello("old")
    told.sent(1, paint="old")
    told.now += PACE.alive
    told.hello("new")
    found = told.sent(1, paint="new")
    assert [update.base for _at, update in found[:2]] == [0, found[0][1].number]
    assert len(found) >= 9


def test_a_cell_whose_kernel_hears_nothing_gets_two_a_second(told: Told) -> None:
    told.hello()
    told.sent(1, paint="p")
    told.began = told.now
    found = told.sent(5)
    assert 9 <= len(found) <= 11
    # What is not known to be painted is in each that follows: a page that missed one misses nothing.
    assert {update.base for _at, update in found} == {told.flow.number - len(found)}
    told.began = None
    assert told.sent(5) == []
    told.flow.painted("p", told.flow.number, told.now)
    assert told.sent(1, paint="p")[0][1].base == found[-1][1].number


def test_a_cell_whose_kernel_hears_the_page_changes_nothing(told: Told) -> None:
    told.hello()
    told.sent(1, paint="p")
    told.began = told.now
    assert len(told.sent(1)) <= 3  # until the first word of the page
    told.flow.painted("p", told.flow.number, told.now)
    assert len(told.sent(1, paint="p")) >= 9
    assert len(told.sent(30)) == 1  # heard in this cell, and then gone


def test_a_panel_shown_in_the_very_cell_that_computes_is_told_though_its_page_can_t_be_heard(
    told: Told,
) -> None:
    told.began = told.now - 0.5
    found = told.sent(3)
    assert 5 <= len(found) <= 7
    assert all(update.base == 0 for _at, update in found)


def test_a_page_that_was_silent_before_the_cell_began_gets_nothing(told: Told) -> None:
    told.hello()
    told.sent(1, paint="p")
    told.now += 60
    told.began = told.now
    assert len(told.sent(30)) == 1  # the one that its last word allowed


def test_cells_one_after_the_other_whose_kernel_hears_nothing_in_between_are_as_one(told: Told) -> None:
    told.hello()
    told.sent(1, paint="p")
    for _ in range(3):  # Run All: what the page says waits behind the last of them
        told.began = told.now + 0.005
        found = told.sent(20)
        assert 39 <= len(found) <= 41
    told.began = None
    told.sent(3)
    told.began = told.now + 0.005  # idle for seconds, the kernel would have heard a page
    assert told.sent(20) == []


def test_it_counts_as_left_a_minute_after_the_last_sign_of_life(told: Told) -> None:
    told.hello()
    told.sent(1, paint="p")
    told.now += 59
    assert 0 < told.flow.left(told.now) <= 1.01
    told.flow.asked("p", told.now, whole=False)
    assert told.flow.left(told.now) == 60
    told.began = told.now + 0.5  # a long cell in which nobody can be heard is nobody's leaving
    for _ in range(600):
        told.now += 1
        assert told.flow.left(told.now) > 0
    told.began = None
    assert told.flow.left(told.now) > 50
    told.now += 61
    assert told.flow.left(told.now) < 0


def test_keys_that_are_gone_make_the_update_a_whole_one(told: Told) -> None:
    told.hello()
    told.sent(1, paint="p")
    told.state = {"b": 1, "a": 5}
    told.sent(1, change=False, paint="p")
    told.state = {"b": 1}
    told.flow.touch()
    ((_at, update),) = told.sent(1, change=False, paint="p")
    assert update == Update(update.number, 0, {"b": 1})


@settings(max_examples=soak(500), deadline=None)
@given(st.lists(st.tuples(st.sampled_from("tpPgaAs"), st.sampled_from("xyz")), max_size=60))
def test_every_page_that_paints_shows_the_state(steps: list[tuple[str, str]]) -> None:
    """Whatever pages do, what each has after an update that reached it is the whole state of that moment."""
    told = Told()
    shown: dict[str, dict[str, Any]] = {}
    for place, (what, page) in enumerate(steps):
        told.now += 0.3
        if what == "t":
            told.state = {**told.state, page: place}
            told.flow.touch()
        elif what == "g":
            shown.pop(page, None)
            told.flow.gone(page, told.now)
        elif what in "pP" and page in shown:
            told.flow.painted(page, told.flow.number, told.now, 3 if what == "P" else 0)
        elif what == "a" and page in shown:
            told.flow.asked(page, told.now, whole=False)
        elif what == "A":
            shown[page] = {}
            told.flow.asked(page, told.now, whole=True)
        if told.flow.due(told.now) == 0 and (update := told.flow.take(told.state, told.now)):
            for name, known in shown.items():
                shown[name] = {**(known if update.base else {}), **update.changed}
                assert shown[name] == told.state


def test_a_pump_carries_leaves_once_and_starts_again() -> None:
    sent: list[Update] = []
    left = threading.Event()
    state = {"n": 0}
    flow = Flow(Pace(leave=0.3), lambda: None, 0.0)
    pump = Pump(flow, lambda: dict(state), sent.append, left.set)
    pump.asked("p", whole=True)
    assert until(lambda: sent)
    pump.painted("p", 1)
    state["n"] = 1
    pump.touch()
    assert until(lambda: len(sent) == 2)
    assert sent[1] == Update(2, 1, {"n": 1})
    assert left.wait(5)
    assert until(lambda: not pump.running)
    pump.asked("p", whole=True)
    assert until(lambda: len(sent) == 3)
    assert pump.running
    pump.close()
    assert until(lambda: not pump.running)


def test_a_state_that_can_t_be_made_stops_nothing() -> None:
    sent: list[Update] = []
    broken = [True]

    def state() -> dict[str, Any]:
        if broken.pop():
            broken.append(False)
            raise ValueError
        broken.append(False)
        return {"n": 1}

    pump = Pump(Flow(Pace(), lambda: None, 0.0), state, sent.append, lambda: None)
    pump.asked("p", whole=True)
    assert until(lambda: sent)
    pump.close()


def test_the_clock_of_cells_follows_the_shell() -> None:
    heard: dict[str, Any] = {}

    class Events:
        def register(self, name: str, callback: Any) -> None:
            heard[name] = callback

    class Shell:
        events = Events()

        def run_code(self, run: Callable[[], CellClock]) -> CellClock:
            return run()

    shell = Shell()
    assert CellClock(shell).began is None  # made between two cells
    clock = shell.run_code(lambda: CellClock(shell))
    assert clock.began is not None  # it is made in a cell
    heard["post_run_cell"](None)
    assert clock.began is None
    heard["pre_run_cell"](None)
    first = clock.began
    heard["pre_run_cell"](None)  # a cell that runs another
    heard["post_run_cell"](None)
    assert clock.began == first
    heard["post_run_cell"](None)
    heard["post_run_cell"](None)
    assert clock.began is None
    assert CellClock(None).began is None


class Pages(Told):
    """A flow and its pages: ``r`` paints what it is sent, 20 ms later, while it is seen; others do as told.

    What pages say while a cell runs is heard when it has ended.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seen = True
        self.shown: dict[str, Any] = {}
        self.shown_at = self.now  # of which moment the state is that `r` shows
        self.sent_count = 0
        self._unheard: list[Callable[[], None]] = []
        self._coming: list[tuple[float, Update, float]] = []

    def say(self, word: Callable[[], None]) -> None:
        if self.began is None:
            word()
        else:
            self._unheard.append(word)

    def cell(self, *, begins: bool) -> None:
        self.began = self.now + 0.005 if begins else None  # after all that was heard
        while not begins and self._unheard:
            self._unheard.pop(0)()

    def hello(self, page: str = "r") -> None:
        self.say(lambda: self.flow.asked(page, self.now, whole=True))

    def step(self) -> None:
        """Let 10 ms pass, in which the state changes."""
        self.now += 0.01
        self.state = {**self.state, "a": self.state["a"] + 1}
        self.flow.touch()
        if self.flow.due(self.now) == 0 and (update := self.flow.take(self.state, self.now)):
            self.sent_count += 1
            self._coming.append((self.now + 0.02, update, self.now))
        while self.seen and self._coming and self._coming[0][0] <= self.now:
            _at, update, made = self._coming.pop(0)
            self._paint(update, made)

    def _paint(self, update: Update, made: float) -> None:
        self.shown = {**(self.shown if update.base else {}), **update.changed}
        self.shown_at = made
        self.say(lambda: self.flow.painted("r", update.number, self.now))

    def pass_(self, seconds: float) -> float:
        """Let time pass; return how old what `r` shows was at most."""
        oldest = 0.0
        for _ in range(round(seconds * 100)):
            self.step()
            oldest = max(oldest, self.now - self.shown_at)
        return oldest


@pytest.mark.parametrize("away", [0.5, 3, 14, 59, 600])
@pytest.mark.parametrize("others", [0, 3])
def test_a_page_that_comes_back_is_current_within_a_second_and_stays_so(away: float, others: int) -> None:
    pages = Pages()
    for other in range(others):  # they were shown once, and died without a word
        pages.hello(f"dead {other}")
        pages.flow.painted(f"dead {other}", 1, pages.now)
    pages.hello()
    pages.pass_(2)
    pages.seen = False
    before = pages.sent_count
    pages.pass_(away)
    assert pages.sent_count - before <= 5
    pages.seen = True
    pages.hello()
    pages.pass_(1)
    assert pages.shown["a"] >= pages.state["a"] - 100
    assert pages.pass_(20) <= 1


@settings(max_examples=soak(500), deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("hpgcChB "), st.sampled_from("xyz"), st.floats(0.02, 4)), max_size=25)
)
def test_a_page_that_paints_is_never_a_second_behind_whatever_others_do(
    steps: list[tuple[str, str, float]],
) -> None:
    """Others come, paint late or never, leave or die; cells run; this page goes away and comes back."""
    pages = Pages()
    pages.hello()
    pages.pass_(1)
    for what, page, seconds in steps:
        if what == "h":
            pages.hello(page)
        elif what == "p":
            number = pages.flow.number
            pages.say(lambda page=page, number=number: pages.flow.painted(page, number, pages.now))
        elif what == "g":
            pages.say(lambda page=page: pages.flow.gone(page, pages.now))
        elif what in "cC":
            pages.cell(begins=what == "c")
        elif what == "B" and pages.began is None:
            pages.seen = False
            pages.pass_(seconds)
            pages.seen = True
            pages.hello()
            pages.pass_(0.5)
        assert pages.pass_(seconds) <= 1
