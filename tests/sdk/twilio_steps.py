"""Walks every product with Twilio's SDK for Python."""

import datetime
import re
import sys

from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from steps import BASE, SANDBOX, among, another, check, last_code, like, made, run, same, secret, step, until

ACCOUNT = SANDBOX["twilio"]["account_sid"]
TOKEN = SANDBOX["twilio"]["auth_token"]
NUMBER = SANDBOX["twilio"]["number"]
VENDOR = re.compile(r"^https://([a-z0-9-]+\.twilio\.com)")


class PathForm(TwilioHttpClient):
    """Writes the vendor's host as the first segment of the path."""

    def request(self, method, url, *args, **kwargs):
        return super().request(method, VENDOR.sub(BASE + r"/\1", url), *args, **kwargs)


class HeaderForm(TwilioHttpClient):
    """Writes the vendor's host into the header `Host`."""

    def request(self, method, url, *args, headers=None, **kwargs):
        headers = {**(headers or {}), "Host": VENDOR.match(url).group(1)}
        return super().request(method, VENDOR.sub(BASE, url), *args, headers=headers, **kwargs)


def client_of(user, password, account=None, http=PathForm):
    return Client(user, password, account_sid=account, http_client=http(timeout=20))


client = client_of(ACCOUNT, TOKEN)
messaging = client.messaging.v1
verify = client.verify.v2
lookups1, lookups2 = client.lookups.v1, client.lookups.v2
pricing1, pricing2 = client.pricing.v1, client.pricing.v2
conversations = client.conversations.v1


def sid(got, prefix):
    like("the sid", got, prefix + "[0-9a-f]{32}")
    return got


def refused(call, status, code):
    """Expects the error with this HTTP status and code; any of several."""
    try:
        call()
    except TwilioRestException as error:
        among("the HTTP status", error.status, status if isinstance(status, tuple) else (status,))
        among("the code", error.code, code if isinstance(code, tuple) else (code,))
        check(error.msg, "the error has no words")
        return
    raise AssertionError(f"was not refused with {code}")


def gone(context):
    refused(context.fetch, 404, 20404)


def removed(context):
    """Deletes, and finds nothing after."""
    same("the answer to DELETE", context.delete(), True)
    gone(context)


def paged(listing, *wanted, key="sid", **filters):
    """Reads pages of one record each to the end, and finds what is wanted."""
    page, found = listing.page(page_size=1, **filters), []
    while page is not None:
        records = list(page)
        check(len(records) <= 1, f"a page of one record has {len(records)}")
        found += [getattr(record, key) for record in records]
        check(len(found) < 500, "the pages have no end")
        page = page.next_page()
    for one in wanted:
        check(one in found, f"{one} is not listed")
    same("the number of records listed twice", len(found) - len(set(found)), 0)
    return found


def delivered(one, of=None):
    context = (of or client).messages(one)
    return until("delivered", lambda: (lambda m: m if m.status == "delivered" else None)(context.fetch()))


# Messages


@step("messages: create")
def _():
    message = client.messages.create(to="+447700900110", from_=NUMBER, body="Your code is 246810")
    made.message = sid(message.sid, "SM")
    same("status", message.status, "queued")
    same("to", message.to, "+447700900110")
    same("from", message.from_, NUMBER)
    same("body", message.body, "Your code is 246810")
    same("num_segments", message.num_segments, "1")
    same("direction", message.direction, "outbound-api")
    same("error_code", message.error_code, None)
    check(isinstance(message.date_created, datetime.datetime), "date_created is no date")


@step("messages: its code is read from the sandbox")
def _():
    same("the code", last_code("+447700900110"), "246810")


@step("messages: fetch, delivered in the end")
def _():
    message = delivered(made.message)
    same("sid", message.sid, made.message)
    same("account_sid", message.account_sid, ACCOUNT)
    check(message.date_sent is not None, "date_sent is not set")


@step("messages: the host in the header Host")
def _():
    other = client_of(ACCOUNT, TOKEN, http=HeaderForm)
    message = other.messages.create(to="+447700900110", from_=NUMBER, body="Second")
    made.second = sid(message.sid, "SM")
    same("body", other.messages(message.sid).fetch().body, "Second")


@step("messages: list by recipient")
def _():
    found = client.messages.list(to="+447700900110", limit=20)
    same("the sids, newest first", [one.sid for one in found], [made.second, made.message])
    same("of another number", client.messages.list(to="+447700900999", limit=20), [])


@step("messages: pages of one follow next_page_uri")
def _():
    found = paged(client.messages, made.message, made.second, to="+447700900110")
    same("the number of messages", len(found), 2)


@step("messages: send at a time, and cancel")
def _():
    service = messaging.services.create(friendly_name="Scheduled")
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    message = client.messages.create(
        to="+447700900111", messaging_service_sid=service.sid, body="Later", schedule_type="fixed", send_at=at
    )
    sid(message.sid, "SM")
    same("status", message.status, "scheduled")
    same("messaging_service_sid", message.messaging_service_sid, service.sid)
    same("status after", client.messages(message.sid).update(status="canceled").status, "canceled")
    same("status fetched", client.messages(message.sid).fetch().status, "canceled")
    check(messaging.services(service.sid).delete(), "the service was not deleted")


@step("messages: too late to cancel is 30409")
def _():
    delivered(made.message)
    refused(lambda: client.messages(made.message).update(status="canceled"), (400, 409), 30409)


@step("messages: redact")
def _():
    same("body", client.messages(made.second).update(body="").body, "")
    same("body fetched", client.messages(made.second).fetch().body, "")


@step("messages: feedback")
def _():
    feedback = client.messages(made.message).feedback.create(outcome="confirmed")
    same("outcome", feedback.outcome, "confirmed")
    same("message_sid", feedback.message_sid, made.message)


@step("messages: media list and fetch")
def _():
    message = client.messages.create(
        to="+15555550123", from_=NUMBER, body="Look", media_url=["https://example.com/a.png", "https://example.com/b.png"]
    )
    sid(message.sid, "MM")
    same("num_media", message.num_media, "2")
    media = client.messages(message.sid).media.list()
    same("the number of media", len(media), 2)
    one = client.messages(message.sid).media(sid(media[0].sid, "ME")).fetch()
    same("parent_sid", one.parent_sid, message.sid)
    check("/" in one.content_type, "content_type is none")
    removed(client.messages(message.sid).media(one.sid))
    same("media left", [left.sid for left in client.messages(message.sid).media.list()], [media[1].sid])


@step("messages: delete")
def _():
    delivered(made.second)
    removed(client.messages(made.second))


@step("messages: an invalid recipient is 21211")
def _():
    refused(lambda: client.messages.create(to="+15005550001", from_=NUMBER, body="x"), 400, 21211)
    refused(lambda: client.messages.create(to="nobody", from_=NUMBER, body="x"), 400, 21211)


@step("messages: a recipient who opted out is 21610")
def _():
    refused(lambda: client.messages.create(to="+15005550004", from_=NUMBER, body="x"), 400, 21610)


@step("messages: no text is 21602 or 21619")
def _():
    refused(lambda: client.messages.create(to="+447700900110", from_=NUMBER), 400, (21602, 21619))


@step("messages: an unknown sid is 20404")
def _():
    gone(client.messages("SM" + "f" * 32))


@step("messages: a wrong token is 20003")
def _():
    refused(client_of(ACCOUNT, "0" * 31 + "f").messages(made.message).fetch, 401, 20003)


# Accounts and keys


@step("accounts: fetch")
def _():
    own = client.api.v2010.accounts(ACCOUNT).fetch()
    same("sid", own.sid, ACCOUNT)
    same("status", own.status, "active")
    check(own.friendly_name, "friendly_name is not set")


@step("accounts: create two subaccounts")
def _():
    for name in ("subaccount", "other_subaccount"):
        one = client.api.v2010.accounts.create(friendly_name=f"Branch {name}")
        sid(one.sid, "AC")
        like("auth_token", secret(one.auth_token), "[0-9a-f]{32}")
        same("owner_account_sid", one.owner_account_sid, ACCOUNT)
        same("status", one.status, "active")
        same("friendly_name", one.friendly_name, f"Branch {name}")
        setattr(made, name, one)


@step("accounts: list, by name and in pages")
def _():
    paged(client.api.v2010.accounts, ACCOUNT, made.subaccount.sid, made.other_subaccount.sid)
    found = client.api.v2010.accounts.list(friendly_name="Branch subaccount")
    same("found by name", [one.sid for one in found], [made.subaccount.sid])


@step("accounts: update the name")
def _():
    context = client.api.v2010.accounts(made.subaccount.sid)
    same("friendly_name", context.update(friendly_name="North branch").friendly_name, "North branch")
    same("friendly_name fetched", context.fetch().friendly_name, "North branch")


@step("accounts: send with the subaccount's own token")
def _():
    own = client_of(made.subaccount.sid, made.subaccount.auth_token)
    offer = own.available_phone_numbers("US").local.list(limit=1)[0]
    number = own.incoming_phone_numbers.create(phone_number=offer.phone_number)
    same("the number's account_sid", number.account_sid, made.subaccount.sid)
    message = own.messages.create(to="+447700900112", from_=number.phone_number, body="From a branch")
    made.branch_message = sid(message.sid, "SM")
    made.branch_number = number.phone_number
    same("account_sid", message.account_sid, made.subaccount.sid)
    same("listed by the subaccount", [one.sid for one in own.messages.list()], [message.sid])


@step("accounts: a subaccount's message is not the parent's")
def _():
    check(made.branch_message not in [one.sid for one in client.messages.list(limit=100)], "the parent lists it")
    gone(client.messages(made.branch_message))


@step("accounts: a suspended subaccount is refused with 20003")
def _():
    context = client.api.v2010.accounts(made.subaccount.sid)
    same("status", context.update(status="suspended").status, "suspended")
    own = client_of(made.subaccount.sid, made.subaccount.auth_token)
    refused(own.messages(made.branch_message).fetch, 401, 20003)
    refused(lambda: own.messages.create(to="+447700900112", from_=made.branch_number, body="x"), 401, 20003)
    same("status after", context.update(status="active").status, "active")
    same("sid", own.messages(made.branch_message).fetch().sid, made.branch_message)


@step("accounts: a closed subaccount is refused with 20003")
def _():
    context = client.api.v2010.accounts(made.other_subaccount.sid)
    same("status", context.update(status="closed").status, "closed")
    own = client_of(made.other_subaccount.sid, made.other_subaccount.auth_token)
    refused(own.messages("SM" + "f" * 32).fetch, 401, 20003)
    same("status fetched", context.fetch().status, "closed")


@step("accounts: an unknown one is 20404")
def _():
    check(client.api.v2010.accounts(made.subaccount.sid).fetch().sid, "a known one is not found")
    gone(client.api.v2010.accounts("AC" + "f" * 32))


@step("keys: create, and list in pages")
def _():
    made.key = client.new_keys.create(friendly_name="Deploy")
    sid(made.key.sid, "SK")
    secret(made.key.secret)
    same("friendly_name", made.key.friendly_name, "Deploy")
    made.other_key = sid(client.new_keys.create(friendly_name="Other").sid, "SK")
    paged(client.keys, made.key.sid, made.other_key)


@step("keys: fetch and update")
def _():
    same("friendly_name", client.keys(made.key.sid).fetch().friendly_name, "Deploy")
    same("updated", client.keys(made.key.sid).update(friendly_name="Release").friendly_name, "Release")
    same("fetched", client.keys(made.key.sid).fetch().friendly_name, "Release")


@step("keys: send a message with one")
def _():
    own = client_of(made.key.sid, made.key.secret, ACCOUNT)
    message = own.messages.create(to="+447700900113", from_=NUMBER, body="With a key")
    same("account_sid", message.account_sid, ACCOUNT)
    same("sid", client.messages(sid(message.sid, "SM")).fetch().sid, message.sid)


@step("keys: a standard key may not read accounts and keys")
def _():
    own = client_of(made.key.sid, made.key.secret, ACCOUNT)
    refused(own.api.v2010.accounts(ACCOUNT).fetch, 401, 20003)
    refused(own.keys(made.key.sid).fetch, 401, 20003)


@step("keys: a deleted key is refused with 20003")
def _():
    removed(client.keys(made.other_key))
    removed(client.keys(made.key.sid))
    own = client_of(made.key.sid, made.key.secret, ACCOUNT)
    refused(lambda: own.messages.create(to="+447700900113", from_=NUMBER, body="x"), 401, 20003)


# Numbers


@step("available numbers: local")
def _():
    found = client.available_phone_numbers("US").local.list(sms_enabled=True, limit=5)
    check(len(found) >= 2, "fewer than two are offered")
    for one in found:
        like("phone_number", one.phone_number, r"\+1[0-9]{10}")
        same("iso_country", one.iso_country, "US")
        same("capabilities.sms", {k.lower(): v for k, v in one.capabilities.items()}["sms"], True)
    made.offers = [one.phone_number for one in found]


@step("available numbers: toll-free")
def _():
    found = client.available_phone_numbers("US").toll_free.list(limit=5)
    check(found, "none is offered")
    for one in found:
        like("phone_number", one.phone_number, r"\+18(00|33|44|55|66|77|88)[0-9]{7}")
    made.tollfree_offer = found[0].phone_number


@step("available numbers: mobile of another country")
def _():
    found = client.available_phone_numbers("GB").mobile.list(limit=5)
    check(found, "none is offered")
    for one in found:
        like("phone_number", one.phone_number, r"\+447[0-9]{9}")
        same("iso_country", one.iso_country, "GB")


@step("available numbers: a kind that a country has not is 20404")
def _():
    check(made.offers, "no kind that it has was found")
    try:
        client.available_phone_numbers("US").mobile.list(limit=1)
    except Exception as error:  # the SDK raises its own exception for a page
        answer = error.args[1] if len(error.args) > 1 else None
        status = getattr(error, "status", None) or getattr(answer, "status_code", None)
        same("the HTTP status", status, 404)
        return
    raise AssertionError("was not refused")


@step("numbers: buy two")
def _():
    made.numbers = []
    for offer in made.offers[:2]:
        one = client.incoming_phone_numbers.create(
            phone_number=offer, friendly_name="Shop", sms_url="https://example.com/sms"
        )
        sid(one.sid, "PN")
        same("phone_number", one.phone_number, offer)
        same("sms_url", one.sms_url, "https://example.com/sms")
        same("friendly_name", one.friendly_name, "Shop")
        made.numbers.append(one)
    same("how many", len(made.numbers), 2)


@step("numbers: list in pages, and by number")
def _():
    first, second = made.numbers
    paged(client.incoming_phone_numbers, first.sid, second.sid)
    found = client.incoming_phone_numbers.list(phone_number=first.phone_number)
    same("found by number", [one.sid for one in found], [first.sid])


@step("numbers: update sms_url")
def _():
    context = client.incoming_phone_numbers(made.numbers[0].sid)
    updated = context.update(sms_url="https://example.com/new", sms_method="GET")
    same("sms_url", updated.sms_url, "https://example.com/new")
    fetched = context.fetch()
    same("sms_url fetched", fetched.sms_url, "https://example.com/new")
    same("sms_method fetched", fetched.sms_method, "GET")
    same("friendly_name stays", fetched.friendly_name, "Shop")


@step("numbers: send from one")
def _():
    number = made.numbers[0].phone_number
    message = client.messages.create(to="+447700900114", from_=number, body="From my number")
    same("from", message.from_, number)


@step("numbers: release one")
def _():
    removed(client.incoming_phone_numbers(made.numbers[1].sid))
    left = [one.sid for one in client.incoming_phone_numbers.list()]
    check(made.numbers[1].sid not in left and made.numbers[0].sid in left, "the wrong ones are left")


@step("numbers: an unavailable one is 21422, an invalid one 21421")
def _():
    refused(lambda: client.incoming_phone_numbers.create(phone_number="+15005550000"), 400, 21422)
    refused(lambda: client.incoming_phone_numbers.create(phone_number="+15005550001"), 400, 21421)


@step("short codes: list and fetch")
def _():
    found = client.short_codes.list()
    check(found, "none is listed")
    made.short_code = sid(found[0].sid, "SC")
    like("short_code", found[0].short_code, "[0-9]{5,6}")
    same("short_code fetched", client.short_codes(made.short_code).fetch().short_code, found[0].short_code)


# Usage


@step("usage: records of today by category")
def _():
    found = client.usage.records.today.list(category="sms", limit=5)
    same("the categories", [one.category for one in found], ["sms"])
    check(int(found[0].count) >= 1, "no message is counted")
    float(found[0].usage), float(found[0].price)


@step("usage: records of this month")
def _():
    found = client.usage.records.this_month.list(category="sms", limit=5)
    same("the categories", [one.category for one in found], ["sms"])
    check(int(found[0].count) >= 1, "no message is counted")
    today = datetime.datetime.now(datetime.timezone.utc).date()
    same("start_date", str(found[0].start_date)[:7], str(today)[:7])


@step("usage: all records, between two days")
def _():
    today = datetime.datetime.now(datetime.timezone.utc).date()
    found = client.usage.records.list(start_date=today - datetime.timedelta(days=2), end_date=today, limit=50)
    check("sms" in [one.category for one in found], "sms is not among the categories")
    for one in found:
        same("account_sid", one.account_sid, ACCOUNT)
    one, two = client.usage.records.page(page_size=1), client.usage.records.page(page_size=1).next_page()
    check(next(one).category != next(two).category, "two pages begin with the same category")


@step("usage: triggers")
def _():
    triggers = client.usage.triggers
    first, second = (
        triggers.create(
            callback_url="https://example.com/usage", trigger_value="+30", usage_category="sms", friendly_name=name
        )
        for name in ("First", "Second")
    )
    made.trigger = sid(first.sid, "UT")
    same("usage_category", first.usage_category, "sms")
    same("fetched", triggers(first.sid).fetch().friendly_name, "First")
    same("updated", triggers(first.sid).update(friendly_name="Once").friendly_name, "Once")
    same("fetched after", triggers(first.sid).fetch().friendly_name, "Once")
    paged(triggers, first.sid, second.sid)
    removed(triggers(first.sid))
    removed(triggers(second.sid))


@step("balance")
def _():
    balance = client.balance.fetch()
    same("currency", balance.currency, "USD")
    same("account_sid", balance.account_sid, ACCOUNT)
    float(balance.balance)


# Messaging services


@step("messaging: create two services")
def _():
    made.services = []
    for name in ("Orders", "Alerts"):
        one = messaging.services.create(friendly_name=name, usecase="notifications", validity_period=600)
        sid(one.sid, "MG")
        same("friendly_name", one.friendly_name, name)
        same("usecase", one.usecase, "notifications")
        same("validity_period", one.validity_period, 600)
        same("account_sid", one.account_sid, ACCOUNT)
        made.services.append(one)
    made.service = made.services[0].sid


@step("messaging: services in pages; the link names the vendor's host")
def _():
    paged(messaging.services, *[one.sid for one in made.services])
    link = messaging.services.page(page_size=1).next_page_url
    check(str(link).startswith(f"{BASE}/messaging.twilio.com/v1/Services?"), f"next_page_url is {link}")


@step("messaging: update and fetch a service")
def _():
    updated = messaging.services(made.service).update(
        friendly_name="Orders 2", sticky_sender=False, inbound_request_url="https://example.com/in"
    )
    same("friendly_name", updated.friendly_name, "Orders 2")
    fetched = messaging.services(made.service).fetch()
    same("friendly_name fetched", fetched.friendly_name, "Orders 2")
    same("sticky_sender", fetched.sticky_sender, False)
    same("inbound_request_url", fetched.inbound_request_url, "https://example.com/in")
    same("validity_period stays", fetched.validity_period, 600)


@step("messaging: add a phone number")
def _():
    pool = messaging.services(made.service).phone_numbers
    number = made.numbers[0]
    added = pool.create(phone_number_sid=number.sid)
    same("sid", added.sid, number.sid)
    same("phone_number", added.phone_number, number.phone_number)
    check("SMS" in [one.upper() for one in added.capabilities], "it has no SMS")
    paged(pool, number.sid)
    same("fetched", pool(number.sid).fetch().phone_number, number.phone_number)


@step("messaging: a number twice is 21710")
def _():
    pool = messaging.services(made.service).phone_numbers
    refused(lambda: pool.create(phone_number_sid=made.numbers[0].sid), (400, 409), 21710)


@step("messaging: add a short code")
def _():
    codes = messaging.services(made.service).short_codes
    same("sid", codes.create(short_code_sid=made.short_code).sid, made.short_code)
    paged(codes, made.short_code)
    like("short_code", codes(made.short_code).fetch().short_code, "[0-9]{5,6}")
    removed(codes(made.short_code))


@step("messaging: alpha senders")
def _():
    senders = messaging.services(made.service).alpha_senders
    one, two = (sid(senders.create(alpha_sender=name).sid, "AI") for name in ("ACME", "ACME Two"))
    same("alpha_sender", senders(one).fetch().alpha_sender, "ACME")
    paged(senders, one, two)
    removed(senders(one))
    removed(senders(two))


@step("messaging: alpha senders of one country")
def _():
    senders = messaging.services(made.service).destination_alpha_senders
    one = sid(senders.create(alpha_sender="ACME", iso_country_code="GB").sid, "AI")
    same("iso_country_code", senders(one).fetch().iso_country_code, "GB")
    paged(senders, one)
    removed(senders(one))


@step("messaging: channel senders")
def _():
    senders = messaging.services(made.service).channel_senders
    one = sid(senders.create(sid="XE" + "0" * 31 + "1").sid, "XE")
    same("sid fetched", senders(one).fetch().sid, one)
    paged(senders, one)
    removed(senders(one))


@step("messaging: send with the service")
def _():
    message = client.messages.create(to="+447700900115", messaging_service_sid=made.service, body="From a pool")
    same("status", message.status, "accepted")
    same("from", message.from_, None)
    same("messaging_service_sid", message.messaging_service_sid, made.service)
    same("num_segments", message.num_segments, "0")
    message = delivered(sid(message.sid, "SM"))
    same("from in the end", message.from_, made.numbers[0].phone_number)
    same("num_segments in the end", message.num_segments, "1")


@step("messaging: use cases of services")
def _():
    check(messaging.usecases.fetch().usecases, "there is none")


@step("messaging: register a brand")
def _():
    brand = messaging.brand_registrations.create(
        customer_profile_bundle_sid="BU" + "0" * 31 + "1", a2p_profile_bundle_sid="BU" + "0" * 31 + "2", mock=True
    )
    made.brand = sid(brand.sid, "BN")
    among("status", brand.status, ("PENDING", "IN_REVIEW", "APPROVED"))
    same("mock", brand.mock, True)
    other = messaging.brand_registrations.create(
        customer_profile_bundle_sid="BU" + "0" * 31 + "3", a2p_profile_bundle_sid="BU" + "0" * 31 + "4"
    )
    paged(messaging.brand_registrations, brand.sid, other.sid)
    fetched = messaging.brand_registrations(brand.sid).fetch()
    same("customer_profile_bundle_sid", fetched.customer_profile_bundle_sid, "BU" + "0" * 31 + "1")
    same("brand_type", fetched.brand_type, "STANDARD")
    same("submitted again", messaging.brand_registrations(brand.sid).update().sid, brand.sid)


@step("messaging: vet a brand")
def _():
    vettings = messaging.brand_registrations(made.brand).brand_vettings
    one = vettings.create(vetting_provider="campaign-verify", vetting_id="cv-1")
    sid(one.brand_vetting_sid, "VT")
    same("brand_sid", one.brand_sid, made.brand)
    same("vetting_provider", one.vetting_provider, "campaign-verify")
    paged(vettings, one.brand_vetting_sid, key="brand_vetting_sid")
    same("fetched", vettings(one.brand_vetting_sid).fetch().brand_vetting_sid, one.brand_vetting_sid)


@step("messaging: use cases of a campaign")
def _():
    found = messaging.services(made.service).us_app_to_person_usecases.fetch(brand_registration_sid=made.brand)
    codes = [one["code"] for one in found.us_app_to_person_usecases]
    check("2FA" in codes and "MARKETING" in codes, f"the codes are {codes}")
    made.usecase = "2FA"


@step("messaging: register a campaign")
def _():
    campaigns = messaging.services(made.service).us_app_to_person
    words = "Customers get a code when they sign in to their account on our site."
    one = campaigns.create(
        brand_registration_sid=made.brand,
        description=words,
        message_flow=words,
        message_samples=["Your code for Acme is 123456", "Use 654321 to sign in to Acme"],
        us_app_to_person_usecase=made.usecase,
        has_embedded_links=False,
        has_embedded_phone=False,
    )
    sid(one.sid, "QE")
    among("campaign_status", one.campaign_status, ("PENDING", "IN_PROGRESS", "VERIFIED"))
    same("messaging_service_sid", one.messaging_service_sid, made.service)
    same("brand_registration_sid", one.brand_registration_sid, made.brand)
    same("message_samples", len(one.message_samples), 2)
    paged(campaigns, one.sid)
    same("fetched", campaigns(one.sid).fetch().description, words)
    updated = campaigns(one.sid).update(
        has_embedded_links=True,
        has_embedded_phone=False,
        message_samples=one.message_samples,
        message_flow=words,
        description="New: " + words,
        age_gated=False,
        direct_lending=False,
    )
    same("updated", updated.description, "New: " + words)
    same("has_embedded_links", campaigns(one.sid).fetch().has_embedded_links, True)
    removed(campaigns(one.sid))


@step("messaging: verify a toll-free number")
def _():
    number = client.incoming_phone_numbers.create(phone_number=made.tollfree_offer)
    verifications = messaging.tollfree_verifications
    one = verifications.create(
        business_name="Acme",
        business_website="https://example.com",
        notification_email="sms@example.com",
        use_case_categories=["TWO_FACTOR_AUTHENTICATION", "MARKETING"],
        use_case_summary="Codes for signing in",
        production_message_sample="Your code is 123456",
        opt_in_image_urls=["https://example.com/opt-in.png"],
        opt_in_type="WEB_FORM",
        message_volume="1,000",
        tollfree_phone_number_sid=number.sid,
        external_reference_id="ref-1",
    )
    sid(one.sid, "HH")
    among("status", one.status, ("PENDING_REVIEW", "IN_REVIEW", "TWILIO_APPROVED"))
    same("business_name", one.business_name, "Acme")
    same("use_case_categories", one.use_case_categories, ["TWO_FACTOR_AUTHENTICATION", "MARKETING"])
    same("tollfree_phone_number_sid", one.tollfree_phone_number_sid, number.sid)
    paged(verifications, one.sid)
    found = verifications.list(tollfree_phone_number_sid=number.sid)
    same("found by number", [found_one.sid for found_one in found], [one.sid])
    same("updated", verifications(one.sid).update(business_name="Acme Ltd").business_name, "Acme Ltd")
    same("fetched", verifications(one.sid).fetch().business_name, "Acme Ltd")
    removed(verifications(one.sid))
    removed(client.incoming_phone_numbers(number.sid))


@step("messaging: remove the number, delete a service")
def _():
    removed(messaging.services(made.service).phone_numbers(made.numbers[0].sid))
    removed(messaging.services(made.services[1].sid))


@step("messaging: a service without a name is refused")
def _():
    refused(lambda: messaging.services.create(friendly_name=""), 400, (20001, 20002, 20422, 30400))


# Verify


@step("verify: create two services")
def _():
    made.verify_services = []
    for name in ("Acme", "Acme Two"):
        one = verify.services.create(friendly_name=name, code_length=6)
        sid(one.sid, "VA")
        same("friendly_name", one.friendly_name, name)
        same("code_length", one.code_length, 6)
        same("custom_code_enabled", one.custom_code_enabled, False)
        made.verify_services.append(one.sid)
    made.verify_service = made.verify_services[0]


@step("verify: update, fetch, and list services in pages")
def _():
    context = verify.services(made.verify_service)
    same("code_length", context.update(code_length=5, friendly_name="Acme Shop").code_length, 5)
    same("fetched", context.fetch().friendly_name, "Acme Shop")
    paged(verify.services, *made.verify_services)
    link = verify.services.page(page_size=1).next_page_url
    check(str(link).startswith(f"{BASE}/verify.twilio.com/v2/Services?"), f"next_page_url is {link}")


@step("verify: start a verification")
def _():
    one = verify.services(made.verify_service).verifications.create(to="+447700900116", channel="sms")
    made.verification = sid(one.sid, "VE")
    same("status", one.status, "pending")
    same("to", one.to, "+447700900116")
    same("channel", one.channel, "sms")
    same("valid", one.valid, False)
    same("service_sid", one.service_sid, made.verify_service)
    same("send_code_attempts", len(one.send_code_attempts), 1)
    sid(one.send_code_attempts[0]["attempt_sid"], "VL")


@step("verify: fetch it")
def _():
    one = verify.services(made.verify_service).verifications(made.verification).fetch()
    same("sid", one.sid, made.verification)
    same("status", one.status, "pending")


@step("verify: the code has the length of the service")
def _():
    check(made.verification, "there is no verification")
    made.code = last_code("+447700900116")
    like("the code", made.code, "[0-9]{5}")


@step("verify: a wrong code leaves it pending")
def _():
    checks = verify.services(made.verify_service).verification_checks
    one = checks.create(to="+447700900116", code=another(made.code))
    same("status", one.status, "pending")
    same("valid", one.valid, False)
    same("sid", one.sid, made.verification)


@step("verify: the right code approves it")
def _():
    checks = verify.services(made.verify_service).verification_checks
    one = checks.create(to="+447700900116", code=made.code)
    same("status", one.status, "approved")
    same("valid", one.valid, True)
    made.approved = one.sid


@step("verify: an approved one is gone")
def _():
    service = verify.services(made.verify_service)
    gone(service.verifications(made.approved))
    refused(lambda: service.verification_checks.create(to="+447700900116", code=made.code), 404, 20404)


@step("verify: check by the sid of the verification")
def _():
    service = verify.services(made.verify_service)
    one = service.verifications.create(to="+447700900117", channel="sms")
    checked = service.verification_checks.create(verification_sid=one.sid, code=last_code("+447700900117"))
    same("status", checked.status, "approved")


@step("verify: cancel one")
def _():
    service = verify.services(made.verify_service)
    one = service.verifications.create(to="+447700900118", channel="sms")
    same("status", service.verifications(one.sid).update(status="canceled").status, "canceled")
    code = last_code("+447700900118")
    refused(lambda: service.verification_checks.create(to="+447700900118", code=code), 404, 20404)


@step("verify: a code of one's own, reported as approved")
def _():
    custom = verify.services.create(friendly_name="Own codes", custom_code_enabled=True)
    same("custom_code_enabled", custom.custom_code_enabled, True)
    service = verify.services(custom.sid)
    one = service.verifications.create(to="+447700900119", channel="sms", custom_code="424242")
    same("the code sent", last_code("+447700900119"), "424242")
    same("status", service.verifications(one.sid).update(status="approved").status, "approved")
    gone(service.verifications(one.sid))
    removed(service)


@step("verify: a code of one's own without leave is 60204")
def _():
    verifications = verify.services(made.verify_service).verifications
    refused(lambda: verifications.create(to="+447700900119", channel="sms", custom_code="424242"), 403, 60204)


@step("verify: a bad recipient or channel is 60200")
def _():
    verifications = verify.services(made.verify_service).verifications
    refused(lambda: verifications.create(to="nobody", channel="sms"), 400, 60200)
    refused(lambda: verifications.create(to="+447700900119", channel="pigeon"), 400, 60200)


@step("verify: the sixth check is 60202")
def _():
    service = verify.services(made.verify_service)
    service.verifications.create(to="+447700900120", channel="sms")
    code = last_code("+447700900120")
    for _ in range(5):
        same("status", service.verification_checks.create(to="+447700900120", code=another(code)).status, "pending")
    refused(lambda: service.verification_checks.create(to="+447700900120", code=code), 429, 60202)


@step("verify: the sixth send is 60203")
def _():
    verifications = verify.services(made.verify_service).verifications
    for sends in range(1, 6):
        one = verifications.create(to="+447700900121", channel="sms")
        same("send_code_attempts", len(one.send_code_attempts), sends)
    refused(lambda: verifications.create(to="+447700900121", channel="sms"), 429, 60203)


@step("verify: templates")
def _():
    found = verify.templates.list()
    check(found, "there is none")
    sid(found[0].sid, "HJ")
    check("sms" in found[0].channels, "it is not for sms")
    texts = [one["text"] for one in found[0].translations.values()]
    check(texts and all("{{code}}" in text for text in texts), "a translation has no place for the code")


@step("verify: attempts of a verification")
def _():
    found = verify.verification_attempts.list(verification_sid=made.approved)
    same("how many", len(found), 1)
    sid(found[0].sid, "VL")
    same("conversion_status", found[0].conversion_status, "converted")
    same("channel_data.to", found[0].channel_data["to"], "+447700900116")
    fetched = verify.verification_attempts(found[0].sid).fetch()
    same("verification_sid", fetched.verification_sid, made.approved)
    paged(verify.verification_attempts, found[0].sid, verify_service_sid=made.verify_service)


@step("verify: summary of attempts")
def _():
    summary = verify.verification_attempts_summary().fetch(verify_service_sid=made.verify_service)
    check(summary.total_attempts >= 3, f"total_attempts is {summary.total_attempts}")
    check(summary.total_converted >= 2, f"total_converted is {summary.total_converted}")
    same("the sum", summary.total_converted + summary.total_unconverted, summary.total_attempts)
    check(0 < float(summary.conversion_rate_percentage) < 100, "the rate is no share")


@step("verify: rate limits")
def _():
    limits = verify.services(made.verify_service).rate_limits
    one = limits.create(unique_name="per_ip", description="By address")
    made.rate_limit = sid(one.sid, "RK")
    same("unique_name", one.unique_name, "per_ip")
    two = limits.create(unique_name="per_user")
    same("updated", limits(one.sid).update(description="By IP").description, "By IP")
    same("fetched", limits(one.sid).fetch().description, "By IP")
    paged(limits, one.sid, two.sid)
    removed(limits(two.sid))


@step("verify: buckets of a rate limit")
def _():
    limit = verify.services(made.verify_service).rate_limits(made.rate_limit)
    one = limit.buckets.create(max=4, interval=60)
    sid(one.sid, "BL")
    same("rate_limit_sid", one.rate_limit_sid, made.rate_limit)
    two = limit.buckets.create(max=10, interval=3600)
    same("updated", limit.buckets(one.sid).update(max=5).max, 5)
    same("interval stays", limit.buckets(one.sid).fetch().interval, 60)
    paged(limit.buckets, one.sid, two.sid)
    removed(limit.buckets(one.sid))
    removed(limit)


@step("verify: webhooks")
def _():
    hooks = verify.services(made.verify_service).webhooks
    one, two = (
        hooks.create(friendly_name=name, event_types=["*"], webhook_url=f"https://example.com/{name}")
        for name in ("one", "two")
    )
    sid(one.sid, "YW")
    same("event_types", one.event_types, ["*"])
    same("updated", hooks(one.sid).update(friendly_name="three").friendly_name, "three")
    same("fetched", hooks(one.sid).fetch().webhook_url, "https://example.com/one")
    paged(hooks, one.sid, two.sid)
    removed(hooks(one.sid))
    removed(hooks(two.sid))


@step("verify: messaging configurations")
def _():
    configurations = verify.services(made.verify_service).messaging_configurations
    one = configurations.create(country="GB", messaging_service_sid=made.service)
    same("country", one.country, "GB")
    same("messaging_service_sid", one.messaging_service_sid, made.service)
    configurations.create(country="all", messaging_service_sid=made.service)
    paged(configurations, "GB", "all", key="country")
    same("fetched", configurations("GB").fetch().messaging_service_sid, made.service)
    other = messaging.services.create(friendly_name="Codes").sid
    same("updated", configurations("GB").update(messaging_service_sid=other).messaging_service_sid, other)
    removed(configurations("GB"))


@step("verify: safe list")
def _():
    one = verify.safelist.create(phone_number="+447700900122")
    sid(one.sid, "GN")
    same("phone_number", verify.safelist("+447700900122").fetch().phone_number, "+447700900122")
    removed(verify.safelist("+447700900122"))


@step("verify: delete the services")
def _():
    for one in made.verify_services:
        removed(verify.services(one))
    service = verify.services(made.verify_service)
    refused(lambda: service.verifications.create(to="+447700900116", channel="sms"), 404, 20404)


# Lookup


@step("lookup 1: carrier")
def _():
    one = lookups1.phone_numbers("+447700900123").fetch(type=["carrier"])
    same("phone_number", one.phone_number, "+447700900123")
    same("country_code", one.country_code, "GB")
    among("carrier.type", one.carrier["type"], ("mobile", "landline", "voip"))
    check(one.carrier["name"], "carrier.name is not set")
    same("caller_name", one.caller_name, None)


@step("lookup 1: format only, and an unknown number")
def _():
    one = lookups1.phone_numbers("+15555550123").fetch()
    same("country_code", one.country_code, "US")
    same("carrier", one.carrier, None)
    gone(lookups1.phone_numbers("+15"))


@step("lookup 2: without packages")
def _():
    one = lookups2.phone_numbers("+447700900123").fetch()
    same("valid", one.valid, True)
    same("country_code", one.country_code, "GB")
    same("calling_country_code", one.calling_country_code, "44")
    same("phone_number", one.phone_number, "+447700900123")
    check(not one.validation_errors, "it has validation errors")
    same("line_type_intelligence", one.line_type_intelligence, None)


@step("lookup 2: a number as it is written in its country")
def _():
    same("phone_number", lookups2.phone_numbers("07700900123").fetch(country_code="GB").phone_number, "+447700900123")


@step("lookup 2: an invalid number is an answer")
def _():
    one = lookups2.phone_numbers("+4477009").fetch()
    same("valid", one.valid, False)
    check(one.validation_errors, "validation_errors is empty")
    check("TOO_LONG" in lookups2.phone_numbers("+44770090012345678").fetch().validation_errors, "it is not too long")


@step("lookup 2: line type intelligence")
def _():
    one = lookups2.phone_numbers("+447700900123").fetch(fields="line_type_intelligence")
    same("type", one.line_type_intelligence["type"], "mobile")
    same("error_code", one.line_type_intelligence["error_code"], None)
    check(one.line_type_intelligence["carrier_name"], "carrier_name is not set")
    same("sim_swap", one.sim_swap, None)


@step("lookup 2: SIM swap")
def _():
    one = lookups2.phone_numbers("+447700900123").fetch(fields="sim_swap")
    check(isinstance(one.sim_swap["last_sim_swap"]["swapped_in_period"], bool), "swapped_in_period is no bool")


@step("lookup 2: caller name")
def _():
    one = lookups2.phone_numbers("+15555550123").fetch(fields="caller_name")
    among("caller_type", one.caller_name["caller_type"], ("CONSUMER", "BUSINESS", None))
    check("caller_name" in one.caller_name, "caller_name has no caller_name")


@step("lookup 2: several packages at once")
def _():
    fields = "call_forwarding,line_status,reassigned_number,sms_pumping_risk,identity_match"
    one = lookups2.phone_numbers("+15555550123").fetch(
        fields=fields, first_name="Ada", last_name="Smith", last_verified_date="20200101"
    )
    for field in fields.split(","):
        check(isinstance(getattr(one, field), dict), f"{field} is no object")
        check("error_code" in getattr(one, field), f"{field} has no error_code")


# Pricing


@step("pricing 1: messaging")
def _():
    found = pricing1.messaging.countries.list(limit=500, page_size=100)
    check({"GB", "US"} <= {one.iso_country for one in found}, "GB and US are not both listed")
    one = pricing1.messaging.countries("US").fetch()
    same("price_unit", one.price_unit, "USD")
    check(one.outbound_sms_prices and one.inbound_sms_prices, "there is no price")
    float(one.outbound_sms_prices[0]["prices"][0]["current_price"])
    float(one.inbound_sms_prices[0]["current_price"])


@step("pricing 1: phone numbers")
def _():
    check(pricing1.phone_numbers.countries.list(limit=3, page_size=1), "no country is listed")
    one = pricing1.phone_numbers.countries("GB").fetch()
    same("iso_country", one.iso_country, "GB")
    float(one.phone_number_prices[0]["current_price"])


@step("pricing 1: voice")
def _():
    check(pricing1.voice.countries.list(limit=3, page_size=1), "no country is listed")
    one = pricing1.voice.countries("GB").fetch()
    same("iso_country", one.iso_country, "GB")
    float(one.outbound_prefix_prices[0]["current_price"])
    same("number", pricing1.voice.numbers("+447700900123").fetch().number, "+447700900123")


@step("pricing 2: voice")
def _():
    check(pricing2.voice.countries.list(limit=3, page_size=1), "no country is listed")
    one = pricing2.voice.countries("GB").fetch()
    same("iso_country", one.iso_country, "GB")
    float(one.outbound_prefix_prices[0]["current_price"])
    number = pricing2.voice.numbers("+447700900123").fetch(origination_number="+15555550123")
    same("destination_number", number.destination_number, "+447700900123")


@step("pricing: pages of one, and an unknown country")
def _():
    first = pricing1.messaging.countries.page(page_size=1)
    second = first.next_page()
    check(next(first).iso_country != next(second).iso_country, "two pages hold the same country")
    gone(pricing1.messaging.countries("ZZ"))


# Conversations


@step("conversations: create two")
def _():
    one = conversations.conversations.create(friendly_name="Order 1", unique_name="order-1", attributes='{"a":1}')
    made.conversation = sid(one.sid, "CH")
    same("friendly_name", one.friendly_name, "Order 1")
    same("unique_name", one.unique_name, "order-1")
    same("attributes", one.attributes, '{"a":1}')
    same("state", one.state, "active")
    made.chat_service = sid(one.chat_service_sid, "IS")
    made.other_conversation = sid(conversations.conversations.create(friendly_name="Order 2").sid, "CH")


@step("conversations: fetch by unique name, update, list in pages")
def _():
    same("sid", conversations.conversations("order-1").fetch().sid, made.conversation)
    context = conversations.conversations(made.conversation)
    updated = context.update(friendly_name="Order 1, paid", state="inactive")
    same("friendly_name", updated.friendly_name, "Order 1, paid")
    same("state", context.fetch().state, "inactive")
    same("state", context.update(state="active").state, "active")
    paged(conversations.conversations, made.conversation, made.other_conversation)


@step("conversations: a unique name twice is a conflict")
def _():
    refused(lambda: conversations.conversations.create(unique_name="order-1"), (400, 409), (50353, 20409))


@step("conversations: participants")
def _():
    participants = conversations.conversations(made.conversation).participants
    sms = participants.create(
        messaging_binding_address="+447700900124", messaging_binding_proxy_address=NUMBER
    )
    made.participant = sid(sms.sid, "MB")
    same("binding type", sms.messaging_binding["type"], "sms")
    same("binding address", sms.messaging_binding["address"], "+447700900124")
    same("binding proxy_address", sms.messaging_binding["proxy_address"], NUMBER)
    chat = participants.create(identity="clerk")
    same("identity", chat.identity, "clerk")
    same("updated", participants(chat.sid).update(attributes='{"b":2}').attributes, '{"b":2}')
    same("fetched", participants(chat.sid).fetch().identity, "clerk")
    paged(participants, sms.sid, chat.sid)
    made.clerk = chat.sid


@step("conversations: find them by participant")
def _():
    found = conversations.participant_conversations.list(address="+447700900124")
    same("by address", [one.conversation_sid for one in found], [made.conversation])
    found = conversations.participant_conversations.list(identity="clerk")
    same("by identity", [one.conversation_sid for one in found], [made.conversation])


@step("conversations: messages")
def _():
    messages = conversations.conversations(made.conversation).messages
    one = messages.create(author="clerk", body="Your order is packed, code 135790")
    made.im = sid(one.sid, "IM")
    same("index", one.index, 0)
    same("author", one.author, "clerk")
    two = messages.create(body="Your order is on its way")
    same("index", two.index, 1)
    same("author by default", two.author, "system")
    same("fetched", messages(one.sid).fetch().body, "Your order is packed, code 135790")
    same("newest first", [each.sid for each in messages.list(order="desc")], [two.sid, one.sid])
    same("in pages", paged(messages, one.sid, two.sid), [one.sid, two.sid])
    same("updated", messages(two.sid).update(body="Arrived").body, "Arrived")
    removed(messages(two.sid))


@step("conversations: an SMS participant gets the message")
def _():
    check(made.im, "there is no message")
    same("the code", last_code("+447700900124"), "135790")


@step("conversations: receipts of a message")
def _():
    receipts = conversations.conversations(made.conversation).messages(made.im).delivery_receipts
    found = until("a receipt", lambda: [one for one in receipts.list() if one.status == "delivered"])
    sid(found[0].sid, "DY")
    sid(found[0].channel_message_sid, "SM")
    same("participant_sid", found[0].participant_sid, made.participant)
    same("error_code", found[0].error_code, 0)
    same("fetched", receipts(found[0].sid).fetch().message_sid, made.im)


@step("conversations: webhooks of one")
def _():
    hooks = conversations.conversations(made.conversation).webhooks
    one = hooks.create(
        target="webhook",
        configuration_url="https://example.com/hook",
        configuration_method="POST",
        configuration_filters=["onMessageAdded"],
    )
    sid(one.sid, "WH")
    same("target", one.target, "webhook")
    same("url", one.configuration["url"], "https://example.com/hook")
    same("filters", one.configuration["filters"], ["onMessageAdded"])
    hooks(one.sid).update(configuration_url="https://example.com/other")
    same("url fetched", hooks(one.sid).fetch().configuration["url"], "https://example.com/other")
    paged(hooks, one.sid)
    removed(hooks(one.sid))


@step("conversations: remove a participant")
def _():
    removed(conversations.conversations(made.conversation).participants(made.clerk))


@step("conversations: services")
def _():
    one = conversations.services.create(friendly_name="Support")
    sid(one.sid, "IS")
    same("fetched", conversations.services(one.sid).fetch().friendly_name, "Support")
    paged(conversations.services, one.sid, made.chat_service)
    inside = conversations.services(one.sid).conversations.create(friendly_name="Inside")
    same("chat_service_sid", inside.chat_service_sid, one.sid)
    paged(conversations.services(one.sid).conversations, inside.sid)
    check(inside.sid not in [each.sid for each in conversations.conversations.list()], "it is in the default service")
    removed(conversations.services(one.sid))


@step("conversations: configuration")
def _():
    one = conversations.configuration().fetch()
    same("account_sid", one.account_sid, ACCOUNT)
    same("default_chat_service_sid", one.default_chat_service_sid, made.chat_service)
    updated = conversations.configuration().update(default_messaging_service_sid=made.service)
    same("default_messaging_service_sid", updated.default_messaging_service_sid, made.service)
    same("fetched", conversations.configuration().fetch().default_messaging_service_sid, made.service)


@step("conversations: configuration of webhooks")
def _():
    hooks = conversations.configuration.webhooks()
    hooks.update(post_webhook_url="https://example.com/post", method="POST", filters=["onMessageAdded"])
    one = hooks.fetch()
    same("post_webhook_url", one.post_webhook_url, "https://example.com/post")
    same("filters", one.filters, ["onMessageAdded"])


@step("conversations: users")
def _():
    one = conversations.users.create(identity="ada", friendly_name="Ada")
    sid(one.sid, "US")
    same("identity", one.identity, "ada")
    same("updated", conversations.users(one.sid).update(friendly_name="Ada S").friendly_name, "Ada S")
    same("fetched", conversations.users(one.sid).fetch().friendly_name, "Ada S")
    two = conversations.users.create(identity="grace")
    paged(conversations.users, one.sid, two.sid)
    removed(conversations.users(one.sid))
    removed(conversations.users(two.sid))


@step("conversations: roles")
def _():
    one = conversations.roles.create(friendly_name="Reader", type="conversation", permission=["sendMessage"])
    sid(one.sid, "RL")
    same("permissions", one.permissions, ["sendMessage"])
    updated = conversations.roles(one.sid).update(permission=["sendMessage", "leaveConversation"])
    same("updated", sorted(updated.permissions), ["leaveConversation", "sendMessage"])
    same("fetched", conversations.roles(one.sid).fetch().type, "conversation")
    paged(conversations.roles, one.sid)
    removed(conversations.roles(one.sid))


@step("conversations: addresses")
def _():
    addresses = conversations.address_configurations
    one = addresses.create(type="sms", address="+15555550124", friendly_name="Desk")
    sid(one.sid, "IG")
    same("address", one.address, "+15555550124")
    same("updated", addresses(one.sid).update(friendly_name="Front desk").friendly_name, "Front desk")
    same("fetched", addresses(one.sid).fetch().friendly_name, "Front desk")
    paged(addresses, one.sid)
    removed(addresses(one.sid))


@step("conversations: delete both")
def _():
    removed(conversations.conversations(made.conversation))
    removed(conversations.conversations(made.other_conversation))


sys.exit(run("twilio for Python"))
