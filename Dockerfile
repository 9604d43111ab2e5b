# syntax=docker/dockerfile:1
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
ARG TARGETOS TARGETARCH VERSION=dev
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY api api
COPY cmd/entrain cmd/entrain
COPY controllers controllers
COPY internal internal
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/entrain ./cmd/entrain
# The state's folder, for volumes that take over the owner of what they cover.
RUN mkdir -p /out/state

# Static: certificates, time zones, user 65532 and nothing else.
FROM gcr.io/distroless/static:nonroot
COPY --from=build /out/entrain /entrain
COPY --from=build --chown=65532:65532 /out/state /var/lib/entrain
USER 65532:65532
WORKDIR /var/lib/entrain
ENTRYPOINT ["/entrain"]
