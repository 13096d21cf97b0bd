"""Message templates, and the language they are shown in.

A message is a constant template with named fields:
``_("There is no profile '{name}'.").format(name=name)``. The
template is the key of the translation catalogues, so it never holds a value.
"""

from __future__ import annotations

import gettext

_catalogue = gettext.NullTranslations()


def _(template: str) -> str:
    """Return the template in the language in use; English where the catalogue lacks it."""
    return _catalogue.gettext(template)


def use_catalogue(catalogue: gettext.NullTranslations) -> None:
    """Show messages from `catalogue` from now on."""
    global _catalogue  # noqa: PLW0603 (one language a process)
    _catalogue = catalogue
