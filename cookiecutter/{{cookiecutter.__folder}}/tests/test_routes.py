"""What the stories do not see: how much work an answer takes."""


def test_list_takes_two_queries_however_long_it_is(client, grow, max_queries):
    grow(100)

    with max_queries(2):
        response = client.get("/entries?per_page=100")

    assert len(response.json) == 100
