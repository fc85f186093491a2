# docker build -t secretlife . && docker run --read-only -p 127.0.0.1:4577:4577 secretlife
FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /secretlife ./cmd/secretlife && mkdir /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /secretlife /secretlife
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 4577
# The port is to be published to 127.0.0.1 only: requests are not verified without --credentials.
HEALTHCHECK --interval=10s --start-period=2s CMD ["/secretlife", "health"]
ENTRYPOINT ["/secretlife"]
CMD ["serve", "--addr", "0.0.0.0:4577", "--allow-unverified"]
