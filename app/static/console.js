// What every page does beside its own: closing the account menu, and saying when the sign-in is over.
"use strict";

document.addEventListener("keydown", (event) => {
  const menu = document.querySelector(".who[open]");
  if (event.key === "Escape" && menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("click", (event) => {
  const menu = document.querySelector(".who[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});

// On a telephone the menu is one row: begin where the reader is.
document.querySelector(".menu [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// A page in a drawer asks for nothing; it asks at once when it is looked at again.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt.matches("[hx-trigger*=every]")) event.preventDefault();
});

document.addEventListener("htmx:responseError", (event) => {
  const over = document.getElementById("signed-out");
  if (event.detail.xhr.status === 401 && over) over.hidden = false;
});
