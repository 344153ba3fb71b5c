"""What only several processes can show."""

from concurrent.futures import ThreadPoolExecutor

import requests


def test_check_ins_of_two_processes_all_count(live):
    url = live(workers=2)
    account = {"username": "ana", "password": "correct horse"}
    requests.post(f"{url}/register", json=account, timeout=10)
    token = requests.post(f"{url}/login", json=account, timeout=10).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    habit = requests.post(f"{url}/habits", json={"name": "Read"}, headers=headers, timeout=10)

    def check_in(_):
        answer = requests.post(
            f"{url}{habit.headers['Location']}/check-in", headers=headers, timeout=30
        )
        return answer.json()["count"]

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(check_in, range(30))) == [*range(1, 31)]
