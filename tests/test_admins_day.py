"""An admin's day in a real browser: signing in, new files, a run, a way back, who did what."""

import re
from pathlib import Path

from app_support import indexed_archive
from browser_support import PATIENCE, served
from made_files import docx_file, html_page, pdf_file, pdf_lines
from playwright.sync_api import Browser, FilePayload, expect

from archive.audit import read_audit
from archive.passwords import hash_password
from archive.snapshot import current_name
from ui.wording import ENGLISH

PASSWORD = "a quay, a crane, a gull"
BEACON = "The beacon of Vardhaug was lit again on 3 March 2025 after eleven years of darkness."
HARBOUR = "The harbour of Vardhaug takes in {} trawlers since the breakwater was lengthened."


def mixed() -> list[FilePayload]:
    """Ten files of all formats: one holds nothing, one is no PDF though it says so."""
    contents: dict[str, bytes | str] = {
        "beacon.html": html_page(
            BEACON, "Its lamp is seen ten miles out.", title="A beacon is lit"
        ),
        "trawlers.docx": docx_file(HARBOUR.format("forty"), "They land cod and haddock there."),
        "breakwater.pdf": pdf_file(pdf_lines(HARBOUR.format("fifty"))),
        "ferry.md": "# The ferry of Vardhaug\n\nThe ferry of Vardhaug sails at noon.\n",
        **{
            f"note {number}.txt": f"Note {number}\nPilot number {number} keeps a log of {word}."
            for number, word in enumerate(("ice", "fog", "whales", "wrecks"), start=1)
        },
        "nothing.txt": "",
        "broken.pdf": b"%PDF-1.7\nthis is no document",
    }
    return [
        {
            "name": name,
            "mimeType": "application/octet-stream",
            "buffer": content.encode() if isinstance(content, str) else content,
        }
        for name, content in contents.items()
    ]


def test_an_admins_day(browser: Browser, tmp_path: Path) -> None:
    archive = indexed_archive().copied_to(tmp_path)
    before = current_name(archive.index)
    hashed = hash_password(PASSWORD)
    expect.set_options(timeout=PATIENCE)
    with served(archive, COMMUNIQUE_SIGN_IN="password", COMMUNIQUE_ADMIN_PASSWORD=hashed) as server:
        page = browser.new_context(locale="en-GB").new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{server}archive")
        page.get_by_label(ENGLISH.as_admin).fill(PASSWORD)
        page.get_by_label(ENGLISH.as_admin).press("Enter")
        expect(page.get_by_role("heading", name=ENGLISH.adding)).to_be_visible()

        page.locator("input[type=file]").set_input_files(mixed())
        expect(page.get_by_text("note 4.txt")).to_be_attached()
        page.get_by_role("button", name=ENGLISH.add, exact=True).click()
        expect(page.get_by_text(ENGLISH.count(10, ENGLISH.files_found))).to_be_visible()
        expect(page.get_by_text(f"{ENGLISH.fates['refused']} 1")).to_be_visible()

        page.get_by_role("button", name=ENGLISH.reindex).last.click()
        expect(
            page.get_by_text(re.compile(r"Indexing: |Starting|Indexing finished"))
        ).to_be_visible()
        expect(page.get_by_text("Indexing finished")).to_be_visible()
        refused = ENGLISH.count(3, ENGLISH.refused_files)  # the two of the sample, the broken PDF
        expect(page.get_by_role("heading", name=refused)).to_be_visible()
        assert current_name(archive.index) not in (None, before)

        page.get_by_role("link", name=ENGLISH.page_ask).click()
        box = page.get_by_label(ENGLISH.question, exact=True)
        box.fill("When was the beacon of Vardhaug lit again?")
        box.press("Enter")
        expect(page.locator("blockquote.quotation").first).to_contain_text("3 March 2025")
        page.get_by_role("button", name="[1]").click()
        expect(page.locator("mark#cited")).to_contain_text("beacon of Vardhaug")

        page.get_by_role("link", name=ENGLISH.page_archive).click()
        page.get_by_role("button", name=ENGLISH.roll_back.format("")).click()
        page.get_by_role("button", name=ENGLISH.roll_back_now).click()
        refused = ENGLISH.count(2, ENGLISH.refused_files)
        expect(page.get_by_role("heading", name=refused)).to_be_visible()
        assert current_name(archive.index) == before

        page.get_by_text(ENGLISH.show_audit).click()
        expect(page.get_by_text("as it was written")).to_be_visible()
        page.context.close()
    log = read_audit(archive.index)
    assert log.line is None
    assert [(one.action, one.outcome) for one in log.entries] == [
        ("sign-in", "done"), ("upload", "begun"), ("upload", "done"), ("start", "begun"),
        ("start", "done"), ("index", "begun"), ("index", "done"), ("rollback", "begun"),
        ("rollback", "done"),
    ]  # fmt: skip
    assert {one.who for one in log.entries if one.action != "index"} == {"password: admin"}
