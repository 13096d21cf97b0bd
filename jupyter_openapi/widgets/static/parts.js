// What the panels share. All text goes in as text: nothing here reads HTML. Labels are in English, and shown in
// the language spoken.

import { locale, speak, t } from "./language.js";

/**
 * Make an element; strings among the children become text.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, String(value));
  }
  // JupyterLab takes keys for itself on whatever is not a text field: arrows in a list would move cells.
  if (tag === "select" || tag === "button" || attributes.type === "checkbox") {
    node.setAttribute("data-lm-suppress-shortcuts", "true");
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/**
 * Set a node's text if it differs: what has not changed is not announced, and does not flicker.
 * @param {Node} node
 * @param {string | null | undefined} text
 */
export function setText(node, text) {
  const words = text ?? "";
  if (node.textContent !== words) node.textContent = words;
}

/**
 * Show or hide a node.
 * @param {HTMLElement} node
 * @param {unknown} shown
 */
export function show(node, shown) {
  if (node.hidden === Boolean(shown)) node.hidden = !shown;
}

/**
 * Enable or disable a button. It keeps the focus: a disabled one would lose the keyboard's place.
 * @param {HTMLElement} button
 * @param {boolean} on
 */
export function setEnabled(button, on) {
  button.setAttribute("aria-disabled", String(!on));
}

/** @param {HTMLElement} button */
export function isEnabled(button) {
  return button.getAttribute("aria-disabled") !== "true";
}

/** Return an id that no other element of the page has. */
export function uid() {
  return `jo-${Math.random().toString(36).slice(2)}`;
}

/**
 * Make a button that does nothing while it is disabled.
 * @param {string} text
 * @param {() => void} press
 * @param {string} [look]
 */
export function button(text, press, look = "jo-button jo-quiet") {
  const made = h("button", { type: "button", class: look }, t(text));
  made.addEventListener("click", () => isEnabled(made) && press());
  return made;
}

/**
 * A label, its input, and the line below it that says what is wrong.
 * @param {string} label
 * @param {HTMLInputElement | HTMLSelectElement} input
 * @param {{beside?: Node[], below?: Node[], wide?: boolean}} [more]
 * @returns {Field}
 */
export function field(label, input, { beside = [], below = [], wide = false } = {}) {
  input.id = uid();
  input.classList.add("jo-input");
  const hint = h("p", { class: "jo-hint", id: `${input.id}-hint` });
  input.setAttribute("aria-describedby", hint.id);
  const box = h(
    "div",
    { class: wide ? "jo-field jo-wide" : "jo-field" },
    h("label", { for: input.id }, t(label)),
    h("div", { class: "jo-beside" }, input, ...beside),
    ...below,
    hint,
  );
  return {
    box,
    hint(text, wrong) {
      const marked = Boolean(text) && wrong;
      setText(hint, text);
      input.setAttribute("aria-invalid", String(marked));
      hint.classList.toggle("jo-wrong", marked);
    },
  };
}

/**
 * A box to tick, with its label.
 * @param {string} label
 * @param {() => void} [changed]
 */
export function checkbox(label, changed = () => {}) {
  const input = h("input", { type: "checkbox", id: uid(), onchange: changed });
  const words = h("label", { for: input.id }, t(label));
  return { input, words, box: h("div", { class: "jo-check" }, input, words) };
}

/**
 * Give a list its choices, as pairs of value and text; a list that has them already is left alone.
 * @param {HTMLSelectElement | HTMLDataListElement} list
 * @param {Pair[]} pairs
 */
export function setChoices(list, pairs) {
  const wanted = JSON.stringify(pairs);
  if (list.dataset.pairs === wanted) return;
  const before = list instanceof HTMLSelectElement ? list.value : null;
  list.dataset.pairs = wanted;
  list.replaceChildren(...pairs.map(([value, text]) => h("option", { value }, t(text))));
  if (list instanceof HTMLSelectElement && pairs.some(([value]) => value === before)) {
    list.value = before ?? "";
  }
}

/**
 * Submit a form when Enter is pressed in one of its text fields; front ends do not always leave that to it.
 * @param {HTMLFormElement} form
 * @param {(event: Event) => void} submit
 */
export function onEnter(form, submit) {
  form.addEventListener("keydown", (event) => {
    const typed = event.target instanceof HTMLInputElement && event.target.type !== "checkbox";
    if (event.key === "Enter" && typed && !event.isComposing) submit(event);
  });
}

/**
 * Show pairs of label and text as a description list.
 * @param {HTMLDListElement} list
 * @param {Pair[]} pairs
 */
export function setPairs(list, pairs) {
  const wanted = JSON.stringify(pairs);
  if (list.dataset.pairs === wanted) return;
  list.dataset.pairs = wanted;
  list.replaceChildren(
    ...pairs.flatMap(([label, text]) => [h("dt", {}, label), h("dd", { "data-about": label }, text)]),
  );
}

/**
 * The frame of a panel.
 * @param {string} label
 * @param {string} name
 * @param {...(Node | string)} children
 */
export function section(label, name, ...children) {
  return h("section", { class: `jo-panel ${name}`, "aria-label": t(label) }, ...children);
}

/** The head of a panel: which account, and when what is shown was true. */
export class Head {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.what = h("span", { class: "jo-name" }, t(name));
    this.chip = h("span", { class: "jo-chip" });
    this.title = h("span", { class: "jo-title" });
    this.time = h("span", { class: "jo-time" });
    this.banner = h("p", { class: "jo-banner" });
    const row = h("header", { class: "jo-head" }, this.what, this.chip, this.title, this.time);
    this.nodes = [row, this.banner];
  }

  /**
   * @param {AccountView} view
   * @param {string} [name]
   */
  update(view, name = this.name) {
    const connected = view.mode !== "none";
    const armed = view.mode === "live" && view.trading;
    setText(this.what, t(name));
    setText(this.chip, connected ? t(view.mode.toUpperCase()) : "");
    show(this.chip, connected);
    this.chip.dataset.mode = view.mode;
    setText(this.title, view.title.replace(/^(SANDBOX|PAPER|LIVE) /, ""));
    setText(this.time, view.time);
    const closed = connected && !view.trading ? t("Read-only: this connection sends no orders") : "";
    const banner = armed ? t("LIVE: orders move real money") : closed;
    setText(this.banner, banner);
    show(this.banner, banner);
    this.banner.dataset.mode = armed ? "live" : "closed";
    this.paint(view.colors);
  }

  /**
   * Set the time alone.
   * @param {string} time
   */
  setTime(time) {
    // It may change ten times a second: the text node's value is set, and the node stays.
    const node = this.time.firstChild;
    if (!(node instanceof Text)) setText(this.time, time);
    else if (node.data !== time) node.data = time;
  }

  /** @param {Colors} colors */
  paint(colors) {
    const root = this.banner.closest(".jo-panel");
    if (!(root instanceof HTMLElement)) return;
    for (const [name, [light, dark]] of Object.entries(colors)) {
      root.style.setProperty(`--jo-${name}-light`, light);
      root.style.setProperty(`--jo-${name}-dark`, dark);
    }
  }
}

const absent = () =>
  t(
    "No answer from the kernel: it is busy, has stopped or was restarted (then run this cell again). What is shown may be out of date; nothing is sent twice.",
  );

/** What a panel says: an error, that the kernel is silent, what is going on. */
export class Notices {
  constructor() {
    this.alert = h("p", { class: "jo-alert", role: "alert" });
    this.absent = h("p", { class: "jo-alert jo-absent", role: "status" });
    this.status = h("p", { class: "jo-status", role: "status" });
    show(this.alert, false);
    show(this.absent, false);
  }

  /** @param {{busy: string, error: string, note: string}} view */
  update(view) {
    setText(this.alert, view.error);
    show(this.alert, view.error);
    setText(this.status, view.busy ? `${view.busy}…` : view.note);
  }

  /**
   * Say that the kernel does not answer, or that it does again.
   * @param {boolean} silent
   * @param {string} [words]
   */
  setSilent(silent, words = absent()) {
    setText(this.absent, silent ? words : "");
    show(this.absent, silent);
  }
}

const EDITABLE = ["submit", "replace"]; // previews of fields: an edit takes them back, no button is needed
const sending = () => t("Sending…");
const SWAPPED = 700; // ms in which a preview that took another one's place can't be sent: no click was meant for it

/** A preview, and the button that sends exactly it. */
export class OfferCard {
  /**
   * @param {{label: string, title: string, drop: string, send: (id: string) => void, cancel: () => void,
   *   idle?: string, waiting?: string}} options `idle` is the send button's text while there is nothing to send
   *   (without it the card is hidden then), `waiting` what is said in place of a preview.
   */
  constructor({ label, title, drop, send, cancel, idle = "", waiting = "" }) {
    this.title = t(title);
    this.idle = t(idle);
    this.waiting = t(waiting);
    this.said = "";
    /** @type {Offer | null} */
    this.offer = null; // the preview that may be sent now
    /** @type {Set<string>} */
    this.sent = new Set(); // previews that this page has asked to send
    this.from = 0;
    this.deadline = 0;
    this.heading = h("h4", {}, this.title);
    this.lines = h("dl", { class: "jo-lines" });
    this.left = h("span", { class: "jo-left" });
    this.drop = button(drop, () => {
      this.set(null);
      cancel();
    });
    this.send = button(idle, () => this.press(send), "jo-button jo-send");
    const buttons = h("div", { class: "jo-actions jo-offer-buttons" }, this.left, this.drop, this.send);
    const attributes = { class: "jo-card jo-offer", role: "group", "aria-label": t(label) };
    this.box = h("div", attributes, this.heading, this.lines, buttons);
    this.clock = setInterval(() => this.tick(), 250);
    this.set(null);
  }

  /** @param {(id: string) => void} send */
  press(send) {
    const offer = this.offer;
    if (!offer || !this.good()) return;
    this.sent.add(offer.id);
    this.set(null, sending());
    send(offer.id);
  }

  /**
   * Show a preview of the kernel's; one that this page has sent is not shown again.
   * @param {Offer | null} offer
   * @param {boolean} busy
   */
  update(offer, busy) {
    const wanted = offer && !this.sent.has(offer.id) ? offer : null;
    if (wanted) {
      if (wanted.id !== this.offer?.id) this.set(wanted);
    } else if (this.offer || (this.said === sending() && !busy)) this.set(null);
  }

  /**
   * @param {Offer | null} offer
   * @param {string} [words] said in place of a preview
   */
  set(offer, words = this.waiting) {
    const now = performance.now();
    this.said = offer ? "" : words;
    this.from = offer && this.offer ? now + SWAPPED : now;
    this.deadline = now + (offer?.seconds ?? 0) * 1000;
    this.offer = offer;
    setText(this.heading, offer ? t("{title}: nothing was sent yet", { title: this.title }) : this.title);
    setPairs(this.lines, offer ? offer.lines : [["", words]]);
    setText(this.send, offer?.button ?? this.idle);
    this.box.dataset.kind = offer?.kind ?? "";
    show(this.drop, offer && !EDITABLE.includes(offer.kind));
    show(this.box, offer || this.idle);
    this.tick();
  }

  good() {
    const now = performance.now();
    return this.offer !== null && this.from <= now && now < this.deadline;
  }

  tick() {
    const seconds = Math.ceil((this.deadline - performance.now()) / 1000);
    setEnabled(this.send, this.good());
    const words =
      seconds > 0 ? t("Good for {seconds} s", { seconds }) : t("Too old to send: preview it again");
    setText(this.left, this.offer ? words : "");
  }

  close() {
    clearInterval(this.clock);
  }
}

/**
 * Return what anywidget asks of a module: how to show a panel, and how to take it away.
 * @param {new (model: Model) => {root: HTMLElement, close: () => void}} Panel
 */
export function mount(Panel) {
  return {
    /** @param {{model: Model, el: HTMLElement}} context */
    render({ model, el }) {
      speak(model.get("_language") || locale());
      const shown = new Panel(model);
      el.append(shown.root);
      // The line for a notebook that is opened without its kernel is not needed while the panel lives.
      for (const line of document.getElementsByClassName(model.get("_line"))) {
        const whole = /** @type {HTMLElement} */ (line.closest(".jp-OutputArea-child") ?? line);
        whole.style.display = "none"; // JupyterLab's own styles show what is only marked as hidden
      }
      return () => {
        shown.close();
        shown.root.remove();
      };
    },
  };
}
