import { findRunning } from "#app/client.ts";
import { type Command, WHERE } from "./command.ts";

export const reset: Command = {
  summary: "Empties a running cloud.",
  help: `
All buckets, objects and everything else of every account are gone, and the clock is the machine's again. It does not ask.

Example
  nube reset`,
  settings: WHERE,
  async run({ config }) {
    const running = await findRunning(config);
    const { data } = await running.get("/_nube/status");
    await running.post("/_nube/reset");
    console.log(`The cloud is empty (${data}).`);
  },
};
