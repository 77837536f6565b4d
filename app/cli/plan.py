"""`beredskap rota generate`: a lawful and fair rota, or why there is none."""

from dataclasses import fields, replace
from pathlib import Path
from typing import NoReturn

import click

from app.bootstrap import Parts
from app.cli.main import FAILURE, fail, parts
from app.cli.plan_words import for_programs, in_words, no_plan_for_programs, why_not
from app.cli.rota import rota
from app.cli.show import answer, as_json_option, dry_run_option, the_line
from app.duty.ledger import besides
from app.duty.wishes import for_plan
from app.store import drafts
from app.store import rota as stored_rota
from app.store.database import reading
from app.store.rota import Signed
from rota_adapter.planner.blocks import Weekend
from rota_adapter.planner.extra import solver
from rota_adapter.planner.plan import SOURCE, NoPlan, Plan, plan
from rota_adapter.planner.problem import Effort, Progress, Weights, Wish
from rota_adapter.planner.request import Request
from rota_adapter.planner.wish_file import read_wishes
from rota_adapter.planner.written import absences_csv, rota_csv
from rota_adapter.times import calendar_date
from routing.errors import Place
from routing.organisation import Line

_IN = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)
_WEIGHTS = tuple(field.name.replace("_", "-") for field in fields(Weights))
_HEAVIEST = 1000


def _weights(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> Weights:
    weights = Weights()
    for value in values:
        name, _equals, number = value.partition("=")
        if name not in _WEIGHTS:
            raise click.BadParameter(f"there are: {', '.join(_WEIGHTS)}")
        if not (number.isascii() and number.isdigit() and int(number) <= _HEAVIEST):
            raise click.BadParameter(f"{name} must be a whole number up to {_HEAVIEST}")
        weights = replace(weights, **{name.replace("-", "_"): int(number)})
    return weights


@rota.command("generate")
@click.option("--line", "line_id", metavar="ID", required=True)
@click.option("--from", "start", metavar="D", required=True, help="The first date.")
@click.option("--weeks", required=True, type=click.IntRange(1, 53))
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0, 2**31 - 1))
@click.option("--out", type=_OUT, help="A CSV for `rota import`, and no draft.")
@click.option("--absences-out", type=_OUT, help="The days off, as a CSV for `absences import`.")
@click.option(
    "--wishes",
    "wish_file",
    type=_IN,
    help="therapist,starts_at,ends_at,wish; what people wish in the console, when not given.",
)
@click.option(
    "--weekend",
    type=click.Choice([str(one) for one in Weekend]),
    default=str(Weekend.WHOLE),
    show_default=True,
    help="Hand a weekend over as one block, or each of its days.",
)
@click.option("--mix", is_flag=True, help="Positions of a block from different districts.")
@click.option("--keep", is_flag=True, help="Change as little as possible of the rota in force.")
@click.option("--strict", is_flag=True, help="Give no rule up; explain why there is no rota.")
@click.option("--weight", "weights", metavar="NAME=N", multiple=True, callback=_weights)
@click.option(
    "--effort",
    default=Effort().most,
    show_default=True,
    type=click.FloatRange(1, 3600),
    help="How far to search: about seconds of one core, and the same on every machine.",
)
@dry_run_option
@as_json_option
def generate(
    line_id: str,
    start: str,
    weeks: int,
    seed: int,
    out: Path | None,
    absences_out: Path | None,
    wish_file: Path | None,
    weekend: str,
    weights: Weights,
    effort: float,
    *,
    mix: bool,
    keep: bool,
    strict: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """
    Propose a lawful and fair rota, and the days off that make it lawful.

    It is kept as a draft, or written to --out.  Status 1 if there is no rota, and then it is
    said why and what would make one possible.
    """
    own = parts()
    organisation = own.mirror.picture.organisation
    line = the_line(organisation, line_id)
    wishes: tuple[Wish, ...] | None = None
    if wish_file is not None:
        wishes = read_wishes(wish_file, organisation.therapists, line.zone)
    asked = Request(
        organisation,
        line,
        calendar_date(start, Place("--from")),
        weeks,
        wishes=wishes or (),
        weekend=Weekend(weekend),
        mix=mix,
        keep=keep,
        weights=weights,
    )
    found = plan(
        _with_what_stands(own, asked, kept_wishes=wishes is None),
        solver(),
        Effort(seed, effort),
        _tell,
        strict=strict,
    )
    if isinstance(found, NoPlan):
        _explain(found, line, as_json=as_json)
    number = None
    if not dry_run:
        if absences_out is not None:
            known = found.layout.request.absences
            _write(absences_out, absences_csv(found.days_off, known, line.zone))
        if out is not None:
            _write(out, rota_csv(found.shifts, line.zone))
        else:
            number = _keep(own, found, f"{weeks} weeks, seed {seed}, cost {found.solved.cost}")
    if as_json:
        answer({**for_programs(found, line), "draft": number, "dry_run": dry_run, "seed": seed})
    else:
        for said in in_words(found, line):
            click.echo(said)
        for said in _what_next(found, line, number, out, absences_out):
            click.echo(said)
    if found.errors:
        fail("a finding is an error: see above, and `beredskap rota check`", FAILURE)


def _with_what_stands(own: Parts, asked: Request, *, kept_wishes: bool) -> Request:
    """*asked*, with the absences, the rotas and perhaps the kept wishes that it must go by."""
    with reading(own.engine) as connection:
        others = besides(connection, asked.organisation, asked.line.id, asked.reach, own.clock())
        return replace(
            asked,
            absences=others.absences,
            elsewhere=others.elsewhere,
            in_force=stored_rota.in_force(connection, asked.line.id, asked.reach),
            wishes=for_plan(connection, asked.reach) if kept_wishes else asked.wishes,
        )


def _tell(progress: Progress) -> None:
    click.echo(
        f"{progress.seconds:5.1f} s: a rota with cost {progress.cost}, "
        f"and none under {max(0, progress.bound)}",
        err=True,
    )


def _write(path: Path, content: str) -> None:
    path.write_bytes(content.encode())


def _keep(own: Parts, found: Plan, note: str) -> int:
    line = found.layout.request.line
    with own.engine.begin() as connection:
        signed = Signed(SOURCE, note, own.clock())
        return drafts.keep(connection, line.id, found.layout.span, found.shifts, signed)


def _what_next(
    found: Plan, line: Line, number: int | None, out: Path | None, absences_out: Path | None
) -> list[str]:
    said = []
    if found.days_off and absences_out is None:
        said.append(
            "The rota is lawful only with these days off.  Run this again with --absences-out "
            "FILE.csv, and load that with `beredskap absences import FILE.csv`."
        )
    elif found.days_off:
        said.append(
            "The rota is lawful only with these days off: load them first, with "
            f"`beredskap absences import {absences_out}`."
        )
    if number is not None:
        said.append(
            f"Draft {number} is kept; `beredskap rota publish {number} --line {line.id}` "
            "puts it in force."
        )
    elif out is not None:
        said.append(f"Then `beredskap rota import {out} --line {line.id}` puts it in force.")
    return said


def _explain(found: NoPlan, line: Line, *, as_json: bool) -> NoReturn:
    if as_json:
        answer(no_plan_for_programs(found, line))
    else:
        for said in why_not(found):
            click.echo(said)
    fail("there is no such rota" if found.why else "no rota was found", FAILURE)
