import numpy as np
import pytest
from PIL import Image

from harness_noise import measure_noise
from harness_noise.picture import draw, write_picture


@pytest.fixture
def profile(generator, observe):
    """Measures correlated noise."""

    def make(channels=3, **options):
        white = generator.normal(0, 10, (80, 81, channels))
        noise = white[:, 1:] + white[:, :-1]
        return measure_noise([observe(noise, generator.uniform(50, 200, noise.shape))], **options)

    return make


def titles_of(figure):
    return [axes.get_title() for axes in figure.axes if axes.get_title()]


def test_the_picture_is_a_png_that_leaves_nothing_else_behind(profile, tmp_path):
    write_picture(tmp_path / "new" / "noise.png", profile(), "noise of a set")
    with Image.open(tmp_path / "new" / "noise.png") as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 1000
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["noise.png"]


def test_both_maps_lags_and_strength_are_drawn(profile):
    figure = draw(profile(), "noise of a set")
    assert figure.get_suptitle() == "noise of a set"
    assert titles_of(figure) == [
        "correlation map, pooled\nframe: 3x3, none outside is above 0.05",
        "correlation map, rgb-direction",
        "correlation by lag",
        "noise by intensity",
    ]


def test_the_map_is_drawn_as_measured(profile):
    measured = profile()
    axes = draw(measured, "").axes[0]
    np.testing.assert_array_equal(axes.images[0].get_array(), measured.correlations[0].array)
    written = {text.get_position(): text.get_text() for text in axes.texts}
    assert written[0, 0] == "1"
    assert float(written[1, 0]) == pytest.approx(measured.correlations[0].horizontal[0], abs=0.006)


def test_a_map_without_a_sufficient_square_says_so(profile):
    titles = titles_of(draw(profile(radius=1, threshold=0.01), ""))
    assert titles[0].endswith("\nno frame: at the border there is more than 0.01")


def test_grey_noise_has_one_map(profile):
    titles = titles_of(draw(profile(channels=1), ""))
    assert len(titles) == 3
    assert titles[0].startswith("correlation map, pooled")


def test_a_residual_is_called_one(profile):
    assert titles_of(draw(profile(ground_truth=False), ""))[-1] == "residual by intensity"


def test_large_maps_have_no_numbers(profile):
    assert draw(profile(radius=12), "").axes[0].texts
    assert not draw(profile(radius=13), "").axes[0].texts
