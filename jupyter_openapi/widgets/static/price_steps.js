// The prices and quantities above and below what is typed, exactly: whole millionths instead of floats.

const SCALE = 1_000_000n;

/**
 * "600.05" -> 600050000n; null for what is no plain number.
 * @param {string | undefined} text
 */
export function scaled(text) {
  const found = /^(\d{1,12})(?:\.(\d{0,6}))?$/.exec((text ?? "").trim());
  return found ? BigInt(found[1] ?? "0") * SCALE + BigInt((found[2] ?? "").padEnd(6, "0")) : null;
}

/** @param {bigint} number */
export function unscaled(number) {
  const digits = String(number % SCALE)
    .padStart(6, "0")
    .replace(/0+$/, "");
  return digits ? `${number / SCALE}.${digits}` : String(number / SCALE);
}

/**
 * The tick that rules a step from `price`; a bound belongs to the band above it for a step up, below for down.
 * @param {Pair[]} bands
 * @param {bigint} price
 * @param {boolean} up
 * @returns {[bigint, bigint]}
 */
export function bandAt(bands, price, up) {
  const known = bands.map(([from, tick]) => /** @type {const} */ ([scaled(from) ?? 0n, scaled(tick) ?? 1n]));
  const [from, tick] = known.filter(([start]) => (up ? start <= price : start < price)).at(-1) ??
    known[0] ?? [0n, 1n];
  return [from, tick];
}

/**
 * The next price an exchange takes, above or below.
 * @param {string} text
 * @param {Pair[]} bands
 * @param {boolean} up
 */
export function stepPrice(text, bands, up) {
  const price = scaled(text);
  if (price === null || bands.length === 0) return text;
  const [from, tick] = bandAt(bands, price, up);
  const whole = ((price - from) / tick) * tick + from; // the rung at or below
  const below = whole === price ? price - tick : whole;
  const next = up ? whole + tick : below;
  return next > 0n ? unscaled(next) : text;
}

/**
 * The next whole number of lots, above or below.
 * @param {string} text
 * @param {number} lot
 * @param {boolean} up
 */
export function stepWhole(text, lot, up) {
  const number = Number(text || "0");
  if (!Number.isSafeInteger(number) || number < 0) return text;
  const next = up ? (Math.floor(number / lot) + 1) * lot : (Math.ceil(number / lot) - 1) * lot;
  return String(Math.max(next, lot));
}
