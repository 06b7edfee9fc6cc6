// The complete calculation of a point or a place: the library's own explanation.

import { ask, onMessage } from "./connection.js";
import { Sheet } from "./Sheet.js";
import { page } from "./state.js";
import { html, useLayoutEffect, useRef } from "./vendor/preact.js";

onMessage("explanation", (explanation) => {
  if (explanation.asked === page.explaining) Object.assign(page, { explanation, explaining: null });
});
onMessage("problem", () => { page.explaining = null; });

/** Ask for the calculation of a point or a place: its sheet opens at once, the numbers follow. */
export function explain(request) {
  if (page.link === "lost") return; // nobody is there to work it out, as the page says
  page.explanation = null;
  page.explaining = ask("explain", request);
}

export function CalculationDialog() {
  const { explanation, explaining } = page;
  if (!explanation && !explaining) return null;
  const close = () => Object.assign(page, { explanation: null, explaining: null });
  return html`<${Sheet} name="explanation" title="The whole calculation" onClose=${close}>
    <div class="explanation-body" tabindex="0">
      ${explaining && html`<p class="hint" role="status">Every number is worked out…</p>`}
      ${explanation && html`<${Steps} text=${explanation.html} />`}</div><//>`;
}

/** The steps, in a shadow so that neither style touches the other. */
function Steps({ text }) {
  const body = useRef();
  useLayoutEffect(() => {
    let timer = null; // so many numbers are laid out once the sheet is seen
    const request = requestAnimationFrame(() => {
      timer = setTimeout(() => fill(body.current, text));
    });
    return () => {
      cancelAnimationFrame(request);
      clearTimeout(timer);
    };
  }, [text]);
  return html`<div ref=${body}></div>`;
}

function fill(host, text) {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  root.innerHTML = text;
  // The page allows no style in attributes, not even its own.
  for (const tall of root.querySelectorAll("[data-rows]")) {
    tall.style.setProperty("--rows", tall.dataset.rows);
  }
  root.onclick = copyDigits;
  reachScrolled(root);
  root.addEventListener("toggle", () => reachScrolled(root), true);
  host.parentElement.scrollTop = 0;
}

/** Let keys, too, scroll what is wider or higher than its box. */
function reachScrolled(root) {
  for (const box of root.querySelectorAll(".gn-eq > span, .gn-digits code")) {
    const fits = box.scrollWidth <= box.clientWidth && box.scrollHeight <= box.clientHeight + 1;
    if (!fits) {
      Object.assign(box, { tabIndex: 0, role: "group", ariaLabel: box.dataset.name ?? "equation" });
    }
  }
}

/** Copy every digit of a number, at a click on it or on its button. */
async function copyDigits(event) {
  const number = event.target.closest("[data-value]");
  const button = event.target.closest("button[data-copy]");
  const text = button ? button.parentElement.nextElementSibling.textContent : number?.dataset.value;
  if (text === undefined) return;
  try { await navigator.clipboard.writeText(text); } catch { return; }
  if (!button) return;
  button.textContent = "copied";
  setTimeout(() => { button.textContent = "copy"; }, 1500);
}
