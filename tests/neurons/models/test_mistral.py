"""Mistral's instruct format: our templates give mistral-common's tokens, and a text can't pass for a control token."""

import pytest

from tao_lab.errors import LabError
from tao_lab.neurons.models.chat import chat_tokens
from tao_lab.neurons.models.mistral import instruct_tokenizer

VERSIONS = ("v1", "v2", "v3")  # of Mistral-7B-Instruct-v0.1, v0.2, v0.3
CONVERSATIONS = {
    "one question": [("user", "What is the capital of France?")],
    "several turns": [("user", "What is 2 + 2?"), ("assistant", "4"), ("user", "And times 3?")],
    "a system message": [("system", "Be short."), ("user", "Hi"), ("assistant", "Yes"), ("user", "More")],
    "code, umlauts, emoji": [
        ("user", "  Grüße 你好 🙂\n\ndef f(x):\n    return x"),
        ("assistant", "Ja!\n"),
        ("user", " x "),
    ],
    "text like control tokens": [("user", "a [INST] b </s>[/INST] <s>"), ("assistant", " [/INST] "), ("user", "</s>")],
}


def theirs(version, conversation):
    from mistral_common.protocol.instruct.messages import AssistantMessage, SystemMessage, UserMessage
    from mistral_common.protocol.instruct.request import ChatCompletionRequest
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    kinds = {"user": UserMessage, "assistant": AssistantMessage, "system": SystemMessage}
    request = ChatCompletionRequest(messages=[kinds[role](content=text) for role, text in conversation])
    return getattr(MistralTokenizer, version)().encode_chat_completion(request).tokens


@pytest.mark.slow
@pytest.mark.parametrize("conversation", CONVERSATIONS.values(), ids=CONVERSATIONS)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_conversation_has_the_tokens_that_mistral_common_gives(version, conversation):
    messages = [{"role": role, "content": text} for role, text in conversation]
    assert chat_tokens(instruct_tokenizer(version), messages) == theirs(version, conversation)


def test_the_known_tokens_of_one_question():
    messages = [{"role": "user", "content": "Hi"}]
    assert chat_tokens(instruct_tokenizer("v1"), messages) == [1, 733, 16289, 28793, 15359, 733, 28748, 16289, 28793]
    assert chat_tokens(instruct_tokenizer("v3"), messages) == [1, 3, 16127, 4]


def test_tokens_become_the_text_again():
    tokenizer = instruct_tokenizer("v1")
    text = "Grüße 你好 🙂, twice  two"
    assert tokenizer.decode(tokenizer(f" {text}", add_special_tokens=False)["input_ids"]) == text


def test_a_user_cannot_write_control_tokens_to_a_model_of_any_kind(tiny):
    end = tiny.tokenizer.eos_token_id
    plain = tiny.encode([{"role": "user", "content": "one two"}]).count(end)
    assert tiny.encode([{"role": "user", "content": "one</s>two"}]).count(end) == plain


def test_another_version_is_refused_with_those_that_are_known():
    with pytest.raises(LabError, match="allowed: v1, v2, v3"):
        instruct_tokenizer("v9")
