// What makes the pages quicker to use; each of them works without it.
"use strict";

// A form with data-live shows what comes of it as one types: the page's part in the element of that id is put in its place.
for (const form of document.querySelectorAll("form[data-live]")) {
  let waiting = 0;
  let asked = 0;
  const ask = async () => {
    const mine = ++asked;
    const filled = [...new FormData(form)].filter(([, value]) => value !== "");
    const query = new URLSearchParams(filled).toString();
    const address = `${form.getAttribute("action")}?${query}`;
    let response;
    try {
      response = await fetch(address, { headers: { "X-Vicishim-Part": "1" } });
    } catch {
      return;
    }
    if (mine !== asked) return;
    if (response.redirected || !response.ok) {
      location.assign(address);
      return;
    }
    const text = await response.text();
    if (mine !== asked) return;
    const shown = document.getElementById(form.dataset.live);
    shown.innerHTML = text;
    // Said to who does not see it: the whole of it would be too much.
    const status = document.querySelector(`[data-said-by="${form.dataset.live}"]`);
    if (status) status.textContent = shown.querySelector("[data-said]")?.textContent ?? "";
    history.replaceState(null, "", address);
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 200);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    ask();
  });
}

// A live tail of the log: data-tail is the address of its events; the filter is that of the page's form.
for (const tail of document.querySelectorAll("[data-tail]")) {
  const most = 200;
  const button = tail.querySelector("[data-tail-button]");
  const state = tail.querySelector("[data-tail-state]");
  const table = tail.querySelector("[data-tail-table]");
  const rows = table.querySelector("tbody");
  const form = document.querySelector("form[data-live]");
  let events = null;
  let count = 0;
  let told = 0;
  let restarting = 0;
  const say = (text) => {
    state.textContent = text;
    told = Date.now();
  };
  const stop = (text) => {
    events?.close();
    events = null;
    button.textContent = "Watch live";
    button.setAttribute("aria-pressed", "false");
    say(text);
  };
  const cell = (name, text) => {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  };
  const row = (call) => {
    const made = document.createElement("tr");
    const time = cell("th", "");
    time.scope = "row";
    const link = cell("a", call.time);
    link.href = `/activity/${Number(call.id)}`;
    time.append(link);
    const result = cell("td", "");
    const badge = cell("span", call.result);
    badge.className = `badge ${call.class}`;
    result.append(badge);
    const data = cell("td", call.data);
    data.className = "mono";
    made.append(time, cell("td", call.function), result, cell("td", call.reason), data, cell("td", call.user), cell("td", call.source));
    return made;
  };
  const start = () => {
    const query = form ? new URLSearchParams(new FormData(form)).toString() : "";
    events = new EventSource(`${tail.dataset.tail}?${query}`);
    button.textContent = "Pause";
    button.setAttribute("aria-pressed", "true");
    table.hidden = false;
    events.onopen = () => say("Waiting for calls.");
    events.onmessage = (event) => {
      const { calls, left_out } = JSON.parse(event.data);
      for (const call of calls) rows.prepend(row(call));
      while (rows.rows.length > most) rows.lastChild.remove();
      count += calls.length + left_out;
      // Not at each call: a screen reader would never be quiet.
      if (Date.now() - told > 5000 || count === calls.length) say(`${count} calls so far.`);
    };
    events.addEventListener("end", (event) => stop(event.data));
    events.onerror = () => {
      if (events?.readyState === EventSource.CLOSED) stop("The connection was refused or lost.");
      else say("The connection was lost; trying again.");
    };
  };
  tail.hidden = false;
  button.addEventListener("click", () => (events ? stop("Paused.") : start()));
  form?.addEventListener("input", () => {
    clearTimeout(restarting);
    if (!events) return;
    restarting = setTimeout(() => {
      stop("");
      rows.replaceChildren();
      count = 0;
      start();
    }, 600);
  });
}

// A file that is dropped on a form with data-drop is its file.
for (const form of document.querySelectorAll("form[data-drop]")) {
  const file = form.querySelector("input[type=file]");
  for (const kind of ["dragenter", "dragover"]) {
    form.addEventListener(kind, (event) => {
      if (file.disabled || !event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      form.classList.add("dropping");
    });
  }
  form.addEventListener("dragleave", (event) => {
    if (!form.contains(event.relatedTarget)) form.classList.remove("dropping");
  });
  form.addEventListener("drop", (event) => {
    form.classList.remove("dropping");
    if (file.disabled || !event.dataTransfer.files.length) return;
    event.preventDefault();
    file.files = event.dataTransfer.files;
    file.focus();
  });
}

// A box with data-all selects all boxes of that name; what has data-count says how many are.
const boxes = (name) => [...document.querySelectorAll(`input[type=checkbox][name="${name}"]`)];
document.addEventListener("change", ({ target }) => {
  if (!target.matches("input[type=checkbox]")) return;
  const name = target.dataset.all ?? target.name;
  if (target.dataset.all) for (const box of boxes(name)) box.checked = target.checked;
  const count = boxes(name).filter((box) => box.checked).length;
  const all = document.querySelector(`[data-all="${name}"]`);
  if (all) all.checked = count > 0 && count === boxes(name).length;
  const said = document.querySelector(`[data-count="${name}"]`);
  if (said) said.textContent = count ? `${count} selected` : "";
});

// A field with data-suggest fills its list with what is found there for what one types.
for (const field of document.querySelectorAll("input[data-suggest]")) {
  let waiting = 0;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const asked = field.value;
      const address = `${field.dataset.suggest}?${new URLSearchParams({ search: asked })}`;
      const response = await fetch(address, { headers: { "X-Vicishim-Part": "1" } }).catch(() => null);
      if (!response?.ok || response.redirected || field.value !== asked) return;
      const text = await response.text();
      if (field.value === asked) field.list.innerHTML = text;
    }, 200);
  });
}

// A form with data-check asks about a field as one leaves it: what is wrong with it is said in the element that describes it.
for (const form of document.querySelectorAll("form[data-check]")) {
  form.addEventListener("change", async ({ target }) => {
    const said = document.getElementById(`w-${target.name}`);
    if (!said) return;
    const query = new URLSearchParams(new FormData(form));
    for (const name of [...query.keys()]) {
      if (name === "form_token" || name.startsWith("was.") || name === target.name) query.delete(name);
    }
    query.set("field", target.name);
    query.set("value", target.value);
    const value = target.value;
    let text = "";
    try {
      const response = await fetch(`${form.dataset.check}?${query}`, { headers: { "X-Vicishim-Part": "1" } });
      if (!response.ok || response.redirected) return;
      text = await response.text();
    } catch {
      return;
    }
    if (target.value !== value) return;
    said.innerHTML = text;
    const isWrong = said.textContent.trim() !== "" && !said.querySelector(".hint");
    target.toggleAttribute("aria-invalid", isWrong);
    if (isWrong) target.setAttribute("aria-invalid", "true");
  });
}

// A list with data-search has more than it shows: what is typed is searched for.
for (const input of document.querySelectorAll("input[list]")) {
  let waiting = 0;
  input.addEventListener("input", () => {
    const list = input.list;
    if (!list || !list.dataset.search) return;
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const query = new URLSearchParams({ search: input.value });
      try {
        const response = await fetch(`${list.dataset.search}?${query}`, { headers: { "X-Vicishim-Part": "1" } });
        if (response.ok && !response.redirected) list.innerHTML = await response.text();
      } catch {
        // The list stays as it is.
      }
    }, 200);
  });
}

// An input with data-kind is picked from the list that another field names: `kind:list kind:list`.
for (const input of document.querySelectorAll("input[data-kind]")) {
  const kind = input.form.elements[input.dataset.kind];
  const lists = new Map(input.dataset.lists.split(" ").map((pair) => pair.split(":")));
  const choose = () => {
    const list = lists.get(kind.value);
    if (list) input.setAttribute("list", `list-${list}`);
    else input.removeAttribute("list");
  };
  kind.addEventListener("change", choose);
  choose();
}
