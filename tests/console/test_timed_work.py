"""The page about timed work."""

from datetime import timedelta

import pytest
from django.contrib.staticfiles.management.commands.runserver import Command as Server
from django.core.management import get_commands, load_command_class

from console.organization import timed_work
from keys import tick
from keys.models import Mail, TickRun
from keys.ticker import Ticker

pytestmark = pytest.mark.django_db

HOME = "/timed-work/"


def text(answer):
    return answer.content.decode()


@pytest.fixture
def stuck(acme, globex, now):
    def mail(organization, address, **fields):
        return Mail.objects.create(
            organization=organization,
            address=address,
            news="credential.leaked",
            words={},
            key=address,
            choice="at_once",
            told_at=now,
            due_at=now + timedelta(minutes=5),
            attempts=2,
            error="SMTPConnectError",
            **fields,
        )

    mail(acme, "waits@acme.example")
    mail(acme, "dead@acme.example", dead_at=now)
    mail(acme, "sent@acme.example", sent_at=now)
    mail(globex, "other@globex.example")


def test_every_job_has_its_words():
    assert set(timed_work.WORDS) == {job.name for job in tick.JOBS}


def test_it_shows_each_jobs_last_run(alice, client_of, now):
    list(tick.run(lambda: now, jobs=tick.JOBS))
    TickRun.objects.filter(job="mails").update(items=7)
    page = text(client_of(alice).get(HOME))

    assert page.count("On time") == len(tick.JOBS)
    assert "Last complete run: <time" in page
    assert "has not been done for a while" not in page
    assert ">7<" in page


def test_the_server_of_make_dev_does_it_too(monkeypatch, settings):
    begun = []
    monkeypatch.setattr(Ticker, "start", lambda ticker: begun.append(ticker))
    monkeypatch.setattr(Server, "inner_run", lambda *_given, **_named: None)
    command = load_command_class(get_commands()["runserver"], "runserver")
    for settings.TICK in (True, False):
        command.inner_run()

    assert len(begun) == 1


def test_it_says_what_failed_and_what_is_late(alice, client_of, now):
    list(tick.run(lambda: now - timedelta(hours=1), jobs=tick.JOBS))
    TickRun.objects.filter(job="webhooks").update(error="OSError")
    page = text(client_of(alice).get(HOME))

    TickRun.objects.filter(job="mails").update(finished_at=None)
    assert "OSError" in page
    assert "Last complete run" not in text(client_of(alice).get(HOME))
    assert "has not been done for a while" in page


@pytest.mark.parametrize(("by_itself", "words"), [(True, "look at its log"), (False, "manage.py tick")])
def test_it_says_who_does_it(by_itself, words, alice, client_of, settings, now):
    settings.TICK = by_itself
    TickRun.objects.create(job="mails", finished_at=now - timedelta(hours=1))

    assert words in text(client_of(alice).get(HOME))


@pytest.mark.parametrize("is_set_up", [True, False])
def test_it_says_whether_mails_leave_the_server_at_all(is_set_up, alice, client_of, settings):
    settings.EMAIL_IS_SET_UP = is_set_up

    assert ("No mail server is set up" in text(client_of(alice).get(HOME))) != is_set_up


def test_it_lists_the_organizations_mails_that_did_not_leave(stuck, alice, client_of):
    page = text(client_of(alice).get(HOME))

    assert "waits@acme.example" in page
    assert "dead@acme.example" in page
    assert "sent@acme.example" not in page
    assert "other@globex.example" not in page


@pytest.mark.parametrize("whose", ["dead", "waits"])
def test_a_mail_that_was_given_up_or_waits_is_sent_again_once(whose, stuck, alice, client_of):
    admin, mail = client_of(alice), Mail.objects.get(address__startswith=whose)

    for said in ("1 is sent again within a minute.", "Nothing was left to be sent again."):
        answer = admin.post(f"{HOME}mails/{mail.pk}/send/")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{HOME}#mails")
        assert said in text(admin.get(HOME))


def test_all_mails_that_were_given_up_are_sent_again(stuck, alice, client_of):
    admin = client_of(alice)
    assert "Send again what was given up" in text(admin.get(HOME))
    admin.post(f"{HOME}mails/send/")

    assert not Mail.objects.dead().exists()
    assert "Send again what was given up" not in text(admin.get(HOME))


def test_support_reads_it_without_anybodys_mail(stuck, sam, client_of):
    page = text(client_of(sam).get(HOME))

    assert "acme.example" not in page.partition("<main")[2]
    assert "Never run" in page
    assert f'href="{HOME}"' in page


def test_the_menu_leads_there_for_those_who_may(alice, bob, client_of):
    assert f'href="{HOME}"' in text(client_of(alice).get("/members/"))
    assert f'href="{HOME}"' not in text(client_of(bob).get("/members/"))
