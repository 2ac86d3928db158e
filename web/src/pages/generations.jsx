import {useState} from "preact/hooks";

import {api} from "../api.js";
import {time} from "../format.js";
import {useLoad} from "../ui/hooks.js";
import {Badge, Button, Card, Confirm, Empty, Field, Loaded, Page, Table, When} from "../ui/parts.jsx";
import {PerLabel, Reasons, Tests, inShort} from "../ui/verdict.jsx";

const USABLE = ["ready", "archived"];

function RollbackDialog({to, onClose, onDone}) {
  const [reason, setReason] = useState("");
  const go = async () => {
    await api.post(`/generations/${encodeURIComponent(to)}/rollback`, reason ? {reason} : {});
    onDone();
  };
  return (
    <Confirm title={`Go back to ${to}?`} action="Make it live" danger onConfirm={go} onClose={onClose}>
      <p>It answers from the next request on. The generation that is live now does not go live again by itself.</p>
      <Field label="Why" hint="For the audit trail; may be left empty."><input value={reason} onInput={(e) => setReason(e.target.value)} /></Field>
    </Confirm>
  );
}

function List({can}) {
  const loaded = useLoad((signal) => api.get("/generations", {limit: 200}, signal), [], 10000);
  const [back, setBack] = useState(null);
  return (
    <Page title="Generations" lead="Every model there was: what went live when, and why. One is live; any usable one can be again.">
      <Loaded of={loaded}>
        {({items}) => items.length === 0 ? <Empty title="No generation yet"><p>Run <code>pawl init</code> with labelled examples.</p></Empty> : (
          <Card>
            <Table label="Generations" rows={items} keyOf={(g) => g.generation} onOpen={(g) => (location.hash = `#/generations/${g.generation}`)} columns={[
              {name: "Generation", show: (g) => g.generation},
              {name: "State", show: (g) => (g.live ? <Badge tone="good">live</Badge> : <Badge>{g.state}</Badge>)},
              {name: "Made", show: (g) => <When at={g.created_at} />},
              {name: "Last live", show: (g) => (g.live_since ? <><When at={g.live_since} /> <span class="quiet">by {g.went_live_by}</span></> : <span class="quiet">never</span>)},
              {name: "Why", show: (g) => <span class="clamp">{inShort(g.reason)}</span>, grow: true},
              ...(can("trainer") ? [{name: "", show: (g) => !g.live && USABLE.includes(g.state) && <Button kind="ghost" onClick={() => setBack(g.generation)} aria-label={`Go back to it: ${g.generation}`}>Go back to it</Button>}] : []),
            ]} />
          </Card>
        )}
      </Loaded>
      {back && <RollbackDialog to={back} onClose={() => setBack(null)} onDone={loaded.reload} />}
    </Page>
  );
}

const loadOne = async (id, signal) => {
  const generation = await api.get(`/generations/${encodeURIComponent(id)}`, {}, signal);
  const cycle = generation.cycle_id ? await api.get(`/cycles/${generation.cycle_id}`, {}, signal).catch(() => null) : null;
  return {generation, cycle};
};

function One({id, can}) {
  const loaded = useLoad((signal) => loadOne(id, signal), [id]);
  const [back, setBack] = useState(false);
  const data = loaded.data;
  const usable = data && !data.generation.live && USABLE.includes(data.generation.state) && can("trainer");
  return (
    <Page title={id} lead={<a href="#/generations">All generations</a>}
      actions={<>
        {data?.generation.live && can("trainer") && <a class="button plain" href="/api/v1/generations/live/export" download>Download for spaCy</a>}
        {usable && <Button kind="danger" onClick={() => setBack(true)}>Go back to it</Button>}
      </>}>
      <Loaded of={loaded}>
        {({generation, cycle}) => {
          const validation = cycle?.validation ?? generation.metrics;
          return (
            <>
              <Card title="Why">
                <Reasons heads={validation?.heads} reason={cycle?.reason ?? generation.reason} />
                <dl class="facts">
                  <div><dt>State</dt><dd>{generation.live ? <Badge tone="good">live</Badge> : <Badge>{generation.state}</Badge>}</dd></div>
                  <div><dt>Made</dt><dd>{time(generation.created_at)}</dd></div>
                  <div><dt>Last live</dt><dd>{generation.live_since ? `${time(generation.live_since)}, by ${generation.went_live_by}` : "never"}</dd></div>
                  <div><dt>Made from</dt><dd>{generation.parent ? <a href={`#/generations/${generation.parent}`}>{generation.parent}</a> : "the beginning"}</dd></div>
                  <div><dt>Cycle</dt><dd>{generation.cycle_id ? <a href={`#/cycles/${generation.cycle_id}`}>look at it</a> : "none: it came with init"}</dd></div>
                </dl>
              </Card>
              {validation?.tests?.length > 0 && <Card title="Tests" hint="Against the generation before, on examples that neither was trained on."><Tests tests={validation.tests} /></Card>}
              {validation?.per_label && Object.keys(validation.per_label).length > 0 && <Card title="Change per label" hint="Of the held-out examples with this label, how many each model found."><PerLabel perLabel={validation.per_label} /></Card>}
            </>
          );
        }}
      </Loaded>
      {back && <RollbackDialog to={id} onClose={() => setBack(false)} onDone={loaded.reload} />}
    </Page>
  );
}

export const Generations = ({rest, can}) => (rest[0] ? <One id={rest[0]} can={can} /> : <List can={can} />);
