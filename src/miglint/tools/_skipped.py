"""Folders that are passed over by their names when nobody has named them."""

import os

# Other people's code, what a build made, what tests feed on, what readers learn from, data to begin with. A
# virtual environment has a pyvenv.cfg as well.
_SKIPPED = frozenset(
    """
    node_modules bower_components vendor third_party third-party site-packages Pods
    testdata test-data test_data fixtures __fixtures__ __snapshots__ stub stubs __pycache__
    test-fixtures test_fixtures testfixtures __mocks__ mocks
    example examples sample-data sample_data sampledata seed seeds seeders seed-data seed_data
    dist build target venv coverage
    """.split()
)
# The same at the top of a project; deeper, such a folder may be a part of the program.
_SKIPPED_AT_TOP = frozenset("doc docs sample samples".split())
# The same below a folder of that name.
_SKIPPED_BELOW = frozenset((("src", "test"), ("test", "data"), ("tests", "data")))
# In these, a folder with the word anywhere in its name is skipped as well, such as `migrations_fixture`.
_TESTS = frozenset(("test", "tests", "__tests__"))
# A project that nobody has renamed: `com.example` is Java's usual package for a new one.
_WALKED_BELOW = frozenset((domain, "example") for domain in ("com", "org", "net", "io", "dev"))


def is_skipped(name: str, above: str) -> bool:
    """Tell whether a walk passes a folder over, by `is_passed_over` or as one that is hidden or made."""
    return is_passed_over(name, above) or name[0] == "." or name.startswith("bazel-")


def is_passed_over(name: str, above: str) -> bool:
    """Tell whether a folder is skipped by its name and by the path above it in the project, "" at the top."""
    if name in _SKIPPED:
        return (os.path.basename(above), name) not in _WALKED_BELOW
    if not above:
        return name in _SKIPPED_AT_TOP
    if "fixture" in name and any(step in _TESTS for step in above.split(os.sep)):
        return True
    return (os.path.basename(above), name) in _SKIPPED_BELOW
