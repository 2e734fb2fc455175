"""Short answers against their references."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_lab.neurons.work import Answer, Round, Task
from tao_lab.subnets.text import EXAMPLES, Text, facts, has, likeness, words

ASKED = Round(Task("t", "text", {"question": "What is the capital of France?"}), {"reference": "Paris"})


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("Paris", 1.0),
        ("  paris. ", 1.0),
        ("The capital of France is Paris.", 1.0),
        ("Paris or Lyon", 1 / 3),
        ("Paris, London, Rome, Berlin", 1 / 4),
        ("London", 0.0),
        ("Comparison", 0.0),
        ("The capital of France", 0.0),
        ("?", 0.0),
    ],
)
def test_an_answer_counts_for_the_share_of_the_reference_in_it(answer, value):
    (score,) = Text().score(ASKED, [Answer({"text": answer})])
    assert score.value == pytest.approx(value)


def test_a_slip_of_the_pen_earns_half_at_most():
    asked = Round(Task("t", "text", {"question": "What is the capital of Burkina Faso?"}), {"reference": "Ouagadougou"})
    (score,) = Text().score(asked, [Answer({"text": "Ouagadugou"})])
    assert 0.25 < score.value < 0.5


@pytest.fixture(scope="module")
def vectorizer():
    from sklearn.feature_extraction.text import TfidfVectorizer

    references = sorted({" ".join(words(reference)) for _, reference in facts()})
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True).fit(references)


SPELLINGS = st.one_of(
    st.sampled_from([reference for _, reference in facts()]),
    st.text("aeimnorst -,", max_size=30),
    st.text(max_size=10),
)


@given(st.sampled_from([reference for _, reference in facts()]), SPELLINGS)
def test_likeness_is_that_of_scikit_learn(vectorizer, reference, answer):
    one, other = vectorizer.transform([" ".join(words(reference)), " ".join(words(answer))])
    assert likeness(reference, answer) == pytest.approx((one @ other.T).toarray()[0, 0], abs=1e-12)


def test_accents_and_case_do_not_matter():
    assert words("São Tomé, PRÍNCIPE") == ["sao", "tome", "principe"]


def test_no_question_gives_its_answer_away():
    assert len(facts()) == len(dict(facts())) > 500
    assert not [question for question, reference in facts() if has(question, reference)]


def test_the_examples_for_the_model_are_not_asked():
    assert not {question for question, _ in EXAMPLES} & {question for question, _ in facts()}


def test_a_model_gets_the_messages_and_the_limit():
    seen = {}

    def generate(messages, max_tokens, seed):
        seen.update(messages=messages, max_tokens=max_tokens)
        return " Paris\n"

    task = Text(generate).make_round(3).task
    assert Text(generate).miners()["honest"](task) == {"text": "Paris"}
    assert seen["messages"][-1] == {"role": "user", "content": task.content["question"]}
    assert seen["max_tokens"] == 24
