#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: static_site
short_description: Publish a folder as a static site, or go back to an earlier release
version_added: 0.2.0
description:
  - Publishes the folder that a build wrote to an S3 bucket behind CloudFront. Only what is missing is uploaded, side by
    side. What is in the bucket is read from the bucket itself, so that an interrupted run is continued, and what
    somebody else changed is put right.
  - Everything is uploaded before anything that visitors see changes. Then the release is switched to by copies within
    S3, pages after what they need and the entry page last. Pages never refer to a file that is not there.
  - The id of a release follows from its content. Earlier releases are kept, and one of them can be shown again without
    its folder.
  - Pages are published under the addresses that people use, too (C(about/index.html) as C(about/), C(about.html) as
    C(about)), so that CloudFront needs no function for them.
  - The site is below C(site/) in the bucket. That is the origin path of the distribution.
author: Monay platform engineers (@monay)
options:
  bucket:
    description: Name of the bucket. It must be encrypted with V(AES256).
    type: str
    required: true
  folder:
    description:
      - Folder with the site, with an C(index.html). Hidden files are left out, but for C(.well-known).
      - A relative path is taken from where C(ansible-playbook) was started.
      - A symbolic link to a file within the folder is that file; other links are refused.
    type: path
  release:
    description: Id of a kept release to show again, instead of a folder.
    type: str
  distribution:
    description:
      - CloudFront distribution in front of the bucket, by its Name tag. It is told to forget what changed, and nothing
        else. Without it nothing is invalidated.
    type: str
  keep_releases:
    description: How many releases are kept, the current one included. Files that none of them needs are deleted.
    type: int
    default: 5
  immutable:
    description:
      - Regular expressions, searched in the path, of files that never change under the same name and may be cached for
        ever.
      - Files with eight or more hexadecimal digits as a part of their name, and those in the folders that frameworks
        use for the purpose (C(_next/static/), C(_astro/), C(_nuxt/), C(_app/immutable/)), are taken as such anyway.
    type: list
    elements: str
    default: []
  cache_control:
    description: The C(Cache-Control) of files that can change. Files that never change are cached for a year.
    type: dict
    suboptions:
      asset:
        description: Of files that pages need. By default V(public,max-age=300,stale-while-revalidate=60).
        type: str
      page:
        description: Of pages, manifests and service workers. By default V(no-cache), which means to ask each time.
        type: str
  most_invalidations:
    description: Most paths of one invalidation. Where more has changed, wildcards are used.
    type: int
    default: 30
  diff_lines:
    description: Most files that a diff names.
    type: int
    default: 50
  progress_file:
    description: Existing file that lines about the progress are written to. The action plugin of this name sets it.
    type: path
  wait:
    description: Wait until CloudFront has forgotten what changed, everywhere.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait for that. The site is published by then.
    type: int
    default: 900
extends_documentation_fragment:
  - monay.platform.platform
seealso:
  - module: monay.platform.cloudfront_distribution
"""

EXAMPLES = r"""
- name: Publish the site
  monay.platform.static_site:
    region: eu-west-1
    bucket: monay-dev-111111111111-site
    folder: ../monay-website-static/out
    distribution: monay-dev-website-static

- name: Go back to an earlier release
  monay.platform.static_site:
    region: eu-west-1
    bucket: monay-dev-111111111111-site
    release: 3f2c91b07ad4
    distribution: monay-dev-website-static
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: update, kind: static site, name: monay-dev-111111111111-site, fields: [files, release]}]
release:
  description: Id of the release that is shown.
  returned: always
  type: str
  sample: 3f2c91b07ad4
previous:
  description: Id of the release that was shown before. Empty where there was none.
  returned: always
  type: str
  sample: 81d0c2ee19fa
releases:
  description: Ids of the releases that are kept, the latest first.
  returned: always
  type: list
  elements: str
  sample: [3f2c91b07ad4, 81d0c2ee19fa]
files:
  description: How many files the release has, and how many addresses were uploaded for, switched and removed.
  returned: always
  type: dict
  sample: {total: 5012, uploaded: 12, switched: 8, removed: 0, pruned: 4}
invalidated:
  description: The paths that CloudFront was, or would be, told to forget.
  returned: always
  type: list
  elements: str
  sample: [/, /index.html]
"""

import typing as t
from functools import partial
from pathlib import Path

from ansible_collections.monay.platform.plugins.module_utils.aws.api import Api, AwsError
from ansible_collections.monay.platform.plugins.module_utils.aws.cloudfront import (
    REGION,
    distribution_id,
    invalidate,
    wait_invalidated,
)
from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import ApplyError, side_by_side
from ansible_collections.monay.platform.plugins.module_utils.aws.site_bucket import (
    SiteBucket,
    kept_release,
    refuse_missing,
)
from ansible_collections.monay.platform.plugins.module_utils.aws.site_folder import Headers, read_folder
from ansible_collections.monay.platform.plugins.module_utils.core.plan import Plan, PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.site_diff import counts, site_change
from ansible_collections.monay.platform.plugins.module_utils.core.site_invalidation import (
    caller_reference,
    invalidation_paths,
)
from ansible_collections.monay.platform.plugins.module_utils.core.site_release import (
    FEWEST_RELEASES,
    Bucket,
    Steps,
    make_release,
    plan_release,
)

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    bucket=dict(type="str", required=True),
    folder=dict(type="path"),
    release=dict(type="str"),
    distribution=dict(type="str"),
    keep_releases=dict(type="int", default=5),
    immutable=dict(type="list", elements="str", default=[]),
    cache_control=dict(type="dict", options=dict(asset=dict(type="str"), page=dict(type="str"))),
    most_invalidations=dict(type="int", default=30),
    diff_lines=dict(type="int", default=50),
    progress_file=dict(type="path"),
    wait=dict(type="bool", default=True),
    wait_timeout=dict(type="int", default=900),
)


def work(module: PlatformModule) -> t.NoReturn:
    options = module.params
    if options["keep_releases"] < FEWEST_RELEASES:
        raise PlanRefused(
            f"keep_releases is {options['keep_releases']}; {FEWEST_RELEASES} are the fewest, because visitors have"
            " pages of the release before open"
        )
    site = SiteBucket(module.api("s3"), options["bucket"], reporter(options["progress_file"]))
    steps = planned(module, site)
    paths = invalidation_paths(steps.outdated, options["most_invalidations"]) if options["distribution"] else ()
    plan = Plan(site_change(options["bucket"], steps, options["diff_lines"]))
    if plan.changed and not module.check_mode:
        publish(module, site, steps, paths)
    module.exit_planned(
        plan,
        release=steps.release.id,
        previous=steps.bucket.current.release or "",
        releases=list(steps.after.history),
        files=counts(steps),
        invalidated=list(paths),
    )


def planned(module: PlatformModule, site: SiteBucket) -> Steps:
    """What is to be done. Raises PlanRefused before the first write where the release cannot be shown."""
    options = module.params
    if options["folder"]:
        headers = Headers(tuple(options["immutable"]), options["cache_control"])
        files = partial(read_folder, Path(options["folder"]), headers)
        # The one takes the disk and the processor, the other is mostly waited for.
        found = side_by_side({"files": files, "bucket": site.look})
        release = make_release(found["files"])
        bucket = site.read(found["bucket"], release)
        if bucket is None and not module.check_mode:
            raise PlanRefused(f"S3 bucket {site.name} does not exist; create it first, or correct its name")
        return plan_release(release, bucket or Bucket(), options["keep_releases"])
    bucket = site.read(site.look()) or Bucket()
    steps = plan_release(kept_release(bucket, options["release"], site.name), bucket, options["keep_releases"])
    refuse_missing(steps, site.name)
    return steps


def publish(module: PlatformModule, site: SiteBucket, steps: Steps, paths: tuple[str, ...]) -> None:
    """Do it. Raises ApplyError where a call fails: what is done is kept, and the next run goes on from there."""
    cloudfront = module.api("cloudfront", REGION) if paths else None
    distribution = distribution_id(cloudfront, module.params["distribution"]) if cloudfront else ""
    try:
        show(module, site, steps)
        invalidation = forget(cloudfront, distribution, steps, paths) if cloudfront else ""
        finish(site, steps)
        if cloudfront and module.params["wait"]:
            site.report(f"waiting until CloudFront has forgotten {len(paths)} paths")
            wait_invalidated(cloudfront, distribution, invalidation, module.params["wait_timeout"])
    except AwsError as error:
        raise ApplyError(f"{error}. What is done is kept; run again to go on", []) from error


def show(module: PlatformModule, site: SiteBucket, steps: Steps) -> None:
    """Upload what is missing, then switch to it."""
    folder = Path(module.params["folder"] or "")
    if steps.after != steps.bucket.current:
        site.begin(steps)
    site.upload(steps, folder)
    site.switch(steps, folder)


def forget(cloudfront: Api, distribution: str, steps: Steps, paths: tuple[str, ...]) -> str:
    """Have CloudFront forget what changed; the id of the invalidation."""
    reference = caller_reference(steps.release.id, steps.after.switches, paths)
    return invalidate(cloudfront, distribution, paths, reference)


def finish(site: SiteBucket, steps: Steps) -> None:
    """Delete what nothing needs any more, and note that it is done."""
    site.remove(steps.pruned)
    if steps.after != steps.bucket.current:
        site.note(steps.after)


def reporter(progress_file: str | None) -> t.Callable[[str], None]:
    """Write lines to the file where it exists, which means that somebody reads it."""
    path = Path(progress_file) if progress_file else None

    def report(line: str) -> None:
        if path and path.exists():
            with path.open("a", encoding="utf-8") as stream:
                stream.write(f"{line}\n")

    return report


def main() -> None:
    PlatformModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[("folder", "release")],
        required_one_of=[("folder", "release")],
    ).run(work)


if __name__ == "__main__":
    main()
