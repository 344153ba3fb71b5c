"""The page for people, as far as it can be judged without a browser."""

import re

import pytest


@pytest.mark.parametrize("prefix", ["", "/gallery/thumbnails"])
def test_page_leads_to_its_own_files_and_to_api_wherever_it_is_mounted(client, prefix):
    page = client.get("/", environ_overrides={"SCRIPT_NAME": prefix})
    assert page.status_code == 200
    links = re.findall(r'(?:href|src|action|data-\w+)="(/[^"]*)"', page.text)
    assert {f"{prefix}/images", f"{prefix}/jobs"} <= set(links)
    assert any(link.endswith(".js") for link in links)
    for link in links:
        assert link.startswith(f"{prefix}/"), f"{link} leaves the place where this is mounted"
        if not link.endswith("/images"):  # takes uploads alone
            assert client.get(link.removeprefix(prefix)).status_code == 200, link


def test_page_needs_no_exception_from_its_content_security_policy(client):
    page = client.get("/")
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page.text)


def test_page_works_as_plain_form_too(client):
    form = re.search(r"<form[^>]*>.*?</form>", client.get("/").text, re.S)
    assert form
    assert 'enctype="multipart/form-data"' in form.group()
    assert re.search(r'<input[^>]*type="file"[^>]*name="image"', form.group())
