"use strict";
/* The grid's pages open without a network, as they were when they were last seen. FILES is put before this by the server. */
const KEPT = "sidan-grid", PAGES = ["/g", "/g/new", "/g/new?spot=1", "/g/visits"], PATIENCE = 4000;
const keep = async (request, answer) => { if (answer.ok && !answer.redirected) await (await caches.open(KEPT)).put(request, answer); };

self.addEventListener("install", (event) => event.waitUntil((async () => {
  await (await caches.open(KEPT)).addAll(FILES);
  await Promise.allSettled(PAGES.map(async (page) => keep(page, await fetch(page))));
  await self.skipWaiting();
})()));
self.addEventListener("activate", (event) => event.waitUntil(clients.claim()));

/* The network first; where there is none, or one that does not answer, the page as it was. */
async function opened(request) {
  const asked = fetch(request).then((answer) => { keep(request, answer.clone()); return answer; });
  const before = async () => (await caches.match(request)) || caches.match("/g");
  const late = new Promise((done) => setTimeout(async () => { const page = await before(); if (page) done(page); }, PATIENCE));
  try { return await Promise.race([asked, late]); } catch (away) { return (await before()) || Promise.reject(away); }
}
self.addEventListener("fetch", (event) => {
  const { request } = event, { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(opened(request));
  else if (pathname.startsWith("/field/")) event.respondWith(caches.match(request).then((found) => found || fetch(request)));
});
