"use strict";
// Everything works without this script; it only saves a reload or a copied text.
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  });
}
const problem = document.querySelector(".problem");
if (problem) {
  problem.tabIndex = -1;
  problem.focus();
}
// A form that is not whole yet: its button is grey, and says what is missing when it is pressed.
for (const form of document.querySelectorAll("form[data-whole]")) {
  const button = form.querySelector("button.danger"), told = form.querySelector("[data-lacks]");
  const lacks = () => {
    const reason = form.querySelector("input[name=reason]:checked");
    if (!reason) return "Choose a reason.";
    const note = form.elements.note;
    return reason.dataset.needsNote === "1" && !note.value.trim() ? "Write a note: the reason explains nothing by itself." : "";
  };
  const show = () => {
    button.setAttribute("aria-disabled", lacks() ? "true" : "false");
    if (!lacks()) told.hidden = true;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => {
    if (!lacks()) return;
    event.preventDefault();
    told.textContent = lacks();
    told.hidden = false;
  });
  show();
}
