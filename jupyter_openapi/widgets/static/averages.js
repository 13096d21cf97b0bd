// Moving averages of a chart.

/**
 * Return the simple moving average that ends at a place: the mean of that value and those before it.
 * @param {number[]} values
 * @param {number} place
 * @param {number} length
 * @returns {number | null} null where there are not enough values
 */
export function averageAt(values, place, length) {
  if (place < length - 1 || place >= values.length) return null;
  let sum = 0;
  for (let at = place - length + 1; at <= place; at += 1) sum += values[at] ?? Number.NaN;
  return sum / length;
}

/**
 * Return the simple moving average at every place.
 * @param {number[]} values
 * @param {number} length
 * @returns {(number | null)[]}
 */
export function averages(values, length) {
  return values.map((_, place) => averageAt(values, place, length));
}
