// What a cycle found out, in words.
import {NEVER, pValue, percent, points, spoken, words} from "../format.js";
import {Badge, Table} from "./parts.jsx";

// "intent.worse.casual_chat" and what it asks.
export function testInWords(test) {
  const [head, kind, ...rest] = test.name.split(".");
  const label = words(rest.join("."));
  const title = words(head);
  if (head === "all")
    return {what: kind === "right" ? "Everything: are enough of all answers right?" : "Everything: is the heads' mean high enough?", how: percent(test.statistic, 1)};
  switch (kind) {
    case "better":
      return {what: `${title}: is it measurably better?`, how: test.passed ? `yes, p ${pValue(test.p_value)}` : `not shown, p ${pValue(test.p_value)}`};
    case "not_inferior":
      return {what: `${title}: surely not worse by more than ${percent(test.statistic)}?`, how: test.passed ? `sure, p ${pValue(test.p_value)}` : `not sure, p ${pValue(test.p_value)}`};
    case "threshold":
      return {what: `${title}: does it reach its bar?`, how: `${percent(test.statistic, 1)} accuracy`};
    case "worse":
      return {what: `${title}: did ${label} get worse?`, how: test.passed ? "no sign of it" : `yes, p ${pValue(test.p_value)}`};
    default:
      return {what: words(test.name), how: `statistic ${test.statistic}, p ${pValue(test.p_value)}`};
  }
}

export function Tests({tests}) {
  if (!tests?.length) return null;
  const important = (t) => !t.name.includes(".worse.") || !t.passed;
  const ordered = [...tests].sort((a, b) => important(b) - important(a));
  return (
    <Table label="Tests" rows={ordered} keyOf={(t) => t.name} columns={[
      {name: "Question", show: (t) => testInWords(t).what, grow: true},
      {name: "Answer", show: (t) => testInWords(t).how},
      {name: "", show: (t) => <Badge tone={t.passed ? "good" : "quiet"}>{t.passed ? "passed" : "not passed"}</Badge>},
    ]} />
  );
}

function Change({label}) {
  const change = label.candidate_recall - label.incumbent_recall;
  return <Badge tone={change > 0 ? "good" : change < 0 ? "bad" : "quiet"}>{change === 0 ? "the same" : points(change)}</Badge>;
}

export function PerLabel({perLabel}) {
  const rows = Object.entries(perLabel ?? {}).flatMap(([head, labels]) => Object.entries(labels).map(([name, label]) => ({head, name, ...label})));
  if (rows.length === 0) return null;
  return (
    <Table label="Change per label" rows={rows} keyOf={(r) => `${r.head}.${r.name}`} columns={[
      {name: "Label", show: (r) => words(r.name), grow: true},
      {name: "Head", show: (r) => words(r.head)},
      {name: "Found before", numeric: true, show: (r) => percent(r.incumbent_recall)},
      {name: "Found by candidate", numeric: true, show: (r) => percent(r.candidate_recall)},
      {name: "Change", show: (r) => <Change label={r} />},
      {name: "Held-out examples", numeric: true, show: (r) => r.support},
    ]} />
  );
}

const sentences = (reason) => spoken(reason).split("; ").filter(Boolean);
// "intent kept: not measurably better" without what the badge says already.
const because = (reason) => spoken(reason).replace(/^[^:]*: /, "");

// Of several sentences what was replaced first: where there is room for a line or two, that is the news.
export const inShort = (reason) => sentences(reason).sort((a, b) => / replaced: /.test(b) - / replaced: /.test(a)).join("; ");

// Why each head was replaced or kept.
export function Reasons({heads, reason}) {
  const rows = Object.entries(heads ?? {});
  if (rows.length === 0) return <ul class="reasons">{sentences(reason).map((s) => <li key={s}>{s}</li>)}{!reason && <li>{NEVER}</li>}</ul>;
  const told = new Set(rows.map(([, head]) => spoken(head.reason)));
  return (
    <ul class="reasons">
      {rows.map(([name, head]) => (
        <li key={name}><Badge tone={head.deployed ? "good" : "quiet"}>{words(name)} {head.deployed ? "replaced" : "kept"}</Badge> {because(head.reason)}</li>
      ))}
      {sentences(reason).filter((s) => !told.has(s)).map((s) => <li key={s}>{s}</li>)}
    </ul>
  );
}
