"""Credentials: the three values that sign, and the places they come from.

- `keys`: `Credentials`, which shows no secret.
- `tokens`: what an access token says of itself.
- `sources`: the environment, a ``.env`` file, and the chain of all places (`find_credentials`).
- `keyrings`: named sets in the system's keyring.
- `oauth`: the token files of the official SDK.
- `renewal`: putting a refreshed token back where the old one came from.
"""

from __future__ import annotations

from jupyter_openapi.credentials.keyrings import forget_profile, profiles, store_profile
from jupyter_openapi.credentials.keys import Credentials
from jupyter_openapi.credentials.sources import Found, Kept, Source, find_credentials, keep_token
from jupyter_openapi.credentials.tokens import TokenFacts, token_facts, validity

__all__ = [
    "Credentials",
    "Found",
    "Kept",
    "Source",
    "TokenFacts",
    "find_credentials",
    "forget_profile",
    "keep_token",
    "profiles",
    "store_profile",
    "token_facts",
    "validity",
]
