// The portfolio view: totals, holdings and a picture of the account.

import { Channel } from "./channel.js";
import { t } from "./language.js";
import {
  button,
  checkbox,
  field,
  Head,
  h,
  mount,
  Notices,
  section,
  setChoices,
  setEnabled,
  setText,
  show,
} from "./parts.js";
import { Table } from "./table.js";

class PortfolioView {
  /** @param {Model} model */
  constructor(model) {
    this.channel = new Channel(model, {
      view: (view) => this.update(view),
      silent: (asked) => this.notices.setSilent(asked.length > 0),
    });
    this.head = new Head("Portfolio");
    this.notices = new Notices();
    this.missing = h("p", { class: "jo-alert jo-absent", role: "status" });
    this.base = h("select", { onchange: () => this.channel.send("base", { base: this.base.value }) });
    this.privacy = checkbox("Hide amounts", () =>
      this.channel.send("privacy", { privacy: this.privacy.input.checked }),
    );
    this.refresh = button("Refresh", () => this.channel.send("refresh"));
    this.totals = new Table({ caption: t("Totals"), name: "jo-sums-table" });
    this.holdings = new Table({ caption: t("Holdings, each in its own currency"), name: "jo-holdings" });
    this.empty = h("p", { class: "jo-empty" }, t("No positions."));
    /** @type {HTMLButtonElement[]} */
    this.choices = [];
    this.pictures = h("div", { class: "jo-pictures", role: "group", "aria-label": t("Picture") });
    this.picture = h("img", { class: "jo-picture", alt: "" });
    this.root = this.build();
    this.channel.send("hello");
  }

  build() {
    const tools = h(
      "div",
      { class: "jo-tools" },
      field("Base currency", this.base).box,
      this.privacy.box,
      h("span", { class: "jo-fill" }),
      this.refresh,
    );
    for (const node of [this.missing, this.empty, this.picture]) show(node, false);
    return section(
      "Portfolio",
      "jo-portfolio",
      ...this.head.nodes,
      this.notices.absent,
      tools,
      this.notices.alert,
      this.missing,
      this.notices.status,
      this.totals.node,
      this.holdings.node,
      this.empty,
      this.pictures,
      this.picture,
    );
  }

  /** @param {PortfolioPageView} view */
  update(view) {
    this.head.update(view);
    this.notices.update(view);
    setText(this.missing, view.missing);
    show(this.missing, view.missing);
    setChoices(
      this.base,
      view.currencies.map((name) => [name, name]),
    );
    this.base.value = view.base;
    this.privacy.input.checked = view.privacy;
    setEnabled(this.refresh, !view.busy && view.mode !== "none");
    this.updateTable(this.totals, view.totals);
    this.updateTable(this.holdings, view.holdings);
    show(this.empty, view.holdings?.rows.length === 0);
    this.updatePictures(view);
  }

  /**
   * @param {Table} table
   * @param {{columns: Column[], rows: Row[]} | null} content
   */
  updateTable(table, content) {
    if (content) table.update(content.columns, content.rows);
    show(table.node, content?.rows.length);
  }

  /** @param {PortfolioPageView} view */
  updatePictures({ pictures, chosen, picture }) {
    if (this.choices.length !== pictures.length) {
      this.choices = pictures.map((name) => {
        const choice = button(name, () => this.channel.send("picture", { picture: name }));
        choice.dataset.name = name;
        return choice;
      });
      this.pictures.replaceChildren(...this.choices);
    }
    for (const one of this.choices) one.setAttribute("aria-pressed", String(one.dataset.name === chosen));
    show(this.picture, picture);
    if (!picture) return;
    this.picture.alt = picture.about;
    // The data comes once; a view without it means the picture that is shown.
    if (picture.data) this.picture.src = `data:image/png;base64,${picture.data}`;
  }

  close() {
    this.channel.close();
  }
}

export default mount(PortfolioView);
