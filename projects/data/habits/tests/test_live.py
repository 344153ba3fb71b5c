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
    check_in_url = f"{url}{habit.headers['Location']}/check-in"

    def check_in(_):
        response = requests.post(check_in_url, headers=headers, timeout=30)
        return response.json()["count"]

    with ThreadPoolExecutor(10) as pool:
        counts = sorted(pool.map(check_in, range(30)))

    assert counts == [*range(1, 31)]
