"""Take the pictures of the page that stand in these documents: python docs/take_pictures.py"""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

HERE = Path(__file__).parent
SIZES = {360: 780, 900: 1100, 1600: 1130}  # width of the window: its height
EPOCH = "2900"  # at which the boundary is closing


def main() -> None:
    """Three widths, light and dark, of the tutorial in the middle of its training."""
    command = [str(Path(sys.executable).with_name("glassnet")), "play", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path="/usr/bin/chromium", args=["--no-sandbox"]
                )
                for scheme in ("light", "dark"):
                    for width, height in SIZES.items():
                        page = browser.new_page(
                            viewport={"width": width, "height": height},
                            color_scheme=scheme,
                            device_scale_factor=1.5 if width < 1000 else 1,
                        )
                        train(page, address)
                        picture = Image.open(BytesIO(page.screenshot()))
                        picture.save(HERE / f"page-{width}-{scheme}.webp", quality=88, method=6)
                        page.close()
                browser.close()
        finally:
            server.terminate()


def train(page: Page, address: str) -> None:
    """Train to the end, choose a neuron, and go back to where most of it happens."""
    page.goto(f"{address}#stop_below=0.005")
    page.wait_for_selector(".node")
    page.locator(".speed select:visible").select_option("null")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("fell below")
    page.get_by_label("Time: epoch that is shown").fill(EPOCH)
    expect(page.locator("[data-test=epoch]")).to_have_text("2,900")
    page.wait_for_function("document.fonts.status === 'loaded'")
    page.evaluate("scrollTo(0, 0)")


if __name__ == "__main__":
    main()
