// The order form. An edit makes the preview void in the page at once; "Send order" names the preview it sends.

const SCALE = 1_000_000n;

/** "600.05" -> 600050000n; null for what is no plain number. */
function scaled(text) {
  const found = /^(\d{1,12})(?:\.(\d{0,6}))?$/.exec(text.trim());
  return found ? BigInt(found[1]) * SCALE + BigInt((found[2] ?? "").padEnd(6, "0")) : null;
}

function unscaled(number) {
  const digits = String(number % SCALE).padStart(6, "0").replace(/0+$/, "");
  return digits ? `${number / SCALE}.${digits}` : String(number / SCALE);
}

/** The tick that rules a step from `price`; a bound belongs to the band above it for a step up, below for down. */
function bandAt(bands, price, up) {
  const fits = bands.filter(([from]) => (up ? scaled(from) <= price : scaled(from) < price));
  const [from, tick] = fits.at(-1) ?? bands[0];
  return [scaled(from), scaled(tick)];
}

/** The next price an exchange takes, above or below. */
function stepPrice(text, bands, up) {
  const price = scaled(text);
  if (price === null || bands.length === 0) return text;
  const [from, tick] = bandAt(bands, price, up);
  const whole = ((price - from) / tick) * tick + from; // the rung at or below
  const next = up ? whole + tick : whole === price ? price - tick : whole;
  return next > 0n ? unscaled(next) : text;
}

function stepWhole(text, lot, up) {
  const number = Number(text || "0");
  if (!Number.isSafeInteger(number) || number < 0) return text;
  const next = up ? (Math.floor(number / lot) + 1) * lot : (Math.ceil(number / lot) - 1) * lot;
  return String(Math.max(next, lot));
}

const WAITING = "Preview the order to see what would be sent.";
const SENDING = "Sending…";
const LOST =
  "The kernel stopped answering while an order was being sent: it may have been placed. " +
  "Look at your orders before you send again.";
const PRICE_FIELDS = ["submitted_price", "trigger_price", "trailing_amount", "trailing_percent", "limit_offset"];

class Form {
  constructor(model, el) {
    this.setup = model.get("_setup");
    this.version = 0;
    this.epoch = null;
    this.bands = [];
    this.lot = 1;
    this.view = null;
    this.offer = null; // the preview that may be sent now
    this.deadline = 0;
    this.sent = new Set(); // previews this page has asked to send
    this.build(el);
    this.line = new Line(model, { view: (view) => this.update(view), silent: (asked) => this.silent(asked) });
    this.layout();
    this.setOffer(null);
    enable(this.preview, false);
    this.line.tell("hello");
    this.clock = setInterval(() => this.tick(), 500);
  }

  // ---- what is on the page

  build(el) {
    const text = (name, more) => this.input(name, { type: "text", autocomplete: "off", spellcheck: "false", ...more });
    const number = (name, step) => this.stepper(name, text(name, { inputmode: "decimal", class: "jo-number" }), step);
    this.inputs = {};
    this.fields = {};
    this.list = h("datalist", { id: `jo-symbols-${Math.random().toString(36).slice(2)}` });
    this.put("symbol", "Symbol", text("symbol", { list: this.list.id, autocapitalize: "characters" }), [this.list]);
    this.put("side", "Side", this.input("side", {}, "select"));
    this.put("order_type", "Type", this.input("order_type", {}, "select"));
    this.put("time_in_force", "Time in force", this.input("time_in_force", {}, "select"));
    this.put("submitted_price", "Price", ...number("submitted_price", "price"));
    this.put("submitted_quantity", "Quantity", ...number("submitted_quantity", "lot"));
    this.put("trigger_price", "Trigger price", ...number("trigger_price", "price"));
    this.put("trailing_amount", "Trailing amount", text("trailing_amount", { inputmode: "decimal" }));
    this.put("trailing_percent", "Trailing percent", text("trailing_percent", { inputmode: "decimal" }));
    this.put("limit_offset", "Limit offset", text("limit_offset", { inputmode: "decimal" }));
    this.put("expire_date", "Expire date", this.input("expire_date", { type: "date" }));
    this.put("outside_rth", "Outside RTH", this.input("outside_rth", {}, "select"));
    this.put("remark", "Remark", text("remark", { autocomplete: "off" }), [], true);
    this.inputs.symbol.addEventListener("blur", () => this.tidySymbol());
    this.fillChoices();
    this.mean = h("input", { type: "checkbox" });
    this.mean.id = `jo-mean-${Math.random().toString(36).slice(2)}`;
    this.meanLabel = h("label", { for: this.mean.id });
    this.meanBox = h("div", { class: "jo-check jo-mean" }, this.mean, this.meanLabel);
    this.head = head("Order");
    this.meaning = h("p", { class: "jo-meaning" });
    this.alert = h("p", { class: "jo-alert", role: "alert" });
    this.status = h("p", { class: "jo-status", role: "status" });
    this.absent = h("p", { class: "jo-alert jo-absent", role: "status" });
    this.preview = h("button", { type: "submit", class: "jo-button" }, "Preview");
    const form = h(
      "form",
      { class: "jo-form", novalidate: true, onsubmit: (event) => this.onSubmit(event), oninput: (event) => this.onInput(event) },
      h("div", { class: "jo-top" }, this.fields.symbol.box, this.buildTape()),
      h("div", { class: "jo-grid" }, ...Object.keys(this.fields).slice(1).map((name) => this.fields[name].box)),
      this.meaning,
      this.alert,
      this.meanBox,
      h("div", { class: "jo-actions jo-end" }, this.buildSums(), this.preview),
    );
    onEnter(form, (event) => this.onSubmit(event));
    this.root = h(
      "section",
      { class: "jo-panel jo-order-form", "aria-label": "Order form" },
      ...this.head.nodes,
      this.absent,
      form,
      this.buildOffer(),
      this.buildOrder(),
      this.status,
    );
    for (const node of [this.alert, this.absent, this.meanBox]) show(node, false);
    el.append(this.root);
  }

  input(name, attributes, tag = "input") {
    this.inputs[name] = h(tag, { name, ...attributes });
    return this.inputs[name];
  }

  put(name, label, input, beside = [], wide = false) {
    this.fields[name] = field(label, input, { beside, wide });
  }

  stepper(name, input, kind) {
    const step = (up) => this.step(name, kind, up);
    input.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
      event.preventDefault();
      step(event.key === "ArrowUp");
    });
    const button = (text, up) =>
      h("button", { type: "button", class: "jo-step", tabindex: "-1", "aria-hidden": "true", onclick: () => step(up) }, text);
    return [input, [button("−", false), button("+", true)]];
  }

  step(name, kind, up) {
    const input = this.inputs[name];
    if (input.readOnly) return;
    const last = this.view?.tape.quote?.last ?? "";
    if (kind === "lot") input.value = stepWhole(input.value, this.lot, up);
    else input.value = input.value.trim() ? stepPrice(input.value, this.bands, up) : last;
    this.onEdit();
  }

  fillChoices() {
    const words = (value) => value.charAt(0).toUpperCase() + value.slice(1);
    choices(this.inputs.side, this.setup.sides.map((side) => [side, side]));
    choices(this.inputs.outside_rth, this.setup.hours.map(([value, text]) => [value, words(text)]));
  }

  buildTape() {
    this.name = h("p", { class: "jo-security" });
    this.quotes = {};
    const price = (name, label) => {
      const value = h("span", { class: "jo-price" });
      const button = h(
        "button",
        { type: "button", class: "jo-quote", title: `Take the ${label.toLowerCase()} price`, onclick: () => this.take(name) },
        h("span", { class: "jo-quote-label" }, label),
        value,
      );
      this.quotes[name] = { button, value };
      return button;
    };
    this.change = h("span", { class: "jo-change" });
    this.age = h("span", { class: "jo-age" });
    this.tape = h("div", { class: "jo-tape" }, price("bid", "Bid"), price("last", "Last"), price("ask", "Ask"), this.change);
    this.hours = h("p", { class: "jo-hours" });
    return h("div", { class: "jo-market" }, this.tape, h("div", { class: "jo-facts" }, this.name, this.age), this.hours);
  }

  take(name) {
    const price = this.view?.tape.quote?.[name];
    if (!price || this.fields.submitted_price.box.hidden) return;
    this.inputs.submitted_price.value = unscaled(scaled(price) ?? 0n);
    this.onEdit();
  }

  buildSums() {
    this.sums = {};
    const sum = (name, label) => {
      this.sums[name] = h("dd", {});
      return [h("dt", {}, label), this.sums[name]];
    };
    return h("dl", { class: "jo-sums" }, ...sum("amount", "Estimated amount"), ...sum("fees", "Fees"), ...sum("most", "Maximum quantity"));
  }

  buildOffer() {
    this.offerTitle = h("h4", {}, "Preview");
    this.offerLines = h("dl", { class: "jo-lines" });
    this.left = h("span", { class: "jo-left" });
    this.send = h("button", { type: "button", class: "jo-button jo-send", onclick: () => this.onSend() }, "Send order");
    this.keep = h("button", { type: "button", class: "jo-button jo-quiet", onclick: () => this.line.tell("drop") }, "Keep order");
    this.offerBox = h(
      "div",
      { class: "jo-card jo-offer", role: "group", "aria-label": "Preview" },
      this.offerTitle,
      this.offerLines,
      h("div", { class: "jo-actions" }, this.left, this.keep, this.send),
    );
    return this.offerBox;
  }

  buildOrder() {
    this.orderId = h("span", { class: "jo-order-id" });
    this.orderStatus = h("span", { class: "jo-chip jo-order-status" });
    this.orderWords = h("p", { class: "jo-order-words" });
    this.bar = h("span", { class: "jo-bar" });
    this.cancel = h("button", { type: "button", class: "jo-button jo-quiet", onclick: () => this.onCancel() }, "Cancel");
    this.orderBox = h(
      "div",
      { class: "jo-card jo-order", role: "group", "aria-label": "Order sent" },
      h("div", { class: "jo-actions" }, h("h4", {}, "Order ", this.orderId), this.orderStatus, h("span", { class: "jo-fill" }), this.cancel),
      h("div", { class: "jo-track", "aria-hidden": "true" }, this.bar),
      this.orderWords,
    );
    show(this.orderBox, false);
    return this.orderBox;
  }

  // ---- what the person does

  collect() {
    const shown = Object.entries(this.inputs).filter(([name]) => !this.fields[name].box.hidden);
    const typed = shown.map(([name, input]) => [name, name === "symbol" ? input.value.trim().toUpperCase() : input.value]);
    return Object.fromEntries(typed.filter(([, value]) => value.trim() !== ""));
  }

  tidySymbol() {
    this.inputs.symbol.value = this.inputs.symbol.value.trim().toUpperCase();
  }

  state() {
    return { fields: this.collect(), version: `${this.line.page}-${this.version}`, epoch: this.epoch };
  }

  onInput(event) {
    if (event.target !== this.mean) this.onEdit();
  }

  onEdit() {
    this.version += 1;
    this.layout();
    clearTimeout(this.later);
    if (this.offer && this.offer.kind !== "cancel") {
      this.setOffer(null, "You changed the order: preview it again.");
      this.line.tell("edit", this.state());
    } else {
      this.later = setTimeout(() => this.line.tell("edit", this.state()), 200);
    }
  }

  onSubmit(event) {
    event.preventDefault();
    if (!isEnabled(this.preview)) return;
    clearTimeout(this.later);
    this.tidySymbol();
    const override = this.limit && this.mean.checked ? [this.limit] : [];
    enable(this.preview, false);
    this.setOffer(null);
    this.line.tell("preview", { ...this.state(), override });
  }

  onSend() {
    if (!isEnabled(this.send) || !this.offer) return;
    const id = this.offer.id;
    this.sent.add(id);
    this.setOffer(null, SENDING);
    this.line.tell("send", { offer: id });
  }

  onCancel() {
    if (!isEnabled(this.cancel)) return;
    enable(this.cancel, false);
    this.line.tell("cancel");
  }

  // ---- what the kernel says

  layout() {
    const symbol = this.inputs.symbol.value.trim().toUpperCase();
    const market = symbol.split(".").at(-1);
    const fixed = Boolean(this.view?.replaces);
    const codes = this.setup.markets[market] ?? Object.keys(this.setup.types);
    const type = this.inputs.order_type;
    choices(type, codes.map((code) => [code, `${this.setup.types[code].title} (${code})`]));
    const rules = this.setup.types[type.value];
    const lasts = rules.lasts[market] ?? this.setup.lasts.map(([value]) => value);
    const words = Object.fromEntries(this.setup.lasts);
    choices(this.inputs.time_in_force, lasts.map((value) => [value, `${value}: ${words[value]}`]));
    for (const name of PRICE_FIELDS) show(this.fields[name].box, rules.needs.includes(name));
    show(this.fields.expire_date.box, !fixed && this.inputs.time_in_force.value === "GTD");
    show(this.fields.outside_rth.box, !fixed && market === "US");
    show(this.fields.remark.box, !fixed); // a changed order keeps its own
    say(this.meaning, `${rules.title}: ${rules.meaning}.`);
    this.inputs.symbol.readOnly = fixed;
    for (const name of ["side", "order_type", "time_in_force"]) this.inputs[name].disabled = fixed;
    this.inputs.remark.maxLength = this.setup.remark;
    this.root.dataset.side = this.inputs.side.value;
  }

  adopt(view) {
    const typed = this.epoch === null && this.version > 0 && !Object.keys(view.fields).length;
    this.epoch = view.epoch;
    if (typed) {
      this.line.tell("edit", this.state()); // typed before the kernel answered
      return;
    }
    this.version += 1;
    this.setOffer(null);
    const defaults = { side: "Buy", order_type: "LO", time_in_force: "Day", outside_rth: "RTH_ONLY" };
    for (const name of ["symbol", "side", "order_type", "time_in_force", ...Object.keys(this.inputs)]) {
      this.inputs[name].value = view.fields[name] ?? defaults[name] ?? "";
      this.layout();
    }
    if (Object.keys(view.fields).length) this.line.tell("edit", this.state());
  }

  update(view) {
    this.view = view;
    if (view.epoch !== this.epoch) this.adopt(view);
    this.head.update(view, view.replaces ? "Replace order" : "Order");
    this.updateTape(view.tape);
    choices(this.list, view.choices);
    const wrong = view.problems;
    for (const [name, one] of Object.entries(this.fields)) {
      one.hint(wrong[name] ?? view.tape.hints[name] ?? "", Boolean(wrong[name]));
    }
    say(this.alert, view.error);
    show(this.alert, view.error);
    this.updateLimit(view.limit);
    enable(this.preview, !view.busy && view.mode !== "none");
    say(this.status, view.busy ? `${view.busy}…` : view.note);
    this.updateOffer(view);
    this.updateOrder(view.order, view.busy);
  }

  updateLimit(limit) {
    if (this.limit !== limit?.[0]) this.mean.checked = false;
    this.limit = limit?.[0];
    say(this.meanLabel, limit ? `I mean it: ${limit[1]}` : "");
    show(this.meanBox, limit);
  }

  updateTape(tape) {
    const typed = this.inputs.symbol.value.trim().toUpperCase();
    const security = tape.security?.symbol === typed ? tape.security : null;
    const quote = security ? tape.quote : null;
    this.bands = security?.bands ?? [];
    this.lot = this.inputs.order_type.value === "ODD" ? 1 : security?.lot ?? 1;
    const facts = security && [security.name, security.currency, security.lot > 1 ? `lots of ${security.lot}` : ""];
    say(this.name, facts ? facts.filter(Boolean).join(" · ") : tape.problem);
    for (const name of ["bid", "last", "ask"]) {
      say(this.quotes[name].value, quote?.[name] || "–");
    }
    say(this.change, quote?.change);
    this.change.dataset.up = String(quote?.change?.startsWith("+") ?? "");
    say(this.age, quote && quote.age != null ? ago(quote.age) : "");
    say(this.hours, security ? tape.problem || tape.hours : "");
    say(this.sums.amount, tape.amount || "–");
    say(this.sums.fees, tape.fees || "–");
    say(this.sums.most, tape.most || "–");
    const price = scaled(this.inputs.submitted_price.value || quote?.last || "");
    if (price !== null && this.bands.length) {
      const tick = unscaled(bandAt(this.bands, price, true)[1]);
      this.inputs.submitted_price.setAttribute("step", tick);
      this.inputs.trigger_price.setAttribute("step", tick);
    }
    this.inputs.submitted_quantity.setAttribute("step", String(this.lot));
  }

  updateOffer(view) {
    const offer = view.offer;
    const fresh = offer && (offer.kind === "cancel" || offer.version === this.state().version);
    if (fresh && !this.sent.has(offer.id)) {
      if (this.offer?.id !== offer.id) this.deadline = performance.now() + offer.seconds * 1000;
      this.setOffer(offer);
    } else if (this.offer || (this.said === SENDING && !view.busy)) {
      this.setOffer(null);
    }
  }

  setOffer(offer, said = WAITING) {
    this.offer = offer;
    this.said = said;
    say(this.offerTitle, offer ? "Preview: nothing was sent yet" : "Preview");
    lines(this.offerLines, offer?.lines ?? [["", said]]);
    say(this.send, offer?.button ?? (this.view?.replaces ? "Send replacement" : "Send order"));
    this.offerBox.dataset.kind = offer?.kind ?? "";
    show(this.keep, offer?.kind === "cancel");
    this.tick();
  }

  tick() {
    const seconds = Math.ceil((this.deadline - performance.now()) / 1000);
    const good = Boolean(this.offer) && seconds > 0;
    enable(this.send, good);
    say(this.left, this.offer ? (good ? `Good for ${seconds} s` : "Too old to send: preview it again") : "");
  }

  updateOrder(order, busy) {
    show(this.orderBox, order);
    if (!order) return;
    say(this.orderId, order.id);
    say(this.orderStatus, order.status || "sent");
    this.orderStatus.dataset.done = String(order.done);
    say(this.orderWords, [order.words, order.message].filter(Boolean).join(". "));
    this.bar.style.width = `${Math.round((order.progress ?? 0) * 100)}%`;
    show(this.cancel, !order.done);
    enable(this.cancel, !busy);
  }

  silent(asked) {
    const silent = asked.length > 0;
    const sending = asked.includes("send") || this.view?.busy === "Sending";
    say(this.absent, silent ? (sending ? LOST : ABSENT) : "");
    show(this.absent, silent);
    if (silent) {
      this.setOffer(null, "No kernel: nothing can be sent.");
      enable(this.preview, true);
    }
  }

  close() {
    clearInterval(this.clock);
    clearTimeout(this.later);
    this.line.close();
    this.root.remove();
  }
}

function ago(seconds) {
  for (const [size, name] of [[86400, "days"], [3600, "hours"], [60, "minutes"]]) {
    if (seconds >= 2 * size) return `${Math.round(seconds / size)} ${name} old`;
  }
  return `${Math.max(0, Math.round(seconds))} s old`;
}

export default {
  render({ model, el }) {
    const form = new Form(model, el);
    return () => form.close();
  },
};
