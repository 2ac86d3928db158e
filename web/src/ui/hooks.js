import {useCallback, useEffect, useRef, useState} from "preact/hooks";

// What `load` (given an AbortSignal) brings: {data, error, reload}. Loads again when `inputs` change, and every
// `every` milliseconds while the page is visible. Old data stay until new ones are there.
export function useLoad(load, inputs = [], every = 0) {
  const [state, setState] = useState({data: null, error: null});
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((n) => n + 1), []);
  useEffect(() => {
    const abort = new AbortController();
    load(abort.signal).then(
      (data) => setState({data, error: null}),
      (error) => error.name !== "AbortError" && setState((old) => ({...old, error})),
    );
    return () => abort.abort();
  }, [...inputs, round]);
  useEffect(() => {
    if (!every) return undefined;
    const timer = setInterval(() => document.visibilityState === "visible" && reload(), every);
    return () => clearInterval(timer);
  }, [every]);
  return {...state, reload};
}

// The newest `handle` hears of keys that no field or dialog wants; `first` before all others, which
// event.stopPropagation() keeps from hearing of it.
export function useKeys(handle, first = false) {
  const newest = useRef(handle);
  newest.current = handle;
  useEffect(() => {
    const listen = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
      newest.current(event);
    };
    document.addEventListener("keydown", listen, first);
    return () => document.removeEventListener("keydown", listen, first);
  }, []);
}
