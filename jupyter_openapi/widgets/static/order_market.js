// What the order form shows of the market: bid, last and ask, the order book, and what the security is.

import { t } from "./language.js";
import { button, h, setText, show } from "./parts.js";

const sides = () => [
  ["bid", t("Bid"), t("Take the bid price")],
  ["last", t("Last"), t("Take the last price")],
  ["ask", t("Ask"), t("Take the ask price")],
];
const units = () =>
  /** @type {const} */ ([
    [86400, t("{count} days old")],
    [3600, t("{count} hours old")],
    [60, t("{count} minutes old")],
  ]);

/** @param {number} seconds */
function ago(seconds) {
  for (const [size, words] of units()) {
    if (seconds >= 2 * size) return t(words, { count: Math.round(seconds / size) });
  }
  return t("{count} s old", { count: Math.max(0, Math.round(seconds)) });
}

/** @param {Security | null} security */
function factsOf(security) {
  if (!security) return "";
  const lots = security.lot && security.lot > 1 ? t("lots of {lot}", { lot: security.lot }) : "";
  return [security.name, security.currency, lots].filter(Boolean).join(" · ");
}

export class MarketBox {
  /** @param {(price: string) => void} take is called with the price that is clicked */
  constructor(take) {
    /** @type {Record<string, string>} */
    this.prices = {};
    this.values = sides().map(([name = "", label = "", about = ""]) => {
      const value = h("span", { class: "jo-price" });
      const pressed = () => this.prices[name] && take(this.prices[name]);
      const box = button("", pressed, "jo-plain jo-quote");
      box.title = about;
      box.append(h("span", { class: "jo-quote-label" }, label), value);
      return { name, box, value };
    });
    this.change = h("span", { class: "jo-change" });
    this.tape = h("div", { class: "jo-tape" }, ...this.values.map(({ box }) => box), this.change);
    this.name = h("p", { class: "jo-security" });
    this.age = h("span", { class: "jo-age" });
    this.facts = h("div", { class: "jo-facts" }, this.name, this.age);
    this.hours = h("p", { class: "jo-hours" });
    this.unknown = h("p", { class: "jo-unknown", role: "status" });
    this.bids = h("tbody");
    this.asks = h("tbody");
    this.depth = h(
      "div",
      { class: "jo-depth", role: "group", "aria-label": t("Order book") },
      this.side(t("Bid"), this.bids),
      this.side(t("Ask"), this.asks),
    );
    this.take = take;
    this.box = h("div", { class: "jo-market" }, this.tape, this.facts, this.hours, this.unknown, this.depth);
  }

  /**
   * @param {string} title
   * @param {HTMLElement} body
   */
  side(title, body) {
    const heads = [title, t("Quantity")].map((text) => h("th", { scope: "col" }, text));
    return h("table", {}, h("thead", {}, h("tr", {}, ...heads)), body);
  }

  /**
   * @param {MarketView} view
   * @param {string} typed the symbol in the form now
   */
  update(view, typed) {
    const security = view.security?.symbol === typed ? view.security : null;
    const quote = security ? view.quote : null;
    const problem = typed && !security ? view.problem : "";
    show(this.tape, !problem);
    show(this.unknown, problem);
    setText(this.unknown, problem);
    setText(this.name, factsOf(security));
    this.prices = quote ? { bid: quote.bid, last: quote.last, ask: quote.ask } : {};
    for (const { name, value } of this.values) setText(value, this.prices[name] || "–");
    setText(this.change, quote?.change);
    this.change.dataset.tone = toneOf(quote?.change ?? "");
    setText(this.age, quote?.age == null ? "" : ago(quote.age));
    setText(this.hours, security ? view.problem || view.hours : "");
    this.updateDepth(security ? view.depth : { bid: [], ask: [] });
  }

  /** @param {{bid: Level[], ask: Level[]}} depth */
  updateDepth({ bid, ask }) {
    show(this.depth, bid.length + ask.length);
    this.drawLevels(this.bids, bid);
    this.drawLevels(this.asks, ask);
  }

  /**
   * @param {HTMLElement} body
   * @param {Level[]} levels
   */
  drawLevels(body, levels) {
    const wanted = JSON.stringify(levels);
    if (body.dataset.levels === wanted) return;
    body.dataset.levels = wanted;
    body.replaceChildren(
      ...levels.map(([price, quantity, share]) => {
        const taking = button(price, () => this.take(price), "jo-plain jo-level");
        taking.title = t("Take this price");
        const row = h("tr", {}, h("td", {}, taking), h("td", {}, quantity));
        row.style.setProperty("--jo-share", `${Math.round(share * 100)}%`);
        return row;
      }),
    );
  }
}

/**
 * The tone of a change: of its sign, and none for no change at all.
 * @param {string} change
 */
function toneOf(change) {
  if (!/[1-9]/.test(change)) return "";
  return change.startsWith("+") ? "up" : "down";
}
