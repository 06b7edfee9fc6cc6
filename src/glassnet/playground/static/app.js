// The page from left to right: data, features, layers, output; below it time, and every number.

import { html, render, useState } from "/vendor/htm-preact.js";
import { connect } from "/connection.js";
import { useStore } from "/store.js";
import { Comparison, CompareSheet, TwoCurves, TwoRuns } from "/compare.js";
import { Data } from "/data.js";
import { Columns } from "/columns.js";
import { Confusion } from "/confusion.js";
import { Diagnosis, Explanation, Inspector } from "/details.js";
import { Hiding, Teacher } from "/hiding.js";
import { History } from "/history.js";
import { Help, useKeys } from "/keys.js";
import { loadLessons } from "/lessons.js";
import { Network } from "/network.js";
import { Plane } from "/plane.js";
import { Predictions } from "/predictions.js";
import { RunBar, Standing, State } from "/run.js";
import { Settings } from "/settings.js";
import { Seeds } from "/seeds.js";
import { Spoken } from "/spoken.js";
import { TakeAway } from "/take.js";
import { Lesson, LessonList } from "/teaching.js";

const SHEETS = { compare: CompareSheet, lessons: LessonList, keys: Help, teachers: Teacher, take: TakeAway };

function Page() {
  const { scene, story, b, editing } = useStore();
  const comparing = Boolean(b?.scene && b.story);
  const [sheet, setSheet] = useState(null);
  useKeys(() => setSheet("keys"));
  if (!scene || !story) return html`<div class="loading"><${State} /></div>`;
  const Sheet = SHEETS[sheet];
  return html`<header class="top"><div class="first"><a class="brand" href="/" aria-label="glassnet, the tutorial"><img src="/icon.svg" alt="" width="30" height="30" />
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
