# syntax=docker/dockerfile:1

# Both images can be given by digest: docker build --build-arg NODE=node@sha256:… --build-arg BASE=debian@sha256:…
ARG NODE=node:24-trixie-slim
ARG BASE=debian:trixie-slim

# The build: packages, types, JavaScript; then only what runs is kept.
FROM ${NODE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY src src
COPY bin/in-few-files.js bin/
RUN npm run build && npm prune --omit=dev --no-audit --no-fund \
 && find dist node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete

# Debian 13 has HAProxy 3.0, an LTS. procps brings sysctl (HAPROXY_SYSCTL_PARAMS), socat is the syslog of HAPROXY_SYSLOGD, tini is process 1.
FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="marathon-lb-ts" \
      org.opencontainers.image.description="Follows Mesosphere Marathon and keeps HAProxy in step: a drop-in for marathon-lb 1.15" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates haproxy procps socat tini \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/* /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log

COPY --from=build /usr/local/bin/node /usr/local/bin/node
WORKDIR /opt/marathon-lb-ts
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY LICENSE package.json ./
COPY bin/marathon-lb-ts.js bin/container-start bin/
COPY templates templates
COPY page page

# Any user may write where the load balancer writes: the working folder, sockets and locks, what outlives a reboot, and the certificates given as
# text. Mount a volume at /var/lib/marathon-lb-ts to keep what is known (docs/container.md).
RUN ln -s /opt/marathon-lb-ts/bin/marathon-lb-ts.js /usr/local/bin/marathon-lb-ts \
 && mkdir -p /marathon-lb /run/marathon-lb-ts /var/lib/marathon-lb-ts \
 && chmod 1777 /marathon-lb /run/marathon-lb-ts /var/lib/marathon-lb-ts /etc/ssl

# As in marathon-lb's image: the working folder holds haproxy.cfg, and `templates/` in it stands in place of the default ones.
WORKDIR /marathon-lb
EXPOSE 80 443 9090 9091
HEALTHCHECK --interval=10s --timeout=2s CMD ["node", "-e", "fetch('http://127.0.0.1:9090/_haproxy_health_check').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# TERM and INT to process 1 end the container, HUP and USR1 are handed to the daemon.
ENTRYPOINT ["tini", "--", "/opt/marathon-lb-ts/bin/container-start"]
CMD ["sse", "--health-check", "--group", "external"]
