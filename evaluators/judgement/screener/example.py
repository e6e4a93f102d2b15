"""A small screener with made-up résumés and ratings, to see the check run within a minute."""

_COLUMNS = ("skills_matched", "years_experience", "projects", "degree", "employers", "gap_years")

COMMAND = (
    "hrlab screener screener.py:score --panel ratings.csv --items resumes.csv --item resume_id --rater recruiter "
    "--rating overall --within job "
    + " ".join(f"--feature {name}" for name in _COLUMNS)
    + " --group name_race --group name_sex --withhold first_name --withhold profile --withhold name_race"
    " --withhold name_sex --fail-under 0.5 --out checked"
)

SCREENER = '''"""Two screeners for the made-up résumés beside this file. Higher is better."""


def score(resume):
    """Count what the job asks for. `resume` is a dict: column -> text, number, True, False or None."""
    return (
        resume["skills_matched"]
        + 0.6 * resume["projects"]
        + 0.25 * min(resume["years_experience"], 12)
        - 0.2 * resume["gap_years"]
    )


def copycat(resume):
    """Follow the made-up raters in everything, in what was planted as unfair, too: see what the check says."""
    return score(resume) - (2.0 if resume["name_race"] == "Black" else 0.0)
'''

README = f"""# A screener beside its panel

`screener.py` has two screeners. `resumes.csv` and `ratings.csv` are made up: no row is a person, and the raters are
formulas. Some of them take points off for names that signal Black; that is planted, so that you can see whether a check
finds it. No figure here says anything about recruiters, names or people.

    {COMMAND}

It ends with exit code 0. Then take `copycat` in place of `score`, and leave out `--withhold name_race`, since it looks
there:

    {COMMAND.replace("py:score", "py:copycat").replace(" --withhold name_race", "")}

That one ends with exit code 1, however well it follows the panel. docs/screener.md of hr-it-lab explains each figure.
"""

WORKFLOW = """name: screener
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
jobs:
  screener:
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683  # v4.2.2
      - uses: actions/setup-python@0b93645e9fea7318ecaed2b359559ac225c90a2b  # v5.3.0
        with:
          python-version: "3.11"
          cache: pip
      - name: Install hr-it-lab and what the screener imports
        run: python -m pip install -r requirements.txt
      - name: Check the screener
        run: >-
          hrlab screener screener.py:score
          --panel ratings.csv --items resumes.csv
          --item resume_id --rater recruiter --rating overall --within job
          --feature skills_matched --feature years_experience --feature projects
          --feature degree --feature employers --feature gap_years
          --group name_race --group name_sex
          --withhold first_name --withhold profile --withhold name_race --withhold name_sex
          --fail-under 0.5 --timeout 120 --out checked
      - name: Keep the page and the JSON, also when a limit is broken
        if: ${{ !cancelled() }}
        uses: actions/upload-artifact@b4b15b8c7c6ac21ea08fcf65892d2ee8f75cf882  # v4.4.3
        with:
          name: screener
          path: checked/
          if-no-files-found: warn
          retention-days: 30
"""


def example_files() -> dict[str, str]:
    """Return the files of the example: name -> text.

    Returns
    -------
    dict of str to str
        A screener, the made-up résumés (without what would come later) and ratings, a page that says how to run it, and
        a workflow for GitHub Actions.

    Examples
    --------
    >>> list(example_files())
    ['README.md', 'screener.py', 'resumes.csv', 'ratings.csv', '.github/workflows/screener.yml']
    """
    from evaluators.data import load_recruiter_panel

    resumes = load_recruiter_panel("resumes").drop(columns=["rating_after_12_months", "good_after_12_months"])
    ratings = load_recruiter_panel("ratings")[["resume_id", "recruiter", "order", "overall"]]
    return {
        "README.md": README,
        "screener.py": SCREENER,
        "resumes.csv": resumes.to_csv(index=False, lineterminator="\n"),
        "ratings.csv": ratings.to_csv(index=False, lineterminator="\n"),
        ".github/workflows/screener.yml": WORKFLOW,
    }
