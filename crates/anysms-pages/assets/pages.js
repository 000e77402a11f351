// Keeps a page up to date and adds keys. Links and forms do all else.
const root = document.documentElement;
const $ = (id) => document.getElementById(id);
const all = (css, from = document) => [...from.querySelectorAll(css)];
const on = addEventListener;
const parsed = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");
const toEnd = () => all("[data-end]").forEach((e) => { e.scrollTop = e.scrollHeight; });
const phone = (address) => new URL(address).searchParams.get("phone");
const here = () => location.href.split("#")[0];
const lost = (is) => root.classList.toggle("lost", is);
root.classList.add("js");

// Replaces an element; focus, scroll and what is open stay.
const swap = (old, fresh) => {
  if (old.isEqualNode(fresh)) return;
  const held = old.contains(document.activeElement) && document.activeElement.id;
  const kept = [old, ...all("[id]", old)].map((e) => [e.id, e.scrollTop, e.open,
    "end" in e.dataset && e.scrollHeight - e.scrollTop - e.clientHeight < 40]);
  old.replaceWith(fresh);
  for (const [id, top, open, end] of kept) {
    const e = $(id) ?? {};
    if (open) e.open = true;
    e.scrollTop = end ? e.scrollHeight : top;
  }
  if (held) $(held)?.focus({ preventScroll: true });
};

// Fetches what changed, one part at a time. What nobody sees is not read yet, and waits.
const wanted = new Set();
let busy = false;
const refresh = async () => {
  if (busy) return;
  busy = true;
  let part;
  while ((part = [...wanted].find((name) => !document.hidden || name === "list"))) {
    wanted.delete(part);
    const address = here(), query = new URL(address);
    query.searchParams.set("part", part);
    try {
      const fresh = (await parsed(await fetch(query))).querySelector("[data-part]");
      if (fresh && address === here()) swap(all(`[data-part=${part}]`)[0], fresh);
    } catch {}
    const unread = +$("list").dataset.unread;
    document.title = (unread ? `(${unread}) ` : "") + document.title.replace(/^\(\d+\) /, "");
  }
  busy = false;
};
const tick = ({ data }) => {
  for (const { dataset } of all("[data-part]")) if (data === "all" || data === dataset.on) wanted.add(dataset.part);
  refresh();
};
on("visibilitychange", refresh);

// One stream a browser: the page with the lock listens, and tells the others.
const channel = new BroadcastChannel("anysms");
channel.onmessage = tick;
const listen = () => new Promise(() => {
  const stream = new EventSource(document.body.dataset.stream);
  stream.onmessage = (event) => {
    lost(false);
    tick(event);
    channel.postMessage(event.data);
  };
  stream.onerror = () => lost(true);
});
if ($("app")) navigator.locks ? navigator.locks.request("anysms", listen) : listen();

// Goes to a place; the stream stays.
const go = async (address, { push = true, body, focus } = {}) => {
  const answer = await fetch(address, body && { method: "POST", body }).catch(() => ({}));
  if (!answer.ok) return body ? lost(true) : location.assign(address);
  const page = await parsed(answer);
  const same = phone(answer.url) === phone(here());
  const draft = same && focus !== "text" && $("text")?.value;
  const tops = [$("list").scrollTop, $("chat").scrollTop];
  if (push) history.pushState(null, "", answer.url);
  document.title = page.title;
  for (const id of ["bar", "notes", "app"]) $(id).replaceWith(page.getElementById(id));
  toEnd();
  $("list").scrollTop = tops[0];
  if (same && !body) $("chat").scrollTop = tops[1];
  if (draft) $("text").value = draft;
  ($(focus) ?? $($("app").className.slice(3))).focus({ preventScroll: true });
};
on("popstate", () => go(here(), { push: false }));

on("submit", async (event) => {
  const form = event.target;
  if (form.method === "dialog") return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  if (form.method === "get") return go(`${form.action}?${body}`, { focus: document.activeElement.id });
  form.inert = true;
  await go(form.action, { body, focus: form.id === "composer" && "text" });
  form.inert = false;
});
on("change", (event) => event.target.closest("[data-submit]")?.requestSubmit());

on("click", async (event) => {
  const at = (css) => event.target.closest(css);
  for (const menu of all(".menu[open]")) menu.open = menu.contains(event.target);
  const copy = at("[data-copy]");
  if (copy) {
    await navigator.clipboard?.writeText(copy.dataset.copy);
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  }
  const link = at("a") ?? (getSelection().isCollapsed && at(".bubble")?.parentNode.querySelector("a"));
  if (!link || link.target || link.hash || !$("app") || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  if ("help" in link.dataset) $("help").showModal();
  else go(link.href, { focus: innerWidth > 1179 && link.id });
});

on("keydown", (event) => {
  const { key, target } = event, app = $("app"), step = key === "j" ? 1 : -1, field = target.closest("input, textarea, select");
  const focus = (e) => { event.preventDefault(); e?.focus(); };
  if (!app || $("help").open || event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === "Escape") {
    const menu = all(".menu[open]")[0];
    if (menu) focus(menu.firstElementChild, menu.open = false);
    else if (field) field.blur();
    else go(app.dataset.back, { focus: `row-${phone(here())}` });
  }
  if (key === "Enter" && target.id === "text" && !event.shiftKey && !event.isComposing) focus(target, target.form.requestSubmit());
  if (field) return;
  if (key === "/") focus($("q"));
  if (key === "r") focus($("text"));
  if (key === "?") $("help").showModal();
  if (/^[jk]$/.test(key)) {
    const rows = all("[data-row]", target.closest("#thread") ?? $("list"));
    const held = rows.includes(target) ? target : rows.find((row) => row.ariaCurrent);
    focus(rows[held ? rows.indexOf(held) + step : step < 0 ? rows.length - 1 : 0]);
  }
});
toEnd();
