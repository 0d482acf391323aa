import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { startServer, temporaryFolder } from "../harness.ts";
import { fillTree, testWith, tool } from "./tool.ts";

testWith("restic")("backs a tree up, forgets, prunes, checks and restores", async () => {
  const data = join(await temporaryFolder(), "data");
  const first = await startServer("--data", data, "--auth", "strict");
  const folder = await temporaryFolder();
  await fillTree(join(folder, "up"));
  const restic = tool("restic", first.endpoint, folder, {
    RESTIC_REPOSITORY: `s3:${first.endpoint}/backup`,
    RESTIC_PASSWORD: "secret",
  });
  await restic("init");
  await restic("backup", "up");
  await writeFile(join(folder, "up/more"), "more");
  await restic("backup", "up");
  await restic("forget", "--keep-last", "1", "--prune");
  expect(await first.end("SIGKILL")).toBe("SIGKILL");
  await startServer("--data", data, "--auth", "strict", "--port", String(first.port));
  expect(await restic("check", "--read-data")).toContain("no errors were found");
  await restic("restore", "latest", "--target", "back");
  expect(JSON.parse(await restic("snapshots", "--json"))).toHaveLength(1);
  await promisify(execFile)("diff", ["-r", "up", join("back", "up")], { cwd: folder });
});
