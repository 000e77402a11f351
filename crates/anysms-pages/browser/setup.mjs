// What the checks share: the sandbox, a webhook, the browser, and a page that is watched.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const options = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

export const account = { sid: "AC00000000000000000000000000000001", token: "0123456789abcdef0123456789abcdef", number: "+15555550100" };
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Starts a sandbox; returns its addresses and a way to stop it.
export async function sandbox() {
  const child = spawn(process.env.BINARY, [], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const line = await new Promise((done, failed) => {
    lines.once("line", done);
    child.once("exit", () => failed(new Error("the sandbox did not start")));
  });
  const { base_url: base, inbox_url: inbox } = JSON.parse(line);
  return { base, inbox, stop: () => child.kill() };
}

// Starts a webhook that answers 200, or 500 below /bad; `calls` are the bodies that it took.
export async function webhook() {
  const calls = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => { body += part; });
    request.on("end", () => {
      calls.push({ path: request.url, form: new URLSearchParams(body) });
      response.statusCode = request.url.startsWith("/bad") ? 500 : 200;
      response.end();
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${server.address().port}`;
  return { url, calls, stop: () => { server.closeAllConnections(); server.close(); } };
}

// Sends a message as a program does: by Twilio's API.
export async function send(base, to, text, more = {}) {
  const basic = Buffer.from(`${account.sid}:${account.token}`).toString("base64");
  const answer = await fetch(`${base}/2010-04-01/Accounts/${account.sid}/Messages.json`, {
    method: "POST",
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ To: to, From: account.number, Body: text, ...more }),
  });
  return { status: answer.status, body: await answer.json().catch(() => ({})) };
}

// Starts the browser. A page that it opens must say nothing on the console and ask no other host.
export async function browser(base) {
  const started = await chromium.launch({ executablePath: process.env.CHROMIUM, args: options.split(" ") });
  const troubles = [];
  const found = { states: 0, violations: 0 };
  const open = async (url, { width = 1280, height, scheme = "light", script = true } = {}) => {
    const context = await started.newContext({
      viewport: { width, height: height ?? (width < 500 ? 844 : 860) },
      colorScheme: scheme,
      javaScriptEnabled: script,
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on("console", (message) => message.type() === "error" && troubles.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => troubles.push(`script: ${error}`));
    page.on("request", (request) => {
      const to = request.url();
      if (!to.startsWith(`${base}/`) && !to.startsWith("data:")) troubles.push(`request to ${to}`);
    });
    await page.goto(url);
    return page;
  };
  // Checks a state of a page: for axe, and that nothing sticks out on the side.
  const check = async (page, name, { script = true } = {}) => {
    found.states += 1;
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth).catch(() => 0);
    assert.ok(wide <= 0, `${name}: sticks out by ${wide} px`);
    if (!script) return;
    await page.evaluate(axe);
    const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    for (const violation of result.violations) {
      found.violations += 1;
      console.error(`axe, ${name}: ${violation.id}: ${violation.help}`);
      for (const node of violation.nodes.slice(0, 5)) console.error(`    ${node.html.slice(0, 160)}\n    ${node.failureSummary?.replaceAll("\n", " ")}`);
    }
  };
  return { open, check, troubles, found, stop: () => started.close() };
}
