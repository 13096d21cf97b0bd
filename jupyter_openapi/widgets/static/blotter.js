// The blotter: orders as a table, each with Replace and Cancel; what either would do is shown before it is sent.

import { Channel } from "./channel.js";
import { N, t } from "./language.js";
import { OrderTicket } from "./order_ticket.js";
import {
  button,
  field,
  Head,
  h,
  mount,
  Notices,
  OfferCard,
  section,
  setChoices,
  setText,
  show,
} from "./parts.js";
import { Table } from "./table.js";

const PAUSE = 250; // ms after the last key until the table is filtered

class Blotter {
  /** @param {Model} model */
  constructor(model) {
    this.channel = new Channel(model, {
      view: (view) => this.update(view),
      silent: (asked) => this.onSilent(asked),
    });
    this.later = 0;
    this.head = new Head("Orders");
    this.notices = new Notices();
    this.symbol = h("input", {
      type: "text",
      placeholder: t("all"),
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.onSymbol(),
    });
    this.status = h("select", { onchange: () => this.filter() });
    this.table = new Table({
      caption: t("Orders"),
      name: "jo-orders",
      actions: {
        [N("Replace")]: (id) => this.send("replace", id),
        [N("Cancel")]: (id) => this.ask("cancel", id),
      },
    });
    this.empty = h("p", { class: "jo-empty" });
    this.offer = new OfferCard({
      label: t("Preview"),
      title: t("Preview"),
      drop: t("Keep"),
      send: (id) => this.channel.send("send", { offer: id }),
      cancel: () => this.channel.send("drop"),
    });
    // The form that changes an order is this panel's own; its messages say so.
    const sender = {
      page: this.channel.page,
      send: (/** @type {string} */ kind, content = {}) => this.channel.send(`editor ${kind}`, content),
    };
    this.ticket = new OrderTicket(sender, model.get("_setup"));
    this.editor = h("div", { class: "jo-editor" }, this.ticket.root, this.closing());
    this.root = this.build();
    this.channel.send("hello");
  }

  closing() {
    const close = button("Close", () => this.channel.send("close"));
    return h("div", { class: "jo-actions" }, close);
  }

  build() {
    const tools = h(
      "div",
      { class: "jo-tools" },
      field("Symbol", this.symbol).box,
      field("Status", this.status).box,
      button("Refresh", () => this.channel.send("refresh")),
      h("span", { class: "jo-fill" }),
      button("Cancel all", () => this.ask("cancel_all")),
    );
    return section(
      "Blotter",
      "jo-blotter",
      ...this.head.nodes,
      this.notices.absent,
      tools,
      this.table.node,
      this.empty,
      this.notices.alert,
      this.offer.box,
      this.notices.status,
    );
  }

  /**
   * @param {string} kind
   * @param {string} order
   */
  send(kind, order) {
    this.channel.send(kind, { order });
  }

  /**
   * Ask for a preview; the one that is shown is void from now on.
   * @param {string} kind
   * @param {string} [order]
   */
  ask(kind, order = "") {
    this.offer.set(null);
    this.send(kind, order);
  }

  onSymbol() {
    clearTimeout(this.later);
    this.later = setTimeout(() => this.filter(), PAUSE);
  }

  filter() {
    this.channel.send("filter", { symbol: this.symbol.value, status: this.status.value });
  }

  /** @param {BlotterView} view */
  update(view) {
    this.head.update(view);
    this.notices.update(view);
    setChoices(
      this.status,
      view.filters.map((name) => [name, name]),
    );
    // What is being typed is newer than what the kernel knows.
    if (document.activeElement !== this.symbol) this.symbol.value = view.symbol;
    if (document.activeElement !== this.status) this.status.value = view.status;
    this.table.update(view.columns, view.rows);
    show(this.table.node, view.rows.length);
    setText(this.empty, view.empty);
    show(this.empty, view.empty);
    this.offer.update(view.offer, Boolean(view.busy));
    if (!view.editor) this.editor.remove();
    else if (!this.editor.isConnected) this.root.append(this.editor);
    if (view.editor) this.ticket.update(view.editor);
  }

  /** @param {string[]} asked */
  onSilent(asked) {
    const silent = asked.length > 0;
    this.notices.setSilent(silent);
    if (!silent) return;
    this.offer.set(null);
    this.ticket.offer.set(null);
  }

  close() {
    clearTimeout(this.later);
    this.offer.close();
    this.ticket.close();
    this.channel.close();
  }
}

export default mount(Blotter);
