// Conveniences on top of pages that work without them. No word is written here: all come from data attributes.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (type, listener, capture) => document.addEventListener(type, listener, capture);

  // Dialogs. The server renders <dialog open data-modal>: a card in the page without a script, a modal with one.
  const showModals = () => {
    for (const dialog of all("dialog[data-modal][open]:not(:modal)")) {
      dialog.open = false;
      dialog.showModal();
    }
  };
  // A closed dialog that came with the answer is forgotten, and with it the secret it may have shown.
  on("close", ({ target }) => target.matches("dialog[data-modal]") && target.remove(), true);
  on("click", (event) => {
    const dialog = event.target.closest("dialog:modal [data-close]")?.closest("dialog");
    if (!dialog) return;
    event.preventDefault();
    dialog.close();
  });

  // Toasts and what a screen reader is told.
  const stamp = (template, holder, text) => {
    const copy = template.content.cloneNode(true);
    $("span", copy).textContent = text;
    holder.append(copy);
  };
  const toast = (text) => stamp($("#toast"), $("#toasts"), text);
  const announcer = $("#announcer");
  const announce = (text, near) => { // a modal dialog silences what is outside it
    (near.closest("dialog") ?? document.body).append(announcer);
    announcer.textContent = "";
    setTimeout(() => { announcer.textContent = text; }, 50);
  };
  on("click", ({ target }) => target.closest("[data-dismiss]")?.parentElement.remove());
  on("toast", ({ detail }) => detail.messages.forEach(({ text }) => toast(text)));

  // Copy: data-copy is "#id" of what to copy, or the text itself.
  const copyByHand = (text, button) => { // where the page is not served over https
    const area = Object.assign(document.createElement("textarea"), { value: text, className: "hide" });
    button.after(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  };
  on("click", async ({ target }) => {
    const button = target.closest("[data-copy]");
    if (!button) return;
    const source = button.dataset.copy;
    const text = source.startsWith("#") ? $(source).textContent.trim() : source;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      copyByHand(text, button);
    }
    announce($(".done", button).textContent.trim(), button);
    button.classList.add("copied");
    setTimeout(() => button.classList.remove("copied"), 2000);
  });

  // Keyboard: / and Ctrl+K (Command+K) search, Escape leaves a rename. Nothing while a word is being composed.
  on("keydown", (event) => {
    if (event.isComposing || $("dialog:modal")) return;
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    const ask = (event.key === "/" && !typing) || (/^k$/i.test(event.key) && (event.ctrlKey || event.metaKey));
    if (ask && $("#search")) {
      event.preventDefault();
      $("#search").select();
    }
    if (event.key === "Escape") event.target.closest(".rename")?.querySelector("[data-cancel]")?.click();
  });
  on("input", (event) => event.isComposing && event.stopPropagation(), true);
  on("compositionend", ({ target }) => target.dispatchEvent(new Event("input", { bubbles: true })));

  // Scopes: what is ticked decides the count, the two boxes of each area, and the sentence in the summary.
  const ticks = (area, type) => all(`[data-type=${type}]:enabled`, area);
  const summarise = (picker) => {
    const sentences = [];
    for (const area of all("[data-area]", picker)) {
      const [reads, writes] = ["read", "write"].map((type) => {
        const boxes = ticks(area, type);
        const ticked = boxes.filter((box) => box.checked).length;
        const whole = $(`[data-all=${type}]`, area);
        whole.checked = ticked && ticked === boxes.length;
        whole.indeterminate = ticked && !whole.checked;
        return ticked;
      });
      if (reads || writes) sentences.push(area.dataset[reads && writes ? "both" : reads ? "reads" : "writes"]);
    }
    const count = all("[data-type]:checked", picker).length;
    const counter = $("[data-count]", picker);
    counter.textContent = counter.dataset.count.replace("{n}", count);
    const list = $("[data-does]");
    const line = $("template", list);
    list.replaceChildren(line);
    for (const sentence of sentences) stamp(line, list, sentence);
    $("[data-does-none]").hidden = count > 0;
  };
  const expire = ({ type, value }) => {
    const line = $("[data-expires]");
    if (!line) return;
    const end = new Date(type === "date" ? `${value}T00:00` : Date.now() + value * 864e5);
    const date = end.toLocaleDateString(document.documentElement.lang.replace(/^en$/, "en-GB"), { dateStyle: "long" });
    line.hidden = isNaN(end);
    $("span", line).textContent = line.dataset.expires.replace("{date}", date);
  };
  const refresh = () => {
    showModals();
    all("[data-scopes]").forEach(summarise);
    all("[data-expiry] :checked").forEach(expire);
  };
  on("input", ({ target }) => {
    const picker = target.closest("[data-scopes]");
    if (target.matches("[data-filter]")) {
      const wanted = target.value.trim().toLowerCase();
      for (const area of all("[data-area]", picker)) {
        const whole = $("summary", area).textContent.toLowerCase().includes(wanted);
        for (const pick of all(".pick", area)) pick.hidden = !whole && !pick.textContent.toLowerCase().includes(wanted);
        area.hidden = !$(".pick:not([hidden])", area);
        $("details", area).open = Boolean(wanted) && !whole;
      }
    } else if (picker) {
      const { all: type } = target.dataset;
      if (type) for (const box of ticks(target.closest("[data-area]"), type)) box.checked = target.checked;
      summarise(picker);
    }
    if (target.closest("[data-expiry]")) expire(target);
    if (target.matches("[data-narrow]")) {
      const wanted = target.value.trim().toLowerCase();
      for (const each of all(".check", target.closest("[data-choices]"))) each.hidden = !each.textContent.toLowerCase().includes(wanted);
    }
  });
  on("click", (event) => {
    const preset = event.target.closest("[data-preset]");
    const picker = preset && $("[data-scopes]");
    if (!picker) return;
    event.preventDefault();
    const chosen = preset.dataset.preset.split(" ");
    for (const box of all("[data-type]:enabled", picker)) box.checked = chosen.includes(box.value);
    for (const each of all(".preset")) each.toggleAttribute("aria-current", each === preset);
    const everything = $("[name=everything]");
    if (everything) everything.checked = false;
    summarise(picker);
  });

  // htmx: focus never falls to the body, a finished dialog closes, a failure is said.
  let heirs = [];
  on("htmx:beforeSwap", ({ detail }) => {
    const { elt, target, xhr } = detail;
    const here = document.activeElement;
    const row = here.closest("tr, li");
    const near = [row?.nextElementSibling, row?.previousElementSibling].map((each) => each && $("a[id], button[id]", each)?.id);
    heirs = [elt.dataset.heir, here.id, ...near, here.closest("section")?.getAttribute("aria-labelledby"), "main"];
    const dialog = elt.closest("dialog:modal");
    if (dialog && xhr.status < 400 && !dialog.contains(target)) dialog.close();
  });
  on("htmx:load", ({ detail: { elt } }) => {
    heirs.splice(2, 0, $("a[id], button[id]", elt)?.id);
    refresh();
  });
  on("htmx:afterRequest", ({ detail }) => setTimeout(() => {
    const wrong = detail.xhr.status === 422 && $("[aria-invalid=true]", $("dialog:modal") ?? document);
    if (wrong) wrong.focus();
    else if (heirs.length && document.activeElement === document.body) {
      const heir = heirs.map((id) => document.getElementById(id)).find(Boolean);
      if (heir.tabIndex < 0) heir.tabIndex = -1;
      heir.focus();
    }
    heirs = [];
  }, 30));
  const failed = (text) => toast(document.body.dataset[text]);
  on("htmx:responseError", ({ detail }) => failed(detail.xhr.status < 500 ? "stale" : "failed"));
  on("htmx:sendError", () => failed("offline"));

  refresh();
})();
