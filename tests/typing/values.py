"""What type checkers know about values with named fields; run by nobody."""

from typing import assert_type

from rostra.values import Values


class Call(Values):
    file: str
    line: int | None = None

    def told(self) -> str:
        return f"{self.file}:{self.line}"


class Known(Call):
    pass


def making_and_reading() -> None:
    call = Call("a.py", line=1)
    file, line = call

    assert_type(call.file, str)
    assert_type(line, int | None)
    assert_type(call[1], int | None)
    assert_type(file.partition(":")[0], str)
    assert_type(call._replace(line=2), Call)
    assert_type(Known("a.py").told(), str)


def what_is_wrong_is_seen() -> None:
    Call()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Call("a.py", colour="red")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Call(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Call("a.py").colour  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # noqa: B018
    Call("a.py").line = 2  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    _ = Call("a.py")[2]  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
