# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import hashlib
import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.site_files import File, cache_control, content_type
from ansible_collections.monay.platform.plugins.module_utils.core.site_release import (
    CURRENT,
    OBJECTS,
    RELEASES,
    SITE,
    Bucket,
    Current,
    make_release,
    plan_release,
    read_current,
    read_release,
)

KEEP = 3


def file(key, content, role, caching=None):
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    return File(key, sha256, len(content), (sha256[:8],), content_type(key), caching or cache_control(role), role)


class Store:
    """An S3 bucket that a publication is applied to, one call after the other, as far as it gets."""

    def __init__(self):
        self.objects = {}  # key: (content's hash, Content-Type, Cache-Control)
        self.releases = {}
        self.current = Current()

    def seen(self):
        etags = {key: value[0][:8] for key, value in self.objects.items()}
        etags |= {f"{RELEASES}{each}.json": "" for each in self.releases}
        known = {*self.current.history, *self.current.begun}
        return Bucket(etags, self.current, {key: each for key, each in self.releases.items() if key in known})

    def live(self):
        return {key.removeprefix(SITE): value for key, value in self.objects.items() if key.startswith(SITE)}

    def calls(self, steps):
        """What a publication does, as functions to call in this order."""
        release, shown = steps.release, steps.release.shown()
        if steps.after != steps.bucket.current:
            yield lambda: self.releases.__setitem__(release.id, release)
            yield lambda: setattr(self, "current", self.current.beginning(release.id))
        yield from (self._put(SITE + key, shown[key]) for key in steps.direct)
        yield from (self._put(OBJECTS + shown[key].sha256, shown[key]) for key in steps.staged)
        yield from (self._save(key, source) for key, source in steps.saved.items())
        for group in steps.switch:
            yield from (self._bring(key, shown[key], steps.sources[key]) for key in group)
        yield from (self._delete(SITE + key) for key in steps.removed)
        yield from (self._delete(key) for key in steps.pruned)
        if steps.after != steps.bucket.current:
            yield lambda: setattr(self, "current", steps.after)

    def _put(self, key, file):
        return lambda: self.objects.__setitem__(key, (file.sha256, file.content_type, file.cache_control))

    def _save(self, key, source):
        return lambda: self.objects.__setitem__(key, self.objects[source])

    def _bring(self, key, file, source):
        assert file.role != "immutable"

        def call():
            if source:
                assert self.objects[source][0] == file.sha256, "copied from what is something else"
            self._put(SITE + key, file)()

        return call

    def _delete(self, key):
        def call():
            self.objects.pop(key, None)
            if key.startswith(RELEASES):
                self.releases.pop(key.removeprefix(RELEASES).removesuffix(".json"), None)

        return call


def expected(release):
    return {key: (each.sha256, each.content_type, each.cache_control) for key, each in release.shown().items()}


def publish(store, release, calls=None):
    """Publish, at most so many calls of it; what was planned."""
    steps = plan_release(release, store.seen(), KEEP)
    for call in itertools.islice(store.calls(steps), calls):
        call()
    return steps


@st.composite
def sites(draw):
    """A site: pages that name the immutable files they need in their content, and assets."""
    scripts = draw(st.sets(st.integers(0, 5), max_size=4))
    files = [file(f"app.{number:07d}a.js", f"script {number}", "immutable") for number in scripts]
    for key in {"index.html", *draw(st.sets(st.sampled_from(["about/index.html", "team.html", "404.html"])))}:
        needs = draw(st.sets(st.sampled_from(sorted(scripts)))) if scripts else set()
        caching = draw(st.sampled_from([None, "max-age=5"]))
        files.append(file(key, json.dumps(["page", sorted(needs)]), "page", caching))
    assets = draw(st.sets(st.sampled_from(["logo.png", "team", "style.css"])))
    files += [file(key, draw(st.sampled_from(["one", "two"])), "asset") for key in assets]
    return make_release(files)


PAGES = {
    hashlib.sha256(text.encode()).hexdigest(): needs
    for size in range(7)
    for needs in itertools.combinations(range(6), size)
    for text in [json.dumps(["page", list(needs)])]
}


def assert_whole(store):
    """No page that visitors can see lacks a file that it needs."""
    live = store.live()
    for sha256, _type, _caching in live.values():
        for number in PAGES.get(sha256, ()):
            assert f"app.{number:07d}a.js" in live


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(sites(), st.none() | st.integers(0, 12)), min_size=1, max_size=6))
def test_whatever_is_interrupted_the_site_is_whole_and_the_next_run_converges(publications):
    store = Store()
    for release, interrupted in publications:
        steps = plan_release(release, store.seen(), KEEP)
        for call in itertools.islice(store.calls(steps), interrupted):
            call()
            assert_whole(store)
    release = publications[-1][0]
    publish(store, release)

    live = store.live()
    assert {key: live[key] for key in expected(release)} == expected(release)
    # What is there besides is never changed under the same name, and needed by a release that is kept.
    assert all(value[2].endswith("immutable") for key, value in live.items() if key not in expected(release))
    assert store.current.release == release.id
    assert len(store.current.history) <= KEEP
    assert set(store.releases) == set(store.current.history)
    assert not plan_release(release, store.seen(), KEEP).changed


@settings(max_examples=100, deadline=None)
@given(st.lists(sites(), min_size=2, max_size=KEEP, unique_by=lambda release: release.id), st.data())
def test_going_back_restores_exactly_and_uploads_nothing(releases, data):
    store = Store()
    for release in releases:
        publish(store, release)
    before = data.draw(st.sampled_from(releases))

    steps = publish(store, read_release(before.to_json()))

    assert (steps.direct, steps.staged) == ((), ())
    live = store.live()
    assert {key: live[key] for key in expected(before)} == expected(before)
    assert [key for key in live if key not in expected(before) and not live[key][2].endswith("immutable")] == []


@settings(max_examples=100, deadline=None)
@given(sites(), sites())
def test_the_switch_goes_from_what_is_needed_to_the_entry_page(first, second):
    store = Store()
    publish(store, first)
    steps = plan_release(second, store.seen(), KEEP)
    roles = [[second.shown()[key].role for key in group] for group in steps.switch]

    assert all(len(set(group)) == 1 for group in roles)
    assert sorted(roles, key=lambda group: group[0]) == roles  # assets before pages
    assert all("index.html" not in group for group in steps.switch[:-1])
    assert not any("index.html" in group and len(group) > 1 for group in steps.switch)
    assert all(steps.sources.values())


@settings(max_examples=100, deadline=None)
@given(sites(), sites())
def test_exactly_what_differs_is_outdated(first, second):
    store = Store()
    publish(store, first)
    steps = plan_release(second, store.seen(), KEEP)
    old, new = first.shown(), second.shown()

    differs = {key for key in old if key not in new or not new[key].same_as(old[key])}
    assert set(steps.outdated) == {key for key in differs if old[key].role != "immutable"}


def site(**more):
    files = [
        file("index.html", "home", "page"),
        file("logo.png", "logo", "asset"),
        file("a.1234567a.js", "a", "immutable"),
    ]
    return make_release([*files, *(file(f"{key}.html", text, "page") for key, text in more.items())])


@pytest.fixture
def store():
    store = Store()
    publish(store, site())
    return store


def test_headers_that_an_interrupted_run_may_have_set_are_set_again(store):
    files = [*site().files.values(), file("b.1234567a.js", "b", "immutable")]
    publish(store, make_release(files))
    publish(store, site())
    later = make_release([*files[:-1], file("b.1234567a.js", "b", "immutable", "max-age=9")])
    publish(store, later, calls=2)

    assert publish(store, later).direct == ("b.1234567a.js",)


def test_a_lost_file_is_put_back(store):
    del store.objects["site/logo.png"]

    steps = publish(store, site())

    assert (steps.switch, steps.outdated) == ((("logo.png",),), ())
    assert not plan_release(site(), store.seen(), KEEP).changed


def test_a_file_that_somebody_else_changed_is_put_right_and_invalidated(store):
    store.objects["site/logo.png"] = ("ffffffffffff", "image/png", "no-cache")

    steps = publish(store, site())

    assert (steps.switch, steps.outdated) == ((("logo.png",),), ("logo.png",))


def test_a_file_of_somebody_else_goes(store):
    store.objects["site/stray.html"] = ("ffffffffffff", "text/html", "no-cache")

    assert publish(store, site()).removed == ("stray.html",)


def test_other_parts_of_the_bucket_are_left_alone(store):
    store.objects["notes.txt"] = ("ffffffffffff", "text/plain", "no-cache")

    assert not plan_release(site(), store.seen(), KEEP).changed


def test_other_headers_are_a_change(store):
    files = {**site().files, "index.html": file("index.html", "home", "page", "max-age=9")}

    assert publish(store, make_release(files.values())).switch == (("index.html",),)
    assert not plan_release(make_release(files.values()), store.seen(), KEEP).changed


def test_old_releases_go_with_what_only_they_need(store):
    for number in range(KEEP):
        publish(store, site(news=f"news {number}"))

    assert len(store.releases) == KEEP
    # The current one is in its place; each of those before it has a page of its own.
    assert len([key for key in store.objects if key.startswith(OBJECTS)]) == KEEP
    assert CURRENT not in store.objects


def test_fewer_releases_are_kept_from_the_next_run_on(store):
    publish(store, site(news="one"))
    publish(store, site(news="two"))
    steps = plan_release(site(news="two"), store.seen(), 2)

    assert steps.changed
    assert steps.after.history == store.current.history[:2]
    assert len(steps.pruned) > 0


def test_nothing_to_publish_is_refused():
    with pytest.raises(PlanRefused, match="no files"):
        make_release([])
    with pytest.raises(PlanRefused, match=r"no index\.html"):
        make_release([file("home.html", "home", "page")])


def test_what_is_written_is_read_again():
    release = site(news="one")

    assert read_release(release.to_json()) == release
    assert read_current(Current(("a", "b"), ("c",), 4).to_json()) == Current(("a", "b"), ("c",), 4)
    assert read_current(None) == Current()


@pytest.mark.parametrize(("text", "said"), [("{", "not readable"), ('{"format": 99}', "newer version")])
def test_what_cannot_be_read_is_refused(text, said):
    with pytest.raises(PlanRefused, match=said):
        read_current(text)
