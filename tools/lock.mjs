// Keep package-lock.json free of hosts, so that any registry may serve it: node tools/lock.mjs [--check]

import { readFileSync, writeFileSync } from "node:fs";

const LOCK = new URL("../package-lock.json", import.meta.url);
const before = readFileSync(LOCK, "utf8");
const lock = JSON.parse(before);
for (const entry of Object.values(lock.packages)) {
  delete entry.funding;
  delete entry.resolved;
}
const after = `${JSON.stringify(lock, null, 2)}\n`;
if (after.includes("://")) throw new Error("package-lock.json names a host.");
if (process.argv.includes("--check")) {
  if (after !== before) throw new Error("package-lock.json names a host: type npm run lock.");
} else writeFileSync(LOCK, after);
