"""One test for hundreds of like cases, where a runner's own work for a test each costs more than they do."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest

SHOWN = 10


def each(names: str, cases: Iterable[Any], by: Callable[..., str] = repr) -> Callable[[Any], Any]:
    """Call a test with every case, even when some fail; fail with those that did, named and with tracebacks.

    Fixtures are made once for all cases: use it where no case leaves anything to the next.

    Parameters
    ----------
    names
        The test's argument for a case, or several with commas, when a case is a tuple of as many.
    cases
        At least one.
    by
        How a case is called, from its values; their ``repr`` unless given.
    """
    arguments = [name.strip() for name in names.split(",")]
    given = [case if len(arguments) > 1 else (case,) for case in cases]
    assert given, "no case to test"
    called = by if by is not repr else lambda *case: ", ".join(map(repr, case))

    def decorated(test: Callable[..., None]) -> Callable[..., None]:
        parameters = inspect.signature(test).parameters
        assert set(arguments) <= set(parameters), "the test does not take these arguments"

        def whole(**fixtures: Any) -> None:
            failed = []
            for case in given:
                try:
                    test(**dict(zip(arguments, case, strict=True)), **fixtures)
                except pytest.skip.Exception:
                    raise AssertionError("a case of many cannot be skipped") from None
                except pytest.fail.Exception as failure:
                    failed.append(_named(AssertionError(str(failure)), called(*case)))
                except Exception as failure:  # noqa: BLE001 - whatever it is, it is raised below
                    failed.append(_named(failure, called(*case)))
            if failed:
                shown = failed[:SHOWN]
                said = f"{len(failed)} of {len(given)} cases fail, of which {len(shown)} are shown"
                raise ExceptionGroup(said, shown)

        whole.__name__, whole.__doc__, whole.__module__ = test.__name__, test.__doc__, test.__module__
        whole.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [one for name, one in parameters.items() if name not in arguments]
        )
        whole.pytestmark = list(getattr(test, "pytestmark", ()))  # type: ignore[attr-defined]
        return whole

    return decorated


def _named(failure: Exception, case: str) -> Exception:
    failure.add_note(f"The case: {case}")
    return failure
