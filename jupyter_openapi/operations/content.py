"""`ContentOperations`: news and community.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, overload

from jupyter_openapi.operations.caller import Caller, Tick

if TYPE_CHECKING:
    from jupyter_openapi.reply import Reply
    from jupyter_openapi.trading import Preview


class ContentOperations(Caller):
    """News and community."""

    def content_news(self, symbol: str) -> Reply:
        """News about a security.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/content/{symbol}/news``.
        Source: https://open.longbridge.com/docs/content/news
        """
        return self.call("content_news", symbol=symbol)

    def content_topics(self, symbol: str) -> Reply:
        """Community topics about a security.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/content/{symbol}/topics``.
        Source: https://open.longbridge.com/docs/content/topics
        """
        return self.call("content_topics", symbol=symbol)

    def content_my_topics(
        self,
        topic_type: Literal["post", "article"] | None = None,
        *,
        page: int | None = None,
        size: int | None = None,
    ) -> Reply:
        """Topics you published, in pages.

        Parameters
        ----------
        topic_type
            post (short, plain) or article (with a title, Markdown). One of post, article.
        page
            Page number, from 1.
        size
            Rows a page.

        Notes
        -----
        Reads only: ``GET /v1/content/topics/mine``.
        Source: https://open.longbridge.com/docs/content/my-topics
        """
        return self.call("content_my_topics", topic_type=topic_type, page=page, size=size)

    @overload
    def content_create_topic(
        self,
        body: str,
        *,
        title: str | None = None,
        topic_type: Literal["post", "article"] | None = None,
        tickers: str | Iterable[str] | None = None,
        hashtags: str | Iterable[str] | None = None,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def content_create_topic(
        self,
        body: str,
        *,
        title: str | None = None,
        topic_type: Literal["post", "article"] | None = None,
        tickers: str | Iterable[str] | None = None,
        hashtags: str | Iterable[str] | None = None,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def content_create_topic(
        self,
        body: str,
        *,
        title: str | None = None,
        topic_type: Literal["post", "article"] | None = None,
        tickers: str | Iterable[str] | None = None,
        hashtags: str | Iterable[str] | None = None,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def content_create_topic(
        self,
        body: str,
        *,
        title: str | None = None,
        topic_type: Literal["post", "article"] | None = None,
        tickers: str | Iterable[str] | None = None,
        hashtags: str | Iterable[str] | None = None,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Publish a community topic.

        Parameters
        ----------
        body
            Text; plain for a post, Markdown for an article.
        title
            Title; needed for an article.
        topic_type
            post (short, plain) or article (with a title, Markdown). One of post, article.
        tickers
            Securities the topic is about, at most 10.
        hashtags
            Hashtags, at most one.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Changes settings or posts: ``POST /v1/content/topics``.
        Source: https://open.longbridge.com/docs/content/create-topic
        """
        return self.call(
            "content_create_topic",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            body=body,
            title=title,
            topic_type=topic_type,
            tickers=tickers,
            hashtags=hashtags,
        )

    def content_topic_detail(self, id: str | int) -> Reply:
        """One community topic in full.

        Parameters
        ----------
        id
            Id of the topic.

        Notes
        -----
        Reads only: ``GET /v1/content/topics/{id}``.
        Source: https://open.longbridge.com/docs/content/topic-detail
        """
        return self.call("content_topic_detail", id=id)

    def content_list_topic_replies(
        self, topic_id: str | int, *, page: int | None = None, size: int | None = None
    ) -> Reply:
        """Replies to a topic, in pages.

        Parameters
        ----------
        topic_id
            Id of the topic.
        page
            Page number, from 1.
        size
            Rows a page.

        Notes
        -----
        Reads only: ``GET /v1/content/topics/{topic_id}/comments``.
        Source: https://open.longbridge.com/docs/content/topic-replies
        """
        return self.call("content_list_topic_replies", topic_id=topic_id, page=page, size=size)

    @overload
    def content_create_topic_reply(
        self,
        topic_id: str | int,
        *,
        body: str,
        reply_to_id: str | int | None = None,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def content_create_topic_reply(
        self,
        topic_id: str | int,
        *,
        body: str,
        reply_to_id: str | int | None = None,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def content_create_topic_reply(
        self,
        topic_id: str | int,
        *,
        body: str,
        reply_to_id: str | int | None = None,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def content_create_topic_reply(
        self,
        topic_id: str | int,
        *,
        body: str,
        reply_to_id: str | int | None = None,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Reply to a topic.

        Parameters
        ----------
        topic_id
            Id of the topic.
        body
            Text; plain for a post, Markdown for an article.
        reply_to_id
            Id of the reply this one answers; left out, it answers the topic.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Changes settings or posts: ``POST /v1/content/topics/{topic_id}/comments``.
        Source: https://open.longbridge.com/docs/content/create-topic-reply
        """
        return self.call(
            "content_create_topic_reply",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            topic_id=topic_id,
            body=body,
            reply_to_id=reply_to_id,
        )

    def content_news_detail(self, id: str | int) -> Reply:
        """One news article with its text.

        Parameters
        ----------
        id
            Id of the article, as content_news and search_news give it.

        Notes
        -----
        Reads only: ``GET /v1/content/news/{id}``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("content_news_detail", id=id)

    def search_news(self, k: str) -> Reply:
        """News that speak of a word.

        Parameters
        ----------
        k
            Word or words to look for.

        Notes
        -----
        Reads only: ``GET /v1/search/news``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("search_news", k=k)

    def search_topics(self, k: str) -> Reply:
        """Topics of the community that speak of a word.

        Parameters
        ----------
        k
            Word or words to look for.

        Notes
        -----
        Reads only: ``GET /v1/search/topics``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("search_topics", k=k)
