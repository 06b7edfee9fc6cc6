// The page from left to right: data, features, layers, output; below it time, and every number.

import { html, render } from "/vendor/htm-preact.js";
import { connect } from "/connection.js";
import { useStore } from "/store.js";
import { Data } from "/data.js";
import { Confusion } from "/confusion.js";
import { Diagnosis, Explanation, Inspector } from "/details.js";
import { History } from "/history.js";
import { Network } from "/network.js";
import { Plane } from "/plane.js";
import { Predictions } from "/predictions.js";
import { RunBar, Standing, State } from "/run.js";
import { Settings } from "/settings.js";

function Page() {
  const { scene, story } = useStore();
  if (!scene || !story) return html`<div class="loading"><${State} /></div>`;
  return html`<header class="top"><a class="brand" href="/" aria-label="glassnet, the tutorial"><img src="/icon.svg" alt="" width="30" height="30" />
      <h1>glassnet</h1></a><${RunBar} /><${Standing} /></header>
    <${State} />
    <main>
      <${Settings} />
      <div class="flow"><${Data} /><${Network} /><${Plane} /></div>
      <${History} />
      <div class="below"><${Inspector} /><${Predictions} /><div class="judged"><${Confusion} /><${Diagnosis} /></div></div>
    </main><${Explanation} />`;
}

const page = document.getElementById("page");
page.replaceChildren();
render(html`<${Page} />`, page);
connect();
