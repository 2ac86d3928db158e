// A headless Chromium that does what lines of JSON on standard input ask, one answer a line. The tests of the dashboard
// drive it; this file knows nothing of the dashboard.
import fs from "node:fs";
import readline from "node:readline";
import {createRequire} from "node:module";

const require = createRequire(process.argv[2] + "/");
const {chromium} = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({executablePath: process.argv[3], args: ["--no-sandbox", "--disable-gpu"]});
let context, page, trouble, asked;

const verbs = {
  async open({size, scheme = "light", origin}) {
    await context?.close();
    // The page's own policy stays in force; axe goes around it by the debugger's door.
    context = await browser.newContext({viewport: size, colorScheme: scheme, reducedMotion: "reduce", locale: "en-GB", timezoneId: "UTC"});
    page = await context.newPage();
    page.setDefaultTimeout(8000);
    trouble = [];
    asked = new Set();
    page.on("console", (message) => message.type() === "error" && trouble.push(message.text()));
    page.on("pageerror", (error) => trouble.push(String(error)));
    page.on("request", (request) => !request.url().startsWith(origin) && !request.url().startsWith("data:") && asked.add(request.url()));
  },
  go: ({url}) => page.goto(url).then(() => null),
  click: ({on, nth = 0}) => page.locator(on).nth(nth).click().then(() => null),
  fill: ({on, text}) => page.locator(on).fill(text).then(() => null),
  choose: ({on, option}) => page.locator(on).selectOption(option).then(() => null),
  press: ({key}) => page.keyboard.press(key).then(() => null),
  see: ({text, within = "body"}) => page.locator(within).getByText(text, {exact: false}).first().waitFor({state: "visible"}).then(() => null),
  wait: ({on, gone = false}) => page.locator(on).first().waitFor({state: gone ? "detached" : "visible"}).then(() => null),
  text: ({on}) => page.locator(on).first().innerText(),
  count: ({on}) => page.locator(on).count(),
  run: ({code}) => page.evaluate(code),
  cookies: () => context.cookies(),
  shot: ({path}) => page.screenshot({path, fullPage: true}).then(() => null),
  trouble: () => [...trouble.splice(0)],
  foreign: () => [...asked],
  async wide() {
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  },
  async faults() {
    await page.evaluate(axe);
    const found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})");
    return found.violations.filter((v) => v.impact === "serious" || v.impact === "critical")
      .map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ") + " " + (n.any[0]?.message ?? "")).slice(0, 3).join("; ")}`);
  },
};

process.stdout.write('{"ready": true}\n');
for await (const line of readline.createInterface({input: process.stdin})) {
  const {verb, ...given} = JSON.parse(line);
  let answer;
  try {
    answer = {value: (await verbs[verb](given)) ?? null};
  } catch (error) {
    answer = {error: String(error.message ?? error).slice(0, 2000)};
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
await browser.close();
