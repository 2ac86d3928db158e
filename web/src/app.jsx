import {render} from "preact";
import {useEffect, useState} from "preact/hooks";

import "./app.css";
import {api, chooseTenant, useSession} from "./api.js";
import {words} from "./format.js";
import {useKeys} from "./ui/hooks.js";
import {Button, Dialog} from "./ui/parts.jsx";
import {restoreTheme, setTheme, theme} from "./ui/theme.js";
import {Alerts} from "./pages/alerts.jsx";
import {Audit} from "./pages/audit.jsx";
import {Conversations} from "./pages/conversations.jsx";
import {Cycles} from "./pages/cycles.jsx";
import {Generations} from "./pages/generations.jsx";
import {Keys} from "./pages/keys.jsx";
import {Overview} from "./pages/overview.jsx";
import {Privacy} from "./pages/privacy.jsx";
import {Review} from "./pages/review.jsx";
import {Schedule} from "./pages/schedule.jsx";
import {Settings} from "./pages/settings.jsx";
import {SignIn} from "./pages/signin.jsx";

const ROLES = ["readonly", "user", "analyst", "trainer", "admin"];

// `key`: pressed after "g". `least`: the role below which it is not offered.
const PAGES = [
  {path: "overview", title: "Overview", key: "o", least: "readonly", show: Overview},
  {path: "review", title: "Review", key: "r", least: "analyst", show: Review},
  {path: "conversations", title: "Conversations", key: "c", least: "analyst", show: Conversations},
  {path: "generations", title: "Generations", key: "g", least: "readonly", show: Generations},
  {path: "cycles", title: "Cycles", key: "y", least: "readonly", show: Cycles},
  {path: "schedule", title: "Schedule", key: "s", least: "readonly", show: Schedule},
  {path: "alerts", title: "Alerts", key: "a", least: "readonly", show: Alerts},
  {path: "privacy", title: "Privacy", key: "p", least: "readonly", show: Privacy},
  {path: "keys", title: "Keys and roles", key: "k", least: "admin", show: Keys},
  {path: "audit", title: "Audit trail", key: "t", least: "admin", show: Audit},
  {path: "settings", title: "Settings", key: "e", least: "admin", show: Settings},
];

const reaches = (role, least) => ROLES.indexOf(role) >= ROLES.indexOf(least);

// "#/cycles/ID" as ["cycles", "ID"].
const place = () => location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);

function usePlace() {
  const [at, setAt] = useState(place());
  useEffect(() => {
    const moved = () => setAt(place());
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return at;
}

function Shortcuts({pages, onClose}) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl class="shortcuts">
        {pages.map((page) => (
          <div key={page.path}><dt><kbd>g</kbd> <kbd>{page.key}</kbd></dt><dd>{page.title}</dd></div>
        ))}
        <div><dt><kbd>?</kbd></dt><dd>This list</dd></div>
      </dl>
      <p class="hint">In the review queue every label has a key of its own, shown beside it.</p>
      <div class="actions end"><Button kind="primary" onClick={onClose}>Close</Button></div>
    </Dialog>
  );
}

function ThemeButton() {
  const [now, setNow] = useState(theme());
  const other = now === "dark" ? "light" : "dark";
  return <Button kind="ghost" onClick={() => (setTheme(other), setNow(other))}>{other === "dark" ? "Dark" : "Light"}</Button>;
}

function Navigation({pages, current, alerts}) {
  return (
    <nav aria-label="Pages">
      <ul>
        {pages.map((page) => (
          <li key={page.path}>
            <a href={`#/${page.path}`} aria-current={page.path === current ? "page" : undefined}>
              {page.title}
              {page.path === "alerts" && alerts > 0 && <span class="count" aria-label={`${alerts} hold`}>{alerts}</span>}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function useAlertCount(tenant) {
  const [alerts, setAlerts] = useState(0);
  useEffect(() => {
    const look = () => api.get("/alerts").then((page) => setAlerts(page.items.length), () => {});
    look();
    const timer = setInterval(look, 15000);
    return () => clearInterval(timer);
  }, [tenant]);
  return alerts;
}

function usePageKeys(pages, showHelp) {
  const [armed, setArmed] = useState(false);
  useKeys((event) => {
    if (event.key === "?") return showHelp();
    if (armed) {
      setArmed(false);
      const page = pages.find((p) => p.key === event.key);
      event.stopPropagation();
      if (page) location.hash = `#/${page.path}`;
      return undefined;
    }
    if (event.key === "g") setArmed(true);
    return undefined;
  }, true);
}

function Shell({session, onSignOut}) {
  const [tenant, setTenant] = useState(session.tenant);
  const [help, setHelp] = useState(false);
  const [at, ...rest] = usePlace();
  const pages = PAGES.filter((page) => reaches(session.role, page.least));
  const page = pages.find((p) => p.path === at) ?? pages[0];
  const alerts = useAlertCount(tenant);
  usePageKeys(pages, () => setHelp(true));
  useEffect(() => {
    document.querySelector("main h1")?.focus({preventScroll: true});
    document.querySelector('nav [aria-current="page"]')?.scrollIntoView({block: "nearest", inline: "center"});
    scrollTo(0, 0);
  }, [page.path]);
  const choose = (name) => {
    chooseTenant(name);
    setTenant(name);
  };
  const Content = page.show;
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(e) => (e.preventDefault(), document.getElementById("main").focus())}>Skip to content</a>
      <header class="side">
        <a class="brand" href="#/overview"><img src="/assets/icon.svg" alt="" width="28" height="28" />pawl</a>
        <Navigation pages={pages} current={page.path} alerts={alerts} />
        <div class="who">
          {session.tenants.length > 1 ? (
            <label class="tenant">
              <span>Tenant</span>
              <select value={tenant} onChange={(e) => choose(e.target.value)}>
                {session.tenants.map((name) => <option key={name}>{name}</option>)}
              </select>
            </label>
          ) : <p class="tenant"><span>Tenant</span> {tenant}</p>}
          <p class="role">{words(session.name) || "key"} · {session.role}</p>
          <div class="actions">
            <ThemeButton />
            <Button kind="ghost" onClick={() => setHelp(true)} aria-label="Keyboard shortcuts">?</Button>
            <Button kind="ghost" onClick={onSignOut}>Sign out</Button>
          </div>
        </div>
      </header>
      <main id="main" tabIndex={-1} key={tenant}>
        <Content can={(least) => reaches(session.role, least)} rest={rest} tenant={tenant} />
      </main>
      {help && <Shortcuts pages={pages} onClose={() => setHelp(false)} />}
    </div>
  );
}

function App() {
  const [session, setSession] = useState(undefined);
  const enter = (who) => {
    useSession(who, () => setSession(null));
    chooseTenant(who && who.tenants.length > 1 ? who.tenant : null);
    setSession(who);
  };
  useEffect(() => {
    api.get("/session").then(enter, () => enter(null));
  }, []);
  const leave = async () => {
    await api.remove("/session").catch(() => {});
    enter(null);
  };
  if (session === undefined) return <p class="loading" role="status">Loading …</p>;
  return session ? <Shell session={session} onSignOut={leave} /> : <SignIn onSignedIn={enter} />;
}

restoreTheme();
render(<App />, document.getElementById("app"));
