// The credential panel. Secrets are in three password fields and in the one message of a submit, nowhere else.

import { Channel } from "./channel.js";
import { N, t } from "./language.js";
import { PageLogin } from "./page_login.js";
import {
  button,
  checkbox,
  field,
  Head,
  h,
  isEnabled,
  mount,
  Notices,
  OfferCard,
  onEnter,
  section,
  setChoices,
  setEnabled,
  setPairs,
  setText,
  show,
  uid,
} from "./parts.js";

/** @type {Pair[]} the broker's own names, in every language */
const SECRETS = [
  ["app_key", "App Key"],
  ["app_secret", "App Secret"],
  ["access_token", "Access Token"],
];
/** @type {Pair[]} */
const ACCOUNTS = [
  ["sandbox", N("Sandbox")],
  ["paper", N("Paper")],
  ["live", N("Live")],
];
/** @returns {Record<string, string>} */
const about = () => ({
  sandbox: t("A paper exchange on the kernel's machine. Leave the keys empty to start one."),
  paper: t("The broker's paper account: real prices, play money."),
  live: t("A real-money account. Orders stay off unless you allow them here."),
});
const gone = () =>
  t("No answer from the kernel: it is busy, has stopped or was restarted (then run this cell again).");
const typeAgain = () => t(" Keys that were submitted are no longer in this page: type them again.");

class CredentialPanel {
  /** @param {Model} model */
  constructor(model) {
    /** @type {CredentialView | null} */
    this.view = null;
    this.touched = false; // whether the person has set "Allow trading"
    this.secrets = SECRETS.map(([name, label]) => {
      const input = h("input", { type: "password", autocomplete: "new-password", spellcheck: "false" });
      return { name, label, input, field: field(label, input, { wide: true }) };
    });
    this.account = h("select", { onchange: () => this.onAccount() });
    setChoices(this.account, ACCOUNTS);
    this.accountField = field("Account", this.account);
    this.names = h("datalist", { id: uid() });
    this.profile = h("input", {
      type: "text",
      list: this.names.id,
      autocomplete: "off",
      spellcheck: "false",
    });
    this.profileField = field("Profile", this.profile, { beside: [this.names] });
    this.profileField.hint(t("A set stored in the system's keyring. Empty: the first that is found."), false);
    this.trading = checkbox("Allow trading", () => {
      this.touched = true;
    });
    this.save = checkbox("Save as profile");
    this.connect = h("button", { type: "submit", class: "jo-button" }, t("Connect"));
    this.logIn = button("Log in with the broker", () => this.onLogIn());
    this.pageLogin = new PageLogin({
      finish: (text) => this.channel.send("finish", { text }),
      giveUp: () => this.channel.send("give_up"),
    });
    this.refresh = button("Refresh token", () => this.channel.send("refresh"));
    this.forget = button("Forget", () => this.channel.send("forget", { profile: this.profile.value }));
    this.head = new Head("Credentials");
    this.notices = new Notices();
    this.offer = new OfferCard({
      label: t("Refresh token"),
      title: t("Refresh the token"),
      drop: t("Not now"),
      send: (id) => this.channel.send("send", { offer: id }),
      cancel: () => this.channel.send("drop"),
    });
    this.machine = h("p", { class: "jo-machine" });
    this.report = h("dl", { class: "jo-lines jo-report" });
    this.notes = h("ul", { class: "jo-notes" });
    this.root = this.build();
    this.channel = new Channel(model, {
      view: (view) => this.update(view),
      silent: (asked) => this.onSilent(asked),
    });
    this.onAccount();
    this.channel.send("hello");
  }

  build() {
    const submit = (/** @type {Event} */ event) => this.onSubmit(event);
    const form = h(
      "form",
      { class: "jo-form", novalidate: true, autocomplete: "off", onsubmit: submit },
      h("div", { class: "jo-grid" }, this.accountField.box, this.profileField.box),
      ...this.secrets.map((secret) => secret.field.box),
      h("div", { class: "jo-checks" }, this.trading.box, this.save.box),
      h(
        "div",
        { class: "jo-actions" },
        this.connect,
        this.logIn,
        h("span", { class: "jo-fill" }),
        this.refresh,
        this.forget,
      ),
    );
    onEnter(form, submit);
    return section(
      "Credential panel",
      "jo-credential-panel",
      ...this.head.nodes,
      this.notices.absent,
      form,
      this.notices.alert,
      this.pageLogin.box,
      this.offer.box,
      this.notices.status,
      this.report,
      this.notes,
      this.machine,
    );
  }

  onAccount() {
    const mode = this.account.value;
    this.accountField.hint(about()[mode] ?? "", false);
    const off = mode !== "sandbox" && this.view?.orders === false;
    if (!this.touched || mode === "live" || off) this.trading.input.checked = mode !== "live" && !off;
    this.trading.input.disabled = off;
    this.root.dataset.mode = mode;
  }

  /** @param {Event} event */
  onSubmit(event) {
    event.preventDefault();
    if (!isEnabled(this.connect) || !this.checkKeys()) return;
    setEnabled(this.connect, false);
    /** @type {Record<string, string | boolean>} */
    const content = {
      mode: this.account.value,
      profile: this.profile.value,
      trading: this.trading.input.checked,
      save: this.save.input.checked,
    };
    for (const { name, input } of this.secrets) {
      content[name] = input.value;
      input.value = "";
    }
    this.channel.send("connect", content);
  }

  onLogIn() {
    this.channel.send("login", {
      mode: this.account.value,
      profile: this.profile.value,
      trading: this.trading.input.checked,
    });
  }

  /** Tell whether all keys are typed, or none; say which field is empty. */
  checkKeys() {
    const empty = this.secrets.filter(({ input }) => input.value.trim() === "");
    const some = empty.length < this.secrets.length;
    for (const secret of this.secrets) {
      const missing = some && empty.includes(secret);
      secret.field.hint(
        missing ? t("{label} is empty: type all three keys, or none.", { label: secret.label }) : "",
        missing,
      );
    }
    if (some) empty[0]?.input.focus();
    return !some || empty.length === 0;
  }

  /** @param {CredentialView} view */
  update(view) {
    const first = this.view === null;
    this.view = view;
    if (first) {
      this.profile.value ||= view.profile;
      if (view.sandbox_only) setChoices(this.account, ACCOUNTS.slice(0, 1));
      this.onAccount();
    }
    this.head.update(view);
    this.notices.update(view);
    setChoices(
      this.names,
      view.profiles.map((name) => [name, name]),
    );
    setText(this.machine, view.machine);
    this.pageLogin.update(view.login);
    for (const one of [this.connect, this.logIn, this.refresh, this.forget]) setEnabled(one, !view.busy);
    for (const { name, input, field } of this.secrets) {
      if (input.value === "") field.hint(view.empty[name] ?? "", Boolean(view.empty[name]));
    }
    this.updateReport(view);
    this.offer.update(view.offer, Boolean(view.busy));
  }

  /** @param {CredentialView} view */
  updateReport(view) {
    setPairs(
      this.report,
      view.report.map(([label, text]) => [label, text]),
    );
    for (const [index, node] of [...this.report.querySelectorAll("dd")].entries()) {
      node.dataset.tone = view.report[index]?.[2] ?? "";
    }
    show(this.report, view.report.length);
    const wanted = JSON.stringify(view.notes);
    if (this.notes.dataset.said !== wanted) {
      this.notes.dataset.said = wanted;
      this.notes.replaceChildren(...view.notes.map((note) => h("li", {}, note)));
    }
    show(this.notes, view.notes.length);
  }

  /** @param {string[]} asked */
  onSilent(asked) {
    const silent = asked.length > 0;
    this.notices.setSilent(silent, asked.includes("connect") ? gone() + typeAgain() : gone());
    if (silent) setEnabled(this.connect, true);
  }

  close() {
    for (const { input } of this.secrets) input.value = "";
    this.offer.close();
    this.channel.close();
  }
}

export default mount(CredentialPanel);
