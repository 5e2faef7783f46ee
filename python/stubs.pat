# What the generator of stubs can't know of the methods in fast_call.hpp.
ringmain._core.Consumer.recv$:
    def recv(self, timeout: float | None = None) -> Message:
        \doc
ringmain._core.Consumer.try_recv$:
    def try_recv(self) -> Message | None:
        \doc
ringmain._core.Consumer.__next__$:
    def __next__(self) -> Message: ...
ringmain._core.Consumer.__iter__$:
    def __iter__(self) -> typing.Self: ...
ringmain._core.Producer.send$:
    def send(self, obj: typing.Any, *, type: int = 0, timeout: float | None = None) -> None:
        \doc
ringmain._core.Producer.try_send$:
    def try_send(self, obj: typing.Any, *, type: int = 0) -> bool:
        \doc
