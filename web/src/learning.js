// What cycles say about how well the live model does.

export const HEADS = [
  {name: "intent", title: "Intent", field: "intent_accuracy", colour: "--series-1"},
  {name: "sentiment", title: "Sentiment", field: "sentiment_accuracy", colour: "--series-2"},
  {name: "entities", title: "Entities", field: "entity_accuracy", colour: "--series-3"},
];

// Whether a cycle measured this head.
export function measured(cycle, head) {
  const verdict = cycle.validation?.heads?.[head.name];
  return Boolean(cycle.validation) && (verdict ? verdict.judged : cycle.validation[head.field] > 0);
}

// How well the model that was live after the cycle did on what the cycle held out; null when that was not measured.
export function liveAccuracy(cycle, head) {
  if (!measured(cycle, head)) return null;
  const verdict = cycle.validation.heads?.[head.name];
  const replaced = verdict ? verdict.deployed : cycle.model_improved;
  return (replaced ? cycle.validation[head.field] : cycle.validation.incumbent?.[head.field]) ?? null;
}

// [{cycle, accuracies by head}], the oldest first: how the model that the first cycle met did, then what was live after
// each cycle that measured something.
export function learningCurve(cycles) {
  const measuring = [...cycles].reverse().filter((cycle) => HEADS.some((head) => measured(cycle, head)));
  if (measuring.length === 0) return [];
  const before = HEADS.map((head) => (measured(measuring[0], head) ? measuring[0].validation.incumbent?.[head.field] ?? null : null));
  return [{cycle: null, accuracy: before}, ...measuring.map((cycle) => ({cycle, accuracy: HEADS.map((head) => liveAccuracy(cycle, head))}))];
}

// What replacing a head brought, each time on the same held-out examples, added up over all cycles.
export function gainOf(cycles, head) {
  let gain = 0, times = 0;
  for (const cycle of cycles) {
    if (!cycle.validation?.heads?.[head.name]?.deployed) continue;
    gain += cycle.validation[head.field] - (cycle.validation.incumbent?.[head.field] ?? 0);
    times += 1;
  }
  return times ? {gain, times} : null;
}

export const STATUS_TONES = {completed: "good", failed: "bad", rolled_back: "bad", skipped: "quiet"};
