// A dialog over the page: closed by its button, by Escape, and by a click beside it.

import { html, useLayoutEffect, useRef, useState } from "./vendor/preact.js";

/** `name` is its class; `onClose` is called when the reader closes it. */
export function Sheet({ title, name, onClose, isLasting = false, children }) {
  const dialog = useRef();
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown.showModal();
    return () => shown.close(); // so that the focus goes back
  }, []);
  const close = () => dialog.current.close();
  return html`<dialog ref=${dialog} class=${`sheet ${name}`} aria-labelledby=${`${name}-title`}
      onClose=${() => { if (dialog.current) onClose(); }}
      onClick=${({ target }) => { if (target === dialog.current && !isLasting) close(); }}>
    <header><h2 id=${`${name}-title`}>${title}</h2>
      <button aria-label="Close" onClick=${close}>×</button></header>
    ${children}</dialog>`;
}

/** A link that can be selected and copied; with what stands beneath it and beside its button. */
export function LinkField({ label, link, beneath = null, beside = null }) {
  const [copied, setCopied] = useState(null);
  const copy = async () => {
    try { await navigator.clipboard.writeText(link); } catch { return; }
    setCopied(link);
  };
  return html`<label class="field"><span>${label}</span>
      <input class="mono" readonly value=${link}
        onFocus=${({ target }) => target.select()} /></label>
    ${beneath}
    <div class="row-of-buttons"><button class="primary" onClick=${copy}>Copy the link</button>
      ${beside}<span role="status">${copied === link ? "Copied." : ""}</span></div>`;
}
