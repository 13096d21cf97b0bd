// The inputs of an order, by their names on the wire.

import { h, uid } from "./parts.js";

/** The fields that an order's type may ask for. */
export const PRICES = [
  "submitted_price",
  "trigger_price",
  "trailing_amount",
  "trailing_percent",
  "limit_offset",
];
export const BRACKET = ["take_profit", "stop_loss"];
/** @type {Record<string, string>} */
export const DEFAULTS = { side: "Buy", order_type: "LO", time_in_force: "Day", outside_rth: "RTH_ONLY" };
/** The fields that decide which others are shown: they are filled in first. */
export const FIRST = ["symbol", ...Object.keys(DEFAULTS).slice(0, 3)];
/** The number fields that step: by the exchange's price steps, or by lots. */
export const STEPPED = { submitted_price: "price", submitted_quantity: "lot", trigger_price: "price" };

/**
 * A text field.
 * @param {string} name
 * @param {Record<string, any>} [more]
 */
function textInput(name, more) {
  return h("input", { name, type: "text", autocomplete: "off", spellcheck: "false", ...more });
}

/** Return the form's inputs by their names on the wire, in the order they are shown in. */
export function makeInputs() {
  const number = (/** @type {string} */ name, look = "") =>
    textInput(name, { inputmode: "decimal", class: look });
  return {
    symbol: textInput("symbol", { autocapitalize: "characters", list: uid() }),
    side: h("select", { name: "side" }),
    order_type: h("select", { name: "order_type" }),
    time_in_force: h("select", { name: "time_in_force" }),
    submitted_price: number("submitted_price", "jo-number"),
    submitted_quantity: number("submitted_quantity", "jo-number"),
    trigger_price: number("trigger_price", "jo-number"),
    trailing_amount: number("trailing_amount"),
    trailing_percent: number("trailing_percent"),
    limit_offset: number("limit_offset"),
    take_profit: number("take_profit"),
    stop_loss: number("stop_loss"),
    expire_date: h("input", { name: "expire_date", type: "date" }),
    outside_rth: h("select", { name: "outside_rth" }),
    remark: textInput("remark"),
  };
}

/** @type {Record<keyof ReturnType<typeof makeInputs>, string>} */
export const FIELD_LABELS = {
  symbol: "Symbol",
  side: "Side",
  order_type: "Type",
  time_in_force: "Time in force",
  submitted_price: "Price",
  submitted_quantity: "Quantity",
  trigger_price: "Trigger price",
  trailing_amount: "Trailing amount",
  trailing_percent: "Trailing percent",
  limit_offset: "Limit offset",
  take_profit: "Take profit",
  stop_loss: "Stop loss",
  expire_date: "Expire date",
  outside_rth: "Outside RTH",
  remark: "Remark",
};
