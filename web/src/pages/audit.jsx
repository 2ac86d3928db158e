import {useState} from "preact/hooks";

import {api} from "../api.js";
import {time, words} from "../format.js";
import {useLoad} from "../ui/hooks.js";
import {ActionButton, Badge, Card, Empty, Loaded, Page, Table} from "../ui/parts.jsx";

const load = (signal) => api.get("/audit", {limit: 100, newest: "true"}, signal);

export function Audit() {
  const loaded = useLoad(load);
  const [older, setOlder] = useState([]);
  const [next, setNext] = useState(undefined);
  const [verdict, setVerdict] = useState(null);
  const verify = async () => setVerdict(await api.get("/audit", {limit: 1, verify: "true"}));
  const cursor = next === undefined ? loaded.data?.next_cursor : next;
  const more = async () => {
    const page = await api.get("/audit", {limit: 100, newest: "true", cursor});
    setOlder([...older, ...page.items]);
    setNext(page.next_cursor);
  };
  return (
    <Page title="Audit trail" lead="Who did what: every decision, every reading of conversations, every change of models. Each entry's hash includes the one before."
      actions={<ActionButton onAction={verify}>Check the hashes</ActionButton>}>
      {verdict && <p role="status">{verdict.whole ? <Badge tone="good">the trail is whole</Badge> : <Badge tone="bad">changed from entry {verdict.broken_at} on</Badge>}</p>}
      <Loaded of={loaded}>
        {({items}) => items.length === 0 ? <Empty title="Nothing has happened yet"><p>Entries appear as people and schedules act.</p></Empty> : (
          <Card>
            <Table label="Audit trail" rows={[...items, ...older]} keyOf={(e) => e.sequence} columns={[
              {name: "When", show: (e) => time(e.at)},
              {name: "What", show: (e) => words(e.kind)},
              {name: "Who", show: (e) => <span class="mono">{e.actor}</span>},
              {name: "About", show: (e) => <span class="mono clip">{e.subject}</span>, grow: true},
            ]} />
            {cursor && <ActionButton onAction={more}>Show older ones</ActionButton>}
          </Card>
        )}
      </Loaded>
    </Page>
  );
}
