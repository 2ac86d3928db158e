import {api} from "../api.js";
import {words} from "../format.js";
import {useLoad} from "../ui/hooks.js";
import {Badge, Card, Empty, Loaded, Page, Table, When} from "../ui/parts.jsx";

const load = async (signal) => {
  const [alerts, memory] = await Promise.all([api.get("/alerts", {}, signal), api.get("/memory", {query: "alert recovered", limit: 50}, signal).catch(() => ({items: []}))]);
  const told = memory.items.filter((m) => m.tags.includes("alert")).sort((a, b) => b.created_at.localeCompare(a.created_at));
  return {firing: alerts.items, told};
};

// What to do about each rule.
const REMEDIES = {
  failed_cycles: "Look at the last cycles and the log; the error message says what stopped them.",
  rolled_back: "Look at the generation's tests; label some of the turns it got wrong in Review.",
  refused: "Look at the cycle's tests: the candidate was measurably worse. What was labelled lately may be wrong.",
  audit_chain: "Somebody changed the database outside of pawl. Compare with a backup before anything else.",
  no_feedback: "Check that the assistant still sends feedback, and that its key is valid.",
  disk_low: "Free space on the workspace's disk, or lower learning.keep_generations.",
  upstream_failing: "Check the language model's service; until then answers come from the next upstream or from here.",
  corrections: "Label some in Review, then start a cycle; if a generation is new, consider going back.",
};

export function Alerts() {
  const loaded = useLoad(load, [], 5000);
  return (
    <Page title="Alerts" lead="What somebody should look at. Each is told once when it begins and once when it ends.">
      <Loaded of={loaded}>
        {({firing, told}) => (
          <>
            {firing.length === 0 ? (
              <Empty title="All is well"><p>Thresholds and where alerts are sent (webhook, mail) are under <a href="#/settings">Settings</a>, group alerts.</p></Empty>
            ) : (
              firing.map((alert) => (
                <Card key={alert.rule + alert.tenant_id} class="alert">
                  <p class="alert-title"><Badge tone="bad">{words(alert.rule)}</Badge> {alert.message}</p>
                  <p class="hint">Since <When at={alert.since} />{alert.tenant_id ? `, tenant ${alert.tenant_id}` : ""}. {REMEDIES[alert.rule]}</p>
                </Card>
              ))
            )}
            {told.length > 0 && (
              <Card title="Earlier">
                <Table label="Earlier alerts" rows={told} keyOf={(m) => m.memory_id} columns={[
                  {name: "When", show: (m) => <When at={m.created_at} />},
                  {name: "What", show: (m) => m.content, grow: true},
                ]} />
              </Card>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}
