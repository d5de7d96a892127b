"use strict";
/* What is sent from the grid page goes by a queue in the telephone: it waits there without a network, survives a closed
   tab, and goes out under the id that its form was opened with, so that it counts once however often it is sent. */
const opened = new Promise((done, failed) => {
  const asked = indexedDB.open("sidan-queue", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("waiting", { keyPath: "id" });
  asked.onsuccess = () => done(asked.result);
  asked.onerror = () => failed(asked.error);
});
async function kept(mode, work) {
  const store = (await opened).transaction("waiting", mode).objectStore("waiting"), asked = work(store);
  return new Promise((done, failed) => {
    store.transaction.oncomplete = () => done(asked && asked.result);
    store.transaction.onerror = store.transaction.onabort = () => failed(store.transaction.error);
  });
}
const fresh = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const list = document.querySelector("[data-queue-list]"), who = list.dataset.who, net = document.querySelector("[data-net]");
const line = (text) => { const item = document.createElement("li"); item.textContent = text; return item; };

async function show() {
  const all = await kept("readonly", (store) => store.getAll());
  const own = all.filter((one) => one.who === who), others = all.length - own.length;
  const waiting = own.filter((one) => !one.refused), refused = own.filter((one) => one.refused);
  list.hidden = all.length === 0;
  list.replaceChildren();
  if (waiting.length) {
    const head = document.createElement("div"), items = document.createElement("ul");
    head.textContent = list.dataset.waiting.replace("{n}", waiting.length);
    items.append(...waiting.map((one) => line(one.title)));
    list.append(head, items);
    if (waiting.some((one) => one.login)) list.append(line(list.dataset.login));
  }
  if (others) list.append(line(list.dataset.others.replace("{n}", others)));
  for (const one of refused) {
    const told = document.createElement("div"), drop = document.createElement("button");
    told.className = "refused";
    told.textContent = `${list.dataset.refused}${one.title} — ${one.refused}`;
    drop.textContent = list.dataset.drop;
    drop.addEventListener("click", async () => { await kept("readwrite", (store) => store.delete(one.id)); show(); });
    told.append(document.createElement("br"), drop);
    list.append(told);
  }
  for (const card of document.querySelectorAll("[data-case]")) {
    const is_waiting = waiting.some((one) => one.fields.some(([name, value]) => name === "case" && value === card.dataset.case));
    card.classList.toggle("gone", is_waiting);
    for (const button of card.querySelectorAll("button")) button.disabled = is_waiting;
  }
  if (net) net.textContent = navigator.onLine ? "" : net.dataset.offline;
}

/* One tab sends at a time, and only what this person put there; an answer of the service ends an entry, anything else
   leaves it where it is. */
async function send() {
  const all = (await kept("readonly", (store) => store.getAll())).filter((one) => one.who === who && !one.refused).sort((a, b) => a.at - b.at);
  let sent = null;
  for (const one of all) {
    const body = new FormData();
    for (const [name, value] of one.fields) body.append(name, value);
    for (const photo of one.photos) body.append("photo", photo.data, photo.name);
    let answer;
    try {
      answer = await fetch(one.path, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" });
    } catch { break; }
    if (answer.type === "opaqueredirect" || answer.status === 401) {
      await kept("readwrite", (store) => store.put({ ...one, login: true }));
      break;
    }
    if (answer.status === 429 || answer.status >= 500) break;
    if (answer.ok) {
      await kept("readwrite", (store) => store.delete(one.id));
      sent = (await answer.json().catch(() => ({}))).number || "1";
    } else {
      const problem = await answer.json().catch(() => ({ text: String(answer.status) }));
      await kept("readwrite", (store) => store.put({ ...one, photos: [], refused: problem.text }));
      for (const [key, text] of one.drafts) if (text) localStorage.setItem(key, JSON.stringify({ at: Date.now(), text }));
    }
  }
  await show();
  return sent;
}
const flush = () => (navigator.locks ? navigator.locks.request("sidan-queue", send) : send());

/* A page may come from the telephone's own store, and one opening of a form may send several things without a network:
   each thing sent has an id of its own. */
const renew = (form) => { form.elements.id.value = fresh(); };
for (const form of document.querySelectorAll("form[data-queue]")) {
  renew(form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.going) return;
    form.dataset.going = "1";
    const data = new FormData(form, event.submitter), fields = [], photos = [];
    for (const [name, value] of data) {
      if (value instanceof File) { if (value.size) photos.push({ name: value.name, data: value }); }
      else fields.push([name, value]);
    }
    const id = data.get("id");
    const written = [...form.querySelectorAll("textarea[data-draft], input[data-draft]:not([type=radio], [type=checkbox])")];
    const drafts = written.map((field) => [`draft:${field.dataset.draft}`, field.value]);
    await kept("readwrite", (store) => store.put({ id, who, path: form.getAttribute("action"), title: data.get("title") || "", at: Date.now(), fields, photos, drafts }));
    for (const field of form.querySelectorAll("[data-draft]")) localStorage.removeItem(`draft:${field.dataset.draft}`);
    renew(form);
    if (form.dataset.back) form.reset(); // what is written from here on is the next thing
    await show();
    delete form.dataset.going;
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
    const done = await flush();
    const left = await kept("readonly", (store) => store.get(id));
    if (!left) {
      const back = new URL(form.dataset.back || location.href, location.href);
      back.searchParams.set("done", done || "1");
      sessionStorage.setItem("sent", "1");
      location.assign(back);
    }
    else {
      if (left.refused) for (const [n, field] of written.entries()) field.value ||= drafts[n][1];
      list.scrollIntoView();
    }
  });
}

/* What is new is shown by itself, unless somebody is writing: then a line offers it. */
const page = document.querySelector("[data-mark]"), newer = document.querySelector("[data-newer]");
const is_writing = () => !!document.querySelector("form[data-queue] details[open], article details[open]") || document.activeElement?.matches("input, textarea, select");
let leaving = false;
addEventListener("beforeunload", () => { leaving = true; });
const renewed = () => { if (leaving) return; if (is_writing()) newer.hidden = false; else location.reload(); };
async function look() {
  if (document.hidden || !page) return;
  try {
    const answer = await fetch(`/g/mark${location.search}`);
    if (answer.ok && (await answer.json()).mark !== page.dataset.mark) renewed();
  } catch { /* no network: the next look tells */ }
}
addEventListener("online", async () => { if (await flush()) renewed(); });
addEventListener("offline", show);
addEventListener("pageshow", flush);
addEventListener("visibilitychange", look);
setInterval(async () => { if (await kept("readonly", (store) => store.count()) && await flush()) renewed(); else look(); }, 15000);
if (sessionStorage.getItem("sent")) { sessionStorage.removeItem("sent"); for (const wait of [700, 1500, 3000, 6000]) setTimeout(look, wait); }
show();
if (navigator.serviceWorker) navigator.serviceWorker.register("/g/worker.js", { scope: "/g" }).catch(() => {});
