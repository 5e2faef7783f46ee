# What the generator of stubs can't know: methods of fast_call.hpp, what nanobind takes as objects, the buffer protocol.
ringmain._core.Consumer.__init__$:
    \from typing import Any, Literal, Self
    \from types import TracebackType
    \from collections.abc import Iterable
    def __init__(self, name: str, directory: str, wait: float | None, options: dict[str, Any]) -> None: ...
ringmain._core.Consumer.recv$:
    def recv(self, timeout: float | None = None) -> Message:
        \doc
ringmain._core.Consumer.try_recv$:
    def try_recv(self) -> Message | None:
        \doc
ringmain._core.Consumer.__next__$:
    def __next__(self) -> Message: ...
ringmain._core.Consumer.__iter__$:
    def __iter__(self) -> Self: ...
ringmain._core.Producer.__init__$:
    def __init__(self, name: str, directory: str, options: dict[str, Any]) -> None: ...
ringmain._core.Producer.send$:
    def send(self, obj: Any, *, type: int = 0, timeout: float | None = None) -> None:
        \doc
ringmain._core.Producer.try_send$:
    def try_send(self, obj: Any, *, type: int = 0) -> bool:
        \doc
ringmain._core.Message.__bytes__$:
    def __bytes__(self) -> bytes: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
ringmain._core.Message.__dlpack__$:
    def __dlpack__(self, **kwargs: Any) -> Any: ...
ringmain._core.(Message|Claim).__exit__$:
    \from builtins import type as Class
    def __exit__(
        self, kind: Class[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
ringmain._core.Producer.claim$:
    def claim(
        self,
        shape: int | Iterable[int],
        dtype: Any = "u1",
        *,
        order: Literal["C", "F"] = "C",
        timeout: float | None = None,
    ) -> Claim:
        \doc
