// The one way to the service: JSON in and out, the session's token on every change, problems as errors.

let csrf = null;
let tenant = null;
let onSignedOut = () => {};

export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail || `the service answered ${status}`);
    this.status = status;
    this.field = body?.field;
  }
}

export function useSession(session, whenOver) {
  csrf = session?.csrf ?? null;
  onSignedOut = whenOver ?? (() => {});
}

export function chooseTenant(name) {
  tenant = name;
}

function headersFor(method, body) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (csrf && method !== "GET") headers["X-Pawl-Csrf"] = csrf;
  if (tenant) headers["X-Pawl-Tenant"] = tenant;
  return headers;
}

async function send(method, path, body, signal) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: headersFor(method, body),
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, {detail: "the service does not answer; it may be starting or stopped"});
  }
  const text = await answer.text();
  const parsed = text && (answer.headers.get("content-type") ?? "").includes("json") ? JSON.parse(text) : null;
  if (answer.ok) return parsed;
  if (answer.status === 401 && path !== "/api/v1/session") onSignedOut();
  throw new Problem(answer.status, parsed);
}

const query = (parameters) => {
  const given = Object.entries(parameters ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return given.length ? "?" + new URLSearchParams(given) : "";
};

export const api = {
  get: (path, parameters, signal) => send("GET", "/api/v1" + path + query(parameters), undefined, signal),
  post: (path, body = {}) => send("POST", "/api/v1" + path, body),
  put: (path, body) => send("PUT", "/api/v1" + path, body),
  remove: (path) => send("DELETE", "/api/v1" + path),
};

// Calls `tell` with every event's data until the stream ends or `signal` aborts it. EventSource would do, but cannot name
// a tenant.
export async function follow(path, tell, signal) {
  const answer = await fetch(path, {headers: headersFor("GET"), credentials: "same-origin", signal});
  if (!answer.ok) throw new Problem(answer.status, null);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    rest += value;
    const events = rest.split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
      if (data) tell(JSON.parse(data));
    }
  }
}
