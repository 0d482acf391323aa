import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { clientEnvironment, startServer, temporaryFolder } from "../harness.ts";

/** The folders in which Terraform and OpenTofu look for providers before they use a registry. */
const MIRRORS = [
  process.env.TF_PLUGIN_MIRROR,
  join(homedir(), ".terraform.d/plugins"),
  "/usr/local/share/terraform/plugins",
  "/usr/share/terraform/plugins",
];

const program = ["tofu", "terraform"].find((name) => spawnSync(name, ["version"]).status === 0);
const mirror = MIRRORS.find(
  (folder) =>
    folder !== undefined &&
    ["registry.terraform.io", "registry.opentofu.org"].some((registry) =>
      existsSync(join(folder, registry, "hashicorp/aws")),
    ),
);

const missing = program === undefined ? "no Terraform" : mirror === undefined ? "no AWS provider" : undefined;

test.skipIf(missing !== undefined).each([
  ["the aws_s3_bucket family", "buckets.tf"],
  ["the aws_dynamodb_table family, with what scales it", "tables.tf"],
  ["queues, topics, buses, schedules, streams and pipes", "messages.tf"],
])(
  `%s: after applying, the plan has no changes${missing ? ` (skipped: ${missing} is installed here)` : ""}`,
  { timeout: 600_000 },
  async (_, file) => {
    const server = await startServer("--ephemeral");
    const folder = await temporaryFolder();
    await copyFile(join(import.meta.dirname, file), join(folder, file));
    const env = { ...clientEnvironment(server.endpoint), TF_IN_AUTOMATION: "1" };
    const succeeds = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(program!, args, { cwd: folder, env, encoding: "utf8" });
      expect(status, `${args[0]}:\n${stdout}${stderr}`).toBe(0);
    };
    succeeds("init", "-input=false", `-plugin-dir=${mirror}`);
    succeeds("apply", "-input=false", "-auto-approve", "-no-color");
    // Exit code 0: no changes; 2: changes.
    succeeds("plan", "-input=false", "-detailed-exitcode", "-no-color");
    succeeds("destroy", "-input=false", "-auto-approve", "-no-color");
  },
);
