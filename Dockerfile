# A static binary on an empty image: no shell, no package manager, no root.
#   docker build --build-arg VERSION=1.2.3 -t photoedge:1.2.3 .
#   docker run -p 8080:8080 -v ./photoedge.yaml:/etc/photoedge/photoedge.yaml:ro photoedge:1.2.3

# The compiler runs on the builder's platform and builds for the image's.
FROM --platform=$BUILDPLATFORM golang:1.26.8 AS build
WORKDIR /src

# The modules are a layer of their own: they change less often than the code.
COPY go.mod go.sum ./
RUN go mod download

COPY . .
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=devel
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/photoedge ./cmd/photoedge
# Where state_dir may point to: a volume mounted here belongs to the user below.
RUN mkdir -p /out/state

FROM scratch
ARG VERSION=devel
ARG REVISION=unknown
LABEL org.opencontainers.image.title="photoedge" \
      org.opencontainers.image.description="A caching image edge in front of S3 regions" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"

COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/LICENSE /LICENSE
COPY --from=build --chown=65532:65532 /out/state /var/lib/photoedge
COPY --from=build /out/photoedge /photoedge

# A number, so that Kubernetes can tell that it is not root.
USER 65532:65532

# Photos; REST API, metrics and dashboard. The latter listens on loopback unless
# the configuration says otherwise, which takes a token.
EXPOSE 8080 9090

HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
    CMD ["/photoedge", "healthcheck"]

ENTRYPOINT ["/photoedge"]
CMD ["serve", "--config", "/etc/photoedge/photoedge.yaml"]
