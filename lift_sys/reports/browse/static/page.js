"use strict";
// Keys only: everything works without this file.
(() => {
  const rows = () => [...document.querySelectorAll(".rows a, .rows.plain li")];
  const keys = document.getElementById("keys");
  const search = document.getElementById("q");

  function go(to) {
    const list = rows();
    if (list.length === 0) return;
    const now = list.indexOf(document.activeElement);
    const at = to === "first" ? 0 : to === "last" ? list.length - 1 : now + to;
    if (at >= 0 && at < list.length) list[at].focus();
    else follow(at < 0 ? "prev" : "next");
  }

  function follow(name) {
    const link = document.querySelector(`a[rel=${name}]`);
    if (link) location.assign(link.href);
  }

  function help(shown) {
    if (location.hash === "#keys") history.replaceState(null, "", location.pathname + location.search);
    keys.classList.toggle("shown", shown);
    if (shown) keys.focus();
    else document.getElementById("main").focus({ preventScroll: true });
  }

  const listing = rows().length > 0;
  const actions = {
    "/": () => { if (search) { search.focus(); search.select(); } else location.assign("/"); },
    "j": () => (listing ? go(1) : follow("next")),
    "k": () => (listing ? go(-1) : follow("prev")),
    "g": () => (listing ? go("first") : scrollTo(0, 0)),
    "G": () => (listing ? go("last") : scrollTo(0, document.body.scrollHeight)),
    "?": () => help(!keys.classList.contains("shown")),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const field = event.target.closest("input, select, textarea");
    if (event.key === "Escape") {
      if (keys.classList.contains("shown")) help(false);
      else if (field) field.blur();
      else document.getElementById("back")?.click();
      return;
    }
    if (field || !Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  });

  document.getElementById("show-keys").addEventListener("click", (event) => { event.preventDefault(); help(true); });
  document.getElementById("hide-keys").addEventListener("click", (event) => { event.preventDefault(); help(false); });
  // Coming back from a row by its link or Esc: the list stands where it was left.
  const back = document.getElementById("back");
  if (back && location.pathname.startsWith("/row/"))
    back.addEventListener("click", () => sessionStorage.setItem("left", location.pathname));
  const left = listing && sessionStorage.getItem("left");
  if (left) {
    sessionStorage.removeItem("left");
    rows().find((row) => row.pathname === left)?.focus();
  }
})();
