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
  form.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) isChanged = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (isChanged) event.preventDefault();
  });

  // From the keyboard alone: Enter goes on, a number chooses, F2 takes the last value.
  const fields = () =>
    [...form.querySelectorAll("input:not([type=hidden]), select, textarea")].filter(
      (one) => !one.disabled && one.offsetParent !== null,
    );

  function press(name) {
    const button = form.querySelector(`.gi-form-foot [name=${name}]`);
    form.requestSubmit(button);
  }

  function put(field, value) {
    if (field.value === value) return;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function goOn(field, step) {
    const all = fields();
    const next = all[all.indexOf(field) + step];
    if (next) {
      next.focus();
      if (next.select) next.select();
    } else if (step > 0) {
      form.querySelector(".gi-form-foot [name=submit]").focus();
    }
  }

  form.addEventListener("keydown", (event) => {
    const field = event.target;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      event.preventDefault();
      press("submit");
    } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      press("save");
    } else if (!field.matches("input, select") || event.isComposing) {
      return;
    } else if (event.key === "Enter" && !event.altKey) {
      event.preventDefault();
      goOn(field, event.shiftKey ? -1 : 1);
    } else if (event.key === "F2" && field.dataset.last) {
      event.preventDefault();
      put(field, field.dataset.last);
    } else if (field.tagName === "SELECT" && /^[0-9]$/.test(event.key)) {
      const choice = field.options[Number(event.key)];
      if (!choice || field.name === "collected_by") return;
      event.preventDefault();
      put(field, choice.value);
    }
  });

  // Whoever has a keyboard begins to type at once; a phone would cover half the page.
  if (matchMedia("(pointer: fine)").matches && !location.hash) {
    const first = form.querySelector("[aria-invalid=true]") || fields()[0];
    first.focus();
    if (first.select) first.select();
  }

  // 今, 昨, -3, 0705, 7.5, 20260705: the server reads them too.
  const two = (number) => String(number).padStart(2, "0");
  const written = (day) =>
    `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;

  function readDay(text) {
    const today = new Date();
    const ago = (days) => {
      const day = new Date(today);
      day.setDate(day.getDate() - days);
      return written(day);
    };
    let match;
    if (/^(今|今天|t)$/i.test(text)) return ago(0);
    if (/^昨天?$/.test(text)) return ago(1);
    if ((match = /^-(\d{1,3})$/.exec(text))) return ago(Number(match[1]));
    if ((match = /^(\d{4})(\d\d)(\d\d)$/.exec(text))) return match.slice(1).join("-");
    if ((match = /^(?:(\d\d)(\d\d)|(\d{1,2})[-/.月](\d{1,2})日?)$/.exec(text))) {
      const [month, day] = [match[1] || match[3], match[2] || match[4]];
      const whole = `${today.getFullYear()}-${two(month)}-${two(day)}`;
      return whole > ago(0) ? `${today.getFullYear() - 1}${whole.slice(4)}` : whole;
    }
    return text;
  }

  form.addEventListener("change", (event) => {
    const field = event.target;
    if (!field.matches("[data-day]")) return;
    field.value = readDay(field.value.normalize("NFKC").trim());
  }, true);
})();
