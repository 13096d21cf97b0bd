"""The commands and messages of both sockets: numbers, fields, and the REST operation that says the same.

Sources: the broker's public definitions and its SDK.
"""

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


MESSAGES = """
Error: 1 code uint64, 2 msg string
Close: 1 code enum, 2 reason string
Heartbeat: 1 timestamp int64, 2 heartbeat_id int32
AuthRequest: 1 token string, 2 metadata map<string,string>
AuthResponse: 1 session_id string, 2 expires int64, 3 limit uint32, 4 online uint32
ReconnectRequest: 1 session_id string, 2 metadata map<string,string>
ReconnectResponse: 1 session_id string, 2 expires int64, 3 limit uint32, 4 online uint32
Sub: 1 topics repeated string
Unsub: 1 topics repeated string
SubResponse: 1 success repeated string, 2 fail repeated Fail, 3 current repeated string
Fail: 1 topic string, 2 reason string
UnsubResponse: 3 current repeated string
Notification: 1 topic string, 2 content_type enum, 3 dispatch_type enum, 4 data bytes
UserQuoteProfileRequest: 1 language string
RateLimit: 1 command enum, 2 limit int32, 3 burst int32
PackageDetail: 1 key string, 2 name string, 4 description string, 5 start int64, 6 end int64
MarketPackageDetail: 1 packages repeated PackageDetail, 4 warning_msg string
UserQuoteLevelDetail: 1 by_package_key map<string,PackageDetail>, 2 by_market_code
    map<string,MarketPackageDetail>
UserQuoteProfileResponse: 1 member_id int64, 2 quote_level string, 3 subscribe_limit int32, 4
    history_candlestick_limit int32, 5 rate_limit repeated RateLimit, 6 quote_level_detail
    UserQuoteLevelDetail
SecurityRequest: 1 symbol string
MultiSecurityRequest: 1 symbol repeated string
SubscribeRequest: 1 symbol repeated string, 2 sub_type repeated enum, 3 is_first_push bool
UnsubscribeRequest: 1 symbol repeated string, 2 sub_type repeated enum, 3 unsub_all bool
SubTypeList: 1 symbol string, 2 sub_type repeated enum
SubscriptionResponse: 1 sub_list repeated SubTypeList
SecurityStaticInfoResponse: 1 secu_static_info repeated StaticInfo
StaticInfo: 1 symbol string, 2 name_cn string, 3 name_en string, 4 name_hk string, 5 listing_date
    string, 6 exchange string, 7 currency string, 8 lot_size int32, 9 total_shares int64, 10
    circulating_shares int64, 11 hk_shares int64, 12 eps string, 13 eps_ttm string, 14 bps string, 15
    dividend_yield string, 16 stock_derivatives repeated int32, 17 board string
SecurityQuoteResponse: 1 secu_quote repeated SecurityQuote
SecurityQuote: 1 symbol string, 2 last_done string, 3 prev_close string, 4 open string, 5 high string, 6
    low string, 7 timestamp int64, 8 volume int64, 9 turnover string, 10 trade_status enum, 11
    pre_market_quote PrePostQuote, 12 post_market_quote PrePostQuote, 13 over_night_quote PrePostQuote
PrePostQuote: 1 last_done string, 2 timestamp int64, 3 volume int64, 4 turnover string, 5 high string, 6
    low string, 7 prev_close string
SecurityDepthResponse: 1 symbol string, 2 ask repeated Depth, 3 bid repeated Depth
Depth: 1 position int32, 2 price string, 3 volume int64, 4 order_num int64
SecurityBrokersResponse: 1 symbol string, 2 ask_brokers repeated Brokers, 3 bid_brokers repeated Brokers
Brokers: 1 position int32, 2 broker_ids repeated int32
ParticipantBrokerIdsResponse: 1 participant_broker_numbers repeated ParticipantInfo
ParticipantInfo: 1 broker_ids repeated int32, 2 participant_name_cn string, 3 participant_name_en
    string, 4 participant_name_hk string
SecurityTradeRequest: 1 symbol string, 2 count int32
SecurityTradeResponse: 1 symbol string, 2 trades repeated Trade
Trade: 1 price string, 2 volume int64, 3 timestamp int64, 4 trade_type string, 5 direction int32, 6
    trade_session enum
SecurityIntradayRequest: 1 symbol string, 2 trade_session int32
SecurityIntradayResponse: 1 symbol string, 2 lines repeated Line
Line: 1 price string, 2 timestamp int64, 3 volume int64, 4 turnover string, 5 avg_price string
SecurityCandlestickRequest: 1 symbol string, 2 period enum, 3 count int32, 4 adjust_type enum, 5
    trade_session int32
SecurityCandlestickResponse: 1 symbol string, 2 candlesticks repeated Candlestick
Candlestick: 1 close string, 2 open string, 3 low string, 4 high string, 5 volume int64, 6 turnover
    string, 7 timestamp int64, 8 trade_session enum
SecurityHistoryCandlestickRequest: 1 symbol string, 2 period enum, 3 adjust_type enum, 4 query_type
    enum, 5 offset_request OffsetQuery, 6 date_request DateQuery, 7 trade_session int32
OffsetQuery: 1 direction enum, 2 date string, 3 minute string, 4 count int32
DateQuery: 1 start_date string, 2 end_date string
MarketTradePeriodResponse: 1 market_trade_session repeated MarketTradePeriod
MarketTradePeriod: 1 market string, 2 trade_session repeated TradePeriod
TradePeriod: 1 beg_time int32, 2 end_time int32, 3 trade_session enum
MarketTradeDayRequest: 1 market string, 2 beg_day string, 3 end_day string
MarketTradeDayResponse: 1 trade_day repeated string, 2 half_trade_day repeated string
PushQuote: 1 symbol string, 2 sequence int64, 3 last_done string, 4 open string, 5 high string, 6 low
    string, 7 timestamp int64, 8 volume int64, 9 turnover string, 10 trade_status enum, 11 trade_session
    enum, 12 current_volume int64, 13 current_turnover string, 14 tag enum
OptionQuoteResponse: 1 secu_quote repeated OptionQuote
OptionQuote: 1 symbol string, 2 last_done string, 3 prev_close string, 4 open string, 5 high string, 6
    low string, 7 timestamp int64, 8 volume int64, 9 turnover string, 10 trade_status enum, 11
    option_extend OptionExtend
OptionExtend: 1 implied_volatility string, 2 open_interest int64, 3 expiry_date string, 4 strike_price
    string, 5 contract_multiplier string, 6 contract_type string, 7 contract_size string, 8 direction
    string, 9 historical_volatility string, 10 underlying_symbol string
WarrantQuoteResponse: 2 secu_quote repeated WarrantQuote
WarrantQuote: 1 symbol string, 2 last_done string, 3 prev_close string, 4 open string, 5 high string, 6
    low string, 7 timestamp int64, 8 volume int64, 9 turnover string, 10 trade_status enum, 11
    warrant_extend WarrantExtend
WarrantExtend: 1 implied_volatility string, 2 expiry_date string, 3 last_trade_date string, 4
    outstanding_ratio string, 5 outstanding_qty int64, 6 conversion_ratio string, 7 category string, 8
    strike_price string, 9 upper_strike_price string, 10 lower_strike_price string, 11 call_price
    string, 12 underlying_symbol string
OptionChainDateListResponse: 1 expiry_date repeated string
OptionChainDateStrikeInfoRequest: 1 symbol string, 2 expiry_date string
OptionChainDateStrikeInfoResponse: 1 strike_price_info repeated StrikePriceInfo
StrikePriceInfo: 1 price string, 2 call_symbol string, 3 put_symbol string, 4 standard bool
IssuerInfoResponse: 1 issuer_info repeated IssuerInfo
IssuerInfo: 1 id int32, 2 name_cn string, 3 name_en string, 4 name_hk string
WarrantFilterListRequest: 1 symbol string, 2 filter_config FilterConfig, 3 language int32
FilterConfig: 1 sort_by int32, 2 sort_order int32, 3 sort_offset int32, 4 sort_count int32, 5 type
    repeated int32, 6 issuer repeated int32, 7 expiry_date repeated int32, 8 price_type repeated int32,
    9 status repeated int32
WarrantFilterListResponse: 1 warrant_list repeated FilterWarrant, 2 total_count int32
FilterWarrant: 1 symbol string, 2 name string, 3 last_done string, 4 change_rate string, 5 change_val
    string, 6 volume int64, 7 turnover string, 8 expiry_date string, 9 strike_price string, 10
    upper_strike_price string, 11 lower_strike_price string, 12 outstanding_qty string, 13
    outstanding_ratio string, 14 premium string, 15 itm_otm string, 16 implied_volatility string, 17
    delta string, 18 call_price string, 19 to_call_price string, 20 effective_leverage string, 21
    leverage_ratio string, 22 conversion_ratio string, 23 balance_point string, 24 status int32, 25 type
    int32
CapitalFlowIntradayResponse: 1 symbol string, 2 capital_flow_lines repeated CapitalFlowLine
CapitalFlowLine: 1 inflow string, 2 timestamp int64
CapitalDistributionResponse: 1 symbol string, 2 timestamp int64, 3 capital_in CapitalDistribution, 4
    capital_out CapitalDistribution
CapitalDistribution: 1 large string, 2 medium string, 3 small string
SecurityCalcQuoteRequest: 1 symbols repeated string, 2 calc_index repeated enum
SecurityCalcIndex: 1 symbol string, 2 last_done string, 3 change_val string, 4 change_rate string, 5
    volume int64, 6 turnover string, 7 ytd_change_rate string, 8 turnover_rate string, 9
    total_market_value string, 10 capital_flow string, 11 amplitude string, 12 volume_ratio string, 13
    pe_ttm_ratio string, 14 pb_ratio string, 15 dividend_ratio_ttm string, 16 five_day_change_rate
    string, 17 ten_day_change_rate string, 18 half_year_change_rate string, 19 five_minutes_change_rate
    string, 20 expiry_date string, 21 strike_price string, 22 upper_strike_price string, 23
    lower_strike_price string, 24 outstanding_qty int64, 25 outstanding_ratio string, 26 premium string,
    27 itm_otm string, 28 implied_volatility string, 29 warrant_delta string, 30 call_price string, 31
    to_call_price string, 32 effective_leverage string, 33 leverage_ratio string, 34 conversion_ratio
    string, 35 balance_point string, 36 open_interest int64, 37 delta string, 38 gamma string, 39 theta
    string, 40 vega string, 41 rho string
SecurityCalcQuoteResponse: 1 security_calc_index repeated SecurityCalcIndex
PushDepth: 1 symbol string, 2 sequence int64, 3 ask repeated Depth, 4 bid repeated Depth
PushBrokers: 1 symbol string, 2 sequence int64, 3 ask_brokers repeated Brokers, 4 bid_brokers repeated
    Brokers
PushTrade: 1 symbol string, 2 sequence int64, 3 trade repeated Trade
"""
"""The messages: a line each, ``Name: number field type, ...``; a longer one is indented.

Types are those of Protocol Buffers (proto3): `repeated` makes a list, ``map<string,X>`` a dictionary, and a
capital letter begins the name of another message.
"""
