"""Fixtures of the browser journey."""

import sys
from pathlib import Path

import pytest
from web import Web

# The steps of other roles that a picture does not need are shared with the journey over /json/2.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from house import House  # noqa: E402


@pytest.fixture(scope="session")
def house(server):
    """Return the English-speaking store, for reading facts."""
    return House(server, "en", 33)


@pytest.fixture(scope="class")
def people(chromium, server, artefacts):
    """Return ``people(role, phone=False)``: that person's window, opened once and kept.

    A phone is 390 × 844 points.
    """
    windows, contexts = {}, []

    def window(role, phone=False):
        if (role, phone) not in windows:
            size = {"width": 390, "height": 844} if phone else {"width": 1400, "height": 900}
            context = chromium.new_context(viewport=size, has_touch=phone, locale="en-US")
            contexts.append(context)
            page = context.new_page()
            page.set_default_timeout(120_000)
            page.goto(f"{server.url}/web/login")
            page.fill("input[name=login]", f"{house_key}.{role}")
            page.fill("input[name=password]", server.password(f"{house_key}.{role}"))
            page.click("button[type=submit]")
            page.wait_for_selector(".o_main_navbar")
            windows[role, phone] = Web(page, server.url, artefacts)
        return windows[role, phone]

    house_key = "en"
    window.all = windows
    yield window
    for context in contexts:
        context.close()


@pytest.fixture(scope="class")
def customer(chromium, server, artefacts):
    """Return the window of a customer who has nothing but a link, on a phone."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, locale="en-US")
    yield Web(context.new_page(), server.url, artefacts)
    context.close()


@pytest.fixture(autouse=True)
def _pictures_of_a_failure(request, people, artefacts):
    """Keep every open window's picture when a step fails."""
    yield
    if getattr(request.node, "failed", False):
        for (role, phone), window in people.all.items():
            window.page.screenshot(path=artefacts / f"failed-{request.node.name}-{role}{'-phone' if phone else ''}.png")
