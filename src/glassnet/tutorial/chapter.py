"""The tutorial as a chapter to hand out: a walk through one run, in pictures and numbers, as HTML.

The page is self-contained. Every number in it is the run's: the pictures are those of the demo,
the calculation is `explain`'s, and what the text says of the outcome depends on the outcome.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

import glassnet as gn
from glassnet.core.parameters import Array
from glassnet.explain import Explanation, explain
from glassnet.explain.html import html_page, step_card
from glassnet.explain.mathml import converted, math
from glassnet.training.history import counted

if TYPE_CHECKING:
    from glassnet.pictures import Film

SAMPLE = 0  # the point whose calculation is shown
STILLS = 6  # frames of the film that are printed
LAYER = r"z_{l} = W_{l}\, a_{l-1} + b_{l}, \quad a_{l} = g_{l}(z_{l})"
DZ, DW = r"\partial L / \partial z", r"\partial L / \partial W"
ALPHA = r"\alpha"
LINE = "z = w_{1} x_{1} + w_{2} x_{2} + b = 0"
BENT = "a_{1} = g(W_{1} x + b_{1})"
STYLE = """
.gn p,.gn li{max-width:44rem}
.gn figure{margin:1.2em 0}
.gn figure img{max-width:100%;height:auto;background:#fff;border-radius:.4em;display:block}
.gn figcaption{font-size:.9em;color:var(--soft);margin-top:.4em;max-width:44rem}
.gn .narrow img{width:24rem}.gn .wide img{width:38rem}.gn .full img{width:54rem}
.gn .pair{display:flex;flex-wrap:wrap;gap:1em}.gn .pair figure{flex:1 1 16rem;margin:0}
.gn .scroll{overflow-x:auto}
.gn table.points{border-collapse:collapse;font-variant-numeric:tabular-nums}
.gn table.points :is(th,td){padding:.15em .7em .15em 0;text-align:right;
  border-bottom:1px solid var(--line)}
.gn .wrong{font-weight:bold;color:#c0392b}
.gn .cells{position:relative;width:100%;aspect-ratio:1;image-rendering:pixelated;
  background-repeat:no-repeat;border-radius:.2em;print-color-adjust:exact}
.gn .cells svg{position:absolute;inset:0;width:100%;height:100%}
.gn .player{width:min(22rem,100%)}.gn .player input{width:100%;accent-color:var(--accent)}
.gn .player output{display:block;font-variant-numeric:tabular-nums}
.gn .stills{display:grid;grid-template-columns:repeat(auto-fit,minmax(6rem,1fr));gap:.6em;
  margin:1em 0;max-width:50rem}
.gn .stills figure{margin:0}.gn .stills figcaption{text-align:center}
.gn .exercise{border-left:4px solid var(--accent);padding:.2em 1em;margin:1em 0}
.gn details.more{font-size:1em}.gn details.more>summary{margin:.6em 0}
@media print{.gn .player{display:none}.gn figure,.gn table.points,.gn .exercise{break-inside:avoid}
  .gn details.answer{display:block}.gn h2{break-after:avoid}}
"""
# The slider shows another frame of the one image that holds them all.
PLAYER = """
const frames = JSON.parse(document.getElementById("frames").textContent);
const slider = document.querySelector(".player input");
const show = () => {
  const k = Number(slider.value), [epoch, loss] = frames[k];
  document.querySelector(".player .cells").style.backgroundPositionY =
    frames.length > 1 ? `${100 * k / (frames.length - 1)}%` : "0";
  document.querySelector(".player output").textContent =
    `after ${epoch} epoch${epoch === 1 ? "" : "s"}`
    + (loss === null ? "" : `, loss ${loss.toPrecision(4)}`);
};
slider.addEventListener("input", show);
show();
for (const answer of document.querySelectorAll("details.answer"))
  addEventListener("beforeprint", () => { answer.open = true; });
"""


@dataclass(frozen=True, eq=False)
class Material:
    """What the chapter is made of: the run and its points, and pictures as PNG by name.

    `pictures` holds "points", "network" and "boundary", and "loss" where there is a loss to draw;
    `film_file` is the name of the film beside the chapter, `advice` what to try if the run did
    not reach its goal.
    """

    run: gn.Run
    X: Array
    y: np.ndarray
    film: Film
    film_file: str
    pictures: Mapping[str, bytes]
    advice: str | None


def chapter(material: Material) -> str:
    """The chapter as one HTML page: data, network, one pass in numbers, training, outcome."""
    explanation = explain(material.run, material.X, material.y, sample=SAMPLE, epoch=0)
    cards = Cards(explanation)
    title = f"A {_sizes(material.run)} network learns {len(material.y)} points"
    sections = [
        _introduction(material, title),
        _data(material),
        _network(material),
        _hidden_layers(material),
        _forward(material, cards),
        _loss(cards),
        _backward(material, cards),
        _update(material, cards),
        _training(material),
        _boundary(material),
        _film(material),
        _predictions(material),
        _exercise(material),
    ]
    return html_page(title, "\n".join(sections), STYLE)


class Cards:
    """The steps of an explanation as numbered cards, by phase."""

    def __init__(self, explanation: Explanation) -> None:
        self.explanation = explanation
        self.numbers = {id(step): k for k, step in enumerate(explanation.steps, start=1)}

    def of(self, phase: str, first: int | None = None) -> str:
        """The cards of a phase; with `first`, those after so many are folded away."""
        steps = [step for step in self.explanation.steps if step.phase == phase]
        cards = [step_card(step, self.explanation, self.numbers[id(step)]) for step in steps]
        if first is None or len(cards) <= first:
            return "\n".join(cards)
        folded = "\n".join(cards[first:])
        return "\n".join(cards[:first]) + (
            f'<details class="more"><summary>the other {len(cards) - first} steps like these'
            f"</summary>{folded}</details>"
        )

    def value(self, name: str) -> float:
        """A result of one number, by its name."""
        results = [step.equation.result for step in self.explanation.steps]
        return next(float(result.values.item()) for result in results if result.name == name)


def _introduction(material: Material, title: str) -> str:
    run = material.run
    return (
        f"<h1>{escape(title)}</h1>"
        f"<p>This chapter follows one training from its first weights to its last: {_count(run)}. "
        "Each calculation is shown as a rule in symbols, the same rule with the numbers of this "
        "run, and its result, so that you can redo any of it with a calculator. Click a number to "
        "copy all its digits.</p>"
        f"<p><strong>What came of it.</strong> {escape(run.explanation)} "
        f"{_right(material)} of the {len(material.y)} points are on the right side."
        + (f" {escape(material.advice)}" if material.advice else "")
        + "</p>"
    )


def _count(run: gn.Run) -> str:
    n = run.network.n_parameters
    return f"{n} numbers, the weights and biases of a small neural network, and how they change"


def _data(material: Material) -> str:
    red, green = int((material.y == 0).sum()), int((material.y == 1).sum())
    return (
        "<h2>1. The data</h2>"
        f"<p>{len(material.y)} points in the plane: {red} of class 0, drawn red, lie on an inner "
        f"ring, and {green} of class 1, drawn green, around them. The network gets the two "
        f"coordinates of a point as its input x and shall answer with its class y. No straight "
        "line separates the two classes, which is what makes this small problem interesting.</p>"
        + _figure(material.pictures["points"], "The points and their classes.", "narrow")
    )


def _network(material: Material) -> str:
    network = material.run.network
    return (
        "<h2>2. The network</h2>"
        f"<p>The sizes of its layers are {_sizes(material.run)}. Layer l takes the numbers a of "
        "the layer before it (the first takes x), weighs and adds them, and bends the sums:</p>"
        f"<p>{_formula(LAYER)}</p>"
        f"<p>All the W and b together are {network.n_parameters} numbers. Training looks for "
        "values of them that give the right answers; everything else stays as it is drawn here. "
        "The last function is the sigmoid, which makes the sum a number between 0 and 1: the "
        "probability of class 1. The decision is class 1 if it is at least 0.5.</p>"
        + _figure(
            material.pictures["network"],
            "The network three times, with its weights after training: how the answer is computed, "
            "how the loss follows from it, and how the gradients flow back. Blue is above zero, "
            "vermilion below; the wider, the larger.",
            "full",
        )
    )


def _hidden_layers(material: Material) -> str:
    bending = set(material.run.network.activation) - {"identity"}
    if bending:
        text = (
            "<p>Without hidden layers z would be a weighted sum of the two coordinates, and where "
            "it is zero is a straight line: the sigmoid after it only renames the values. Each "
            "neuron of the first hidden layer has a line of its own, where its z is zero, and its "
            f"function, here {_names(sorted(bending))}, bends the plane along that line. What "
            "follows weighs these bent planes, and where <em>their</em> sum is zero need no longer "
            "be straight: with enough neurons it can even close around a region.</p>"
        )
    else:
        text = (
            "<p>This network has no hidden layer with a bent function: its z is a weighted sum of "
            "the two coordinates, and where it is zero is a straight line. Whatever training does, "
            "such a network cannot tell a ring from what is around it. Run the demo again with "
            "hidden layers, for example <code>--hidden 3,3 --activation sigmoid</code>, and "
            "compare.</p>"
        )
    return f"<h2>3. Why hidden layers?</h2>{text}"


def _forward(material: Material, cards: Cards) -> str:
    a, label = cards.value(f"a{material.run.network.n_layers}"), int(material.y[SAMPLE])
    decision = int(a >= 0.5)
    verdict = "right" if decision == label else "wrong"
    x1, x2 = material.X[SAMPLE]
    return (
        "<h2>4. Forward: one answer before any training</h2>"
        f"<p>We follow the first point, x = ({x1:g}, {x2:g}) of class {label}, through the network "
        "as it is before training, when its weights are still those of the start. Layer by layer:"
        f"</p>{cards.of('forward')}"
        f"<p>So the untrained network answers {a:.4f} and decides for class {decision}, which is "
        f"{verdict} for this point. That means nothing yet: the answer is as arbitrary as the "
        "weights.</p>"
    )


def _loss(cards: Cards) -> str:
    return (
        "<h2>5. The loss: how wrong is it?</h2>"
        "<p>To improve, the network needs one number that says how wrong an answer is and that "
        "changes smoothly with every weight. For probabilities this is the cross-entropy: the "
        "negative logarithm of the probability that was given to the true class. It is 0 for "
        f"certainty that is right, and grows without bound for certainty that is wrong.</p>"
        f"{cards.of('loss')}"
    )


def _backward(material: Material, cards: Cards) -> str:
    hidden = material.run.network.n_layers > 1
    return (
        "<h2>6. Backward: who is to blame?</h2>"
        "<p>Now the question is asked for every number of the calculation: if it grew a little, "
        "by how much would the loss grow? That is the derivative of the loss by this number, "
        "written with a d before its name: dz is "
        f"{_formula(DZ)}, dW is {_formula(DW)}. "
        "The chain rule gives them one after another, from the loss back to the input, each from "
        "the one before"
        + (
            ": dz of the last layer first, from it dW and db, then da of the layer before, its dz, "
            "and so on."
            if hidden
            else ": first dz, and from it dW and db."
        )
        + f"</p>{cards.of('backward')}"
    )


def _update(material: Material, cards: Cards) -> str:
    before, after = cards.value("L"), cards.value("new L")
    if np.isfinite(after):
        change = "fell" if after < before else "rose" if after > before else "stayed"
        outcome = (
            f"With the new weights the average loss {change} from {before:.6g} to {after:.6g}. "
            "One such step is an epoch of this run; all others are the same calculation again, "
            "with other numbers."
        )
    else:
        outcome = "With the new weights the loss is no longer a finite number."
    return (
        "<h2>7. The update: a small step downhill</h2>"
        f"<p>Each of the {len(material.y)} points has such gradients; they are added up.</p>"
        f"{cards.of('sum', first=3)}"
        "<p>The gradient points to where the loss grows fastest. So every weight moves a little "
        f"against it, by the learning rate {_formula(ALPHA)} times the average gradient.</p>"
        f"{cards.of('update', first=2)}{cards.of('after')}<p>{outcome}</p>"
    )


def _training(material: Material) -> str:
    run, loss = material.run, material.run.history.loss
    picture = material.pictures.get("loss")
    if picture is None or len(loss) == 0:
        return f"<h2>8. Training</h2><p>{escape(run.explanation)}</p>"
    course = f"The first was {loss[0]:.4g}, the last {loss[-1]:.4g}."
    return (
        "<h2>8. Training: the same step again and again</h2>"
        "<p>The curve shows the loss of every epoch, before its update. "
        f"{course} {escape(run.explanation)}</p>"
        + _figure(picture, "The average loss by epoch.", "wide")
        + _landscape(material)
    )


def _landscape(material: Material) -> str:
    """The way downhill, for a run that went downhill: else there is no valley to show."""
    from glassnet import pictures

    run = material.run
    loss = run.history.loss
    if run.stop_reason == "diverged" or run.epochs <= 2 or loss[-1] >= loss[0]:
        return ""
    display = pictures.loss_landscape(run, material.X, material.y)
    return (
        f"<p>All {run.network.n_parameters} parameters together are one point in a space of as "
        "many dimensions, and the loss is a height above it. This is a slice through that "
        "landscape along the two directions in which the run moved most, with its way drawn in.</p>"
        + _figure(
            display._repr_png_(), "The loss around the run's way, and the way itself.", "wide"
        )
    )


def _boundary(material: Material) -> str:
    return (
        "<h2>9. What the network learnt</h2>"
        "<p>The network answers for every point of the plane, not only for those it was trained "
        "on. Each cell has the colour of the answer in its middle, from red for 0 to green for 1; "
        "on the black line, if there is one in this part of the plane, the answer is 0.5, and the "
        "decision changes.</p>"
        + _figure(
            material.pictures["boundary"],
            f"The decision after {counted(material.run.epochs)}: {_right(material)} of "
            f"{len(material.y)} points are on the right side.",
            "narrow",
        )
    )


def _film(material: Material) -> str:
    film = material.film
    losses = [None if np.isnan(loss) else float(loss) for loss in film.losses]
    frames = list(zip(film.epochs.tolist(), losses, strict=True))
    dots = _dots(material)
    stills = "".join(
        f"<figure>{_cells(k, len(frames), dots)}<figcaption>after {frames[k][0]}</figcaption>"
        "</figure>"
        for k in _spread(len(frames), STILLS)
    )
    link = escape(material.film_file)
    return (
        "<h2>10. How it came about</h2>"
        f"<p>The same picture at {len(frames)} moments of the training; move the slider. As a "
        f'film it is in <a href="{link}">{link}</a>, beside this page.</p>'
        f"<style>.gn .cells{{background-image:url({_data_uri(film.sprite(), 'png')});"
        f"background-size:100% {100 * len(frames)}%}}</style>"
        f'<div class="player">{_cells(len(frames) - 1, len(frames), dots)}'
        f'<input type="range" min="0" max="{len(frames) - 1}" value="{len(frames) - 1}" '
        'aria-label="moment of the training"><output></output></div>'
        f'<div class="stills">{stills}</div>'
        f'<script type="application/json" id="frames">{json.dumps(frames)}</script>'
        f'<script type="module">{PLAYER}</script>'
    )


def _cells(frame: int, n_frames: int, dots: str) -> str:
    place = 100 * frame / max(n_frames - 1, 1)
    return f'<div class="cells" style="background-position:0 {place:.4f}%">{dots}</div>'


def _spread(n_frames: int, wanted: int) -> list[int]:
    return sorted(set(np.linspace(0, n_frames - 1, wanted).round().astype(int).tolist()))


def _dots(material: Material) -> str:
    """The points over the cells, as SVG in the units of the data."""
    from glassnet.pictures.colours import TUTORIAL
    from glassnet.pictures.scatter import surroundings

    (left, right), (bottom, top) = surroundings(material.X)
    radius = (right - left) / 60
    circles = "".join(
        f'<circle cx="{x1:g}" cy="{top + bottom - x2:g}" r="{radius:g}" fill="{TUTORIAL[label]}" '
        f'stroke="#fff" stroke-width="{radius / 3:g}"/>'
        for (x1, x2), label in zip(material.X, material.y.tolist(), strict=True)
    )
    box = f"{left:g} {bottom:g} {right - left:g} {top - bottom:g}"
    return f'<svg viewBox="{box}" preserveAspectRatio="none" aria-hidden="true">{circles}</svg>'


def _predictions(material: Material) -> str:
    run = material.run
    a, decided = run.predict_probability(material.X), run.predict(material.X)
    rows = "".join(
        f"<tr><td>{x1:g}</td><td>{x2:g}</td><td>{y}</td><td>{a_i:.4f}</td><td>{d}</td>"
        + ("<td>yes</td></tr>" if d == y else '<td class="wrong">no</td></tr>')
        for (x1, x2), y, a_i, d in zip(material.X, material.y, a, decided, strict=True)
    )
    name = f"a<sub>{run.network.n_layers}</sub>"
    return (
        "<h2>11. The answers, point by point</h2>"
        f"<p>{_right(material)} of {len(material.y)} decisions are right.</p>"
        '<div class="scroll"><table class="points"><thead><tr><th>x<sub>1</sub></th>'
        f"<th>x<sub>2</sub></th><th>class</th><th>{name}</th><th>decision</th><th>right</th></tr>"
        f"</thead><tbody>{rows}</tbody></table></div>"
    )


def _exercise(material: Material) -> str:
    from glassnet import pictures

    data = gn.datasets.moons(200, noise=0.1, seed=0)
    figures = []
    for name, network in (
        ("Logistic regression", gn.Network((2, 1))),
        ("2-3-3-1 with sigmoids", gn.Network((2, 3, 3, 1))),
    ):
        run = gn.train(
            network, data.X, data.y, optimizer=gn.GradientDescent(1.0), max_epochs=5000, seed=1
        )
        right = int((run.predict(data.X) == data.y).sum())
        display = pictures.decision_boundary(network, run.parameters, data.X, data.y, title=name)
        caption = f"{name}: {right} of {len(data.y)} right."
        figures.append(_figure(display._repr_png_(), caption, ""))
    return (
        "<h2>12. An exercise</h2>"
        '<div class="exercise"><p>Logistic regression is the network 2-1: no hidden layer, and the '
        "same sigmoid at its end. Why is its boundary a straight line, and that of a network with "
        "hidden sigmoids not? Think first, then open the answer.</p></div>"
        '<details class="more answer"><summary>the answer</summary>'
        "<p>The sigmoid at the end only ever rises, so the answer is 0.5 exactly where z = 0. It "
        "gives the heights of z other names, but moves no contour line. In logistic regression</p>"
        f"<p>{_formula(LINE)}</p>"
        "<p>is the equation of a straight line. With a hidden layer z is a weighted sum of numbers "
        f"{_formula(BENT)} that are no longer linear in x, so where it is "
        "zero can bend. It is the functions <em>between</em> the layers that curve a boundary, "
        "never the last one: with the identity between the layers, a network of any depth is "
        "one weighted sum again, and its boundary a line.</p>"
        f'<div class="pair">{"".join(figures)}</div></details>'
    )


def _formula(latex: str) -> str:
    return math(converted(latex))


def _figure(png: bytes, caption: str, kind: str) -> str:
    from glassnet.pictures.display import as_webp

    source = _data_uri(as_webp(png), "webp")
    return (
        f'<figure class="{kind}"><img src="{source}" alt="{escape(caption)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _data_uri(image: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{b64encode(image).decode()}"


def _right(material: Material) -> int:
    return int((material.run.predict(material.X) == material.y).sum())


def _sizes(run: gn.Run) -> str:
    return "-".join(map(str, run.network.sizes))


def _names(names: Sequence[str]) -> str:
    return " and ".join(name.replace("_", " ") for name in names)
