"use strict";

// Fills a field of the page around this one, found by its id or its name. Where that page has a function of this name,
// it decides what is done.
function choose_file(value, field) {
  const said = document.getElementById("said");
  let found;
  try {
    if (parent !== window && typeof parent.choose_file === "function") {
      parent.choose_file(value, field);
      said.textContent = value;
      return;
    }
    const page = parent === window ? null : parent.document;
    found = page && (page.getElementById(field) || page.getElementsByName(field)[0]);
  } catch (_) {
    // A page of another origin shows nothing of itself.
  }
  if (!found || !("value" in found)) {
    said.textContent = "The page around this one has no field " + field;
    return;
  }
  const before = found.value;
  found.value = value;
  if (found.value !== value) {
    found.value = before;
    said.textContent = "The field " + field + " does not take " + value;
    return;
  }
  for (const name of ["input", "change"]) {
    found.dispatchEvent(new Event(name, { bubbles: true }));
  }
  said.textContent = value;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-value]");
  if (link) {
    event.preventDefault();
    choose_file(link.dataset.value, document.body.dataset.field);
  }
});
