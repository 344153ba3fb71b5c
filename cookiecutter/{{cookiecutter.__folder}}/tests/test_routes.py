"""What the stories do not see: how much work an answer takes."""


def test_list_takes_two_queries_however_long_it_is(client, run, max_queries):
    run("seed", "--rows", "100")

    with max_queries(2):
        answer = client.get("/entries?per_page=100")

    assert len(answer.json) == 100
