// The credential panel. Secrets are in three password fields and in the one message of a submit, nowhere else.

const SECRET_FIELDS = ["app_key", "app_secret", "access_token"];
const ACCOUNTS = [["sandbox", "Sandbox"], ["paper", "Paper"], ["live", "Live"]];
const ABOUT = {
  sandbox: "A paper exchange on the kernel's machine. Leave the keys empty to start one.",
  paper: "The broker's paper account: real prices, play money.",
  live: "A real-money account. Orders stay off unless you allow them here.",
};

class Panel {
  constructor(model, el) {
    this.view = null;
    this.touched = false; // whether the person has set "Allow trading"
    this.build(el);
    this.line = new Line(model, { view: (view) => this.update(view), silent: (asked) => this.silent(asked) });
    this.onAccount();
    this.line.tell("hello");
  }

  build(el) {
    const secret = () => h("input", { type: "password", autocomplete: "new-password", spellcheck: "false" });
    this.secrets = {};
    const boxes = [["app_key", "App Key"], ["app_secret", "App Secret"], ["access_token", "Access Token"]].map(([name, label]) => {
      const one = field(label, secret(), { wide: true });
      this.secrets[name] = one.input;
      return one.box;
    });
    const names = h("datalist", { id: `jo-profiles-${Math.random().toString(36).slice(2)}` });
    this.names = names;
    this.account = field("Account", h("select", { onchange: () => this.onAccount() }));
    choices(this.account.input, ACCOUNTS);
    this.profile = field("Profile", h("input", { type: "text", list: names.id, autocomplete: "off", spellcheck: "false" }), { beside: [names] });
    this.profile.hint("A set stored in the system's keyring. Empty: the first that is found.", false);
    this.trading = this.check("Allow trading", () => (this.touched = true));
    this.save = this.check("Save as profile");
    this.connect = h("button", { type: "submit", class: "jo-button" }, "Connect");
    this.refresh = h("button", { type: "button", class: "jo-button jo-quiet", onclick: () => this.ask("refresh") }, "Refresh token");
    this.forget = h("button", { type: "button", class: "jo-button jo-quiet", onclick: () => this.ask("forget", { profile: this.profile.input.value }) }, "Forget");
    this.head = head("Credentials");
    this.alert = h("p", { class: "jo-alert", role: "alert" });
    this.absent = h("p", { class: "jo-alert jo-absent", role: "status" });
    this.status = h("p", { class: "jo-status", role: "status" });
    this.machine = h("p", { class: "jo-machine" });
    this.report = h("dl", { class: "jo-lines jo-report" });
    this.notes = h("ul", { class: "jo-notes" });
    const form = h(
      "form",
      { class: "jo-form", novalidate: true, autocomplete: "off", onsubmit: (event) => this.onSubmit(event) },
      h("div", { class: "jo-grid" }, this.account.box, this.profile.box),
      ...boxes,
      h("div", { class: "jo-checks" }, this.trading.box, this.save.box),
      h("div", { class: "jo-actions" }, this.connect, h("span", { class: "jo-fill" }), this.refresh, this.forget),
    );
    onEnter(form, (event) => this.onSubmit(event));
    this.root = h(
      "section",
      { class: "jo-panel jo-credential-panel", "aria-label": "Credential panel" },
      ...this.head.nodes,
      this.absent,
      form,
      this.alert,
      this.buildOffer(),
      this.status,
      this.report,
      this.notes,
      this.machine,
    );
    for (const node of [this.alert, this.absent, this.offerBox]) show(node, false);
    el.append(this.root);
  }

  check(label, changed = () => {}) {
    const input = h("input", { type: "checkbox", onchange: changed });
    input.id = `jo-check-${Math.random().toString(36).slice(2)}`;
    return { input, box: h("div", { class: "jo-check" }, input, h("label", { for: input.id }, label)) };
  }

  buildOffer() {
    this.offerLines = h("dl", { class: "jo-lines" });
    this.yes = h("button", { type: "button", class: "jo-button jo-send", onclick: () => this.onYes() }, "Refresh now");
    const no = h("button", { type: "button", class: "jo-button jo-quiet", onclick: () => this.line.tell("drop") }, "Not now");
    this.offerBox = h("div", { class: "jo-card jo-offer", role: "group", "aria-label": "Refresh token" }, this.offerLines, h("div", { class: "jo-actions" }, h("span", { class: "jo-fill" }), no, this.yes));
    return this.offerBox;
  }

  onAccount() {
    const mode = this.account.input.value;
    this.account.hint(ABOUT[mode], false);
    const off = mode !== "sandbox" && this.view?.orders === false;
    if (!this.touched || mode === "live" || off) this.trading.input.checked = mode !== "live" && !off;
    this.trading.input.disabled = off;
    this.root.dataset.mode = mode;
  }

  onSubmit(event) {
    event.preventDefault();
    if (!isEnabled(this.connect)) return;
    enable(this.connect, false);
    const content = {
      mode: this.account.input.value,
      profile: this.profile.input.value,
      trading: this.trading.input.checked,
      save: this.save.input.checked,
    };
    for (const name of SECRET_FIELDS) {
      content[name] = this.secrets[name].value;
      this.secrets[name].value = "";
    }
    this.line.tell("connect", content);
  }

  onYes() {
    if (!this.offer) return;
    const id = this.offer.id;
    this.offer = null;
    show(this.offerBox, false);
    this.line.tell("send", { offer: id });
  }

  ask(kind, content) {
    if (!this.view?.busy) this.line.tell(kind, content);
  }

  update(view) {
    const first = this.view === null;
    this.view = view;
    if (first) {
      this.profile.input.value ||= view.profile;
      if (view.sandbox_only) choices(this.account.input, ACCOUNTS.slice(0, 1));
      this.onAccount();
    }
    this.head.update(view);
    choices(this.names, view.profiles.map((name) => [name, name]));
    say(this.alert, view.error);
    show(this.alert, view.error);
    say(this.status, view.busy ? `${view.busy}…` : view.note);
    say(this.machine, view.machine);
    for (const button of [this.connect, this.refresh, this.forget]) enable(button, !view.busy);
    this.updateReport(view);
    this.offer = view.offer;
    show(this.offerBox, view.offer);
    if (view.offer) {
      lines(this.offerLines, view.offer.lines);
      say(this.yes, view.offer.button);
    }
  }

  updateReport(view) {
    lines(this.report, view.report.map(([label, text]) => [label, text]));
    [...this.report.querySelectorAll("dd")].forEach((node, index) => (node.dataset.tone = view.report[index][2]));
    show(this.report, view.report.length);
    const wanted = JSON.stringify(view.notes);
    if (this.notes.dataset.said !== wanted) {
      this.notes.dataset.said = wanted;
      this.notes.replaceChildren(...view.notes.map((note) => h("li", {}, note)));
    }
    show(this.notes, view.notes.length);
  }

  silent(asked) {
    const silent = asked.length > 0;
    const typed = asked.includes("connect") ? " Keys that were submitted are no longer in this page: type them again." : "";
    say(this.absent, silent ? `The kernel has not answered yet: it is busy, or was restarted (then run this cell again).${typed}` : "");
    show(this.absent, silent);
    if (silent) enable(this.connect, true);
  }

  close() {
    for (const input of Object.values(this.secrets)) input.value = "";
    this.line.close();
    this.root.remove();
  }
}

export default {
  render({ model, el }) {
    const panel = new Panel(model, el);
    return () => panel.close();
  },
};
