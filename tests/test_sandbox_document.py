"""Schemathesis over the sandbox's own /openapi.json: no 5xx, no reply its document doesn't allow.

Requests come from the document, right ones and wrong ones; each is signed as it leaves.
"""

from __future__ import annotations

import json
from collections import Counter

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from support import soak
from support.sandbox import SandboxProcess

from jupyter_openapi.signing import SignatureAuth

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def schema(sandbox: SandboxProcess) -> schemathesis.BaseSchema:
    document = json.loads(sandbox.client.send("GET", "/openapi.json", "", b"", {}).content)
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=sandbox.url)
    return schema


@pytest.mark.timeout(900)
def test_no_request_gets_a_5xx_or_a_reply_the_document_does_not_allow(
    sandbox: SandboxProcess, schema: schemathesis.BaseSchema
) -> None:
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 50
    cases = -(-soak(2000) // (2 * len(operations)))
    seen: Counter[int] = Counter()
    auth = SignatureAuth(sandbox.credentials)
    with requests.Session() as session:
        session.trust_env = False
        for operation in operations:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

                @settings(
                    max_examples=cases,
                    deadline=None,
                    database=None,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )
                @given(operation.as_strategy(generation_mode=mode))
                def check(case: schemathesis.Case) -> None:
                    response = case.call(session=session, auth=auth)
                    seen[response.status_code] += 1
                    case.validate_response(response, checks=CHECKS)

                check()
    assert sum(seen.values()) >= soak(2000) * 0.8
    assert seen[200] > 0
    assert seen[400] > 0
    assert set(seen) <= {200, 400, 404}
    assert sandbox.process.poll() is None


def test_after_all_that_the_account_still_works(sandbox: SandboxProcess) -> None:
    sandbox.client.post("/sandbox/reset")
    order = sandbox.client.order(sandbox.client.submit(order_type="MO"))
    assert order["status"] == "FilledStatus"
