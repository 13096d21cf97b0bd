// The bars that a chart shows, in order; what an update means for the drawing.

export class Bars {
  constructor() {
    /** @type {Candle[]} */
    this.list = [];
    /** @type {Map<number, number>} */
    this.places = new Map();
  }

  clear() {
    this.list = [];
    this.places.clear();
  }

  /**
   * Take bars; return those that follow what was there, or null when the drawing has to be made anew.
   * @param {Candle[]} bars
   * @returns {Candle[] | null}
   */
  take(bars) {
    const newest = this.list.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY;
    const ordered = [...bars].sort((one, other) => one[0] - other[0]);
    const follows = this.list.length > 0 && ordered.length < 50 && (ordered[0]?.[0] ?? newest) >= newest;
    for (const bar of ordered) {
      const place = this.places.get(bar[0]);
      if (place === undefined) {
        this.places.set(bar[0], this.list.length);
        this.list.push(bar);
      } else this.list[place] = bar;
    }
    if (follows) return ordered;
    this.list.sort((one, other) => one[0] - other[0]);
    this.list.forEach((bar, place) => {
      this.places.set(bar[0], place);
    });
    return null;
  }

  /** @param {number} time */
  at(time) {
    return this.places.get(time) ?? -1;
  }

  closes() {
    return this.list.map((bar) => bar[4]);
  }
}
