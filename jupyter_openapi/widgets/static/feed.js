// The way to the kernel for what moves: updates are painted with the next frame, and said to be painted.

import { Channel } from "./channel.js";

const QUIET = 4000; // ms without an update after which a kernel that does not answer counts as silent

export class Feed extends Channel {
  /**
   * @param {Model} model
   * @param {{apply: (changed: Record<string, any>, whole: boolean) => void, silent: (asked: string[]) => void}} told
   *   `apply` shows what changed; `whole` says that it is all there is.
   */
  constructor(model, { apply, silent }) {
    super(model, { view: (message) => this.take(message), silent: (asked) => this.onSilent(asked) });
    this.apply = apply;
    this.tell = silent;
    this.received = 0;
    this.heardAt = performance.now();
    this.frame = 0;
    this.later = 0;
    /** @type {{whole: boolean, changed: Record<string, any>} | null} */
    this.waiting = null;
  }

  /**
   * Keep an update until the next frame. One that adds to what this page never got is asked for anew.
   * @param {{number: number, base: number, time: string, set: Record<string, any>}} message
   */
  take({ number, base, time, set }) {
    this.heardAt = performance.now();
    if (base > this.received) {
      this.send("hello");
      return;
    }
    this.received = number;
    const whole = base === 0;
    const changed = { ...set, time };
    if (whole || !this.waiting) this.waiting = { whole, changed };
    else Object.assign(this.waiting.changed, changed);
    this.frame ||= requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.frame = 0;
    const waiting = this.waiting;
    this.waiting = null;
    if (!waiting) return;
    this.apply(waiting.changed, waiting.whole);
    const update = this.received;
    // After the frame, so that a page that can't keep up is not sent more.
    setTimeout(() => {
      try {
        this.model.send({ kind: "painted", page: this.page, update });
      } catch {
        // The kernel has gone.
      }
    });
  }

  /** @param {string[]} asked */
  onSilent(asked) {
    clearTimeout(this.later);
    const left = this.heardAt + QUIET - performance.now();
    // A kernel that runs a cell does not answer, but what it sends shows that it lives.
    if (asked.length && left > 0)
      this.later = setTimeout(() => this.onSilent([...this.asked.values()]), left);
    this.tell?.(left > 0 ? [] : asked);
  }

  close() {
    clearTimeout(this.later);
    cancelAnimationFrame(this.frame);
    super.close();
  }
}
