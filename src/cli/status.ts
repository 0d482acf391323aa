import { findRunning } from "#app/client.ts";
import { type Command, columns, WHERE } from "./command.ts";

export const status: Command = {
  summary: "Shows what is running, and where.",
  help: `
Exits with 1 if nothing runs.

Examples
  nube status
  nube status --json | jq -r .certificateAuthority   the CA to trust for https: export AWS_CA_BUNDLE="$(…)"`,
  settings: WHERE,
  flags: { json: { help: "as JSON" } },
  async run({ config, flags }) {
    const state = await (await findRunning(config)).get("/_nube/status");
    if (flags.json) return console.log(JSON.stringify(state, undefined, 2));
    console.log(columns(Object.entries(state).map(([name, value]) => [name, inWords(name, value)])));
  },
};

function inWords(name: string, value: unknown): string {
  if (name === "memory") return `${Math.round(Number(value) / 1024 / 1024)} MB`;
  if (name === "uptime") return `${value} s`;
  if (name === "offset") return `${Math.round(Number(value) / 1_000)} s from this machine's time`;
  if (typeof value === "object" && value !== null) return Object.keys(value).join(" ");
  return String(value);
}
