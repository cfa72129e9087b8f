# syntax=docker/dockerfile:1

# The build: packages, types, JavaScript; then only what runs is kept.
FROM node:24-trixie-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY src src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

# Debian 13 has HAProxy 3.0, an LTS. procps brings sysctl (HAPROXY_SYSCTL_PARAMS), busybox a syslog (HAPROXY_SYSLOGD).
FROM node:24-trixie-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends busybox haproxy procps runit \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/marathon-lb-ts
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY LICENSE package.json ./
COPY bin/marathon-lb-ts.js bin/container-start bin/
COPY templates templates
RUN ln -s /opt/marathon-lb-ts/bin/marathon-lb-ts.js /usr/local/bin/marathon-lb-ts

# As in marathon-lb's image: the working folder holds haproxy.cfg, and `templates/` in it stands in place of the default ones.
WORKDIR /marathon-lb
EXPOSE 80 443 9090 9091
HEALTHCHECK --interval=10s --timeout=2s CMD ["node", "-e", "fetch('http://127.0.0.1:9090/_haproxy_health_check').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

ENTRYPOINT ["/opt/marathon-lb-ts/bin/container-start"]
CMD ["sse", "--health-check", "--group", "external"]
