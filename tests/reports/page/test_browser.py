"""The page in a real browser: sorted, filtered, compared, by keyboard, without any request.

Debian has the browser: ``apt-get install chromium-headless-shell``. Where npm can fetch axe-core,
the page is checked for what keeps people out.
"""

import shutil
import subprocess
import tarfile
import time

import pytest
from made_runs import HOSTILE, make_kept_run, make_photo_pairs

from harness_reports.page.html import html
from harness_reports.page.photographs import photographs

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
AXE = "axe-core@4.10.3"


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="there is no playwright")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("there is no browser: apt-get install chromium-headless-shell")
    with playwright.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A page with pictures, of four methods and the oracle; one name is hostile."""
    folder = tmp_path_factory.mktemp("page")
    trained = {"trained_on": "camera", "budget": "quick"}
    of_cells = {"own": trained, "other": trained, "truth": {"oracle": True}}
    strengths = {f"b{HOSTILE}": 31, "a": 30, "own": 32, "other": 33, "truth": 40}
    run = make_kept_run(folder / "run", strengths, size=48, of_cells=of_cells)
    path = folder / "report.html"
    path.write_text(html(run), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """A page of three photographs, of which one is larger than what is shown."""
    folder = tmp_path_factory.mktemp("photos")
    pairs = make_photo_pairs(folder, {"a.png": (48, 64), f"{HOSTILE}.png": (64, 48)})
    pairs += make_photo_pairs(folder, {"large.png": (90, 200)})
    path = folder / "compare.html"
    path.write_text(photographs(pairs, side=80), encoding="utf-8")
    return path


@pytest.fixture
def open_page(browser):
    """Opens a page; when the test ends, nothing was said on the console and nothing asked for."""
    said, asked, contexts = [], [], []

    def open_page(path, width=1280, scheme="light", **options):
        context = browser.new_context(
            viewport={"width": width, "height": 844}, color_scheme=scheme, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        page.locator("[data-gallery]").first.scroll_into_view_if_needed()
        page.wait_for_selector(".tiles figure")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []
    assert {url.partition(":")[0] for url in asked} <= {"file", "data"}


def column(page, at):
    """The texts of a column of the table of scores, of the rows that can be seen."""
    rows = page.locator(".scores tbody tr:not(.group):visible")
    return [text.strip() for text in rows.locator(f"> :nth-child({at})").all_text_contents()]


def test_a_click_on_a_head_sorts_within_the_groups(open_page, written):
    page = open_page(written)
    head = page.locator(".scores thead button").nth(2)
    head.click()
    assert column(page, 1)[1:] == ["a", "other", "own", "truth"]  # the best first
    head.click()
    assert [name[:1] for name in column(page, 1)] == ["a", "b", "o", "o", "t"]
    assert column(page, 1)[2:4] == ["own", "other"]
    sorts = page.locator(".scores thead th").evaluate_all("all => all.map((th) => th.ariaSort)")
    assert sorts == [None, None, "ascending", None, None]


def test_typing_filters_rows_pictures_and_cards(open_page, written):
    page = open_page(written)
    page.get_by_label("Filter methods").fill("own")
    assert column(page, 1) == ["own"]
    assert page.locator(".tiles figure:visible").count() == 1
    assert page.locator(".card:visible").count() == 1
    assert page.locator("tr.group:visible").count() == 1
    page.get_by_label("Filter methods").fill("")
    assert len(column(page, 1)) == 5


def test_all_pictures_zoom_and_move_together_by_keyboard(open_page, written):
    page = open_page(written)
    page.locator(".stage").press("+")
    page.locator(".tile").nth(2).press("ArrowRight")
    transforms = page.locator(".tile img, .side img").evaluate_all(
        "all => all.map((image) => getComputedStyle(image).transform)"
    )
    scales = {float(each.split("(")[1].split(",")[0]) for each in transforms}
    assert len(transforms) == 9
    assert list(scales) == [pytest.approx(2**0.5, rel=1e-4)]
    assert page.locator("[data-gallery]").evaluate(
        "root => Number(root.style.getPropertyValue('--x')) < 0"
    )
    page.locator(".stage").press("0")
    assert page.locator(".zoom").input_value() == "0"


def test_all_pictures_follow_a_drag(open_page, written):
    page = open_page(written)
    page.locator(".stage").press("+")
    place = page.locator(".tile").nth(1).bounding_box()
    page.mouse.move(place["x"] + 40, place["y"] + 40)
    page.mouse.down()
    page.mouse.move(place["x"] + 60, place["y"] + 30)
    page.mouse.up()
    page.mouse.move(place["x"] + 90, place["y"] + 90)  # no button: nothing follows
    view = [
        page.locator("[data-gallery]").evaluate(
            f"root => Number(root.style.getPropertyValue('--{axis}'))"
        )
        for axis in "xy"
    ]
    scale = 2**0.5
    expected = [20 / place["width"] / scale, -10 / place["height"] / scale]
    assert view == pytest.approx(expected, abs=0.01)


def test_the_comparer_divides_and_swaps(open_page, written):
    page = open_page(written)
    page.get_by_label("Left").select_option("a")
    page.get_by_label("Right").select_option("clean")
    assert page.locator(".under img").get_attribute("alt").startswith("a, ")
    assert page.locator(".over img").get_attribute("alt").startswith("clean, ")
    page.get_by_label("Divide").press("ArrowRight")
    assert (
        page.locator(".over").evaluate("over => getComputedStyle(over).clipPath").endswith("51%)")
    )
    page.get_by_role("button", name="Hold to swap").focus()
    page.keyboard.down(" ")
    assert page.locator(".over").evaluate("over => getComputedStyle(over).clipPath") == "none"
    page.keyboard.up(" ")
    assert page.locator(".swapped").count() == 0


def test_another_image_and_another_kind_of_picture_are_chosen_by_keyboard(open_page, written):
    page = open_page(written)
    before = page.locator(".tile img").first.get_attribute("src")
    page.locator(".stage").press(".")
    assert page.locator(".tile img").first.get_attribute("src") != before
    assert page.locator(".strip [aria-pressed=true]").count() == 1
    page.get_by_label("error", exact=True).check()
    assert page.locator(".scale").is_visible()
    assert page.locator(".tile").last.inner_text() == "nothing to show"  # clean has no error


def test_two_methods_are_compared_image_by_image(open_page, written):
    page = open_page(written)
    page.get_by_label("Across").select_option("a")
    page.locator(".up").select_option("own")
    assert page.locator(".canvas circle").count() == 18
    assert page.locator(".said").inner_text() == "own is better on 18 of 18 images."


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_until_they_are_chosen(open_page, written, scheme):
    page = open_page(written, scheme=scheme)
    is_dark = "() => getComputedStyle(document.body).backgroundColor.startsWith('rgb(20')"
    assert page.evaluate(is_dark) == (scheme == "dark")
    page.get_by_label("Colours").select_option("light")
    assert not page.evaluate(is_dark)
    page.get_by_label("Colours").select_option("dark")
    assert page.evaluate(is_dark)


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_is_never_wider_than_its_window(open_page, written, width):
    page = open_page(written, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_photographs_zoom_and_move_together(open_page, compared):
    page = open_page(compared)
    assert page.locator(".tiles figcaption").all_text_contents() == ["noisy", "denoised"]
    page.locator(".stage").press("+")
    page.locator(".tile").last.press("ArrowDown")
    transforms = page.locator(".tile img, .side img").evaluate_all(
        "all => all.map((image) => getComputedStyle(image).transform)"
    )
    scales = {each.split("(")[1].split(",")[0] for each in transforms}
    assert (len(transforms), len(scales)) == (4, 1)
    assert float(scales.pop()) > 1
    moved = "root => Number(root.style.getPropertyValue('--y'))"
    assert page.locator("[data-gallery]").evaluate(moved) < 0


def test_another_photograph_and_what_was_taken_are_chosen_by_keyboard(open_page, compared):
    page = open_page(compared)
    before = page.locator(".tile img").first.get_attribute("src")
    page.locator(".stage").press(".")
    page.locator(".tile").first.press(".")
    assert page.locator(".tile img").first.get_attribute("src") != before
    assert page.locator(".strip [aria-pressed=true]").inner_text().split() == [
        "large.png", "200×90,", "a", "part",
    ]  # fmt: skip
    page.get_by_label("residual").check()
    assert page.locator(".residual-scale").is_visible()
    assert page.locator(".tile").first.inner_text() == "nothing to show"  # of the noisy one
    page.get_by_role("button", name="Hold to swap").focus()
    page.keyboard.down(" ")
    assert page.locator(".swapped").count() == 1
    page.keyboard.up(" ")


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_of_photographs_is_never_wider_than_its_window(open_page, compared, width):
    page = open_page(compared, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    """The source of axe-core."""
    folder = tmp_path_factory.mktemp("axe")
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm to fetch axe-core with")
    fetched = subprocess.run(
        [npm, "pack", AXE], cwd=folder, capture_output=True, check=False, timeout=120
    )
    if fetched.returncode != 0:
        pytest.skip("npm cannot fetch axe-core")
    with tarfile.open(next(folder.glob("*.tgz"))) as package:
        return package.extractfile("package/axe.min.js").read().decode()


@pytest.mark.parametrize("of", ["written", "compared"])
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_nothing_keeps_people_out(open_page, request, axe, of, scheme, width):
    written = request.getfixturevalue(of)
    page = open_page(written, width=width, scheme=scheme, bypass_csp=True)
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    page.add_script_tag(content=axe)
    found = page.evaluate("axe.run()")["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


def test_twenty_methods_and_a_hundred_pictures_are_quick(open_page, tmp_path):
    strengths = {f"method-{number:02}": 25 + number / 3 for number in range(20)}
    run = make_kept_run(tmp_path / "run", strengths, scenes=25, images_per_scene=4, size=16)
    for name, content in html(run, pictures=100, assets=True).items():
        path = tmp_path / "page" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    started = time.monotonic()
    page = open_page(tmp_path / "page" / "report.html")
    assert page.locator(".strip button").count() == 100
    for _ in range(10):
        page.locator(".stage").press(".")
    page.get_by_label("Filter methods").fill("method-07")
    assert column(page, 1) == ["method-07"]
    assert time.monotonic() - started < 30  # some 3 s on two cores that have other work
