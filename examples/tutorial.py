"""The whole tutorial, as a user of the library writes it. Pictures go into the current folder."""

import glassnet as gn
from glassnet import pictures

# 1. The data: twenty points, an inner ring of class 0 (red) in an outer ring of class 1 (green).
points = gn.datasets.rings()
pictures.points(points.X, points.y).save("points.png")

# 2. The network, and the start: weights uniform on [0, 1) as the tutorial draws them.
network = gn.Network((2, 3, 3, 1))
start = gn.Parameters.initial(network, "legacy_numpy", seed=0)

# 3. An untrained prediction is as random as the weights.
trace = gn.trace(network, start, points.X[:1], points.y[:1])
print(f"untrained: a3 = {trace.a[-1].item():.4f} for a point of class {points.y[0]}")

# 4. One pass in numbers: a = g(z) forward, then dz, dW, db back from the loss.
print(f"its loss: {trace.loss:.4f}, dz3 = a3 - y = {trace.dz[-1].item():.4f}")
print(f"dW3 = dz3 a2' = {trace.dW[-1].round(4).tolist()}")
for face in pictures.FACES:
    diagram = pictures.network_diagram(network, trace=trace, face=face, numbers=True)
    diagram.save(f"network_{face}.png")

# 5. Backpropagation agrees with central differences.
print(f"gradient check: {gn.gradient_check(network, start, points.X, points.y)}")

# 6. Gradient descent on all twenty points, until the loss is below 0.005.
run = gn.train(
    network,
    points.X,
    points.y,
    parameters=start,
    optimizer=gn.GradientDescent(0.4),
    max_epochs=20_000,
    stop_below=0.005,
)
print(run.explanation)
pictures.loss_curve(run.history.loss, stop_below=0.005).save("loss.png")

# 7. The prediction table: label, a3, and whether the decision a3 >= 0.5 is right.
for label, a3 in zip(points.y, run.predict_probability(points.X), strict=True):
    print(f"{label}  {a3:.4f}  {(a3 >= 0.5) == label}")

# 8. The decision boundary, and the film of how it came about.
pictures.decision_boundary(network, run.parameters, points.X, points.y).save("boundary.png")
pictures.training_film(run.history, points.X, points.y, every=50, rate=6).save("training.mp4")
