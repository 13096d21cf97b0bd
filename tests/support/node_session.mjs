// Run by tests: the broker's SDK for Node as a client of the sandbox. Reads the sandbox's facts as JSON from
// stdin, writes what it saw as JSON to stdout.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const lb = createRequire(import.meta.url)("longbridge");
const info = JSON.parse(readFileSync(0, "utf8"));
const config = lb.Config.fromApikey(info.app_key, info.app_secret, info.access_token, {
  httpUrl: info.http_url,
  quoteWsUrl: info.quote_ws_url,
  tradeWsUrl: info.trade_ws_url,
  enablePrintQuotePackages: false,
  enablePapertrading: true,
});
const trade = lb.TradeContext.new(config);
const quote = lb.QuoteContext.new(config);
const { OrderSide, OrderType, TimeInForceType, Period, AdjustType, TradeSessions, Market } = lb;

// The package tells the names of its enums to type checkers only.
const types = readFileSync(createRequire(import.meta.url).resolve("longbridge/index.d.ts"), "utf8");
const [, statuses] = types.match(/enum OrderStatus \{([\s\S]*?)\n\}/);
const STATUS = Object.fromEntries(
  [...statuses.matchAll(/^ {2}(\w+) = (\d+)/gm)].map(([, name, value]) => [value, name]),
);
const day = (text) => new lb.NaiveDate(...text.split("-").map(Number));

function state(order) {
  return {
    order_id: order.orderId,
    status: STATUS[order.status],
    quantity: `${order.quantity}`,
    price: `${order.price}`,
    executed: `${order.executedQuantity}`,
    symbol: order.symbol,
  };
}

const positionsOf = (found) =>
  Object.fromEntries(
    found.channels.flatMap((channel) => channel.positions.map((p) => [p.symbol, `${p.quantity}`])),
  );

/** Positions, balance, an order's life, executions. */
async function trading() {
  const seen = { positions: positionsOf(await trade.stockPositions()) };
  const [balance] = await trade.accountBalance();
  seen.cash = Object.fromEntries(balance.cashInfos.map((each) => [each.currency, `${each.availableCash}`]));
  const order = { symbol: "700.HK", side: OrderSide.Buy, timeInForce: TimeInForceType.Day };
  const filled = await trade.submitOrder({
    ...order,
    orderType: OrderType.MO,
    submittedQuantity: new lb.Decimal("100"),
    remark: "from Node",
  });
  seen.filled = state(await trade.orderDetail(filled.orderId));
  const low = Number(info.low);
  const resting = await trade.submitOrder({
    ...order,
    orderType: OrderType.LO,
    submittedQuantity: new lb.Decimal("200"),
    submittedPrice: new lb.Decimal(`${low}`),
  });
  const { orderId } = resting;
  seen.resting = state(await trade.orderDetail(orderId));
  await trade.replaceOrder({ orderId, quantity: new lb.Decimal("300"), price: new lb.Decimal(`${low - 1}`) });
  seen.replaced = state(await trade.orderDetail(orderId));
  await trade.cancelOrder(orderId);
  seen.cancelled = state(await trade.orderDetail(orderId));
  seen.today = (await trade.todayOrders()).map(state);
  seen.executions = (await trade.todayExecutions()).map((each) => [each.orderId, `${each.quantity}`]);
  seen.after = positionsOf(await trade.stockPositions());
  return seen;
}

const estimated = { symbol: "700.HK", orderType: OrderType.LO, side: OrderSide.Buy };

/** Whether the estimate needs to be told of fractional shares, as the package's own types say. */
async function estimate() {
  const price = new lb.Decimal("600");
  const seen = {};
  for (const [name, options] of [
    ["told", { ...estimated, price, fractionalShares: false }],
    ["untold", { ...estimated, price }],
  ]) {
    try {
      const found = await trade.estimateMaxPurchaseQuantity(options);
      seen[name] = { cash: `${found.cashMaxQty}`, margin: `${found.marginMaxQty}` };
    } catch (error) {
      seen[name] = { error: error.message };
    }
  }
  return seen;
}

const symbol = "700.HK";

/** What the sandbox carries of the account's reads, by context and name. */
function accountReads() {
  const asset = lb.AssetContext.new(config);
  const portfolio = lb.PortfolioContext.new(config);
  const [start, end] = [new Date(info.start), new Date(info.end)];
  return {
    "trade.historyExecutions": () => trade.historyExecutions({ startAt: start, endAt: end }),
    "trade.todayExecutions": () => trade.todayExecutions(),
    "trade.historyOrders": () => trade.historyOrders({ startAt: start, endAt: end }),
    "trade.todayOrders": () => trade.todayOrders(),
    "trade.accountBalance": () => trade.accountBalance(),
    "trade.cashFlow": () => trade.cashFlow({ startAt: start, endAt: end }),
    "trade.fundPositions": () => trade.fundPositions(),
    "trade.stockPositions": () => trade.stockPositions(),
    "trade.marginRatio": () => trade.marginRatio(symbol),
    "trade.orderDetail": () => trade.orderDetail(info.order_id),
    "trade.estimateMaxPurchaseQuantity": () =>
      trade.estimateMaxPurchaseQuantity({
        ...estimated,
        price: new lb.Decimal("600"),
        fractionalShares: false,
      }),
    "asset.statements": () => asset.statements(),
    "portfolio.exchangeRate": () => portfolio.exchangeRate(),
    "portfolio.profitAnalysis": () => portfolio.profitAnalysis(),
    "portfolio.profitAnalysisDetail": () => portfolio.profitAnalysisDetail(symbol),
    "portfolio.profitAnalysisByMarket": () => portfolio.profitAnalysisByMarket("HK", null, null, null, 1, 20),
    "portfolio.profitAnalysisFlows": () => portfolio.profitAnalysisFlows(symbol, 1, 20, false),
  };
}

/** Of companies. */
function companyReads() {
  const fundamental = lb.FundamentalContext.new(config);
  return {
    "fundamental.company": () => fundamental.company(symbol),
    "fundamental.institutionRating": () => fundamental.institutionRating(symbol),
    "fundamental.corpAction": () => fundamental.corpAction(symbol),
    "fundamental.dividend": () => fundamental.dividend(symbol),
    "fundamental.dividendDetail": () => fundamental.dividendDetail(symbol),
    "fundamental.buyback": () => fundamental.buyback(symbol),
  };
}

/** Of what the account has none of. */
function emptyReads() {
  const content = lb.ContentContext.new(config);
  const dca = lb.DcaContext.new(config);
  const sharelist = lb.SharelistContext.new(config);
  return {
    "alert.list": () => lb.AlertContext.new(config).list(),
    "dca.list": () => dca.list(),
    "dca.stats": () => dca.stats(),
    "sharelist.list": () => sharelist.list(10),
    "sharelist.popular": () => sharelist.popular(10),
    "content.myTopics": () => content.myTopics(),
    "content.topics": () => content.topics(symbol),
    "content.news": () => content.news(symbol),
    "agent.workspaces": () => lb.AgentContext.new(config).workspaces(),
    "screener.screenerUserStrategies": () => lb.ScreenerContext.new(config).screenerUserStrategies("HK"),
  };
}

/** Of the quotes. */
function quoteReads() {
  const [from, to] = [day(info.from), day(info.to)];
  return {
    "quote.quote": () => quote.quote([symbol, "AAPL.US"]),
    "quote.staticInfo": () => quote.staticInfo([symbol, "AAPL.US"]),
    "quote.depth": () => quote.depth(symbol),
    "quote.brokers": () => quote.brokers(symbol),
    "quote.participants": () => quote.participants(),
    "quote.trades": () => quote.trades(symbol, 20),
    "quote.intraday": () => quote.intraday(symbol, TradeSessions.Intraday),
    "quote.candlesticks": () =>
      quote.candlesticks(symbol, Period.Day, 5, AdjustType.NoAdjust, TradeSessions.Intraday),
    "quote.historyCandlesticksByDate": () =>
      quote.historyCandlesticksByDate(
        symbol,
        Period.Day,
        AdjustType.NoAdjust,
        from,
        to,
        TradeSessions.Intraday,
      ),
    "quote.historyCandlesticksByOffset": () =>
      quote.historyCandlesticksByOffset(
        symbol,
        Period.Day,
        AdjustType.NoAdjust,
        false,
        null,
        5,
        TradeSessions.Intraday,
      ),
  };
}

/** Of what is derived from a security. */
function derivedReads() {
  return {
    "quote.optionChainExpiryDateList": () => quote.optionChainExpiryDateList("AAPL.US"),
    "quote.optionChainInfoByDate": async () =>
      quote.optionChainInfoByDate("AAPL.US", (await quote.optionChainExpiryDateList("AAPL.US"))[0]),
    "quote.optionQuote": () => quote.optionQuote(info.options),
    "quote.warrantIssuers": () => quote.warrantIssuers(),
    "quote.warrantList": () =>
      quote.warrantList(symbol, lb.WarrantSortBy.LastDone, lb.SortOrderType.Ascending),
    "quote.warrantQuote": async () =>
      quote.warrantQuote([
        (await quote.warrantList(symbol, lb.WarrantSortBy.LastDone, lb.SortOrderType.Ascending))[0].symbol,
      ]),
  };
}

/** Of the markets. */
function marketReads() {
  const market = lb.MarketContext.new(config);
  const [from, to] = [day(info.from), day(info.to)];
  return {
    "quote.tradingSession": () => quote.tradingSession(),
    "quote.tradingDays": () => quote.tradingDays(Market.HK, from, to),
    "quote.capitalFlow": () => quote.capitalFlow(symbol),
    "quote.capitalDistribution": () => quote.capitalDistribution(symbol),
    "quote.calcIndexes": () => quote.calcIndexes([symbol], [lb.CalcIndex.LastDone, lb.CalcIndex.ChangeRate]),
    "quote.watchlist": () => quote.watchlist(),
    "quote.filings": () => quote.filings(symbol),
    "quote.securityList": () => quote.securityList(Market.US, lb.SecurityListCategory.Overnight),
    "quote.marketTemperature": () => quote.marketTemperature(Market.HK),
    "quote.historyMarketTemperature": () => quote.historyMarketTemperature(Market.HK, from, to),
    "quote.shortPositions": () => quote.shortPositions(symbol, 5),
    "quote.shortTrades": () => quote.shortTrades(symbol, 5),
    "quote.optionVolume": () => quote.optionVolume("AAPL.US"),
    "quote.optionVolumeDaily": () => quote.optionVolumeDaily("AAPL.US", 0, 5),
    "quote.memberId": () => quote.memberId(),
    "quote.quoteLevel": () => quote.quoteLevel(),
    "quote.quotePackageDetails": () => quote.quotePackageDetails(),
    "market.marketStatus": () => market.marketStatus(),
  };
}

/** What each read gives, or why it failed. */
async function surface() {
  const seen = {};
  const reads = {
    ...accountReads(),
    ...quoteReads(),
    ...derivedReads(),
    ...marketReads(),
    ...companyReads(),
    ...emptyReads(),
  };
  for (const [name, read] of Object.entries(reads)) {
    try {
      const found = await read();
      seen[name] = JSON.parse(JSON.stringify(found ?? null));
    } catch (error) {
      seen[name] = { failed: error.message };
    }
  }
  return seen;
}

/** Prices as they are pushed, and an order's end. */
async function live() {
  const quotes = [];
  const orders = [];
  const until = (list, count) =>
    new Promise((done) => {
      const timer = setInterval(() => {
        if (list.length >= count) {
          clearInterval(timer);
          done();
        }
      }, 20);
    });
  quote.setOnQuote((_, event) => quotes.push(event.symbol));
  trade.setOnOrderChanged((_, event) => orders.push(event.orderId));
  await trade.subscribe([lb.TopicType.Private]);
  await quote.subscribe(["700.HK"], [lb.SubType.Quote]);
  const order = await trade.submitOrder({
    symbol: "700.HK",
    side: OrderSide.Buy,
    timeInForce: TimeInForceType.Day,
    orderType: OrderType.MO,
    submittedQuantity: new lb.Decimal("100"),
  });
  await until(quotes, 2);
  await until(orders, 1);
  return { quotes: [...new Set(quotes)], orders: [...new Set(orders)], order_id: order.orderId };
}

const part = { trading, estimate, surface, live }[process.argv[2]];
process.stdout.write(JSON.stringify(await part()), () => process.exit(0));
