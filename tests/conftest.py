"""Settings shared by every test."""

from __future__ import annotations

import os
import tempfile

from hypothesis import HealthCheck, settings

# Proxies of the machine must not stand between a test and its own loopback server.
for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
    os.environ.pop(name, None)

# The journal and the shared limits of the tests are not the user's.
_home = tempfile.TemporaryDirectory(prefix="jupyter-openapi-tests-")
for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
    os.environ[name] = os.path.join(_home.name, name.lower())  # noqa: PTH118 (before pathlib is needed)

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
