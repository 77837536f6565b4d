"""`rota fairness`: counted by hand for two weeks, as a table and for programs."""

from datetime import datetime, timedelta

from tests.app.cli.terminal import Terminal, one_line

LINE = ("--line", "eftervard")
TWO_WEEKS = ("--from", "2026-03-02", "--to", "2026-03-16")
# The terminal's own rota: t4 and t5 are first on Tuesday and Wednesday, t1 and t2 their backups.
WEEKENDS = (
    "position,therapist,starts_at,ends_at\n"
    "1,t1,2026-03-07T10:00,2026-03-07T22:00\n"
    "1,t1,2026-03-08T10:00,2026-03-08T22:00\n"
    "1,t1,2026-03-14T10:00,2026-03-14T22:00\n"
    "2,t4,2026-03-14T10:00,2026-03-14T22:00\n"
)


def bring_weekends(terminal: Terminal) -> None:
    answer = terminal.run("rota", "import", terminal.file("weekends.csv", WEEKENDS), *LINE)
    assert answer.status == 0


def test_the_table_counts_each_kind_and_fits_eighty_columns(loaded: Terminal) -> None:
    bring_weekends(loaded)

    answer = loaded.run("rota", "fairness", *LINE, *TWO_WEEKS)
    lines = answer.out.splitlines()
    findings = [line for line in lines if line.startswith("warning")]

    assert answer.status == 0
    assert lines[:2] == [
        "eftervard, 2026-03-02 to 2026-03-15",
        "5 days with standby, 2 weekends",
    ]
    # Backup on Tuesday, and two of the three weekends that anybody held.  68 hours are 11.3 each.
    row = "t1                   5    0   1 +0.3    2   0 +1.5    0   0  0.0    41.0  +29.7"
    assert row in lines
    assert lines[12].startswith("hasselby-vallin…")
    assert all(len(line) <= 80 for line in lines if line not in findings)
    assert findings == [
        (
            "warning R18: t1 is in position 1 on 2 of 2 weekends, and 1 is the most that is fair; "
            "give 1 of them to others"
        ),
        (
            "warning R18: t1 stands by 2 weekends running, from 2026-03-07; "
            "give one of them to somebody else"
        ),
    ]


def test_for_programs_every_part_has_its_even_share(loaded: Terminal) -> None:
    bring_weekends(loaded)

    answer = loaded.run("rota", "fairness", *LINE, *TWO_WEEKS, "--json").json

    (t1,) = [person for person in answer["people"] if person["therapist"] == "t1"]
    assert t1["held"]["first"] == {
        "evenings": 0.0,
        "weekends": 2.0,
        "red_days": 0.0,
        "standby_hours": 36.0,
    }
    assert t1["held"]["backup"]["standby_hours"] == 5.0
    assert t1["even_share"]["both"]["weekends"] == 0.5
    assert [d["held"]["both"]["standby_hours"] for d in answer["districts"]] == [46.0, 22.0]
    assert [finding["rule"] for finding in answer["findings"]] == ["R18", "R18"]


def test_who_is_away_has_a_smaller_share(loaded: Terminal) -> None:
    away = "therapist,starts_at,ends_at,kind\nt6,2026-03-02T00:00,2026-03-16T00:00,leave\n"
    loaded.run("absences", "import", loaded.file("away.csv", away))

    people = loaded.run("rota", "fairness", *LINE, *TWO_WEEKS, "--json").json["people"]

    there = {person["therapist"]: person["days_there"] for person in people}
    assert there == {"t1": 2, "t2": 2, "t3": 2, "t4": 2, "t5": 2, "t6": 0}
    assert people[5]["even_share"]["both"]["evenings"] == 0


def test_without_a_time_it_is_half_a_year_and_what_is_published_ahead(loaded: Terminal) -> None:
    before = loaded.run("rota", "fairness", *LINE, "--json").json
    tomorrow = datetime.fromisoformat(before["to"]).date()
    ahead = tomorrow + timedelta(days=100)
    text = f"position,therapist,starts_at,ends_at\n1,t1,{ahead}T17:00,{ahead}T22:00\n"
    loaded.run("rota", "import", loaded.file("far.csv", text), *LINE)

    after = loaded.run("rota", "fairness", *LINE, "--json").json

    half_a_year = tomorrow - datetime.fromisoformat(before["from"]).date()
    assert timedelta(days=181) <= half_a_year <= timedelta(days=185)
    assert after["from"] == before["from"]
    assert datetime.fromisoformat(after["to"]).date() == ahead + timedelta(days=1)
    assert after["people"][0]["held"]["first"]["evenings"] == 1


def test_a_bad_time_or_line_is_one_line(loaded: Terminal) -> None:
    for command in (
        (*LINE, "--from", "2026-03-16", "--to", "2026-03-02"),
        (*LINE, "--from", "soon"),
        ("--line", "nowhere"),
    ):
        answer = loaded.run("rota", "fairness", *command)
        assert (answer.status, answer.out) == (2, "")
        assert "--" in one_line(answer.err)
