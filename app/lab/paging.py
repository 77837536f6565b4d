"""Pages of a list, as the carrier's API gives them."""

from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import urlencode

from werkzeug import Request

T = TypeVar("T")
USUAL_SIZE = 50


def page(request: Request, items: Sequence[T]) -> tuple[Sequence[T], dict[str, object]]:
    """The items of the page that was asked for, and what goes around them."""
    size = int(request.args.get("PageSize", USUAL_SIZE))
    number = int(request.args.get("Page", 0))
    start = number * size
    shown = items[start : start + size]
    around: dict[str, object] = {
        "page": number,
        "page_size": size,
        "start": start,
        "end": start + max(len(shown) - 1, 0),
        "uri": request.full_path.rstrip("?"),
        "first_page_uri": _uri(request, 0, size),
        "previous_page_uri": _uri(request, number - 1, size) if number else None,
        "next_page_uri": _uri(request, number + 1, size) if start + size < len(items) else None,
    }
    return shown, around


def page_of_product(
    request: Request, host: str, key: str, items: Sequence[T]
) -> tuple[Sequence[T], dict[str, object]]:
    """The same as the newer APIs give it: whole addresses at *host*, under ``meta``."""
    shown, around = page(request, items)
    kept = {name: around[name] for name in ("page", "page_size")}
    for name in ("first", "previous", "next"):
        uri = around[f"{name}_page_uri"]
        kept[f"{name}_page_url"] = None if uri is None else f"https://{host}{uri}"
    return shown, {"meta": {**kept, "key": key, "url": f"https://{host}{around['uri']}"}}


def _uri(request: Request, number: int, size: int) -> str:
    kept = [(k, v) for k, v in request.args.items(multi=True) if k not in {"Page", "PageSize"}]
    return f"{request.path}?{urlencode([*kept, ('PageSize', size), ('Page', number)])}"
