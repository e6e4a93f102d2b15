import shutil

import pytest

from evaluators.data import AlteredDatasetError, UnknownDatasetError, dataset_folder, folder_sha256


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(dataset_folder("hr_bot").parent, tmp_path / "datasets")
    return tmp_path / "datasets"


def test_a_folder_is_given_as_the_registry_has_it(copy):
    assert dataset_folder("hr_bot", folder=copy) == copy / "hr_bot"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "nlu.yml").write_text("nlu: []\n", "utf-8"),
        lambda folder: (folder / "more.yml").write_text("nlu: []\n", "utf-8"),
        lambda folder: (folder / "policies" / "tuition.md").unlink(),
        lambda folder: (folder / "rules.yml").rename(folder / "rulez.yml"),
        lambda folder: shutil.rmtree(folder),
    ],
)
def test_a_changed_added_removed_or_renamed_file_is_noticed(copy, spoil):
    spoil(copy / "hr_bot")
    with pytest.raises(AlteredDatasetError, match="work on a copy"):
        dataset_folder("hr_bot", folder=copy)


def test_the_datasheet_tests_hidden_files_and_line_ends_do_not_count(copy):
    bot = copy / "hr_bot"
    before = folder_sha256(bot)
    (bot / "README.md").write_text("other", "utf-8")
    (bot / "tests").mkdir(exist_ok=True)
    (bot / "tests" / "mine.yml").write_text("x: 1", "utf-8")
    (bot / ".DS_Store").write_bytes(b"x")
    (bot / "nlu.yml").write_bytes((bot / "nlu.yml").read_bytes().replace(b"\n", b"\r\n"))
    assert folder_sha256(bot) == before


def test_a_single_file_is_no_folder():
    with pytest.raises(UnknownDatasetError, match="one file"):
        dataset_folder("resume_callbacks")
