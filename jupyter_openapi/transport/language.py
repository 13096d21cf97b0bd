"""The language that the broker is asked to answer in: names of securities, and its own messages.

Source: the official SDK's ``Language`` and its variable ``LONGBRIDGE_LANGUAGE``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.messages import LANGUAGES, VARIABLES, _, spelled


def language_named(text: object, where: str = "language") -> str:
    """Return a language as it is spelled: ``en``, ``zh-CN`` or ``zh-HK``.

    Parameters
    ----------
    text
        In any case, with a dash or an underscore.
    where
        What names it, for the message.

    Raises
    ------
    RequestRefused
        It is none of them.
    """
    if found := spelled(str(text)):
        return found
    raise RequestRefused(
        _("{where} is {languages}, not {given}.").format(
            where=where, languages=_(" or ").join(LANGUAGES), given=short(str(text), 40) or "''"
        )
    )


def choose_language(given: str | None = None, environ: Mapping[str, str] | None = None) -> str:
    """Return the language of a client: the one given, else the environment's, else English.

    Raises
    ------
    RequestRefused
        One that is not available was given, or stands in the variable.
    """
    if given is not None:
        return language_named(given)
    variables = os.environ if environ is None else environ
    for name in VARIABLES:
        if value := variables.get(name, "").strip():
            return language_named(value, name)
    return LANGUAGES[0]
