"""An explanation as HTML: a page of its own, or a fragment for a notebook or another page.

Equations are MathML, nothing is loaded from elsewhere. Every step holds its inputs and its result
to the last digit: in elements <code data-slot="..."> for people and programs to copy.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape

from glassnet.explain.mathml import converted, math, numbers, symbols, values
from glassnet.explain.numbers import copied_block, every_digit, is_cut, n_hidden
from glassnet.explain.steps import Equation, Explanation, Quantity, Step

# Lines and grounds are shades of the text's own colour, so that they fit any theme around them.
STYLE = """
.gn{--line:color-mix(in srgb,currentColor 18%,transparent);
  --ground:color-mix(in srgb,currentColor 4%,transparent);
  --soft:color-mix(in srgb,currentColor 68%,transparent);line-height:1.5;
  --accent:color-mix(in srgb,#2f7fc1 68%,currentColor);
  font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
.gn *{box-sizing:border-box}
.gn h2{font-size:1.3em;line-height:1.25;margin:2.2em 0 .6em;padding-bottom:.25em;
  border-bottom:2px solid var(--accent)}
.gn .gn-facts{display:grid;grid-template-columns:max-content 1fr;gap:.15em 1em;margin:1em 0}
.gn .gn-facts dt{color:var(--soft)}
.gn .gn-facts dd{margin:0;overflow-wrap:anywhere}
.gn .gn-step{border:1px solid var(--line);border-radius:.6em;padding:.8em 1em .7em;margin:0 0 1em;
  background:var(--ground);break-inside:avoid}
.gn .gn-step h3{font-size:1.05em;line-height:1.3;margin:0;display:flex;gap:.6em;
  align-items:baseline}
.gn .gn-step h3 .gn-no{color:var(--accent);font-variant-numeric:tabular-nums;min-width:1.4em}
.gn .gn-why{margin:.3em 0 .6em}
.gn .gn-line{margin:.3em 0}
.gn .gn-label{font-size:.85em;color:var(--soft)}
.gn .gn-eq{display:flex;flex-wrap:wrap;align-items:center;gap:.2em .3em;min-width:0}
.gn .gn-eq>span{max-width:100%;overflow-x:auto;overflow-y:hidden;padding:.3em .1em;
  scrollbar-width:thin}
.gn .gn-shape{font-size:.8em;font-weight:normal;color:var(--soft);margin-left:auto;
  white-space:nowrap}
.gn .gn-hidden{font-size:.85em;color:var(--soft);margin:.3em 0}
.gn math{font-size:1.08em}
.gn mtd{padding:.14em .38em;text-align:right;text-align:-webkit-right}
.gn .gn-rule mtd{text-align:left}
.gn .gn-matrix{border-inline:1.5px solid currentColor;margin:0 .2em;padding:.15em .12em;
  --hook:linear-gradient(currentColor,currentColor);print-color-adjust:exact;
  background:var(--hook) 0 0/.32em 1.5px,var(--hook) 100% 0/.32em 1.5px,
    var(--hook) 0 100%/.32em 1.5px,var(--hook) 100% 100%/.32em 1.5px;background-repeat:no-repeat}
.gn .gn-tall{transform:scaleY(calc(1.25*var(--rows)))}
.gn .gn-n{cursor:copy}
.gn details{margin:.4em 0 0;font-size:.88em}
.gn summary{cursor:pointer;color:var(--accent);width:max-content;max-width:100%}
.gn .gn-digits{display:grid;gap:.5em;margin:.5em 0}
.gn .gn-digits code{display:block;max-height:9em;overflow:auto;overflow-wrap:anywhere;
  white-space:pre-wrap;border:1px solid var(--line);border-radius:.4em;padding:.4em .6em;
  user-select:all;-webkit-user-select:all;font-family:ui-monospace,Menlo,Consolas,monospace}
.gn button{font:inherit;font-size:.9em;border:1px solid var(--line);border-radius:.4em;
  background:none;color:var(--accent);cursor:pointer;padding:0 .6em;margin-left:.5em}
@media (min-width:40em){.gn .gn-line{display:grid;grid-template-columns:6.2em 1fr;
  align-items:center}}
@media (max-width:40em){.gn .gn-step{padding:.7em .7em .5em}
  .gn .gn-facts{grid-template-columns:1fr}.gn .gn-facts dd{margin-bottom:.4em}}
@media print{.gn details,.gn button{display:none}.gn .gn-step{background:none}
  .gn math{font-size:.95em}.gn .gn-eq>span{overflow:visible}.gn h2{break-after:avoid}}
"""
PAGE_STYLE = """
:root{color-scheme:light dark}
body{margin:0;background:#fcfcfd;color:#1c1e22}
main{max-width:58rem;margin:0 auto;padding:1.2rem 1rem 4rem}
h1{font-size:1.75em;line-height:1.2;margin:.4em 0}
nav{display:flex;flex-wrap:wrap;gap:.4em 1em;margin:1em 0}
a{color:#1f6aa8}
@media (prefers-color-scheme:dark){body{background:#16181d;color:#e4e6ea}a{color:#6db3ee}}
@media print{body{background:#fff;color:#000;font-size:10pt}nav{display:none}
  main{max-width:none;padding:0}@page{margin:16mm}}
"""
# A click on a number or a button copies every digit of it; and what is wider or higher than its box
# can be scrolled by keys, too.
SCRIPT = """
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
"""


def page(explanation: Explanation) -> str:
    """A whole HTML page."""
    contents = "".join(
        f'<a href="#{phase}">{escape(heading)}</a>'
        for phase, (heading, _) in zip(_phase_names(explanation), explanation.phases, strict=True)
    )
    return html_page(
        explanation.title,
        f"<h1>{escape(explanation.title)}</h1>{facts(explanation)}<nav>{contents}</nav>"
        f"{_phases(explanation)}",
    )


def html_page(title: str, body: str, style: str = "") -> str:
    """A self-contained page in this style, with the body inside its main element."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}{PAGE_STYLE}{style}</style>\n</head>\n"
        f'<body>\n<main class="gn">\n{body}\n</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n'
    )


def fragment(explanation: Explanation) -> str:
    """The explanation with its style, to be put into a notebook."""
    return (
        f'<div class="gn"><style>{STYLE}</style><p><strong>{escape(explanation.title)}</strong></p>'
        f"{facts(explanation)}{_phases(explanation)}</div>"
    )


def facts(explanation: Explanation) -> str:
    """What is explained, as a list of terms."""
    items = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(fact)}</dd>"
        for name, fact in explanation.facts.items()
    )
    return f'<dl class="gn-facts">{items}</dl>'


def _phase_names(explanation: Explanation) -> Iterable[str]:
    return dict.fromkeys(step.phase for step in explanation.steps)


def _phases(explanation: Explanation) -> str:
    number = 0
    parts = []
    for heading, steps in explanation.phases:
        parts.append(f'<h2 id="{steps[0].phase}">{escape(heading)}</h2>')
        for step in steps:
            number += 1
            parts.append(step_card(step, explanation, number))
    return "\n".join(parts)


def step_card(step: Step, explanation: Explanation, number: int) -> str:
    """One step as a card: why, rule, numbers, the first entry, and every digit."""
    equation = step.equation
    derivation = "" if step.derivation is None else _line("where", converted(step.derivation.latex))
    hidden = _hidden_note(equation, explanation)
    return (
        f'<section class="gn-step" data-kind="{step.kind}" data-function="{step.function}">'
        f'<h3><span class="gn-no">{number}</span><span>{escape(step.name)}</span>'
        f'<span class="gn-shape">{equation.result.shape}</span></h3>'
        f'<p class="gn-why">{escape(step.why)}</p>'
        f'<div class="gn-rule">{_symbolic(equation)}{derivation}</div>'
        f"{_plugged(equation, explanation, 'numbers')}"
        f"{_entry(step, explanation)}"
        f"{hidden and f'<p class=gn-hidden>{hidden}</p>'}"
        f"{_digits(equation, explanation)}</section>"
    )


def _hidden_note(equation: Equation, explanation: Explanation) -> str:
    """How many numbers the equation leaves out, and where they are."""
    quantities = (equation.result, *equation.inputs.values())
    hidden = sum(n_hidden(quantity, explanation.full) for quantity in quantities)
    if not hidden:
        return ""
    lost = any(is_cut(quantity, explanation.full) for quantity in quantities)
    where = "full shows all" if lost else "they are below, in every digit"
    return f"{hidden:,} numbers are not shown; {where}."


def _entry(step: Step, explanation: Explanation) -> str:
    if step.entry is None or (step.equation.result.values.size == 1 and _same(step)):
        return ""
    label = "for example" if step.equation.result.values.size > 1 else "that is"
    return _plugged(step.entry, explanation, label)


def _same(step: Step) -> bool:
    """Whether the entry repeats what the equation with its numbers says."""
    assert step.entry is not None
    return step.entry.rule.text.replace("·", "*") == step.equation.rule.text.replace("·", "*")


def _symbolic(equation: Equation) -> str:
    return _line("rule", _left(equation), symbols(equation))


def _plugged(equation: Equation, explanation: Explanation, label: str) -> str:
    parts = [_left(equation), *numbers(equation, explanation)]
    if not equation.is_copy:
        parts.append(f"<mo>=</mo>{values(equation.result, explanation)}")
    return _line(label, *parts)


def _left(equation: Equation) -> str:
    arrow = "←" if equation.replaces else "="
    return f"{converted(equation.result.symbol)}<mo>{arrow}</mo>"


def _line(label: str, *parts: str) -> str:
    """An equation in parts that break onto new lines, and scroll each for itself, if need be."""
    spans = "".join(f"<span>{math(part)}</span>" for part in parts)
    return (
        f'<div class="gn-line"><div class="gn-label">{label}</div><div class="gn-eq">{spans}</div>'
        "</div>"
    )


def _digits(equation: Equation, explanation: Explanation) -> str:
    rows = "".join(_rows(equation, explanation.full))
    return f'<details><summary>every digit</summary><div class="gn-digits">{rows}</div></details>'


def _rows(equation: Equation, full: bool) -> Iterator[str]:
    for slot, quantity in equation.inputs.items():
        yield _row(slot, quantity, full)
    yield _row("result", equation.result, full)


def _row(slot: str, quantity: Quantity, full: bool) -> str:
    values, note, places = quantity.values, quantity.shape, ""
    if values.ndim:
        rows, columns = copied_block(quantity, full)
        if is_cut(quantity, full):
            values = values[rows][:, columns]
            places = f' data-rows="{rows}" data-columns="{columns}"'
            note += f": rows {_places(rows)}; columns {_places(columns)}, counted from 1"
    text = json.dumps(every_digit(values))
    return (
        f'<div><div>{escape(quantity.name)}, {note}<button type="button" data-copy>copy</button>'
        f'</div><code data-slot="{slot}" data-name="{escape(quantity.name)}"{places}>{text}</code>'
        "</div>"
    )


def _places(indices: list[int]) -> str:
    return ", ".join(str(k + 1) for k in indices)
