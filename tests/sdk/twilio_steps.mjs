// Walks every product with Twilio's SDK for Node.

import { createRequire } from "node:module";

import { BASE, SANDBOX, among, another, check, decimal, lastCode, like, made, run, same, secret, step, until } from "./steps.mjs";

// The packages stand in the folder that NODE_PATH names, which `import` does not read.
const twilio = createRequire(import.meta.url)("twilio");

const { account_sid: ACCOUNT, auth_token: TOKEN, number: NUMBER } = SANDBOX.twilio;
const VENDOR = /^https:\/\/([a-z0-9-]+\.twilio\.com)/;

// Writes the vendor's host as the first segment of the path.
class PathForm extends twilio.RequestClient {
  request(options) {
    return super.request({ ...options, uri: options.uri.replace(VENDOR, `${BASE}/$1`) });
  }
}

// Writes the vendor's host into the header `Host`.
class HeaderForm extends twilio.RequestClient {
  request(options) {
    const headers = { ...options.headers, Host: VENDOR.exec(options.uri)[1] };
    return super.request({ ...options, headers, uri: options.uri.replace(VENDOR, BASE) });
  }
}

const clientOf = (user, password, accountSid, Http = PathForm) =>
  twilio(user, password, { accountSid, httpClient: new Http({ timeout: 20000 }) });

const client = clientOf(ACCOUNT, TOKEN);
const accounts = client.api.v2010.accounts;
const messaging = client.messaging.v1;
const verify = client.verify.v2;
const lookups1 = client.lookups.v1;
const lookups2 = client.lookups.v2;
const pricing1 = client.pricing.v1;
const pricing2 = client.pricing.v2;
const conversations = client.conversations.v1;

function sid(got, prefix) {
  like("the sid", got, `${prefix}[0-9a-f]{32}`);
  return got;
}

// Expects the error with this HTTP status and code; any of several.
async function refused(call, status, code) {
  let answer;
  try {
    answer = await call();
  } catch (error) {
    check(error instanceof twilio.RestException, `is no RestException: ${error}`);
    among("the HTTP status", error.status, [status].flat());
    among("the code", error.code, [code].flat());
    check(error.message, "the error has no words");
    return;
  }
  check(false, `was not refused with ${code}, but answered ${typeof answer}`);
}

const gone = (context) => refused(() => context.fetch(), 404, 20404);

// Deletes, and finds nothing after.
async function removed(context) {
  same("the answer to DELETE", await context.remove(), true);
  await gone(context);
}

// Reads pages of one record each to the end, and finds what is wanted.
async function paged(listing, wanted, { key = "sid", ...filters } = {}) {
  const found = [];
  let page = await listing.page({ pageSize: 1, ...filters });
  while (page) {
    check(page.instances.length <= 1, `a page of one record has ${page.instances.length}`);
    found.push(...page.instances.map((record) => record[key]));
    check(found.length < 500, "the pages have no end");
    page = await page.nextPage();
  }
  for (const one of wanted) check(found.includes(one), `${one} is not listed`);
  same("the number of records listed twice", found.length - new Set(found).size, 0);
  return found;
}

const delivered = (one) =>
  until("delivered", async () => {
    const message = await client.messages(one).fetch();
    return message.status === "delivered" && message;
  });

const day = (back) => new Date(Date.now() - back * 86_400_000);

// Messages

step("messages: create", async () => {
  const message = await client.messages.create({ to: "+447700900150", from: NUMBER, body: "Your code is 246810" });
  made.message = sid(message.sid, "SM");
  same("status", message.status, "queued");
  same("to", message.to, "+447700900150");
  same("from", message.from, NUMBER);
  same("body", message.body, "Your code is 246810");
  same("numSegments", message.numSegments, "1");
  same("direction", message.direction, "outbound-api");
  same("errorCode", message.errorCode, null);
  check(!Number.isNaN(message.dateCreated.getTime()), "dateCreated is no date");
});

step("messages: its code is read from the sandbox", async () => {
  same("the code", await lastCode("+447700900150"), "246810");
});

step("messages: fetch, delivered in the end", async () => {
  const message = await delivered(made.message);
  same("sid", message.sid, made.message);
  same("accountSid", message.accountSid, ACCOUNT);
  check(message.dateSent, "dateSent is not set");
});

step("messages: the host in the header Host", async () => {
  const other = clientOf(ACCOUNT, TOKEN, undefined, HeaderForm);
  const message = await other.messages.create({ to: "+447700900150", from: NUMBER, body: "Second" });
  made.second = sid(message.sid, "SM");
  same("body", (await other.messages(message.sid).fetch()).body, "Second");
});

step("messages: list by recipient", async () => {
  const found = await client.messages.list({ to: "+447700900150", limit: 20 });
  same("the sids, newest first", found.map((one) => one.sid), [made.second, made.message]);
  same("of another number", (await client.messages.list({ to: "+447700900999", limit: 20 })).length, 0);
});

step("messages: pages of one follow next_page_uri", async () => {
  const found = await paged(client.messages, [made.message, made.second], { to: "+447700900150" });
  same("the number of messages", found.length, 2);
});

step("messages: send at a time, and cancel", async () => {
  const service = await messaging.services.create({ friendlyName: "Scheduled" });
  const message = await client.messages.create({
    to: "+447700900151",
    messagingServiceSid: service.sid,
    body: "Later",
    scheduleType: "fixed",
    sendAt: new Date(Date.now() + 3_600_000),
  });
  sid(message.sid, "SM");
  same("status", message.status, "scheduled");
  same("messagingServiceSid", message.messagingServiceSid, service.sid);
  same("status after", (await client.messages(message.sid).update({ status: "canceled" })).status, "canceled");
  same("status fetched", (await client.messages(message.sid).fetch()).status, "canceled");
  check(await messaging.services(service.sid).remove(), "the service was not deleted");
});

step("messages: too late to cancel is 30409", async () => {
  await delivered(made.message);
  await refused(() => client.messages(made.message).update({ status: "canceled" }), [400, 409], 30409);
});

step("messages: redact", async () => {
  same("body", (await client.messages(made.second).update({ body: "" })).body, "");
  same("body fetched", (await client.messages(made.second).fetch()).body, "");
});

step("messages: feedback", async () => {
  const feedback = await client.messages(made.message).feedback.create({ outcome: "confirmed" });
  same("outcome", feedback.outcome, "confirmed");
  same("messageSid", feedback.messageSid, made.message);
});

step("messages: media list and fetch", async () => {
  const message = await client.messages.create({
    to: "+15555550125",
    from: NUMBER,
    body: "Look",
    mediaUrl: ["https://example.com/a.png", "https://example.com/b.png"],
  });
  sid(message.sid, "MM");
  same("numMedia", message.numMedia, "2");
  const media = await client.messages(message.sid).media.list();
  same("the number of media", media.length, 2);
  const one = await client.messages(message.sid).media(sid(media[0].sid, "ME")).fetch();
  same("parentSid", one.parentSid, message.sid);
  check(one.contentType.includes("/"), "contentType is none");
  await removed(client.messages(message.sid).media(one.sid));
  const left = await client.messages(message.sid).media.list();
  same("media left", left.map((file) => file.sid), [media[1].sid]);
});

step("messages: delete", async () => {
  await delivered(made.second);
  await removed(client.messages(made.second));
});

step("messages: an invalid recipient is 21211", async () => {
  await refused(() => client.messages.create({ to: "+15005550001", from: NUMBER, body: "x" }), 400, 21211);
  await refused(() => client.messages.create({ to: "nobody", from: NUMBER, body: "x" }), 400, 21211);
});

step("messages: a recipient who opted out is 21610", async () => {
  await refused(() => client.messages.create({ to: "+15005550004", from: NUMBER, body: "x" }), 400, 21610);
});

step("messages: no text is 21602 or 21619", async () => {
  await refused(() => client.messages.create({ to: "+447700900150", from: NUMBER }), 400, [21602, 21619]);
});

step("messages: an unknown sid is 20404", () => gone(client.messages(`SM${"f".repeat(32)}`)));

step("messages: a wrong token is 20003", async () => {
  const wrong = clientOf(ACCOUNT, `${"0".repeat(31)}f`);
  await refused(() => wrong.messages(made.message).fetch(), 401, 20003);
  await refused(() => wrong.messages.list({ limit: 1 }), 401, 20003);
});

// Accounts and keys

step("accounts: fetch", async () => {
  const own = await accounts(ACCOUNT).fetch();
  same("sid", own.sid, ACCOUNT);
  same("status", own.status, "active");
  check(own.friendlyName, "friendlyName is not set");
});

step("accounts: create two subaccounts", async () => {
  const create = async (name) => {
    const one = await accounts.create({ friendlyName: `Shop ${name}` });
    sid(one.sid, "AC");
    like("authToken", secret(one.authToken), "[0-9a-f]{32}");
    same("ownerAccountSid", one.ownerAccountSid, ACCOUNT);
    same("status", one.status, "active");
    same("friendlyName", one.friendlyName, `Shop ${name}`);
    return one;
  };
  made.subaccount = await create("one");
  made.otherSubaccount = await create("two");
});

step("accounts: list, by name and in pages", async () => {
  await paged(accounts, [ACCOUNT, made.subaccount.sid, made.otherSubaccount.sid]);
  const found = await accounts.list({ friendlyName: "Shop one" });
  same("found by name", found.map((one) => one.sid), [made.subaccount.sid]);
});

step("accounts: update the name", async () => {
  const context = accounts(made.subaccount.sid);
  same("friendlyName", (await context.update({ friendlyName: "South shop" })).friendlyName, "South shop");
  same("friendlyName fetched", (await context.fetch()).friendlyName, "South shop");
});

step("accounts: send with the subaccount's own token", async () => {
  const own = clientOf(made.subaccount.sid, made.subaccount.authToken);
  const [offer] = await own.availablePhoneNumbers("US").local.list({ limit: 1 });
  const number = await own.incomingPhoneNumbers.create({ phoneNumber: offer.phoneNumber });
  same("the number's accountSid", number.accountSid, made.subaccount.sid);
  const message = await own.messages.create({ to: "+447700900152", from: number.phoneNumber, body: "From a shop" });
  made.branchMessage = sid(message.sid, "SM");
  made.branchNumber = number.phoneNumber;
  same("accountSid", message.accountSid, made.subaccount.sid);
  same("listed by the subaccount", (await own.messages.list()).map((one) => one.sid), [message.sid]);
});

step("accounts: a subaccount's message is not the parent's", async () => {
  const listed = (await client.messages.list({ limit: 100 })).map((one) => one.sid);
  check(!listed.includes(made.branchMessage), "the parent lists it");
  await gone(client.messages(made.branchMessage));
});

step("accounts: a suspended subaccount is refused with 20003", async () => {
  const context = accounts(made.subaccount.sid);
  same("status", (await context.update({ status: "suspended" })).status, "suspended");
  const own = clientOf(made.subaccount.sid, made.subaccount.authToken);
  await refused(() => own.messages(made.branchMessage).fetch(), 401, 20003);
  const message = { to: "+447700900152", from: made.branchNumber, body: "x" };
  await refused(() => own.messages.create(message), 401, 20003);
  same("status after", (await context.update({ status: "active" })).status, "active");
  same("sid", (await own.messages(made.branchMessage).fetch()).sid, made.branchMessage);
});

step("accounts: a closed subaccount is refused with 20003", async () => {
  const context = accounts(made.otherSubaccount.sid);
  same("status", (await context.update({ status: "closed" })).status, "closed");
  const own = clientOf(made.otherSubaccount.sid, made.otherSubaccount.authToken);
  await refused(() => own.messages.list({ limit: 1 }), 401, 20003);
  same("status fetched", (await context.fetch()).status, "closed");
});

step("accounts: an unknown one is 20404", async () => {
  check((await accounts(made.subaccount.sid).fetch()).sid, "a known one is not found");
  await gone(accounts(`AC${"f".repeat(32)}`));
});

step("keys: create, and list in pages", async () => {
  made.key = await client.newKeys.create({ friendlyName: "Deploy" });
  sid(made.key.sid, "SK");
  secret(made.key.secret);
  same("friendlyName", made.key.friendlyName, "Deploy");
  made.otherKey = sid((await client.newKeys.create({ friendlyName: "Other" })).sid, "SK");
  await paged(client.keys, [made.key.sid, made.otherKey]);
});

step("keys: fetch and update", async () => {
  const context = client.keys(made.key.sid);
  same("friendlyName", (await context.fetch()).friendlyName, "Deploy");
  same("updated", (await context.update({ friendlyName: "Release" })).friendlyName, "Release");
  same("fetched", (await context.fetch()).friendlyName, "Release");
});

step("keys: send a message with one", async () => {
  const own = clientOf(made.key.sid, made.key.secret, ACCOUNT);
  const message = await own.messages.create({ to: "+447700900153", from: NUMBER, body: "With a key" });
  same("accountSid", message.accountSid, ACCOUNT);
  same("sid", (await client.messages(sid(message.sid, "SM")).fetch()).sid, message.sid);
});

step("keys: a standard key may not read accounts and keys", async () => {
  const own = clientOf(made.key.sid, made.key.secret, ACCOUNT);
  await refused(() => own.api.v2010.accounts(ACCOUNT).fetch(), 401, 20003);
  await refused(() => own.keys(made.key.sid).fetch(), 401, 20003);
});

step("keys: a deleted key is refused with 20003", async () => {
  await removed(client.keys(made.otherKey));
  await removed(client.keys(made.key.sid));
  const own = clientOf(made.key.sid, made.key.secret, ACCOUNT);
  await refused(() => own.messages.create({ to: "+447700900153", from: NUMBER, body: "x" }), 401, 20003);
});

// Numbers

step("available numbers: local", async () => {
  const found = await client.availablePhoneNumbers("US").local.list({ smsEnabled: true, limit: 5 });
  check(found.length >= 2, "fewer than two are offered");
  for (const one of found) {
    like("phoneNumber", one.phoneNumber, "\\+1[0-9]{10}");
    same("isoCountry", one.isoCountry, "US");
    same("capabilities.sms", one.capabilities.sms ?? one.capabilities.SMS, true);
  }
  made.offers = found.map((one) => one.phoneNumber);
});

step("available numbers: toll-free", async () => {
  const found = await client.availablePhoneNumbers("US").tollFree.list({ limit: 5 });
  check(found.length, "none is offered");
  for (const one of found) like("phoneNumber", one.phoneNumber, "\\+18(00|33|44|55|66|77|88)[0-9]{7}");
  made.tollfreeOffer = found[0].phoneNumber;
});

step("available numbers: mobile of another country", async () => {
  const found = await client.availablePhoneNumbers("GB").mobile.list({ limit: 5 });
  check(found.length, "none is offered");
  for (const one of found) {
    like("phoneNumber", one.phoneNumber, "\\+447[0-9]{9}");
    same("isoCountry", one.isoCountry, "GB");
  }
});

step("available numbers: a kind that a country has not is 20404", async () => {
  check(made.offers.length, "no kind that it has was found");
  await refused(() => client.availablePhoneNumbers("US").mobile.list({ limit: 1 }), 404, 20404);
});

step("numbers: buy two", async () => {
  const bought = [];
  for (const phoneNumber of made.offers.slice(0, 2)) {
    const smsUrl = "https://example.com/sms";
    const one = await client.incomingPhoneNumbers.create({ phoneNumber, friendlyName: "Shop", smsUrl });
    sid(one.sid, "PN");
    same("phoneNumber", one.phoneNumber, phoneNumber);
    same("smsUrl", one.smsUrl, smsUrl);
    same("friendlyName", one.friendlyName, "Shop");
    bought.push(one);
  }
  same("how many", bought.length, 2);
  made.numbers = bought;
});

step("numbers: list in pages, and by number", async () => {
  const [first, second] = made.numbers;
  await paged(client.incomingPhoneNumbers, [first.sid, second.sid]);
  const found = await client.incomingPhoneNumbers.list({ phoneNumber: first.phoneNumber });
  same("found by number", found.map((one) => one.sid), [first.sid]);
});

step("numbers: update smsUrl", async () => {
  const context = client.incomingPhoneNumbers(made.numbers[0].sid);
  const updated = await context.update({ smsUrl: "https://example.com/new", smsMethod: "GET" });
  same("smsUrl", updated.smsUrl, "https://example.com/new");
  const fetched = await context.fetch();
  same("smsUrl fetched", fetched.smsUrl, "https://example.com/new");
  same("smsMethod fetched", fetched.smsMethod, "GET");
  same("friendlyName stays", fetched.friendlyName, "Shop");
});

step("numbers: send from one", async () => {
  const from = made.numbers[0].phoneNumber;
  const message = await client.messages.create({ to: "+447700900154", from, body: "From my number" });
  same("from", message.from, from);
});

step("numbers: release one", async () => {
  const [kept, released] = made.numbers;
  await removed(client.incomingPhoneNumbers(released.sid));
  const left = (await client.incomingPhoneNumbers.list()).map((one) => one.sid);
  check(!left.includes(released.sid) && left.includes(kept.sid), "the wrong ones are left");
});

step("numbers: an unavailable one is 21422, an invalid one 21421", async () => {
  await refused(() => client.incomingPhoneNumbers.create({ phoneNumber: "+15005550000" }), 400, 21422);
  await refused(() => client.incomingPhoneNumbers.create({ phoneNumber: "+15005550001" }), 400, 21421);
});

step("short codes: list and fetch", async () => {
  const found = await client.shortCodes.list();
  check(found.length, "none is listed");
  made.shortCode = sid(found[0].sid, "SC");
  like("shortCode", found[0].shortCode, "[0-9]{5,6}");
  same("shortCode fetched", (await client.shortCodes(made.shortCode).fetch()).shortCode, found[0].shortCode);
});

// Usage

step("usage: records of today by category", async () => {
  const found = await client.usage.records.today.list({ category: "sms", limit: 5 });
  same("the categories", found.map((one) => one.category), ["sms"]);
  check(Number(found[0].count) >= 1, "no message is counted");
  decimal("usage", found[0].usage);
  decimal("price", found[0].price);
});

step("usage: records of this month", async () => {
  const found = await client.usage.records.thisMonth.list({ category: "sms", limit: 5 });
  same("the categories", found.map((one) => one.category), ["sms"]);
  check(Number(found[0].count) >= 1, "no message is counted");
  same("startDate", new Date(found[0].startDate).toISOString().slice(0, 7), day(0).toISOString().slice(0, 7));
});

step("usage: all records, between two days", async () => {
  const found = await client.usage.records.list({ startDate: day(2), endDate: day(0), limit: 50 });
  check(found.some((one) => one.category === "sms"), "sms is not among the categories");
  for (const one of found) same("accountSid", one.accountSid, ACCOUNT);
  const page = await client.usage.records.page({ pageSize: 1 });
  const next = await page.nextPage();
  check(page.instances[0].category !== next.instances[0].category, "two pages begin with the same category");
});

step("usage: triggers", async () => {
  const { triggers } = client.usage;
  const create = (friendlyName) =>
    triggers.create({ callbackUrl: "https://example.com/usage", triggerValue: "+30", usageCategory: "sms", friendlyName });
  const first = await create("First");
  const second = await create("Second");
  sid(first.sid, "UT");
  same("usageCategory", first.usageCategory, "sms");
  same("fetched", (await triggers(first.sid).fetch()).friendlyName, "First");
  same("updated", (await triggers(first.sid).update({ friendlyName: "Once" })).friendlyName, "Once");
  same("fetched after", (await triggers(first.sid).fetch()).friendlyName, "Once");
  await paged(triggers, [first.sid, second.sid]);
  await removed(triggers(first.sid));
  await removed(triggers(second.sid));
});

step("balance", async () => {
  const balance = await client.balance.fetch();
  same("currency", balance.currency, "USD");
  same("accountSid", balance.accountSid, ACCOUNT);
  decimal("balance", balance.balance);
});

// Messaging services

step("messaging: create two services", async () => {
  const services = [];
  for (const friendlyName of ["Orders", "Alerts"]) {
    const one = await messaging.services.create({ friendlyName, usecase: "notifications", validityPeriod: 600 });
    sid(one.sid, "MG");
    same("friendlyName", one.friendlyName, friendlyName);
    same("usecase", one.usecase, "notifications");
    same("validityPeriod", one.validityPeriod, 600);
    same("accountSid", one.accountSid, ACCOUNT);
    services.push(one.sid);
  }
  made.services = services;
  made.service = services[0];
});

step("messaging: services in pages; the link names the vendor's host", async () => {
  await paged(messaging.services, made.services);
  const link = (await messaging.services.page({ pageSize: 1 })).nextPageUrl;
  check(String(link).startsWith(`${BASE}/messaging.twilio.com/v1/Services?`), `nextPageUrl is ${link}`);
});

step("messaging: update and fetch a service", async () => {
  const inboundRequestUrl = "https://example.com/in";
  const context = messaging.services(made.service);
  const updated = await context.update({ friendlyName: "Orders 2", stickySender: false, inboundRequestUrl });
  same("friendlyName", updated.friendlyName, "Orders 2");
  const fetched = await context.fetch();
  same("friendlyName fetched", fetched.friendlyName, "Orders 2");
  same("stickySender", fetched.stickySender, false);
  same("inboundRequestUrl", fetched.inboundRequestUrl, inboundRequestUrl);
  same("validityPeriod stays", fetched.validityPeriod, 600);
});

step("messaging: add a phone number", async () => {
  const pool = messaging.services(made.service).phoneNumbers;
  const [number] = made.numbers;
  const added = await pool.create({ phoneNumberSid: number.sid });
  same("sid", added.sid, number.sid);
  same("phoneNumber", added.phoneNumber, number.phoneNumber);
  check(added.capabilities.some((one) => one.toUpperCase() === "SMS"), "it has no SMS");
  await paged(pool, [number.sid]);
  same("fetched", (await messaging.services(made.service).phoneNumbers(number.sid).fetch()).phoneNumber, number.phoneNumber);
});

step("messaging: a number twice is 21710", async () => {
  const pool = messaging.services(made.service).phoneNumbers;
  await refused(() => pool.create({ phoneNumberSid: made.numbers[0].sid }), [400, 409], 21710);
});

step("messaging: add a short code", async () => {
  const { shortCodes } = messaging.services(made.service);
  same("sid", (await shortCodes.create({ shortCodeSid: made.shortCode })).sid, made.shortCode);
  await paged(shortCodes, [made.shortCode]);
  like("shortCode", (await shortCodes(made.shortCode).fetch()).shortCode, "[0-9]{5,6}");
  await removed(shortCodes(made.shortCode));
});

step("messaging: alpha senders", async () => {
  const { alphaSenders } = messaging.services(made.service);
  const one = sid((await alphaSenders.create({ alphaSender: "ACME" })).sid, "AI");
  const two = sid((await alphaSenders.create({ alphaSender: "ACME Two" })).sid, "AI");
  same("alphaSender", (await alphaSenders(one).fetch()).alphaSender, "ACME");
  await paged(alphaSenders, [one, two]);
  await removed(alphaSenders(one));
  await removed(alphaSenders(two));
});

step("messaging: alpha senders of one country", async () => {
  const { destinationAlphaSenders: senders } = messaging.services(made.service);
  const one = sid((await senders.create({ alphaSender: "ACME", isoCountryCode: "GB" })).sid, "AI");
  same("isoCountryCode", (await senders(one).fetch()).isoCountryCode, "GB");
  await paged(senders, [one]);
  await removed(senders(one));
});

step("messaging: channel senders", async () => {
  const { channelSenders } = messaging.services(made.service);
  const one = sid((await channelSenders.create({ sid: `XE${"0".repeat(31)}2` })).sid, "XE");
  same("sid fetched", (await channelSenders(one).fetch()).sid, one);
  await paged(channelSenders, [one]);
  await removed(channelSenders(one));
});

step("messaging: send with the service", async () => {
  const message = await client.messages.create({
    to: "+447700900155",
    messagingServiceSid: made.service,
    body: "From a pool",
  });
  same("status", message.status, "accepted");
  same("from", message.from, null);
  same("messagingServiceSid", message.messagingServiceSid, made.service);
  same("numSegments", message.numSegments, "0");
  const last = await delivered(sid(message.sid, "SM"));
  same("from in the end", last.from, made.numbers[0].phoneNumber);
  same("numSegments in the end", last.numSegments, "1");
});

step("messaging: use cases of services", async () => {
  check((await messaging.usecases.fetch()).usecases.length, "there is none");
});

step("messaging: register a brand", async () => {
  const bundle = (n) => `BU${"0".repeat(31)}${n}`;
  const brands = messaging.brandRegistrations;
  const brand = await brands.create({ customerProfileBundleSid: bundle(5), a2PProfileBundleSid: bundle(6), mock: true });
  made.brand = sid(brand.sid, "BN");
  among("status", brand.status, ["PENDING", "IN_REVIEW", "APPROVED"]);
  same("mock", brand.mock, true);
  const other = await brands.create({ customerProfileBundleSid: bundle(7), a2PProfileBundleSid: bundle(8) });
  await paged(brands, [brand.sid, other.sid]);
  const fetched = await brands(brand.sid).fetch();
  same("customerProfileBundleSid", fetched.customerProfileBundleSid, bundle(5));
  same("brandType", fetched.brandType, "STANDARD");
  same("submitted again", (await brands(brand.sid).update()).sid, brand.sid);
});

step("messaging: vet a brand", async () => {
  const { brandVettings } = messaging.brandRegistrations(made.brand);
  const one = await brandVettings.create({ vettingProvider: "campaign-verify", vettingId: "cv-2" });
  sid(one.brandVettingSid, "VT");
  same("brandSid", one.brandSid, made.brand);
  same("vettingProvider", one.vettingProvider, "campaign-verify");
  await paged(brandVettings, [one.brandVettingSid], { key: "brandVettingSid" });
  same("fetched", (await brandVettings(one.brandVettingSid).fetch()).brandVettingSid, one.brandVettingSid);
});

step("messaging: use cases of a campaign", async () => {
  const usecases = messaging.services(made.service).usAppToPersonUsecases;
  const found = await usecases.fetch({ brandRegistrationSid: made.brand });
  const codes = found.usAppToPersonUsecases.map((one) => one.code);
  check(codes.includes("2FA") && codes.includes("MARKETING"), `the codes are ${codes}`);
  made.usecase = "2FA";
});

step("messaging: register a campaign", async () => {
  const { usAppToPerson: campaigns } = messaging.services(made.service);
  const words = "Customers get a code when they sign in to their account on our site.";
  const samples = ["Your code for Acme is 123456", "Use 654321 to sign in to Acme"];
  const one = await campaigns.create({
    brandRegistrationSid: made.brand,
    description: words,
    messageFlow: words,
    messageSamples: samples,
    usAppToPersonUsecase: made.usecase,
    hasEmbeddedLinks: false,
    hasEmbeddedPhone: false,
  });
  sid(one.sid, "QE");
  among("campaignStatus", one.campaignStatus, ["PENDING", "IN_PROGRESS", "VERIFIED"]);
  same("messagingServiceSid", one.messagingServiceSid, made.service);
  same("brandRegistrationSid", one.brandRegistrationSid, made.brand);
  same("messageSamples", one.messageSamples, samples);
  await paged(campaigns, [one.sid]);
  same("fetched", (await campaigns(one.sid).fetch()).description, words);
  const updated = await campaigns(one.sid).update({
    hasEmbeddedLinks: true,
    hasEmbeddedPhone: false,
    messageSamples: samples,
    messageFlow: words,
    description: `New: ${words}`,
    ageGated: false,
    directLending: false,
  });
  same("updated", updated.description, `New: ${words}`);
  same("hasEmbeddedLinks", (await campaigns(one.sid).fetch()).hasEmbeddedLinks, true);
  await removed(campaigns(one.sid));
});

step("messaging: verify a toll-free number", async () => {
  const number = await client.incomingPhoneNumbers.create({ phoneNumber: made.tollfreeOffer });
  const { tollfreeVerifications: verifications } = messaging;
  const one = await verifications.create({
    businessName: "Acme",
    businessWebsite: "https://example.com",
    notificationEmail: "sms@example.com",
    useCaseCategories: ["TWO_FACTOR_AUTHENTICATION", "MARKETING"],
    useCaseSummary: "Codes for signing in",
    productionMessageSample: "Your code is 123456",
    optInImageUrls: ["https://example.com/opt-in.png"],
    optInType: "WEB_FORM",
    messageVolume: "1,000",
    tollfreePhoneNumberSid: number.sid,
    externalReferenceId: "ref-2",
  });
  sid(one.sid, "HH");
  among("status", one.status, ["PENDING_REVIEW", "IN_REVIEW", "TWILIO_APPROVED"]);
  same("businessName", one.businessName, "Acme");
  same("useCaseCategories", one.useCaseCategories, ["TWO_FACTOR_AUTHENTICATION", "MARKETING"]);
  same("tollfreePhoneNumberSid", one.tollfreePhoneNumberSid, number.sid);
  await paged(verifications, [one.sid]);
  const found = await verifications.list({ tollfreePhoneNumberSid: number.sid });
  same("found by number", found.map((each) => each.sid), [one.sid]);
  same("updated", (await verifications(one.sid).update({ businessName: "Acme Ltd" })).businessName, "Acme Ltd");
  same("fetched", (await verifications(one.sid).fetch()).businessName, "Acme Ltd");
  await removed(verifications(one.sid));
  await removed(client.incomingPhoneNumbers(number.sid));
});

step("messaging: remove the number, delete a service", async () => {
  await removed(messaging.services(made.service).phoneNumbers(made.numbers[0].sid));
  await removed(messaging.services(made.services[1]));
});

step("messaging: a service without a name is refused", async () => {
  await refused(() => messaging.services.create({ friendlyName: "" }), 400, [20001, 20002, 20422, 30400]);
});

// Verify

step("verify: create two services", async () => {
  const services = [];
  for (const friendlyName of ["Acme", "Acme Two"]) {
    const one = await verify.services.create({ friendlyName, codeLength: 6 });
    sid(one.sid, "VA");
    same("friendlyName", one.friendlyName, friendlyName);
    same("codeLength", one.codeLength, 6);
    same("customCodeEnabled", one.customCodeEnabled, false);
    services.push(one.sid);
  }
  made.verifyServices = services;
  made.verifyService = services[0];
});

step("verify: update, fetch, and list services in pages", async () => {
  const context = verify.services(made.verifyService);
  same("codeLength", (await context.update({ codeLength: 5, friendlyName: "Acme Shop" })).codeLength, 5);
  same("fetched", (await context.fetch()).friendlyName, "Acme Shop");
  await paged(verify.services, made.verifyServices);
  const link = (await verify.services.page({ pageSize: 1 })).nextPageUrl;
  check(String(link).startsWith(`${BASE}/verify.twilio.com/v2/Services?`), `nextPageUrl is ${link}`);
});

step("verify: start a verification", async () => {
  const one = await verify.services(made.verifyService).verifications.create({ to: "+447700900156", channel: "sms" });
  made.verification = sid(one.sid, "VE");
  same("status", one.status, "pending");
  same("to", one.to, "+447700900156");
  same("channel", one.channel, "sms");
  same("valid", one.valid, false);
  same("serviceSid", one.serviceSid, made.verifyService);
  same("sendCodeAttempts", one.sendCodeAttempts.length, 1);
  sid(one.sendCodeAttempts[0].attempt_sid, "VL");
});

step("verify: fetch it", async () => {
  const one = await verify.services(made.verifyService).verifications(made.verification).fetch();
  same("sid", one.sid, made.verification);
  same("status", one.status, "pending");
});

step("verify: the code has the length of the service", async () => {
  check(made.verification, "there is no verification");
  made.code = await lastCode("+447700900156");
  like("the code", made.code, "[0-9]{5}");
});

step("verify: a wrong code leaves it pending", async () => {
  const checks = verify.services(made.verifyService).verificationChecks;
  const one = await checks.create({ to: "+447700900156", code: another(made.code) });
  same("status", one.status, "pending");
  same("valid", one.valid, false);
  same("sid", one.sid, made.verification);
});

step("verify: the right code approves it", async () => {
  const checks = verify.services(made.verifyService).verificationChecks;
  const one = await checks.create({ to: "+447700900156", code: made.code });
  same("status", one.status, "approved");
  same("valid", one.valid, true);
  made.approved = one.sid;
});

step("verify: an approved one is gone", async () => {
  const service = verify.services(made.verifyService);
  await gone(service.verifications(made.approved));
  const { code } = made;
  await refused(() => service.verificationChecks.create({ to: "+447700900156", code }), 404, 20404);
});

step("verify: check by the sid of the verification", async () => {
  const service = verify.services(made.verifyService);
  const one = await service.verifications.create({ to: "+447700900157", channel: "sms" });
  const code = await lastCode("+447700900157");
  same("status", (await service.verificationChecks.create({ verificationSid: one.sid, code })).status, "approved");
});

step("verify: cancel one", async () => {
  const service = verify.services(made.verifyService);
  const one = await service.verifications.create({ to: "+447700900158", channel: "sms" });
  same("status", (await service.verifications(one.sid).update({ status: "canceled" })).status, "canceled");
  const code = await lastCode("+447700900158");
  await refused(() => service.verificationChecks.create({ to: "+447700900158", code }), 404, 20404);
});

step("verify: a code of one's own, reported as approved", async () => {
  const custom = await verify.services.create({ friendlyName: "Own codes", customCodeEnabled: true });
  same("customCodeEnabled", custom.customCodeEnabled, true);
  const service = verify.services(custom.sid);
  const one = await service.verifications.create({ to: "+447700900159", channel: "sms", customCode: "424242" });
  same("the code sent", await lastCode("+447700900159"), "424242");
  same("status", (await service.verifications(one.sid).update({ status: "approved" })).status, "approved");
  await gone(service.verifications(one.sid));
  await removed(service);
});

step("verify: a code of one's own without leave is 60204", async () => {
  const { verifications } = verify.services(made.verifyService);
  const options = { to: "+447700900159", channel: "sms", customCode: "424242" };
  await refused(() => verifications.create(options), 403, 60204);
});

step("verify: a bad recipient or channel is 60200", async () => {
  const { verifications } = verify.services(made.verifyService);
  await refused(() => verifications.create({ to: "nobody", channel: "sms" }), 400, 60200);
  await refused(() => verifications.create({ to: "+447700900159", channel: "pigeon" }), 400, 60200);
});

step("verify: the sixth check is 60202", async () => {
  const service = verify.services(made.verifyService);
  const to = "+447700900160";
  await service.verifications.create({ to, channel: "sms" });
  const code = await lastCode(to);
  for (let n = 0; n < 5; n += 1) {
    same("status", (await service.verificationChecks.create({ to, code: another(code) })).status, "pending");
  }
  await refused(() => service.verificationChecks.create({ to, code }), 429, 60202);
});

step("verify: the sixth send is 60203", async () => {
  const { verifications } = verify.services(made.verifyService);
  for (let sends = 1; sends <= 5; sends += 1) {
    const one = await verifications.create({ to: "+447700900161", channel: "sms" });
    same("sendCodeAttempts", one.sendCodeAttempts.length, sends);
  }
  await refused(() => verifications.create({ to: "+447700900161", channel: "sms" }), 429, 60203);
});

step("verify: templates", async () => {
  const found = await verify.templates.list();
  check(found.length, "there is none");
  sid(found[0].sid, "HJ");
  check(found[0].channels.includes("sms"), "it is not for sms");
  const texts = Object.values(found[0].translations).map((one) => one.text);
  check(texts.length && texts.every((text) => text.includes("{{code}}")), "a translation has no place for the code");
});

step("verify: attempts of a verification", async () => {
  const attempts = verify.verificationAttempts;
  const found = await attempts.list({ verificationSid: made.approved });
  same("how many", found.length, 1);
  sid(found[0].sid, "VL");
  same("conversionStatus", found[0].conversionStatus, "converted");
  same("channelData.to", found[0].channelData.to, "+447700900156");
  same("verificationSid", (await attempts(found[0].sid).fetch()).verificationSid, made.approved);
  await paged(attempts, [found[0].sid], { verifyServiceSid: made.verifyService });
});

step("verify: summary of attempts", async () => {
  const summary = await verify.verificationAttemptsSummary().fetch({ verifyServiceSid: made.verifyService });
  check(summary.totalAttempts >= 3, `totalAttempts is ${summary.totalAttempts}`);
  check(summary.totalConverted >= 2, `totalConverted is ${summary.totalConverted}`);
  same("the sum", summary.totalConverted + summary.totalUnconverted, summary.totalAttempts);
  decimal("the rate", summary.conversionRatePercentage);
});

step("verify: rate limits", async () => {
  const { rateLimits: limits } = verify.services(made.verifyService);
  const one = await limits.create({ uniqueName: "per_ip", description: "By address" });
  made.rateLimit = sid(one.sid, "RK");
  same("uniqueName", one.uniqueName, "per_ip");
  const two = await limits.create({ uniqueName: "per_user" });
  same("updated", (await limits(one.sid).update({ description: "By IP" })).description, "By IP");
  same("fetched", (await limits(one.sid).fetch()).description, "By IP");
  await paged(limits, [one.sid, two.sid]);
  await removed(limits(two.sid));
});

step("verify: buckets of a rate limit", async () => {
  const limit = verify.services(made.verifyService).rateLimits(made.rateLimit);
  const one = await limit.buckets.create({ max: 4, interval: 60 });
  sid(one.sid, "BL");
  same("rateLimitSid", one.rateLimitSid, made.rateLimit);
  const two = await limit.buckets.create({ max: 10, interval: 3600 });
  same("updated", (await limit.buckets(one.sid).update({ max: 5 })).max, 5);
  same("interval stays", (await limit.buckets(one.sid).fetch()).interval, 60);
  await paged(limit.buckets, [one.sid, two.sid]);
  await removed(limit.buckets(one.sid));
  await removed(limit);
});

step("verify: webhooks", async () => {
  const { webhooks } = verify.services(made.verifyService);
  const create = (name) =>
    webhooks.create({ friendlyName: name, eventTypes: ["*"], webhookUrl: `https://example.com/${name}` });
  const one = await create("one");
  const two = await create("two");
  sid(one.sid, "YW");
  same("eventTypes", one.eventTypes, ["*"]);
  same("updated", (await webhooks(one.sid).update({ friendlyName: "three" })).friendlyName, "three");
  same("fetched", (await webhooks(one.sid).fetch()).webhookUrl, "https://example.com/one");
  await paged(webhooks, [one.sid, two.sid]);
  await removed(webhooks(one.sid));
  await removed(webhooks(two.sid));
});

step("verify: messaging configurations", async () => {
  const { messagingConfigurations: configurations } = verify.services(made.verifyService);
  const one = await configurations.create({ country: "GB", messagingServiceSid: made.service });
  same("country", one.country, "GB");
  same("messagingServiceSid", one.messagingServiceSid, made.service);
  await configurations.create({ country: "all", messagingServiceSid: made.service });
  await paged(configurations, ["GB", "all"], { key: "country" });
  same("fetched", (await configurations("GB").fetch()).messagingServiceSid, made.service);
  const { sid: other } = await messaging.services.create({ friendlyName: "Codes" });
  const updated = await configurations("GB").update({ messagingServiceSid: other });
  same("updated", updated.messagingServiceSid, other);
  await removed(configurations("GB"));
});

step("verify: safe list", async () => {
  const one = await verify.safelist.create({ phoneNumber: "+447700900162" });
  sid(one.sid, "GN");
  same("phoneNumber", (await verify.safelist("+447700900162").fetch()).phoneNumber, "+447700900162");
  await removed(verify.safelist("+447700900162"));
});

step("verify: delete the services", async () => {
  for (const one of made.verifyServices) await removed(verify.services(one));
  const { verifications } = verify.services(made.verifyService);
  await refused(() => verifications.create({ to: "+447700900156", channel: "sms" }), 404, 20404);
});

// Lookup

step("lookup 1: carrier", async () => {
  const one = await lookups1.phoneNumbers("+447700900123").fetch({ type: ["carrier"] });
  same("phoneNumber", one.phoneNumber, "+447700900123");
  same("countryCode", one.countryCode, "GB");
  among("carrier.type", one.carrier.type, ["mobile", "landline", "voip"]);
  check(one.carrier.name, "carrier.name is not set");
  same("callerName", one.callerName, null);
});

step("lookup 1: format only, and an unknown number", async () => {
  const one = await lookups1.phoneNumbers("+15555550123").fetch();
  same("countryCode", one.countryCode, "US");
  same("carrier", one.carrier, null);
  await gone(lookups1.phoneNumbers("+15"));
});

step("lookup 2: without packages", async () => {
  const one = await lookups2.phoneNumbers("+447700900123").fetch();
  same("valid", one.valid, true);
  same("countryCode", one.countryCode, "GB");
  same("callingCountryCode", one.callingCountryCode, "44");
  same("phoneNumber", one.phoneNumber, "+447700900123");
  check(!one.validationErrors?.length, "it has validation errors");
  same("lineTypeIntelligence", one.lineTypeIntelligence, null);
});

step("lookup 2: a number as it is written in its country", async () => {
  const one = await lookups2.phoneNumbers("07700900123").fetch({ countryCode: "GB" });
  same("phoneNumber", one.phoneNumber, "+447700900123");
});

step("lookup 2: an invalid number is an answer", async () => {
  const one = await lookups2.phoneNumbers("+4477009").fetch();
  same("valid", one.valid, false);
  check(one.validationErrors.length, "validationErrors is empty");
  const long = await lookups2.phoneNumbers("+44770090012345678").fetch();
  check(long.validationErrors.includes("TOO_LONG"), "it is not too long");
});

step("lookup 2: line type intelligence", async () => {
  const one = await lookups2.phoneNumbers("+447700900123").fetch({ fields: "line_type_intelligence" });
  same("type", one.lineTypeIntelligence.type, "mobile");
  check(one.lineTypeIntelligence.carrier_name ?? one.lineTypeIntelligence.carrierName, "the carrier has no name");
  same("simSwap", one.simSwap, null);
});

step("lookup 2: SIM swap", async () => {
  const { simSwap } = await lookups2.phoneNumbers("+447700900123").fetch({ fields: "sim_swap" });
  const swap = simSwap.last_sim_swap ?? simSwap.lastSimSwap;
  same("swapped_in_period", typeof (swap.swapped_in_period ?? swap.swappedInPeriod), "boolean");
});

step("lookup 2: caller name", async () => {
  const { callerName } = await lookups2.phoneNumbers("+15555550123").fetch({ fields: "caller_name" });
  among("caller_type", callerName.caller_type ?? callerName.callerType ?? null, ["CONSUMER", "BUSINESS", null]);
  check("caller_name" in callerName || "callerName" in callerName, "caller_name has no caller_name");
});

step("lookup 2: several packages at once", async () => {
  const one = await lookups2.phoneNumbers("+15555550123").fetch({
    fields: "call_forwarding,line_status,reassigned_number,sms_pumping_risk,identity_match",
    firstName: "Ada",
    lastName: "Smith",
    lastVerifiedDate: "20200101",
  });
  for (const field of ["callForwarding", "lineStatus", "reassignedNumber", "smsPumpingRisk", "identityMatch"]) {
    same(`the type of ${field}`, typeof one[field], "object");
    check(one[field] !== null, `${field} is null`);
    check("error_code" in one[field] || "errorCode" in one[field], `${field} has no error_code`);
  }
});

// Pricing

// Some prices are of a class, and some are as they came.
const price = (one) => one.currentPrice ?? one.current_price;

step("pricing 1: messaging", async () => {
  const found = await pricing1.messaging.countries.list({ limit: 500, pageSize: 100 });
  const codes = found.map((one) => one.isoCountry);
  check(codes.includes("GB") && codes.includes("US"), "GB and US are not both listed");
  const one = await pricing1.messaging.countries("US").fetch();
  same("priceUnit", one.priceUnit, "USD");
  check(one.outboundSmsPrices.length && one.inboundSmsPrices.length, "there is no price");
  decimal("outbound", price(one.outboundSmsPrices[0].prices[0]));
  decimal("inbound", price(one.inboundSmsPrices[0]));
});

step("pricing 1: phone numbers", async () => {
  check((await pricing1.phoneNumbers.countries.list({ limit: 3, pageSize: 1 })).length, "no country is listed");
  const one = await pricing1.phoneNumbers.countries("GB").fetch();
  same("isoCountry", one.isoCountry, "GB");
  decimal("the price", price(one.phoneNumberPrices[0]));
});

step("pricing 1: voice", async () => {
  check((await pricing1.voice.countries.list({ limit: 3, pageSize: 1 })).length, "no country is listed");
  const one = await pricing1.voice.countries("GB").fetch();
  same("isoCountry", one.isoCountry, "GB");
  decimal("the price", price(one.outboundPrefixPrices[0]));
  same("number", (await pricing1.voice.numbers("+447700900123").fetch()).number, "+447700900123");
});

step("pricing 2: voice", async () => {
  check((await pricing2.voice.countries.list({ limit: 3, pageSize: 1 })).length, "no country is listed");
  const one = await pricing2.voice.countries("GB").fetch();
  same("isoCountry", one.isoCountry, "GB");
  decimal("the price", price(one.outboundPrefixPrices[0]));
  const number = await pricing2.voice.numbers("+447700900123").fetch({ originationNumber: "+15555550123" });
  same("destinationNumber", number.destinationNumber, "+447700900123");
});

step("pricing: pages of one, and an unknown country", async () => {
  const first = await pricing1.messaging.countries.page({ pageSize: 1 });
  const second = await first.nextPage();
  check(first.instances[0].isoCountry !== second.instances[0].isoCountry, "two pages hold the same country");
  await gone(pricing1.messaging.countries("ZZ"));
});

// Conversations

step("conversations: create two", async () => {
  const one = await conversations.conversations.create({
    friendlyName: "Ticket 1",
    uniqueName: "ticket-1",
    attributes: '{"a":1}',
  });
  made.conversation = sid(one.sid, "CH");
  same("friendlyName", one.friendlyName, "Ticket 1");
  same("uniqueName", one.uniqueName, "ticket-1");
  same("attributes", one.attributes, '{"a":1}');
  same("state", one.state, "active");
  made.chatService = sid(one.chatServiceSid, "IS");
  made.otherConversation = sid((await conversations.conversations.create({ friendlyName: "Ticket 2" })).sid, "CH");
});

step("conversations: fetch by unique name, update, list in pages", async () => {
  same("sid", (await conversations.conversations("ticket-1").fetch()).sid, made.conversation);
  const context = conversations.conversations(made.conversation);
  const updated = await context.update({ friendlyName: "Ticket 1, solved", state: "inactive" });
  same("friendlyName", updated.friendlyName, "Ticket 1, solved");
  same("state", (await context.fetch()).state, "inactive");
  same("state", (await context.update({ state: "active" })).state, "active");
  await paged(conversations.conversations, [made.conversation, made.otherConversation]);
});

step("conversations: a unique name twice is a conflict", async () => {
  await refused(() => conversations.conversations.create({ uniqueName: "ticket-1" }), [400, 409], [50353, 20409]);
});

step("conversations: participants", async () => {
  const { participants } = conversations.conversations(made.conversation);
  const sms = await participants.create({
    "messagingBinding.address": "+447700900163",
    "messagingBinding.proxyAddress": NUMBER,
  });
  made.participant = sid(sms.sid, "MB");
  same("binding type", sms.messagingBinding.type, "sms");
  same("binding address", sms.messagingBinding.address, "+447700900163");
  same("binding proxy_address", sms.messagingBinding.proxy_address, NUMBER);
  const chat = await participants.create({ identity: "agent" });
  same("identity", chat.identity, "agent");
  same("updated", (await participants(chat.sid).update({ attributes: '{"b":2}' })).attributes, '{"b":2}');
  same("fetched", (await participants(chat.sid).fetch()).identity, "agent");
  await paged(participants, [sms.sid, chat.sid]);
  made.agent = chat.sid;
});

step("conversations: find them by participant", async () => {
  const { participantConversations } = conversations;
  const byAddress = await participantConversations.list({ address: "+447700900163" });
  same("by address", byAddress.map((one) => one.conversationSid), [made.conversation]);
  const byIdentity = await participantConversations.list({ identity: "agent" });
  same("by identity", byIdentity.map((one) => one.conversationSid), [made.conversation]);
});

step("conversations: messages", async () => {
  const { messages } = conversations.conversations(made.conversation);
  const one = await messages.create({ author: "agent", body: "Your ticket is open, code 135790" });
  made.im = sid(one.sid, "IM");
  same("index", one.index, 0);
  same("author", one.author, "agent");
  const two = await messages.create({ body: "Your ticket is solved" });
  same("index", two.index, 1);
  same("author by default", two.author, "system");
  same("fetched", (await messages(one.sid).fetch()).body, "Your ticket is open, code 135790");
  same("newest first", (await messages.list({ order: "desc" })).map((each) => each.sid), [two.sid, one.sid]);
  same("in pages", await paged(messages, [one.sid, two.sid]), [one.sid, two.sid]);
  same("updated", (await messages(two.sid).update({ body: "Closed" })).body, "Closed");
  await removed(messages(two.sid));
});

step("conversations: an SMS participant gets the message", async () => {
  check(made.im, "there is no message");
  same("the code", await lastCode("+447700900163"), "135790");
});

step("conversations: receipts of a message", async () => {
  const receipts = conversations.conversations(made.conversation).messages(made.im).deliveryReceipts;
  const one = await until("a receipt", async () => (await receipts.list()).find((each) => each.status === "delivered"));
  sid(one.sid, "DY");
  sid(one.channelMessageSid, "SM");
  same("participantSid", one.participantSid, made.participant);
  same("errorCode", one.errorCode, 0);
  same("fetched", (await receipts(one.sid).fetch()).messageSid, made.im);
});

step("conversations: webhooks of one", async () => {
  const { webhooks } = conversations.conversations(made.conversation);
  const one = await webhooks.create({
    target: "webhook",
    "configuration.url": "https://example.com/hook",
    "configuration.method": "post",
    "configuration.filters": ["onMessageAdded"],
  });
  sid(one.sid, "WH");
  same("target", one.target, "webhook");
  same("url", one.configuration.url, "https://example.com/hook");
  same("filters", one.configuration.filters, ["onMessageAdded"]);
  await webhooks(one.sid).update({ "configuration.url": "https://example.com/other" });
  same("url fetched", (await webhooks(one.sid).fetch()).configuration.url, "https://example.com/other");
  await paged(webhooks, [one.sid]);
  await removed(webhooks(one.sid));
});

step("conversations: remove a participant", async () => {
  await removed(conversations.conversations(made.conversation).participants(made.agent));
});

step("conversations: services", async () => {
  const one = await conversations.services.create({ friendlyName: "Support" });
  sid(one.sid, "IS");
  same("fetched", (await conversations.services(one.sid).fetch()).friendlyName, "Support");
  await paged(conversations.services, [one.sid, made.chatService]);
  const inside = await conversations.services(one.sid).conversations.create({ friendlyName: "Inside" });
  same("chatServiceSid", inside.chatServiceSid, one.sid);
  await paged(conversations.services(one.sid).conversations, [inside.sid]);
  const outside = (await conversations.conversations.list()).map((each) => each.sid);
  check(!outside.includes(inside.sid), "it is in the default service");
  await removed(conversations.services(one.sid));
});

step("conversations: configuration", async () => {
  const one = await conversations.configuration().fetch();
  same("accountSid", one.accountSid, ACCOUNT);
  same("defaultChatServiceSid", one.defaultChatServiceSid, made.chatService);
  const updated = await conversations.configuration().update({ defaultMessagingServiceSid: made.service });
  same("defaultMessagingServiceSid", updated.defaultMessagingServiceSid, made.service);
  const fetched = await conversations.configuration().fetch();
  same("fetched", fetched.defaultMessagingServiceSid, made.service);
});

step("conversations: configuration of webhooks", async () => {
  const hooks = conversations.configuration.webhooks();
  await hooks.update({ postWebhookUrl: "https://example.com/post-hook", method: "POST", filters: ["onMessageAdded"] });
  const one = await hooks.fetch();
  same("postWebhookUrl", one.postWebhookUrl, "https://example.com/post-hook");
  same("filters", one.filters, ["onMessageAdded"]);
});

step("conversations: users", async () => {
  const { users } = conversations;
  const one = await users.create({ identity: "alan", friendlyName: "Alan" });
  sid(one.sid, "US");
  same("identity", one.identity, "alan");
  same("updated", (await users(one.sid).update({ friendlyName: "Alan S" })).friendlyName, "Alan S");
  same("fetched", (await users(one.sid).fetch()).friendlyName, "Alan S");
  const two = await users.create({ identity: "joan" });
  await paged(users, [one.sid, two.sid]);
  await removed(users(one.sid));
  await removed(users(two.sid));
});

step("conversations: roles", async () => {
  const { roles } = conversations;
  const one = await roles.create({ friendlyName: "Writer", type: "conversation", permission: ["sendMessage"] });
  sid(one.sid, "RL");
  same("permissions", one.permissions, ["sendMessage"]);
  const updated = await roles(one.sid).update({ permission: ["sendMessage", "leaveConversation"] });
  same("updated", [...updated.permissions].sort(), ["leaveConversation", "sendMessage"]);
  same("fetched", (await roles(one.sid).fetch()).type, "conversation");
  await paged(roles, [one.sid]);
  await removed(roles(one.sid));
});

step("conversations: addresses", async () => {
  const { addressConfigurations: addresses } = conversations;
  const one = await addresses.create({ type: "sms", address: "+15555550126", friendlyName: "Desk" });
  sid(one.sid, "IG");
  same("address", one.address, "+15555550126");
  same("updated", (await addresses(one.sid).update({ friendlyName: "Front desk" })).friendlyName, "Front desk");
  same("fetched", (await addresses(one.sid).fetch()).friendlyName, "Front desk");
  await paged(addresses, [one.sid]);
  await removed(addresses(one.sid));
});

step("conversations: delete both", async () => {
  await removed(conversations.conversations(made.conversation));
  await removed(conversations.conversations(made.otherConversation));
});

await run("twilio for Node");
