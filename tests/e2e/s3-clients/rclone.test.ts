import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { startServer, temporaryFolder } from "../harness.ts";
import { fillTree, testWith, tool } from "./tool.ts";

testWith("rclone")("syncs a tree both ways, checks, copies, moves, links and purges it", async () => {
  const { endpoint } = await startServer("--ephemeral", "--auth", "strict");
  const folder = await temporaryFolder();
  await fillTree(join(folder, "up"));
  const rclone = tool("rclone", endpoint, folder, {
    RCLONE_CONFIG: "/dev/null",
    RCLONE_CONFIG_CLOUD_TYPE: "s3",
    RCLONE_CONFIG_CLOUD_PROVIDER: "Other",
    RCLONE_CONFIG_CLOUD_ENV_AUTH: "true",
    RCLONE_CONFIG_CLOUD_ENDPOINT: endpoint,
    RCLONE_CONFIG_CLOUD_CHUNK_SIZE: "5M",
    RCLONE_CONFIG_CLOUD_UPLOAD_CUTOFF: "6M",
  });
  await rclone("sync", "up", "cloud:tree/p");
  await rclone("check", "--download", "up", "cloud:tree/p");
  await rclone("sync", "cloud:tree/p", "down");
  await rclone("check", "up", "down");
  await rclone("copy", "cloud:tree/p", "cloud:tree/q");
  await rclone("check", "cloud:tree/p", "cloud:tree/q");
  await rclone("moveto", "cloud:tree/q/big", "cloud:tree/q/b+ g");
  await rclone("touch", "--timestamp", "2020-01-02T03:04:05", "cloud:tree/q/b+ g");
  const [moved] = JSON.parse(await rclone("lsjson", "cloud:tree/q/b+ g"));
  expect(moved).toMatchObject({
    Size: 12 * 2 ** 20 + 1,
    ModTime: expect.stringMatching(/^2020-01-02T03:04:05/),
  });
  const linked = await fetch((await rclone("link", "--expire", "1h", "cloud:tree/q/b+ g")).trim());
  expect(Buffer.from(await linked.arrayBuffer()).equals(await readFile(join(folder, "up/big")))).toBe(true);
  await rclone("purge", "cloud:tree");
  expect(await rclone("lsd", "cloud:")).toBe("");
});
