import {useEffect, useState} from "preact/hooks";

import {api, follow} from "../api.js";
import {count, shortId, time, words} from "../format.js";
import {STATUS_TONES} from "../learning.js";
import {useLoad} from "../ui/hooks.js";
import {ActionButton, Badge, Card, Empty, Loaded, Page, Table, When} from "../ui/parts.jsx";
import {PerLabel, Reasons, Tests, inShort} from "../ui/verdict.jsx";

// Follows a run until it is over.
function useRun(first, onOver) {
  const [run, setRun] = useState(first);
  useEffect(() => {
    const abort = new AbortController();
    follow(first.events_url, (now) => setRun({...first, ...now}), abort.signal).then(onOver, (error) => error.name !== "AbortError" && onOver());
    return () => abort.abort();
  }, [first.run_id]);
  return run;
}

function LiveRun({first, onOver}) {
  const run = useRun(first, onOver);
  const share = run.steps_total > 0 ? run.steps_done / run.steps_total : null;
  return (
    <Card title="A cycle is under way" class="live">
      <p role="status"><Badge tone="note">{run.state}</Badge> {run.stage ? words(run.stage) : "about to begin"}{run.steps_total > 0 && ` – ${count(run.steps_done)} of ${count(run.steps_total)}`}</p>
      <progress value={share ?? undefined} max={1} aria-label="Progress of this stage" />
      {run.notes.length > 0 && <ul class="notes">{run.notes.slice(-6).map((note, i) => <li key={i}>{note}</li>)}</ul>}
    </Card>
  );
}

function List({can}) {
  const cycles = useLoad((signal) => api.get("/cycles", {limit: 100}, signal), [], 15000);
  const runs = useLoad((signal) => api.get("/learn", {}, signal), [], 3000);
  const [started, setStarted] = useState(null);
  const run = started ?? runs.data?.items[0];
  const over = () => {
    setStarted(null);
    runs.reload();
    cycles.reload();
  };
  const start = (force) => async () => setStarted(await api.post("/learn", {force}));
  return (
    <Page title="Cycles" lead="Each cycle gathers what people said, trains candidates, and puts one live only if it is measurably better."
      actions={can("trainer") && <>
        <ActionButton kind="primary" disabled={Boolean(run)} onAction={start(false)}>Start a cycle</ActionButton>
        <ActionButton kind="ghost" disabled={Boolean(run)} onAction={start(true)} title="Also when fewer new labels have gathered than learning.min_data_threshold asks for">Start anyway</ActionButton>
      </>}>
      {run && <LiveRun key={run.run_id} first={run} onOver={over} />}
      <Loaded of={cycles}>
        {({items}) => items.length === 0 ? (
          <Empty title="No cycle has run yet"><p>Start one above, or let a <a href="#/schedule">schedule</a> do it. A cycle needs some new labels: corrections from people, or yours from <a href="#/review">Review</a>.</p></Empty>
        ) : (
          <Card>
            <Table label="Cycles" rows={items} keyOf={(c) => c.cycle_id} onOpen={(c) => (location.hash = `#/cycles/${c.cycle_id}`)} columns={[
              {name: "Cycle", show: (c) => <span class="mono">{shortId(c.cycle_id)}</span>},
              {name: "When", show: (c) => <When at={c.finished_at ?? c.started_at} />},
              {name: "Status", show: (c) => <Badge tone={STATUS_TONES[c.status] ?? "note"}>{words(c.status)}</Badge>},
              {name: "Outcome", show: (c) => (c.model_improved ? <Badge tone="good">{c.generation} went live</Badge> : <span class="quiet">the model stays</span>)},
              {name: "Why", show: (c) => <span class="clamp">{inShort(c.error_message ?? c.reason) || "–"}</span>, grow: true},
            ]} />
          </Card>
        )}
      </Loaded>
    </Page>
  );
}

function Facts({cycle}) {
  const seconds = (s) => (s === undefined ? "–" : `${s.toFixed(1)} s`);
  return (
    <dl class="facts">
      <div><dt>Status</dt><dd><Badge tone={STATUS_TONES[cycle.status] ?? "note"}>{words(cycle.status)}</Badge></dd></div>
      <div><dt>Began</dt><dd>{time(cycle.started_at)}</dd></div>
      <div><dt>Took</dt><dd>{seconds(cycle.timings?.total)} <span class="quiet">training {seconds(cycle.timings?.train)}</span></dd></div>
      <div><dt>Turns looked at</dt><dd>{count(cycle.data_collected)}</dd></div>
      <div><dt>Examples made</dt><dd>{count(cycle.examples_created)}</dd></div>
      <div><dt>Generation</dt><dd>{cycle.generation ? <a href={`#/generations/${cycle.generation}`}>{cycle.generation}</a> : "–"}</dd></div>
    </dl>
  );
}

function One({id}) {
  const loaded = useLoad((signal) => api.get(`/cycles/${encodeURIComponent(id)}`, {}, signal), [id]);
  return (
    <Page title="Cycle" lead={<><a href="#/cycles">All cycles</a> <span class="mono quiet">{id}</span></>}>
      <Loaded of={loaded}>
        {(cycle) => (
          <>
            <Card title="What came of it">
              {cycle.error_message && <p class="failure">{cycle.error_message}</p>}
              <Reasons heads={cycle.validation?.heads} reason={cycle.reason} />
              <Facts cycle={cycle} />
            </Card>
            {cycle.validation?.tests?.length > 0 && <Card title="Tests" hint="Candidate against live model, on examples that neither was trained on."><Tests tests={cycle.validation.tests} /></Card>}
            {cycle.validation?.per_label && <Card title="Change per label"><PerLabel perLabel={cycle.validation.per_label} /></Card>}
          </>
        )}
      </Loaded>
    </Page>
  );
}

export const Cycles = ({rest, can}) => (rest[0] ? <One id={rest[0]} /> : <List can={can} />);
