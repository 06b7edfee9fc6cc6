"""Why is the boundary of logistic regression straight, and that of a deeper network not?

Both end in the same sigmoid. But the sigmoid only ever rises, so a = g(z) is 0.5 exactly where
z = 0: it relabels the heights of z and moves no contour line. In logistic regression z is
w1 x1 + w2 x2 + b, and z = 0 is the equation of a straight line. Softmax regression decides where
two such z are equal, and their difference is again w1 x1 + w2 x2 + b: straight as well.

With a hidden layer z is a weighted sum of a1 = g(W1 x + b1), and these are no longer linear in x:
each neuron bends the plane along a line of its own. Where z = 0 then follows the bends. So it is
the sigmoids between the layers that curve a boundary; the last one never does. (Take them away,
with activation="identity", and any depth is a straight line again: the last row shows it.)

The script trains all four on the same points, measures how far each contour strays from the
straight line that fits it best, and draws them into why_nonlinear.png.
"""

import contourpy
import numpy as np
from matplotlib.figure import Figure

import glassnet as gn
from glassnet import pictures

NETWORKS = {
    "logistic regression": gn.Network((2, 1)),
    "softmax regression": gn.Network((2, 2)),
    "2-3-3-1 with sigmoids": gn.Network((2, 3, 3, 1)),
    "2-3-3-1 without": gn.Network((2, 3, 3, 1), activation="identity"),
}


def straying(display: pictures.BoundaryDisplay) -> float:
    """The largest distance of the 0.5 contour from its best straight line, in units of the axes."""
    a = display.a[..., -1]
    lines = contourpy.contour_generator(display.x1, display.x2, a, line_type="Separate").lines(0.5)
    contour = np.vstack([np.asarray(line) for line in lines])
    centred = contour - contour.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return float(np.abs(centred @ directions[1]).max())  # across the direction of largest spread


data = gn.datasets.moons(200, noise=0.1, seed=0)
figure = Figure(figsize=(19, 5), layout="constrained")
for ax, (name, network) in zip(figure.subplots(1, 4), NETWORKS.items(), strict=True):
    run = gn.train(
        network, data.X, data.y, optimizer=gn.GradientDescent(1.0), max_epochs=5000, seed=1
    )
    display = pictures.decision_boundary(
        network, run.parameters, data.X, data.y, scale="safe", resolution=160, ax=ax
    )
    accuracy = (run.predict(data.X) == data.y).mean()
    strays = straying(display)
    ax.set_title(f"{name}\nstrays {strays:.3f} from a line, {accuracy:.0%} right")
    print(f"{name:22}  strays {strays:.4f}  accuracy {accuracy:.3f}")
figure.savefig("why_nonlinear.png", dpi=110)
