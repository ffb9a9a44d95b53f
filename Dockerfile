# Two stages: the first builds what the second only copies, so that no compiler or package cache is shipped.
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY syncd ./syncd
RUN python -m venv /opt/syncd \
    && /opt/syncd/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        -c constraints.txt '.[postgresql]'

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/syncd --create-home --shell /usr/sbin/nologin syncd \
    && install --directory --owner=syncd --mode=0700 /var/lib/syncd/var
COPY --from=build /opt/syncd /opt/syncd
ENV PATH=/opt/syncd/bin:$PATH \
    PYTHONUNBUFFERED=1
USER 10001
WORKDIR /var/lib/syncd
VOLUME /var/lib/syncd/var
STOPSIGNAL SIGTERM
# Unhealthy when calendars have waited for several intervals and nobody came.
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s CMD ["syncd", "status", "--exit-code"]
ENTRYPOINT ["syncd"]
CMD ["run"]
