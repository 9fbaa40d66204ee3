// Adds up the parts of a survey while one types; the server checks them again.
"use strict";

(() => {
  const form = document.querySelector("[data-survey]");
  if (!form) return;

  function number(key) {
    const text = form.elements[key].value.normalize("NFKC").replace(/[,\s人]/g, "");
    return /^\d+$/.test(text) ? Number(text) : null;
  }

  function add(total) {
    const parts = total.dataset.sumOf.split(" ").map(number);
    const output = form.querySelector(`[data-sum-for="${total.name}"]`);
    output.hidden = parts.every((part) => part === null);
    if (output.hidden) return;
    const sum = parts.reduce((all, part) => all + (part ?? 0), 0);
    const stated = number(total.name);
    output.value =
      stated === null || stated === sum
        ? `各项合计 ${sum}`
        : `各项合计 ${sum}，与所填相差 ${Math.abs(stated - sum)}`;
  }

  const totals = form.querySelectorAll("[data-sum-of]");
  const addAll = () => totals.forEach(add);
  form.addEventListener("input", addAll);
  addAll();

  // Somebody who leaves with unsaved answers is asked first.
  let isChanged = false;
  form.addEventListener("input", () => (isChanged = true));
  form.addEventListener("submit", () => (isChanged = false));
  window.addEventListener("beforeunload", (event) => {
    if (isChanged) event.preventDefault();
  });
})();
