"""Noisy and denoised side by side: one file that asks for no other, whatever names it shows."""

import json
import re

import pytest
from made_runs import HOSTILE, make_photo_pairs

from harness import PhotoPair
from harness_reports.page.photographs import photographs


def data_of(page):
    """What the page's script is given."""
    found = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1])


def test_a_page_holds_all_its_pictures(tmp_path):
    page = photographs(make_photo_pairs(tmp_path, {"a.png": (20, 30), "b/c.png": (30, 20)}))
    first, second = data_of(page)["images"]
    assert (first["name"], first["why"]) == ("a.png", "30×20")
    assert (second["name"], second["width"], second["height"]) == ("b/c.png", 20, 30)
    noisy, denoised = first["pictures"]
    addresses = [first["thumbnail"], noisy["image"], denoised["image"], denoised["residual"]]
    assert all(each.startswith("data:image/") for each in addresses)
    assert "residual" not in noisy
    assert re.findall(r'(?:src|href)="(?!data:|#)', page) == []
    assert "2 of 2 photographs." in page


def test_of_a_large_photograph_the_part_is_shown_from_which_most_was_taken(tmp_path):
    (pair,) = make_photo_pairs(tmp_path, {"a.png": (40, 200)})
    page = photographs([pair], side=50)
    (image,) = data_of(page)["images"]
    assert (image["width"], image["height"]) == (50, 40)
    assert image["why"] == "200×40, a part"
    assert "of those larger than 50 pixels, the part of that size" in page


def test_names_are_no_more_than_text(tmp_path):
    page = photographs(make_photo_pairs(tmp_path, {HOSTILE: (20, 30)}))
    assert "<script>alert" not in page
    assert data_of(page)["images"][0]["name"] == HOSTILE


def test_the_first_photographs_are_shown_if_there_are_many(tmp_path):
    pairs = make_photo_pairs(tmp_path, {f"{n}.png": (8, 8) for n in range(5)})
    page = photographs(pairs, pictures=4)
    assert [image["name"] for image in data_of(page)["images"]] == [f"{n}.png" for n in range(4)]
    assert "4 of 5 photographs" in page


@pytest.mark.parametrize("others", [0, 1])
def test_what_cannot_be_read_is_left_out_and_counted(tmp_path, others):
    pairs = make_photo_pairs(tmp_path, {f"{n}.png": (8, 8) for n in range(others)})
    gone = PhotoPair("gone.png", tmp_path / "gone.png", tmp_path / "gone.png")
    page = photographs([gone, *pairs])
    assert f"{others} of {others + 1} photographs" in page
    assert ('data-gallery="' in page) == bool(others)
