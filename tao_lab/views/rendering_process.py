"""The process that draws: a line of JSON asks for a function of `vl_convert`, a line of JSON answers.

It ends when its input does, or when nobody has asked for some seconds: `python rendering_process.py 10`.
"""

import base64
import json
import selectors
import sys


def main(idle: float) -> None:
    """Answer until the input ends, or until nobody has asked for that many seconds."""
    import vl_convert

    waiting = selectors.DefaultSelector()
    waiting.register(sys.stdin, selectors.EVENT_READ)
    # The next line comes only after an answer, so nothing stays in the buffer that the selector cannot see.
    while waiting.select(idle) and (line := sys.stdin.buffer.readline()):
        function, arguments, options = json.loads(line)
        try:
            made = getattr(vl_convert, function)(*arguments, **options)
            answer = {"made": base64.b64encode(made).decode() if isinstance(made, bytes) else made}
        except Exception as error:  # noqa: BLE001 - whatever it is, the other side tells it
            answer = {"error": str(error).strip()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(float(sys.argv[1]))
