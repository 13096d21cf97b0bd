// A table whose columns sort; in a narrow panel each row becomes a card, and nothing is hidden.

import { t } from "./language.js";
import { button, h, setEnabled, setText } from "./parts.js";

/**
 * Order two cells of a column; what is not known comes last either way.
 * @param {Cell | undefined} one
 * @param {Cell | undefined} other
 * @param {1 | -1} direction
 */
function compare(one, other, direction) {
  const [a, b] = [one?.sort ?? null, other?.sort ?? null];
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === "number" && typeof b === "number") return (a - b) * direction;
  return String(a).localeCompare(String(b)) * direction;
}

export class Table {
  /**
   * @param {{caption: string, name: string, actions?: Record<string, (id: string) => void>}} options `actions`
   *   are the buttons of each row, by their text.
   */
  constructor({ caption, name, actions = {} }) {
    this.actions = actions;
    /** @type {Column[]} */
    this.columns = [];
    /** @type {Row[]} */
    this.rows = [];
    /** @type {Map<string, {row: HTMLTableRowElement, cells: HTMLElement[][], buttons: HTMLButtonElement[]}>} */
    this.shown = new Map();
    this.sorted = -1;
    /** @type {1 | -1} */
    this.direction = 1;
    this.top = h("tr", { role: "row" });
    this.body = h("tbody", { role: "rowgroup" });
    this.node = h(
      "table",
      { class: `jo-table jo-cards ${name}`, role: "table" },
      h("caption", {}, caption),
      h("thead", { role: "rowgroup" }, this.top),
      this.body,
    );
  }

  /**
   * @param {Column[]} columns
   * @param {Row[]} rows in the order to show them in until a person sorts them
   */
  update(columns, rows) {
    if (JSON.stringify(columns) !== JSON.stringify(this.columns)) this.setColumns(columns);
    this.rows = rows;
    this.draw();
  }

  /** @param {Column[]} columns */
  setColumns(columns) {
    this.columns = columns;
    this.sorted = -1;
    for (const { row } of this.shown.values()) row.remove();
    this.shown.clear();
    const heads = columns.map(({ title, end, sort }, index) => {
      const attributes = { scope: "col", role: "columnheader", class: end ? "jo-right" : null };
      if (!sort) return h("th", attributes, t(title));
      const sorting = button(title, () => this.sort(index), "jo-plain jo-sort");
      sorting.append(h("span", { class: "jo-arrow", "aria-hidden": "true" }));
      return h("th", attributes, sorting);
    });
    const names = Object.keys(this.actions);
    if (names.length) heads.push(h("th", { scope: "col", role: "columnheader" }, t("Actions")));
    this.top.replaceChildren(...heads);
  }

  /** @param {number} column */
  sort(column) {
    if (this.sorted !== column) {
      this.sorted = column;
      this.direction = 1;
    } else if (this.direction === 1) this.direction = -1;
    else this.sorted = -1; // the third time: the order it came in
    this.draw();
  }

  draw() {
    for (const [index, head] of [...this.top.children].entries()) {
      const order = this.direction === 1 ? "ascending" : "descending";
      if (index === this.sorted) head.setAttribute("aria-sort", order);
      else head.removeAttribute("aria-sort");
    }
    const rows = [...this.rows];
    if (this.sorted >= 0) {
      rows.sort((one, other) => compare(one.cells[this.sorted], other.cells[this.sorted], this.direction));
    }
    const nodes = rows.map((row) => this.drawRow(row));
    const wanted = new Set(rows.map((row) => row.id));
    for (const [id, { row }] of this.shown) {
      if (!wanted.has(id)) {
        row.remove();
        this.shown.delete(id);
      }
    }
    // A row that stands where it should is not touched: moving it would lose the focus of its buttons.
    nodes.forEach((node, index) => {
      if (this.body.children[index] !== node) this.body.insertBefore(node, this.body.children[index] ?? null);
    });
  }

  /** @param {Row} row */
  drawRow(row) {
    let known = this.shown.get(row.id);
    if (!known) {
      known = this.makeRow(row.id);
      this.shown.set(row.id, known);
    }
    known.cells.forEach(([cell, text, sub], index) => {
      const content = row.cells[index];
      setText(/** @type {Node} */ (text), content?.text);
      setText(/** @type {Node} */ (sub), content?.sub);
      if (cell) cell.dataset.tone = content?.tone ?? "";
    });
    Object.keys(this.actions).forEach((name, index) => {
      const made = known.buttons[index];
      const state = row.actions?.[name];
      if (!made) return;
      setEnabled(made, state?.enabled ?? false);
      made.title = state?.about ?? "";
    });
    return known.row;
  }

  /** @param {string} id */
  makeRow(id) {
    const cells = this.columns.map(({ title, end }) => {
      const text = h("span", { class: "jo-text" });
      const sub = h("span", { class: "jo-sub" });
      const attributes = { role: "cell", "data-label": t(title), class: end ? "jo-right" : null };
      return [h("td", attributes, text, sub), text, sub];
    });
    const buttons = Object.entries(this.actions).map(([name, press]) => button(name, () => press(id)));
    const row = h("tr", { class: "jo-row", role: "row" }, ...cells.map(([cell]) => cell ?? null));
    if (buttons.length) row.append(h("td", { role: "cell", class: "jo-row-actions" }, ...buttons));
    return { row, cells, buttons };
  }
}
