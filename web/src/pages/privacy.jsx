import {useState} from "preact/hooks";

import {api} from "../api.js";
import {count, percent} from "../format.js";
import {useLoad} from "../ui/hooks.js";
import {Badge, Bar, Button, Card, Confirm, Empty, Field, Loaded, Page, Stat, Table, When} from "../ui/parts.jsx";

const KINDS = {
  PERSON: "Names", EMAIL: "Mail addresses", PHONE: "Telephone numbers", CARD: "Card numbers", IBAN: "Bank accounts", IP: "Network addresses",
  URL: "Private links", SSN: "Social security numbers", ID: "Document numbers", KEY: "Keys and passwords",
};

function Removed({counters}) {
  const kinds = Object.entries(counters).filter(([name]) => name.startsWith("redactions.")).map(([name, n]) => [name.slice(11), n]).sort((a, b) => b[1] - a[1]);
  if (kinds.length === 0) return <Empty title="Nothing had to be removed yet"><p>Names, addresses, numbers and keys are taken out before a text is stored.</p></Empty>;
  const most = kinds[0][1];
  return <div class="bars">{kinds.map(([kind, n]) => <Bar key={kind} label={KINDS[kind] ?? kind.toLowerCase()} value={n} of={most} shown={count(n)} />)}</div>;
}

function Erased({done}) {
  if (done.state === "waiting") {
    return (
      <div role="status" class="done">
        <p><strong>Asked for:</strong> a <a href="#/cycles">cycle</a> is at work. It is removed as soon as that is over, even if the service is restarted; nothing more is to be done.</p>
      </div>
    );
  }
  const learnt = done.generations;
  return (
    <div role="status" class="done">
      <p><strong>Removed:</strong> {count(done.turns)} turns, {count(done.feedback)} pieces of feedback, {count(done.examples)} examples, {count(done.memories)} memories.</p>
      {learnt.length > 0 && <p>Generations that had learnt from it are gone: {learnt.join(", ")}. {done.base} answers{done.run ? <>, while {count(done.cycles)} <a href="#/cycles">cycles</a> are run again without it</> : null}.</p>}
    </div>
  );
}

function Erase({onDone}) {
  const [user, setUser] = useState("");
  const [asking, setAsking] = useState(false);
  const [done, setDone] = useState(null);
  return (
    <Card title="Remove a person's data" hint="Everything the person said, what was made of it, and memories about it; overwritten on the disk. Backups that you made elsewhere are yours to deal with.">
      <form class="inline-form" onSubmit={(e) => (e.preventDefault(), setAsking(true))}>
        <Field label="The person's id" hint="As your assistant sends it: user, or x-pawl-user."><input required value={user} onInput={(e) => setUser(e.target.value)} autocomplete="off" /></Field>
        <Button kind="danger" type="submit" disabled={!user.trim()}>Remove …</Button>
      </form>
      {done && <Erased done={done} />}
      {asking && (
        <Confirm title={`Remove all data of ${user.trim()}?`} action="Remove for good" danger onClose={() => setAsking(false)}
          onConfirm={async () => (setDone(await api.post("/erase", {user_id: user.trim()})), onDone())}>
          <p>This cannot be undone. The audit trail will say that it was done and by whom, not of whom.</p>
        </Confirm>
      )}
    </Card>
  );
}

const STATES = {done: "good", waiting: "note", "under way": "note"};

// Receipts say how much went and by whom, never whose it was.
function Erasures({of}) {
  return (
    <Card title="Removed on request">
      <Loaded of={of}>
        {({items}) => items.length === 0 ? <Empty title="Nobody has asked yet"><p>What is removed above leaves a receipt here that does not say whose it was.</p></Empty> : (
          <Table label="Removed on request" rows={[...items].reverse()} keyOf={(r) => r.erasure_id} columns={[
            {name: "When", show: (r) => <When at={r.finished_at ?? r.started_at} />},
            {name: "State", show: (r) => <Badge tone={STATES[r.state]}>{r.state}</Badge>},
            {name: "Turns", numeric: true, show: (r) => count(r.turns)},
            {name: "Cycles run again", numeric: true, show: (r) => count(r.cycles)},
            {name: "By", show: (r) => r.actor, grow: true},
          ]} />
        )}
      </Loaded>
    </Card>
  );
}

function Requests() {
  const receipts = useLoad((signal) => api.get("/erasures", {}, signal), [], 5000);
  return (
    <>
      <Erase onDone={receipts.reload} />
      <Erasures of={receipts} />
    </>
  );
}

export function Privacy({can}) {
  const loaded = useLoad((signal) => api.get("/status", {}, signal), [], 15000);
  return (
    <Page title="Privacy" lead="What is kept, what never was, and how somebody's data go.">
      <Loaded of={loaded}>
        {({counters}) => {
          const kept = counters["turns.accepted"] ?? 0;
          const refused = counters["turns.skipped_no_consent"] ?? 0;
          const removed = Object.entries(counters).filter(([n]) => n.startsWith("redactions.")).reduce((sum, [, n]) => sum + n, 0);
          return (
            <>
              <dl class="stats">
                <Stat label="Turns with consent" value={kept + refused ? percent(kept / (kept + refused)) : "–"} note={`${count(kept)} of ${count(kept + refused)}`} />
                <Stat label="Never stored" value={count(refused)} note="their person had not agreed" />
                <Stat label="Pieces removed from texts" value={count(removed)} note="before they were stored" />
              </dl>
              <Card title="What was removed"><Removed counters={counters} /></Card>
            </>
          );
        }}
      </Loaded>
      {can("admin") && <Requests />}
    </Page>
  );
}
