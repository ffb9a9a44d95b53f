# Stages: the first builds what the others only copy, so that no compiler, pip or package cache is shipped.
#   docker build -t syncd .                            the program
#   docker build -t syncd-backup --target backup .     the same with PostgreSQL's tools, for `syncd backup`
FROM debian:bookworm-slim AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 python3-venv
WORKDIR /src
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY syncd ./syncd
RUN python3 -m venv /opt/pip \
    && python3 -m venv --without-pip /opt/syncd \
    && /opt/pip/bin/pip --python /opt/syncd/bin/python install --no-cache-dir --disable-pip-version-check \
        -c constraints.txt '.[postgresql]'

FROM debian:bookworm-slim AS base
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 \
    && apt-get clean && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /var/lib/syncd --create-home --shell /usr/sbin/nologin syncd \
    && install --directory --owner=syncd --group=syncd --mode=0700 /var/lib/syncd/var
COPY --from=build /opt/syncd /opt/syncd
# In a container loopback is the container's own: what is served must be reachable from outside it.
ENV PATH=/opt/syncd/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SYNCD_WEB__LISTEN=0.0.0.0:8470
USER 10001
WORKDIR /var/lib/syncd
VOLUME /var/lib/syncd/var
EXPOSE 8470
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=2m CMD ["python", "-c", "from http.client import HTTPConnection as C; c = C('127.0.0.1', 8470, timeout=4); c.request('GET', '/healthz'); exit(c.getresponse().status != 200)"]
ENTRYPOINT ["syncd"]
CMD ["run"]

FROM base AS backup
USER root
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && apt-get clean && rm -rf /var/lib/apt/lists/*
USER 10001
HEALTHCHECK NONE
CMD ["backup"]

FROM base AS syncd
