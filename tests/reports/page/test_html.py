"""The page is whole: one file that asks for no other, in which no name is more than a text."""

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import imagecodecs
import numpy as np
import pytest
from made_records import make_score
from made_runs import HOSTILE, make_kept_run
from PIL import Image

from harness import read_image
from harness.results.records import PublishedScore
from harness.runs.kept import pictures_of
from harness.runs.merging import merge_runs
from harness_reports.page.html import html

VOID = {"meta", "link", "img", "input", "br"}


class Page(HTMLParser):
    """Reads a page; notes elements, texts and addresses, and that every element is closed."""

    def __init__(self, text):
        super().__init__()
        self.opened, self.elements, self.texts, self.addresses, self.data = [], [], [], [], {}
        self.feed(text)
        assert not self.opened

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.elements.append((tag, given))
        self.addresses += [given[name] for name in ("src", "href") if name in given]
        if tag not in VOID:
            self.opened.append((tag, given))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.opened.pop()[0] == tag

    def handle_data(self, data):
        tag, given = self.opened[-1] if self.opened else ("", {})
        if tag == "script" and given.get("type") == "application/json":
            self.data[given["id"]] = json.loads(data)
        elif tag not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self):
        return " ".join("".join(self.texts).split())


@pytest.fixture
def kept(tmp_path):
    """A run of three methods and the oracle on 18 images, with small pictures of all."""
    of_cells = {"own": {"trained_on": "camera", "budget": "quick"}, "truth": {"oracle": True}}
    strengths = {"a": 30, "b": 31, "own": 32, "truth": 40}
    return make_kept_run(tmp_path / "run", strengths, size=32, of_cells=of_cells)


@pytest.fixture
def hostile(tmp_path):
    """A run in whose every text something means something to a browser or a template."""
    name = f"a{HOSTILE}"
    run = make_kept_run(tmp_path / "run", {name: 30, "b": 31}, dataset=name, hostile=HOSTILE)
    first, second = run.cells
    apart = PublishedScore(score=HOSTILE, value=1.0, source=HOSTILE, differs=(HOSTILE,))
    score = make_score(value=30.0, label=HOSTILE, protocol=HOSTILE, unit=HOSTILE, source=HOSTILE)
    cells = (
        replace(first, published=(apart,), scores=(*first.scores, score)),
        replace(second, status="failed", error=HOSTILE, scores=()),
    )
    command = {"command": ["harness", HOSTILE]}
    return replace(run, cells=cells, title=HOSTILE, notes=(HOSTILE,), provenance=command)


def test_the_page_asks_for_nothing_outside_itself(kept):
    addresses = Page(html(kept)).addresses
    assert {address.split(":")[0] for address in addresses if address[0] != "#"} == {"data"}


def test_the_table_has_all_methods_in_their_groups_with_their_places(kept):
    page = Page(html(kept))
    groups = ["without training", "self-supervised", "oracle"]
    assert [text for text in page.texts if text in groups][:3] == groups
    assert "Tested on camera: 18 images of 6 scenes, trained on camera, budget quick." in page.text
    rows = [given.get("data-method") for tag, given in page.elements if tag == "tr"]
    assert [row for row in rows if row in ("a", "b", "own", "truth")] == ["a", "b", "own", "truth"]


def test_every_difference_has_an_interval_and_a_verdict(kept):
    text = Page(html(kept)).text
    assert "Differences between methods, image by image (3)" in text
    assert "b is better" in text


def test_pictures_of_all_sources_are_at_one_place_with_errors_and_residuals(kept):
    gallery = Page(html(kept, pictures=5)).data["dataset-0-gallery"]
    assert gallery["sources"] == ["noisy", "a", "b", "own", "truth", "clean"]
    assert gallery["sources"][gallery["best"]] == "own"
    assert [image["why"].split(",")[0] for image in gallery["images"]][:2] == [
        "the worst",
        "the best",
    ]
    assert len(gallery["images"]) == 5
    noisy, *methods, clean = gallery["images"][0]["pictures"]
    assert noisy.keys() == {"image", "error"}
    assert clean.keys() == {"image", "residual"}
    assert all(each.keys() == {"image", "error", "residual"} for each in methods)
    assert gallery["images"][0]["scores"][1].startswith("PSNR ")


def test_pictures_of_16_bit_are_shown_as_those_of_8_bit_are(kept):
    before = Page(html(kept, pictures=2)).data["dataset-0-gallery"]
    for cell in kept.cells:
        for path in (kept.folder_of(cell) / "images").glob("*.png"):
            path.write_bytes(imagecodecs.png_encode(read_image(path).astype(np.uint16) * 257))
    assert Page(html(kept, pictures=2)).data["dataset-0-gallery"] == before


def test_rows_of_one_method_are_told_apart_by_their_training(kept):
    own = next(cell for cell in kept.cells if cell.method == "own")
    trained = {"trained_on": "camera", "budget": "paper"}
    folder = kept.folder.parent.parent / "again" / "run"
    again = make_kept_run(folder, {"own": 33}, of_cells={"own": trained})
    page = Page(html(merge_runs([kept, again])))
    assert own.key != again.cells[0].key
    first, second = (name for name in page.data["dataset-0-scatter"]["methods"] if "own" in name)
    assert (first, second) == ("own (camera, quick, 5 s)", "own (camera, paper, 5 s)")
    assert f"{second} is better" in page.text


def test_pictures_that_were_not_kept_are_said(tmp_path):
    run = make_kept_run(tmp_path / "run", {"a": 30, "b": 31})
    assert "No picture of this dataset was kept" in Page(html(run)).text


def test_pictures_lie_beside_the_page_whole_and_exact_if_that_is_asked_for(kept):
    files = html(kept, assets=True)
    page = Page(files.pop("report.html"))
    gallery = page.data["dataset-0-gallery"]
    named = {
        address
        for image in gallery["images"]
        for pictures in image["pictures"]
        for address in pictures.values()
    }
    assert named == files.keys()
    assert all(re.fullmatch(r"assets/[0-9a-f]{20}\.png", name) for name in named)
    first = gallery["images"][0]
    shown = Image.open(io.BytesIO(files[first["pictures"][1]["image"]]))
    denoised = Image.open(pictures_of(kept, kept.cells[0], first["name"]).denoised)
    assert shown.tobytes() == denoised.tobytes()


def test_scores_of_all_images_are_there_to_be_compared(kept):
    scatter = Page(html(kept)).data["dataset-0-scatter"]
    assert scatter["methods"] == ["a", "b", "own", "truth"]
    (metric,) = scatter["metrics"]
    assert metric["name"] == "PSNR [dB] (8bit)"
    assert [len(values) for values in metric["values"]] == [18] * 4


def test_no_name_is_more_than_a_text(hostile):
    text = html(hostile, published="all")
    page = Page(text)
    scripts = [given for tag, given in page.elements if tag == "script"]
    assert [given.get("type", "text/javascript") for given in scripts].count("text/javascript") == 1
    assert "b" not in {tag for tag, _ in page.elements}
    handlers = {name for _, given in page.elements for name in given if name.startswith("on")}
    assert not handlers
    for part in ("<script>alert(1)</script>", "{{7*7}}", r"\end{document}"):
        assert part in page.text
    assert page.text.count("[x](javascript:1)") > 10


def test_a_failed_cell_is_a_row_with_its_reason(run):
    text = Page(html(run)).text
    assert "failed [2] no luck, at all" in text


def test_a_page_is_the_same_each_time(kept):
    assert html(kept) == html(kept)
