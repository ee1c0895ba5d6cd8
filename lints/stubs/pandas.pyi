# pandas is only here under Fairlearn: to the type checker it is anything, as where it is missing,
# so that pyarrow's stubs take what they take without it
from typing import Any

def __getattr__(name: str) -> Any: ...  # noqa: ANN401  # pyright: ignore[reportIncompleteStub]
