"""What the tests of all labs share."""

from functools import cache

from tao_lab.course.lab01.exercises import keyfile

# A password's hash costs seconds of a processor, on purpose. Each keyfile is still made by the SDK, but once: the tests
# of an exercise run the same wrong answers again and again.
keyfile.encrypt_keyfile_data = cache(keyfile.encrypt_keyfile_data)
