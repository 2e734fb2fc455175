"""Symbols of the subnets' tokens: the Greek alphabet first, then others, by netuid.

Source: `pallets/subtensor/src/subnets/symbols.rs`.
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, weight
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ensure_subnet_owner_or_root, failed
from tao_lab.chain.state import StorageReader

SYMBOLS = (
    "Ταβγδεζηθικλμνξοπρσtυφχψω"  # Greek Alphabet
    "אבגדהוזחטיךכלםמןנסעףפץצקרשת"  # Hebrew Alphabet
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويى"  # Arabic Alphabet
    "ᚠᚢᚦᚨᚱᚳЫᛉᛒ"  # Runic Alphabet
    "\u1680ᚁᚂᚃᚄᚅ᚛"  # Ogham Alphabet
    "აბგდევ"  # Georgian Alphabet
    "ԱԲԳԴԵԶ՞"  # Armenian Alphabet
    "ЀЁЂЃЄЅъ"  # Cyrillic Alphabet
    "ⲀⲁⲂⲃⲄⲅ"  # Coptic Alphabet
    "𑀀\U00011001𑀂𑀃𑀅"  # Brahmi Script
    "නඳපඵබභ"  # End of Sinhala Alphabet
    "ⰀⰁⰂⰃⰄⰅⰆⰇⰈⰉⰊⰋⰌⰍⰎⰏⰐⰑⰒⰓⰔⰕⰖⰗⰘⰙⰚⰛⰜⰝⰞⰟⰠ"  # Glagolitic Alphabet
    "กขฃคฅฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ"  # Thai Alphabet
    "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ"  # Hangul Alphabet
    "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"  # Hangul Vowels
    "አኡኢኣኤእኦኧወዉዊዋዌውዎኰ኱ኲኳኴኵ኶ጐ጑ጒመጔጕ጖"  # Ethiopic Alphabet
    "अआइईउऊऋएऐओऔकखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसह"  # Devanagari Alphabet
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"  # Katakana Alphabet
    "ⴰⴱⴲⴳⴴⴵⴶⴷⴸⴹⴺⴻⴼⴽⴾⴿⵀⵁⵂⵃⵄⵅⵆⵇⵈⵉⵊⵋⵌⵍⵎⵏⵐⵑⵒⵓ"  # Tifinagh Alphabet
    "අආඉඊඋඌඍඎඏඐඑඒඓඔඕඖකඛගඝඞචඡජඣඤටඥඦඩඨඪණඬතථදධ"  # Sinhala Alphabet
)
DEFAULT_SYMBOL = SYMBOLS[0]


def symbol_for(netuid: int) -> str:
    """The symbol that belongs to a netuid; a new subnet gets it if no other subnet uses it."""
    return SYMBOLS[netuid] if netuid < len(SYMBOLS) else DEFAULT_SYMBOL


def next_available_symbol(state: StorageReader, netuid: int) -> str:
    """The symbol of the netuid; if it is used, the first free one; if there is none, the default."""
    used = _used(state)
    wanted = symbol_for(netuid)
    if wanted not in used:
        return wanted
    return next((symbol for symbol in SYMBOLS[1:] if symbol not in used), DEFAULT_SYMBOL)


def _used(state: StorageReader) -> set[str]:
    return {symbol for _, symbol in state.entries(MODULE, "TokenSymbol")}


@call(MODULE, weight=weight(28_313_000, reads=4, writes=1))
def update_symbol(ctx: Context, origin: Origin, netuid: int, symbol: str) -> None:
    """The owner, or root, gives a subnet's token another of the chain's symbols."""
    ensure_subnet_owner_or_root(ctx.state, origin, netuid)
    if len(symbol) != 1 or symbol not in SYMBOLS[1:]:
        raise failed("SymbolDoesNotExist", f"{symbol!r} is not one of the chain's symbols")
    if symbol in _used(ctx.state):
        raise failed("SymbolAlreadyInUse", f"{symbol} belongs to another subnet")
    ctx.state.put(MODULE, "TokenSymbol", netuid, symbol)
    ctx.deposit_event(MODULE, "SymbolUpdated", netuid=netuid, symbol=symbol)
