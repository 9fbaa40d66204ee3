// Visits on a phone. With signal the pages work by themselves and this only keeps them
// ready; without signal a visit goes into a queue on the phone, sealed with AES-GCM under
// the key of the session, and is sent when there is signal again. It only appends.
// What the seal protects and what it does not: cases/visits/services/queue.py.
"use strict";

(() => {
  const page = document.querySelector("[data-visits]");
  if (!page || !window.indexedDB || !window.crypto || !crypto.subtle) return;

  const SLOT = "visits-session"; // in sessionStorage: gone with the tab or on signing out
  const ENOUGH = 5000; // milliseconds until there is no signal
  const EDGE = 2400; // pixels of the longest edge of a photograph that waits
  const FILE = 40 * 1024 * 1024; // characters of one exported file
  const QUIET = { "HX-Trigger": "poll-visits" }; // such a request keeps nobody signed in

  // --- what lies on the phone ---------------------------------------------------------

  const opened = new Promise((resolve, reject) => {
    const asked = indexedDB.open("gridinspect-visits", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("queue", { keyPath: "id" });
      asked.result.createObjectStore("units", { keyPath: "owner" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });

  async function store(name, mode, act) {
    const base = await opened;
    return new Promise((resolve, reject) => {
      const change = base.transaction(name, mode);
      const asked = act(change.objectStore(name));
      change.oncomplete = () => resolve(asked.result);
      change.onerror = () => reject(change.error);
    });
  }

  const waiting = () => store("queue", "readonly", (rows) => rows.getAll());
  const keep = (record) => store("queue", "readwrite", (rows) => rows.put(record));
  const drop = (id) => store("queue", "readwrite", (rows) => rows.delete(id));

  // --- the key of the session ---------------------------------------------------------

  function session() {
    try {
      return JSON.parse(sessionStorage.getItem(SLOT));
    } catch {
      return null;
    }
  }

  const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));

  function text64(buffer) {
    const all = new Uint8Array(buffer);
    let text = "";
    for (let at = 0; at < all.length; at += 8192) {
      text += String.fromCharCode(...all.subarray(at, at + 8192));
    }
    return btoa(text);
  }

  const raw64 = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));

  const secret = (key) =>
    crypto.subtle.importKey("raw", bytes(key), "AES-GCM", false, ["encrypt", "decrypt"]);

  async function seal(id, said, { key, owner }) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const coded = new TextEncoder();
    const how = { name: "AES-GCM", iv, additionalData: coded.encode(id) };
    const data = await crypto.subtle.encrypt(
      how,
      await secret(key),
      coded.encode(JSON.stringify(said)),
    );
    return { id, owner, iv: text64(iv), data: text64(data) };
  }

  async function open(sealed, id, { key }) {
    const how = {
      name: "AES-GCM",
      iv: raw64(sealed.iv),
      additionalData: new TextEncoder().encode(id),
    };
    const plain = await crypto.subtle.decrypt(how, await secret(key), raw64(sealed.data));
    return JSON.parse(new TextDecoder().decode(plain));
  }

  // Ask the server who is signed in: "in", "out" (sign in again) or "away" (no signal).
  async function ask(units) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), ENOUGH);
    try {
      const answer = await fetch(page.dataset.mine + (units ? "?units=1" : ""), {
        cache: "no-store",
        redirect: "manual",
        headers: QUIET,
        signal: stop.signal,
      });
      if (answer.type === "opaqueredirect" || answer.status === 403) return "out";
      if (!answer.ok) return "away";
      const told = await answer.json();
      const { key, owner } = told;
      sessionStorage.setItem(SLOT, JSON.stringify({ key, owner }));
      if (units) {
        const sealed = await seal(owner, told.units, { key, owner });
        await store("units", "readwrite", (rows) => rows.put(sealed));
      }
      return "in";
    } catch {
      return "away";
    } finally {
      clearTimeout(timer);
    }
  }

  // --- what the bar says --------------------------------------------------------------

  const bar = page.querySelector("[data-queue]");
  const say = (words) => {
    bar.hidden = false;
    bar.querySelector("[data-queue-note]").textContent = words;
  };

  async function count() {
    const rows = await waiting();
    const words = bar.querySelector("[data-queue-words]");
    bar.querySelector("[data-queue-send]").hidden = !rows.length;
    bar.querySelector("[data-queue-export]").hidden = !rows.length;
    words.textContent = rows.length ? `未上传 ${rows.length} 条` : "";
    const mine = session();
    const others = mine ? rows.filter((row) => row.owner !== mine.owner).length : 0;
    if (others) say(`其中 ${others} 条由其他账号填写，须由本人登录后上传。`);
    bar.hidden = !rows.length && !bar.querySelector("[data-queue-note]").textContent;
    return rows;
  }

  function signIn(out) {
    bar.querySelector("[data-queue-sign-in]").hidden = !out;
  }

  // --- sending ------------------------------------------------------------------------

  function cookie(name) {
    const found = document.cookie.split("; ").find((one) => one.startsWith(`${name}=`));
    return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
  }

  const file = (records) =>
    JSON.stringify({ kind: "gridinspect-visits", version: 1, records });

  // "sent", "kept" (the server refuses it for a reason) or "away".
  async function send(record) {
    const body = new FormData();
    body.append("file", new Blob([file([record])]), "visits.json");
    let answer;
    try {
      answer = await fetch(page.dataset.upload, {
        method: "POST",
        redirect: "manual",
        headers: {
          ...QUIET,
          Accept: "application/json",
          "X-CSRFToken": cookie("csrftoken"),
        },
        body,
      });
    } catch {
      return ["away", ""];
    }
    if (!answer.ok) return ["away", ""];
    const [result] = (await answer.json()).results;
    if (result.state === "refused") return ["kept", result.message];
    await drop(record.id);
    return ["sent", result.message];
  }

  let sending = false;
  async function sendAll() {
    if (sending) return;
    sending = true;
    try {
      const rows = await waiting();
      if (!rows.length) return;
      const state = await ask(false);
      signIn(state === "out");
      if (state === "out") {
        say("登录已过期，记录保存在本机，请重新登录后上传。");
        return;
      }
      if (state === "away") {
        say("现在没有信号，记录保存在本机。");
        return;
      }
      const { owner } = session();
      let sent = 0;
      let last = "";
      for (const row of rows.filter((one) => one.owner === owner)) {
        const [done, words] = await send(row);
        if (done === "away") break;
        if (done === "sent") sent += 1;
        if (words) last = words;
      }
      say(sent ? `已上传 ${sent} 条。${sent === 1 ? last : ""}` : last);
    } finally {
      sending = false;
      await count();
    }
  }

  async function exportAll() {
    const rows = await waiting();
    const parts = [[]];
    let length = 0;
    for (const row of rows) {
      if (length && length + row.data.length > FILE) {
        parts.push([]);
        length = 0;
      }
      parts[parts.length - 1].push(row);
      length += row.data.length;
    }
    parts.forEach((part, index) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([file(part)], { type: "application/json" }));
      link.download = `未上传走访-${index + 1}.json`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    });
    say("已导出。文件内容已加密，可在“离线上传”页由本人上传。");
  }

  // --- filling in ---------------------------------------------------------------------

  // Draw a photograph anew and smaller: less to keep, and without its metadata.
  async function smaller(photo) {
    try {
      const drawn = await createImageBitmap(photo);
      const scale = Math.min(1, EDGE / Math.max(drawn.width, drawn.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(drawn.width * scale);
      canvas.height = Math.round(drawn.height * scale);
      canvas.getContext("2d").drawImage(drawn, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
      return blob || photo;
    } catch {
      return photo;
    }
  }

  async function written(form) {
    const said = {};
    const photos = [];
    for (const [name, value] of new FormData(form)) {
      if (name === "csrfmiddlewaretoken" || name === "key") continue;
      if (value instanceof File) {
        if (!value.size) continue;
        const data = text64(await (await smaller(value)).arrayBuffer());
        photos.push({ name: value.name, data });
      } else if (name in said) {
        said[name] = [].concat(said[name], value);
      } else if (value) {
        said[name] = value;
      }
    }
    const labels = {};
    for (const part of form.querySelectorAll("[data-field]")) {
      labels[part.dataset.field] = part.dataset.label;
      labels[`${part.dataset.field}_note`] = part.dataset.label;
    }
    return {
      ...said,
      labels,
      photos,
      form: Number(form.dataset.formVersion),
      unit: form.dataset.unit || "",
      unit_name: form.dataset.unitName || "",
      saved_at: new Date().toISOString(),
    };
  }

  const LARGEST = 20 * 1024 * 1024; // documents/attachments.py

  function problem(form) {
    if (!form.querySelector("[name=result]:checked")) return "请选择走访结果。";
    for (const { files } of form.querySelectorAll("input[type=file]")) {
      for (const one of files) {
        if (one.size > LARGEST) {
          return `照片“${one.name}”超过 20 MB，请缩小后再选。`;
        }
      }
    }
    return "";
  }

  // "recorded", "refused", or "away": the line was cut on the way, so the visit is kept
  // under the same key, and is not doubled if the server has it after all.
  async function post(form) {
    try {
      const body = new FormData(form);
      const answer = await fetch(form.action, { method: "POST", redirect: "manual", body });
      if (answer.type === "opaqueredirect") return "recorded";
      return answer.status < 500 ? "refused" : "away";
    } catch {
      return "away";
    }
  }

  async function submit(event) {
    const form = event.target;
    event.preventDefault();
    if (form.dataset.busy) return;
    const wrong = problem(form);
    if (wrong) {
      say(wrong);
      bar.scrollIntoView();
      delete form.dataset.sent;
      return;
    }
    form.dataset.busy = "1";
    let state = await ask(false);
    if (state === "in" && page.dataset.visits === "form") {
      const done = await post(form);
      if (done === "recorded") location.assign(page.dataset.scope);
      if (done === "refused") form.submit(); // the server says what is wrong
      if (done !== "away") return;
      state = "away";
    }
    const mine = session();
    if (!mine) {
      say("登录已过期，本机不能加密保存。请保持本页打开，联网登录后再提交。");
      signIn(true);
      bar.scrollIntoView();
      delete form.dataset.busy;
      delete form.dataset.sent;
      return;
    }
    const asked = form.querySelector("[name=key]");
    const id = (asked && page.dataset.visits === "form" && asked.value) || crypto.randomUUID();
    await keep(await seal(id, await written(form), mine));
    form.reset();
    delete form.dataset.busy;
    delete form.dataset.sent;
    await count();
    signIn(state === "out");
    say(
      state === "out"
        ? "登录已过期，已保存到本机，请重新登录后上传。"
        : "已保存到本机，有信号后上传。",
    );
    bar.scrollIntoView();
    if (state === "in") await sendAll();
  }

  // --- the page that was kept ---------------------------------------------------------

  function card(unit) {
    const link = document.createElement("a");
    link.className = "vi-card";
    link.href = page.dataset.add.replace("/0/", `/${unit.id}/`);
    const lines = [
      ["b", unit.name],
      ["span", unit.address || "未登记地址"],
      ["small", [...unit.why, unit.last ? `上次走访 ${unit.last}` : "没有走访过"].join("　")],
    ];
    for (const [tag, words] of lines) {
      const line = document.createElement(tag);
      line.textContent = words;
      link.append(line);
    }
    const row = document.createElement("li");
    row.append(link);
    return row;
  }

  function list(units) {
    const box = page.querySelector("[data-list]");
    const cards = box.querySelector("[data-cards]");
    const filter = box.querySelector("[data-filter]");
    const show = () => {
      const words = filter.value.trim();
      const found = units.filter((unit) => unit.name.includes(words)).slice(0, 100);
      cards.replaceChildren(...found.map(card));
    };
    filter.addEventListener("input", show);
    show();
    box.hidden = false;
  }

  function entry(unit) {
    const box = page.querySelector("[data-entry]");
    const form = box.querySelector("form");
    if (unit) {
      box.querySelector("[data-name]").textContent = unit.name;
      box.querySelector("[data-address]").textContent = `${unit.address}　${unit.grid}`;
      form.dataset.unit = unit.id;
      form.dataset.unitName = unit.name;
      box.querySelector("[data-where]").remove();
    } else {
      // Which grid it lies in is asked again by the server: one of the visitor's own.
      const grid = box.querySelector("[name=grid]");
      if (grid) grid.closest(".gi-field").remove();
    }
    box.hidden = false;
  }

  async function shell() {
    const mine = session();
    const locked = page.querySelector("[data-locked]");
    const row = mine
      ? await store("units", "readonly", (rows) => rows.get(mine.owner))
      : null;
    if (!row) {
      locked.hidden = false;
      return;
    }
    const units = await open(row, mine.owner, mine);
    const path = location.pathname;
    const asked = path.match(/units\/(\d+)\/$/);
    if (asked) entry(units.find((unit) => unit.id === Number(asked[1])));
    else if (path === page.dataset.elsewhere) entry(null);
    else list(units);
  }

  // --- beginning ----------------------------------------------------------------------

  for (const form of page.querySelectorAll("[data-visit]")) {
    form.addEventListener("submit", submit);
  }
  bar.querySelector("[data-queue-send]").addEventListener("click", sendAll);
  bar.querySelector("[data-queue-export]").addEventListener("click", exportAll);
  window.addEventListener("online", sendAll);

  async function begin() {
    if (navigator.serviceWorker) {
      navigator.serviceWorker
        .register(page.dataset.worker, { scope: page.dataset.scope })
        .catch(() => {});
    }
    if (page.dataset.visits === "shell") await shell();
    else {
      const state = await ask(page.dataset.visits === "list");
      signIn(state === "out");
    }
    await count();
    await sendAll();
    page.dataset.ready = "1";
  }
  begin();
})();
