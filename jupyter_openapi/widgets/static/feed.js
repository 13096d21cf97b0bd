// The way to the kernel for what moves: updates are shown, and said to be painted.
//
// Each word to the kernel makes it busy and idle again, and a front end that shows this works longer on it than on an
// update: 10 a second cost JupyterLab 11% of a core. So a page that keeps up lets some updates come unasked, and
// speaks once a second, at the full second of its clock, so that all panels of a page speak together.

import { Channel } from "./channel.js";

const QUIET = 4000; // ms without an update after which a kernel that does not answer counts as silent
const AHEAD = 15; // updates that may come before this page speaks again: ten a second, and the way there
const WORD = 1000; // ms between two words of a page that keeps up
const LATE = 250; // ms from an update to the end of its painting after which this page does not keep up

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
    this.came = 0; // when the first of the updates came that wait for the next frame
    this.ahead = 0; // how many updates the kernel was told to send unasked
    this.word = 0;
  }

  /**
   * Show an update. One that adds to what this page never got is asked for anew.
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
    if (whole) this.ahead = 0; // the kernel waits until it is painted
    this.came ||= this.heardAt;
    // Applied at once and not in the frame: what a drawing asks for then is still painted with that frame.
    this.apply({ ...set, time }, whole);
    // After the frame, so that a page that can't keep up is not sent more.
    this.frame ||= requestAnimationFrame(() => setTimeout(() => this.painted()));
  }

  painted() {
    const now = performance.now();
    const late = now - this.came > LATE;
    this.came = this.frame = 0;
    if (late || this.ahead === 0) this.say(late ? 0 : AHEAD);
    else this.word ||= setTimeout(() => this.say(AHEAD), WORD - (now % WORD));
  }

  /**
   * Say what is painted, and how many updates may come now.
   * @param {number} ahead
   */
  say(ahead) {
    clearTimeout(this.word);
    this.word = 0;
    this.ahead = ahead;
    try {
      this.model.send({ kind: "painted", page: this.page, update: this.received, ahead });
    } catch {
      // The kernel has gone.
    }
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
    clearTimeout(this.word);
    cancelAnimationFrame(this.frame);
    super.close();
  }
}
