import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { isAlive } from "./control.ts";
import { socketsOf } from "./data-folder.ts";
import { ExpectedError } from "./expected-error.ts";
import type { Config } from "./settings.ts";

/** The command line's side of the control socket. */
export interface Client {
  readonly socket: string;
  get(path: string): Promise<Record<string, unknown>>;
  post(path: string, body?: object): Promise<Record<string, unknown>>;
}

/** @throws {ExpectedError} if no cloud with these settings is running */
export async function findRunning(config: Config): Promise<Client> {
  for (const socket of socketsOf(config)) {
    if (await isAlive(socket)) {
      return {
        socket,
        get: (path) => call(socket, "GET", path),
        post: (path, body = {}) => call(socket, "POST", path, body),
      };
    }
  }
  throw new ExpectedError(
    `No Nube runs on ${config.ephemeral ? `port ${config.port}` : config.data}. Start it: nube start`,
  );
}

async function call(
  socketPath: string,
  method: string,
  path: string,
  body?: object,
): Promise<Record<string, unknown>> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ socketPath, method, path, headers: { host: "localhost" } }, resolve)
      .on("error", reject)
      .end(body && JSON.stringify(body));
  });
  const content = await text(response);
  const isJson = response.headers["content-type"] === "application/json";
  const fields: Record<string, unknown> = isJson ? JSON.parse(content) : {};
  if (response.statusCode === 200) return fields;
  throw new ExpectedError(
    String(fields.message ?? `Nube failed to answer ${method} ${path}; see: nube logs`),
  );
}
