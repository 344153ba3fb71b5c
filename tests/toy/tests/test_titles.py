from notes.titles import title_of


def test_long_first_word_is_cut():
    assert title_of("mississippi", 5) == "missi"
