"""Limits for one client's requests and for the node's answers."""

MOST_KEYS = 1_000  # of one page, and of one query: a node's default limits
MOST_HEIGHTS = 1_000  # in one request
MOST_READS = 10_000  # values that one request over several blocks may read
MOST_REQUESTS = 1_000  # of one batch
MOST_VALUES = 2**17  # in one frame
MOST_NESTING = 64  # lists and objects inside each other
MOST_SUBSCRIPTIONS = 128  # of one client
MOST_WATCHED = 2_000  # storage keys in all subscriptions of one client: each is read after every block
MOST_FOLLOWS = 4  # `chainHead` subscriptions of one client
MOST_PINNED = 512  # blocks of one `chainHead` subscription, as in a node
MOST_OPERATIONS = 16  # waiting operations of one `chainHead` subscription
MOST_BROADCASTS = 16  # of one client
MOST_ANSWER = 16 * 2**20  # characters of the answer to one frame
LONGEST_ID = 1_000  # characters of a request's id, which the answer repeats
LONGEST_DATA = 1_000  # characters of an error's additional data
