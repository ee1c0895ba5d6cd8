"""Where in the file a key stands, so that every complaint can name its line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import yaml

from tocsin.base.errors import BadInput


@dataclass(frozen=True, slots=True)
class Source:
    """One YAML file: its name and its tree of nodes."""

    where: str
    tree: yaml.Node

    @classmethod
    def of(cls, text: str, where: str) -> "Source":
        """Return the source of `text`.

        Raises:
            BadInput: not YAML, empty, not a mapping at the top, or a key stands twice.
        """
        try:
            tree = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = f"{where}:{error.problem_mark.line + 1}" if error.problem_mark else where
            raise BadInput(
                f"not valid YAML: {error.problem}", where=line, do="check indentation and quotes"
            ) from None
        except yaml.YAMLError as error:
            raise BadInput(f"not valid YAML: {error}", where=where, do="save it as UTF-8") from None
        if not isinstance(tree, yaml.MappingNode):
            raise BadInput(
                "is empty" if tree is None else "is not a mapping of keys to values",
                where=where,
                do="start from the file that `tocsin init` writes",
            )
        for first, again in _twice(tree):
            raise BadInput(
                f"key {again.value!r} stands in line {first.start_mark.line + 1} already, and only"
                " one of them would count",
                where=f"{where}:{again.start_mark.line + 1}",
                do="put the two together",
            )
        return cls(where, tree)

    def line(self, path: Iterable[object]) -> int:
        """Return the line (from 1) of the deepest node on `path` that the file has."""
        node, line = self.tree, self.tree.start_mark.line + 1
        for part in path:
            if isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    if str(key.value) == str(part):
                        node, line = value, key.start_mark.line + 1
                        break
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
                node = (node.value[part : part + 1] or [node])[0]
                line = node.start_mark.line + 1
        return line

    def error(self, path: Iterable[object], what: str, do: str) -> BadInput:
        """Return the complaint about what stands at `path`."""
        return BadInput(what, where=f"{self.where}:{self.line(path)}", do=do)

    def undeclared(
        self, path: Iterable[object], noun: str, name: str, declared: Iterable[str]
    ) -> BadInput:
        """Return the complaint about a `name` at `path` that is not among those `declared`."""
        known = ", ".join(sorted(declared))
        do = f"declared are {known}" if known else f"declare a {noun} first"
        return self.error(path, f"{noun} {name!r} is not declared", do)


def _twice(tree: yaml.Node) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Yield keys that stand twice in one mapping, the first and the other."""
    left, seen = [tree], set[int]()
    while left:
        node = left.pop()
        if id(node) in seen:  # an alias, which may even hold itself
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            left += node.value
        if not isinstance(node, yaml.MappingNode):
            continue
        keys: dict[tuple[str, str], yaml.Node] = {}
        for key, value in node.value:
            left.append(value)
            if isinstance(key, yaml.ScalarNode):
                first = keys.setdefault((key.tag, key.value), key)
                if first is not key:
                    yield first, key
