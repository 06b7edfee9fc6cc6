// The page from left to right: data, features, layers, output; below it time, and every number.

import { CalculationDialog } from "./CalculationDialog.js";
import { ColumnDialog } from "./ColumnDialog.js";
import { ConfusionMatrix } from "./ConfusionMatrix.js";
import { ControlVisibility } from "./controlVisibility.js";
import { DataPanel } from "./DataPanel.js";
import { Diagnosis } from "./Diagnosis.js";
import { DownloadDialog } from "./DownloadDialog.js";
import { KeysDialog, useKeys } from "./keyboard.js";
import { LessonList, LessonPanel } from "./LessonPanel.js";
import { loadLessons } from "./lessons.js";
import { LiveRegion } from "./LiveRegion.js";
import { LossHistory } from "./LossHistory.js";
import { ManyStarts } from "./ManyStarts.js";
import { NetworkDiagram } from "./NetworkDiagram.js";
import { OutputPlane } from "./OutputPlane.js";
import { PredictionTable } from "./PredictionTable.js";
import { Comparison, ComparisonDialog, TwoCurves, TwoRuns } from "./RunComparison.js";
import { Counters, RunControls, StatusMessage } from "./RunControls.js";
import { isComparing, page, runs } from "./state.js";
import { TeacherDialog } from "./TeacherDialog.js";
import { TrainingSettings } from "./TrainingSettings.js";
import { html, render, useState } from "./vendor/preact.js";
import { WeightInspector } from "./WeightInspector.js";

const DIALOGS = { compare: ComparisonDialog, lessons: LessonList, keys: KeysDialog,
  teachers: TeacherDialog, take: DownloadDialog };

/** @type {any} */
const icon = document.querySelector("link[rel=icon]"); // beside the page, or within it

function Header({ open }) {
  const button = (name, label, props = {}) => html`<button aria-haspopup="dialog"
    onClick=${() => open(name)} ...${props}>${label}</button>`;
  return html`<header class="top"><div class="first">
      <a class="brand" href="./" aria-label="glassnet, the tutorial">
        <img src=${icon.href} alt="" width="30" height="30" /><h1>glassnet</h1></a>
      <div class="tools">${button("lessons", "Lessons", { id: "lessons" })}
        ${button("compare", "Compare", { "data-control": "compare" })}
        ${button("teachers", "For teachers")}
        ${button("take", "Take it with you", { "data-control": "take" })}
        ${button("keys", "?", { title: "Keys (?)", "aria-label": "Keys" })}</div></div>
    <div class="driving"><${RunControls} />
      ${!isComparing() && html`<${Counters} />`}</div></header>`;
}

function Figures() {
  return isComparing()
    ? html`<div class="two"><${DataPanel} /><${TwoRuns} /></div>
      <div class="two-outcomes"><${TwoCurves} /><${Comparison} /></div>`
    : html`<div class="flow"><${DataPanel} /><${NetworkDiagram} /><${OutputPlane} /></div>
      <${LossHistory} />`;
}

function Page() {
  const [name, open] = useState(null);
  useKeys(() => open("keys"));
  const run = page.editing;
  if (!runs.a.scene || !runs.a.scenario) {
    return html`<div class="loading"><${StatusMessage} /></div>`;
  }
  const Dialog = DIALOGS[name];
  return html`<${Header} open=${open} />
    <${StatusMessage} />
    <${LessonPanel} />
    <main class=${isComparing() ? "comparing" : ""}>
      <${TrainingSettings} />
      <${Figures} />
      <div class="below"><${WeightInspector} /><${PredictionTable} key=${run} run=${run} />
        <div class="judged"><${ConfusionMatrix} key=${run} run=${run} />
          <${Diagnosis} run=${run} /></div></div>
      <${ManyStarts} />
    </main><${CalculationDialog} /><${ColumnDialog} /><${LiveRegion} /><${ControlVisibility} />
    ${Dialog && html`<${Dialog} onClose=${() => open(null)} />`}`;
}

/** Show the page; `connect` opens the line to a session. */
export async function start(connect) {
  const root = document.getElementById("page");
  await loadLessons();
  root.replaceChildren();
  render(html`<${Page} />`, root);
  connect();
}
