"""Several processes on one database, as in production."""

import requests

ANA = {"username": "ana", "password": "correct horse"}


def logged_in(url):
    browser = requests.Session()
    browser.headers["Origin"] = url
    browser.headers["X-CSRF-Token"] = browser.get(f"{url}/csrf", timeout=30).json()["csrf_token"]
    response = browser.post(f"{url}/login", json=ANA, timeout=30)
    browser.headers["X-CSRF-Token"] = response.json()["csrf_token"]
    return browser


def test_logout_is_final_in_all_processes_at_once(live, at_once, run, app):
    run("seed")
    database = app.config["SQLALCHEMY_DATABASE_URI"]
    url = live(workers=2, DATABASE_URL=database)
    browsers = [logged_in(url) for _ in range(4)]
    cookies = [dict(browser.cookies) for browser in browsers]

    def act(number):
        browser = browsers[number % 4]
        if number < 4:
            return browser.post(f"{url}/logout", timeout=30).status_code
        return requests.get(f"{url}/me", cookies=cookies[number % 4], timeout=30).status_code

    responses = at_once(24, act)

    assert responses[:4] == [204] * 4
    assert set(responses[4:]) <= {200, 401}, "before its end a session works, after it never"
    after = [requests.get(f"{url}/me", cookies=it, timeout=30).status_code for it in cookies * 3]
    assert after == [401] * 12
