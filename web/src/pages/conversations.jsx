import {useEffect, useState} from "preact/hooks";

import {api} from "../api.js";
import {percent, time, words} from "../format.js";
import {ActionButton, Badge, Card, Empty, Failure, Field, Page} from "../ui/parts.jsx";

const PAGE = 50;

function Feedback({of}) {
  const said = [];
  if (of.corrected_intent) said.push(`intent: ${words(of.corrected_intent)}`);
  if (of.corrected_sentiment) said.push(`sentiment: ${words(of.corrected_sentiment)}`);
  if (of.corrected_entities) said.push(`${of.corrected_entities.length} entities`);
  const score = of.satisfaction_score;
  return (
    <li>
      {score !== undefined && <Badge tone={score >= 0.6 ? "good" : score <= 0.4 ? "bad" : "quiet"}>satisfied {percent(score)}</Badge>}
      {said.length > 0 && <Badge tone="note">corrected {said.join(", ")}</Badge>}
      {of.comment && <q>{of.comment}</q>}
      {score === undefined && said.length === 0 && !of.comment && <Badge>{of.needs_correction ? "needs correction" : "feedback"}</Badge>}
    </li>
  );
}

// Turns, the newest first, as the conversations they belong to; a conversation's own turns in their order.
function byConversation(turns) {
  const found = new Map();
  for (const turn of turns) {
    if (!found.has(turn.conversation_id)) found.set(turn.conversation_id, []);
    found.get(turn.conversation_id).unshift(turn);
  }
  return [...found];
}

function Conversation({turns}) {
  return (
    <Card class="conversation">
      <header class="conversation-head"><span>{time(turns[0].timestamp)}</span><span class="quiet mono">{turns[0].user_id.slice(0, 12)}</span></header>
      <ol class="turns">
        {turns.map((turn) => (
          <li key={turn.turn_id}>
            <p class="said"><span class="by">Person</span>{turn.user_text}</p>
            {turn.assistant_response && <p class="answered"><span class="by">Assistant</span>{turn.assistant_response}</p>}
            {turn.feedback.length > 0 && <ul class="feedback">{turn.feedback.map((f, i) => <Feedback key={i} of={f} />)}</ul>}
          </li>
        ))}
      </ol>
    </Card>
  );
}

export function Conversations() {
  const [typed, setTyped] = useState("");
  const [query, setQuery] = useState("");
  const [state, setState] = useState({turns: null, cursor: null, error: null});
  useEffect(() => {
    const timer = setTimeout(() => setQuery(typed.trim()), 250);
    return () => clearTimeout(timer);
  }, [typed]);
  useEffect(() => {
    const abort = new AbortController();
    api.get("/turns", {query, limit: PAGE}, abort.signal).then(
      (page) => setState({turns: page.items, cursor: page.next_cursor, error: null}),
      (error) => error.name !== "AbortError" && setState((old) => ({...old, error})),
    );
    return () => abort.abort();
  }, [query]);
  const more = async () => {
    const page = await api.get("/turns", {query, limit: PAGE, cursor: state.cursor});
    setState((old) => ({turns: [...old.turns, ...page.items], cursor: page.next_cursor, error: null}));
  };
  const {turns, cursor, error} = state;
  return (
    <Page title="Conversations" lead="What people said, without what could name them. Reading here leaves an entry in the audit trail.">
      <search>
        <Field label="Search what people said">
          <input type="search" value={typed} onInput={(e) => setTyped(e.target.value)} placeholder="invoice, crash, thank you …" />
        </Field>
      </search>
      <Failure error={error} />
      {turns === null && !error && <p class="loading" role="status">Loading …</p>}
      {turns?.length === 0 && (
        <Empty title={query ? `Nobody said “${query}”` : "No conversations yet"}>
          {query ? <p>Search looks for these letters anywhere in a text, without regard to case.</p>
            : <p>Point an assistant's <code>base_url</code> at this service and send <code>x-pawl-consent: true</code> for people who agreed.</p>}
        </Empty>
      )}
      {turns?.length > 0 && <p class="quiet" role="status">{turns.length}{cursor ? " newest" : ""} turns</p>}
      {turns && byConversation(turns).map(([id, found]) => <Conversation key={id} turns={found} />)}
      {cursor && <ActionButton onAction={more}>Show older ones</ActionButton>}
    </Page>
  );
}
