"""What became of calls, rows and shadow copies, counted and told as Prometheus reads it."""

from collections import Counter
from collections.abc import Mapping

_HELP = {
    "tocsin_gateway_rows_total": "Rows answered, by who decided.",
    "tocsin_gateway_failures_total": "Answers that a server did not give.",
    "tocsin_gateway_unread_total": "Calls or answers that could not be read.",
    "tocsin_gateway_unmoved_total": "Rows that a moved threshold could not reach, by why.",
    "tocsin_gateway_shadow_total": "Shadow copies, by what became of them.",
}


class Counts:
    """Counts by name and labels, on one event loop."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()

    def add(self, name: str, n: int = 1, **labels: str) -> None:
        """Count `n` more under `tocsin_gateway_<name>_total`."""
        self._counts[f"tocsin_gateway_{name}_total", tuple(sorted(labels.items()))] += n

    def get(self, name: str, **labels: str) -> int:
        """Return what was counted under exactly these labels."""
        return self._counts[f"tocsin_gateway_{name}_total", tuple(sorted(labels.items()))]

    def text(self, gauges: Mapping[str, Mapping[str, float]]) -> str:
        """Return everything in Prometheus' text format.

        Args:
            gauges: values by system, by the gauge's name.
        """
        lines: list[str] = []
        for name, what in _HELP.items():
            lines += [f"# HELP {name} {what}", f"# TYPE {name} counter"]
            for (known, labels), n in sorted(self._counts.items()):
                if known == name:
                    said = ",".join(f'{label}="{_escaped(value)}"' for label, value in labels)
                    lines.append(f"{name}{{{said}}} {n}")
        for gauge, by_system in gauges.items():
            lines.append(f"# TYPE {gauge} gauge")
            lines += [
                f'{gauge}{{system="{_escaped(system)}"}} {value:g}'
                for system, value in by_system.items()
            ]
        return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
