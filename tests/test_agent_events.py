"""A run of an AI agent, which the broker answers with a stream of events in place of an envelope."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.broker import client_of
from support.wire import recorder

from jupyter_openapi import ApiError, OutcomeUnknown, TransportError
from jupyter_openapi.transport.responses import read_events

WHERE = {"agent_id": "a1", "chat_uid": "c1", "message_id": "7"}
RUN: list[dict[str, Any]] = [
    {"event": "chat_started", "data": {"chat_uid": "c1", "message_id": 7}},
    {"event": "message", "data": {"type": "think", "stage_title": "Looking", "text": ""}},
    {"event": "message", "data": {"type": "answer", "text": "It "}},
    {"event": "message", "data": {"type": "answer", "text": "rose: 涨."}},
    {"event": "workflow_finished", "data": {"status": "succeeded", "elapsed_time": 1.5, "outputs": {}}},
    {"event": "chat_finished", "data": None},
]  # fmt: skip


def stream(frames: list[dict[str, Any]], *, end: str = "\n") -> bytes:
    told = "".join(
        f"event:message{end}data:{json.dumps(frame, ensure_ascii=False)}{end}{end}" for frame in frames
    )
    return f": hello{end}{end}{told}".encode()


def reply(body: bytes, kind: str = "text/event-stream; charset=utf-8", status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nContent-Type: {kind}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_run_is_read_as_rows(tmp_path: Path, end: str) -> None:
    with recorder(lambda _: reply(stream(RUN, end=end))) as server, client_of(server.url, tmp_path) as client:
        answer = client.call("agent_reconnect", **WHERE)
        (asked,) = server.requests
    assert (asked.method, asked.path) == (
        "POST",
        "/v1/ai/agents/a1/conversations/c1/messages/7/reconnect",
    )
    assert asked.body == b"{}"
    assert answer.data["events"][3] == {"event": "message", "type": "answer", "text": "rose: 涨."}
    frame = answer.frame()
    assert list(frame["event"]) == [row["event"] for row in RUN]
    assert "".join(frame.loc[frame["type"] == "answer", "text"]) == "It rose: 涨."
    assert frame["elapsed_time"].dropna().tolist() == [1.5]
    assert frame["message_id"].iloc[0] == "7"


def test_what_is_no_event_is_passed_over_and_an_envelope_counts_as_ever(tmp_path: Path) -> None:
    assert read_events(b'data: {broken\n\ndata: []\n\ndata: {"event": 3}\n\nretry: 5\n\n') == []
    assert read_events(b'data: {"event":\ndata: "x"}\n\n') == [{"event": "x"}]  # one event on two lines
    refused = b'{"code": 404000, "message": "no such run", "data": null}'
    with (
        recorder(lambda _: reply(refused)) as server,
        client_of(server.url, tmp_path) as client,
        pytest.raises(ApiError, match="no such run"),
    ):
        client.call("agent_reconnect", **WHERE)


def test_a_page_is_no_run_and_a_stream_is_no_answer_to_a_change(tmp_path: Path) -> None:
    with (
        recorder(lambda _: reply(b"<title>Login</title>", "text/html")) as server,
        client_of(server.url, tmp_path) as client,
        pytest.raises(TransportError, match="Login"),
    ):
        client.call("agent_reconnect", **WHERE)
    with recorder(lambda _: reply(stream(RUN))) as server, client_of(server.url, tmp_path) as client:
        with pytest.raises(OutcomeUnknown):
            client.call("agent_conversation", agent_id="a1", query="Why?", execute=True)
        assert [asked.method for asked in server.requests].count("POST") == 1
