// Light or dark: as the system has it, until somebody chooses.

const listeners = new Set();
const system = matchMedia("(prefers-color-scheme: dark)");
const tell = () => listeners.forEach((call) => call());
system.addEventListener("change", tell);

export const theme = () => document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light");

export function setTheme(name) {
  document.documentElement.dataset.theme = name;
  try {
    localStorage.setItem("pawl-theme", name);
  } catch {
    // Then it is chosen again next time.
  }
  tell();
}

export function restoreTheme() {
  try {
    const chosen = localStorage.getItem("pawl-theme");
    if (chosen) document.documentElement.dataset.theme = chosen;
  } catch {
    // The system's, then.
  }
}

export function onThemeChange(call) {
  listeners.add(call);
  return () => listeners.delete(call);
}
