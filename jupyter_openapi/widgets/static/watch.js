// The watch table: each cell is a text node whose value is set; nothing is built again.

import { Feed } from "./feed.js";
import { button, Head, h, mount, Notices, section, setText, show } from "./parts.js";

/**
 * Set the value of a text node, if it differs.
 * @param {Text} node
 * @param {string} text
 */
function setValue(node, text) {
  if (node.data !== text) node.data = text;
}

/** A cell: its line, its second line, and what shows their meaning. */
class LiveCell {
  /**
   * @param {string} title
   * @param {boolean} end
   * @param {number} column
   */
  constructor(title, end, column) {
    this.column = column;
    this.text = document.createTextNode("");
    this.sub = document.createTextNode("");
    const attributes = { role: "cell", "data-label": title, class: end ? "jo-right" : null };
    this.under = h("span", { class: "jo-sub", hidden: true }, this.sub);
    this.node = h("td", attributes, h("span", { class: "jo-text" }, this.text), this.under);
  }

  /** @param {[string, Tone, string]} content */
  update([text, tone, sub]) {
    setValue(this.text, text);
    setValue(this.sub, sub);
    if (this.under.hidden === Boolean(sub)) {
      show(this.under, sub);
      // The height of a row is set, so that what changes in it moves nothing and is laid out alone.
      const row = this.node.parentElement;
      row?.classList.toggle("jo-tall", row.querySelector(".jo-sub:not([hidden])") !== null);
    }
    if ((this.node.dataset.tone ?? "") !== tone) this.node.dataset.tone = tone;
  }
}

class WatchTable {
  /** @param {Model} model */
  constructor(model) {
    this.feed = new Feed(model, {
      apply: (changed, whole) => this.apply(changed, whole),
      silent: (asked) => this.notices.setSilent(asked.length > 0),
    });
    /** @type {Record<string, any>} */
    this.state = {};
    /** @type {Map<string, LiveCell>} */
    this.cells = new Map();
    /** @type {number[]} */
    this.widths = []; // of the columns, in digits: the widest that each has held
    this.head = new Head("Watch");
    this.notices = new Notices();
    this.toggle = button("", () => this.feed.send(this.state.following ? "stop" : "start"));
    this.caption = h("caption", { class: "jo-unseen" });
    this.top = h("tr", { role: "row" });
    this.body = h("tbody", { role: "rowgroup" });
    this.table = h(
      "table",
      { class: "jo-table jo-cards jo-watch-table", role: "table" },
      this.caption,
      h("thead", { role: "rowgroup" }, this.top),
      this.body,
    );
    show(this.toggle, false);
    const tools = h("div", { class: "jo-tools" }, this.notices.status, h("span", { class: "jo-fill" }));
    tools.append(this.toggle);
    this.root = section(
      "Watch",
      "jo-watch",
      ...this.head.nodes,
      this.notices.absent,
      tools,
      this.notices.alert,
      this.table,
    );
    this.feed.send("hello");
  }

  /**
   * @param {Record<string, any>} changed
   * @param {boolean} whole
   */
  apply(changed, whole) {
    const state = Object.assign(this.state, changed);
    if (whole) this.build();
    if ("head" in changed) this.updateHead();
    this.head.setTime(state.time);
    if ("error" in changed || "note" in changed) {
      this.notices.update({ busy: "", error: state.error, note: state.note });
    }
    if ("following" in changed) setText(this.toggle, state.words[state.following ? "stop" : "start"]);
    let wider = whole;
    for (const [key, content] of Object.entries(changed)) {
      const cell = this.cells.get(key);
      if (!cell) continue;
      cell.update(content);
      const width = Math.max(content[0].length, content[2].length * 0.85);
      if (width > (this.widths[cell.column] ?? 0)) {
        this.widths[cell.column] = width;
        wider = true;
      }
    }
    if (wider) this.setColumns();
  }

  /** Give the columns their widths: every row is a grid of its own, and all have the same columns. */
  setColumns() {
    const columns = this.widths.map((width) => `minmax(0, ${(width + 1).toFixed(1)}fr)`);
    this.table.style.setProperty("--jo-columns", columns.join(" "));
  }

  updateHead() {
    const { head, words, time } = this.state;
    this.head.update({ ...head, time }, words.title);
    this.root.setAttribute("aria-label", words.title);
    setText(this.caption, words.title);
    show(this.toggle, true);
  }

  /** Make the rows anew: another table, or one that this page does not know yet. */
  build() {
    /** @type {[string, boolean][]} */
    const columns = this.state.columns;
    this.top.replaceChildren(
      ...columns.map(([title, end]) =>
        h("th", { scope: "col", role: "columnheader", class: end ? "jo-right" : null }, title),
      ),
    );
    this.cells.clear();
    this.widths = columns.map(([title]) => title.length);
    const rows = Array.from({ length: this.state.count }, (_, place) => {
      const cells = columns.map(([title, end], index) => {
        const cell = new LiveCell(title, end, index);
        this.cells.set(`${place}.${index}`, cell);
        return cell.node;
      });
      return h("tr", { class: "jo-row", role: "row" }, ...cells);
    });
    this.body.replaceChildren(...rows);
  }

  close() {
    this.feed.close();
  }
}

export default mount(WatchTable);
