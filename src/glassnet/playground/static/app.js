// The page on one screen: data, network and output; loss and time beneath; words beside.

import { CalculationDialog } from "./CalculationDialog.js";
import { beginCallouts, CalloutsEnd } from "./Callouts.js";
import { ColumnDialog } from "./ColumnDialog.js";
import { ControlVisibility, isHidden } from "./controlVisibility.js";
import { DataPanel } from "./DataPanel.js";
import { Dock } from "./Dock.js";
import { DownloadDialog } from "./DownloadDialog.js";
import { HelpDialog, useKeys } from "./keyboard.js";
import { LessonList, LessonPanel } from "./LessonPanel.js";
import { loadLessons, stepOf } from "./lessons.js";
import { LiveRegion } from "./LiveRegion.js";
import { LossHistory } from "./LossHistory.js";
import { ManyStarts } from "./ManyStarts.js";
import { NetworkDiagram } from "./NetworkDiagram.js";
import { OutputPlane } from "./OutputPlane.js";
import { preference } from "./persistence.js";
import { ReadingDialog } from "./ReadingDialog.js";
import { Comparison, ComparisonDialog, TwoCurves, TwoRuns } from "./RunComparison.js";
import { Counters, RunControls, StatusMessage } from "./RunControls.js";
import { isComparing, page, runs } from "./state.js";
import { Tabs } from "./Tabs.js";
import { TeacherDialog } from "./TeacherDialog.js";
import { showSettings, TrainingSettings } from "./TrainingSettings.js";
import { html, render, useState } from "./vendor/preact.js";
import { say, wordsOf } from "./words.js";

/** Whether the step that is open uses a part of the page or a control in it. */
function isAbout(part) {
  const { controls = {} } = wordsOf("parts")[part];
  return stepOf(page.lesson).uses?.some((name) => name === part || name in controls);
}

const DIALOGS = { compare: ComparisonDialog, lessons: LessonList, help: HelpDialog,
  teachers: TeacherDialog, take: DownloadDialog };

/** @type {any} */
const icon = document.querySelector("link[rel=icon]"); // beside the page, or within it

function Header({ open }) {
  const button = (name, props = {}) => html`<button aria-haspopup="dialog" id=${name}
    onClick=${() => open(name)} ...${props}>${say(`header.${name}`)}</button>`;
  return html`<header class="top">
    <a class="brand" href="./" aria-label=${say("header.home")}>
      <img src=${icon.href} alt="" width="30" height="30" /><h1>glassnet</h1></a>
    <${RunControls} />
    ${!isComparing() && html`<${Counters} />`}
    <div class="tools">${button("lessons")}
      <button aria-expanded=${page.hasSettings} data-control="settings"
        onClick=${() => showSettings(!page.hasSettings)}>${say("header.settings")}</button>
      ${button("compare", { "data-control": "compare" })}
      ${button("take", { "data-control": "take" })}
      ${button("teachers")}${button("help", { "aria-label": say("help.title") })}</div></header>`;
}

/** Loss and score by epoch, or many starts. */
function Strip() {
  const names = ["history", "seeds"].filter((name) => !isHidden(name));
  const shown = names.includes(page.strip) ? page.strip : names[0];
  const Panel = shown === "seeds" ? ManyStarts : isComparing() ? TwoCurves : LossHistory;
  return names.length > 0 && html`<div class=${`card strip on-${shown}`}>
    <${Tabs} label=${say("strip.label")} names=${names} labels=${wordsOf("strip")} shown=${shown}
      panel="strip-panel" onChange=${(name) => { page.strip = name; }} />
    <div class="strip-panel" id="strip-panel" role="tabpanel" aria-labelledby=${`tab-${shown}`}>
      <${Panel} /></div></div>`;
}

function Figures() {
  if (isComparing()) {
    return html`<${DataPanel} /><${TwoRuns} /><${Strip} />
      <div class="side"><${Comparison} /><${Dock} /></div>`;
  }
  return html`<${DataPanel} /><${NetworkDiagram} /><${Strip} />
    <div class="side"><${OutputPlane} /><${Dock} /></div>`;
}

function Page() {
  const [name, open] = useState(null);
  useKeys(() => open("help"));
  if (!runs.a.scene || !runs.a.scenario) {
    return html`<div class="loading"><${StatusMessage} /></div>`;
  }
  const Dialog = DIALOGS[name];
  const kind = [isComparing() && "comparing", page.lesson && "with-lesson",
    page.lesson && !isAbout("data") && "without-data",
    page.hasSettings && "with-settings"].filter(Boolean).join(" ");
  return html`<${Header} open=${open} />
    <${StatusMessage} />
    <main class=${kind}>
      <${LessonPanel} /><${TrainingSettings} />
      <${Figures} />
    </main><${CalculationDialog} /><${ColumnDialog} /><${ReadingDialog} />
    <${LiveRegion} /><${ControlVisibility} /><${CalloutsEnd} />
    ${Dialog && html`<${Dialog} onClose=${() => open(null)} openOther=${open} />`}`;
}

/** Show the page; `connect` opens the line to a session. */
export async function start(connect) {
  const root = document.getElementById("page");
  await loadLessons();
  page.hasSettings = preference("settings") === "open" && innerWidth > 700;
  beginCallouts();
  root.replaceChildren();
  render(html`<${Page} />`, root);
  connect();
}
