// How values are shown.

const dateTime = new Intl.DateTimeFormat(undefined, {dateStyle: "medium", timeStyle: "short"});
const relative = new Intl.RelativeTimeFormat(undefined, {numeric: "auto"});
const whole = new Intl.NumberFormat();

export const NEVER = "–";

export const time = (text) => (text ? dateTime.format(new Date(text)) : NEVER);

export function ago(text) {
  if (!text) return NEVER;
  const seconds = (new Date(text) - Date.now()) / 1000;
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return seconds < 0 ? "just now" : "in a moment";
}

export const count = (number) => whole.format(number ?? 0);

export const percent = (share, digits = 0) =>
  share === null || share === undefined || Number.isNaN(share) ? NEVER : `${(share * 100).toFixed(digits)} %`;

// "+5.2 points"
export function points(difference) {
  if (difference === null || difference === undefined) return NEVER;
  const shown = (difference * 100).toFixed(1);
  return `${Number(shown) > 0 ? "+" : ""}${shown} points`;
}

// Enough of a cycle's id to tell it from others: it ends in what is random.
export const shortId = (id) => (id && id.length > 16 ? "…" + id.slice(-8) : id ?? NEVER);

// "debug_error" as people write it.
export const words = (name) => (name ?? "").replaceAll("_", " ");

// A reason as the service gives it, for people.
export const spoken = (reason) => (reason ?? "").replaceAll("->", "→");

export function pValue(p) {
  if (p === null || p === undefined) return NEVER;
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}
