"""What strangers may put into YAML: depth and aliases have their bounds, with the loader of libyaml too."""

from __future__ import annotations

import pytest
import yaml

from writ.yaml_bounds import MOST_DEEP, compose, load

LOADERS = [yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)]


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("deep", ["a: " + "[" * 50_000, "- " * 50_000 + "x"])
def test_depth_is_refused_when_the_stack_would_not_hold_it(loader: type, deep: str) -> None:
    for read in (load, compose):
        with pytest.raises(ValueError, match="nested too deeply"):
            read(deep, loader)


@pytest.mark.parametrize("loader", LOADERS)
def test_nodes_know_their_lines(loader: type) -> None:
    node = compose("a: 1\nb:\n  - c\n", loader)
    assert isinstance(node, yaml.MappingNode)
    assert [key.start_mark.line for key, _ in node.value] == [0, 1]
    assert load("[" * (MOST_DEEP // 3) + "]" * (MOST_DEEP // 3), loader) is not None


@pytest.mark.parametrize("loader", LOADERS)
def test_aliases_that_multiply_are_refused_where_nodes_are_read(loader: type) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]\n" for n in range(1, 9)
    )
    with pytest.raises(ValueError, match="aliases make too much"):
        compose(bomb, loader)
