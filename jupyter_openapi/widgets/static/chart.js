// The chart: candles of one security, what the crosshair points at in words, and another period.

import { Drawing, LINES } from "./drawing.js";
import { Feed } from "./feed.js";
import { button, field, Head, h, mount, Notices, section, setChoices, setText, show } from "./parts.js";

const MOVES = { ArrowLeft: -0.1, ArrowRight: 0.1, PageUp: -0.8, PageDown: 0.8 };
const AGAIN = 5000; // ms after which earlier bars that did not come may be asked for again
const FEW = 9; // values that two lines of a panel of 640 px hold
const ZOOMS = { "+": 0.8, "=": 0.8, "-": 1.25 };

class CandleChart {
  /** @param {Model} model */
  constructor(model) {
    this.feed = new Feed(model, {
      apply: (changed, whole) => this.apply(changed, whole),
      silent: (asked) => this.notices.setSilent(asked.length > 0),
    });
    /** @type {Record<string, any>} */
    this.state = {};
    /** @type {Drawing | null} */
    this.drawing = null;
    this.place = -1;
    this.asked = 0; // the first bar before which earlier ones were asked for
    this.askedAt = 0;
    this.head = new Head("Chart");
    this.notices = new Notices();
    this.period = h("select", { onchange: () => this.feed.send("period", { period: this.period.value }) });
    this.periodLabel = field("", this.period).box;
    this.fit = button("", () => this.drawing?.fit());
    this.toggle = button("", () => this.feed.send(this.state.following ? "stop" : "start"));
    this.values = h("p", { class: "jo-values" });
    this.canvas = h("div", {
      class: "jo-canvas",
      role: "group",
      tabindex: "0",
      "data-lm-suppress-shortcuts": "true",
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.onKey(event),
    });
    this.tools = h("div", { class: "jo-tools" });
    this.tools.append(
      this.periodLabel,
      this.notices.status,
      h("span", { class: "jo-fill" }),
      this.fit,
      this.toggle,
    );
    show(this.tools, false);
    this.root = section(
      "Chart",
      "jo-chart",
      ...this.head.nodes,
      this.notices.absent,
      this.tools,
      this.notices.alert,
      this.values,
      this.canvas,
    );
    this.theme = new MutationObserver(() => this.repaint());
    this.theme.observe(document.body, {
      attributes: true,
      attributeFilter: ["class", "data-jp-theme-light"],
    });
    this.feed.send("hello");
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const shift = /** @type {Record<string, number>} */ (MOVES)[event.key];
    const zoom = /** @type {Record<string, number>} */ (ZOOMS)[event.key];
    if (shift === undefined && zoom === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.drawing?.move(shift ?? 0, zoom ?? 1);
  }

  /** Return the colours of the page as they are now. */
  look() {
    const style = getComputedStyle(this.root);
    const dark = style.colorScheme === "dark";
    const { up, down } = this.state.head.colors;
    const text = style.color;
    return {
      text,
      soft: text,
      grid: dark ? "#8884" : "#8883",
      up: up[dark ? 1 : 0],
      down: down[dark ? 1 : 0],
      dark,
    };
  }

  /**
   * @param {Record<string, any>} changed
   * @param {boolean} whole
   */
  apply(changed, whole) {
    const other = this.state.period !== changed.period;
    if (whole) this.state = {};
    const state = Object.assign(this.state, changed);
    if ("head" in changed || "words" in changed) this.updateHead();
    this.head.setTime(state.time);
    this.drawing ??= new Drawing(this.canvas, {
      look: () => this.look(),
      older: () => this.askOlder(),
      pointed: (place) => this.point(place),
    });
    if (whole) {
      this.drawing.clear(other);
      this.asked = 0;
    }
    this.draw(this.drawing, changed);
    if ("head" in changed) this.repaint();
    this.updateTools(changed);
    this.point(this.place);
  }

  updateHead() {
    const { head, words, symbol, time } = this.state;
    this.head.update({ ...head, time }, `${words.title} ${symbol}`);
    this.root.setAttribute("aria-label", `${words.title} ${symbol}`);
    this.canvas.setAttribute("aria-label", `${words.title} ${symbol}. ${words.keys}`);
    setText(/** @type {Node} */ (this.periodLabel.querySelector("label")), words.period);
    setText(this.fit, words.fit);
    show(this.tools, true);
  }

  /**
   * @param {Drawing} drawing
   * @param {Record<string, any>} changed
   */
  draw(drawing, changed) {
    if ("averages" in changed) drawing.setAverages(changed.averages);
    if ("places" in changed || "intraday" in changed || "averages" in changed) {
      drawing.setScale(this.state.places, this.state.intraday);
    }
    const bars = Object.entries(changed).flatMap(([key, bar]) => (/^b\d+$/.test(key) ? [bar] : []));
    if (bars.length) drawing.take(bars);
    if ("marks" in changed) drawing.setMarks(changed.marks);
    if ("lines" in changed) drawing.setLines(changed.lines);
    const count = String(drawing.bars.list.length);
    if (this.root.dataset.bars !== count) this.root.dataset.bars = count;
  }

  /** @param {Record<string, any>} changed */
  updateTools(changed) {
    const { state } = this;
    if ("busy" in changed || "error" in changed || "note" in changed)
      this.notices.update(/** @type {any} */ (state));
    if ("following" in changed) setText(this.toggle, state.words[state.following ? "stop" : "start"]);
    if ("periods" in changed) setChoices(this.period, state.periods);
    if ("period" in changed && document.activeElement !== this.period) this.period.value = state.period;
  }

  repaint() {
    if (!this.drawing || !this.state.head) return;
    this.drawing.paint();
    this.drawing.setMarks(this.state.marks);
    this.drawing.setLines(this.state.lines);
  }

  askOlder() {
    const first = this.drawing?.bars.list[0]?.[0] ?? 0;
    const now = performance.now();
    if (this.state.ended || !first || (this.asked === first && now - this.askedAt < AGAIN)) return;
    this.asked = first;
    this.askedAt = now;
    this.feed.send("older", { first });
  }

  /**
   * Say the values of the bar that is pointed at; of the last one when none is.
   * @param {number} place
   */
  point(place) {
    this.place = place;
    const list = this.drawing?.bars.list ?? [];
    const at = place >= 0 && place < list.length ? place : list.length - 1;
    const bar = list[at];
    if (!bar || !this.drawing) return;
    const { words, places, zone, intraday, marks } = this.state;
    const price = (/** @type {number} */ value) => numbers(places).format(value);
    const [time, open, high, low, close, volume] = bar;
    const before = list[at - 1]?.[4];
    const parts = [
      said("jo-when", `${whenOf(time, intraday)} ${intraday ? zone : ""}`.trim()),
      said("", `${words.open} ${price(open)}`),
      said("", `${words.high} ${price(high)}`),
      said("", `${words.low} ${price(low)}`),
      said("jo-close", `${words.close} ${price(close)}`),
      changeOf(close, before, price),
      said("", `${words.volume} ${numbers(0).format(volume)}`),
      ...this.drawing.averagesAt(at).map(({ length, value }, index) => {
        const text = `${words.average}${length} ${value === null ? "–" : numbers(places + 1).format(value)}`;
        return said(`jo-average jo-average-${index % LINES.length}`, text);
      }),
      ...marks
        .filter((/** @type {any[]} */ mark) => mark[0] === time)
        .map((/** @type {any[]} */ mark) => said("jo-mark", mark[3])),
    ];
    fill(this.values, parts);
    this.values.classList.toggle("jo-few", parts.length <= FEW);
  }

  close() {
    this.theme.disconnect();
    this.drawing?.close();
    this.feed.close();
  }
}

/** @type {Intl.NumberFormat[]} */
const formats = []; // by decimals: making one takes longer than using it a hundred times

/** @param {number} places */
function numbers(places) {
  const digits = { minimumFractionDigits: places, maximumFractionDigits: places };
  formats[places] ??= new Intl.NumberFormat("en", digits);
  return formats[places];
}

/**
 * Return a time by the market's clock.
 * @param {number} time
 * @param {boolean} intraday
 */
function whenOf(time, intraday) {
  const text = new Date(time * 1000).toISOString();
  return intraday ? `${text.slice(0, 10)} ${text.slice(11, 16)}` : text.slice(0, 10);
}

/**
 * @param {string} name
 * @param {string} text
 * @returns {{name: string, text: string, tone: Tone}}
 */
function said(name, text) {
  return { name, text, tone: "" };
}

/**
 * @param {number} close
 * @param {number | undefined} before
 * @param {(value: number) => string} price
 * @returns {{name: string, text: string, tone: Tone}}
 */
function changeOf(close, before, price) {
  if (!before) return said("jo-change", "–");
  const change = close - before;
  const sign = change > 0 ? "+" : change < 0 ? "\u2212" : "";
  const percent = ((100 * Math.abs(change)) / before).toFixed(2);
  const text = `${sign}${price(Math.abs(change))} (${sign}${percent}%)`;
  return { name: "jo-change", text, tone: change > 0 ? "up" : change < 0 ? "down" : "" };
}

/**
 * Set the words of a line; nodes are made only when there are more of them.
 * @param {HTMLElement} line
 * @param {{name: string, text: string, tone: Tone}[]} parts
 */
function fill(line, parts) {
  while (line.children.length < parts.length) line.append(h("span", {}, document.createTextNode("")));
  while (line.children.length > parts.length) line.lastElementChild?.remove();
  for (const [place, { name, text, tone }] of parts.entries()) {
    const node = /** @type {HTMLElement} */ (line.children[place]);
    const value = /** @type {Text} */ (node.firstChild);
    if (value.data !== text) value.data = text;
    if (node.className !== name) node.className = name;
    if ((node.dataset.tone ?? "") !== tone) node.dataset.tone = tone;
  }
}

export default mount(CandleChart);
