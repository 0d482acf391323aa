import { findRunning } from "#app/client.ts";
import { endpointOf } from "#app/endpoint.ts";
import { type Command, UsageError, WHERE } from "./command.ts";

const FORMATS: Record<string, (name: string, value: string) => string> = {
  sh: (name, value) => `export ${name}=${value}`,
  fish: (name, value) => `set -gx ${name} ${value}`,
  powershell: (name, value) => `$env:${name} = "${value}"`,
};

export const env: Command = {
  summary: "Prints the variables that point the AWS CLI and the SDKs at the cloud.",
  help: `
The cloud is the running one, unless a port is given.

Examples
  eval "$(nube env)"                      bash, zsh
  nube env --format fish | source         fish
  nube env --format json > env.json       programs`,
  settings: [...WHERE, "host", "region"],
  flags: { format: { placeholder: "FORMAT", help: `${Object.keys(FORMATS).join(", ")} or json (sh)` } },
  async run({ config, origins, flags: { format = "sh" } }) {
    const running = origins.port === "default" ? await findRunning(config).catch(() => undefined) : undefined;
    const { endpoint, region } = running
      ? await running.get("/_nube/status")
      : { endpoint: endpointOf(config.host, config.port), region: config.region };
    const variables = {
      AWS_ENDPOINT_URL: String(endpoint),
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: String(region),
      AWS_DEFAULT_REGION: String(region),
    };
    if (format === "json") return console.log(JSON.stringify(variables, undefined, 2));
    const line = Object.hasOwn(FORMATS, String(format)) ? FORMATS[String(format)] : undefined;
    if (!line) throw new UsageError(`--format is one of ${[...Object.keys(FORMATS), "json"].join(", ")}`);
    for (const [name, value] of Object.entries(variables)) console.log(line(name, value));
  },
};
