// The way to the kernel: numbered messages out, views in, and a word when nobody answers.

import { locale } from "./language.js";

const SILENT = 4000; // ms without an answer after which the page says so
const ALIVE = 10000; // ms between two signs of life

/** @implements {Sender} */
export class Channel {
  /**
   * @param {Model} model
   * @param {{view: (view: any) => void, silent: (asked: string[]) => void}} told `silent` gets the kinds of the
   *   messages that were not answered; an empty list once they are.
   */
  constructor(model, { view, silent }) {
    this.model = model;
    this.page = Math.random().toString(36).slice(2);
    this.number = 0;
    /** @type {Map<number, string>} */
    this.asked = new Map();
    this.silent = silent;
    this.onMessage = (/** @type {any} */ message) => {
      if (message?.kind !== "view") return;
      this.hear(message.seen?.[this.page] ?? 0);
      view(message);
    };
    this.onLive = () => this.send("ping");
    // A hidden page gives no signs of life: after a while nothing is polled for it, until it is seen again.
    this.onSeen = () => {
      if (!document.hidden) this.send("hello");
    };
    model.on("msg:custom", this.onMessage);
    model.on("comm_live_update", this.onLive);
    document.addEventListener("visibilitychange", this.onSeen);
    // A tab that is closed or loaded anew says so, and is not waited for; one that is taken back says hello.
    this.onLeft = () => this.leave();
    this.onBack = (/** @type {PageTransitionEvent} */ event) => event.persisted && this.send("hello");
    window.addEventListener("pagehide", this.onLeft);
    window.addEventListener("pageshow", this.onBack);
    this.clock = setInterval(() => document.hidden || this.send("ping"), ALIVE);
  }

  /**
   * Note that the kernel has seen this page's messages up to a number.
   * @param {number} seen
   */
  hear(seen) {
    for (const number of this.asked.keys()) {
      if (number <= seen) this.asked.delete(number);
    }
    if (this.asked.size === 0) this.silent([]);
  }

  /**
   * @param {string} kind
   * @param {object} [content]
   */
  send(kind, content = {}) {
    this.number += 1;
    const number = this.number;
    this.asked.set(number, kind);
    setTimeout(() => this.asked.has(number) && this.silent([...this.asked.values()]), SILENT);
    try {
      this.model.send({ ...content, kind, page: this.page, number, locale: locale() });
    } catch {
      this.silent([...this.asked.values()]);
    }
  }

  close() {
    clearInterval(this.clock);
    this.model.off("msg:custom", this.onMessage);
    this.model.off("comm_live_update", this.onLive);
    document.removeEventListener("visibilitychange", this.onSeen);
    window.removeEventListener("pagehide", this.onLeft);
    window.removeEventListener("pageshow", this.onBack);
    this.silent = () => {};
    this.leave();
    this.asked.clear();
  }

  /** Say that this page shows nothing any more. */
  leave() {
    this.number += 1;
    try {
      this.model.send({ kind: "gone", page: this.page, number: this.number });
    } catch {
      // The kernel has gone first.
    }
  }
}
