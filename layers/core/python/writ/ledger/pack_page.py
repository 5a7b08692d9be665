"""The page of an evidence pack: its manifest for people. No script, and nothing from elsewhere.

Whatever the manifest says is text here, never markup: names in it were chosen by strangers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --dim: #777; --good: #15803d; --gone: #b45309; }
@media (prefers-color-scheme: dark) { :root { --dim: #9a9a9a; --good: #4ade80; --gone: #fbbf24; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 2.25rem 0 .5rem; }
p { margin: .4rem 0; max-width: 52rem; }
code, pre { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { border: 1px solid var(--line); border-radius: 6px; padding: .75rem 1rem; overflow-x: auto; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; margin: .75rem 0; }
dt, .dim { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; color: var(--dim); }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .9rem .4rem 0; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
td.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.name { overflow-wrap: anywhere; min-width: 12rem; }
.bundle { color: var(--good); }
.proof, .erased { color: var(--gone); }
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_KINDS: Final = {
    "bundle": ("bundle", "the statement, and all that proves who made it and when the log took it in"),
    "proof": ("proof", "the statement and its place in the log, without the log's promise of a time"),
    "erased": (
        "erased",
        "erased, as another statement says: its place in the log proves, its words are gone",
    ),
}


_COLUMNS: Final = ("leaf", "stated", "bot", "what", "result", "about", "proof")


def page(manifest: Mapping[str, Any]) -> str:
    """The page of a manifest; the same manifest always has the same page."""
    entries, log = manifest["entries"], manifest["log"]
    question = manifest["question"]
    title = f"Evidence about {question['name'] or question['subject'] or 'a time'}"
    body = [
        f"<h1>{_text(title)}</h1>",
        f"<p class=dim>{_counted(len(entries), 'statement')} out of the {_text(log['size'])} in the log "
        f"{_text(log['origin'])}</p>",
        _facts(_summary(manifest)),
        "<h2>Verify it</h2>",
        _VERIFY,
        "<h2>Statements</h2>",
        _legend(entries),
        _table(_COLUMNS, (_statement(entry) for entry in entries)),
        *_erasures(manifest["erasures"]),
        "<h2>Earlier checkpoints</h2>",
        _checkpoints(manifest["checkpoints"], log),
        "<h2>Files</h2>",
        _table(("file", "bytes", "SHA-256"), (_file(*item) for item in sorted(manifest["files"].items()))),
    ]
    return (
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n"
        '<meta name=viewport content="width=device-width">\n'
        f'<meta http-equiv=Content-Security-Policy content="{_POLICY}">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n" + "\n".join(body) + "\n</html>\n"
    )


_VERIFY: Final = """
<p>This page is a reading aid and proves nothing. What proves is checked, without a network, by</p>
<pre>python3 verify.py --trust TRUST.json      # in this folder; needs Python 3.11 and cryptography
writ ledger verify PACK.zip --trust TRUST.json</pre>
<p>Take <code>TRUST.json</code> from where you always had it: <a href="trust.json">trust.json</a> in here
is the pack's own word, and so is <a href="verify.py">verify.py</a>. A pack proves what is in it. That
nothing was left out it cannot prove: ask the same of the same log again, and the pack has the same
bytes.</p>"""


def _summary(manifest: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    question, log = manifest["question"], manifest["log"]
    if question["name"]:
        yield "asked for", _text(question["name"])
    if question["subject"]:
        yield "subject", f"<code>{_text(question['subject'])}</code>"
    if question["since"]:
        yield "stated from", _text(question["since"])
    if question["until"]:
        yield "stated before", _text(question["until"])
    yield "log", _text(log["origin"])
    yield "newest checkpoint", f'<a href="checkpoint">{_counted(log["size"], "leaf", "leaves")}</a>'
    yield "root", f"<code>{_text(log['root'])}</code>"
    yield "manifest", '<a href="manifest.json">manifest.json</a>'


def _statement(entry: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    kind = entry["kind"]
    link = f'<a class={_text(kind)} href="{_text(entry["file"])}">{_text(_KINDS[kind][0])}</a>'
    yield "number", _text(entry["index"])
    if kind == "erased":
        yield from (("time", "–"), ("", "–"), ("name", _code(entry["entry"])), ("", "erased"), ("", "–"))
    else:
        kind_of = entry["phase"] or entry["type"].removeprefix("https://")
        what = f"{entry['action']}: {kind_of}" if entry["action"] else kind_of
        yield "time", _text(entry["time"].replace("T", " ").removesuffix("Z"))
        yield "", _text(entry["bot"])
        yield "name", f"{_text(what)}<br><span class=dim>{_code(entry['entry'])}</span>"
        yield "", _text(entry["result"] or "–")
        yield "name", "<br>".join(_text(item["name"] or item["sha256"]) for item in entry["subjects"])
    yield "", link


def _erasures(erasures: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    if erasures:
        yield "<h2>Erasures</h2>"
        yield "<p>Nobody asked for these: they say, in the log, that statements above are gone.</p>"
        yield _table(_COLUMNS, (_statement(entry) for entry in erasures))


def _legend(entries: Iterable[Mapping[str, Any]]) -> str:
    there = {entry["kind"] for entry in entries}
    kinds = [f"<dt class={kind}>{name}<dd>{means}" for kind, (name, means) in _KINDS.items() if kind in there]
    return f"<dl>{''.join(kinds)}</dl>\n<p class=dim>Times are UTC.</p>"


def _checkpoints(checkpoints: Iterable[Mapping[str, Any]], log: Mapping[str, Any]) -> str:
    rows = [
        (
            ("number", _text(item["size"])),
            ("", _code(item["root"])),
            ("", f'<a href="{_text(item["note"])}">checkpoint</a>'),
            ("", f'<a href="{_text(item["proof"])}">proof</a>'),
        )
        for item in checkpoints
    ]
    if not rows:
        return "<p>The pack has none.</p>"
    intro = f"<p>Each is proved to begin the log of {_counted(log['size'], 'leaf', 'leaves')}.</p>"
    return intro + _table(("leaves", "root", "note", "consistency"), rows)


def _file(name: str, facts: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    yield "", f'<a href="{_text(name)}">{_text(name)}</a>'
    yield "number", _text(facts["bytes"])
    yield "", _code(facts["sha256"])


def _table(columns: Iterable[str], rows: Iterable[Iterable[tuple[str, str]]]) -> str:
    head = "".join(f"<th>{column}" for column in columns)
    lines = [
        "<tr>" + "".join(f"<td class={kind}>{cell}" if kind else f"<td>{cell}" for kind, cell in row)
        for row in rows
    ]
    return f"<div class=wide><table>\n<tr>{head}\n" + "\n".join(lines) + "\n</table></div>"


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{name}<dd>{value}" for name, value in facts) + "</dl>"


def _counted(count: int, one: str, many: str | None = None) -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def _code(value: object) -> str:
    return f"<code>{_text(value)}</code>"


def _text(value: object) -> str:
    """Text as it is; what would turn its direction is shown, so that nothing reads as something else."""
    shown = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in str(value))
    return escape(shown, quote=True)
