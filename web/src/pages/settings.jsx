import {useState} from "preact/hooks";

import {api} from "../api.js";
import {useLoad} from "../ui/hooks.js";
import {ActionButton, Badge, Card, Field, Loaded, Page} from "../ui/parts.jsx";

// Groups that are read when the service starts.
const AT_START = ["serve", "gateway"];
const TITLES = {
  learning: "What is learnt from", training: "Training", validation: "What it takes to go live", analysis: "Analysis", privacy: "Privacy",
  serve: "The service", gateway: "The gateway", scheduler: "The scheduler", alerts: "Alerts",
};

const load = async (signal) => {
  const [table, values] = await Promise.all([api.get("/settings/description", {}, signal), api.get("/settings", {}, signal)]);
  return {table: table.items, values};
};

const valueOf = (values, name) => {
  const dot = name.indexOf(".");
  return values[name.slice(0, dot)]?.[name.slice(dot + 1)];
};

function allowed(spec) {
  if (spec.choices.length || spec.type.startsWith("true")) return "";
  return spec.minimum === null ? spec.type : `${spec.type}, ${spec.minimum} to ${spec.maximum}`;
}

function Control({spec, value, onChange, ...rest}) {
  if (spec.choices.length) return <select value={value} onChange={(e) => onChange(e.target.value)} {...rest}>{spec.choices.map((c) => <option key={c}>{c}</option>)}</select>;
  if (spec.type.startsWith("true")) return <select value={String(value)} onChange={(e) => onChange(e.target.value === "true")} {...rest}><option value="true">yes</option><option value="false">no</option></select>;
  if (spec.minimum !== null) return <input type="number" step="any" min={spec.minimum} max={spec.maximum} value={value} onInput={(e) => onChange(e.target.value)} {...rest} />;
  return <input value={value} onInput={(e) => onChange(e.target.value)} {...rest} />;
}

function Setting({spec, value, onSaved}) {
  const [edited, setEdited] = useState(undefined);
  const dirty = edited !== undefined && String(edited) !== String(value);
  const key = spec.name.slice(spec.name.indexOf(".") + 1);
  const save = async () => {
    await api.put("/settings", {[spec.name]: String(edited)});
    setEdited(undefined);
    onSaved();
  };
  return (
    <div class="setting">
      <Field label={<><code>{key}</code>{String(value) !== String(spec.default) && <Badge tone="note">changed</Badge>}</>}
        hint={<>{spec.meaning} <span class="quiet">Default: {String(spec.default) || "empty"}. {allowed(spec)}</span></>}>
        <Control spec={spec} value={edited ?? value} onChange={setEdited} />
      </Field>
      {dirty && <ActionButton kind="primary" onAction={save}>Save</ActionButton>}
    </div>
  );
}

export function Settings() {
  const [search, setSearch] = useState("");
  const loaded = useLoad(load);
  return (
    <Page title="Settings" lead="Changes here hold until the service ends. What is to stay belongs in the workspace's pawl.toml.">
      <search>
        <Field label="Find a setting"><input type="search" value={search} onInput={(e) => setSearch(e.target.value)} placeholder="threshold, consent, mail …" /></Field>
      </search>
      <Loaded of={loaded}>
        {({table, values}) => {
          const wanted = table.filter((s) => (s.name + " " + s.meaning).toLowerCase().includes(search.trim().toLowerCase()));
          const groups = [...new Set(wanted.map((s) => s.name.split(".")[0]))];
          if (groups.length === 0) return <p class="quiet" role="status">No setting is called that or does that.</p>;
          return groups.map((group) => (
            <Card key={group} title={TITLES[group] ?? group} hint={AT_START.includes(group) ? "Read when the service starts: change them in pawl.toml and restart it." : `[${group}] in pawl.toml`}>
              <div class="settings">
                {wanted.filter((s) => s.name.startsWith(group + ".")).map((spec) => AT_START.includes(group) ? (
                  <div class="setting" key={spec.name}>
                    <p class="setting-name"><code>{spec.name.slice(group.length + 1)}</code> <span class="mono">{String(valueOf(values, spec.name)) || "empty"}</span></p>
                    <p class="hint">{spec.meaning}</p>
                  </div>
                ) : <Setting key={spec.name} spec={spec} value={valueOf(values, spec.name)} onSaved={loaded.reload} />)}
              </div>
            </Card>
          ));
        }}
      </Loaded>
    </Page>
  );
}
