"""`AgentOperations`: aI agents.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, overload

from jupyter_openapi.operations.caller import Caller, Object, Tick

if TYPE_CHECKING:
    from jupyter_openapi.reply import Reply
    from jupyter_openapi.trading import Preview


class AgentOperations(Caller):
    """AI agents."""

    def agent_workspaces(self) -> Reply:
        """Your AI workspaces.

        Notes
        -----
        Reads only: ``GET /v1/ai/workspaces``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.AgentContext.workspaces
        """
        return self.call("agent_workspaces")

    def agent_agents(
        self,
        workspace_id: str | int,
        *,
        page: int | None = None,
        limit: int | None = None,
        name: str | None = None,
    ) -> Reply:
        """Agents in a workspace, in pages.

        Parameters
        ----------
        workspace_id
            Id of the workspace.
        page
            Page number, from 1.
        limit
            Rows at most.
        name
            Only agents with this in their name.

        Notes
        -----
        Reads only: ``GET /v1/ai/workspaces/{workspace_id}/agents``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.AgentContext.agents
        """
        return self.call("agent_agents", workspace_id=workspace_id, page=page, limit=limit, name=name)

    def agent_public_agents(
        self, name: str | None = None, *, page: int | None = None, limit: int | None = None
    ) -> Reply:
        """Agents shared with everyone, in pages.

        Parameters
        ----------
        name
            Only agents with this in their name.
        page
            Page number, from 1.
        limit
            Rows at most.

        Notes
        -----
        Reads only: ``GET /v1/ai/agents``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.AgentContext.public_agents
        """
        return self.call("agent_public_agents", name=name, page=page, limit=limit)

    @overload
    def agent_conversation(
        self,
        agent_id: str | int,
        *,
        query: str,
        chat_uid: str | int | None = None,
        parent_message_id: str | int | None = None,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def agent_conversation(
        self,
        agent_id: str | int,
        *,
        query: str,
        chat_uid: str | int | None = None,
        parent_message_id: str | int | None = None,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def agent_conversation(
        self,
        agent_id: str | int,
        *,
        query: str,
        chat_uid: str | int | None = None,
        parent_message_id: str | int | None = None,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def agent_conversation(
        self,
        agent_id: str | int,
        *,
        query: str,
        chat_uid: str | int | None = None,
        parent_message_id: str | int | None = None,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Ask an agent a question.

        Parameters
        ----------
        agent_id
            Id of the agent.
        query
            The question.
        chat_uid
            Id of the conversation; left out, a new one begins.
        parent_message_id
            Message this one follows; only together with chat_uid.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Changes settings or posts: ``POST /v1/ai/agents/{agent_id}/conversations``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.AgentContext.conversation
        """
        return self.call(
            "agent_conversation",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            agent_id=agent_id,
            query=query,
            chat_uid=chat_uid,
            parent_message_id=parent_message_id,
        )

    @overload
    def agent_continue_conversation(
        self,
        agent_id: str | int,
        *,
        chat_uid: str | int,
        message_id: str | int,
        answers_by_tool_call: Object,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def agent_continue_conversation(
        self,
        agent_id: str | int,
        *,
        chat_uid: str | int,
        message_id: str | int,
        answers_by_tool_call: Object,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def agent_continue_conversation(
        self,
        agent_id: str | int,
        *,
        chat_uid: str | int,
        message_id: str | int,
        answers_by_tool_call: Object,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def agent_continue_conversation(
        self,
        agent_id: str | int,
        *,
        chat_uid: str | int,
        message_id: str | int,
        answers_by_tool_call: Object,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Answer an agent's question and go on.

        Parameters
        ----------
        agent_id
            Id of the agent.
        chat_uid
            Id of the conversation.
        message_id
            Id of the message that asked.
        answers_by_tool_call
            Answers by the id of the tool call that asked.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Changes settings or posts: ``POST /v1/ai/agents/{agent_id}/conversations/{chat_uid}/messages/{message_id}/continue``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.AgentContext.continue_conversation
        """
        return self.call(
            "agent_continue_conversation",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            agent_id=agent_id,
            chat_uid=chat_uid,
            message_id=message_id,
            answers_by_tool_call=answers_by_tool_call,
        )

    def agent_reconnect(self, agent_id: str | int, *, chat_uid: str | int, message_id: str | int) -> Reply:
        """A run of an agent from its start: what it said and did, as it happened.

        The broker answers with an event stream (text/event-stream), which is read to its end: until the run
        is over, within the time that the client waits for an answer. A run that takes longer can be read by
        agent_chat when it is over.

        Parameters
        ----------
        agent_id
            Id of the agent.
        chat_uid
            Id of the conversation.
        message_id
            Id of the message that asked.

        Notes
        -----
        Reads only: ``POST /v1/ai/agents/{agent_id}/conversations/{chat_uid}/messages/{message_id}/reconnect``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("agent_reconnect", agent_id=agent_id, chat_uid=chat_uid, message_id=message_id)

    def agent_chats(
        self, *, page: int | None = None, limit: int | None = None, exclude_agent_uids: str | None = None
    ) -> Reply:
        """Your chats with agents, newest first, in pages.

        Parameters
        ----------
        page
            Page, from 1.
        limit
            Rows a page.
        exclude_agent_uids
            Agents to leave out, comma-separated.

        Notes
        -----
        Reads only: ``GET /v1/ai/chats``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("agent_chats", page=page, limit=limit, exclude_agent_uids=exclude_agent_uids)

    def agent_chat(self, chat_uid: str) -> Reply:
        """One chat with its messages.

        Parameters
        ----------
        chat_uid
            Id of the chat, as agent_chats gives it.

        Notes
        -----
        Reads only: ``GET /v1/ai/chats/{chat_uid}``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("agent_chat", chat_uid=chat_uid)
