// How an uploaded table is written, where its texts can be read in several ways.

import { Choice } from "./FormFields.js";
import { Sheet } from "./Sheet.js";
import { page } from "./state.js";
import { readTable } from "./tableUpload.js";
import { html, useState } from "./vendor/preact.js";

// The options of glassnet.tables.reading that people have to choose among.
const OPTIONS = {
  delimiter: { label: "between fields", names: {
    ",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar", " ": "a space" } },
  decimal: { label: "before decimals", names: { ".": "a point", ",": "a comma" } },
  date_order: { label: "first in dates", names: {
    "day-first": "the day", "month-first": "the month", "year-first": "the year" } },
  header: { label: "first line", names: { yes: "names", no: "a row" } },
};
const AUTO = "found out";

/** The dialog in which is chosen how to read a table, while there is one. */
export function ReadingDialog() {
  return page.unread && html`<${Options} key=${page.unread} name=${page.unread} />`;
}

function Options({ name }) {
  const { problem, reading } = page;
  const [chosen, setChosen] = useState({});
  const close = () => { page.unread = null; };
  const choose = (option, value) => {
    const others = { ...chosen, [option]: value };
    if (value === AUTO) delete others[option];
    setChosen(others);
  };
  const onSubmit = (event) => {
    event.preventDefault();
    readTable(chosen);
  };
  return html`<${Sheet} name="reading" title=${`How to read ${name}`} onClose=${close} isLasting>
    <form class="sheet-body" onSubmit=${onSubmit}>
      ${problem && html`<p class="state bad" role="alert">${problem}</p>`}
      <div class="pair">${Object.entries(OPTIONS).map(([option, { label, names }]) => html`
        <${Choice} key=${option} label=${label} value=${chosen[option] ?? AUTO} names=${names}
          choices=${[AUTO, ...Object.keys(names)]}
          onChange=${(value) => choose(option, value)} />`)}</div>
      <div class="row-of-buttons">
        <button class="primary" disabled=${Boolean(reading)}>
          ${reading ? "Reading…" : "Read it so"}</button>
        <button type="button" onClick=${close}>Cancel</button></div>
    </form><//>`;
}
