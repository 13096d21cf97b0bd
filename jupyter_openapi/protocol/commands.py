"""The commands of both sockets: their numbers, their messages, and the REST operation that says the same."""

from __future__ import annotations

from typing import NamedTuple

CLOSE, HEARTBEAT, AUTH, RECONNECT = 0, 1, 2, 3
PROFILE, SUBSCRIPTIONS, SUBSCRIBE, UNSUBSCRIBE = 4, 5, 6, 7
SECURITY_QUOTE, TRADING_DAYS, CANDLESTICKS, STRIKES = 11, 9, 19, 21
PUSH_QUOTE, PUSH_DEPTH, PUSH_BROKERS, PUSH_TRADE = 101, 102, 103, 104
TRADE_SUBSCRIBE, TRADE_UNSUBSCRIBE, TRADE_PUSH = 16, 17, 18

PATHS = {"quote": "/quote/v2", "trade": "/trade/v2"}
QUERY = "version=1&codec=1&platform=9"
"""Protocol 1, Protocol Buffers, OpenAPI: what every connection asks for."""

KINDS = {"quote": 1, "depth": 2, "brokers": 3, "trades": 4}
"""The numbers of `sub_type`."""

TOPIC = "private"
"""The topic of the trade socket: changes of the account's orders."""

SUCCESS, SERVER_TIMEOUT, CLIENT_TIMEOUT, BAD_REQUEST, BAD_RESPONSE = 0, 1, 2, 3, 4
UNAUTHENTICATED, DENIED, SERVER_ERROR, CLIENT_ERROR = 5, 6, 7, 8

INVALID_REQUEST, RATE_LIMIT, INTERNAL_ERROR = 301600, 301606, 301602
NO_ACCESS, TOO_MANY_SUBSCRIPTIONS, TOO_MANY_SYMBOLS = 301604, 301605, 301607
CONNECTION_LIMIT = 403

MOST_SYMBOLS = 500
"""Symbols in one request, and securities subscribed to by one user."""


class Pull(NamedTuple):
    """A request of the quote socket: its messages ("": empty) and the REST operation that is like it."""

    request: str
    response: str
    operation: str


PULLS = {
    8: Pull("", "MarketTradePeriodResponse", "trading_session"),
    TRADING_DAYS: Pull("MarketTradeDayRequest", "MarketTradeDayResponse", "trading_days"),
    10: Pull("MultiSecurityRequest", "SecurityStaticInfoResponse", "static_info"),
    SECURITY_QUOTE: Pull("MultiSecurityRequest", "SecurityQuoteResponse", "quote"),
    12: Pull("MultiSecurityRequest", "OptionQuoteResponse", "option_quote"),
    13: Pull("MultiSecurityRequest", "WarrantQuoteResponse", "warrant_quote"),
    14: Pull("SecurityRequest", "SecurityDepthResponse", "depth"),
    15: Pull("SecurityRequest", "SecurityBrokersResponse", "brokers"),
    16: Pull("", "ParticipantBrokerIdsResponse", "participants"),
    17: Pull("SecurityTradeRequest", "SecurityTradeResponse", "trades"),
    18: Pull("SecurityIntradayRequest", "SecurityIntradayResponse", "intraday"),
    CANDLESTICKS: Pull("SecurityCandlestickRequest", "SecurityCandlestickResponse", "candlesticks"),
    20: Pull("SecurityRequest", "OptionChainDateListResponse", "option_chain_expiry_date_list"),
    22: Pull("", "IssuerInfoResponse", "warrant_issuers"),
    23: Pull("WarrantFilterListRequest", "WarrantFilterListResponse", "warrant_list"),
    24: Pull("SecurityRequest", "CapitalFlowIntradayResponse", "capital_flow"),
    25: Pull("SecurityRequest", "CapitalDistributionResponse", "capital_distribution"),
    26: Pull("SecurityCalcQuoteRequest", "SecurityCalcQuoteResponse", "calc_indexes"),
    27: Pull("SecurityHistoryCandlestickRequest", "SecurityCandlestickResponse", "history_candlesticks"),
}
"""What the quote socket answers as REST does, by command."""

PUSHES = {
    PUSH_QUOTE: "PushQuote",
    PUSH_DEPTH: "PushDepth",
    PUSH_BROKERS: "PushBrokers",
    PUSH_TRADE: "PushTrade",
}
"""The messages that arrive unasked on the quote socket, by command."""
