// Named steps, what they check, and how their outcome is told.

export const SANDBOX = JSON.parse(process.env.ANYSMS_SANDBOX);
export const BASE = SANDBOX.base_url.replace(/\/$/, "");

const steps = [];
const secrets = [SANDBOX.twilio.auth_token, SANDBOX.plivo.auth_token];

class Failed extends Error {}

// What earlier steps made. To ask for what none made is a failure of the step that asks.
export const made = new Proxy(
  {},
  {
    get(target, name) {
      if (!(name in target)) throw new Failed(`nothing to work with: no step made \`${String(name)}\``);
      return target[name];
    },
  },
);

export function step(name, run) {
  if (steps.some((known) => known.name === name)) throw new Error(`two steps are called ${name}`);
  steps.push({ name, run });
}

export function check(holds, words) {
  if (!holds) throw new Failed(words);
}

const shown = (value) => JSON.stringify(value) ?? String(value);

export function same(what, got, wanted) {
  check(shown(got) === shown(wanted), `${what} is ${shown(got)} and not ${shown(wanted)}`);
}

export function among(what, got, wanted) {
  check(wanted.includes(got), `${what} is ${shown(got)} and not among ${shown(wanted)}`);
}

export function like(what, got, pattern) {
  const matches = typeof got === "string" && new RegExp(`^(?:${pattern})$`).test(got);
  check(matches, `${what} is ${shown(got)} and not like ${pattern}`);
}

export function decimal(what, got) {
  check(got !== "" && got !== null && Number.isFinite(Number(got)), `${what} is ${shown(got)} and no number`);
}

// Keeps a text out of what is printed.
export function secret(text) {
  check(typeof text === "string" && text.length >= 8, "a secret is missing, or too short for one");
  secrets.push(text);
  return text;
}

// Asks again until the answer is something, and returns it.
export async function until(what, ask, seconds = 10) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    check(Date.now() < end, `${what}: still not so after ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// Asks the sandbox's own JSON API.
export async function ownApi(path, { query = {}, body, method } = {}) {
  const answer = await fetch(`${BASE}/_anysms/${path}?${new URLSearchParams(query)}`, {
    method: method ?? (body ? "POST" : "GET"),
    headers: { "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  check(answer.ok, `the sandbox's own API answers ${answer.status}`);
  return answer.status === 204 ? null : await answer.json();
}

export async function lastCode(to) {
  return (await ownApi("codes/last", { query: { to, wait: 5 } })).code;
}

// A code of the same length that is not this one.
export const another = (code) => (code[0] === "1" ? "2" : "1") + code.slice(1);

function wordsOf(error) {
  if (error instanceof Failed) return error.message;
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const status = error.status ? `HTTP ${error.status} ` : "";
  return `${error.constructor.name}: ${status}${error.message}`;
}

// Runs all steps, and ends the process.
export async function run(script) {
  const print = (line) => process.stdout.write(`${line}\n`);
  console.log = () => {}; // an SDK prints what it creates
  let failed = 0;
  for (const { name, run } of steps) {
    try {
      await run();
    } catch (error) {
      failed += 1; // every failure is told, and the next step runs
      let words = wordsOf(error).replace(/\s+/g, " ").slice(0, 400);
      for (const hidden of secrets) words = words.replaceAll(hidden, "***");
      print(`${script}: ${name}: ${words}`);
    }
  }
  print(`${script}: ${steps.length} steps, ${failed} failed`);
  process.exitCode = failed || !steps.length ? 1 : 0;
  setTimeout(() => process.exit(), 1000).unref(); // connections that are kept open
}
