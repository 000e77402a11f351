// Walks every product with Plivo's SDK for Node.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { BASE, SANDBOX, among, another, check, decimal, lastCode, like, made, ownApi, run, same, secret, step, until } from "./steps.mjs";

// The packages stand in the folder that NODE_PATH names, which `import` does not read.
const require = createRequire(import.meta.url);
const plivo = require("plivo");

// Of the SDK's addresses only one is a setting. Its applications and its lookups go to fixed ones: the
// HTTP library below it writes the vendor's host as the first segment of the path.
const axios = createRequire(require.resolve("plivo"))("axios");
const send = axios.getAdapter("http");
axios.defaults.adapter = (config) => {
  config.url = config.url.replace(/^https:\/\/([a-z0-9-]+\.plivo\.com)/, `${BASE}/$1`);
  check(config.url.startsWith(BASE), "a request would leave the machine");
  return send(config);
};

const { auth_id: AUTH_ID, auth_token: TOKEN, number: NUMBER } = SANDBOX.plivo;
const UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const UNKNOWN = "00000000-0000-4000-8000-000000000000";
const WORDS = "Customers get a code when they sign in to their account on our site.";

const clientOf = (authId, token) =>
  new plivo.Client(authId, token, { url: `${BASE}/v1/Account/${authId}`, timeout: 20000 });

const client = clientOf(AUTH_ID, TOKEN);

// Expects an error with this HTTP status; any of several. The SDK's errors tell their kind by nothing else.
async function refused(call, status) {
  try {
    await call();
  } catch (error) {
    check(error.status, `is no answer of the server: ${error}`);
    among("the HTTP status", error.status, [status].flat());
    return;
  }
  check(false, `was not refused with ${status}`);
}

const gone = (call) => refused(call, 404);

// Reads pages of one record each to the end, and finds what is wanted.
async function paged(listing, key, wanted) {
  const found = [];
  for (let offset = 0; ; offset += 1) {
    const answer = await listing({ limit: 1, offset });
    const records = answer.sessions ?? answer;
    check(records.length <= 1, `a page of one record has ${records.length}`);
    found.push(...records.map((record) => record[key]));
    same("meta.limit", answer.meta.limit, 1);
    same("meta.offset", answer.meta.offset, offset);
    check(found.length < 500, "the pages have no end");
    if (!answer.meta.next) break;
    check(answer.meta.next.includes(`offset=${offset + 1}`), `meta.next is ${answer.meta.next}`);
  }
  for (const one of wanted) check(found.includes(one), `${one} is not listed`);
  same("the number of records listed twice", found.length - new Set(found).size, 0);
  return found;
}

const delivered = (uuid) =>
  until("delivered", async () => {
    const message = await client.messages.get(uuid);
    return message.messageState === "delivered" && message;
  });

// Messages

step("messages: create", async () => {
  const answer = await client.messages.create(NUMBER, "+447700900170", "Your code is 246810");
  like("apiId", answer.apiId, UUID);
  same("message", answer.message, "message(s) queued");
  same("the number of uuids", answer.messageUuid.length, 1);
  like("messageUuid", answer.messageUuid[0], UUID);
  [made.message] = answer.messageUuid;
});

step("messages: its code is read from the sandbox", async () => {
  check(made.message, "there is no message");
  same("the code", await lastCode("+447700900170"), "246810");
});

step("messages: get, delivered in the end", async () => {
  const message = await delivered(made.message);
  same("messageUuid", message.messageUuid, made.message);
  same("toNumber", message.toNumber, "447700900170");
  same("fromNumber", message.fromNumber, NUMBER.replace("+", ""));
  same("messageDirection", message.messageDirection, "outbound");
  same("messageType", message.messageType, "sms");
  same("units", Number(message.units), 1);
  same("errorCode", message.errorCode, "000");
  decimal("totalAmount", message.totalAmount);
});

step("messages: several recipients in one", async () => {
  const answer = await client.messages.create(NUMBER, "+447700900171<+447700900172<+447700900171", "To both");
  same("the number of uuids", new Set(answer.messageUuid).size, 2);
  const messages = await Promise.all(answer.messageUuid.map((uuid) => client.messages.get(uuid)));
  same("the recipients", messages.map((one) => one.toNumber).sort(), ["447700900171", "447700900172"]);
});

step("messages: several recipients, one invalid", async () => {
  const answer = await client.messages.create(NUMBER, "+447700900173<12", "To one");
  same("the number of uuids", answer.messageUuid.length, 1);
  same("invalid_number", answer.invalid_number, ["12"]);
});

step("messages: list in pages, newest first", async () => {
  await client.messages.create(NUMBER, "+447700900170", "Second");
  const listing = (page) => client.messages.list({ to_number: "447700900170", ...page });
  const found = await paged(listing, "messageUuid", [made.message]);
  same("the number of messages", found.length, 2);
  same("the last", found[1], made.message);
});

step("messages: list by state and direction", async () => {
  check(made.message, "there is no message");
  const found = await client.messages.list({ message_state: "delivered", message_direction: "outbound", limit: 20 });
  check(found.length, "none is listed");
  same("the states", [...new Set(found.map((one) => one.messageState))], ["delivered"]);
  same("inbound", (await client.messages.list({ message_direction: "inbound" })).length, 0);
});

step("messages: media of an MMS", async () => {
  const options = { type: "mms", media_urls: ["https://example.com/a.png"] };
  const answer = await client.messages.create(NUMBER, "+15555550129", "Look", options);
  const [uuid] = answer.messageUuid;
  same("messageType", (await client.messages.get(uuid)).messageType, "mms");
  const media = await client.messages.listMedia(uuid);
  same("the number of media", media.objects.length, 1);
  like("mediaId", media.objects[0].mediaId, UUID);
});

step("messages: an unknown uuid is not found", () => gone(() => client.messages.get(UNKNOWN)));

step("messages: an invalid recipient is refused", async () => {
  await refused(() => client.messages.create(NUMBER, "12", "x"), 400);
});

step("messages: no text is refused", async () => {
  await refused(() => client.messages.create({ src: NUMBER, dst: "+447700900170" }), 400);
});

step("messages: a country that is not allowed", async () => {
  await ownApi("faults", { body: { fault: "refuse", status: 403, to: "+447700900174" } });
  const create = () => client.messages.create(NUMBER, "+447700900174", "x");
  try {
    await refused(create, 403);
  } finally {
    await ownApi("faults", { method: "DELETE" });
  }
  same("the number of uuids", (await create()).messageUuid.length, 1);
});

step("messages: a wrong token is refused", async () => {
  const wrong = clientOf(AUTH_ID, "0".repeat(TOKEN.length));
  await refused(() => wrong.messages.get(made.message), 401);
  await refused(() => wrong.messages.create(NUMBER, "+447700900170", "x"), 401);
});

// Accounts

step("account: get; the SDK asks with two slashes at the end", async () => {
  const own = await client.accounts.get();
  same("resourceUri", own.resourceUri, `/v1/Account/${AUTH_ID}/`);
  among("billingMode", own.billingMode, ["prepaid", "postpaid"]);
  decimal("cashCredits", own.cashCredits);
});

step("account: update", async () => {
  same("message", (await client.accounts.update({ name: "Acme Two", city: "Leeds" })).message, "changed");
  const own = await client.accounts.get();
  same("name after", own.name, "Acme Two");
  same("city after", own.city, "Leeds");
});

step("subaccounts: create two", async () => {
  const one = await client.subaccounts.create("East", true);
  same("message", one.message, "created");
  like("authId", one.authId, "SA[A-Z0-9]{18}");
  secret(one.authToken);
  made.subaccount = one;
  made.otherSubaccount = (await client.subaccounts.create("West", false)).authId;
});

step("subaccounts: get and list in pages", async () => {
  const one = await client.subaccounts.get(made.subaccount.authId);
  same("name", one.name, "East");
  same("enabled", one.enabled, true);
  same("enabled", (await client.subaccounts.get(made.otherSubaccount)).enabled, false);
  await paged((page) => client.subaccounts.list(page), "authId", [made.subaccount.authId, made.otherSubaccount]);
});

step("subaccounts: update", async () => {
  same("message", (await client.subaccounts.update(made.otherSubaccount, "West 2", true)).message, "changed");
  const one = await client.subaccounts.get(made.otherSubaccount);
  same("name after", one.name, "West 2");
  same("enabled after", one.enabled, true);
});

step("subaccounts: send with its own token", async () => {
  const own = clientOf(made.subaccount.authId, made.subaccount.authToken);
  const answer = await own.messages.create(NUMBER, "+447700900175", "From the east");
  same("toNumber", (await own.messages.get(answer.messageUuid[0])).toNumber, "447700900175");
});

step("subaccounts: delete", async () => {
  same("the answer", await client.subaccounts.delete(made.otherSubaccount), true);
  await gone(() => client.subaccounts.get(made.otherSubaccount));
  await client.subaccounts.delete(made.subaccount.authId, true);
  const own = clientOf(made.subaccount.authId, made.subaccount.authToken);
  await refused(() => own.messages.create(NUMBER, "+447700900175", "x"), 401);
});

// Applications

step("applications: create two", async () => {
  const one = await client.applications.create("Shop", {
    answer_url: "https://example.com/answer",
    message_url: "https://example.com/in",
    message_method: "GET",
  });
  same("message", one.message, "created");
  like("appId", one.appId, "[0-9]+");
  made.app = one.appId;
  made.otherApp = (await client.applications.create("Other")).appId;
});

step("applications: get and list in pages", async () => {
  const one = await client.applications.get(made.app);
  same("appName", one.appName, "Shop");
  same("answerUrl", one.answerUrl, "https://example.com/answer");
  same("messageMethod", one.messageMethod, "GET");
  await paged((page) => client.applications.list(page), "appId", [made.app, made.otherApp]);
});

step("applications: update", async () => {
  const updated = await client.applications.update(made.app, { answer_url: "https://example.com/new" });
  same("message", updated.message, "changed");
  same("answerUrl after", (await client.applications.get(made.app)).answerUrl, "https://example.com/new");
});

step("applications: delete", async () => {
  same("the answer", await client.applications.delete(made.otherApp), true);
  await gone(() => client.applications.get(made.otherApp));
  same("the name of the one left", (await client.applications.get(made.app)).appName, "Shop");
});

// Numbers

step("numbers: search", async () => {
  const found = await client.numbers.search("US", { type: "local", services: "sms", limit: 5 });
  check(found.length >= 2, "fewer than two are offered");
  for (const one of found) {
    like("number", one.number, "1[0-9]{10}");
    same("smsEnabled", one.smsEnabled, true);
    decimal("monthlyRentalRate", one.monthlyRentalRate);
  }
  made.offers = found.map((one) => one.number);
});

step("numbers: buy two", async () => {
  for (const offer of made.offers.slice(0, 2)) {
    const answer = await client.numbers.buy(offer);
    same("status", answer.status, "fulfilled");
    same("statusCode", answer.statusCode, 201);
    same("the number", answer.numbers[0].number, offer);
    same("its status", answer.numbers[0].status.toLowerCase(), "success");
  }
  [made.number, made.otherNumber] = made.offers;
});

step("numbers: get and list in pages", async () => {
  const one = await client.numbers.get(made.number);
  same("number", one.number, made.number);
  same("smsEnabled", one.smsEnabled, true);
  await paged((page) => client.numbers.list(page), "number", [made.number, made.otherNumber]);
  const found = await client.numbers.list({ number_startswith: made.number });
  same("found by number", found.map((each) => each.number), [made.number]);
});

step("numbers: update", async () => {
  same("message", (await client.numbers.update(made.number, { app_id: made.app, alias: "Front" })).message, "changed");
  const one = await client.numbers.get(made.number);
  same("alias", one.alias, "Front");
  check(one.application.endsWith(`/Application/${made.app}/`), `application is ${one.application}`);
});

step("numbers: unrent one", async () => {
  same("the answer", await client.numbers.unrent(made.otherNumber), true);
  await gone(() => client.numbers.get(made.otherNumber));
  same("the one left", (await client.numbers.get(made.number)).number, made.number);
});

step("numbers: one that nobody offers is not found", async () => {
  check(made.number, "there is no number");
  await gone(() => client.numbers.buy("15555559999"));
});

// Powerpacks

step("powerpacks: create two", async () => {
  const options = { sticky_sender: false, application_type: "XML", application_id: made.app };
  const one = await client.powerpacks.create("Desk pack", options);
  like("uuid", one.uuid, UUID);
  same("name", one.name, "Desk pack");
  same("stickySender", one.stickySender, false);
  same("localConnect", one.localConnect, true);
  like("numberPool", one.numberPool, `/v1/Account/${AUTH_ID}/NumberPool/${UUID}/`);
  made.pack = one.uuid;
  made.otherPack = (await client.powerpacks.create("Second pack")).uuid;
});

step("powerpacks: get, update, list in pages", async () => {
  const pack = await client.powerpacks.get(made.pack);
  same("name", pack.name, "Desk pack");
  same("name updated", (await pack.update({ name: "Desk pack 2", sticky_sender: true })).name, "Desk pack 2");
  same("stickySender after", (await client.powerpacks.get(made.pack)).stickySender, true);
  await paged((page) => client.powerpacks.list(page), "uuid", [made.pack, made.otherPack]);
});

step("powerpacks: a name twice is refused", async () => {
  check(made.otherPack, "there is no pack");
  await refused(() => client.powerpacks.create("Second pack"), [400, 409, 422]);
});

step("powerpacks: add a number", async () => {
  const pack = await client.powerpacks.get(made.pack);
  const added = await pack.add_number(made.number);
  same("number", added.number, made.number);
  same("countryIso2", added.countryIso2, "US");
  same("found", (await pack.find_number(made.number)).number, made.number);
  same("listed", (await pack.list_numbers()).objects.map((one) => one.number), [made.number]);
  same("counted", await pack.count_numbers(), 1);
});

step("powerpacks: the pool lists its numbers", async () => {
  const pack = await client.powerpacks.get(made.pack);
  const { numbers } = pack.number_pool;
  same("listed", (await numbers.list()).objects.map((one) => one.number), [made.number]);
  same("found", (await numbers.find(made.number)).number, made.number);
});

step("powerpacks: send with one", async () => {
  const answer = await client.messages.create({ powerpackUUID: made.pack, dst: "+447700900176", text: "From a pack" });
  const message = await delivered(answer.messageUuid[0]);
  same("powerpackID", message.powerpackID, made.pack);
  same("fromNumber", message.fromNumber, made.number);
});

step("powerpacks: buy a number into one", async () => {
  const pack = await client.powerpacks.get(made.otherPack);
  const { number } = await pack.buy_add_number({ country_iso2: "US", type: "local" });
  like("number", number, "1[0-9]{10}");
  same("owned", (await client.numbers.get(number)).number, number);
  await pack.remove_number(number, true);
  await gone(() => pack.find_number(number));
  await gone(() => client.numbers.get(number));
});

step("powerpacks: toll-free numbers and short codes", async () => {
  const pack = await client.powerpacks.get(made.pack);
  const [offer] = await client.numbers.search("US", { type: "tollfree", limit: 1 });
  like("the offer", offer.number, "18(00|33|44|55|66|77|88)[0-9]{7}");
  await client.numbers.buy(offer.number);
  await pack.add_tollfree(offer.number);
  same("listed", (await pack.list_tollfree()).objects.map((one) => one.tollfree), [offer.number]);
  await pack.remove_tollfree(offer.number);
  same("the number of those left", (await pack.list_tollfree()).objects.length, 0);
  same("the number of short codes", (await pack.list_shortcodes()).objects.length, 0);
  made.tollfree = offer.number;
});

step("powerpacks: remove the number, delete both", async () => {
  const pack = await client.powerpacks.get(made.pack);
  same("response", (await pack.remove_number(made.number)).response, "success");
  await gone(() => pack.find_number(made.number));
  same("response", (await pack.delete()).response, "success");
  await gone(() => client.powerpacks.get(made.pack));
  await (await client.powerpacks.get(made.otherPack)).delete(false);
  await gone(() => client.powerpacks.get(made.otherPack));
});

// Pricing and lookup

step("pricing", async () => {
  const one = await client.pricings.get("US");
  same("countryIso", one.countryIso, "US");
  same("countryCode", one.countryCode, 1);
  decimal("outbound", one.message.outbound.rate);
  decimal("inbound", one.message.inbound.rate);
  decimal("a local number", one.phoneNumbers.local.rate);
  same("countryIso", (await client.pricings.get("GB")).countryIso, "GB");
});

step("lookup: carrier", async () => {
  const one = await client.lookup.get("+447700900123");
  same("phoneNumber", one.phoneNumber, "+447700900123");
  same("country.iso2", one.country.iso2, "GB");
  same("format.e164", one.format.e164, "+447700900123");
  among("carrier.type", one.carrier.type, ["fixed", "mobile", "voip", "toll-free", "unknown"]);
  made.lookedUp = one.phoneNumber;
});

step("lookup: an invalid number is not found", async () => {
  check(made.lookedUp, "no number was found");
  await gone(() => client.lookup.get("+15"));
});

// Verify

step("verify: start a session", async () => {
  const answer = await client.verify_session.create({ recipient: "+447700900177" });
  same("message", answer.message, "Session initiated");
  like("sessionUuid", answer.sessionUuid, UUID);
  made.session = answer.sessionUuid;
});

step("verify: get it", async () => {
  const one = await client.verify_session.get(made.session);
  same("sessionUuid", one.sessionUuid, made.session);
  same("status", one.status, "in-progress");
  same("recipient", one.recipient, "447700900177");
  same("channel", one.channel, "sms");
  same("count", one.count, 1);
  same("attemptDetails", one.attemptDetails.length, 1);
});

step("verify: a wrong code is refused", async () => {
  check(made.session, "there is no session");
  made.code = await lastCode("+447700900177");
  like("the code", made.code, "[0-9]{4,8}");
  const wrong = { id: made.session, otp: another(made.code) };
  await refused(() => client.verify_session.validate(wrong), [400, 403, 404, 409, 422]);
  same("status", (await client.verify_session.get(made.session)).status, "in-progress");
});

step("verify: the right code is taken", async () => {
  const answer = await client.verify_session.validate({ id: made.session, otp: made.code });
  same("message", answer.message, "session validated successfully.");
  same("status", (await client.verify_session.get(made.session)).status, "verified");
});

step("verify: the length of a code", async () => {
  await client.verify_session.create({ recipient: "+447700900178", code_length: 8 });
  like("the code sent", await lastCode("+447700900178"), "[0-9]{8}");
});

step("verify: list sessions in pages", async () => {
  await paged((page) => client.verify_session.list(page), "sessionUuid", [made.session]);
  const found = await client.verify_session.list({ recipient: "447700900177", status: "verified" });
  same("verified", found.sessions.map((one) => one.sessionUuid), [made.session]);
});

step("verify: an unknown session is not found", async () => {
  check(made.session, "there is no session");
  await gone(() => client.verify_session.get(UNKNOWN));
});

step("verify: an invalid recipient is refused", async () => {
  await refused(() => client.verify_session.create({ recipient: "12" }), 400);
});

// Registration

step("profiles: create, get, update, list", async () => {
  const address = { street: "1 High Street", city: "Anytown", state: "NY", postal_code: "10001", country: "US" };
  const contact = { first_name: "Ada", last_name: "Smith", email: "ada@example.com", phone: "15555550130" };
  const profiles = client.profile;
  const create = async (alias) => {
    const answer = await profiles.create(
      alias, "", "DIRECT", "PRIVATE", "Acme", "123456789", "RETAIL", "US", "", "", "NONE", "https://example.com",
      address, contact,
    );
    return answer.profileUuid;
  };
  const one = await create("First");
  const two = await create("Second");
  like("profileUuid", one, UUID);
  same("companyName", (await profiles.get(one)).profile.companyName, "Acme");
  same("address.city", (await profiles.get(one)).profile.address.city, "Anytown");
  const updated = await profiles.update(one, { company_name: "Acme Ltd" });
  same("updated", updated.profile.companyName, "Acme Ltd");
  const listed = (await profiles.list({ limit: 20 })).profiles.map((each) => each.profileUuid);
  check(listed.includes(one) && listed.includes(two), "they are not both listed");
  same("the length of a page", (await profiles.list({ limit: 1 })).profiles.length, 1);
  await profiles.delete(two);
  await gone(() => profiles.get(two));
  made.profile = one;
});

step("brands: create, get, list, use cases", async () => {
  const answer = await client.brand.create("Acme", made.profile, "STANDARD", false);
  like("brand_id", answer.brand_id, "B[A-Z0-9]{6}");
  made.brand = answer.brand_id;
  const other = (await client.brand.create("Acme Two", made.profile, "STARTER", false)).brand_id;
  const { brand } = await client.brand.get(made.brand);
  same("brandAlias", brand.brandAlias, "Acme");
  same("brandType", brand.brandType, "STANDARD");
  same("profileUuid", brand.profileUuid, made.profile);
  among("registrationStatus", brand.registrationStatus, ["PROCESSING", "COMPLETED"]);
  const listed = (await client.brand.list({ limit: 20 })).brands.map((each) => each.brandId);
  check(listed.includes(made.brand) && listed.includes(other), "they are not both listed");
  const codes = (await client.brand.get_usecases(made.brand)).useCases.map((each) => each.code);
  check(codes.includes("CUSTOMER_CARE"), `the use cases are ${codes}`);
  same("brandId", (await client.brand.deleteBrand(other)).brandId, other);
});

step("campaigns: create, get, update, list", async () => {
  const samples = ["Your code is 123456", "Use 654321"];
  const none = undefined;
  const answer = await client.campaign.create(
    made.brand, "Codes", "RETAIL", "MIXED", ["CUSTOMER_CARE", "2FA"], WORDS, false, false, false, false, true, true,
    true, false, ...samples, none, none, none, WORDS, "Write to help@example.com", "You get no more messages",
  );
  like("campaignId", answer.campaignId, "C[A-Z0-9]{6}");
  made.campaign = answer.campaignId;
  const { campaign } = await client.campaign.get(made.campaign);
  same("brandId", campaign.brandId, made.brand);
  same("usecase", campaign.usecase, "MIXED");
  same("subUsecase", campaign.subUsecase, "CUSTOMER_CARE,2FA");
  const updated = await client.campaign.update(made.campaign, none, none, "Your new code is 123456");
  same("sample1", updated.campaign.sample1, "Your new code is 123456");
  same("description stays", updated.campaign.description, WORDS);
  const listed = (await client.campaign.list({ brand_id: made.brand, limit: 20 })).campaigns;
  same("listed of the brand", listed.map((each) => each.campaignId), [made.campaign]);
});

step("campaigns: link and unlink a number", async () => {
  await client.campaign.linkNumber(made.campaign, [made.number]);
  const found = await client.campaign.listNumber(made.campaign, { limit: 20 });
  same("the numbers", found.phoneNumbers.map((one) => one.number), [made.number]);
  const [got] = (await client.campaign.getNumber(made.campaign, made.number)).phoneNumbers;
  same("the number", got.number, made.number);
  among("its status", got.status, ["PROCESSING", "COMPLETED"]);
  same("tendlcCampaignId", (await client.numbers.get(made.number)).tendlcCampaignId, made.campaign);
  await client.campaign.unlinkNumber(made.campaign, made.number);
  same("the number of those left", (await client.campaign.listNumber(made.campaign, { limit: 20 })).phoneNumbers.length, 0);
});

step("toll-free verification: create, get, update, list, delete", async () => {
  const verifications = client.tollfreeVerification;
  const { uuid } = await verifications.create({
    profile_uuid: made.profile,
    usecase: "2FA",
    usecase_summary: WORDS,
    message_sample: "Your code is 123456",
    optin_image_url: "https://example.com/opt-in.png",
    optin_type: "WEB_FORM",
    volume: "100",
    number: made.tollfree,
  });
  like("uuid", uuid, UUID);
  const one = await verifications.get(uuid);
  same("number", one.number, made.tollfree);
  same("usecase", one.usecase, "2FA");
  among("status", one.status, ["SUBMITTED", "APPROVED"]);
  const updated = await verifications.update(uuid, { usecase: "2FA,MARKETING" });
  check(updated.message.includes("updated"), "it was not updated");
  same("usecase after", (await verifications.get(uuid)).usecase, "2FA,MARKETING");
  const found = await verifications.list({ number: made.tollfree });
  same("listed", found.map((each) => each.uuid), [uuid]);
  same("meta.count", found.meta.count, 1);
  await verifications.delete(uuid);
  await gone(() => verifications.get(uuid));
});

step("campaigns: delete, and the brand and profile with it", async () => {
  same("campaignId", (await client.campaign.deleteCampaign(made.campaign)).campaignId, made.campaign);
  same("brandId", (await client.brand.deleteBrand(made.brand)).brandId, made.brand);
  await client.profile.delete(made.profile);
  await gone(() => client.profile.get(made.profile));
});

// Media

step("media: upload, get, list", async () => {
  const folder = await mkdtemp(join(tmpdir(), "anysms-"));
  const path = join(folder, "dot.png");
  await writeFile(path, Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.alloc(100)]));
  let answer;
  try {
    answer = await client.media.upload([path]);
  } finally {
    await rm(folder, { recursive: true });
  }
  same("how many", answer.objects.length, 1);
  const [uploaded] = answer.objects;
  like("mediaId", uploaded.mediaId, UUID);
  same("status", uploaded.status, "success");
  same("fileName", uploaded.fileName, "dot.png");
  const one = await client.media.get(uploaded.mediaId);
  same("contentType", one.contentType, "image/png");
  same("size", one.size, 108);
  check(one.mediaUrl, "mediaUrl is not set");
  const listed = await client.media.list({ limit: 20, offset: 0 });
  check(listed.some((each) => each.mediaId === uploaded.mediaId), "it is not listed");
  made.media = uploaded.mediaId;
});

step("media: send an uploaded file", async () => {
  const options = { type: "mms", media_ids: [made.media] };
  const answer = await client.messages.create(NUMBER, "+15555550129", "Look", options);
  const media = await client.messages.listMedia(answer.messageUuid[0]);
  same("the media", media.objects.map((one) => one.mediaId), [made.media]);
});

step("media: an unknown id is not found", async () => {
  check(made.media, "there is no media");
  await gone(() => client.media.get(UNKNOWN));
});

await run("plivo for Node");
