// The fields of an order, its preview and what became of it: the order form, and the blotter's Replace.
// An edit makes the preview void in the page at once; "Send order" names the preview that it sends.

import { t } from "./language.js";
import { BRACKET, DEFAULTS, FIELD_LABELS, FIRST, makeInputs, PRICES, STEPPED } from "./order_fields.js";
import { MarketBox } from "./order_market.js";
import {
  button,
  checkbox,
  field,
  Head,
  h,
  isEnabled,
  Notices,
  OfferCard,
  onEnter,
  section,
  setChoices,
  setEnabled,
  setText,
  show,
} from "./parts.js";
import { bandAt, scaled, stepPrice, stepWhole, unscaled } from "./price_steps.js";
import { SentOrder } from "./sent_order.js";

const edited = () => t("You changed the order: preview it again.");
const lost = () =>
  t(
    "The kernel stopped answering while an order was being sent: it may have been placed. Look at your orders before you send again.",
  );
/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export class OrderTicket {
  /**
   * @param {Sender} sender
   * @param {Setup} setup
   */
  constructor(sender, setup) {
    this.sender = sender;
    this.setup = setup;
    this.version = 0;
    /** @type {number | null} */
    this.epoch = null;
    /** @type {Pair[]} */
    this.bands = [];
    this.lot = 1;
    /** @type {OrderView | null} */
    this.view = null;
    this.traded = ""; // the last complete symbol: the quantity was meant for it
    this.forgotten = ""; // says why there is no quantity any more, until another is given
    this.later = 0;
    this.limit = "";
    this.inputs = makeInputs();
    this.head = new Head("Order");
    this.notices = new Notices();
    this.market = new MarketBox((price) => this.takePrice(price));
    this.order = new SentOrder(() => this.sender.send("cancel"));
    this.offer = this.makeOffer();
    this.suggest = button("", () => this.takeSymbol(), "jo-plain jo-suggest");
    this.list = h("datalist", { id: this.inputs.symbol.getAttribute("list") });
    const sizes = /** @type {const} */ ([
      ["all", t("All")],
      ["half", t("Half")],
      ["max", t("Max")],
    ]);
    this.sizes = sizes.map(([name, text]) => ({
      name,
      button: button(text, () => this.takeSize(name), "jo-plain jo-size"),
    }));
    this.sizeNote = h("p", { class: "jo-hint" });
    this.fields = this.makeFields();
    this.mean = checkbox("");
    this.meaning = h("p", { class: "jo-meaning" });
    this.sideWords = h("p", { class: "jo-side" });
    this.sums = this.makeSums();
    this.preview = h("button", { type: "submit", class: "jo-button jo-preview" }, t("Preview"));
    this.root = this.build();
    this.layout();
    setEnabled(this.preview, false);
  }

  // ---- what is on the page

  makeOffer() {
    return new OfferCard({
      label: t("Preview"),
      title: t("Preview"),
      drop: t("Keep order"),
      idle: t("Send order"),
      waiting: t("Preview the order to see what would be sent."),
      send: (id) => {
        this.order.expected = true;
        this.sender.send("send", { offer: id });
      },
      cancel: () => this.sender.send("drop"),
    });
  }

  makeFields() {
    const sizes = h("div", { class: "jo-sizes" }, ...this.sizes.map((one) => one.button));
    /** @type {Record<string, {beside?: Node[], below?: Node[], wide?: boolean}>} */
    const more = {
      symbol: { beside: [this.list], below: [this.suggest] },
      submitted_quantity: { below: [sizes, this.sizeNote] },
    };
    for (const [name, kind] of Object.entries(STEPPED)) {
      more[name] = { ...more[name], beside: this.stepper(name, kind) };
    }
    /** @type {Record<string, Field>} */
    const fields = {};
    for (const [name, input] of Object.entries(this.inputs)) {
      fields[name] = field(FIELD_LABELS[/** @type {keyof typeof FIELD_LABELS} */ (name)], input, more[name]);
    }
    this.inputs.symbol.addEventListener("blur", () => this.tidySymbol());
    setChoices(
      this.inputs.side,
      this.setup.sides.map((side) => [side, side]),
    );
    setChoices(
      this.inputs.outside_rth,
      this.setup.hours.map(([value, text]) => [value, capital(t(text))]),
    );
    return fields;
  }

  /** @param {string} name */
  box(name) {
    return /** @type {HTMLElement} */ (this.fields[name]?.box);
  }

  build() {
    const submit = (/** @type {Event} */ event) => this.onSubmit(event);
    const apart = ["symbol", "remark", ...BRACKET];
    const rest = Object.keys(this.fields).filter((name) => !apart.includes(name));
    const form = h(
      "form",
      {
        class: "jo-form",
        novalidate: true,
        onsubmit: submit,
        oninput: (/** @type {Event} */ event) => this.onInput(event),
      },
      h("div", { class: "jo-top" }, this.box("symbol"), this.market.box),
      this.sideWords,
      h("div", { class: "jo-grid" }, ...rest.map((name) => this.box(name))),
      h("div", { class: "jo-grid" }, ...BRACKET.map((name) => this.box(name)), this.box("remark")),
      this.meaning,
      this.notices.alert,
      this.mean.box,
      h("div", { class: "jo-actions jo-end" }, this.sums.list, this.preview),
      this.order.notify.box,
    );
    onEnter(form, submit);
    this.mean.box.classList.add("jo-mean");
    show(this.mean.box, false);
    return section(
      "Order form",
      "jo-order-form",
      ...this.head.nodes,
      this.notices.absent,
      form,
      this.offer.box,
      this.order.box,
      this.notices.status,
    );
  }

  makeSums() {
    const [amount, fees, most] = [h("dd"), h("dd"), h("dd")];
    const rows = [
      h("dt", {}, t("Estimated amount")),
      amount,
      h("dt", {}, t("Fees")),
      fees,
      h("dt", {}, t("Maximum quantity")),
      most,
    ];
    return { amount, fees, most, list: h("dl", { class: "jo-sums" }, ...rows) };
  }

  /**
   * @param {string} name
   * @param {string} kind
   */
  stepper(name, kind) {
    const input = /** @type {HTMLInputElement} */ (this.input(name));
    input.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
      event.preventDefault();
      this.step(input, kind, event.key === "ArrowUp");
    });
    return [false, true].map((up) => {
      const pressed = () => this.step(input, kind, up);
      const attributes = { type: "button", class: "jo-step", tabindex: "-1", "aria-hidden": "true" };
      return h("button", { ...attributes, onclick: pressed }, up ? "+" : "−");
    });
  }

  /** @param {string} name */
  input(name) {
    return this.inputs[/** @type {keyof typeof this.inputs} */ (name)];
  }

  // ---- what the person does

  /**
   * @param {HTMLInputElement} input
   * @param {string} kind
   * @param {boolean} up
   */
  step(input, kind, up) {
    if (input.readOnly) return;
    const last = this.view?.tape.quote?.last ?? "";
    if (kind === "lot") input.value = stepWhole(input.value, this.lot, up);
    else input.value = input.value.trim() ? stepPrice(input.value, this.bands, up) : last;
    this.onEdit();
  }

  /** @param {string} price */
  takePrice(price) {
    const number = scaled(price);
    if (number === null || this.box("submitted_price").hidden) return;
    this.inputs.submitted_price.value = unscaled(number);
    this.onEdit();
  }

  takeSymbol() {
    const suggested = this.view?.tape.suggest;
    if (!suggested) return;
    this.inputs.symbol.value = suggested;
    this.inputs.symbol.focus();
    this.onEdit();
  }

  /** @param {string} name */
  takeSize(name) {
    const quantity = this.sizesNow()?.[/** @type {"all" | "half" | "max"} */ (name)];
    if (!quantity) return;
    this.inputs.submitted_quantity.value = quantity;
    this.onEdit();
  }

  /** The sizes the kernel worked out, if they are for the fields as they are now. */
  sizesNow() {
    const sizes = this.view?.tape.sizes;
    return sizes?.symbol === this.symbol() && sizes.side === this.inputs.side.value ? sizes : null;
  }

  symbol() {
    return this.inputs.symbol.value.trim().toUpperCase();
  }

  tidySymbol() {
    this.inputs.symbol.value = this.symbol();
  }

  collect() {
    const shown = Object.entries(this.inputs).filter(([name]) => !this.box(name).hidden);
    const typed = shown.map(([name, { value }]) => [name, name === "symbol" ? this.symbol() : value]);
    return Object.fromEntries(typed.filter(([, value]) => value?.trim() !== ""));
  }

  state() {
    return { fields: this.collect(), version: `${this.sender.page}-${this.version}`, epoch: this.epoch };
  }

  /** @param {Event} event */
  onInput(event) {
    const boxes = [this.mean.input, this.order.notify.input];
    if (!boxes.some((box) => box === event.target)) this.onEdit();
  }

  onEdit() {
    this.version += 1;
    this.forgetQuantity();
    this.layout();
    clearTimeout(this.later);
    const tell = () => this.sender.send("edit", this.state());
    if (this.offer.offer && this.offer.offer.kind !== "cancel") {
      this.offer.set(null, edited());
      tell();
    } else {
      this.later = setTimeout(tell, 200);
    }
  }

  /** Clear the quantity when another symbol is chosen: it was meant for the one before. */
  forgetQuantity() {
    const symbol = this.symbol();
    if (!this.setup.markets[symbol.split(".").at(-1) ?? ""]) return;
    if (this.traded && this.traded !== symbol && this.inputs.submitted_quantity.value) {
      this.inputs.submitted_quantity.value = "";
      this.forgotten = t("The quantity was for {symbol}.", { symbol: this.traded });
      setText(this.sizeNote, this.forgotten);
    }
    this.traded = symbol;
  }

  /** @param {Event} event */
  onSubmit(event) {
    event.preventDefault();
    if (!isEnabled(this.preview)) return;
    clearTimeout(this.later);
    this.tidySymbol();
    const override = this.limit && this.mean.input.checked ? [this.limit] : [];
    setEnabled(this.preview, false);
    this.offer.set(null);
    this.sender.send("preview", { ...this.state(), override });
  }

  // ---- how it looks

  layout() {
    const market = this.symbol().split(".").at(-1) ?? "";
    const fixed = Boolean(this.view?.replaces);
    const { types, ended, lasts, markets } = this.setup;
    const codes = markets[market] ?? Object.keys(types);
    const type = this.inputs.order_type;
    setChoices(type, [
      ...codes.map((code) => /** @type {Pair} */ ([code, `${t(types[code]?.title ?? "")} (${code})`])),
      ...ended.map(([code, title, why]) => /** @type {Pair} */ ([code, `${t(title)} (${code}): ${t(why)}`])),
    ]);
    for (const option of type.options) option.disabled = !types[option.value];
    const rules = types[type.value];
    if (!rules) return;
    const values = rules.lasts[market] ?? lasts.map(([value]) => value);
    const words = Object.fromEntries(lasts);
    setChoices(
      this.inputs.time_in_force,
      values.map((value) => [value, `${value}: ${t(words[value] ?? "")}`]),
    );
    for (const name of PRICES) show(this.box(name), rules.needs.includes(name));
    for (const name of BRACKET) show(this.box(name), !fixed);
    show(this.box("expire_date"), !fixed && this.inputs.time_in_force.value === "GTD");
    show(this.box("outside_rth"), !fixed && market === "US");
    show(this.box("remark"), !fixed); // a changed order keeps its own
    setText(this.meaning, t("{title}: {meaning}.", { title: t(rules.title), meaning: t(rules.meaning) }));
    this.inputs.symbol.readOnly = fixed;
    for (const name of ["side", "order_type", "time_in_force"]) {
      /** @type {HTMLSelectElement} */ (this.input(name)).disabled = fixed;
    }
    this.inputs.remark.maxLength = this.setup.remark;
    const side = this.inputs.side.value;
    this.root.dataset.side = side;
    setText(this.sideWords, `${t(side.toUpperCase())} ${this.symbol()}`.trim());
  }

  // ---- what the kernel says

  /** @param {OrderView} view */
  adopt(view) {
    const typed = this.epoch === null && this.version > 0 && !Object.keys(view.fields).length;
    this.epoch = view.epoch;
    if (typed) {
      this.sender.send("edit", this.state()); // typed before the kernel answered
      return;
    }
    this.version += 1;
    this.offer.set(null);
    for (const name of new Set([...FIRST, ...Object.keys(this.inputs)])) {
      this.input(name).value = view.fields[name] ?? DEFAULTS[name] ?? "";
      this.layout();
    }
    this.traded = this.symbol();
    this.forgotten = "";
    if (Object.keys(view.fields).length) this.sender.send("edit", this.state());
  }

  /** @param {OrderView} view */
  update(view) {
    this.view = view;
    if (view.epoch !== this.epoch) this.adopt(view);
    this.head.update(view, view.replaces ? t("Replace order") : t("Order"));
    this.notices.update(view);
    setChoices(this.list, view.choices);
    this.updateMarket(view.tape);
    this.updateHints(view);
    this.updateLimit(view.limit);
    setEnabled(this.preview, !view.busy && view.mode !== "none");
    this.offer.idle = view.replaces ? t("Send replacement") : t("Send order");
    this.updateOffer(view);
    this.order.update(view.order, view.busy);
  }

  /** @param {OrderView} view */
  updateHints({ problems, tape }) {
    const suggest = problems.symbol ? "" : tape.suggest;
    setText(this.suggest, suggest ? t("Did you mean {guess}?", { guess: suggest }) : "");
    show(this.suggest, suggest);
    for (const [name, one] of Object.entries(this.fields)) {
      const hint = name === "symbol" && suggest ? "" : (tape.hints[name] ?? "");
      one.hint(problems[name] ?? hint, Boolean(problems[name]));
    }
  }

  /** @param {Pair | null} limit */
  updateLimit(limit) {
    const name = limit?.[0] ?? "";
    if (this.limit !== name) this.mean.input.checked = false;
    this.limit = name;
    setText(this.mean.words, limit ? t("I mean it: {what}", { what: limit[1] }) : "");
    show(this.mean.box, limit);
  }

  /** @param {MarketView} tape */
  updateMarket(tape) {
    const symbol = this.symbol();
    const security = tape.security?.symbol === symbol ? tape.security : null;
    this.market.update(tape, symbol);
    this.bands = security?.bands ?? [];
    this.lot = this.inputs.order_type.value === "ODD" ? 1 : (security?.lot ?? 1);
    setText(this.sums.amount, tape.amount || "–");
    setText(this.sums.fees, tape.fees || "–");
    setText(this.sums.most, tape.most || "–");
    const price = scaled(this.inputs.submitted_price.value || (security && tape.quote?.last) || "");
    if (price !== null && this.bands.length) {
      const tick = unscaled(bandAt(this.bands, price, true)[1]);
      this.inputs.submitted_price.setAttribute("step", tick);
      this.inputs.trigger_price.setAttribute("step", tick);
    }
    this.inputs.submitted_quantity.setAttribute("step", String(this.lot));
    this.updateSizes();
  }

  updateSizes() {
    const sizes = this.sizesNow();
    for (const one of this.sizes) setEnabled(one.button, Boolean(sizes?.[one.name]) && !this.view?.replaces);
    if (this.inputs.submitted_quantity.value) this.forgotten = "";
    if (sizes) setText(this.sizeNote, this.forgotten || sizes.note);
  }

  /** @param {OrderView} view */
  updateOffer({ offer, busy }) {
    const fresh = offer && (offer.kind === "cancel" || offer.version === this.state().version);
    this.offer.update(fresh ? offer : null, Boolean(busy));
  }

  /** @param {string[]} asked */
  onSilent(asked) {
    const silent = asked.length > 0;
    const sending = asked.includes("send") || this.view?.sending;
    if (sending) this.notices.setSilent(silent, lost());
    else this.notices.setSilent(silent);
    if (!silent) return;
    this.offer.set(null, t("No kernel: nothing can be sent."));
    setEnabled(this.preview, true);
  }

  close() {
    clearTimeout(this.later);
    this.offer.close();
  }
}
