"""Message templates, and the language they are shown in.

A message is a constant template with named fields:
``_("There is no profile '{name}'.").format(name=name)``. The
template is the key of the translation catalogues, so it never holds a value. Where the words
depend on a count there are two templates: ``ngettext("{count} row", "{count} rows", n).format(count=n)``.
"""

from __future__ import annotations

import gettext

_catalogue = gettext.NullTranslations()


def _(template: str) -> str:
    """Return the template in the language in use; English where the catalogue lacks it."""
    return _catalogue.gettext(template)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the template that fits a count, in the language in use; `one` and `many` are English."""
    return _catalogue.ngettext(one, many, count)


def use_catalogue(catalogue: gettext.NullTranslations) -> None:
    """Show messages from `catalogue` from now on."""
    global _catalogue  # noqa: PLW0603 (one language a process)
    _catalogue = catalogue
