import {useEffect, useRef, useState} from "preact/hooks";

import {api} from "../api.js";
import {percent, words} from "../format.js";
import {useKeys} from "../ui/hooks.js";
import {Badge, Button, Card, Empty, Failure, Page} from "../ui/parts.jsx";

const BATCH = 100;
// In reach of both hands; what actions use is left out.
const LABEL_KEYS = [..."1234567890qwertiopafhjklzxcvbnm"];
const HEADS = ["intent", "sentiment"];
const KINDS = {uncertain: "not sure", disagreement: "a candidate disagrees", label_error: "an example in doubt", burst: "in quarantine",
  new_intent: "a new intent?"};
const isTurn = (item) => Boolean(item.turn_id);

// The queue and what was said this time. What is said is sent one after another, in the background: nobody waits for the
// network between two turns.
function useQueue() {
  const [items, setItems] = useState(null);
  const [labels, setLabels] = useState(null);
  const [done, setDone] = useState([]);
  const [error, setError] = useState(null);
  const line = useRef(Promise.resolve());

  const load = async () => {
    try {
      const [queue, known] = await Promise.all([api.get("/review", {limit: BATCH}), api.get("/labels")]);
      setItems(queue.items);
      setLabels(known);
    } catch (failed) {
      setError(failed);
    }
  };
  useEffect(() => {
    load();
  }, []);

  const back = (item) => setItems((old) => [item, ...(old ?? []).filter((i) => i.id !== item.id)]);
  const inLine = (send, item) => {
    line.current = line.current.then(send).then(() => setError(null), (failed) => {
      setError(failed);
      back(item);
      setDone((old) => old.filter((d) => d.item !== item));
    });
    return line.current;
  };
  const say = (said, shown) => {
    const [item, ...rest] = items;
    setItems(rest);
    setDone((old) => [{item, shown}, ...old]);
    const sent = inLine(() => api.post(`/review/${encodeURIComponent(item.id)}`, said), item);
    if (rest.length === 0) sent.then(load);
  };
  const skip = () => setItems(([first, ...rest]) => [...rest, first]);
  const undo = () => {
    const [last, ...rest] = done;
    if (!last) return;
    setDone(rest);
    back(last.item);
    line.current = line.current.then(() => api.remove(`/review/${encodeURIComponent(last.item.id)}`)).catch(setError);
  };
  return {items, labels, done, error, say, skip, undo, load};
}

function Labels({names, guess, onChoose}) {
  return (
    <div class="labels" role="group" aria-label="Labels">
      {names.map((name, i) => (
        <button type="button" key={name} class={`label ${name === guess ? "guess" : ""}`} onClick={() => onChoose(name)}
          aria-keyshortcuts={LABEL_KEYS[i]}>
          {LABEL_KEYS[i] && <kbd>{LABEL_KEYS[i]}</kbd>}
          <span>{words(name)}</span>
        </button>
      ))}
    </div>
  );
}

// What is no single turn: a group of them.
function Group({item}) {
  return (
    <Card class="review-item">
      <p class="guess-line"><Badge>{KINDS[item.kind] ?? item.kind}</Badge> {item.reason}</p>
      <ul class="texts">{(item.texts ?? []).map((text, i) => <li key={i} class="said">{text}</li>)}</ul>
    </Card>
  );
}

function GroupActions({item, name, onName, onAccept, onDismiss, onSkip, canSkip}) {
  const isNew = item.kind === "new_intent";
  return (
    <form class="actions wrap" onSubmit={(event) => (event.preventDefault(), onAccept())}>
      {isNew && <label>Name <input value={name} onInput={(event) => onName(event.target.value)} /></label>}
      <Button kind="primary" type="submit" disabled={isNew && !name.trim()} aria-keyshortcuts="y">
        {isNew ? "It is a new intent" : "Honest: let it count"} <kbd>y</kbd>
      </Button>
      <Button onClick={onSkip} disabled={!canSkip}>Later <kbd>s</kbd></Button>
      <Button onClick={onDismiss}>{isNew ? "It is none" : "Keep it out"} <kbd>d</kbd></Button>
    </form>
  );
}

function Item({item, head}) {
  const guess = item[head];
  return (
    <Card class="review-item">
      <p class="said big">{item.user_text}</p>
      {item.reason && <p class="hint"><Badge>{KINDS[item.kind] ?? item.kind}</Badge> {item.reason}</p>}
      {item.assistant_response && <p class="answered"><span class="by">Assistant</span>{item.assistant_response}</p>}
      <p class="guess-line">
        {guess ? <>The model says <strong>{words(guess)}</strong> <Badge>{percent(item[`${head}_confidence`])} sure</Badge></> : "The model has said nothing about it."}
      </p>
    </Card>
  );
}

function Log({done, onUndo}) {
  return (
    <Card title="Said just now" actions={<Button kind="ghost" disabled={done.length === 0} onClick={onUndo}>Undo <kbd>u</kbd></Button>}>
      {done.length === 0 ? <p class="quiet">Nothing yet. The keys beside labels and buttons answer at once; nothing needs the mouse.</p> : (
        <ol class="log">
          {done.slice(0, 8).map((d) => <li key={d.item.id}><Badge tone="note">{d.shown}</Badge> <span class="clip">{d.item.user_text ?? d.item.texts?.[0] ?? d.item.reason}</span></li>)}
        </ol>
      )}
    </Card>
  );
}

export function Review({can}) {
  const queue = useQueue();
  const [head, setHead] = useState("intent");
  const item = queue.items?.[0];
  const names = queue.labels?.[head] ?? [];
  const mayLabel = can("trainer");
  const choose = (name) => mayLabel && item && isTurn(item) && queue.say({[head]: name}, words(name));
  const isGroup = item && !isTurn(item);
  const [name, setName] = useState("");
  useEffect(() => setName(item?.suggested ?? ""), [item?.id]);
  const accept = () => {
    if (!mayLabel || !isGroup) return;
    if (item.kind !== "new_intent") queue.say({accept: true}, "released");
    else if (name.trim()) queue.say({accept: true, intent: name.trim(), turn_ids: item.turn_ids}, name.trim());
  };
  const dismiss = () => mayLabel && item && queue.say({dismiss: true}, "dismissed");
  const other = () => setHead(HEADS[(HEADS.indexOf(head) + 1) % HEADS.length]);
  useKeys((event) => {
    if (event.shiftKey) return;
    if (event.target.closest("input, textarea")) return;
    const label = !isGroup && names[LABEL_KEYS.indexOf(event.key)];
    if (event.key === "u") queue.undo();
    else if (event.key === "d") dismiss();
    else if (event.key === "s") queue.items?.length > 1 && queue.skip();
    else if (event.key === "Tab" || !item) return;
    else if (isGroup && event.key === "y") accept();
    else if (event.key === " " && item[head] && !event.target.closest("button, a")) choose(item[head]);
    else if (event.key === "/") other();
    else if (label) choose(label);
    else return;
    event.preventDefault();
  });
  return (
    <Page title="Review" lead="What a person's word helps most with. A label here counts as a person's word in the next cycle."
      actions={isGroup ? null :
        <div class="segmented" role="group" aria-label="What is labelled">
          {HEADS.map((name) => <button type="button" key={name} aria-pressed={name === head} onClick={() => setHead(name)}>{words(name)}</button>)}
        </div>
      }>
      <Failure error={queue.error} />
      {queue.items === null && !queue.error && <p class="loading" role="status">Loading …</p>}
      {queue.items?.length === 0 && (
        <Empty title="Nothing waits for you">
          <p>Every turn of the newest thousand has been reviewed or corrected. {queue.done.length > 0 ? <>Start a cycle under <a href="#/cycles">Cycles</a> so that the model learns from it.</> : <>Turns appear here as conversations arrive.</>}</p>
        </Empty>
      )}
      <div class="review">
        <div>
          {item && (isTurn(item) ? <Item item={item} head={head} /> : <Group item={item} />)}
          {item && mayLabel && !isTurn(item) && (
            <GroupActions item={item} name={name} onName={setName} onAccept={accept} onDismiss={dismiss} onSkip={queue.skip} canSkip={queue.items.length > 1} />
          )}
          {item && mayLabel && isTurn(item) && <Labels names={names} guess={item[head]} onChoose={choose} />}
          {item && mayLabel && isTurn(item) && (
            <div class="actions wrap">
              {item[head] && <Button kind="primary" onClick={() => choose(item[head])}>{words(item[head])} is right <kbd>space</kbd></Button>}
              <Button onClick={queue.skip} disabled={queue.items.length < 2}>Later <kbd>s</kbd></Button>
              <Button onClick={dismiss}>Not worth a label <kbd>d</kbd></Button>
              <Button kind="ghost" onClick={other}>Label {HEADS.find((h) => h !== head)} <kbd>/</kbd></Button>
            </div>
          )}
          {item && !mayLabel && <p class="hint">This key may read; labelling needs the role trainer.</p>}
        </div>
        <aside>
          <p class="progress-line" role="status"><strong>{queue.done.length}</strong> done, <strong>{queue.items?.length ?? 0}{queue.items?.length === BATCH ? "+" : ""}</strong> wait</p>
          <Log done={queue.done} onUndo={queue.undo} />
        </aside>
      </div>
    </Page>
  );
}
