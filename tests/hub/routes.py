"""The requests of the Hub's surface, each answered by raising an Answer."""

import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, unquote

from hub.repositories import ATTRIBUTES, Blob, Commit, PullRequest, Repository, apply_operations, is_large
from hub.server import Answer, Hub, Request, refuse

_DATE = "2026-03-04T05:06:07.000Z"
_Route = Callable[..., None]
_ROUTES: list[tuple[re.Pattern[str], _Route]] = []


def _route(pattern: str) -> Callable[[_Route], _Route]:
    def add(function: _Route) -> _Route:
        _ROUTES.append((re.compile(pattern.replace("REPO", r"/api/datasets/([^/]+/[^/]+)")), function))
        return function

    return add


def answer(hub: Hub, request: Request) -> None:
    for pattern, function in _ROUTES:
        if match := pattern.fullmatch(f"{request.method} {request.path}"):
            with hub.lock:
                function(hub, request, *(None if part is None else unquote(part) for part in match.groups()))
    hub.unknown.append(f"{request.method} {request.path}")
    raise refuse(404, "Not Found")


def _find(hub: Hub, request: Request, name: str, *, writes: bool = False) -> Repository:
    repository = hub.repositories.get(name)
    if repository is None or (repository.private and request.user is None):
        raise refuse(404 if request.user else 401, "Repository not found", code="RepoNotFound")
    if writes and not request.may_write:
        raise refuse(403 if request.user else 401, "You don't have the rights to write to this repository")
    return repository


def _commit(repository: Repository, revision: str) -> Commit:
    commit = repository.find(revision)
    if commit is None:
        raise refuse(404, f"Invalid rev id: {revision}", code="RevisionNotFound")
    return commit


@_route("POST /api/repos/create")
def _create(hub: Hub, request: Request) -> None:
    body = request.json
    name = f"{body['organization']}/{body['name']}"
    if not request.may_write:
        raise refuse(
            403 if request.user else 401, f"You don't have the rights to create under {body['organization']}"
        )
    url = {"url": f"{hub.url}/datasets/{name}"}
    if name in hub.repositories:
        raise Answer(409, {"error": "You already created this dataset repo", **url})
    repository = Repository(name, private=body.get("visibility") == "private")
    first = repository.add(
        {".gitattributes": Blob.of(ATTRIBUTES)},
        parent=None,
        title="initial commit",
        author=request.user or "",
    )
    repository.point("main", first)
    hub.repositories[name] = repository
    repository.events.append("create")
    raise Answer(200, url)


@_route("PUT REPO/settings")
def _set(hub: Hub, request: Request, name: str) -> None:
    repository, body = _find(hub, request, name, writes=True), request.json
    if "gated" in body:
        repository.gated = body["gated"]
        repository.events.append(f"gated {body['gated']}")
    if "visibility" in body:
        repository.private = body["visibility"] == "private"
        repository.events.append(body["visibility"])
    raise Answer(200, {})


@_route("POST /api/validate-yaml")
def _validate(hub: Hub, request: Request) -> None:
    if len(request.body) > hub.max_readme_bytes:
        raise refuse(413, "Payload Too Large")
    errors = [{"message": message} for message in hub.refuses_yaml]
    raise Answer(400 if errors else 200, {"errors": errors, "warnings": []})


@_route("POST REPO/preupload/([^/]+)")
def _preupload(hub: Hub, request: Request, name: str, revision: str) -> None:
    repository = _find(hub, request, name, writes=True)
    files = _commit(repository, revision).files
    answers = []
    for asked in request.json["files"]:
        there = files.get(asked["path"])
        mode = "lfs" if is_large(asked["path"], asked["size"]) else "regular"
        oid = None if there is None else there.sha256 or there.oid
        answers.append({"path": asked["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid})
    raise Answer(200, {"files": answers})


@_route(r"POST /datasets/([^/]+/[^/]+)\.git/info/lfs/objects/batch")
def _lfs_batch(hub: Hub, request: Request, name: str) -> None:
    repository = _find(hub, request, name, writes=True)
    objects = []
    for asked in request.json["objects"]:
        each = {"oid": asked["oid"], "size": asked["size"]}
        if not hub.objects.has(asked["oid"]):
            place = f"{hub.url}/lfs/{repository.name}/{asked['oid']}"
            each["actions"] = {"upload": {"href": place}, "verify": {"href": f"{place}/verify"}}
        objects.append(each)
    raise Answer(200, {"objects": objects, "transfer": "basic"})


@_route("PUT /lfs/([^/]+/[^/]+)/([0-9a-f]+)")
def _lfs_put(hub: Hub, request: Request, name: str, sha256: str) -> None:
    repository = hub.repositories[name]
    hub.objects.by_lfs[sha256] = request.body
    repository.uploads.append(sha256)
    repository.events.append("data")
    raise Answer(200)


@_route("POST /lfs/([^/]+/[^/]+)/([0-9a-f]+)/verify")
def _lfs_verify(hub: Hub, request: Request, name: str, sha256: str) -> None:
    raise Answer(200 if hub.objects.has(sha256) else 404, {})


@_route("GET REPO/xet-(read|write)-token/.+")
def _xet_token(hub: Hub, request: Request, name: str, kind: str) -> None:
    repository = _find(hub, request, name, writes=kind == "write")
    if kind == "write":
        repository.events.append("data")
    expires = int(time.time()) + 3600
    raise Answer(
        200,
        {"accessToken": "xet", "exp": expires, "casUrl": hub.objects.endpoint},
        headers={
            "X-Xet-Cas-Url": hub.objects.endpoint,
            "X-Xet-Access-Token": "xet",
            "X-Xet-Token-Expiration": str(expires),
        },
    )


@_route("POST REPO/commit/([^/]+)")
def _make_commit(hub: Hub, request: Request, name: str, revision: str) -> None:
    repository = _find(hub, request, name, writes=True)
    head = _commit(repository, revision)
    lines = [json.loads(line) for line in request.body.splitlines() if line]
    header = next(line["value"] for line in lines if line["key"] == "header")
    if header.get("parentCommit") not in (None, head.oid):
        raise refuse(412, "The branch has moved: expected another parent commit")
    operations = [(line["key"], line["value"]) for line in lines if line["key"] != "header"]
    for key, value in operations:
        if key == "lfsFile" and not hub.objects.has(value["oid"]):
            raise refuse(400, f"LFS object {value['oid']} was never uploaded")
        if key == "lfsFile":
            value["size"] = hub.objects.size(value["oid"])
    files = apply_operations(head.files, operations)
    if isinstance(files, str):
        raise refuse(404, files, code="EntryNotFound")
    made = repository.add(files, parent=head.oid, title=header["summary"], author=request.user or "")
    repository.point(revision, made)
    repository.events.append(f"commit {revision}")
    url = f"{hub.url}/datasets/{name}/commit/{made.oid}"
    raise Answer(200, {"success": True, "commitOid": made.oid, "commitUrl": url})


@_route("GET REPO(?:/revision/([^/]+))?")
def _info(hub: Hub, request: Request, name: str, revision: str | None) -> None:
    repository = _find(hub, request, name)
    commit = _commit(repository, revision or "main")
    raise Answer(
        200,
        {
            "_id": "1",
            "id": name,
            "author": name.split("/")[0],
            "sha": commit.oid,
            "lastModified": _DATE,
            "private": repository.private,
            "gated": repository.gated,
            "disabled": False,
            "tags": [],
            "siblings": [{"rfilename": path} for path in sorted(commit.files)],
        },
    )


def _describe(hub: Hub, path: str, blob: Blob) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "file", "path": path, "size": blob.size, "oid": blob.oid}
    if blob.sha256 is not None:
        entry["lfs"] = {"oid": blob.sha256, "size": blob.size, "pointerSize": 130}
        if xet := hub.objects.find_xet_hash(blob.sha256):
            entry["xetHash"] = xet
    return entry


def _entries(hub: Hub, commit: Commit, *, below: str, recursive: bool) -> list[dict[str, Any]]:
    files = {path: blob for path, blob in commit.files.items() if path.startswith(below)}
    folders = {
        path[: len(below) + place]
        for path in files
        for place, letter in enumerate(path[len(below) :])
        if letter == "/"
    }
    entries = [{"type": "directory", "path": path, "oid": "0" * 40, "size": 0} for path in sorted(folders)]
    entries += [_describe(hub, path, blob) for path, blob in sorted(files.items())]
    return [entry for entry in entries if recursive or "/" not in entry["path"][len(below) :]]


@_route("GET REPO/tree/([^/]+)(?:/(.+))?")
def _tree(hub: Hub, request: Request, name: str, revision: str, folder: str | None) -> None:
    repository = _find(hub, request, name)
    commit, query = _commit(repository, revision), parse_qs(request.query)
    below = f"{folder.rstrip('/')}/" if folder else ""
    recursive = query.get("recursive", ["false"])[0].lower() in ("true", "1")
    entries = _entries(hub, commit, below=below, recursive=recursive)
    if below and not entries:
        raise refuse(404, f"{folder} does not exist", code="EntryNotFound")
    start = int(query.get("cursor", ["0"])[0])
    stop = start + hub.page_entries
    headers = {}
    if stop < len(entries):
        kept = "&".join(part for part in request.query.split("&") if part and not part.startswith("cursor"))
        headers["Link"] = f'<{hub.url}{request.path}?{kept}&cursor={stop}>; rel="next"'
    raise Answer(200, entries[start:stop], headers=headers)


@_route("POST REPO/paths-info/([^/]+)")
def _paths_info(hub: Hub, request: Request, name: str, revision: str) -> None:
    commit = _commit(_find(hub, request, name), revision)
    form = parse_qs(request.body.decode())
    paths = form.get("paths") or (request.json.get("paths", []) if request.body.startswith(b"{") else [])
    entries = _entries(hub, commit, below="", recursive=True)
    raise Answer(200, [entry for entry in entries if entry["path"] in paths])


@_route("GET REPO/refs")
def _refs(hub: Hub, request: Request, name: str) -> None:
    repository = _find(hub, request, name)

    def refs(names: dict[str, str], prefix: str) -> list[dict[str, str]]:
        return [{"name": key, "ref": f"{prefix}{key}", "targetCommit": oid} for key, oid in names.items()]

    converts = {key.rsplit("/", 1)[-1]: oid for key, oid in repository.converts.items()}
    body = {
        "branches": refs(repository.branches, "refs/heads/"),
        "tags": refs(repository.tags, "refs/tags/"),
        "converts": refs(converts, "refs/convert/"),
    }
    if "include_prs" in request.query:
        pulls = {str(number): oid for number, oid in repository.pull_heads.items()}
        body["pullRequests"] = refs(pulls, "refs/pr/")
    raise Answer(200, body)


@_route("GET REPO/commits/([^/]+)")
def _commits(hub: Hub, request: Request, name: str, revision: str) -> None:
    repository = _find(hub, request, name)
    _commit(repository, revision)
    raise Answer(
        200,
        [
            {
                "id": commit.oid,
                "title": commit.title,
                "message": "",
                "date": _DATE,
                "authors": [{"user": commit.author}],
            }
            for commit in repository.history(revision)
        ],
    )


@_route("POST REPO/branch/([^/]+)")
def _make_branch(hub: Hub, request: Request, name: str, branch: str) -> None:
    repository = _find(hub, request, name, writes=True)
    repository.point(branch, _commit(repository, request.json.get("startingPoint") or "main"))
    raise Answer(200, {})


@_route("DELETE REPO/branch/([^/]+)")
def _delete_branch(hub: Hub, request: Request, name: str, branch: str) -> None:
    repository = _find(hub, request, name, writes=True)
    if repository.branches.pop(branch, None) is None:
        raise refuse(404, "no such branch", code="RevisionNotFound")
    raise Answer(200, {})


@_route("POST REPO/tag/([^/]+)")
def _make_tag(hub: Hub, request: Request, name: str, revision: str) -> None:
    repository, tag = _find(hub, request, name, writes=True), request.json["tag"]
    commit = _commit(repository, revision)
    if tag in repository.tags:
        raise refuse(409, "Tag reference exists already")
    repository.tags[tag] = commit.oid
    repository.events.append(f"tag {tag} on {revision}")
    raise Answer(200, {})


@_route("DELETE REPO/tag/([^/]+)")
def _delete_tag(hub: Hub, request: Request, name: str, tag: str) -> None:
    repository = _find(hub, request, name, writes=True)
    if repository.tags.pop(tag, None) is None:
        raise refuse(404, "no such tag", code="RevisionNotFound")
    repository.events.append(f"untag {tag}")
    raise Answer(200, {})


@_route("POST REPO/super-squash/([^/]+)")
def _squash(hub: Hub, request: Request, name: str, branch: str) -> None:
    repository = _find(hub, request, name, writes=True)
    repository.squash(branch, title=request.json["message"], author=request.user or "")
    repository.events.append(f"squash {branch}")
    raise Answer(200, {})


@_route("GET REPO/lfs-files")
def _large_files(hub: Hub, request: Request, name: str) -> None:
    repository = _find(hub, request, name, writes=True)
    raise Answer(
        200,
        [
            {
                "fileOid": sha256,
                "filename": path,
                "oid": sha256[:24],
                "pushedAt": _DATE,
                "ref": None,
                "size": size,
            }
            for sha256, (path, size) in repository.list_objects().items()
            if hub.objects.has(sha256)
        ],
    )


@_route("POST REPO/lfs-files/batch")
def _delete_large_files(hub: Hub, request: Request, name: str) -> None:
    repository, deletions = _find(hub, request, name, writes=True), request.json["deletions"]
    for sha256 in deletions["sha"]:
        hub.objects.delete(sha256)
    if deletions["rewriteHistory"]:
        repository.forget_objects({*deletions["sha"]})
    repository.events.append(f"delete {len(deletions['sha'])}")
    raise Answer(200, {})


@_route("POST REPO/discussions")
def _discuss(hub: Hub, request: Request, name: str) -> None:
    repository, number = _find(hub, request, name, writes=True), 1
    number = max(repository.pulls, default=0) + 1
    main = repository.branches["main"]
    repository.pulls[number] = PullRequest(number, request.json["title"], main, author=request.user or "")
    repository.pull_heads[number] = main
    raise Answer(200, {"num": number, "url": f"{hub.url}/datasets/{name}/discussions/{number}"})


def _pull(repository: Repository, number: str) -> PullRequest:
    pull = repository.pulls.get(int(number))
    if pull is None:
        raise refuse(404, "no such discussion")
    return pull


@_route(r"GET REPO/discussions/(\d+)")
def _discussion(hub: Hub, request: Request, name: str, number: str) -> None:
    pull = _pull(_find(hub, request, name), number)
    raise Answer(
        200,
        {
            "num": pull.number,
            "title": pull.title,
            "status": pull.status,
            "isPullRequest": True,
            "author": {"name": pull.author},
            "createdAt": _DATE,
            "repo": {"name": name, "type": "dataset"},
            "changes": {"base": "refs/heads/main", "mergeCommitId": pull.merged_as},
            "filesWithConflicts": [],
            "events": [],
            "diff": "",
        },
    )


@_route(r"POST REPO/discussions/(\d+)/merge")
def _merge(hub: Hub, request: Request, name: str, number: str) -> None:
    repository = _find(hub, request, name, writes=True)
    if _pull(repository, number).status != "open":
        raise refuse(400, "This pull request is not open")
    problem = repository.merge(int(number), author=request.user or "")
    if problem:
        raise refuse(409, problem)
    repository.events.append(f"merge {number}")
    raise Answer(200, {})


@_route("(?:GET|HEAD) /datasets/([^/]+/[^/]+)/resolve/((?:refs/[a-z]+/)?[^/]+)/(.+)")
def _resolve(hub: Hub, request: Request, name: str, revision: str, path: str) -> None:
    repository = _find(hub, request, name)
    if repository.gated and request.user is None:
        raise refuse(401, "Access to this dataset is restricted", code="GatedRepo")
    commit = _commit(repository, revision)
    blob = commit.files.get(path)
    if blob is None or (blob.sha256 is not None and not hub.objects.has(blob.sha256)):
        raise refuse(404, "Entry not found", code="EntryNotFound")
    headers = {"X-Repo-Commit": commit.oid, "ETag": f'"{blob.oid}"'}
    if blob.content is not None:
        _send(request, blob.content, headers=headers)
    sha256 = str(blob.sha256)
    headers |= {"X-Linked-Etag": f'"{sha256}"', "X-Linked-Size": str(blob.size)}
    headers["Location"] = f"{hub.url.replace('127.0.0.1', 'localhost')}/bytes/{sha256}"
    if xet := hub.objects.find_xet_hash(sha256):
        token = f"{hub.url}/api/datasets/{name}/xet-read-token/{quote(commit.oid)}"
        headers |= {"X-Xet-Hash": xet, "Link": f'<{token}>; rel="xet-auth"'}
    raise Answer(302, headers=headers)


@_route("(?:GET|HEAD) /bytes/([0-9a-f]+)")
def _bytes(hub: Hub, request: Request, sha256: str) -> None:
    if not hub.objects.has(sha256):
        raise refuse(404, "Not found")
    _send(request, hub.objects.read(sha256), headers={"ETag": f'"{sha256}"'})


def _send(request: Request, content: bytes, *, headers: dict[str, str]) -> None:
    """All of a file or the range that is asked for."""
    headers = headers | {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range") or "")
    if asked is None:
        raise Answer(200, content=content, headers=headers | {"Content-Length": str(len(content))})
    start = int(asked[1])
    stop = min(int(asked[2]) + 1 if asked[2] else len(content), len(content))
    if start >= len(content):
        raise Answer(416, headers=headers | {"Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
    raise Answer(206, content=content[start:stop], headers=headers)
