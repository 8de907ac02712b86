"""Room for recursion: passes over a spec recurse with its nesting, and go on upon another stack where one is used up.

Python bounds the depth of calls by a limit that all threads of a process share, and by the stack of each thread, which
nobody can enlarge afterwards. A compiler that raised the limit would change what others run under, and two at once
would take it from each other. So nothing is changed: a function that recurses is marked with `deep`, which counts how
deep it stands, and goes on in another thread, at depth nothing, where the rest would not do. The first waits for it
and does nothing else meanwhile, so all happens in order. `on_own_stack` marks what is called from outside, where it is
not known how much is left.
"""

from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any, ParamSpec, TypeAlias, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

Args: TypeAlias = tuple[object, ...]
Kwargs: TypeAlias = Mapping[str, object]

#: The calls that lie between two marked functions that call one another, at the most; and those that may stand above
#: the last of them and recurse no more: a module that is loaded, a pattern that is compiled, a message that is worded.
_BETWEEN, _ABOVE = 16, 130

#: With room for fewer levels it is not worth the while to begin in the thread that calls; and after so many more it is
#: looked at again whether there is room.
_LEAST, _MORE, _LOW = 24, 8, 600

#: So many calls stand in all threads that wait for one another: what recurses deeper is a RecursionError, as ever.
_MOST_CALLS = 250_000

#: Bytes of stack that a thread needs at the least, and that each new one gets.
_ENOUGH, _STACK = 1 << 20, 8 << 20


class _State:
    """What is known of a thread."""

    __slots__ = ("depth", "most", "next", "toll", "waiting")

    def __init__(self) -> None:
        self.depth = 0  # of marked functions
        self.most = 0  # how deep they may stand; 0 in a thread that is not ours
        self.waiting = 0  # threads that wait for this one
        self.toll: Callable[[], None] | None = None  # called where work moves to another thread
        self.next: _Thread | None = None  # where it moves to


class _Here(threading.local):
    """The state of the thread that asks."""

    def __init__(self) -> None:
        self.state = _State()


_here = _Here()
_starting = threading.Lock()

_MARKED = """
def call({names}):
    state = here.state
    state.depth = depth = state.depth + 1
    try:
        if depth < state.most:
            return function({names})
        return further(state, function, ({names},))
    finally:
        state.depth = depth - 1
"""


def deep(function: Callable[P, T]) -> Callable[P, T]:
    """Mark a function that recurses with the nesting of a spec.

    The call is written out with the function's own parameters: one with `*args` takes room on the stack of Python 3.11
    itself, and counts twice there.
    """
    names = ", ".join(function.__code__.co_varnames[: function.__code__.co_argcount])
    scope: dict[str, Any] = {  # the names that what is compiled may use
        "function": function,
        "here": _here,
        "further": _further,
    }
    exec(_MARKED.format(names=names), scope)
    scope["call"].__defaults__ = function.__defaults__
    return wraps(function)(scope["call"])


def on_own_stack(function: Callable[P, T]) -> Callable[P, T]:
    """Mark a function that is called from outside: it runs in a thread of its own, unless there is known to be room."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        state = _here.state
        if state.most:
            return function(*args, **kwargs)
        return _from_outside(state, function, args, kwargs)

    return call


@contextmanager
def charged(toll: Callable[[], None]) -> Iterator[None]:
    """Have a function called whenever work moves to another thread, which takes as long as some steps of it."""
    state = _here.state
    before, state.toll = state.toll, toll
    try:
        yield
    finally:
        state.toll = before


def _from_outside(state: _State, function: Callable[..., T], args: Args, kwargs: Kwargs) -> T:
    """Call a function here, where this is the main thread and little of its stack in use, or else in a new one."""
    is_main = threading.current_thread() is threading.main_thread()
    stays = is_main and _has_room(_LEAST) and _main_stack() >= _ENOUGH
    state.most = state.depth + _LEAST if stays else 1
    try:
        return (_at_ease if stays else partial(_elsewhere, state))(function, args, kwargs)
    finally:
        state.most = 0
        _end_next(state)


def _at_ease(function: Callable[..., T], args: Args, kwargs: Kwargs) -> T:
    """Call a function with the frames of all calls above in one piece of memory.

    Python takes memory for frames in small pieces, gives a piece back when the first frame in it ends, and takes it
    again at the next call: a loop that stands at the edge of one is several times as slow. For a frame as large as this
    one is made it takes a piece with as much room behind it.
    """
    return function(*args, **kwargs)


_at_ease.__code__ = _at_ease.__code__.replace(co_stacksize=1 << 16)


def _further(state: _State, function: Callable[..., T], args: Args) -> T:
    """Call a function that stands as deep as is sure to be well; here still, where there is room after all."""
    if not state.most:
        return _from_outside(state, function, args, {})
    more = _more()
    if not _has_room(more):
        return _elsewhere(state, function, args, {})
    before, state.most = state.most, state.depth + more
    try:
        return function(*args)
    finally:
        state.most = before  # what comes next may take more calls from one level to the next


def _more() -> int:
    """Say after how many levels it is looked at again whether there is room: at each where the limit is low."""
    return _MORE if sys.getrecursionlimit() >= _LOW else 1


def _has_room(levels: int) -> bool:
    """Tell whether the limit leaves room for some more levels; Python 3.11 counts calls of generators twice."""
    limit = sys.getrecursionlimit() * 4 // 5
    most = limit - _ABOVE - levels * _BETWEEN
    if most <= 0:
        return False
    try:
        sys._getframe(most)
    except ValueError:  # so many calls there are not
        return True
    return False


def _elsewhere(state: _State, function: Callable[..., T], args: Args, kwargs: Kwargs) -> T:
    """Call a function in the next thread, and wait for it."""
    if state.waiting * sys.getrecursionlimit() >= _MOST_CALLS:
        raise RecursionError("more is nested than there is room for")
    if state.toll is not None:
        state.toll()
    if state.next is None:
        try:
            state.next = _Thread(state.waiting + 1)
        except (RuntimeError, MemoryError):  # no further thread is to be had: what there is must do
            return function(*args, **kwargs)
    try:
        value, error = state.next.call(function, args, kwargs, state.toll)
    except BaseException:  # the waiting was broken off
        _end_next(state)
        raise
    if error is None:
        return value
    try:
        raise error
    finally:
        del error  # which holds this frame


def _end_next(state: _State) -> None:
    if state.next is not None:
        state.next.end()
        state.next = None


class _Thread:
    """A thread that calls functions, one at a time, while another waits for it."""

    def __init__(self, waiting: int) -> None:
        self._is_idle = True
        self._waiting = waiting
        self._job: Callable[[], object] | None = None
        self._value: Any = None  # what the function gave that was called last
        self._error: BaseException | None = None
        self._given, self._done = threading.Lock(), threading.Lock()  # free where something is
        self._given.acquire()
        self._done.acquire()
        self._thread = threading.Thread(
            target=_at_ease, args=(self._run, (), {}), name="netdsl", daemon=True
        )
        _start(self._thread)

    def call(
        self,
        function: Callable[..., T],
        args: Args,
        kwargs: Kwargs,
        toll: Callable[[], None] | None,
    ) -> tuple[T, BaseException | None]:
        """Have a function called, wait for it, and tell what it gave and what it raised."""
        context = contextvars.copy_context()

        def job() -> T:
            _here.state.toll = toll
            return context.run(function, *args, **kwargs)

        self._job, self._is_idle = job, False
        self._given.release()
        self._done.acquire()
        value, error = self._value, self._error
        self._value = self._error = None
        return value, error

    def end(self) -> None:
        """Let the thread end: now, or once it is through with what nobody waits for any more."""
        is_idle, self._job = self._is_idle, None
        self._given.release()
        if is_idle:
            self._thread.join()

    def _run(self) -> None:
        state = _here.state
        state.waiting, state.most = self._waiting, _more()
        while True:
            self._given.acquire()
            job = self._job
            if job is None:
                break
            try:
                self._value = job()
            except BaseException as error:
                self._error = error
            del job
            self._is_idle = True
            self._done.release()
        _end_next(state)


def _start(thread: threading.Thread) -> None:
    """Start a thread with enough stack, also where the program has asked for less, or the system gives less.

    The size is the process's, and cannot even be read without being set: it is as it was a moment later, and what
    another thread starts meanwhile has more than it asked for.
    """
    with _starting:
        asked = threading.stack_size(_STACK)
        try:
            thread.start()
        finally:
            threading.stack_size(asked)


def _main_stack() -> int:
    """Give the bytes of stack that the main thread has, as far as the system tells."""
    if sys.platform == "win32":
        return _STACK
    import resource

    size = resource.getrlimit(resource.RLIMIT_STACK)[0]
    return _STACK if size == resource.RLIM_INFINITY else size
