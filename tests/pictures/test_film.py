"""The film: frames, rate, text and orientation, in every format, and playing in a browser."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

import glassnet as gn
from glassnet import pictures

POINTS = gn.datasets.rings()
TUTORIAL = gn.Network((2, 3, 3, 1))


@pytest.fixture(scope="module")
def run(tutorial_run: gn.Run) -> gn.Run:
    return tutorial_run


@pytest.fixture(scope="module")
def film(run: gn.Run) -> pictures.Film:
    return pictures.training_film(run.history, POINTS.X, POINTS.y)


@pytest.fixture(scope="module")
def mp4(film: pictures.Film, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "training.mp4"
    film.save(path)
    return path


def text_of(frame: np.ndarray) -> np.ndarray:
    """Where there is ink in the strip above the axes, on the left."""
    strip: np.ndarray = frame[:70, :320].mean(axis=2) < 128
    return strip


def test_one_frame_per_fifty_epochs_showing_the_parameters_of_that_epoch(
    run: gn.Run, film: pictures.Film
) -> None:
    assert film.epochs.tolist() == list(range(50, 5271, 50))
    assert len(film.epochs) == 5271 // 50
    display = pictures.decision_boundary(
        TUTORIAL, run.history.parameters_at(2500), POINTS.X, POINTS.y
    )
    expected = np.rint(255 * display.colours)
    assert (film.colours[49] == expected).all()


def test_mp4_is_h264_yuv420p_with_faststart_and_even_sizes_at_six_frames_a_second(
    mp4: Path, film: pictures.Film
) -> None:
    with av.open(str(mp4)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.average_rate == 6
        assert stream.width % 2 == stream.height % 2 == 0
        frames = list(container.decode(stream))
    assert len(frames) == 105
    assert [frame.time for frame in frames] == pytest.approx([k / 6 for k in range(105)], abs=1e-3)
    contents = mp4.read_bytes()
    assert contents.index(b"moov") < contents.index(b"mdat")
    for index in (0, 52, 104):
        decoded = frames[index].to_ndarray(format="rgb24").astype(int)
        original = list(film.frames())[index].astype(int)
        assert np.abs(decoded - original).mean() < 3


def test_text_is_in_every_frame_and_differs_between_them(film: pictures.Film) -> None:
    first, *_, last = film.frames()
    assert text_of(first).sum() > 300
    assert text_of(last).sum() > text_of(first).sum()  # "5250" has two digits more than "50"
    assert (text_of(first)[:, :120] == text_of(last)[:, :120]).all()  # "Iteration:"


def test_upper_half_of_a_frame_belongs_to_larger_x2() -> None:
    network = gn.Network((2, 1))
    up = gn.Parameters(network, np.array([0.0, 50.0, 0.0]))
    history = gn.History(up)
    history.extend(np.array([0.5]), up.vector[np.newaxis])
    corners = [[-1.9, -1.9], [1.9, 1.9]]
    film = pictures.training_film(history, corners, [0, 1], extent=((-2, 2), (-2, 2)))
    (frame,) = film.frames()
    assert frame[200, 300].tolist() == [0, 255, 0]
    assert frame[500, 300].tolist() == [255, 0, 0]


def test_the_sprite_holds_the_cells_of_every_frame_upright(film: pictures.Film) -> None:
    with Image.open(io.BytesIO(film.sprite())) as image:
        pixels = np.asarray(image)
    assert pixels.shape == (105 * 40, 40, 3)
    for k in (0, 50, 104):
        assert (pixels[40 * k : 40 * (k + 1)] == film.colours[k, ::-1]).all()


def test_gif_and_webp_have_the_frames_and_the_rate(film: pictures.Film, tmp_path: Path) -> None:
    for ending in ("gif", "webp"):
        path = tmp_path / f"film.{ending}"
        film.save(path)
        with Image.open(path) as image:
            assert image.n_frames == 105  # type: ignore[attr-defined]
            durations = []
            for k in range(105):
                image.seek(k)
                image.load()
                durations.append(image.info["duration"])
            shown = np.asarray(image.convert("RGB")).astype(int)
        assert sum(durations) == pytest.approx(105 / 6 * 1000, abs=5)
        *_, last = film.frames()
        assert np.abs(shown - last.astype(int)).mean() < 6


@pytest.mark.parametrize("n_classes", [3, 5])
def test_any_two_feature_network_can_be_filmed(n_classes: int, tmp_path: Path) -> None:
    data = gn.datasets.spirals(60, n_classes=n_classes)
    network = gn.Network((2, 8, n_classes), "relu")
    run = gn.train(network, data.X, data.y, seed=0, max_epochs=30, record_every=10)
    film = pictures.training_film(run.history, data.X, data.y, every=10, scale="safe")
    assert film.epochs.tolist() == [10, 20, 30]
    film.save(tmp_path / "film.mp4")
    regression = gn.Network((2, 8, 1), "tanh", "mean_squared_error")
    run = gn.train(regression, data.X, data.X[:, 0] / 2, seed=0, max_epochs=30)
    pictures.training_film(run.history, data.X, data.X[:, 0] / 2).save(tmp_path / "film.webp")


def test_thinned_snapshots_say_which_epoch_they_are_of() -> None:
    data = gn.datasets.moons(20)
    network = gn.Network((2, 2, 1))
    run = gn.train(network, data.X, data.y, seed=0, max_epochs=100, record_every=30)
    film = pictures.training_film(run.history, data.X, data.y, every=20)
    assert film.epochs.tolist() == [0, 30, 60, 60, 100]


def test_wrong_requests_are_refused_and_leave_no_file(
    film: pictures.Film, run: gn.Run, tmp_path: Path
) -> None:
    with pytest.raises(gn.InputError, match=r"\.mp4, \.gif, \.webp"):
        film.save(tmp_path / "film.avi")
    with pytest.raises(gn.InputError, match="every must be a whole number from 1"):
        pictures.training_film(run.history, POINTS.X, POINTS.y, every=0)
    assert list(tmp_path.iterdir()) == []


PLAY = """async () => {
    const video = document.querySelector("video");
    video.playbackRate = 16;
    const ended = new Promise((resolve, reject) => {
        video.onended = resolve;
        video.onerror = () => reject(video.error.message);
    });
    await video.play();
    await ended;
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    const pen = canvas.getContext("2d");
    pen.drawImage(video, 0, 0);
    const pixel = (x, y) => Array.from(pen.getImageData(x, y, 1, 1).data).slice(0, 3);
    return {
        duration: video.duration,
        size: [video.videoWidth, video.videoHeight],
        middle: pixel(330, 340),
        corner: pixel(80, 80),
    };
}"""


def test_film_plays_to_its_end_in_chromium_with_its_colours(mp4: Path, browser: Browser) -> None:
    mp4.with_suffix(".html").write_text('<video src="training.mp4" muted></video>')
    page = browser.new_page()
    page.goto(mp4.with_suffix(".html").as_uri())
    seen = page.evaluate(PLAY)
    assert seen["duration"] == pytest.approx(105 / 6, abs=0.01)
    assert seen["size"] == [640, 680]
    red, green, blue = seen["middle"]
    assert red > 240
    assert max(green, blue) < 20
    red, green, blue = seen["corner"]
    assert green > 240
    assert max(red, blue) < 20
