// What scripts add to pages that work without them.
"use strict";

document.documentElement.classList.add("gi-scripted");

// "/" goes to the search block, Escape and a click elsewhere close what is open.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const field = document.querySelector(
      ".gi-search input:not([type=hidden]):not([type=checkbox]), [data-search]",
    );
    if (field) {
      event.preventDefault();
      field.focus();
    }
  }
  if (event.key === "Escape") {
    for (const open of document.querySelectorAll("details.gi-pop[open]")) {
      open.open = false;
      if (open.contains(document.activeElement)) open.querySelector("summary").focus();
    }
  }
});

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.gi-pop[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
  if (event.target.closest("[data-print]")) window.print();
});

// A second press on the button of a form must not send it twice.
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  // The key of what waits on a phone (visits.js) goes with the session.
  if (event.target.matches("[data-sign-out]")) sessionStorage.clear();
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// A file that would be refused for its size is not sent at all: what else was filled in stays.
document.addEventListener("change", (event) => {
  const limit = Number(event.target.dataset.largest); // megabytes
  if (!limit) return;
  const large = [...event.target.files].find((file) => file.size > limit * 1024 * 1024);
  if (!large) return;
  const kept = new DataTransfer(); // the others stay chosen
  for (const file of event.target.files) {
    if (file.size <= limit * 1024 * 1024) kept.items.add(file);
  }
  event.target.files = kept.files;
  tell(`文件“${large.name}”超过 ${limit} MB，没有选入：请缩小或拆分后再选。`);
});

// One tick chooses every row of the page.
document.addEventListener("change", (event) => {
  const name = event.target.dataset.checkAll;
  if (!name) return;
  const table = event.target.closest("table");
  for (const box of table.querySelectorAll(`input[type=checkbox][name="${name}"]`)) {
    box.checked = event.target.checked;
  }
});

// An open branch of the tree closes again instead of being fetched twice.
document.addEventListener("htmx:beforeRequest", (event) => {
  const mark = event.target.closest("[data-expand]");
  const below = mark && mark.closest("li").querySelector(":scope > ul");
  if (!below) return;
  event.preventDefault();
  below.hidden = !below.hidden;
  mark.textContent = below.hidden ? "▸" : "▾";
});
document.addEventListener("htmx:afterRequest", (event) => {
  const mark = event.target.closest("[data-expand]");
  if (mark && event.detail.successful) mark.textContent = "▾";
});

// htmx drops answers that are errors: say so where messages are read out.
function tell(text) {
  const area = document.getElementById("messages");
  if (!area) return;
  const line = document.createElement("p");
  line.className = "gi-message gi-message-danger";
  line.textContent = text;
  area.replaceChildren(line);
  area.scrollIntoView({ block: "nearest" });
}
document.addEventListener("htmx:responseError", (event) => {
  const answer = event.detail.xhr;
  const words = decodeURIComponent(answer.getResponseHeader("X-Error-Text") || "操作没有完成，请稍后再试。");
  const number = answer.getResponseHeader("X-Error-Number");
  tell(number ? `${words}（错误编号 ${number}）` : words);
});
document.addEventListener("htmx:sendError", () => {
  tell("与服务器的连接中断，操作没有完成。请检查网络后再试。");
});
