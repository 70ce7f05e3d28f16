"""Tokens of services that are known by how they begin: a prefix that their documentation names, and random characters.

The prefix stays, since it tells whose token it was; what follows is replaced.
"""

from __future__ import annotations

import re

ISSUED: tuple[str, ...] = (
    "AGE-SECRET-KEY-",
    "CCIPAT_",  # CircleCI
    "GOCSPX-",  # Google OAuth
    "NRAK-",  # New Relic
    "PMAK-",  # Postman
    ".atlasv1.",  # Terraform Cloud
    "access-development-",
    "access-production-",
    "access-sandbox-",  # Plaid
    "bkua_",  # Buildkite
    "dckr_oat_",
    "dckr_pat_",  # Docker Hub
    "doo_v1_",
    "dop_v1_",
    "dor_v1_",  # DigitalOcean
    "dp.ct.",
    "dp.pt.",
    "dp.sa.",
    "dp.scim.",
    "dp.st.",  # Doppler
    "dt0c01.",
    "dt0s01.",  # Dynatrace
    "figd_",  # Figma
    "fm1_",
    "fm2_",  # Fly.io
    "glc_",
    "glsa_",  # Grafana
    "gsk_",  # Groq
    "hvb.",
    "hvr.",
    "hvs.",  # Vault
    "lin_api_",  # Linear
    "ntn_",  # Notion
    "pplx-",  # Perplexity
    "pscale_oauth_",
    "pscale_pw_",
    "pscale_tkn_",  # PlanetScale
    "pul-",  # Pulumi
    "r8_",  # Replicate
    "rubygems_",
    "sb_secret_",
    "sbp_",  # Supabase
    "secret_",  # Notion
    "shpat_",
    "shpca_",
    "shppa_",
    "shpss_",  # Shopify
    "sntrys_",
    "sntryu_",  # Sentry
    "sq0csp-",  # Square
    "tskey-api-",
    "tskey-auth-",
    "tskey-client-",  # Tailscale
    "xai-",
    "xkeysib-",  # Brevo
    "ya29.",  # Google
)

_FORMS = (
    r"(?<![\w-])key-",  # Mailgun
    r"\bpat[A-Za-z0-9]{14}\.",  # Airtable
    r"[A-Za-z0-9_-]{18}\.[A-Za-z0-9_-]{6}\.",  # Discord
)
_BEFORE = "|".join(f"(?<={form})" for form in (*map(re.escape, ISSUED), *_FORMS))
_RANDOM = r"([A-Za-z0-9_+/=-]{20,}(?:\.[A-Za-z0-9_-]{16,})?)"

SIGNS = ("_", "-", ".")
"""Every prefix ends in one of these."""
AFTER_A_SIGN = rf"[_.-](?=[A-Za-z0-9_-]{{0,3}}[A-Za-z0-9][A-Za-z0-9_-]{{16}})(?:{_BEFORE}){_RANDOM}"
"""A pattern for all of them. So many characters after a sign are rare: few places are looked at closer."""
