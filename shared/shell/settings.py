"""What a service process is told by its environment; read by composition roots only."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting comes from `SIDAN_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="SIDAN_", extra="ignore")

    city_file: Path
    kafka: str
    postgres: str
    """`postgresql://role:password@host:port/database` of this service's own role."""
    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=1, le=65535)
    services: dict[str, str] = Field(default_factory=dict)
    """Service -> base address."""
    secret: str = Field(min_length=16)
    log_level: str = "INFO"
    traces: str = ""
    """Where spans go: an OTLP address over HTTP. Empty: none are made."""
    data: Path = Path("data")
    """Folder of what is kept in files: photos, notices."""
    blobs: str = ""
    """Address of the store of photos, such as `s3://bucket/prefix`; empty: the folder `photos` in `data`."""
    channels: dict[str, str] = Field(default_factory=dict)
    """Code -> address of Apprise, in the order in which they are tried."""
    public_url: str = ""
    """What comes before the path of a link that a resident opens."""

    oidc_issuer: str = ""
    """The office's identity provider (OpenID Connect); none: people sign in by accounts of the console alone."""
    oidc_client: str = ""
    oidc_secret: str = Field("", repr=False)

    telephone: str = "12345"
    """What residents are told to call."""
    texts_model: Path | None = None
    """A model of `sidan classify train` whose labels are matters of the city; without it intake goes by keywords."""

    @field_validator("services", "channels", mode="before")
    @classmethod
    def _from_json(cls, value: object) -> object:
        return json.loads(value) if isinstance(value, str) else value
