// The drawing of a chart, by TradingView's Lightweight Charts: candles, volume, averages, marks and lines.

import { averageAt, averages } from "./averages.js";
import { Bars } from "./bars.js";

// Colours of the averages, on a light and on a dark page.
export const LINES = [
  ["#1565c0", "#64b5f6"],
  ["#a15c00", "#ffb74d"],
  ["#7b1fa2", "#ce93d8"],
  ["#00695c", "#4db6ac"],
  ["#ad1457", "#f48fb1"],
  ["#4e342e", "#bcaaa4"],
];
const NEAR = 20; // bars left of what is seen at which earlier ones are asked for
const FIRST = 120; // bars seen at first

/** @param {number} time */
const moment = (time) => /** @type {Moment} */ (time);

export class Drawing {
  /**
   * @param {HTMLElement} box
   * @param {{look: () => Look, older: () => void, pointed: (place: number) => void}} told `look` gives the
   *   colours of the page, `older` is called near the first bar, `pointed` with the place under the crosshair.
   */
  constructor(box, { look, older, pointed }) {
    /** @type {Library} */
    const library = /** @type {any} */ (window).LightweightCharts;
    this.library = library;
    this.look = look;
    this.colors = look();
    this.bars = new Bars();
    this.unseen = true; // nobody has chosen yet what is seen
    /** @type {{from: number, to: number} | null} */
    this.wanted = null; // what keys have asked for since the last frame: the library goes there with the next one
    this.chart = library.createChart(box, {
      autoSize: true,
      crosshair: { mode: library.CrosshairMode.Normal },
      localization: { dateFormat: "yyyy-MM-dd" },
      rightPriceScale: { scaleMargins: { top: 0.08, bottom: 0.26 } },
      timeScale: { rightOffset: 4 },
    });
    // The last price has a line of its own: the library would give its label the inside of a hollow candle.
    const bare = { lastValueVisible: false, priceLineVisible: false };
    this.candles = this.chart.addSeries(library.CandlestickSeries, bare);
    this.last = this.candles.createPriceLine({
      price: 0,
      lineStyle: library.LineStyle.Dotted,
      lineVisible: false,
      axisLabelVisible: false,
    });
    this.volume = this.chart.addSeries(library.HistogramSeries, {
      priceFormat: { type: "volume" },
      priceScaleId: "volume",
      ...bare,
    });
    this.volume.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    // Marks have points of their own, for the library lays the whole chart out anew, and draws it twice, with each
    // change of a series that bears marks: the candles change ten times a second.
    this.marked = this.chart.addSeries(library.LineSeries, {
      lineVisible: false,
      crosshairMarkerVisible: false,
      autoscaleInfoProvider: () => null,
      ...bare,
    });
    this.markers = library.createSeriesMarkers(this.marked, []);
    /** @type {Mark[]} */
    this.marks = [];
    /** @type {{length: number, series: LineSeries}[]} */
    this.averages = [];
    /** @type {PriceLine[]} */
    this.lines = [];
    this.chart.subscribeCrosshairMove(({ time }) =>
      pointed(time === undefined ? -1 : this.bars.at(Number(time))),
    );
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      this.wanted = null;
      // While other bars are drawn, what is seen is still a part of those before.
      if (range && !this.unseen && this.bars.list.length && range.from < NEAR) older();
    });
  }

  /** @param {number[]} lengths */
  setAverages(lengths) {
    for (const { series } of this.averages) this.chart.removeSeries(series);
    const options = { lineWidth: /** @type {1} */ (1), priceLineVisible: false, lastValueVisible: false };
    this.averages = lengths.map((length) => ({
      length,
      series: this.chart.addSeries(this.library.LineSeries, { ...options, crosshairMarkerVisible: false }),
    }));
    this.paint();
  }

  /**
   * @param {number} places
   * @param {boolean} intraday
   */
  setScale(places, intraday) {
    const priceFormat = { type: /** @type {"price"} */ ("price"), precision: places, minMove: 10 ** -places };
    for (const series of [this.candles, ...this.averages.map((one) => one.series)]) {
      series.applyOptions({ priceFormat });
    }
    this.chart.applyOptions({ timeScale: { timeVisible: intraday, secondsVisible: false } });
  }

  /** Use the colours of the page, which may have changed. */
  paint() {
    this.colors = this.look();
    const { text, soft, grid, up, down, dark } = this.colors;
    this.chart.applyOptions({
      layout: { background: { color: "transparent" }, textColor: text, attributionLogo: true },
      grid: { vertLines: { color: grid }, horzLines: { color: grid } },
      rightPriceScale: { borderColor: grid },
      timeScale: { borderColor: grid },
      crosshair: { vertLine: { color: soft }, horzLine: { color: soft } },
    });
    this.candles.applyOptions({
      upColor: "transparent", // hollow where the price rose, so that colour is not all that tells
      borderUpColor: up,
      wickUpColor: up,
      downColor: down,
      borderDownColor: down,
      wickDownColor: down,
    });
    for (const [place, { series }] of this.averages.entries()) {
      const pair = LINES[place % LINES.length] ?? [text, text];
      series.applyOptions({ color: pair[dark ? 1 : 0] ?? text });
    }
    if (this.bars.list.length) this.volume.setData(this.bars.list.map((bar) => this.volumeOf(bar)));
    this.drawPrice();
  }

  /**
   * Forget the bars; what is seen stays, unless `other` ones will come.
   * @param {boolean} other
   */
  clear(other) {
    this.bars.clear();
    this.setMarks([]);
    this.unseen = other;
  }

  /**
   * Show bars: those that follow are added, else all is drawn again.
   * @param {Candle[]} bars
   */
  take(bars) {
    const added = this.bars.take(bars);
    if (!added) this.drawAll();
    else for (const bar of added) this.drawLast(bar);
    this.drawPrice();
  }

  drawAll() {
    const list = this.bars.list;
    this.candles.setData(list.map(candleOf));
    this.volume.setData(list.map((bar) => this.volumeOf(bar)));
    const closes = this.bars.closes();
    for (const { length, series } of this.averages) {
      const found = averages(closes, length).map((value, place) => ({ value, time: list[place]?.[0] ?? 0 }));
      series.setData(
        found.flatMap(({ value, time }) => (value === null ? [] : [{ time: moment(time), value }])),
      );
    }
    this.setMarks(this.marks);
    const count = list.length;
    if (this.unseen) this.chart.timeScale().setVisibleLogicalRange({ from: count - FIRST, to: count + 4 });
    this.unseen = false;
  }

  /** @param {Candle} bar */
  drawLast(bar) {
    this.candles.update(candleOf(bar));
    this.volume.update(this.volumeOf(bar));
    const closes = this.bars.closes();
    const place = this.bars.at(bar[0]);
    for (const { length, series } of this.averages) {
      const value = averageAt(closes, place, length);
      if (value !== null) series.update({ time: moment(bar[0]), value });
    }
  }

  /** @param {Candle} bar */
  volumeOf([time, open, , , close, value]) {
    const { up, down } = this.colors;
    return { time: moment(time), value, color: `${close < open ? down : up}66` };
  }

  /** @param {Mark[]} marks by time; one whose bar is not there is drawn when it comes */
  setMarks(marks) {
    this.marks = marks;
    const { up, down } = this.colors;
    const there = marks.filter(([time]) => this.bars.at(time) >= 0);
    const points = new Map(there.map(([time, , price]) => [time, { time: moment(time), value: price }]));
    this.marked.setData([...points.values()]);
    this.markers.setMarkers(
      there.map(([time, buy, price]) => ({
        time: moment(time),
        price,
        position: buy ? "atPriceBottom" : "atPriceTop",
        shape: buy ? "arrowUp" : "arrowDown",
        color: buy ? up : down,
      })),
    );
  }

  /** @param {[boolean, number, string][]} lines */
  setLines(lines) {
    const { up, down } = this.colors;
    for (const line of this.lines) this.candles.removePriceLine(line);
    this.lines = lines.map(([buy, price, title]) =>
      this.candles.createPriceLine({
        price,
        title,
        color: buy ? up : down,
        lineWidth: 1,
        lineStyle: this.library.LineStyle.Dashed,
        axisLabelVisible: true,
      }),
    );
  }

  /** Show the last price, in the colour of its bar. */
  drawPrice() {
    const bar = this.bars.list.at(-1);
    if (!bar) return;
    const { up, down } = this.colors;
    const color = bar[4] < bar[1] ? down : up;
    this.last.applyOptions({ price: bar[4], color, lineVisible: true, axisLabelVisible: true });
  }

  /**
   * Return the averages at a place.
   * @param {number} place
   */
  averagesAt(place) {
    const closes = this.bars.closes();
    return this.averages.map(({ length }) => ({ length, value: averageAt(closes, place, length) }));
  }

  /**
   * Move what is seen by a share of it, or show more or less.
   * @param {number} shift
   * @param {number} zoom
   */
  move(shift, zoom) {
    const scale = this.chart.timeScale();
    const range = this.wanted ?? scale.getVisibleLogicalRange();
    if (!range) return;
    const width = range.to - range.from;
    const from = range.from + shift * width;
    this.wanted = { from: from + width * (1 - zoom), to: from + width };
    scale.setVisibleLogicalRange(this.wanted);
  }

  fit() {
    this.chart.timeScale().fitContent();
  }

  close() {
    this.chart.remove();
  }
}

/** @param {Candle} bar */
function candleOf([time, open, high, low, close]) {
  return { time: moment(time), open, high, low, close };
}
