import { type Finding, inspectHost } from "#app/host.ts";
import { ALL_SETTINGS, type Command, columns } from "./command.ts";

const MARKS = { good: "ok     ", missing: "missing", bad: "problem" };

export const doctor: Command = {
  summary: "Checks this machine: what Nube finds, what is missing, and what to do about it.",
  help: `
Exits with 1 if something prevents a start.

Examples
  nube doctor
  nube doctor --data /srv/cloud --port 80`,
  settings: ALL_SETTINGS,
  async run({ config }) {
    const findings = await inspectHost(config);
    console.log(
      columns(findings.map((finding) => [`${MARKS[finding.state]} ${finding.subject}`, inWords(finding)])),
    );
    if (findings.some(({ state }) => state === "bad")) process.exitCode = 1;
  },
};

const inWords = ({ detail, remedy }: Finding) => (remedy === undefined ? detail : `${detail}. ${remedy}`);
