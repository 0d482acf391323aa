import { withoutSecrets } from "#app/data-folder.ts";
import { ALL_SETTINGS, type Command } from "./command.ts";

export const config: Command = {
  summary: "Prints the settings, and the origin of each.",
  help: `
Flags override variables, variables override nube.json, and that overrides the defaults.

Examples
  nube config
  NUBE_PORT=4600 nube config --auth strict`,
  settings: ALL_SETTINGS,
  async run({ config: settings, origins }) {
    for (const name of ALL_SETTINGS) {
      const value = name === "store" && settings.store ? withoutSecrets(settings.store) : settings[name];
      console.log(`${name.padEnd(10)} ${JSON.stringify(value ?? null).padEnd(32)} ${origins[name]}`);
    }
  },
};
