"""Answers questions in the event loop: from memory where that can be trusted, else by one query for many at once.

Time is cut into turns of the loop. A turn begins with the first question in it: then, and not before, the sign of
changes is read, so that whatever was committed before a client asked is known when it is answered. It ends when all
that could be answered is: then the turn's uses are spooled by one write, and only then do the answers leave. A use that
was answered is on file; one that cannot be filed is not answered.

Nothing is answered from memory while it may be out of step: after a sign of changes, not until they have been read;
and 503 once no reading has succeeded for settings.VERIFY_MAX_STALE seconds.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from api.answers import ApiError
from api.verify import answers, judging, questions
from api.verify.answers import Answer
from api.verify.judging import Presented
from api.verify.questions import Question
from api.verify.repeats import Repeat, Repeats
from api.verify.throttle import Throttle
from keys import revisions, standings
from keys.cache import Cache, Entry
from keys.standings import Standing
from keys.usage import spool
from keys.verification import Outcome

log = logging.getLogger(__name__)
T = TypeVar("T")
Deliver = Callable[[Answer], None]

BATCH = 200
"""Texts that are looked up by one query."""

PATIENCE = 2.0
"""Seconds to wait for the database before saying 503."""


class Unavailable(Exception):
    """What is asked of the database cannot be known now."""


class Verifier:
    """One process's answers. Everything but the database happens in the loop that `start` was called in."""

    def __init__(self) -> None:
        self.cache: Cache[Standing, Answer] = Cache(settings.VERIFY_CACHE)
        self.repeats = Repeats(settings.VERIFY_CACHE)
        self._in_step: list[Cache[Any, Any]] = [self.cache]
        self._throttle = Throttle(settings.VERIFY_UNKNOWN)
        self._database: Executor = ThreadPoolExecutor(2, thread_name_prefix="verify")
        self._now: datetime = timezone.now()
        self._in_turn = False
        self._told: list[tuple[Deliver, Answer, bytes]] = []
        self._missing: list[tuple[Presented, Deliver]] = []
        self._looking: asyncio.Task[None] | None = None
        self._pausing: list[tuple[int, asyncio.Future[None]]] = []
        self._waiting: list[tuple[int, Presented, Deliver]] = []
        self._signs = 0
        self._is_behind = True
        self._is_stale = False
        self._position: revisions.Position | None = None
        self._fresh_at = float("-inf")
        self._stopping = threading.Event()

    async def start(self) -> None:
        """Begin to follow what changes. Questions asked before the first reading wait for it."""
        self._loop = asyncio.get_running_loop()
        self._sign = revisions.sign()
        self._wake = asyncio.Event()
        self._following = self._loop.create_task(self._follow())
        threading.Thread(target=revisions.listen, args=(self._be_woken, self._stopping), daemon=True).start()

    async def stop(self) -> None:
        """Answer what was asked, and follow no more."""
        self._stopping.set()
        self._wake.set()
        await self._following
        if self._looking:
            await self._looking
        self._end_turn()
        self._database.shutdown(wait=False, cancel_futures=True)

    def ask(self, question: Question, deliver: Deliver) -> None:
        """Answer a question, by the end of this turn or when what it needs has been read. Calls `deliver` once."""
        try:
            self.judge(questions.read(question), deliver)
        except ApiError as refusal:
            deliver(answers.error(refusal))
        except Exception:
            log.exception("A question cannot be answered.")
            deliver(answers.UNAVAILABLE)

    def ask_again(self, mark: bytes, deliver: Deliver) -> bool:
        """Whether the question with this mark was asked before, and what it came to then is known to hold: then it is
        answered like all others of this turn."""
        self._begin_turn()
        if self._is_behind or self._is_stale:
            return False
        repeat = self.repeats.get(mark, self._now)
        if repeat is None:
            return False
        self._conclude(deliver, repeat.answer, repeat.line)
        return True

    def judge(self, asked: Presented, deliver: Deliver) -> None:
        """The same, for what has been read from a request already."""
        self._begin_turn()
        if self._is_stale:
            deliver(answers.UNAVAILABLE)
        elif self._is_behind:
            self._waiting.append((self._signs, asked, deliver))
        else:
            self._decide(asked, deliver)

    def keep_in_step(self, cache: Cache[Any, Any]) -> None:
        """Have another cache forget what changes, before any question is judged that came after the change."""
        self._in_step.append(cache)

    async def in_step(self) -> None:
        """Wait until all that was committed before this is known. Raises Unavailable."""
        self._begin_turn()
        if self._is_stale:
            raise Unavailable
        if self._is_behind:
            known = self._loop.create_future()
            self._pausing.append((self._signs, known))
            await known

    def count(self, deliver: Deliver, answer: Answer, line: bytes) -> None:
        """Give an answer that was found elsewhere, once this line is counted."""
        self._begin_turn()
        self._conclude(deliver, answer, line)

    def _decide(self, asked: Presented, deliver: Deliver) -> None:
        """Judge by what is remembered, which is in step with all that was committed before the question came."""
        if entry := self.cache.get(asked.text):
            self._recognize(asked, entry, deliver)
        elif outcome := judging.without_looking(asked.text):
            self._conclude(deliver, *asked.of_unknown(outcome))
        else:
            self._miss(asked, deliver)

    def _recognize(self, asked: Presented, entry: Entry[Standing, Answer], deliver: Deliver) -> None:
        try:
            answer, line = asked.of_known(entry, self._now)
        except Exception:
            log.exception("A question cannot be answered.")
            _hand_over(deliver, answers.UNAVAILABLE)
            return
        self.repeats.keep(asked.mark, Repeat(entry, answer, line))
        self._conclude(deliver, answer, line)

    # Turns -----------------------------------------------------------------------------------------------------

    def _begin_turn(self) -> None:
        if self._in_turn:
            return
        self._in_turn = True
        self._now = timezone.now()
        self._is_stale = self._position is not None and _clock() - self._fresh_at > settings.VERIFY_MAX_STALE
        self._loop.call_soon(self._end_turn)
        if self._has_moved():
            self._signs += 1
            self._is_behind = True
            self._wake.set()

    def _has_moved(self) -> bool:
        try:
            return self._sign.moved()
        except Exception:
            log.exception("The sign of changes cannot be read.")
            return True

    def _conclude(self, deliver: Deliver, answer: Answer, line: bytes) -> None:
        self._told.append((deliver, answer, line))

    def _end_turn(self) -> None:
        """File the turn's uses, then let its answers go."""
        self._in_turn = False
        told, self._told = self._told, []
        if not told:
            return
        is_counted = self._is_counted([line for _, _, line in told])
        for deliver, answer, _ in told:
            _hand_over(deliver, answer if is_counted else answers.UNCOUNTED)

    def _is_counted(self, lines: list[bytes]) -> bool:
        try:
            spool.current().write(lines, at_ms=int(self._now.timestamp() * 1000))
        except OSError:
            return False  # the spool has said so itself
        except Exception:
            log.exception("Uses cannot be counted.")
            return False
        return True

    # Look-ups --------------------------------------------------------------------------------------------------

    def _miss(self, asked: Presented, deliver: Deliver) -> None:
        if not self._throttle.allows(asked.network, minute=int(self._now.timestamp()) // 60):
            self._conclude(deliver, *asked.of_unknown(Outcome.THROTTLED))
            return
        self._throttle.count(asked.network)
        self._missing.append((asked, deliver))
        if self._looking is None or self._looking.done():
            self._looking = self._loop.create_task(self._look_up())

    async def _look_up(self) -> None:
        """Look up all that is missing, so many at a time; what comes meanwhile waits for the next time."""
        while self._missing:
            batch, self._missing = self._missing[:BATCH], self._missing[BATCH:]
            revision = self.cache.revision
            try:
                found = await self.in_database(standings.find, {asked.text for asked, _ in batch})
            except Unavailable:
                for _, deliver in batch:
                    _hand_over(deliver, answers.UNAVAILABLE)
                continue
            self._begin_turn()
            for asked, deliver in batch:
                self._looked_up(asked, deliver, found.get(asked.text), revision)

    def _looked_up(self, asked: Presented, deliver: Deliver, standing: Standing | None, revision: int) -> None:
        if standing is None:
            self._conclude(deliver, *asked.of_unknown(Outcome.UNKNOWN))
        else:
            self._throttle.forgive(asked.network)
            entry: Entry[Standing, Answer] = self.cache.put(asked.text, standing, revision=revision)
            self._recognize(asked, entry, deliver)

    async def in_database(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call it in a thread that keeps a connection. Unavailable if that fails, or takes longer than PATIENCE."""
        calling = self._loop.run_in_executor(self._database, _with_connection, function, arguments)
        try:
            return await asyncio.wait_for(calling, PATIENCE)
        except (DatabaseError, TimeoutError) as trouble:
            log.warning("The database does not answer: %s", type(trouble).__name__)
            raise Unavailable from trouble
        except Exception as trouble:
            log.exception("What the database says cannot be read.")
            raise Unavailable from trouble

    # Keeping in step -------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Read what changed, at every sign of it and at every pulse."""
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                await self._catch_up()
            except Unavailable:
                self._refuse_waiting()
            except Exception:
                log.exception("What changed cannot be followed.")
                self._refuse_waiting()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), revisions.PULSE)
        self._refuse_waiting()

    def _be_woken(self) -> None:
        """Called in the listener's thread, perhaps when the loop is already gone."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._wake.set)

    async def _catch_up(self) -> None:
        signs, began = self._signs, _clock()
        if self._position is None:
            self._position = await self.in_database(revisions.position)
        else:
            changes = await self.in_database(revisions.since, self._position)
            if not changes.is_whole:
                log.warning("More may have changed than can be told: everything is forgotten.")
            for cache in self._in_step:
                cache.forget(changes.subjects)
                if not changes.is_whole:
                    cache.clear()
            self._position = changes.position
        self._fresh_at, self._is_stale = began, False
        self._is_behind = signs != self._signs
        self._release(signs)

    def _release(self, signs: int) -> None:
        """Judge what has waited for the signs until now. What came after a later one waits on: else a database that
        is written to all the time would keep everybody waiting."""
        waiting, self._waiting = self._waiting, [one for one in self._waiting if one[0] > signs]
        self._begin_turn()
        for sign, asked, deliver in waiting:
            if sign <= signs:
                self._decide(asked, deliver)
        pausing, self._pausing = self._pausing, [one for one in self._pausing if one[0] > signs]
        for sign, known in pausing:
            if sign <= signs and not known.done():
                known.set_result(None)

    def _refuse_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for _, _, deliver in waiting:
            _hand_over(deliver, answers.UNAVAILABLE)
        pausing, self._pausing = self._pausing, []
        for _, known in pausing:
            if not known.done():
                known.set_exception(Unavailable())


def _clock() -> float:
    """Seconds that go on while the machine sleeps: what was fresh before is not fresh after."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _hand_over(deliver: Deliver, answer: Answer) -> None:
    """One who cannot take an answer keeps nobody else from theirs."""
    try:
        deliver(answer)
    except Exception:
        log.exception("An answer cannot be delivered.")


def _with_connection(function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
    """Call a function that reads, on this thread's connection; once more on another if that one was broken."""
    try:
        return function(*arguments)
    except DatabaseError:
        connection.close()
        return function(*arguments)
