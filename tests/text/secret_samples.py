"""Made-up secrets of every kind. They are put together at run time, so that no file of ours looks like it holds one."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable

LETTERS = string.ascii_letters
BASE62 = LETTERS + string.digits
URL64 = BASE62 + "-_"
STD64 = BASE62 + "+/"
_PRIVATE = "PRIVATE"
HEX = "0123456789abcdef"
UPPER36 = string.ascii_uppercase + string.digits


def some(rng: random.Random, alphabet: str, length: int) -> str:
    """``length`` characters, the first and the last of them letters or digits."""
    inner = "".join(rng.choice(alphabet) for _ in range(length - 2))
    ends = [c for c in alphabet if c.isalnum()]
    return rng.choice(ends) + inner + rng.choice(ends)


def base64_key(rng: random.Random, octets: int) -> str:
    return base64.b64encode(rng.randbytes(octets)).decode()


def jwt(rng: random.Random) -> str:
    parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": some(rng, HEX, 12), "iat": rng.randrange(10**9)}]
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*coded, some(rng, URL64, 43)])


def key_body(rng: random.Random, lines: int = 12) -> str:
    return "\n".join(some(rng, STD64, 64) for _ in range(lines)) + "\n" + some(rng, STD64, 20) + "=="


def pem(rng: random.Random, label: str = "RSA PRIVATE KEY", head: str = "") -> str:
    return f"-----BEGIN {label}-----\n{head}{key_body(rng)}\n-----END {label}-----"


def password(rng: random.Random) -> str:
    """As people are told to make them: letters, digits and a sign inside."""
    return some(rng, BASE62, 5) + rng.choice("!@#%^*+~") + rng.choice(string.digits) + some(rng, BASE62, 4)


Maker = Callable[[random.Random], str]

# Secrets that are known wherever they stand: (kind, maker).
SHAPES: list[tuple[str, Maker]] = [
    ("aws-access-key", lambda r: "AK" + "IA" + some(r, UPPER36, 16)),
    ("aws-access-key", lambda r: "AS" + "IA" + some(r, UPPER36, 16)),
    ("google-api-key", lambda r: "AI" + "za" + some(r, URL64, 35)),
    ("github-token", lambda r: "gh" + r.choice("por") + "_" + some(r, BASE62, 36)),
    ("github-app", lambda r: "gh" + r.choice("su") + "_" + some(r, BASE62, 36)),
    ("github-app", lambda r: "gh" + "s_" + "123456_" + jwt(r)),
    ("github-fine-grained", lambda r: "github" + "_pat_" + some(r, BASE62, 22) + "_" + some(r, BASE62, 59)),
    ("gitlab-token", lambda r: "gl" + r.choice(["pat", "dt", "rt", "ptt", "cbt"]) + "-" + some(r, URL64, 20)),
    ("gitlab-token", lambda r: "gl" + "pat-" + some(r, URL64, 27) + ".01." + some(r, BASE62, 9).lower()),
    (
        "slack-token",
        lambda r: f"xox{r.choice('bpars')}-{r.randrange(10**12)}-{r.randrange(10**12)}-" + some(r, BASE62, 24),
    ),
    ("slack-token", lambda r: "xa" + "pp-1-A" + some(r, UPPER36, 10) + f"-{r.randrange(10**13)}-" + some(r, HEX, 64)),
    ("stripe-key", lambda r: r.choice("sr") + "k_" + r.choice(["live", "test"]) + "_" + some(r, BASE62, 24)),
    ("stripe-key", lambda r: "wh" + "sec_" + some(r, BASE62, 32)),
    ("twilio-key", lambda r: "S" + "K" + some(r, HEX, 32)),
    ("sendgrid-key", lambda r: "S" + "G." + some(r, URL64, 22) + "." + some(r, URL64, 43)),
    ("npm-token", lambda r: "np" + "m_" + some(r, BASE62, 36)),
    ("pypi-token", lambda r: "pypi" + "-AgEIcHlwaS5vcmc" + some(r, URL64, 150)),
    ("openai-key", lambda r: "s" + "k-" + some(r, BASE62, 20) + "T3BlbkFJ" + some(r, BASE62, 20)),
    ("openai-key", lambda r: "s" + "k-proj-" + some(r, URL64, 74) + "T3BlbkFJ" + some(r, URL64, 74)),
    ("openai-key", lambda r: "s" + "k-svcacct-" + some(r, URL64, 60)),
    ("anthropic-key", lambda r: "s" + "k-ant-api03-" + some(r, URL64, 93) + "AA"),
    ("huggingface-token", lambda r: "h" + "f_" + some(r, LETTERS, 34)),
    ("huggingface-token", lambda r: "api" + "_org_" + some(r, LETTERS, 34)),
    ("jwt", jwt),
    ("private-key", pem),
    ("private-key", lambda r: pem(r, "OPENSSH PRIVATE KEY")),
    ("private-key", lambda r: pem(r, "EC PRIVATE KEY")),
    ("private-key", lambda r: pem(r, "ENCRYPTED PRIVATE KEY")),
    ("private-key", lambda r: pem(r, head="Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0F1E2D3C\n\n")),
    ("private-key", lambda r: pem(r, "PGP PRIVATE KEY BLOCK", "Version: GnuPG v2\nComment: a-b c\n\n")),
]

# Secrets that are known by what stands around them: (kind, text with {} for the secret, maker).
CONTEXTS: list[tuple[str, str, Maker]] = [
    ("aws-secret-key", "aws_secret_access_key = {}", lambda r: base64_key(r, 30)),
    ("aws-secret-key", "AWS_SECRET_ACCESS_KEY={}", lambda r: base64_key(r, 30)),
    ("aws-secret-key", '"SecretAccessKey": "{}"', lambda r: base64_key(r, 30)),
    ("aws-secret-key", "AK" + "IAIOSFODNN7QWERTYU,{}", lambda r: base64_key(r, 30)),
    (
        "azure-key",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={};EndpointSuffix=x",
        lambda r: base64_key(r, 64),
    ),
    (
        "azure-key",
        "Endpoint=sb://n.example.net/;SharedAccessKeyName=Root;SharedAccessKey={}",
        lambda r: base64_key(r, 32),
    ),
    ("azure-key", "https://a.blob.example.net/c?sv=2022-11-02&sig={}", lambda r: base64_key(r, 32).replace("=", "%3D")),
    ("gcp-service-account", '"private_key_id": "{}"', lambda r: some(r, HEX, 40)),
    ("gcp-service-account", '"private_key": "{}"', lambda r: (pem(r, "PRIVATE KEY") + "\n").replace("\n", "\\n")),
    (
        "slack-webhook",
        "https://hooks.slack.com/services/{}",
        lambda r: "T" + some(r, UPPER36, 8) + "/B" + some(r, UPPER36, 8) + "/" + some(r, BASE62, 24),
    ),
    ("twilio-key", 'Client("AC' + "0f" * 16 + '", "{}")', lambda r: some(r, HEX, 32)),
    ("twilio-key", "curl -u AC" + "0f" * 16 + ":{} https://api.twilio.com", lambda r: some(r, HEX, 32)),
    ("private-key", "-----BEGIN RSA " + _PRIVATE + " KEY-----\n{}", lambda r: key_body(r).rstrip("=")),
    (
        "private-key",
        "-----BEGIN RSA " + _PRIVATE + " KEY-----\n{}\n… and so on",
        lambda r: key_body(r, 3).rpartition("\n")[0],
    ),
    ("url-password", "postgresql://app:{}@db.example.org:5432/app", password),
    ("url-password", "redis://:{}@localhost:6379/0", lambda r: some(r, BASE62, 12)),
    ("url-password", "git clone https://oauth2:{}@git.example.org/a/b.git", lambda r: some(r, BASE62, 20)),
    ("authorization", "Authorization: Bearer {}", lambda r: some(r, BASE62, 32)),
    ("authorization", "Authorization: Basic {}", lambda r: base64_key(r, 15)),
    ("authorization", 'curl -H "Authorization: Token {}" https://example.org', lambda r: some(r, HEX, 40)),
    ("authorization", 'headers = {"Authorization": "Bearer {}"}', lambda r: some(r, URL64, 40)),
    ("authorization", "headers['authorization'] = f'bearer {}'", lambda r: some(r, BASE62, 40)),
    ("authorization", "sent with Bearer {} in the header", lambda r: some(r, BASE62, 40)),
    ("authorization", "curl -s -u admin:{} https://example.org", password),
    ("assignment", 'password = "{}"', password),
    ("assignment", "tool --password {} run", lambda r: "hunter" + str(r.randrange(2, 999))),
    ("assignment", "db_password = {}", lambda r: "s" + str(r.randrange(10)) + "cr" + str(r.randrange(10)) + "t99"),
    ("assignment", 'var secret string = "{}"', lambda r: some(r, BASE62, 24)),
    ("assignment", '<add key="Password" value="{}"/>', password),
    ("aws-secret-key", "AK" + "IAIOSFODNN7QWERTYU / {}", lambda r: base64_key(r, 30)),
    ("assignment", "password: {}", password),
    ("assignment", "DB_PASSWORD='{}'", password),
    ("assignment", "db.connect(user='app', password='{}')", password),
    ("assignment", "if password == '{}':", password),
    ("assignment", "**Password:** `{}`", password),
    ("assignment", "<password>{}</password>", lambda r: some(r, BASE62, 14) + "7"),
    ("assignment", "mysql --user app --password={} db", password),
    ("assignment", "tool --api-key {} run", lambda r: some(r, HEX, 32)),
    ("assignment", "API_KEY={}", lambda r: some(r, HEX, 32)),
    ("assignment", "export X_TOKEN={}", lambda r: some(r, BASE62, 40)),
    ("assignment", '{"client_secret": "{}"}', lambda r: some(r, URL64, 40)),
    ("assignment", "token: {}", lambda r: some(r, BASE62, 40)),
    ("assignment", "clientSecret: '{}',", lambda r: some(r, URL64, 40)),
    ("assignment", 'os.environ["SERVICE_TOKEN"] = "{}"', lambda r: some(r, BASE62, 32)),
    ("assignment", 'api_key: str = "{}"', lambda r: some(r, BASE62, 32)),
    ("assignment", "https://example.org/x?page=2&access_token={}&y=1", lambda r: some(r, BASE62, 32)),
    ("assignment", "Server=db;User Id=sa;Password={};Encrypt=true", password),
    ("assignment", "STRIPE_KEY={}", lambda r: some(r, HEX, 32)),
    ("assignment", "X-Api-Key: {}", lambda r: some(r, BASE62, 32)),
    ("service-token", "gs" + "k_{}", lambda r: some(r, BASE62, 52)),
    ("service-token", "GOC" + "SPX-{}", lambda r: some(r, URL64, 28)),
    ("service-token", "hv" + "s.{}", lambda r: some(r, URL64, 95)),
    ("service-token", "123456789" + "0:A" + "A{}", lambda r: some(r, URL64, 33)),
    ("service-token", "https://discord.com/api/webhooks/{}", lambda r: f"{10**17}/" + some(r, URL64, 68)),
    ("cookie", "Cookie: {}", lambda r: f"theme=dark; session={some(r, BASE62, 32)}"),
    ("cookie", "curl -b session={} https://example.org", lambda r: some(r, BASE62, 32)),
    ("assignment", "mysqldump -uapp -p{} db", password),
    ("assignment", "sshpass -p {} ssh host", password),
    ("assignment", "docker login -u ci -p {} registry.example.org", password),
    ("assignment", "echo {} | docker login -u ci --password-stdin", password),
    ("assignment", "gpg --batch --passphrase {} -d x.gpg", password),
    ("assignment", "gh secret set DEPLOY_KEY --body {}", lambda r: some(r, BASE62, 32)),
    ("assignment", "ENV APP_SECRET {}", lambda r: some(r, HEX, 40)),
    ("assignment", "machine example.org login me password {}", password),
    ("assignment", "The API key is {} for now", lambda r: some(r, BASE62, 32)),
    ("assignment", "spring.datasource.password={}", password),
]

PLACES = [
    "{}",
    "The build printed {} and went on.",
    'client = Client("{}")  # remove me',
    '{{"value": "{}", "n": 3}}',
    "config:\n  - value: {}\n    n: 3\n",
    "export VALUE={} && run",
    "see https://example.org/?v={}&n=3",
    "`{}`",
    "\x1b[32m{}\x1b[0m",
    "→ {} ✓ 日本 🔑",
    "| name | {} |",
]

UNTOUCHED = (
    """
commit 3f2a91c0d1e2f3a4b5c6d7e8f90123456789abcd
token bucket at 3f2a91c, key of 12e4567
sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
"integrity": "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="
id: 550e8400-e29b-41d4-a716-446655440000
data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
password = os.environ["APP_PASSWORD_2"]
password = os.getenv("DB_PASSWORD", "")
token = get_token(42)
token = self.tokens[0]
token2 = tokens2.token3
password: str
def f(private_key: kind25519.Kind25519PrivateKey, secret: sha2.Sha256Digest) -> None:
"AWS::Some::Secret": "c85175a4ebcce361",
publicKeyToken="1fc8b3b9a1e18e3b"
password: Optional[str] = None
def login(user: str, password: str = "", token: str | None = None) -> None:
api_key = config.api_key
api_key=settings.API_KEY_V2
connect(password=password1, token=token2)
token=$TOKEN
token=${TOKEN1}
password: ${{ secrets.DB_PASSWORD1 }}
password={{ vault_password_1 }}
password=%(password1)s
password=<your password 1>
password=your-password-1
password=None
"password": "string"
"password": "changeme123"
API_KEY=your_api_key_here_123
token: null
token: ***
password: ********
api_key: xxxxxxxxxxxxxxxx
token: "..."
tokens_used: 15000
max_tokens=4096, input_tokens: 120000, "token_count": 12
keyboard = "qwerty12345"
primary_key="user_id_2024"
cache_key = "user:1234:profile"
key: "ctrl+shift+p2"
author: "jane1990"
passed: 12, failed: 3
password_reset_url = "https://example.org/reset/1f0c9a2e"
secretName: db-credentials-v2
token_type = "bearer"
auth = "oauth2"
auth: oauth2-proxy
token = "sha256"
token_file = "/run/secrets/token1"
secret: /var/run/secrets/x1
PASSWORD_FILE=/run/secrets/db1
password: see vault entry 12
the password is stored in the vault since 2024
Authorization: Bearer <token>
Authorization: Bearer $TOKEN
Authorization: Bearer YOUR_TOKEN_HERE
headers["Authorization"] = f"Bearer {token}"
Authorization: required
http://localhost:8080/a@b
https://user@example.org:8080/path
postgresql://user:password@localhost/db
postgresql://{user}:{password}@{host}/db
https://x-access-token:${TOKEN}@github.com/a/b
ssh://git@example.org:22/a.git
docker run -u 1000:1000 image
class="sk-fading-circle sk-circle-fade-dot-12"
task-1234567890abcdefghijklmnopqrst
from_risk-assessment-of-2024-and-more-words
ghp_short, gho_, hf_hub_download_with_a_long_name, npm_config_registry
xoxb-your-token-goes-here
eyJ.eyJ.x
-----BEGIN CERTIFICATE-----
if line.startswith("-----BEGIN RSA § KEY-----") and end == "-----END RSA § KEY-----":
-----BEGIN PUBLIC KEY-----
AKIAshort
AC0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f
for key, token in tokens.items():
    key = f"{prefix}:{token}"
    pass
assert token == "=="
KEY_LENGTH = 32
ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 user@host
""".replace("§", "PRIVATE")
    .strip()
    .splitlines()
)

BAITS = [
    f"-----BEGIN RSA {_PRIVATE} KEY-----",
    f"-----BEGIN RSA {_PRIVATE} KEY-----\n" + "A" * 30 + "\n",
    f"-----BEGIN {_PRIVATE} KEY-----\nA-",
    f'private_key": "-----BEGIN {_PRIVATE} KEY-----',
    "eyJ",
    "eyJeyJeyJ.",
    "eyJhbGciOiJ.eyJhbGciOiJ",
    "://",
    "://a:a:a@",
    "://a:a",
    "a@",
    "password=",
    "password=password",
    'password="',
    "password='token=\"",
    'token": {',
    "token: a = ",
    "key",
    "key-",
    "secret_key=====",
    "secret",
    "--a",
    "-----",
    "--token ",
    "sk-",
    "sk-sk-sk-",
    "SG.",
    "SG.aaaaaaaaaaaaaaaaaaaa.",
    "AK" + "IA" + "A" * 16 + " ",
    "authorization: ",
    "authorization: basic ",
    "bearer ",
    "-u a:",
    "curl -u a:b ",
    "ghp_",
    "glpat-",
    "hooks.slack.com/services/",
    "a&",
    "password=a&a&",
    "\\",
    "\\n",
    "token=\\\\",
    " ",
    "=",
    "…",
    "[REDACTED:assignment]",
]
