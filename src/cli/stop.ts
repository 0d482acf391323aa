import { setTimeout as sleep } from "node:timers/promises";
import { findRunning } from "#app/client.ts";
import { isAlive } from "#app/control.ts";
import { type Command, WHERE } from "./command.ts";

const POLL_INTERVAL_MS = 20;

export const stop: Command = {
  summary: "Stops a running cloud, and waits for its end.",
  help: `
Calls in flight are finished, for up to five seconds.

Examples
  nube stop
  nube stop --ephemeral --port 4600`,
  settings: WHERE,
  async run({ config }) {
    const running = await findRunning(config);
    await running.post("/_nube/stop");
    while (await isAlive(running.socket)) await sleep(POLL_INTERVAL_MS);
    console.log("Nube has stopped.");
  },
};
