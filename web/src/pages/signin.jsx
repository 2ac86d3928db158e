import {useEffect, useState} from "preact/hooks";

import {api} from "../api.js";
import {Failure, Field} from "../ui/parts.jsx";

export function SignIn({onSignedIn}) {
  const [key, setKey] = useState("");
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = "Sign in – pawl";
  }, []);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      onSignedIn(await api.post("/session", {key: key.trim()}));
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  return (
    <main class="sign-in">
      <form class="card" onSubmit={submit}>
        <img src="/assets/icon.svg" alt="" width="44" height="44" />
        <h1>Sign in to pawl</h1>
        <Field label="Key" hint="pawl_… – the first start of the service printed one; an admin makes more under Keys and roles.">
          <input type="password" autocomplete="current-password" spellcheck={false} required autofocus value={key}
            onInput={(e) => setKey(e.target.value)} />
        </Field>
        <Failure error={error} />
        <button class="button primary wide" type="submit" disabled={busy}>Sign in</button>
      </form>
    </main>
  );
}
