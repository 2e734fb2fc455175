// What scrolls can be reached with the keyboard: wide code and wide tables.
function reach() {
  for (const box of document.querySelectorAll("pre, .tl-output div, .tl-live, .table-wrapper")) {
    const scrolls = ["auto", "scroll"].includes(getComputedStyle(box).overflowX) && box.scrollWidth > box.clientWidth;
    if (scrolls) box.tabIndex = 0;
    else if (box.tabIndex === 0) box.removeAttribute("tabindex");
  }
}
addEventListener("load", reach);
addEventListener("resize", reach);
