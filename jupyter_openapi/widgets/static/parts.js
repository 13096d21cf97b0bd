// What the panels share. All text goes in as text: nothing here reads HTML.

/** Make an element; strings among the children become text. */
function h(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, String(value));
  }
  // JupyterLab takes keys for itself on whatever is not a text field: arrows in a list would move cells.
  if (tag === "select" || tag === "button" || attributes?.type === "checkbox") {
    node.setAttribute("data-lm-suppress-shortcuts", "true");
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

/** Set a node's text if it differs: what has not changed is not announced, and does not flicker. */
function say(node, text) {
  const words = text ?? "";
  if (node.textContent !== words) node.textContent = words;
}

/** Show or hide. */
function show(node, shown) {
  node.hidden = !shown;
}

/** Disable a button and keep its focus: a disabled one would lose the keyboard's place. */
function enable(button, on) {
  button.setAttribute("aria-disabled", String(!on));
}

function isEnabled(button) {
  return button.getAttribute("aria-disabled") !== "true";
}

let made = 0;

/** A label, its input, and the line below it that says what is wrong. */
function field(label, input, { beside = [], wide = false } = {}) {
  const id = `jo-${++made}-${Math.random().toString(36).slice(2, 8)}`;
  input.id = id;
  input.classList.add("jo-input");
  const hint = h("p", { class: "jo-hint", id: `${id}-hint` });
  input.setAttribute("aria-describedby", hint.id);
  const box = h(
    "div",
    { class: wide ? "jo-field jo-wide" : "jo-field" },
    h("label", { for: id }, label),
    h("div", { class: "jo-beside" }, input, ...beside),
    hint,
  );
  return {
    box,
    input,
    hint(text, wrong) {
      say(hint, text);
      input.setAttribute("aria-invalid", String(Boolean(text && wrong)));
      hint.classList.toggle("jo-wrong", Boolean(text && wrong));
    },
  };
}

/** A select whose options change only when they differ. `pairs` holds value and text. */
function choices(select, pairs) {
  const wanted = JSON.stringify(pairs);
  if (select.dataset.pairs === wanted) return;
  const before = select.value;
  select.dataset.pairs = wanted;
  select.replaceChildren(...pairs.map(([value, text]) => h("option", { value }, text)));
  if (pairs.some(([value]) => value === before)) select.value = before;
}

/** Submit a form when Enter is pressed in one of its text fields; front ends do not always leave that to the form. */
function onEnter(form, submit) {
  form.addEventListener("keydown", (event) => {
    const typed = event.target instanceof HTMLInputElement && event.target.type !== "checkbox";
    if (event.key === "Enter" && typed && !event.isComposing) submit(event);
  });
}

/** Lines of label and text, as a description list. */
function lines(list, pairs) {
  const wanted = JSON.stringify(pairs);
  if (list.dataset.pairs === wanted) return;
  list.dataset.pairs = wanted;
  const row = ([label, text]) => [h("dt", {}, label), h("dd", { "data-about": label }, text)];
  list.replaceChildren(...pairs.flatMap(row));
}

/** The head of a panel: which account, and when this was last true. */
function head(name) {
  const chip = h("span", { class: "jo-chip" });
  const title = h("span", { class: "jo-title" });
  const time = h("span", { class: "jo-time" });
  const banner = h("p", { class: "jo-banner" });
  const what = h("span", { class: "jo-name" }, name);
  const box = h(
    "header",
    { class: "jo-head" },
    what,
    chip,
    title,
    time,
  );
  return {
    nodes: [box, banner],
    update(view, panel = name) {
      say(what, panel);
      say(chip, view.mode === "none" ? "" : view.mode.toUpperCase());
      show(chip, view.mode !== "none");
      chip.dataset.mode = view.mode;
      say(title, view.title.replace(/^(SANDBOX|PAPER|LIVE) /, ""));
      say(time, view.time);
      const armed = view.mode === "live" && view.trading;
      const closed = view.mode !== "none" && !view.trading;
      const said = armed ? "LIVE: orders move real money" : closed ? "Read-only: this connection sends no orders" : "";
      say(banner, said);
      show(banner, said);
      banner.dataset.mode = armed ? "live" : "closed";
    },
  };
}

const SILENT = 4000; // ms without an answer after which the page says so
const ALIVE = 20000; // ms between two signs of life

/** The line to the kernel: numbered messages out, views in, and a word when nobody answers. */
class Line {
  constructor(model, { view, silent }) {
    this.model = model;
    this.page = Math.random().toString(36).slice(2);
    this.number = 0;
    this.asked = new Map();
    this.silent = silent;
    this.onMessage = (message) => {
      if (message?.kind !== "view") return;
      const seen = message.seen?.[this.page] ?? 0;
      for (const number of this.asked.keys()) if (number <= seen) this.asked.delete(number);
      if (this.asked.size === 0) this.silent([]);
      view(message);
    };
    this.onLive = () => this.tell("ping");
    // A hidden page gives no signs of life: after a while nothing is polled for it, until it is seen again.
    this.onSeen = () => document.hidden || this.tell("hello");
    model.on("msg:custom", this.onMessage);
    model.on("comm_live_update", this.onLive);
    document.addEventListener("visibilitychange", this.onSeen);
    this.clock = setInterval(() => document.hidden || this.tell("ping"), ALIVE);
  }

  tell(kind, content = {}) {
    const number = ++this.number;
    this.asked.set(number, kind);
    setTimeout(() => this.asked.has(number) && this.silent([...this.asked.values()]), SILENT);
    try {
      this.model.send({ ...content, kind, page: this.page, number });
    } catch {
      this.silent([...this.asked.values()]);
    }
  }

  close() {
    clearInterval(this.clock);
    this.model.off("msg:custom", this.onMessage);
    this.model.off("comm_live_update", this.onLive);
    document.removeEventListener("visibilitychange", this.onSeen);
    try {
      this.model.send({ kind: "gone", page: this.page, number: ++this.number });
    } catch {
      // The kernel has gone first.
    }
    this.asked.clear();
  }
}

const ABSENT =
  "The kernel has not answered yet: it is busy, or was restarted (then run this cell again). " +
  "What you typed is still here, and nothing is sent twice.";
