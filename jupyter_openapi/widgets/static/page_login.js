// A login on the broker's page: the link to it, and a field for the address that the browser could not open.

import { t } from "./language.js";
import { button, field, h, setText, show } from "./parts.js";

export class PageLogin {
  /** @param {{finish: (text: string) => void, giveUp: () => void}} told */
  constructor({ finish, giveUp }) {
    this.finish = finish;
    this.link = h(
      "a",
      { target: "_blank", rel: "noopener noreferrer", class: "jo-link" },
      t("Open the broker's page"),
    );
    this.words = h("p", {});
    this.pasted = h("input", { type: "text", autocomplete: "off", spellcheck: "false" });
    this.field = field("Address", this.pasted, { wide: true });
    const buttons = h(
      "div",
      { class: "jo-actions" },
      button("Finish login", () => this.onFinish()),
      button("Give up", giveUp),
    );
    this.box = h(
      "div",
      { class: "jo-page-login" },
      h("p", {}, this.link),
      this.words,
      this.field.box,
      buttons,
    );
    show(this.box, false);
  }

  onFinish() {
    const text = this.pasted.value.trim();
    this.field.hint(text ? "" : t("Paste the address of the page that could not be opened."), true);
    if (!text) return;
    this.pasted.value = "";
    this.finish(text);
  }

  /** @param {{url: string, words: string} | null} login */
  update(login) {
    show(this.box, login);
    if (login === null) {
      this.link.removeAttribute("href");
      this.pasted.value = "";
      this.field.hint("", false);
      return;
    }
    if (/^https?:\/\//.test(login.url)) this.link.href = login.url;
    setText(this.words, login.words);
  }
}
