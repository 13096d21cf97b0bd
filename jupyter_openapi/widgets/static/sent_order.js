// The order that the form has sent: its id, how it stands, and a word when it has filled.

import { t } from "./language.js";
import { button, checkbox, h, setEnabled, setText, show } from "./parts.js";

const BEEP = 0.25; // seconds

/** Play a short tone; a browser that allows no sound stays silent. */
function beep() {
  try {
    const audio = new AudioContext();
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    volume.gain.value = 0.08;
    tone.frequency.value = 880;
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + BEEP);
    tone.onended = () => audio.close();
  } catch {
    // No sound here.
  }
}

export class SentOrder {
  /** @param {() => void} cancel */
  constructor(cancel) {
    /** @type {Map<string, boolean>} */
    this.seen = new Map(); // whether an order, by its id, had filled when last seen
    this.expected = false; // whether this page has sent an order whose first report has not come
    this.notify = checkbox("Notify me when it fills", () => this.onNotify());
    this.id = h("span", { class: "jo-order-id" });
    this.status = h("span", { class: "jo-chip jo-order-status" });
    this.words = h("p", { class: "jo-order-words" });
    this.bar = h("span", { class: "jo-bar" });
    this.cancel = button("Cancel", () => {
      setEnabled(this.cancel, false);
      cancel();
    });
    this.box = h(
      "div",
      { class: "jo-card jo-order", role: "group", "aria-label": t("Order sent") },
      h(
        "div",
        { class: "jo-actions" },
        h("h4", {}, t("Order "), this.id),
        this.status,
        h("span", { class: "jo-fill" }),
        this.cancel,
      ),
      h("div", { class: "jo-track", "aria-hidden": "true" }, this.bar),
      this.words,
    );
    show(this.box, false);
  }

  onNotify() {
    if (!this.notify.input.checked || !("Notification" in window)) return;
    if (Notification.permission === "default") Notification.requestPermission();
  }

  /**
   * @param {SentOrderView | null} order
   * @param {string} busy
   */
  update(order, busy) {
    show(this.box, order);
    if (!order) return;
    setText(this.id, order.id);
    setText(this.status, order.status || t("sent"));
    this.status.dataset.done = String(order.done);
    setText(this.words, [order.words, order.message].filter(Boolean).join(t(". ")));
    this.bar.style.width = `${Math.round((order.progress ?? 0) * 100)}%`;
    show(this.cancel, !order.done);
    setEnabled(this.cancel, !busy);
    this.watch(order);
  }

  /** @param {SentOrderView} order */
  watch(order) {
    const before = this.seen.get(order.id);
    const news = order.filled && (before === false || (before === undefined && this.expected));
    if (order.status) {
      this.seen.set(order.id, order.filled);
      if (before === undefined) this.expected = false; // a report of an earlier order says nothing of this one
    }
    if (!news || !this.notify.input.checked) return;
    beep();
    if ("Notification" in window && Notification.permission === "granted") {
      new Notification(t("Order filled"), { body: order.words });
    }
  }
}
