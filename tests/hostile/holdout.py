"""Secrets, and what only looks like them, written from the public documentation of their issuers alone.

They were written without a look at the rules that find secrets and at those rules' own samples: what was found of them
then, is what is found of the next key. Everything is drawn from a seed, so that no line here is a key itself.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Iterator

WORD = string.ascii_letters + string.digits
URL_SAFE = WORD + "_-"
BASE64 = WORD + "+/"
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + string.digits
LOWER = string.ascii_lowercase + string.digits
DIGITS = string.digits
BASE32 = string.ascii_uppercase + "234567"
BECH32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"

Draw = random.Random
Make = Callable[[Draw], str]


def some(draw: Draw, alphabet: str, length: int) -> str:
    """Random characters."""
    return "".join(draw.choices(alphabet, k=length))


def shape(*parts: str | tuple[str, int] | tuple[str, int, int]) -> Make:
    """A token of fixed texts and of runs of an alphabet, each so long or between two lengths."""

    def make(draw: Draw) -> str:
        return "".join(
            part if isinstance(part, str) else some(draw, part[0], draw.randint(part[1], part[-1]))
            for part in parts  # type: ignore[arg-type]
        )

    return make


def one_of(*makes: Make) -> Make:
    """Any of several shapes."""
    return lambda draw: draw.choice(makes)(draw)


def encoded(value: object) -> str:
    """JSON in unpadded URL-safe base64."""
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def web_token(draw: Draw) -> str:
    """A JSON Web Token (RFC 7519)."""
    header = {"alg": draw.choice(["HS256", "RS256", "ES256"]), "typ": "JWT", "kid": some(draw, WORD, 8)}
    claims = {"sub": some(draw, DIGITS, 10), "iat": 1_768_000_000, "exp": 1_768_003_600}
    return f"{encoded(header)}.{encoded(claims)}.{some(draw, URL_SAFE, draw.choice([43, 86, 342]))}"


def private_key(draw: Draw) -> str:
    """A private key in PEM (RFC 7468), of any label in use."""
    label = draw.choice(["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED "]) + "PRIVATE KEY"
    lines = [some(draw, BASE64, 64) for _ in range(draw.randint(3, 25))]
    return "\n".join([f"-----BEGIN {label}-----", *lines, some(draw, BASE64, 22) + "==", f"-----END {label}-----"])


def armoured_key(draw: Draw) -> str:
    """A private OpenPGP key (RFC 4880)."""
    lines = [some(draw, BASE64, 64) for _ in range(8)]
    body = "\n".join(["", *lines, "=" + some(draw, BASE64, 4)])
    return f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n{body}\n-----END PGP PRIVATE KEY BLOCK-----"


# What a token of this issuer looks like, as its documentation says.
TOKENS: dict[str, Make] = {
    "GitHub classic token": shape("ghp_", (WORD, 36)),
    "GitHub OAuth, user, server and refresh tokens": one_of(
        shape("gho_", (WORD, 36)), shape("ghu_", (WORD, 36)), shape("ghs_", (WORD, 36)), shape("ghr_", (WORD, 76))
    ),
    "GitHub fine-grained token": shape("github_pat_", (WORD, 22), "_", (WORD, 59)),
    "GitLab token": shape("glpat-", (URL_SAFE, 20)),
    "GitLab deploy, runner, trigger and feed tokens": one_of(
        shape("gldt-", (URL_SAFE, 20)),
        shape("glrt-", (URL_SAFE, 20)),
        shape("glptt-", (HEX, 40)),
        shape("glcbt-", (WORD, 2), "_", (URL_SAFE, 20)),
        shape("glsoat-", (URL_SAFE, 20)),
        shape("glft-", (URL_SAFE, 20)),
        shape("glagent-", (URL_SAFE, 50)),
    ),
    "AWS access key id": one_of(shape("AKIA", (BASE32, 16)), shape("ASIA", (BASE32, 16))),
    "Google API key": shape("AIza", (URL_SAFE, 35)),
    "Google OAuth client secret": shape("GOCSPX-", (URL_SAFE, 28)),
    "Google access token": shape("ya29.a0", (URL_SAFE, 150, 220)),
    "Google refresh token": shape("1//0", (URL_SAFE, 95, 100)),
    "Slack bot token": shape("xoxb-", (DIGITS, 12), "-", (DIGITS, 13), "-", (WORD, 24)),
    "Slack user token": shape("xoxp-", (DIGITS, 12), "-", (DIGITS, 12), "-", (DIGITS, 13), "-", (HEX, 32)),
    "Slack app token": shape("xapp-1-A", (UPPER, 10), "-", (DIGITS, 13), "-", (HEX, 64)),
    "Slack rotating token": shape("xoxe.xoxp-1-", (WORD, 160)),
    "Slack webhook": shape("https://hooks.slack.com/services/T", (UPPER, 10), "/B", (UPPER, 10), "/", (WORD, 24)),
    "Stripe secret key": one_of(shape("sk_live_", (WORD, 24, 99)), shape("sk_test_", (WORD, 24, 99))),
    "Stripe restricted key": shape("rk_live_", (WORD, 24, 99)),
    "Stripe webhook secret": shape("whsec_", (WORD, 32)),
    "npm token": shape("npm_", (WORD, 36)),
    "PyPI token": shape("pypi-AgEIcHlwaS5vcmc", (URL_SAFE, 140, 180)),
    "OpenAI key": shape("sk-", (WORD, 20), "T3BlbkFJ", (WORD, 20)),
    "OpenAI project key": shape("sk-proj-", (URL_SAFE, 74), "T3BlbkFJ", (URL_SAFE, 74)),
    "OpenAI service and admin keys": one_of(
        shape("sk-svcacct-", (URL_SAFE, 58), "T3BlbkFJ", (URL_SAFE, 58)),
        shape("sk-admin-", (URL_SAFE, 58), "T3BlbkFJ", (URL_SAFE, 58)),
    ),
    "Anthropic key": shape("sk-ant-api03-", (URL_SAFE, 93), "AA"),
    "Anthropic admin and OAuth tokens": one_of(
        shape("sk-ant-admin01-", (URL_SAFE, 93), "AA"), shape("sk-ant-oat01-", (URL_SAFE, 93), "AA")
    ),
    "OpenRouter key": shape("sk-or-v1-", (HEX, 64)),
    "Groq key": shape("gsk_", (WORD, 52)),
    "xAI key": shape("xai-", (WORD, 80)),
    "Perplexity key": shape("pplx-", (WORD, 48)),
    "Replicate token": shape("r8_", (WORD, 37)),
    "Hugging Face token": shape("hf_", (string.ascii_letters, 34)),
    "JSON Web Token": web_token,
    "SendGrid key": shape("SG.", (URL_SAFE, 22), ".", (URL_SAFE, 43)),
    "Mailgun key": shape("key-", (HEX, 32)),
    "Mailchimp key": shape((HEX, 32), "-us", (DIGITS, 1, 2)),
    "Twilio API key": shape("SK", (HEX, 32)),
    "DigitalOcean token": one_of(shape("dop_v1_", (HEX, 64)), shape("doo_v1_", (HEX, 64)), shape("dor_v1_", (HEX, 64))),
    "Databricks token": shape("dapi", (HEX, 32)),
    "Shopify token": one_of(shape("shpat_", (HEX, 32)), shape("shpss_", (HEX, 32)), shape("shpca_", (HEX, 32))),
    "Telegram bot token": shape((DIGITS, 9, 10), ":AA", (URL_SAFE, 33)),
    "Discord bot token": shape("MT", (WORD, 24), ".", (URL_SAFE, 6), ".", (URL_SAFE, 38)),
    "Discord webhook": shape("https://discord.com/api/webhooks/", (DIGITS, 19), "/", (URL_SAFE, 68)),
    "Docker Hub token": shape("dckr_pat_", (URL_SAFE, 27)),
    "Grafana service token": shape("glsa_", (WORD, 32), "_", (HEX, 8)),
    "Grafana Cloud token": lambda draw: "glc_" + base64.b64encode(some(draw, WORD, 72).encode()).decode(),
    "Vault token": one_of(shape("hvs.", (URL_SAFE, 90, 100)), shape("hvb.", (URL_SAFE, 140, 150))),
    "Terraform Cloud token": shape((WORD, 14), ".atlasv1.", (URL_SAFE, 67)),
    "Linear key": shape("lin_api_", (WORD, 40)),
    "Notion token": one_of(shape("secret_", (WORD, 43)), shape("ntn_", (DIGITS, 11), (WORD, 35))),
    "Postman key": shape("PMAK-", (HEX, 24), "-", (HEX, 34)),
    "Atlassian token": shape("ATATT3xFfGF0", (URL_SAFE, 171), "=", (string.hexdigits[:10] + "ABCDEF", 8)),
    "New Relic key": shape("NRAK-", (UPPER, 27)),
    "Sentry token": one_of(
        shape("sntryu_", (HEX, 64)),
        lambda draw: f"sntrys_{encoded({'iat': 1.7e9, 'url': 'https://sentry.io'})}_{some(draw, BASE64, 43)}",
    ),
    "Doppler token": shape("dp.pt.", (WORD, 43)),
    "Supabase token": one_of(shape("sbp_", (HEX, 40)), shape("sb_secret_", (URL_SAFE, 22), "_", (WORD, 8))),
    "PlanetScale token": one_of(shape("pscale_tkn_", (URL_SAFE, 43)), shape("pscale_pw_", (URL_SAFE, 43))),
    "Pulumi token": shape("pul-", (HEX, 40)),
    "RubyGems key": shape("rubygems_", (HEX, 48)),
    "crates.io token": shape("cio", (WORD, 32)),
    "NuGet key": shape("oy2", (LOWER, 43)),
    "age secret key": shape("AGE-SECRET-KEY-1", (BECH32, 58)),
    "Square token": one_of(shape("sq0csp-", (URL_SAFE, 43)), shape("EAAA", (URL_SAFE, 60))),
    "Azure AD client secret": shape((WORD, 3), "8Q~", (URL_SAFE, 34)),
    "Fly.io token": shape("FlyV1 fm2_", (BASE64, 120)),
    "Dynatrace token": shape("dt0c01.", (BASE32, 24), ".", (BASE32, 64)),
    "Figma token": shape("figd_", (URL_SAFE, 40)),
    "Airtable token": shape("pat", (WORD, 14), ".", (HEX, 64)),
    "Artifactory token": shape("AKCp", (WORD, 69)),
    "Buildkite token": shape("bkua_", (HEX, 40)),
    "CircleCI token": shape("CCIPAT_", (WORD, 22), "_", (HEX, 40)),
    "Tailscale key": shape("tskey-auth-k", (WORD, 11), "CNTRL-", (WORD, 32)),
    "Brevo key": shape("xkeysib-", (HEX, 64), "-", (WORD, 16)),
    "Plaid token": shape("access-production-", (HEX, 8), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 12)),
    "Facebook token": shape("EAAG", (WORD, 180)),
}
BLOCKS: dict[str, Make] = {"private key": private_key, "OpenPGP private key": armoured_key}


def _password(draw: Draw) -> str:
    """A password as a generator makes it, with a sign or two that need no escaping anywhere."""
    return some(draw, WORD, draw.randint(10, 30)) + draw.choice(["", "!", "-x9", "_Q2"])


def _aws_secret(draw: Draw) -> str:
    return some(draw, BASE64, 40)


def _plain(draw: Draw) -> str:
    return some(draw, WORD, draw.randint(20, 40))


# Values that only their surroundings tell: the text around, with ``{}`` for the value, and how the value is made.
NAMED: dict[str, tuple[Make, tuple[str, ...]]] = {
    "AWS secret key": (
        _aws_secret,
        (
            "[default]\naws_secret_access_key = {}\n",
            "export AWS_SECRET_ACCESS_KEY={}",
            '{"SecretAccessKey": "{}", "Expiration": "2026-01-15T14:45:30Z"}',
            "aws configure set aws_secret_access_key {}",
            "AWS_SECRET_ACCESS_KEY: {}",
            "secretAccessKey: '{}',",
            "The aws_secret_access_key is {} as it turned out.",
        ),
    ),
    "AWS session token": (
        shape("IQoJb3JpZ2luX2Vj", (BASE64, 300), "="),
        ("export AWS_SESSION_TOKEN={}", '"SessionToken": "{}"', "aws_session_token = {}", "X-Amz-Security-Token: {}"),
    ),
    "password in a URL": (
        _password,
        (
            "postgres://app:{}@db.example.org:5432/app",
            "DATABASE_URL=postgresql+psycopg://app:{}@10.0.0.3/app?sslmode=require",
            "redis://:{}@cache.example.org:6379/0",
            "mongodb+srv://root:{}@cluster0.example.mongodb.net/test",
            "amqp://guest:{}@mq/vhost",
            "git clone https://deploy:{}@git.example.org/acme/app.git",
            "pip install --index-url https://ci:{}@pypi.example.org/simple acme",
            '{"dsn": "mysql://root:{}@localhost/app"}',
            "smtp://mailer%40example.org:{}@smtp.example.org:587",
            "fatal: unable to access 'https://x-access-token:{}@example.org/x.git/': 403",
        ),
    ),
    "password in a setting": (
        _password,
        (
            "PASSWORD={}",
            'password = "{}"',
            "db_password: {}",
            '{"user": "app", "password": "{}"}',
            "DB_PASSWORD='{}' ./migrate",
            "Server=db;Database=app;User Id=sa;Password={};Encrypt=true",
            "<add key='x' connectionString='Data Source=db;User=sa;Pwd={};' />",
            "machine example.org login me password {}",
            "spring.datasource.password={}",
            "PGPASSWORD={} psql -h db",
            "environment:\n  POSTGRES_PASSWORD: {}\n",
            "- POSTGRES_PASSWORD={}",
            "set password to {} please",
            "The root password is {} on staging.",
        ),
    ),
    "password in a command": (
        _password,
        (
            "mysql -u root --password={} app",
            "mysqldump -uroot -p{} app",
            "sshpass -p {} ssh root@example.org",
            "sshpass -p '{}' scp a b:",
            "curl -u admin:{} https://example.org/",
            "curl --user 'admin:{}' https://example.org/",
            "docker login -u ci -p {} registry.example.org",
            "docker login --username ci --password {} registry.example.org",
            "redis-cli -a {} ping",
            "openssl enc -aes-256-cbc -pass pass:{} -in x",
            "echo {} | docker login --username ci --password-stdin registry.example.org",
            "wget --http-password={} https://example.org",
            "az login --service-principal -u x --password {} --tenant y",
            "gpg --batch --passphrase {} -d x.gpg",
            "subprocess.run(['mysql', '--password={}'])",
            '["sshpass", "-p", "{}", "ssh", "host"]',
        ),
    ),
    "secret or key in a setting": (
        _plain,
        (
            "SECRET_KEY={}",
            "SECRET_KEY = '{}'",
            "client_secret: {}",
            'clientSecret: "{}",',
            '{"client_id": "acme", "client_secret": "{}"}',
            "API_KEY={}",
            "apiKey: '{}'",
            'api_key="{}"',
            "const API_KEY = `{}`;",
            "X-Api-Key: {}",
            "curl -H 'X-API-Key: {}' https://example.org",
            "https://maps.example.org/json?key=1&api_key={}&q=x",
            "https://example.org/cb?access_token={}&state=1",
            "auth_token: {}",
            "ACCESS_TOKEN={}",
            "refresh_token={}&grant_type=refresh_token",
            "jwt_secret: '{}'",
            "ENCRYPTION_KEY={}",
            "export SIGNING_SECRET={}",
            "webhook_secret = {}",
            "TWILIO_AUTH_TOKEN={}",
            "//registry.npmjs.org/:_authToken={}",
            "_auth={}",
            "private_token={}",
            "-----\ntoken: {}\n",
            "--token {} --yes",
            "--api-key={}",
            "vault write secret/app api_key={}",
            "gh secret set DEPLOY_KEY --body {}",
            "kubectl create secret generic app --from-literal=password={}",
            "The API key is {}.",
            "ENV APP_SECRET {}",
            "os.environ['APP_SECRET'] = '{}'",
            "headers = {'Authorization': 'Token {}'}",
            "<apikey>{}</apikey>",
            "<password>{}</password>",
        ),
    ),
    "authorization header": (
        one_of(_plain, web_token),
        (
            "Authorization: Bearer {}",
            "curl -H 'Authorization: Bearer {}' https://example.org",
            "{'Authorization': 'Bearer {}'}",
            '"authorization": "bearer {}"',
            "Authorization: Basic {}",
            "authorization: token {}",
            "Proxy-Authorization: Basic {}",
            "http GET example.org Authorization:'Bearer {}'",
            "Private-Token: {}",
            "PRIVATE-TOKEN: {}",
        ),
    ),
    "cookie": (
        _plain,
        (
            "Cookie: sessionid={}; theme=dark",
            "Set-Cookie: session={}; HttpOnly; Secure",
            "Set-Cookie: connect.sid=s%3A{}; Path=/",
            "curl -b 'session={}' https://example.org",
            "curl --cookie session={} https://example.org",
        ),
    ),
    "Docker configuration": (
        lambda draw: base64.b64encode(f"ci:{some(draw, WORD, 24)}".encode()).decode(),
        ('{"auths": {"registry.example.org": {"auth": "{}"}}}', '"auth": "{}"'),
    ),
    "Azure keys": (
        shape((BASE64, 86), "=="),
        (
            "AccountKey={};EndpointSuffix=core.windows.net",
            "SharedAccessKeyName=Root;SharedAccessKey={}",
            "AZURE_STORAGE_KEY={}",
            "az storage blob list --account-key {}",
        ),
    ),
    "signed address": (
        shape((BASE64.replace("+", "").replace("/", ""), 42), "%3D"),
        ("https://acme.blob.core.windows.net/c/x?sv=2022-11-02&sp=r&sig={}",),
    ),
    "signed address, AWS and Google": (
        shape((HEX, 64)),
        (
            "https://bucket.s3.amazonaws.com/x?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature={}",
            "https://storage.googleapis.com/b/x?X-Goog-SignedHeaders=host&X-Goog-Signature={}",
        ),
    ),
}


def around(secret: str) -> Iterator[tuple[str, str]]:
    """Where a token may stand, and the text; no name in it tells that it is secret."""
    yield "prose", f"The run printed {secret} and went on."
    yield "prose, end of a sentence", f"I have revoked {secret}."
    yield "prose, in brackets", f"The old one ({secret}) is still there, cf. the notes"
    yield "Markdown", f"| `{secret}` | staging |"
    yield "Python", f'client = Client("{secret}", timeout=30)'
    yield "JavaScript", f"const c = new Client('{secret}');"
    yield "JSON", json.dumps({"args": ["run", secret], "n": 1})
    yield "JSON in JSON", json.dumps({"body": json.dumps({"value": secret})})
    yield "YAML", f"env:\n  - name: X\n    value: {secret}\n"
    yield "shell", f"export X={secret} && ./run"
    yield "shell argument", f"./deploy --with {secret} --dry-run"
    yield "address", f"https://api.example.org/v1/items?x={secret}&page=2"
    yield "log line", f"2026-01-15T14:45:30Z INFO [http] sent {secret}\n"
    yield "diff", f"-X={secret}\n+X=\n"


def samples(kind: str, count: int = 3) -> Iterator[tuple[str, str, str]]:
    """Secrets of a kind: the secret, where it stands, and the text with it."""
    draw = random.Random(f"hold-out: {kind}")
    for _ in range(count):
        if kind in TOKENS:
            secret = TOKENS[kind](draw)
            yield from ((secret, place, text) for place, text in around(secret))
        elif kind in BLOCKS:
            secret = BLOCKS[kind](draw)
            yield from ((secret, place, text) for place, text in _blocks(secret))
        else:
            make, texts = NAMED[kind]
            for text in texts:
                secret = make(draw)
                yield secret, text, text.replace("{}", secret)


def _blocks(secret: str) -> Iterator[tuple[str, str]]:
    yield "prose", f"It wrote\n{secret}\nto the disk."
    yield "JSON", json.dumps({"type": "service_account", "value": secret, "n": 1})
    yield "JSON in JSON", json.dumps(json.dumps({"value": secret}))
    yield "YAML", "x: |\n" + "".join(f"  {line}\n" for line in secret.split("\n")) + "y: 1\n"
    yield "shell", f"cat > k <<'END'\n{secret}\nEND\n"
    yield "one line", "X='" + secret.replace("\n", "\\n") + "'"
    yield "diff", "".join(f"+{line}\n" for line in secret.split("\n"))
    yield "cut off", secret[: len(secret) // 2]


KINDS = (*TOKENS, *BLOCKS, *NAMED)


def harmless() -> Iterator[str]:
    """Texts without a secret in them, most of them close to one."""
    yield from _NEGATIVES
    draw = random.Random("hold-out: harmless")
    for _ in range(3):
        yield from _drawn(draw)


def _drawn(draw: Draw) -> Iterator[str]:
    commit, digest = some(draw, HEX, 40), some(draw, HEX, 64)
    uuid = "-".join(some(draw, HEX, length) for length in (8, 4, 4, 4, 12))
    integrity = some(draw, BASE64, 86) + "=="
    public = some(draw, BASE64, 300)
    yield f"git checkout {commit} && git show {commit[:7]}"
    yield f"Merge commit '{commit}' into main"
    yield f"docker pull acme/app@sha256:{digest}"
    yield f"sha256:{digest}  dist/app.tar.gz"
    yield f'"integrity": "sha512-{integrity}",'
    yield f"golang.org/x/net v0.20.0 h1:{some(draw, BASE64, 43)}="
    yield f"  --hash=sha256:{digest} \\"
    yield f'checksum = "{digest}"'
    yield f"request id {uuid}, trace 00-{some(draw, HEX, 32)}-{some(draw, HEX, 16)}-01"
    yield f"session_id: {uuid}"
    yield f"ssh-rsa AAAAB3NzaC1yc2E{public} me@host"
    yield f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5{some(draw, BASE64, 48)} me@host"
    yield f"-----BEGIN PUBLIC KEY-----\n{some(draw, BASE64, 64)}\n{some(draw, BASE64, 64)}\n-----END PUBLIC KEY-----"
    yield f"-----BEGIN CERTIFICATE-----\n{some(draw, BASE64, 64)}\n-----END CERTIFICATE-----"
    yield f"data:image/png;base64,iVBORw0KGgo{some(draw, BASE64, 200)}="
    yield f"https://example.org/static/app.{some(draw, HEX, 20)}.js"
    yield f"https://gist.github.com/acme/{some(draw, HEX, 32)}"
    yield f"pi_3{some(draw, WORD, 23)} succeeded for cus_{some(draw, WORD, 14)}"
    yield f'etag: W/"{some(draw, HEX, 32)}"'
    yield f"build {some(draw, UPPER, 26)} finished"
    yield f"toolu_01{some(draw, WORD, 22)} returned, then msg_01{some(draw, WORD, 22)}"
    yield f"2026-01-15_144530_implement-authentication_{some(draw, HEX, 8)}"
    yield f"arn:aws:iam::{some(draw, DIGITS, 12)}:role/deploy"
    yield f"cache key: deps-linux-{digest}"
    yield f"primary key {uuid}; foreign key user_id"
    yield f"AWS_ACCOUNT_ID={some(draw, DIGITS, 12)}"
    yield f"nonce-{some(draw, BASE64, 22)}== in script-src"


_NEGATIVES = (
    "Set GITHUB_TOKEN in the environment, or pass --token.",
    "export GITHUB_TOKEN=$(gh auth token)",
    "password = os.environ['DB_PASSWORD']",
    "password = getpass.getpass('Password: ')",
    "password: ${DB_PASSWORD}",
    "password: {{ db_password }}",
    "token: ${{ secrets.GITHUB_TOKEN }}",
    "api_key = settings.API_KEY",
    "api_key=process.env.API_KEY,",
    "apiKey: process.env.OPENAI_API_KEY",
    "def login(user: str, password: str) -> Token:",
    "def set_password(self, password: Optional[str] = None) -> None:",
    "password: string;",
    "password?: string | null",
    "token = next(tokens)",
    "token = tokenizer.next_token()",
    "const token = await getAccessToken();",
    "max_tokens: 4096, tokens_used: 15000",
    "input_tokens=120000 output_tokens=9000",
    "total_tokens: 1234567890",
    "Authorization: Bearer <token>",
    "Authorization: Bearer $TOKEN",
    "Authorization: Bearer ${ACCESS_TOKEN}",
    'curl -H "Authorization: Bearer $(cat token.txt)" https://example.org',
    "The header is `Authorization: Bearer YOUR_TOKEN`.",
    "sk-..., ghp_... and AKIA... are prefixes of keys.",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "sk-xxxxxxxxxxxxxxxxxxxxxxxx",
    "OPENAI_API_KEY=your-api-key-here",
    "API_KEY=<your key>",
    "API_KEY=changeme",
    "API_KEY=",
    "PASSWORD=\nUSER=app",
    "postgres://user:password@localhost/db",
    "postgres://user:<password>@host/db",
    "postgres://user:$PASSWORD@host/db",
    "postgres://${DB_USER}:${DB_PASSWORD}@${DB_HOST}/app",
    "https://example.org:8443/path@2x.png",
    "git@github.com:acme/app.git",
    "ssh://git@example.org:2222/acme/app.git",
    "http://localhost:3000/@fs/app/main.ts",
    "mail me@example.org: password reset link sent",
    "the password reset e-mail is not sent",
    "Forgot password? Click here",
    "The password is stored hashed, and the token is short-lived.",
    "The password must be at least 12 characters long.",
    "secret santa: everybody draws a name",
    "The secret is to write tests first.",
    "api key rotation is documented in docs/rotation.md",
    "class PasswordResetTokenGenerator(TokenGenerator):",
    "from app.security import create_access_token, verify_password",
    "test_refresh_token_rotation_invalidates_old_token PASSED",
    "tests/auth/test_api_key_authentication_backend.py::test_wrong_key",
    "SECRET_KEY_FALLBACKS: list[str] = []",
    "secretKeyRef:\n  name: app-secrets\n  key: database-url",
    "kubectl get secret app-secrets -o yaml",
    "secret/data/app",
    "vault kv get -field=password secret/app",
    "aws secretsmanager get-secret-value --secret-id prod/app/db",
    "client_id=acme-frontend&redirect_uri=https%3A%2F%2Fexample.org%2Fcb&response_type=code",
    "primary_key=True, foreign_key='users.id'",
    "key: value",
    "keyboard: de, monkey: patch",
    "sort(key=lambda one: one.name)",
    "dict(key='name', reverse=True)",
    "public_key: ./keys/id_ed25519.pub",
    "private_key: /etc/ssl/private/app.pem",
    "private_key_path = '~/.ssh/id_rsa'",
    "IdentityFile ~/.ssh/id_ed25519",
    "password_file: /run/secrets/db_password",
    "POSTGRES_PASSWORD_FILE=/run/secrets/db",
    "MYSQL_ALLOW_EMPTY_PASSWORD=yes",
    "password_hash, password_salt, password_changed_at",
    "token_type=bearer",
    "token_expires_in: 3600",
    "access_token_lifetime=timedelta(minutes=5)",
    '<input type="password" name="password" autocomplete="current-password">',
    '<div class="sk-folding-cube sk-circle-fade-dot">',
    "npm_config_registry=https://registry.npmjs.org",
    "npm_package_version, npm_lifecycle_event",
    "hf_transfer and hf_hub_download",
    "gsk_blend = 1; SG.setup()",
    "-p 8080:80 -p 5432:5432",
    "docker run -p 127.0.0.1:8080:80 nginx",
    "mkdir -p build/output",
    "ssh -p 2222 me@example.org",
    'curl -u "$USER:$PASSWORD" https://example.org',
    "curl -u admin https://example.org",
    "cp -a source target",
    "Basic authentication is off; Bearer tokens are on",
    "basic usage of the authorization header",
    "cookie: consent banner for the cookie session",
    "Set-Cookie: theme=dark; Path=/",
    "session: started, session.id and session.domain",
    "auth: oauth2",
    '"auth": true, "author": "me"',
    "claude-sonnet-4-5-20250929, gpt-4o-2024-11-20, gemini-2.5-pro",
    'eyJ is how base64 of {" begins',
    "lorem ipsum dolor sit amet consectetur adipiscing elit",
    "backend/app/api/v1/endpoints/authentication_token_refresh.py",
    "node_modules/@babel/plugin-proposal-private-property-in-object",
    "com.example.security.oauth2.client.registration.ClientRegistrationRepository",
    "AuthenticationFailedException: BadCredentialsException at SecurityFilterChain",
    "0x7ffee4b3c8f0 0xdeadbeefcafebabe",
    "3.14159265358979323846264338327950288",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "--------------------------------------------------",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "pass: 12 tests, fail: 0",
    "pass=3 fail=0 skip=1",
    "passed: true, pwd: /home/me/project",
    "PWD=/home/me/project",
    "export PWD OLDPWD",
)
