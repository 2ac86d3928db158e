import {useState} from "preact/hooks";

import {api} from "../api.js";
import {count, words} from "../format.js";
import {useLoad} from "../ui/hooks.js";
import {ActionButton, Badge, Button, Card, Confirm, Empty, Failure, Field, Loaded, Page, Table, When} from "../ui/parts.jsx";

const EXAMPLES = [["30 2 * * *", "every night at 2:30"], ["0 */6 * * *", "every six hours"], ["0 4 * * mon", "Mondays at 4"]];

const zones = () => (Intl.supportedValuesOf ? ["UTC", ...Intl.supportedValuesOf("timeZone")] : ["UTC"]);

function NewSchedule({onMade}) {
  const [form, setForm] = useState({name: "", kind: "cron", cron: "30 2 * * *", time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC", when_labelled: 100});
  const [error, setError] = useState(null);
  const set = (name) => (event) => setForm({...form, [name]: event.target.value});
  const submit = async (event) => {
    event.preventDefault();
    const wanted = form.kind === "cron" ? {name: form.name, cron: form.cron, time_zone: form.time_zone} : {name: form.name, when_labelled: Number(form.when_labelled)};
    try {
      await api.post("/schedules", wanted);
      setError(null);
      setForm({...form, name: ""});
      onMade();
    } catch (failed) {
      setError(failed);
    }
  };
  return (
    <Card title="New schedule">
      <form onSubmit={submit} class="form-grid">
        <Field label="Name"><input value={form.name} onInput={set("name")} placeholder="nightly" /></Field>
        <Field label="Starts a cycle">
          <select value={form.kind} onChange={set("kind")}><option value="cron">at certain times</option><option value="labels">when enough was labelled</option></select>
        </Field>
        {form.kind === "cron" ? (
          <>
            <Field label="When" hint={<>Minute, hour, day, month, weekday: {EXAMPLES.map(([cron, meaning]) => <span key={cron}><code>{cron}</code> {meaning}. </span>)}</>}>
              <input required class="mono" value={form.cron} onInput={set("cron")} />
            </Field>
            <Field label="Time zone"><select value={form.time_zone} onChange={set("time_zone")}>{zones().map((z) => <option key={z}>{z}</option>)}</select></Field>
          </>
        ) : (
          <Field label="New labelled turns"><input type="number" min="1" required value={form.when_labelled} onInput={set("when_labelled")} /></Field>
        )}
        <div class="form-end"><Failure error={error} /><button class="button primary" type="submit">Add schedule</button></div>
      </form>
    </Card>
  );
}

function State({of}) {
  if (of.paused) return <Badge>paused</Badge>;
  if (of.cooling_until && new Date(of.cooling_until) > new Date()) return <Badge tone="bad">cools off after {of.failures} failures</Badge>;
  return <Badge tone="good">active</Badge>;
}

function Actions({of, onChange, onRemove}) {
  const path = `/schedules/${of.schedule_id}`;
  return (
    <div class="actions">
      <ActionButton kind="ghost" onAction={() => api.post(`${path}/run`)} onDone={() => (location.hash = "#/cycles")}>Run now</ActionButton>
      <ActionButton kind="ghost" onAction={() => api.put(path, {paused: !of.paused})} onDone={onChange}>{of.paused ? "Resume" : "Pause"}</ActionButton>
      <Button kind="ghost" onClick={onRemove}>Remove</Button>
    </div>
  );
}

export function Schedule({can}) {
  const loaded = useLoad((signal) => api.get("/schedules", {}, signal), [], 10000);
  const [removing, setRemoving] = useState(null);
  return (
    <Page title="Schedule" lead="When cycles run by themselves.">
      <Loaded of={loaded}>
        {({items}) => items.length === 0 ? (
          <Empty title="Nothing runs by itself yet"><p>{can("trainer") ? "Add a nightly schedule below: cycles that find too little to learn from end at once and cost nothing." : "Somebody with the role trainer can add a schedule."}</p></Empty>
        ) : (
          <Card>
            <Table label="Schedules" rows={items} keyOf={(s) => s.schedule_id} columns={[
              {name: "Schedule", show: (s) => s.name || "unnamed"},
              {name: "When", show: (s) => (s.cron ? <><code>{s.cron}</code> <span class="quiet">{s.time_zone}</span></> : `${count(s.when_labelled)} new labels`), grow: true},
              {name: "State", show: (s) => <State of={s} />},
              {name: "Next", show: (s) => <When at={s.next_at} />},
              {name: "Last", show: (s) => <><When at={s.last_at} /> {s.last_status && <span class="quiet">{words(s.last_status)}</span>}</>},
              ...(can("trainer") ? [{name: "", show: (s) => <Actions of={s} onChange={loaded.reload} onRemove={() => setRemoving(s)} />}] : []),
            ]} />
          </Card>
        )}
      </Loaded>
      {can("trainer") && <NewSchedule onMade={loaded.reload} />}
      {removing && (
        <Confirm title={`Remove ${removing.name || "this schedule"}?`} action="Remove" danger onClose={() => setRemoving(null)}
          onConfirm={async () => (await api.remove(`/schedules/${removing.schedule_id}`), loaded.reload())}>
          <p>Cycles that ran because of it stay.</p>
        </Confirm>
      )}
    </Page>
  );
}
