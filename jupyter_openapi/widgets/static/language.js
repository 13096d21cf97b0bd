// The language of the panels' own words: the kernel's where one was chosen, else the page's.

import { WORDS } from "./words.js";

/** Chinese of a region or script, as the kernel spells it. */
const TRADITIONAL = /^zh-(hant|hk|mo|tw)\b/i;

/** @type {Record<string, string>} */
let words = {};

/** The language of the front end: of its page if that says Chinese, else of the browser. */
export function locale() {
  const page = document.documentElement.lang;
  return /^zh\b/i.test(page) ? page : navigator.language;
}

/**
 * Speak a language from now on; English where there are no words of it.
 * @param {string} tag
 */
export function speak(tag) {
  const chinese = TRADITIONAL.test(tag) ? "zh-HK" : "zh-CN";
  words = (/^zh\b/i.test(tag) && WORDS[chinese]) || {};
}

/**
 * The words in the language spoken, with their fields filled in; what has no translation stays as it is.
 * @param {string} text
 * @param {Record<string, string | number>} [fields]
 */
export function t(text, fields = {}) {
  return (words[text] ?? text).replace(/\{(\w+)\}/g, (field, name) => String(fields[name] ?? field));
}

/**
 * Mark words that stand in a constant: `t` translates them where they are shown.
 * @param {string} text
 */
export function N(text) {
  return text;
}
