/** The URL at which a client on this machine reaches a cloud that listens on `host` and `port`. */
export function endpointOf(host: string, port: number): string {
  const isEverywhere = host === "0.0.0.0" || host === "::" || host === "127.0.0.1" || host === "::1";
  const name = isEverywhere ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
