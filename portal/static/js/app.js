/* What the pages do in a browser beyond plain HTML. Everything works without it; markup says what it wants by data-*.
   data-dialog-open/close/now · data-key · data-shortcuts-switch · data-focus · data-autosubmit · data-copy · data-show ·
   data-toast · data-again · data-insert/into/words */

const find = (selector, root = document) => root.querySelector(selector);
const findAll = (selector, root = document) => [...root.querySelectorAll(selector)];

/* Toasts: from the server's HX-Trigger {"toast": {text, tone, undo, undo_label, seconds, target: "body"}} or in the page. */
function showToast({ text, tone = "ok", undo = null, undo_label: label = null, seconds = 8 }) {
  const toast = find("#toast-template")?.content.firstElementChild?.cloneNode(true);
  if (!toast || !text) return;
  toast.classList.replace("ok", tone);
  find("[data-toast-text]", toast).textContent = text;
  const form = find("form", toast);
  if (undo) {
    form.action = undo;
    const words = [...find("button", form).childNodes].find((node) => node.nodeType === Node.TEXT_NODE);
    if (label && words) words.textContent = label;
  } else {
    form.remove();
  }
  toast.dataset.toast = seconds;
  find("#toasts").append(toast);
  watchToasts();
}

function leave(toast) {
  toast.classList.add("leaving");
  setTimeout(() => toast.remove(), 250);
}

function watchToasts() {
  for (const toast of findAll(".toasts [data-toast]:not([data-watched])")) {
    toast.dataset.watched = "";
    let left = Number(toast.dataset.toast);
    if (!left) continue;
    const tick = setInterval(() => {
      if (toast.matches(":hover, :focus-within") || document.hidden) return;
      left -= 1;
      if (left > 0) return;
      clearInterval(tick);
      leave(toast);
    }, 1000);
  }
}

/* Dialogs: modal where scripts run, a page or a plain open dialog where not. */
function openDialog(dialog) {
  if (dialog.hasAttribute("open") && !dialog.matches(":modal")) dialog.close();
  if (!dialog.open) dialog.showModal();
}

/* The first element that asks for the focus gets it once, also after a swap. */
function settle() {
  watchToasts();
  findAll("dialog[data-dialog-now]").forEach((dialog) => {
    dialog.removeAttribute("data-dialog-now");
    openDialog(dialog);
  });
  findAll("[data-show][hidden]").forEach((button) => button.removeAttribute("hidden"));
  const wants = find("[data-focus]:not([data-focused])");
  if (!wants) return;
  wants.dataset.focused = "";
  wants.focus();
}

/* A form is sent once: a second click does nothing until the page comes back. */
const speaksHtmx = (element) => element?.matches("[hx-post], [hx-get], [hx-put], [hx-patch], [hx-delete]");

function sendOnce(event) {
  const form = event.target;
  findAll("[data-show]", form).forEach((button) => show(button, false));
  if (form.matches(".htmx-request") || form.dataset.sent) {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  const own = form.method === "dialog" || "again" in form.dataset;
  if (own || speaksHtmx(form) || speaksHtmx(event.submitter)) return;
  setTimeout(() => {
    if (event.defaultPrevented) return;
    form.dataset.sent = "yes";
    event.submitter?.classList.add("busy");
    setTimeout(() => release(form), 10000);
  });
}

function release(form) {
  delete form.dataset.sent;
  findAll(".busy", form).forEach((button) => button.classList.remove("busy"));
}

/* A password in clear while its button is pressed; it is never sent so, or browsers would offer it to the next one. */
function show(button, shown) {
  document.getElementById(button.dataset.show).type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", shown);
}

function onClick(event) {
  const target = event.target.closest("[aria-disabled=true], [data-dialog-open], [data-dialog-close], [data-toast-close], [data-copy], [data-show], [data-insert]");
  if (event.target.matches("dialog:modal") && outside(event)) event.target.close();
  if (!target) return;
  if (target.ariaDisabled === "true") return event.preventDefault();
  const { dialogOpen, copy, insert, into } = target.dataset;
  if (target.dataset.show) return show(target, target.getAttribute("aria-pressed") !== "true");
  if (dialogOpen && !event.ctrlKey && !event.metaKey) {
    const dialog = document.getElementById(dialogOpen);
    if (!dialog) return;
    event.preventDefault();
    openDialog(dialog);
  } else if ("dialogClose" in target.dataset) {
    target.closest("dialog")?.close();
  } else if ("toastClose" in target.dataset) {
    leave(target.closest("[data-toast]"));
  } else if (insert) {
    event.preventDefault();
    putIn(document.getElementById(insert), document.getElementById(into));
  } else if (copy) {
    navigator.clipboard?.writeText(copy).then(() => showToast({ text: target.dataset.copied || copy, seconds: 4 }));
  }
}

/* The words of a chosen template, behind what was typed. */
function putIn(choice, field) {
  const words = find(`template[data-words="${CSS.escape(choice.value)}"]`)?.content.textContent;
  if (words) field.value = [field.value.trim(), words].filter(Boolean).join("\n\n");
  choice.value = "";
  field.focus();
}

function outside({ target, clientX: x, clientY: y }) {
  const box = target.getBoundingClientRect();
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}

/* Single keys: only outside of fields, only what is seen, and only while the person has not switched them off. Enter is
   left to what has the focus. */
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (document.body.dataset.shortcuts === "off" || localStorage.getItem("shortcuts") === "off") return;
  if (event.key === "Enter" && event.target.closest("a, button, input, summary, dialog")) return;
  if (event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], [popover]")) return;
  const modal = find("dialog:modal");
  const wanted = findAll(`[data-key="${CSS.escape(event.key)}"]`, modal ?? document)
    .filter((element) => element.checkVisibility({ visibilityProperty: true }))
    .at(-1);
  if (!wanted) return;
  event.preventDefault();
  if (wanted.matches("input, textarea, select")) wanted.focus();
  else wanted.click();
}

function offerShortcuts() {
  const box = find("[data-shortcuts-switch]");
  if (!box) return;
  box.checked = localStorage.getItem("shortcuts") !== "off";
  box.addEventListener("change", () => localStorage.setItem("shortcuts", box.checked ? "on" : "off"));
}

/* What came with the page is no news to a screen reader: it is said once more, when the page stands. */
function tellToasts() {
  const said = findAll(".toasts [data-toast-text]").map((text) => text.textContent).join(" ");
  if (said) setTimeout(() => find("#announce").replaceChildren(said), 300);
}

/* The person's time zone, so that the first page already shows the right hours. */
function tellZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || document.cookie.split("; ").includes(`tz=${zone}`)) return;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `tz=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}

document.addEventListener("toast", (event) => showToast(event.detail));
document.addEventListener("announce", (event) => {
  find("#announce").textContent = event.detail.text ?? event.detail.value ?? "";
});
document.addEventListener("click", onClick);
document.addEventListener("keydown", onKey);
document.addEventListener("submit", sendOnce, true);
document.addEventListener("change", (event) => event.target.closest("form[data-autosubmit]")?.requestSubmit());
document.addEventListener("htmx:after:swap", settle);
document.addEventListener("htmx:error", () => {
  const { offline } = document.body.dataset;
  if (offline) showToast({ text: offline, tone: "bad", seconds: 0 });
});
window.addEventListener("pageshow", () => findAll("form[data-sent]").forEach(release));

tellZone();
offerShortcuts();
tellToasts();
settle();
