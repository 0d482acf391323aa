import { findRunning } from "#app/client.ts";
import { type Command, UsageError, WHERE } from "./command.ts";

const ACTIONS = ["show", "freeze", "resume", "advance", "run-until-idle"];

export const clock: Command = {
  summary: "Moves the cloud's clock; work that becomes due runs, in order.",
  usage: "show | freeze | resume | advance SPAN | run-until-idle [SPAN]",
  help: `
Everything in the cloud follows this clock: lifecycles, expiry of URLs and tokens, timers. The machine's own does not move.

Examples
  nube clock advance 90d          three months of lifecycle rules, now
  nube clock advance 1h30m
  nube clock freeze               time stands still until resume
  nube clock run-until-idle 1d    runs everything that becomes due within a day`,
  settings: WHERE,
  words: { min: 0, max: 2 },
  async run({ config, words: [action = "show", by] }) {
    if (!ACTIONS.includes(action)) throw new UsageError(`The actions are ${ACTIONS.join(", ")}.`);
    if (action === "advance" && by === undefined)
      throw new UsageError("advance needs a span: nube clock advance 90d");
    const running = await findRunning(config);
    const state =
      action === "show"
        ? await running.get("/_nube/clock")
        : await running.post("/_nube/clock", { action, by });
    console.log(`${state.time}${state.frozen ? " (frozen)" : ""}`);
  },
};
