"""Asks the facade's route table, in the monolith's or a service's own code: is this user on the new side?

One file without dependencies, for Python 3.8 and Django 3.2 and newer. Copy it beside ``manage.py``.

    flags = Flags("http://127.0.0.1:8081", token=os.environ["STRANGLER_TOKEN"])     # a viewer's token
    if flags.is_on("billing", request): ...

The answer is the one that the facade would give: the same bucket of the same user, the same lists. It is for safe
methods; who writes is the route table's ``writer``. The table is read in the background every few seconds; while it
cannot be read, the last one counts, and before the first one nobody is on the new side.

With OpenFeature: ``api.set_provider(provider(flags))``; a flag is a group's name, the targeting key is what the group's
``sticky`` names (a session key, say), the attributes may hold ``tenant``, ``user``, ``cookies``, ``headers``.
"""

import hashlib
import json
import threading
import urllib.request

__all__ = ["Facts", "Flags", "facts_of", "is_on", "provider"]


class Facts:
    """What is known of who asks. ``key`` stands for whatever a group's ``sticky`` names; header names in small letters.

    ``claims`` are verified ones."""

    def __init__(
        self, key="", tenant="", user="", host="", path="", client="", cookies=None, headers=None, claims=None
    ):
        self.key = key
        self.tenant = tenant
        self.user = user
        self.host = host
        self.path = path
        self.client = client
        self.cookies = cookies or {}
        self.headers = headers or {}
        self.claims = claims or {}


class Flags:
    """The route table of a facade, read from its admin API with a viewer's token.

    ``every``: seconds between two readings. ``fetch()`` gives the table's document; a test hands in its own.
    """

    def __init__(self, url, token, every=5.0, timeout=2.0, fetch=None):
        self._url = url.rstrip("/") + "/api/table"
        self._token = token
        self._every = every
        self._timeout = timeout
        self._fetch = fetch or self._ask
        self._document = None
        self._lock = threading.Lock()
        self._thread = None
        self._stop = threading.Event()
        self.trouble = ""

    def is_on(self, group, who, default=False):
        """Whether the service of a group answers this user's safe requests. ``who``: ``Facts``, or Django's request.

        ``default`` is for a group that the table does not have, and for as long as no table was read.
        """
        self._start()
        document = self._document
        if document is None or group not in document.get("groups", {}):
            return default
        return is_on(document, group, who if isinstance(who, Facts) else facts_of(who))

    def refresh(self):
        """Read the table now; True when that went well."""
        try:
            self._document = self._fetch()
        except Exception as error:  # whatever it is, the last table counts
            self.trouble = str(error)
            return False
        self.trouble = ""
        return True

    def close(self):
        """Stop reading."""
        self._stop.set()

    def _start(self):
        if self._thread is not None and self._thread.is_alive():
            return
        with self._lock:  # also after a fork, where threads do not come along
            if self._thread is None or not self._thread.is_alive():
                if self._document is None:
                    self.refresh()
                self._thread = threading.Thread(target=self._follow, name="strangler-flags", daemon=True)
                self._thread.start()

    def _follow(self):
        while not self._stop.wait(self._every):
            self.refresh()

    def _ask(self):
        request = urllib.request.Request(self._url, headers={"Authorization": "Bearer " + self._token})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
        with opener.open(request, timeout=self._timeout) as answer:
            return json.loads(answer.read(64 * 1024 * 1024).decode("utf-8"))["document"]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token goes nowhere else."""

    def redirect_request(self, *about):
        return None


def is_on(document, group, facts):
    """The same, of a table's document. A user without identity is on the new side only when everybody is."""
    told = document["groups"][group]
    gateway = document.get("gateway", {})
    if any(_fits(rule, gateway, facts) for rule in told.get("deny", ())):
        return False
    if any(_fits(rule, gateway, facts) for rule in told.get("allow", ())):
        return True
    share = told.get("shares", {}).get(_tenant(gateway, facts), told.get("share", 0))
    threshold = round(float(share) * 100)
    if threshold <= 0 or threshold >= 10000:
        return threshold > 0
    bucket = _bucket(group, told, gateway, facts)
    return bucket is not None and bucket < threshold


def facts_of(request):
    """What Django's request tells; ``request.user`` counts where it is authenticated."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    user = getattr(request, "user", None)
    known = user is not None and getattr(user, "is_authenticated", False)
    return Facts(
        user=str(user.pk) if known else "",
        host=headers.get("host", ""),
        path=request.path_info,
        client=request.META.get("REMOTE_ADDR", ""),
        cookies=request.COOKIES,
        headers=headers,
    )


def provider(flags):
    """An OpenFeature provider over ``Flags``; needs the package ``openfeature-sdk``."""
    from openfeature.exception import ErrorCode
    from openfeature.flag_evaluation import FlagResolutionDetails, Reason
    from openfeature.provider import AbstractProvider, Metadata

    class Provider(AbstractProvider):
        def get_metadata(self):
            return Metadata("strangler")

        def get_provider_hooks(self):
            return []

        def resolve_boolean_details(self, flag_key, default_value, evaluation_context=None):
            found = flags.is_on(flag_key, _facts_in(evaluation_context), None)
            if found is None:
                return FlagResolutionDetails(
                    default_value, error_code=ErrorCode.FLAG_NOT_FOUND, reason=Reason.ERROR,
                    error_message=flags.trouble or "the route table has no such group",
                )  # fmt: skip
            return FlagResolutionDetails(
                found, variant="service" if found else "monolith", reason=Reason.SPLIT
            )

        def _no(self, flag_key, default_value, evaluation_context=None):
            return FlagResolutionDetails(
                default_value, error_code=ErrorCode.TYPE_MISMATCH, reason=Reason.ERROR,
                error_message="a group is on or off",
            )  # fmt: skip

        resolve_string_details = resolve_integer_details = resolve_float_details = resolve_object_details = (
            _no
        )

    return Provider()


def _facts_in(context):
    if context is None:
        return Facts()
    told = dict(context.attributes or {})
    known = {
        name: told[name]
        for name in ("tenant", "user", "host", "path", "client", "cookies", "headers")
        if name in told
    }
    return Facts(key=context.targeting_key or "", **known)


def _bucket(group, told, gateway, facts):
    """The bucket of who asks: what a cookie publishes first, then a hash; None where nobody can be told apart."""
    sticky = told.get("sticky", "cookie:sessionid")
    kind, _, name = sticky.partition(":")
    salt = told.get("salt") or group
    if kind == "cookie":
        sent = facts.cookies.get("strangler_" + group, "")
        if 1 <= len(sent) <= 4 and sent.isdigit() and all("0" <= digit <= "9" for digit in sent):
            return int(sent)
    identity = facts.key or _identity(kind, name, gateway, facts)
    if not identity and kind != "cookie":
        identity = facts.client
    return bucket_of(salt, identity) if identity else None


def bucket_of(salt, identity):
    """The bucket (0..9999) of an identity within a group's salt, as the facade computes it."""
    digest = hashlib.sha256(salt.encode() + b"\0" + identity.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") % 10000


def _identity(kind, name, gateway, facts):
    if kind == "client":
        return facts.client
    if kind == "user":
        return facts.user
    if kind == "tenant":
        return _tenant(gateway, facts)
    return _named(kind, name, facts)


def _named(kind, name, facts):
    if kind == "header":
        return facts.headers.get(name.lower(), "")
    if kind == "cookie":
        return facts.cookies.get(name, "")
    return facts.claims.get(name, "") if kind == "claim" else ""


def _tenant(gateway, facts):
    if facts.tenant:
        return facts.tenant
    kind, _, name = (gateway.get("tenant") or "").partition(":")
    if kind == "host":
        return _host_name(facts.host).partition(".")[0]
    if kind == "path":
        segments = facts.path.strip("/").split("/")
        position = int(name) - 1
        return segments[position] if position < len(segments) else ""
    return _named(kind, name, facts)


def _host_name(host):
    name = host.lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    name = name.partition(":")[0]
    return name[:-1] if name.endswith(".") else name


def _fits(rule, gateway, facts):
    kind, _, rest = rule.partition(":")
    if kind == "tenant":
        return _tenant(gateway, facts) == rest
    if kind == "user":
        return facts.user == rest
    name, _, value = rest.partition("=")
    found = _named(kind, name, facts)
    return bool(found) and found == value
