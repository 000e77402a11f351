"""Named steps, what they check, and how their outcome is told."""

import contextlib
import io
import json
import os
import re
import time
import urllib.parse
import urllib.request

SANDBOX = json.loads(os.environ["ANYSMS_SANDBOX"])
BASE = SANDBOX["base_url"].rstrip("/")

STEPS = []
SECRETS = [SANDBOX["twilio"]["auth_token"], SANDBOX["plivo"]["auth_token"]]


class Made:
    """What earlier steps made. To ask for what none made is a failure of the step that asks."""

    def __getattr__(self, name):
        raise AssertionError(f"nothing to work with: no step made `{name}`")


made = Made()


def step(name):
    """Adds the function below it to the steps."""

    def add(function):
        assert name not in [known for known, _ in STEPS], f"two steps are called {name}"
        STEPS.append((name, function))
        return function

    return add


def check(holds, words):
    if not holds:
        raise AssertionError(words)


def same(what, got, wanted):
    check(got == wanted, f"{what} is {got!r} and not {wanted!r}")


def among(what, got, wanted):
    check(got in wanted, f"{what} is {got!r} and not among {wanted!r}")


def like(what, got, pattern):
    check(isinstance(got, str) and re.fullmatch(pattern, got), f"{what} is {got!r} and not like {pattern}")


def secret(text):
    """Keeps a text out of what is printed."""
    check(isinstance(text, str) and len(text) >= 8, "a secret is missing, or too short for one")
    SECRETS.append(text)
    return text


def until(what, ask, seconds=10):
    """Asks again until the answer is something, and returns it."""
    end = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        check(time.monotonic() < end, f"{what}: still not so after {seconds} s")
        time.sleep(0.05)


def own_api(path, body=None, method=None, **query):
    """Asks the sandbox's own JSON API."""
    url = f"{BASE}/_anysms/{path}?{urllib.parse.urlencode(query)}"
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def last_code(to):
    return own_api("codes/last", to=to, wait=5)["code"]


def another(code):
    """A code of the same length that is not this one."""
    return ("1" if code[0] != "1" else "2") + code[1:]


def without_secrets(text):
    for hidden in SECRETS:
        text = text.replace(hidden, "***")
    return text


def run(script):
    """Runs all steps, and returns the exit code."""
    failed = 0
    for name, function in STEPS:
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # an SDK prints what it uploads
                function()
        except Exception as error:  # every failure is told, and the next step runs
            failed += 1
            words = f"{type(error).__name__}: {error}" if not isinstance(error, AssertionError) else str(error)
            print(without_secrets(f"{script}: {name}: {' '.join(words.split())[:400]}"), flush=True)
    print(f"{script}: {len(STEPS)} steps, {failed} failed", flush=True)
    return 1 if failed or not STEPS else 0
