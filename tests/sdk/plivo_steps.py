"""Walks every product with Plivo's SDK for Python."""

import os
import sys
import tempfile

import plivo
from plivo import exceptions
from plivo.resources import lookup
from plivo.rest import client as rest

from steps import BASE, SANDBOX, among, another, check, last_code, like, made, own_api, run, same, secret, step, until

AUTH_ID = SANDBOX["plivo"]["auth_id"]
TOKEN = SANDBOX["plivo"]["auth_token"]
NUMBER = SANDBOX["plivo"]["number"]

# The SDK has no setting for the addresses: these are its constants. Calls of the voice API, to which its
# applications belong, go to the address with the vendor's host.
rest.PLIVO_API_BASE_URI = f"{BASE}/v1/Account"
rest.API_VOICE_BASE_URI = f"{BASE}/api.plivo.com/v1/Account"
rest.API_VOICE_BASE_URI_FALLBACK_1 = rest.API_VOICE_BASE_URI
rest.API_VOICE_BASE_URI_FALLBACK_2 = rest.API_VOICE_BASE_URI
lookup.LOOKUP_API_ENDPOINT = f"{BASE}/lookup.plivo.com/v1/Number"

UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
WORDS = "Customers get a code when they sign in to their account on our site."


def client_of(auth_id, token):
    return plivo.RestClient(auth_id, token, timeout=20)


client = client_of(AUTH_ID, TOKEN)


def refused(call, kind):
    """Expects an error of this kind of the SDK."""
    try:
        call()
    except kind as error:
        check(str(error), "the error has no words")
        return
    raise AssertionError(f"was not refused with {kind.__name__}")


def gone(call):
    refused(call, exceptions.ResourceNotFoundError)


def paged(listing, key, wanted, field="objects"):
    """Reads pages of one record each to the end, and finds what is wanted."""
    found, offset = [], 0
    while True:
        page = listing(limit=1, offset=offset)
        records = getattr(page, field)
        check(len(records) <= 1, f"a page of one record has {len(records)}")
        found += [getattr(record, key) for record in records]
        same("meta.limit", page.meta.limit, 1)
        same("meta.offset", page.meta.offset, offset)
        check(len(found) < 500, "the pages have no end")
        if not page.meta.next:
            break
        offset += 1
        check(f"offset={offset}" in page.meta.next, f"meta.next is {page.meta.next}")
    for one in wanted:
        check(one in found, f"{one} is not listed")
    same("the number of records listed twice", len(found) - len(set(found)), 0)
    return found


def state(uuid):
    return client.messages.get(uuid).message_state


# Messages


@step("messages: create")
def _():
    answer = client.messages.create(src=NUMBER, dst="+447700900130", text="Your code is 246810")
    like("api_id", answer.api_id, UUID)
    same("message", answer.message, "message(s) queued")
    same("the number of uuids", len(answer.message_uuid), 1)
    like("message_uuid", answer.message_uuid[0], UUID)
    made.message = answer.message_uuid[0]


@step("messages: its code is read from the sandbox")
def _():
    check(made.message, "there is no message")
    same("the code", last_code("+447700900130"), "246810")


@step("messages: get, delivered in the end")
def _():
    until("delivered", lambda: state(made.message) == "delivered")
    message = client.messages.get(made.message)
    same("message_uuid", message.message_uuid, made.message)
    same("to_number", message.to_number, "447700900130")
    same("from_number", message.from_number, NUMBER.lstrip("+"))
    same("message_direction", message.message_direction, "outbound")
    same("message_type", message.message_type, "sms")
    same("units", int(message.units), 1)
    same("error_code", message.error_code, "000")
    float(message.total_amount)


@step("messages: several recipients in one")
def _():
    answer = client.messages.create(src=NUMBER, dst="+447700900131<+447700900132<+447700900131", text="To both")
    same("the number of uuids", len(set(answer.message_uuid)), 2)
    numbers = sorted(client.messages.get(uuid).to_number for uuid in answer.message_uuid)
    same("the recipients", numbers, ["447700900131", "447700900132"])


@step("messages: several recipients, one invalid")
def _():
    answer = client.messages.create(src=NUMBER, dst="+447700900133<12", text="To one")
    same("the number of uuids", len(answer.message_uuid), 1)
    same("invalid_number", answer.invalid_number, ["12"])


@step("messages: list in pages, newest first")
def _():
    client.messages.create(src=NUMBER, dst="+447700900130", text="Second")
    found = paged(lambda **page: client.messages.list(to_number="447700900130", **page), "message_uuid", [made.message])
    same("the number of messages", len(found), 2)
    same("the last", found[1], made.message)


@step("messages: list by state and direction")
def _():
    check(made.message, "there is no message")
    found = client.messages.list(message_state="delivered", message_direction="outbound", limit=20)
    check(len(found) >= 1, "none is listed")
    same("the states", {one.message_state for one in found}, {"delivered"})
    same("inbound", len(client.messages.list(message_direction="inbound")), 0)


@step("messages: media of an MMS")
def _():
    answer = client.messages.create(
        src=NUMBER, dst="+15555550127", text="Look", type_="mms", media_urls=["https://example.com/a.png"]
    )
    message = client.messages.get(answer.message_uuid[0])
    same("message_type", message.message_type, "mms")
    media = message.listMedia()
    same("message_uuid", media.message_uuid, answer.message_uuid[0])
    same("the number of media", len(media.objects), 1)
    like("media_id", media.objects[0].media_id, UUID)


@step("messages: an unknown uuid is not found")
def _():
    gone(lambda: client.messages.get("00000000-0000-4000-8000-000000000000"))


@step("messages: an invalid recipient is a validation error")
def _():
    refused(lambda: client.messages.create(src=NUMBER, dst="12", text="x"), exceptions.ValidationError)


@step("messages: no text is a validation error")
def _():
    refused(lambda: client.messages.create(src=NUMBER, dst="+447700900130"), exceptions.ValidationError)


@step("messages: a country that is not allowed")
def _():
    own_api("faults", {"fault": "refuse", "status": 403, "to": "+447700900134"}, "POST")
    send = lambda: client.messages.create(src=NUMBER, dst="+447700900134", text="x")
    try:
        refused(send, exceptions.GeoPermissionError)
    finally:
        own_api("faults", method="DELETE")
    same("the number of uuids", len(send().message_uuid), 1)


@step("messages: a wrong token is an authentication error")
def _():
    wrong = client_of(AUTH_ID, "0" * len(TOKEN))
    refused(lambda: wrong.messages.get(made.message), exceptions.AuthenticationError)
    refused(lambda: wrong.messages.create(src=NUMBER, dst="+447700900130", text="x"), exceptions.AuthenticationError)


# Accounts


@step("account: get and update")
def _():
    own = client.account.get()
    same("auth_id", own.auth_id, AUTH_ID)
    among("billing_mode", own.billing_mode, ("prepaid", "postpaid"))
    float(own.cash_credits)
    same("message", client.account.update(name="Acme", city="London").message, "changed")
    same("name after", client.account.get().name, "Acme")
    same("city after", client.account.get().city, "London")


@step("subaccounts: create two")
def _():
    one = client.subaccounts.create(name="North", enabled=True)
    same("message", one.message, "created")
    like("auth_id", one.auth_id, "SA[A-Z0-9]{18}")
    secret(one.auth_token)
    made.subaccount = one
    made.other_subaccount = client.subaccounts.create(name="South").auth_id


@step("subaccounts: get and list in pages")
def _():
    one = client.subaccounts.get(made.subaccount.auth_id)
    same("name", one.name, "North")
    same("enabled", one.enabled, True)
    check(one.account.endswith(f"/v1/Account/{AUTH_ID}/"), f"account is {one.account}")
    same("enabled by default", client.subaccounts.get(made.other_subaccount).enabled, False)
    paged(client.subaccounts.list, "auth_id", [made.subaccount.auth_id, made.other_subaccount])


@step("subaccounts: update")
def _():
    same("message", client.subaccounts.update(made.other_subaccount, "South 2", True).message, "changed")
    one = client.subaccounts.get(made.other_subaccount)
    same("name after", one.name, "South 2")
    same("enabled after", one.enabled, True)


@step("subaccounts: send with its own token")
def _():
    own = client_of(made.subaccount.auth_id, made.subaccount.auth_token)
    answer = own.messages.create(src=NUMBER, dst="+447700900135", text="From the north")
    same("to_number", own.messages.get(answer.message_uuid[0]).to_number, "447700900135")


@step("subaccounts: delete")
def _():
    client.subaccounts.delete(made.other_subaccount)
    gone(lambda: client.subaccounts.get(made.other_subaccount))
    client.subaccounts.delete(made.subaccount.auth_id, cascade=True)
    own = client_of(made.subaccount.auth_id, made.subaccount.auth_token)
    send = lambda: own.messages.create(src=NUMBER, dst="+447700900135", text="x")
    refused(send, exceptions.AuthenticationError)


# Applications


@step("applications: create two")
def _():
    one = client.applications.create(
        "Shop", answer_url="https://example.com/answer", message_url="https://example.com/in", message_method="GET"
    )
    same("message", one.message, "created")
    like("app_id", one.app_id, "[0-9]+")
    made.app = one.app_id
    made.other_app = client.applications.create("Other").app_id


@step("applications: get and list in pages")
def _():
    one = client.applications.get(made.app)
    same("app_name", one.app_name, "Shop")
    same("message_url", one.message_url, "https://example.com/in")
    same("message_method", one.message_method, "GET")
    paged(client.applications.list, "app_id", [made.app, made.other_app])


@step("applications: update")
def _():
    same("message", client.applications.update(made.app, message_url="https://example.com/new").message, "changed")
    same("message_url after", client.applications.get(made.app).message_url, "https://example.com/new")


@step("applications: delete")
def _():
    client.applications.delete(made.other_app, cascade=False)
    gone(lambda: client.applications.get(made.other_app))
    same("the name of the one left", client.applications.get(made.app).app_name, "Shop")


# Numbers


@step("numbers: search")
def _():
    found = client.numbers.search("US", type="local", services="sms", limit=5)
    check(len(found.objects) >= 2, "fewer than two are offered")
    for one in found.objects:
        like("number", one.number, "1[0-9]{10}")
        same("sms_enabled", one.sms_enabled, True)
        float(one.monthly_rental_rate)
    made.offers = [one.number for one in found.objects]


@step("numbers: buy two")
def _():
    for offer in made.offers[:2]:
        answer = client.numbers.buy(offer)
        same("status", answer.status, "fulfilled")
        same("message", answer.message, "created")
        same("the number", answer.numbers[0].number, offer)
        same("its status", answer.numbers[0].status.lower(), "success")
    made.number, made.other_number = made.offers[:2]


@step("numbers: get and list in pages")
def _():
    one = client.numbers.get(made.number)
    same("number", one.number, made.number)
    same("sms_enabled", one.sms_enabled, True)
    paged(client.numbers.list, "number", [made.number, made.other_number])
    found = client.numbers.list(number_startswith=made.number)
    same("found by number", [each.number for each in found], [made.number])


@step("numbers: update")
def _():
    same("message", client.numbers.update(made.number, app_id=made.app, alias="Front").message, "changed")
    one = client.numbers.get(made.number)
    same("alias", one.alias, "Front")
    check(one.application.endswith(f"/Application/{made.app}/"), f"application is {one.application}")


@step("numbers: unrent one")
def _():
    client.numbers.delete(made.other_number)
    gone(lambda: client.numbers.get(made.other_number))
    same("the one left", client.numbers.get(made.number).number, made.number)


@step("numbers: one that nobody offers is not found")
def _():
    check(made.number, "there is no number")
    gone(lambda: client.numbers.buy("15555559999"))


# Powerpacks


@step("powerpacks: create two")
def _():
    one = client.powerpacks.create("Shop pack", sticky_sender=False, application_type="XML", application_id=made.app)
    like("uuid", one.uuid, UUID)
    same("name", one.name, "Shop pack")
    same("sticky_sender", one.sticky_sender, False)
    same("local_connect", one.local_connect, True)
    like("number_pool", one.number_pool, f"/v1/Account/{AUTH_ID}/NumberPool/{UUID}/")
    made.pack = one.uuid
    made.other_pack = client.powerpacks.create("Other pack").uuid


@step("powerpacks: get, update, list in pages")
def _():
    same("name", client.powerpacks.get(made.pack).name, "Shop pack")
    updated = client.powerpacks.get(made.pack).update({"name": "Shop pack 2", "sticky_sender": True})
    same("name updated", updated.name, "Shop pack 2")
    same("sticky_sender after", client.powerpacks.get(made.pack).sticky_sender, True)
    paged(client.powerpacks.list, "uuid", [made.pack, made.other_pack])


@step("powerpacks: a name twice is refused")
def _():
    kinds = (exceptions.ValidationError, exceptions.InvalidRequestError)
    check(made.other_pack, "there is no pack")
    try:
        client.powerpacks.create("Other pack")
    except kinds:
        return
    raise AssertionError("was not refused")


@step("powerpacks: add a number")
def _():
    pack = client.powerpacks.get(made.pack)
    added = pack.add_number(made.number)
    same("number", added.number, made.number)
    same("country_iso2", added.country_iso2, "US")
    same("found", pack.find_number(made.number).number, made.number)
    same("listed", [one.number for one in pack.list_numbers().objects], [made.number])
    same("counted", pack.count_numbers(), 1)


@step("powerpacks: send with one")
def _():
    answer = client.messages.create(powerpack_uuid=made.pack, dst="+447700900136", text="From a pack")
    uuid = answer.message_uuid[0]
    until("delivered", lambda: state(uuid) == "delivered")
    message = client.messages.get(uuid)
    same("powerpack_id", message.powerpack_id, made.pack)
    same("from_number", message.from_number, made.number)


@step("powerpacks: buy a number into one")
def _():
    pack = client.powerpacks.get(made.other_pack)
    offer = client.numbers.search("US", type="local", limit=1).objects[0].number
    answer = pack.buy_add_number(number=offer)  # without a number the SDK fails before it asks
    same("number", answer.number, offer)
    same("owned", client.numbers.get(answer.number).number, answer.number)
    pack.remove_number(answer.number, unrent=True)
    gone(lambda: pack.find_number(answer.number))
    gone(lambda: client.numbers.get(answer.number))


@step("powerpacks: toll-free numbers and short codes")
def _():
    pool = client.powerpacks.get(made.pack)
    offer = client.numbers.search("US", type="tollfree", limit=1).objects[0].number
    like("the offer", offer, "18(00|33|44|55|66|77|88)[0-9]{7}")
    client.numbers.buy(offer)
    same("number", pool.add_tollfree(offer).number, offer)
    same("the number of those listed", len(pool.list_tollfree().objects), 1)
    pool.remove_tollfree(offer)
    same("the number of those left", len(pool.list_tollfree().objects), 0)
    same("the number of short codes", len(pool.list_shortcodes().objects), 0)
    made.tollfree = offer


@step("powerpacks: remove the number, delete both")
def _():
    pack = client.powerpacks.get(made.pack)
    same("response", pack.remove_number(made.number).response, "success")
    gone(lambda: pack.find_number(made.number))
    same("response", pack.delete().response, "success")
    gone(lambda: client.powerpacks.get(made.pack))
    client.powerpacks.get(made.other_pack).delete(unrent_numbers=False)
    gone(lambda: client.powerpacks.get(made.other_pack))


# Pricing and lookup


@step("pricing")
def _():
    one = client.pricing.get("US")
    same("country_iso", one.country_iso, "US")
    same("country_code", one.country_code, 1)
    float(one.message.outbound.rate), float(one.message.inbound.rate), float(one.phone_numbers.local.rate)
    same("country_iso", client.pricing.get("GB").country_iso, "GB")


@step("lookup: carrier")
def _():
    one = client.lookup.get("+447700900123")
    same("phone_number", one.phone_number, "+447700900123")
    same("country.iso2", one.country.iso2, "GB")
    same("format.e164", one.format.e164, "+447700900123")
    among("carrier.type", one.carrier.type, ("fixed", "mobile", "voip", "toll-free", "unknown"))
    made.looked_up = one.phone_number


@step("lookup: an invalid number is not found")
def _():
    check(made.looked_up, "no number was found")
    gone(lambda: client.lookup.get("+15"))


# Verify


@step("verify: start a session")
def _():
    answer = client.verify_session.create(recipient="+447700900137")
    same("message", answer.message, "Session initiated")
    like("session_uuid", answer.session_uuid, UUID)
    made.session = answer.session_uuid


@step("verify: get it")
def _():
    one = client.verify_session.get(made.session)
    same("session_uuid", one.session_uuid, made.session)
    same("status", one.status, "in-progress")
    same("recipient", one.recipient, "447700900137")
    same("channel", one.channel, "sms")
    same("count", one.count, 1)
    same("attempt_details", len(one.attempt_details), 1)


@step("verify: a wrong code is refused")
def _():
    check(made.session, "there is no session")
    made.code = last_code("+447700900137")
    like("the code", made.code, "[0-9]{4,8}")
    try:
        client.verify_session.validate(made.session, another(made.code))
    except exceptions.PlivoRestError as error:
        check(not isinstance(error, exceptions.AuthenticationError), "is an authentication error")
    else:
        raise AssertionError("was not refused")
    same("status", client.verify_session.get(made.session).status, "in-progress")


@step("verify: the right code is taken")
def _():
    answer = client.verify_session.validate(made.session, made.code)
    same("message", answer.message, "session validated successfully.")
    same("status", client.verify_session.get(made.session).status, "verified")


@step("verify: a code of one's own, and its length")
def _():
    one = client.verify_session.create(recipient="+447700900138", otp="424242")
    like("session_uuid", one.session_uuid, UUID)
    same("the code sent", last_code("+447700900138"), "424242")
    client.verify_session.create(recipient="+447700900139", code_length=8)
    like("the code sent", last_code("+447700900139"), "[0-9]{8}")


@step("verify: list sessions in pages")
def _():
    paged(client.verify_session.list, "session_uuid", [made.session], field="sessions")
    found = client.verify_session.list(status="verified")
    same("verified", [one.session_uuid for one in found], [made.session])


@step("verify: an unknown session is not found")
def _():
    check(made.session, "there is no session")
    gone(lambda: client.verify_session.get("00000000-0000-4000-8000-000000000000"))


@step("verify: an invalid recipient is a validation error")
def _():
    refused(lambda: client.verify_session.create(recipient="12"), exceptions.ValidationError)


# Registration


@step("profiles: create, get, update, list")
def _():
    address = {"street": "1 High Street", "city": "Anytown", "state": "NY", "postal_code": "10001", "country": "US"}
    contact = {"first_name": "Ada", "last_name": "Smith", "email": "ada@example.com", "phone": "15555550128"}
    profiles = client.profile
    one, two = (
        profiles.create(
            name, "DIRECT", "PRIVATE", "Acme", "RETAIL", ein="123456789", ein_issuing_country="US",
            address=address, authorized_contact=contact, website="https://example.com",
        ).profile_uuid
        for name in ("First", "Second")
    )
    like("profile_uuid", one, UUID)
    same("company_name", profiles.get(one).profile.company_name, "Acme")
    same("address.city", profiles.get(one).profile.address.city, "Anytown")
    same("updated", profiles.update(one, {"company_name": "Acme Ltd"}).profile.company_name, "Acme Ltd")
    listed = [each.profile_uuid for each in profiles.list(limit=20).profiles]
    check(one in listed and two in listed, "they are not both listed")
    same("the length of a page", len(profiles.list(limit=1).profiles), 1)
    profiles.delete(two)
    gone(lambda: profiles.get(two))
    made.profile = one


@step("brands: create, get, list, use cases")
def _():
    answer = client.brand.create("Acme", "STANDARD", made.profile)
    like("brand_id", answer.brand_id, "B[A-Z0-9]{6}")
    made.brand = answer.brand_id
    other = client.brand.create("Acme Two", "STARTER", made.profile).brand_id
    one = client.brand.get(made.brand).brand
    same("brand_alias", one.brand_alias, "Acme")
    same("brand_type", one.brand_type, "STANDARD")
    same("profile_uuid", one.profile_uuid, made.profile)
    among("registration_status", one.registration_status, ("PROCESSING", "COMPLETED"))
    listed = [each.brand_id for each in client.brand.list(limit=20).brands]
    check(made.brand in listed and other in listed, "they are not both listed")
    codes = [each.code for each in client.brand.get_usecases(made.brand).use_cases]
    check("CUSTOMER_CARE" in codes, f"the use cases are {codes}")
    same("brand_id", client.brand.delete(other).brand_id, other)


@step("campaigns: create, get, update, list")
def _():
    answer = client.campaign.create(
        made.brand, "RETAIL", "MIXED", description=WORDS, sample1="Your code is 123456", sample2="Use 654321",
        message_flow=WORDS, help_message="Write to help@example.com", optout_message="You get no more messages",
        campaign_alias="Codes", sub_usecases=["CUSTOMER_CARE", "2FA"], embedded_link=False,
    )
    like("campaign_id", answer.campaign_id, "C[A-Z0-9]{6}")
    made.campaign = answer.campaign_id
    one = client.campaign.get(made.campaign).campaign
    same("brand_id", one.brand_id, made.brand)
    same("usecase", one.usecase, "MIXED")
    same("sub_usecase", one.sub_usecase, "CUSTOMER_CARE,2FA")
    updated = client.campaign.update(made.campaign, sample1="Your new code is 123456")
    same("sample1", updated.campaign.sample1, "Your new code is 123456")
    same("description stays", updated.campaign.description, WORDS)
    listed = [each.campaign_id for each in client.campaign.list(brand_id=made.brand, limit=20).campaigns]
    same("listed of the brand", listed, [made.campaign])


@step("campaigns: link and unlink a number")
def _():
    client.campaign.number_link(made.campaign, numbers=[made.number])
    found = client.campaign.get_numbers(made.campaign, limit=20)
    same("the numbers", [one.number for one in found.phone_numbers], [made.number])
    got = client.campaign.get_number(made.campaign, made.number).phone_numbers[0]
    same("the number", got.number, made.number)
    among("its status", got.status, ("PROCESSING", "COMPLETED"))
    same("tendlc_campaign_id", client.numbers.get(made.number).tendlc_campaign_id, made.campaign)
    client.campaign.number_unlink(made.campaign, made.number)
    left = client.campaign.get_numbers(made.campaign).phone_numbers
    same("the numbers left", [one.number for one in left], [])


@step("toll-free verification: create, get, update, list, delete")
def _():
    verifications = client.tollfree_verification
    answer = verifications.create(
        profile_uuid=made.profile, usecase="2FA", usecase_summary=WORDS, message_sample="Your code is 123456",
        optin_image_url="https://example.com/opt-in.png", optin_type="WEB_FORM", volume="100", number=made.tollfree,
    )
    like("uuid", answer.uuid, UUID)
    one = verifications.get(answer.uuid)
    same("number", one.number, made.tollfree)
    same("usecase", one.usecase, "2FA")
    among("status", one.status, ("SUBMITTED", "APPROVED"))
    check("updated" in verifications.update(answer.uuid, usecase="2FA,MARKETING").message, "it was not updated")
    same("usecase after", verifications.get(answer.uuid).usecase, "2FA,MARKETING")
    found = verifications.list(number=made.tollfree)
    same("listed", [each.uuid for each in found], [answer.uuid])
    same("meta.count", found.meta.count, 1)
    verifications.delete(answer.uuid)
    gone(lambda: verifications.get(answer.uuid))


@step("campaigns: delete, and the brand and profile with it")
def _():
    same("campaign_id", client.campaign.delete(made.campaign).campaign_id, made.campaign)
    same("brand_id", client.brand.delete(made.brand).brand_id, made.brand)
    client.profile.delete(made.profile)
    gone(lambda: client.profile.get(made.profile))


# Media


@step("media: upload, get, list")
def _():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "dot.png")
        with open(path, "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n" + bytes(100))
        answer = client.media.upload([path])
    same("how many", len(answer.objects), 1)
    uploaded = answer.objects[0]
    like("media_id", uploaded.media_id, UUID)
    same("status", uploaded.status, "success")
    same("file_name", uploaded.file_name, "dot.png")
    one = client.media.get(uploaded.media_id)
    same("content_type", one.content_type, "image/png")
    same("size", one.size, 108)
    check(one.media_url, "media_url is not set")
    check(uploaded.media_id in [each.media_id for each in client.media.list().objects], "it is not listed")
    made.media = uploaded.media_id


@step("media: send an uploaded file")
def _():
    answer = client.messages.create(src=NUMBER, dst="+15555550127", text="Look", type_="mms", media_ids=[made.media])
    media = client.messages.get(answer.message_uuid[0]).listMedia()
    same("the media", [one.media_id for one in media.objects], [made.media])


@step("media: an unknown id is not found")
def _():
    check(made.media, "there is no media")
    gone(lambda: client.media.get("00000000-0000-4000-8000-000000000000"))


sys.exit(run("plivo for Python"))
