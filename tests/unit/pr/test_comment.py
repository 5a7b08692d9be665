"""What the one comment shows, and that no section reaches beyond itself."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from functions.pr.comment import LONGEST, TOPICS, find, render, says, topics_of
from functions.pr.markdown import quoted, shortened
from functions.pr.note import Note
from writ.ports.forge import Comment

NONCE, OTHER = "ab" * 16, "cd" * 16
TRICKS = [
    "```", "~~~~", "- ```\n", "<!--", "-->", "<details>", "</details>", "<pre>", "<script>", "<?",
    "<![CDATA[",
    f"<!-- writ:comment {NONCE} ", "[a]: /x", "[a\nb]: /x", "### Gate", "===", "---", "> ", "1. ", "    ",
    "\t", "@octocat", "@acme/team", "\u202e", "\r", "\x0b", "\u2028", "| a |\n|---|\n", "\\", "`", "![x](/y)",
]  # fmt: skip
texts = st.lists(
    st.sampled_from(TRICKS) | st.text(alphabet=st.characters(codec="utf-8"), max_size=8), max_size=12
).map("\n".join) | st.lists(st.sampled_from(TRICKS), min_size=1, max_size=6).map("".join)


def note(topic: str, text: str, minute: int = 0) -> Note:
    return Note(topic=topic, text=quoted(text), stamp=f"2026-03-02T10:{minute:02}:00.000000Z#act-{topic}")


def top_level(body: str) -> list[str]:
    return [token.tag for token in MarkdownIt("gfm-like", {"linkify": False}).parse(body) if token.level == 0]


def inner(tokens: list[Token]) -> list[Token]:
    return [part for token in tokens for part in [token, *inner(token.children or [])]]


@given(texts, texts)
@example("```", "plain")
@example("<details>", "</details>")
@example("", "")
def test_sections_stay_where_they_are_whatever_they_say(one: str, two: str) -> None:
    plain = render(NONCE, [note("gate", "x"), note("preview", "y")])
    body = render(NONCE, [note("gate", one), note("preview", two)])
    assert top_level(body) == top_level(plain)
    environment: dict[str, object] = {}
    tokens = inner(MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(body, environment))
    html = [token.content.strip() for token in tokens if token.type.startswith("html_")]
    own = [token.content.strip() for token in inner(MarkdownIt("gfm-like", {"linkify": False}).parse(plain))]
    assert [text for text in html if not text.startswith("<!-- writ:comment ")] == [
        text for text in own if text in {"<sub>", "</sub>"}
    ]
    assert sum(text.startswith("<!-- writ:comment ") for text in html) == 1
    assert not environment.get("references")


@given(texts)
def test_nobody_is_mentioned_and_quoting_redacts(text: str) -> None:
    quote = quoted(f"{text} @octocat ghp_0123456789abcdefghij")
    assert re.search(r"(?<![A-Za-z0-9_])@octocat", quote) is None
    assert "ghp_" not in quote
    assert all(line.startswith(">") for line in quote.split("\n"))


@pytest.mark.parametrize(
    "text",
    [
        "@octocat", "&#64;octocat", "&#0000064;octocat", "&#x40;octocat", "&#X0040;octocat",
        "&commat;octocat",        "_@octocat_", "@&#111;ctocat", "\\@octocat",
    ],
)  # fmt: skip
def test_nobody_is_mentioned_in_what_is_rendered(text: str) -> None:
    tokens = inner(MarkdownIt("gfm-like", {"linkify": False}).parse(quoted(text)))
    rendered = "".join(token.content for token in tokens if token.type.startswith("text"))
    assert "ctocat" in rendered
    assert re.search(r"(?<![A-Za-z0-9])@o", rendered) is None


@pytest.mark.parametrize("text", ["a < b", "<https://example.com/x>", "List[int] -> x", "see `a@b`: 1"])
def test_plain_text_is_left_as_it_is(text: str) -> None:
    assert quoted(text).replace("\u200b", "") == f"> {text}"


def test_sections_stand_by_topic_with_the_time_they_are_of() -> None:
    body = render(NONCE, [note("preview", "ready", 5), note("api-compatibility", "fine", 3)])
    assert body.index("### Api compatibility") < body.index("### Preview")
    assert "<sub>2026-03-02 10:05 UTC</sub>\n\n> ready" in body


@pytest.mark.parametrize(
    "lengths", [[8000] * 12, [8000] * TOPICS, [10] * 5 + [8000] * 20, [8000] * (TOPICS + 9)]
)
def test_comment_is_never_longer_than_the_forge_takes(lengths: list[int]) -> None:
    notes = [note(f"topic-{place}", "line\n" * (size // 5), place) for place, size in enumerate(lengths)]
    body = render(NONCE, notes)
    assert LONGEST // 2 < len(body) <= LONGEST
    assert body.count("### ") == min(len(lengths), TOPICS)
    assert topics_of(notes) == sorted(note.topic for note in notes[-TOPICS:])


def test_what_is_short_is_shown_whole_where_others_are_cut() -> None:
    body = render(NONCE, [note("gate", "all well"), *(note(f"topic-{n}", "x\n" * 4000) for n in range(12))])
    assert "\n> all well\n" in body
    assert body.count("*shortened*") == 12


def test_one_line_too_long_leaves_a_word_about_it() -> None:
    assert shortened("> " + "x" * 500, 100) == "\n>\n> *shortened*"


def test_mark_says_whether_the_comment_is_up_to_date() -> None:
    before, after = (render(NONCE, [note("gate", text)]) for text in ("one", "two"))
    assert says(Comment(1, before.replace("\n", "\r\n"), ""), before)
    assert not says(Comment(1, before, ""), after)
    assert not says(Comment(1, "", ""), after)


def test_comment_is_found_by_its_nonce_and_a_copy_is_younger() -> None:
    body = render(NONCE, [note("gate", "x")])
    quote = "> " + body
    comments = [
        Comment(9, body, "copied"), Comment(7, body, "ours"), Comment(3, quote, "quoted"),
        Comment(2, render(OTHER, []), "another's"), Comment(1, "hello", ""),
    ]  # fmt: skip
    found = find(comments, NONCE)
    assert found is not None
    assert found.url == "ours"
    assert find(comments[2:], NONCE) is None


def test_comment_of_a_known_author_is_nobody_elses() -> None:
    body = render(NONCE, [note("gate", "x")])
    copy, ours = Comment(7, body, "copied", 2), Comment(9, body, "ours", 1)
    assert find([copy, ours], NONCE, 1) == ours
    assert find([copy, Comment(8, body, "of one who is gone")], NONCE, 1) is None
