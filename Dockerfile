# The production image. Both stages share a base and a path: the virtual environment is
# made in the first and copied whole.
ARG PYTHON=python:3.13-slim

FROM ${PYTHON} AS prepared
WORKDIR /srv/gridinspect
COPY launch.py package.json package-lock.json .npmrc ./
COPY requirements requirements
COPY gridinspect/launcher gridinspect/launcher
# With servers of one's own the embedded ones are not installed.
RUN DATABASE_URL=postgres://db/gridinspect REDIS_URL=redis://valkey \
    python launch.py setup

FROM ${PYTHON}
WORKDIR /srv/gridinspect
RUN useradd --uid 10001 --no-create-home gridinspect \
    && install -d -o gridinspect /var/lib/gridinspect
COPY --from=prepared /srv/gridinspect/.venv .venv
COPY --from=prepared /srv/gridinspect/build build
COPY . .
ENV PATH=/srv/gridinspect/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    VAR_DIR=/var/lib/gridinspect
USER gridinspect
VOLUME /var/lib/gridinspect
EXPOSE 8000
CMD ["gunicorn", "gridinspect.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", \
     "--threads", "8", "--worker-class", "gthread", "--no-control-socket", \
     "--timeout", "60", "--max-requests", "5000", "--max-requests-jitter", "500"]
