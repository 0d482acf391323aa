import { request } from "node:http";
import { isAlive } from "./control.ts";
import { socketsOf } from "./data-folder.ts";
import { Foreseen } from "./foreseen.ts";
import type { Config } from "./settings.ts";

/** The command line's side of the control socket. */
export interface Client {
  readonly socket: string;
  get(path: string): Promise<Record<string, unknown>>;
  post(path: string, body?: object): Promise<Record<string, unknown>>;
}

/** @throws {Foreseen} where none with these settings runs */
export async function findRunning(config: Config): Promise<Client> {
  for (const socket of socketsOf(config)) {
    if (await isAlive(socket)) {
      return {
        socket,
        get: (path) => ask(socket, "GET", path),
        post: (path, body = {}) => ask(socket, "POST", path, body),
      };
    }
  }
  throw new Foreseen(
    `No Nube runs on ${config.ephemeral ? `port ${config.port}` : config.data}. Start it: nube start`,
  );
}

function ask(
  socketPath: string,
  method: string,
  path: string,
  body?: object,
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, headers: { host: "localhost" } }, async (answer) => {
      let text = "";
      for await (const piece of answer.setEncoding("utf8")) text += piece;
      const told = JSON.parse(text) as Record<string, unknown>;
      if (answer.statusCode === 200) resolve(told);
      else reject(new Foreseen(String(told.message ?? text)));
    });
    call.on("error", reject);
    call.end(body && JSON.stringify(body));
  });
}
