// The service worker of visits/phone/: answers without signal with the page that was
// kept, and keeps nothing else. The server writes KEPT, SHELL and VERSION before this.
"use strict";

const NAME = `visits-${VERSION}`; // another page or other files, another cache
const PATIENCE = 8000; // milliseconds that a page may take before the kept one is shown

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(NAME)
      .then((cache) =>
        Promise.all(
          KEPT.map(async (url) => {
            const answer = await fetch(url, { cache: "no-store" });
            if (!answer.ok || answer.redirected) throw new Error(url);
            return cache.put(url, answer);
          }),
        ),
      )
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(
          names
            .filter((name) => name.startsWith("visits-") && name !== NAME)
            .map((name) => caches.delete(name)),
        ),
      )
      .then(() => self.clients.claim()),
  );
});

async function page(request) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  try {
    return await fetch(request, { signal: stop.signal });
  } catch {
    const cache = await caches.open(NAME);
    return (await cache.match(SHELL)) || Response.error();
  } finally {
    clearTimeout(timer);
  }
}

async function kept(request) {
  const cache = await caches.open(NAME);
  return (await cache.match(request)) || fetch(request);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const { pathname } = new URL(request.url);
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (KEPT.includes(pathname)) event.respondWith(kept(request));
});
