// A click on a number or a button copies every digit of it; and what is wider or higher than its box
// can be scrolled by keys, too.
function reachScrolled() {
  for (const box of document.querySelectorAll(".gn-eq > span, .gn-digits code")) {
    if (box.scrollWidth <= box.clientWidth && box.scrollHeight <= box.clientHeight + 1) continue;
    box.tabIndex = 0;
    box.role = "group";
    box.ariaLabel = box.dataset.name ?? "equation";
  }
}
reachScrolled();
document.addEventListener("toggle", reachScrolled, true);
addEventListener("resize", reachScrolled);
document.addEventListener("click", async (event) => {
  const number = event.target.closest("[data-value]");
  const button = event.target.closest("button[data-copy]");
  const text = button ? button.parentElement.nextElementSibling.textContent
    : number ? number.dataset.value : null;
  if (text === null) return;
  try { await navigator.clipboard.writeText(text); } catch { return; }
  if (!button) return;
  button.textContent = "copied";
  setTimeout(() => { button.textContent = "copy"; }, 1500);
});
