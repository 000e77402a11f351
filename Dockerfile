# The sandbox in a container: `docker build -t anysms .`, then `docker run -p 4010:4010 anysms`. It needs no network
# while it runs. `-v anysms:/data` keeps its messages over a restart.
FROM rust:1-slim-bookworm AS build
RUN apt-get update -q && apt-get install -yq --no-install-recommends gcc libc6-dev make
WORKDIR /anysms
COPY . .
RUN container/build /out

FROM debian:bookworm-slim
COPY --from=build /out/anysms /usr/local/bin/anysms
RUN useradd --system --uid 10001 anysms && install -d -o anysms /data
USER anysms
VOLUME /data
EXPOSE 4010
ENTRYPOINT ["anysms", "sandbox", "--host", "0.0.0.0", "--port", "4010", "--data", "/data/sandbox.json"]
