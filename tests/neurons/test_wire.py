import pytest

from tao_lab.neurons.wire import NotAnAnswer, NotATask, answer_bytes, read_answer, read_task, task_bytes
from tests.neurons.conftest import TASK


def test_a_task_and_its_answer_come_back_as_they_were_sent() -> None:
    assert read_task(task_bytes(TASK)) == TASK
    assert read_answer(answer_bytes(TASK, {"text": "Paris ☂"}), TASK) == {"text": "Paris ☂"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "not a JSON object"),
        (b'{"id": "", "kind": "text", "content": {}}', "`id`"),
        (b'{"id": 1, "kind": "text", "content": {}}', "`id`"),
        (b'{"id": "1", "kind": "text", "content": []}', "`content`"),
        (b'{"id": "1", "kind": "text", "content": {}, "seconds": NaN}', "NaN is not a number"),
        (b'{"id": "1", "kind": "text", "content": {}, "seconds": 1e999}', "1e999 is not a number"),
        (b'{"id": "1", "kind": "text", "content": {}, "seconds": true}', "`seconds`"),
        (b'{"id": "1", "kind": "text", "content": {}, "seconds": -1}', "`seconds`"),
    ],
)
def test_what_is_no_task_is_named(body: bytes, says: str) -> None:
    with pytest.raises(NotATask, match=says):
        read_task(body)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id": "other", "content": 1}', b'{"id": "t1"}', b'{"content": 1}'])
def test_what_is_no_answer_to_the_task_is_named(body: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        read_answer(body, TASK)
