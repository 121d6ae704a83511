"""Odoo's web client as a person uses it: open, type, choose, press, look."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import TimeoutError as PlaywrightTimeout

PATIENCE = 60_000  # milliseconds; the machine may be busy with other tests


class Web:
    """One logged-in person's window.

    :param page: Playwright page
    :param str url: of the server
    :param artefacts: folder for pictures
    """

    def __init__(self, page, url, artefacts):
        self.page, self.url, self.artefacts = page, url, artefacts
        self.refusal = None  # what the server said to the last button, when it refused
        page.set_default_timeout(PATIENCE)

    def open(self, action, record=None):
        """Open an action by its external identifier, or one record in the action's form."""
        return self._go(f"action-{action}" if record is None else f"action-{action}/{record}")

    def show(self, model, record):
        """Open one record as a link to it does."""
        return self._go(f"{model}/{record}")

    def _go(self, path):
        self.page.goto(f"{self.url}/odoo/{path}")
        self.page.wait_for_selector(".o_action_manager .o_view_controller, .o_action_manager .o_form_view")
        return self

    def menu(self, *xmlids):
        """Click through menus of the bar by their external identifiers."""
        for xmlid in xmlids:
            target = self.page.locator(f"[data-menu-xmlid='{xmlid}']:visible")
            more = self.page.locator(".o_menu_sections_more .dropdown-toggle:visible, .o_menu_sections_more:visible")
            target.first.or_(more.first).first.wait_for()
            if not target.count():
                more.first.click()  # what the bar has no room for
            target.first.click()
        self.settle()
        return self

    def new(self):
        """Press New in a list or kanban."""
        self.page.locator(".o_list_button_add, .o-kanban-button-new, .o_form_button_create").first.click()
        self.page.wait_for_selector(".o_form_view .o_form_editable, .o_form_view")
        return self

    def type(self, field, text, scope=""):
        """Type into a field, or into the first field of that name under a scope."""
        box = self.page.locator(f"{scope} [name={field}] input, {scope} [name={field}] textarea").first
        day = self.page.locator(f"{scope} [name={field}] button").first
        box.or_(day).first.wait_for()
        if not box.is_visible():
            day.click()  # a day is a button until somebody wants to change it
        box.fill(str(text))
        box.press("Tab")
        return self

    def choose(self, field, text, scope=""):
        """Type into a many2one and take the first entry offered that holds the text."""
        box = self.page.locator(f"{scope} [name={field}] input").first
        box.click()
        box.fill("")
        box.press_sequentially(text, delay=20)
        offered = self.page.locator(".o-autocomplete--dropdown-item", has_text=text)
        offered.first.wait_for()
        offered.first.click()
        return self

    def press(self, name, scope=""):
        """Press the button with this method name (or words, when they start with '=') and wait for the server's answer.

        A button that asks first is answered by :meth:`agree`, which then waits.
        """
        if name.startswith("="):
            words = re.compile(rf"^\s*{re.escape(name[1:])}\s*$")
            self._unfolded(self.page.locator(f"{scope} button:visible", has_text=words)).click()
            return self.settle()
        return self.answered(name, lambda: self._press(self.page.locator(f"{scope} button[name='{name}']:visible")))

    def agree(self, name):
        """Press the button with this method name and say yes to the question it asks."""
        self._unfolded(self.page.locator(f"button[name='{name}']:visible")).click()
        return self.answered(name, self.page.locator(".modal .modal-footer .btn-primary:visible").first.click)

    def _press(self, target):
        """Press a button; a form that is drawn anew closes the fold a phone keeps it in, which is opened again then."""
        for _attempt in range(6):
            button = self._unfolded(target)
            self.page.wait_for_timeout(300)
            try:
                # Not long: the fold may close under the pointer
                return button.click(timeout=2500)
            except PlaywrightTimeout:
                continue
        return button.click()

    def _unfolded(self, target):
        """Return the first of the buttons, after opening the fold a phone keeps it in."""
        more = self.page.locator(".o_statusbar_buttons .dropdown-toggle:visible")
        target.first.or_(more.first).first.wait_for()
        if not target.count():
            more.first.click()
        return target.first

    def answered(self, name, act):
        """Do something and wait until the server has done the method it calls and the client has shown its answer.

        :param str name: of the method
        :param callable act: what the person does
        """
        with self.page.expect_response(lambda answer: urlsplit(answer.url).path.endswith(f"/{name}")) as answer:
            act()
        self.refusal = answer.value.json().get("error")
        return self.settle()

    def save(self):
        """Save the form, once what was typed last has been answered: that answer would be a change again."""
        self.settle()
        button = self.page.locator(".o_form_button_save:visible")
        if button.count():
            button.first.click()
            self.page.locator(".o_form_button_save:visible").first.wait_for(state="detached")
        return self

    def settle(self):
        """Wait until the client has nothing under way."""
        self.page.wait_for_timeout(300)
        self.page.wait_for_function("() => !document.querySelector('.o_blockUI, .o_loading_indicator')")
        return self

    def tab(self, words):
        """Open a tab of the form."""
        self.page.locator(".o_notebook .nav-link", has_text=words).first.click()
        return self

    def text(self, selector=".o_action_manager"):
        """Return the words on the screen."""
        return self.page.locator(selector).first.inner_text()

    def see(self, words):
        """Wait until these words are on the screen."""
        self.page.locator(".o_action_manager, .modal").get_by_text(words).first.wait_for()
        return self

    def picture(self, name):
        """Keep a picture of the window among the artefacts."""
        self.settle()
        self.page.screenshot(path=self.artefacts / f"{name}.png")
        return self

    @property
    def record_id(self):
        """Return the id in the address of an open form; a new record has it a moment after it was saved."""
        number = re.compile(r"/(\d+)(?:[?#]|$)")
        self.page.wait_for_url(number)
        return int(number.search(self.page.url)[1])

    def no_complaint(self):
        """Fail when the last button was refused or an error dialogue is open, with its words."""
        assert not self.refusal, self.refusal
        dialogue = self.page.locator(".modal .o_error_dialog, .o_dialog_error, .modal-title:has-text('Invalid')")
        assert not dialogue.count(), dialogue.first.inner_text()
        return self
