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
const list = document.querySelector("[data-queue-list]"), net = document.querySelector("[data-net]");
const line = (text) => { const item = document.createElement("li"); item.textContent = text; return item; };

async function show() {
  const all = await kept("readonly", (store) => store.getAll());
  const waiting = all.filter((one) => !one.refused), refused = all.filter((one) => one.refused);
  list.hidden = all.length === 0;
  list.replaceChildren();
  if (waiting.length) {
    const head = document.createElement("div"), items = document.createElement("ul");
    head.textContent = list.dataset.waiting.replace("{n}", waiting.length);
    items.append(...waiting.map((one) => line(one.title)));
    list.append(head, items);
    if (waiting.some((one) => one.login)) list.append(line(list.dataset.login));
  }
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

/* One tab sends at a time; an answer of the service ends an entry, anything else leaves it where it is. */
async function send() {
  const all = (await kept("readonly", (store) => store.getAll())).filter((one) => !one.refused).sort((a, b) => a.at - b.at);
  let sent = 0;
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
      sent += 1;
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

for (const form of document.querySelectorAll("form[data-queue]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const data = new FormData(form, event.submitter), fields = [], photos = [];
    for (const [name, value] of data) {
      if (value instanceof File) { if (value.size) photos.push({ name: value.name, data: value }); }
      else fields.push([name, value]);
    }
    const id = data.get("id");
    const drafts = [...form.querySelectorAll("[data-draft]")].map((field) => [`draft:${field.dataset.draft}`, field.value]);
    await kept("readwrite", (store) => store.put({ id, path: form.getAttribute("action"), title: data.get("title") || "", at: Date.now(), fields, photos, drafts }));
    for (const [key] of drafts) localStorage.removeItem(key);
    await show();
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
    const sent = await flush();
    const left = await kept("readonly", (store) => store.get(id));
    if (!left) location.assign(`${form.dataset.back || location.pathname + location.search.replace(/[?&]done=[^&]*/, "")}`);
    else if (form.dataset.back && !left.refused) { form.reset(); list.scrollIntoView(); }
    else list.scrollIntoView();
    return sent;
  });
}
addEventListener("online", async () => { if (await flush()) location.reload(); });
addEventListener("offline", show);
addEventListener("pageshow", flush);
setInterval(async () => { const all = await kept("readonly", (store) => store.count()); if (all && await flush()) location.reload(); }, 20000);
show();
