// The parts that pages are made of.
import {useEffect, useId, useRef, useState} from "preact/hooks";

import {ago, time} from "../format.js";

export function Page({title, lead, actions, children}) {
  useEffect(() => {
    document.title = `${title} – pawl`;
  }, [title]);
  return (
    <>
      <header class="page-head">
        <div>
          <h1 tabIndex={-1}>{title}</h1>
          {lead && <p class="lead">{lead}</p>}
        </div>
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

export function Card({title, hint, actions, children, class: more = ""}) {
  const id = useId();
  return (
    <section class={`card ${more}`} aria-labelledby={title ? id : undefined}>
      {title && (
        <header class="card-head">
          <h2 id={id}>{title}</h2>
          {actions}
        </header>
      )}
      {hint && <p class="hint">{hint}</p>}
      {children}
    </section>
  );
}

export function Button({kind = "plain", busy, children, ...rest}) {
  return (
    <button type="button" class={`button ${kind}`} disabled={busy || rest.disabled} aria-busy={busy} {...rest}>
      {children}
    </button>
  );
}

export function Field({label, hint, children}) {
  const id = useId();
  const hintId = useId();
  const control = {...children, props: {...children.props, id, "aria-describedby": hint ? hintId : undefined}};
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {control}
      {hint && <p class="hint" id={hintId}>{hint}</p>}
    </div>
  );
}

export function Badge({tone = "quiet", children}) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

export function Stat({label, value, note, tone}) {
  return (
    <div class="stat">
      <dt>{label}</dt>
      <dd>
        <span class="value">{value}</span>
        {note && <span class={`note ${tone ?? ""}`}>{note}</span>}
      </dd>
    </div>
  );
}

// What to do when there is nothing to see yet.
export function Empty({title, children}) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      <div class="empty-body">{children}</div>
    </div>
  );
}

export function Failure({error, onRetry}) {
  if (!error) return null;
  return (
    <div class="failure" role="alert">
      <p>{error.message}</p>
      {onRetry && <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}

// Shows `children(data)` once there are data; until then, or instead, what is the matter.
export function Loaded({of, children}) {
  if (of.error && of.data === null) return <Failure error={of.error} onRetry={of.reload} />;
  if (of.data === null) return <p class="loading" role="status">Loading …</p>;
  return (
    <>
      <Failure error={of.error} />
      {children(of.data)}
    </>
  );
}

export function When({at}) {
  return at ? <time dateTime={at} title={time(at)}>{ago(at)}</time> : <span class="quiet">–</span>;
}

// columns: [{name, show(row), numeric?, grow?}]; the first one heads its row. Where there is no room for columns each row stands
// as a block whose lines say what they are: the roles keep it a table for those who listen.
export function Table({label, columns, rows, keyOf, onOpen}) {
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label={label}>
      <table role="table">
        <thead role="rowgroup">
          <tr role="row">{columns.map((c) => <th role="columnheader" scope="col" class={c.numeric ? "numeric" : ""} key={c.name}>{c.name}</th>)}</tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row, i) => (
            <tr role="row" key={keyOf ? keyOf(row) : i} class={onOpen ? "opens" : ""}>
              {columns.map((c, at) => {
                const Cell = at === 0 ? "th" : "td";
                return (
                  <Cell key={c.name} role={at === 0 ? "rowheader" : "cell"} scope={at === 0 ? "row" : undefined} data-name={c.name}
                    class={(c.numeric ? "numeric " : "") + (c.grow ? "grow" : "")}>
                    {at === 0 && onOpen ? <button type="button" class="link" onClick={() => onOpen(row)}>{c.show(row)}</button> : c.show(row)}
                  </Cell>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

// A modal question; Escape and "Cancel" leave everything as it is.
export function Dialog({title, onClose, children}) {
  const dialog = useRef();
  const id = useId();
  useEffect(() => {
    dialog.current.showModal();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose} onCancel={onClose}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

export function Confirm({title, action, danger, onConfirm, onClose, children}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const confirm = async () => {
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <Failure error={error} />
      <div class="actions end">
        <Button onClick={onClose}>Cancel</Button>
        <Button kind={danger ? "danger" : "primary"} busy={busy} onClick={confirm}>{action}</Button>
      </div>
    </Dialog>
  );
}

// A share as a bar with its words.
export function Bar({label, value, of, shown, tone = ""}) {
  const share = of > 0 ? Math.min(1, value / of) : 0;
  return (
    <div class="bar-row">
      <span class="bar-label">{label}</span>
      <span class="bar" aria-hidden="true"><span class={`bar-fill ${tone}`} style={{width: `${share * 100}%`}} /></span>
      <span class="bar-value">{shown}</span>
    </div>
  );
}

// A button that does something slow and says what went wrong.
export function ActionButton({onAction, onDone, ...rest}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const act = async () => {
    setBusy(true);
    setError(null);
    try {
      const done = await onAction();
      onDone?.(done);
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  return (
    <span class="action">
      <Button busy={busy} onClick={act} {...rest} />
      {error && <span class="action-error" role="alert">{error.message}</span>}
    </span>
  );
}
