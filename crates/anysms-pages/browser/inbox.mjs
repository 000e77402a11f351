// Uses the inbox as a person does, and fails where it does not do what they expect.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { account, browser, sandbox, send, sleep, webhook } from "./setup.mjs";

const LONGEST = 500; // milliseconds until a message shows
const { base, inbox, stop } = await sandbox();
const hook = await webhook();
const chrome = await browser(base);
const { open, check } = chrome;
const post = (path, fields) => fetch(`${inbox}/${path}`, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
const at = (page, css) => page.waitForSelector(css);
// Waits until it is true, asked from here: the page's policy allows no evaluation of texts.
const until = async (what, is) => {
  for (const end = Date.now() + 20_000; !(await is());) {
    assert.ok(Date.now() < end, `not within 20 s: ${what}`);
    await sleep(20);
  }
};
const count = (page, css, number) => until(`${number} of ${css}`, async () => (await page.locator(css).count()) === number);
const step = (name) => console.log(`  ${name}`);

const fill = async () => {
  const status = { StatusCallback: `${hook.url}/status` };
  await send(base, "+447700900199", "Your table for 4 is booked for Friday at 19:30. Reply STOP to opt out.");
  await post("fate", { phone: "447700900155", fate: "u30003" });
  await send(base, "+447700900155", "Your parcel comes today between 10:00 and 12:00.", status);
  await send(base, "+15555550123", "مرحبا، طلبك رقم ٤٢ جاهز للاستلام");
  await send(base, "+447700900177", `${"We’ve moved! Find us at 1 Example Street. ".repeat(6)}🎉`, { StatusCallback: `${hook.url}/bad` });
  await send(base, "+447700900123", "Welcome to Acme. Reply HELP for help, STOP to opt out.", status);
  await sleep(200);
  await post("reply", { phone: "447700900123", to: `twilio:${account.number}`, text: "Thanks! When do you open on Sunday?", webhook: `${hook.url}/inbound` });
  await send(base, "+447700900123", "We open at 9 and close at 5 on Sundays.", status);
  await sleep(200);
  await send(base, "+447700900123", "Your Acme verification code is 482913. It expires in 10 minutes.", status);
  await sleep(500);
};

try {
  step("empty");
  for (const [width, scheme] of [[320, "light"], [1280, "light"], [1280, "dark"]]) {
    const page = await open(base, { width, scheme });
    assert.equal(page.url(), inbox);
    await at(page, ".welcome");
    await check(page, `empty, ${width}, ${scheme}`);
    await page.context().close();
  }

  step("a message appears by itself");
  const page = await open(inbox);
  await at(page, ".welcome");
  await sleep(1_000); // the page is open, as it is all day
  const times = [];
  for (let number = 0; number < 12; number += 1) {
    const text = `Hello number ${number}`;
    const begun = performance.now();
    await send(base, "+447700900140", text);
    await page.getByText(text).first().waitFor();
    times.push(performance.now() - begun);
    await sleep(60);
  }
  times.sort((a, b) => a - b);
  // The median: on a busy machine one of twelve may wait for a core.
  assert.ok(times[times.length >> 1] < LONGEST, `appeared after ${times.map(Math.round)} ms`);
  assert.match(await page.title(), /^\(12\) /);

  step("open, details, reply, keywords");
  await page.click("#row-447700900140");
  await page.getByText("Hello number 0", { exact: true }).waitFor();
  assert.equal(await page.locator(".message").count(), 12);
  assert.equal(new URL(page.url()).searchParams.get("phone"), "447700900140");
  await count(page, ".unread", 0);
  await page.click("#extra summary");
  await page.fill("#webhook", `${hook.url}/inbound`);
  await page.fill("#text", "Is it ready?\nThanks");
  await check(page, "composer open");
  await page.click("#composer .primary");
  await page.getByText("The webhook answered 200").waitFor();
  await at(page, ".mine .text");
  assert.equal(await page.locator(".mine .text").textContent(), "Is it ready?\nThanks");
  assert.equal(await page.inputValue("#text"), "");
  assert.equal(hook.calls.at(-1).form.get("Body"), "Is it ready?\nThanks");
  await page.click("#composer [value=STOP]");
  await count(page, ".mine", 2);
  await sleep(100);
  assert.equal(hook.calls.at(-1).form.get("Body"), "STOP");
  await page.fill("#text", "draft");
  const refused = await send(base, "+447700900140", "After STOP");
  assert.equal(refused.body.code, 21610, "the phone opted out");
  await page.fill("#text", "");
  const answered = page.waitForResponse((response) => response.url().includes("note=answered"));
  await page.click("#composer [value=START]");
  await answered;
  await count(page, ".mine", 3);

  step("focus, draft and scroll stay when something comes");
  await page.fill("#text", "half a th");
  await sleep(300); // the last answer shows
  await page.locator("#chat").evaluate((chat) => { chat.scrollTop = 40; });
  await send(base, "+447700900140", "While you write");
  await page.locator("#chat").getByText("While you write").waitFor();
  assert.equal(await page.inputValue("#text"), "half a th");
  assert.equal(await page.evaluate(() => document.activeElement.id), "text");
  await until("scroll stays", () => page.locator("#chat").evaluate((chat) => chat.scrollTop === 40));
  await page.fill("#text", "");

  step("faults");
  await page.click("#menu-fault summary");
  await check(page, "fault menu");
  await page.click("[name=fault][value='429']");
  await at(page, "#waiting .chip");
  await check(page, "fault waiting");
  assert.equal((await send(base, "+447700900140", "Too many")).status, 429);
  await count(page, "#waiting .chip", 0);
  await page.click("#menu-fault summary");
  await page.click("[name=fault][value=hang]");
  await page.click("text=Remove all");
  await count(page, "#waiting .chip", 0);
  await page.click("#menu-fate summary");
  await check(page, "fate menu");
  await page.click("[name=fate][value=u30003]");
  await page.getByText("Fate: undelivered 30003").waitFor();
  await send(base, "+447700900140", "Lost on the way", { StatusCallback: `${hook.url}/bad` });
  await at(page, ".alert");
  await page.getByText("webhook answered 500").waitFor();
  await page.click(".call summary");
  await page.getByText("Signed text").first().waitFor();
  await page.click("#json summary");
  await check(page, "details of a failure");

  step("skip time");
  const clock = () => page.locator("#menu-clock time").getAttribute("datetime");
  const before = Date.parse(await clock());
  await page.click("#menu-clock summary");
  await check(page, "clock menu");
  await page.click("[name=seconds][value='86400']");
  await page.getByText("Time has passed").waitFor();
  assert.ok(Date.parse(await clock()) - before >= 86_400_000);

  step("a code is copied with one click");
  await send(base, "+447700900123", "Your code is 771234");
  await at(page, "#row-447700900123");
  await page.click("#row-447700900123");
  await page.click("#facts .copy[aria-label='Copy the code']");
  await page.getByText("Copied").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "771234");

  step("search");
  for (const [text, rows] of [["is:failed", 1], ["to:+447700900123", 1], ["code:771234", 1], ["\"hello number 3\"", 1], ["status:delivered", 2], ["nothing like it", 0], ["after:1m to:44", 1]]) {
    await page.fill("#q", text);
    await page.press("#q", "Enter");
    await until(`${text}: ${rows} rows`, async () => new URL(page.url()).searchParams.get("q") === text && (await page.locator("#list .row").count()) === rows);
  }
  await check(page, "search");
  await page.fill("#q", "is:odd");
  await page.press("#q", "Enter");
  await page.getByText("Not understood in the search: is:odd").waitFor();
  await check(page, "search that is not understood");
  await page.fill("#q", "");
  await page.press("#q", "Enter");
  await page.context().close();

  step("keys alone");
  const keys = await open(inbox);
  const key = (name) => keys.keyboard.press(name);
  const focused = () => keys.evaluate(() => document.activeElement.id);
  await at(keys, ".row");
  await key("j");
  assert.equal(await focused(), "row-447700900123");
  await key("j");
  assert.equal(await focused(), "row-447700900140");
  await key("k");
  await key("Enter");
  await at(keys, ".message");
  assert.equal(new URL(keys.url()).searchParams.get("phone"), "447700900123");
  await key("r");
  assert.equal(await focused(), "text");
  await keys.keyboard.type("By keys");
  await key("Enter");
  await at(keys, ".mine");
  await key("Escape");
  await keys.focus("#thread");
  await key("k");
  assert.match(await focused(), /^m-/);
  await key("Enter");
  await keys.waitForURL(/message=/);
  await check(keys, "a message chosen by keys");
  await key("Escape");
  await keys.waitForURL((url) => !url.search.includes("message"));
  await key("Escape");
  await keys.waitForURL((url) => !url.search.includes("phone"));
  await key("/");
  assert.equal(await focused(), "q");
  await keys.keyboard.type("is:failed");
  await key("Enter");
  await keys.waitForURL(/q=is/);
  await key("Escape");
  await key("?");
  await at(keys, "dialog[open]");
  await check(keys, "help");
  await key("Escape");
  assert.equal(await keys.locator("dialog[open]").count(), 0);
  await keys.goBack();
  await keys.waitForURL((url) => !url.search.includes("q="));
  await at(keys, "#row-447700900140");
  await keys.context().close();

  step("two pages of one browser share a stream");
  const first = await open(inbox);
  await sleep(500); // its stream is open
  const second = await first.context().newPage();
  let streams = 0;
  first.context().on("request", (request) => { streams += request.url().endsWith("/stream") ? 1 : 0; });
  await second.goto(inbox);
  await sleep(200);
  await send(base, "+447700900141", "For both");
  await Promise.all([first, second].map((one) => one.getByText("For both").waitFor()));
  assert.equal(streams, 0, "the second page listens to the first");
  await first.close();
  await sleep(200);
  await send(base, "+447700900141", "For the other");
  await second.getByText("For the other").waitFor();
  await second.context().close();

  step("without script");
  const plain = await open(inbox, { script: false });
  await plain.click("#row-447700900140");
  await plain.click(".message .meta >> nth=0");
  await plain.getByText("newest message").waitFor({ state: "detached" });
  await plain.fill("#text", "Without a script");
  await plain.click("#composer .primary");
  await plain.locator(".mine .text", { hasText: "Without a script" }).waitFor();
  await plain.click("#menu-fault summary");
  await plain.click("[name=fault][value=lose]");
  await plain.getByText("next: callbacks lost").waitFor();
  await plain.click("text=Remove all");
  await plain.getByText("All faults are gone").waitFor();
  await plain.fill("#q", "is:failed");
  await plain.press("#q", "Enter");
  await plain.getByText("1 result").waitFor();
  await plain.selectOption("#account", { index: 1 });
  await plain.click(".switch button");
  await plain.waitForURL(/account=plivo/);
  await plain.click("[data-help]");
  await plain.getByRole("heading", { name: "Help" }).waitFor();
  await check(plain, "help as a page", { script: false });
  await plain.context().close();

  step("what a stranger wrote");
  await send(base, "+447700900142", "<script>alert(1)</script><img src=http://127.0.0.1:9/x> \u202etxt.exe http://example.com/a");
  await send(base, "+447700900142", "👍🏽".repeat(400));
  await send(base, "+447700900142", "Look", { MediaUrl: "http://127.0.0.1:9/cat.jpg" });
  const strange = await open(`${inbox}?phone=447700900142`);
  await at(strange, ".hidden");
  assert.equal(await strange.locator("#app a[href*=example], #app img, #app script").count(), 0);
  await check(strange, "what a stranger wrote");
  await strange.context().close();

  step("clear");
  const cleared = await open(`${inbox}?phone=447700900140`);
  await cleared.click("#menu-clear summary");
  await check(cleared, "clear menu");
  await cleared.click(".danger");
  await cleared.getByText("All messages are gone").waitFor();
  await at(cleared, ".welcome");
  await cleared.context().close();

  step("every width and scheme, pictures");
  await fill();
  const newest = await (await fetch(`${base}/_anysms/messages/last?to=447700900177`)).json();
  const long = `?phone=447700900177&message=twilio:${newest.id}`;
  const pictures = { "light-1280": "inbox-light.png", "dark-1280": "inbox-dark.png", "light-390": "inbox-phone.png" };
  for (const scheme of ["light", "dark"]) {
    for (const width of [320, 390, 800, 1280, 1920, 2560]) {
      for (const [name, place] of [["list", ""], ["thread", "?phone=447700900123"], ["details", long], ["failed", "?phone=447700900155"]]) {
        const page = await open(inbox + place, { width, scheme });
        await sleep(150);
        await check(page, `${name}, ${width}, ${scheme}`);
        const picture = pictures[`${scheme}-${width}`];
        if (picture && name === "thread") {
          const path = join(process.env.DOCS, picture);
          await page.screenshot({ path });
          assert.ok(statSync(path).size < 200_000, `${picture} is too large`);
        }
        if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name}-${width}-${scheme}.png`) });
        await page.context().close();
      }
    }
  }
  assert.deepEqual(chrome.troubles.filter((trouble) => !trouble.includes("status of 429")), []);
  assert.equal(chrome.found.violations, 0, "axe found violations");
  const [median, last] = [times[times.length >> 1], times.at(-1)].map(Math.round);
  console.log(`a message shows after ${median} ms (median), ${last} ms (longest of ${times.length}); axe: 0 violations in ${chrome.found.states} states`);
} finally {
  await chrome.stop();
  hook.stop();
  stop();
}
