"""The fixture of the tests that import damaged recordings."""

from tests.kit.damaged_recordings import originals as originals
