import {api} from "../api.js";
import {ago, count, percent, points} from "../format.js";
import {HEADS, gainOf, learningCurve} from "../learning.js";
import {Chart} from "../ui/chart.jsx";
import {useLoad} from "../ui/hooks.js";
import {Card, Empty, Loaded, Page, Stat} from "../ui/parts.jsx";

const DAYS = 30;
const DAY = 86400;
const shortDay = new Intl.DateTimeFormat(undefined, {day: "numeric", month: "short", timeZone: "UTC"});

const load = async (signal) => {
  const [status, cycles, activity] = await Promise.all([
    api.get("/status", {}, signal), api.get("/cycles", {limit: 200}, signal), api.get("/activity", {by: "day", limit: DAYS}, signal),
  ]);
  return {status, cycles: cycles.items, activity: activity.items};
};

const cycleName = (number) => (number === 0 ? "before" : Number.isInteger(number) ? `${number}` : "");

function LearningCurve({cycles}) {
  const curve = learningCurve(cycles);
  if (curve.length === 0) {
    return (
      <Empty title="No cycle has measured anything yet">
        <p>Send turns with feedback, or label some in <a href="#/review">Review</a>; then start one under <a href="#/cycles">Cycles</a>.</p>
      </Empty>
    );
  }
  const shown = HEADS.map((head, i) => ({head, values: curve.map((point) => point.accuracy[i])})).filter((s) => s.values.some((v) => v !== null));
  const last = shown.map((s) => `${s.head.title} ${percent(s.values.findLast((v) => v !== null))}`).join(", ");
  return (
    <Chart
      label={`Accuracy of the live model by head over ${curve.length - 1} cycles; now: ${last}`}
      data={[curve.map((_, i) => i), ...shown.map((s) => s.values)]}
      series={shown.map((s) => ({label: s.head.title, colour: s.head.colour}))}
      marks={curve.map((point, i) => ({at: i, label: point.cycle?.generation, fresh: point.cycle?.model_improved})).filter((m) => m.fresh)}
      range={[0, 1]} xRange={[-0.2, curve.length - 0.6]} xIncrs={[1, 2, 5, 10, 20, 50, 100]}
      show={(v) => percent(v)} xLabel="cycle" xValue={(_, v) => cycleName(v)} xValues={(_, ticks) => ticks.map(cycleName)}
      height={260} />
  );
}

// Every day of the span, also those on which nothing came.
function byDay(activity) {
  const today = Math.floor(Date.now() / 1000 / DAY) * DAY;
  const found = new Map(activity.map((a) => [Math.floor(new Date(a.from) / 1000), a]));
  return Array.from({length: DAYS}, (_, i) => {
    const at = today - (DAYS - 1 - i) * DAY;
    return found.get(at) ? {...found.get(at), at} : {at, turns: 0, feedback: 0, corrections: 0};
  });
}

function Traffic({days}) {
  const turns = days.reduce((sum, d) => sum + d.turns, 0);
  if (turns === 0) {
    return (
      <Empty title={`No turns in the last ${DAYS} days`}>
        <p>Point an assistant's <code>base_url</code> at this service, or POST to <code>/api/v1/turns</code>. Only turns with consent are kept.</p>
      </Empty>
    );
  }
  return (
    <Chart time label={`${count(turns)} turns in ${DAYS} days`} data={[days.map((d) => d.at), days.map((d) => d.turns || null), days.map((d) => d.feedback || null)]}
      series={[{label: "Turns", colour: "--series-1", fill: "--series-1-fill", bars: 0.8}, {label: "Feedback", colour: "--series-2", fill: "--series-2-fill", bars: 0.4}]}
      range={(_, low, high) => [0, Math.max(4, high * 1.1)]} show={(v) => count(Math.round(v))} xLabel="day" xRange={[days[0].at - DAY / 2, days.at(-1).at + DAY / 2]} xValues={(_, ticks) => ticks.map((t) => shortDay.format(t * 1000))}
      xValue={(_, v) => (v ? shortDay.format(v * 1000) : "")} height={200} />
  );
}

function Gains({cycles}) {
  const curve = learningCurve(cycles);
  const rows = HEADS.map((head, i) => ({head, now: curve.map((p) => p.accuracy[i]).findLast((v) => v !== null) ?? null, gain: gainOf(cycles, head)}));
  return (
    <dl class="stats">
      {rows.map(({head, now, gain}) => (
        <Stat key={head.name} label={`${head.title} accuracy`} value={percent(now)}
          note={gain ? `${points(gain.gain)} in ${gain.times === 1 ? "one step" : `${gain.times} steps`}` : now === null ? "too few held-out examples" : "nothing gained yet"}
          tone={gain && gain.gain > 0 ? "good" : ""} />
      ))}
    </dl>
  );
}

export function Overview() {
  const loaded = useLoad(load, [], 10000);
  return (
    <Page title="Overview" lead="How the live model does, and what the loop makes of what people say.">
      <Loaded of={loaded}>
        {({status, cycles, activity}) => {
          const days = byDay(activity);
          const sum = (name) => days.reduce((total, d) => total + d[name], 0);
          return (
            <>
              <Gains cycles={cycles} />
              <Card title="Learning curve" hint="The model that was live after each cycle, on the examples that the cycle held out. Upright lines: another generation went live.">
                <LearningCurve cycles={cycles} />
              </Card>
              <div class="columns">
                <Card title={`Traffic, last ${DAYS} days`}><Traffic days={days} /></Card>
                <Card title="The loop">
                  <dl class="facts">
                    <div><dt>Live generation</dt><dd><a href={`#/generations/${status.live_generation}`}>{status.live_generation}</a>, {ago(status.live_since)}</dd></div>
                    <div><dt>Turns kept</dt><dd>{count(status.turns)}</dd></div>
                    <div><dt>Feedback rate</dt><dd>{sum("turns") ? percent(sum("feedback") / sum("turns"), 1) : "–"} <span class="quiet">of {count(sum("turns"))} turns in {DAYS} days</span></dd></div>
                    <div><dt>Corrections</dt><dd>{count(sum("corrections"))}</dd></div>
                    <div><dt>Cycles</dt><dd>{count(status.total_cycles)} <span class="quiet">of which {count(status.model_improvements)} improved the model, {count(status.failed_cycles)} failed</span></dd></div>
                    <div><dt>Last cycle</dt><dd>{status.last_cycle ? <a href={`#/cycles/${status.last_cycle.cycle_id}`}>{ago(status.last_cycle.finished_at ?? status.last_cycle.started_at)}</a> : "none yet"}</dd></div>
                  </dl>
                </Card>
              </div>
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}
