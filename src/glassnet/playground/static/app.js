// The page from left to right: data, features, layers, output; below it time, and every number.

import { html, render, useState } from "./vendor/htm-preact.js";
import { connect } from "./connection.js";
import { useStore } from "./store.js";
import { Comparison, CompareSheet, TwoCurves, TwoRuns } from "./RunComparison.js";
import { Data } from "./DataPanel.js";
import { Columns } from "./ColumnDialog.js";
import { Confusion } from "./ConfusionMatrix.js";
import { Diagnosis, Explanation, Inspector } from "./WeightInspector.js";
import { Hiding, Teacher } from "./controlVisibility.js";
import { History } from "./LossHistory.js";
import { Help, useKeys } from "./keyboard.js";
import { loadLessons } from "./lessons.js";
import { Network } from "./NetworkDiagram.js";
import { Plane } from "./OutputPlane.js";
import { Predictions } from "./PredictionTable.js";
import { RunBar, Standing, State } from "./RunControls.js";
import { Settings } from "./TrainingSettings.js";
import { Seeds } from "./ManyStarts.js";
import { Spoken } from "./LiveRegion.js";
import { TakeAway } from "./DownloadDialog.js";
import { Lesson, LessonList } from "./LessonPanel.js";

const SHEETS = { compare: CompareSheet, lessons: LessonList, keys: Help, teachers: Teacher, take: TakeAway };

function Page() {
  const { scene, story, b, editing } = useStore();
  const comparing = Boolean(b?.scene && b.story);
  const [sheet, setSheet] = useState(null);
  useKeys(() => setSheet("keys"));
  if (!scene || !story) return html`<div class="loading"><${State} /></div>`;
  const Sheet = SHEETS[sheet];
  return html`<header class="top"><div class="first"><a class="brand" href="./" aria-label="glassnet, the tutorial"><img src="./icon.svg" alt="" width="30" height="30" />
      <h1>glassnet</h1></a>
      <div class="tools"><button id="lessons" aria-haspopup="dialog" onClick=${() => setSheet("lessons")}>Lessons</button>
        <button data-control="compare" aria-haspopup="dialog" onClick=${() => setSheet("compare")}>Compare</button>
        <button aria-haspopup="dialog" onClick=${() => setSheet("teachers")}>For teachers</button>
        <button aria-haspopup="dialog" data-control="take" onClick=${() => setSheet("take")}>Take it with you</button>
        <button aria-haspopup="dialog" title="Keys (?)" aria-label="Keys" onClick=${() => setSheet("keys")}>?</button></div></div>
      <div class="driving"><${RunBar} />${!comparing && html`<${Standing} />`}</div></header>
    <${State} />
    <${Lesson} />
    <main class=${comparing ? "comparing" : ""}>
      <${Settings} />
      ${comparing ? html`<div class="two"><${Data} /><${TwoRuns} /></div><div class="told"><${TwoCurves} /><${Comparison} /></div>`
    : html`<div class="flow"><${Data} /><${Network} /><${Plane} /></div><${History} />`}
      <div class="below"><${Inspector} /><${Predictions} key=${editing} run=${editing} /><div class="judged"><${Confusion} key=${editing} run=${editing} /><${Diagnosis} run=${editing} /></div></div>
      <${Seeds} />
    </main><${Explanation} /><${Columns} /><${Spoken} /><${Hiding} />
    ${Sheet && html`<${Sheet} onClose=${() => setSheet(null)} />`}`;
}

const page = document.getElementById("page");
await loadLessons();
page.replaceChildren();
render(html`<${Page} />`, page);
connect();
