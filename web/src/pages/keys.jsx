import {useState} from "preact/hooks";

import {api} from "../api.js";
import {count} from "../format.js";
import {useLoad} from "../ui/hooks.js";
import {ActionButton, Badge, Button, Card, Confirm, Failure, Field, Loaded, Page, Table, When} from "../ui/parts.jsx";

// Each may do what those before may, and:
const ROLES = [
  ["readonly", "sees metrics, cycles, generations, schedules and alerts; analyses texts"],
  ["user", "sends turns, feedback and memories; talks through the gateway"],
  ["analyst", "reads conversations and the review queue"],
  ["trainer", "labels, starts cycles, changes schedules, rolls back, exports"],
  ["admin", "keys, settings, erasure, the audit trail"],
];

function Secret({made, onClose}) {
  return (
    <Card title="The new key" class="live" actions={<Button kind="ghost" onClick={onClose}>I have kept it</Button>}>
      <p>It is shown this once and cannot be shown again.</p>
      <p class="secret"><code>{made.key}</code></p>
      <ActionButton onAction={() => navigator.clipboard.writeText(made.key)}>Copy</ActionButton>
    </Card>
  );
}

function NewKey({tenant, onMade}) {
  const [form, setForm] = useState({name: "", role: "user", days: "", requests_per_minute: ""});
  const [error, setError] = useState(null);
  const set = (name) => (event) => setForm({...form, [name]: event.target.value});
  const submit = async (event) => {
    event.preventDefault();
    const wanted = {name: form.name, role: form.role, tenant};
    if (form.days) wanted.expires_at = new Date(Date.now() + Number(form.days) * 86400000).toISOString().replace(/\.\d+Z$/, "Z");
    if (form.requests_per_minute) wanted.requests_per_minute = Number(form.requests_per_minute);
    try {
      onMade(await api.post("/keys", wanted));
      setError(null);
      setForm({...form, name: ""});
    } catch (failed) {
      setError(failed);
    }
  };
  return (
    <Card title="New key" hint={`For the tenant ${tenant}.`}>
      <form onSubmit={submit} class="form-grid">
        <Field label="What it is for"><input required value={form.name} onInput={set("name")} placeholder="web shop assistant" /></Field>
        <Field label="Role"><select value={form.role} onChange={set("role")}>{ROLES.map(([name]) => <option key={name}>{name}</option>)}</select></Field>
        <Field label="Ends after days" hint="Empty: never."><input type="number" min="1" value={form.days} onInput={set("days")} /></Field>
        <Field label="Requests a minute" hint="Empty: no limit."><input type="number" min="1" value={form.requests_per_minute} onInput={set("requests_per_minute")} /></Field>
        <div class="form-end"><Failure error={error} /><button class="button primary" type="submit">Make key</button></div>
      </form>
    </Card>
  );
}

function KeyState({of}) {
  if (of.revoked) return <Badge tone="bad">revoked</Badge>;
  if (of.expires_at && new Date(of.expires_at) < new Date()) return <Badge>ended</Badge>;
  return <Badge tone="good">valid</Badge>;
}

export function Keys({tenant}) {
  const loaded = useLoad((signal) => api.get("/keys", {}, signal));
  const [made, setMade] = useState(null);
  const [revoking, setRevoking] = useState(null);
  return (
    <Page title="Keys and roles" lead="Nothing is open without a key. A key has one role in one tenant, or in all of them.">
      {made && <Secret made={made} onClose={() => setMade(null)} />}
      <Loaded of={loaded}>
        {({items}) => (
          <Card>
            <Table label="Keys" rows={items} keyOf={(k) => k.key_id} columns={[
              {name: "Key", show: (k) => k.name || <span class="mono">{k.key_id}</span>, grow: true},
              {name: "Role", show: (k) => k.role},
              {name: "Tenant", show: (k) => (k.tenant === "*" ? "every" : k.tenant)},
              {name: "State", show: (k) => <KeyState of={k} />},
              {name: "Made", show: (k) => <When at={k.created_at} />},
              {name: "Ends", show: (k) => (k.expires_at ? <When at={k.expires_at} /> : <span class="quiet">never</span>)},
              {name: "A minute", numeric: true, show: (k) => (k.requests_per_minute ? count(k.requests_per_minute) : "no limit")},
              {name: "", show: (k) => !k.revoked && <Button kind="ghost" aria-label={`Revoke ${k.name || k.key_id}`} onClick={() => setRevoking(k)}>Revoke</Button>},
            ]} />
          </Card>
        )}
      </Loaded>
      <div class="columns">
        <NewKey tenant={tenant} onMade={(key) => (setMade(key), loaded.reload())} />
        <Card title="Roles" hint="Each may do what the ones above it may, and more.">
          <dl class="facts">{ROLES.map(([name, may]) => <div key={name}><dt>{name}</dt><dd>{may}</dd></div>)}</dl>
        </Card>
      </div>
      {revoking && (
        <Confirm title={`Revoke ${revoking.name || revoking.key_id}?`} action="Revoke" danger onClose={() => setRevoking(null)}
          onConfirm={async () => (await api.remove(`/keys/${revoking.key_id}`), loaded.reload())}>
          <p>Whoever uses it is refused from the next request on, and signed out here. This cannot be undone.</p>
        </Confirm>
      )}
    </Page>
  );
}
