import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { startServer, temporaryFolder } from "../harness.ts";
import { fillTree, testWith, tool } from "./tool.ts";

testWith("s3cmd")("syncs a tree both ways, and configures a bucket", async () => {
  const { endpoint } = await startServer("--ephemeral", "--auth", "strict");
  const folder = await temporaryFolder();
  await fillTree(join(folder, "up"));
  const { host } = new URL(endpoint);
  const run = tool("s3cmd", endpoint, folder);
  const common = [
    "--config=/dev/null",
    "--no-ssl",
    `--host=${host}`,
    `--host-bucket=${host}`,
    "--no-progress",
  ];
  const s3cmd = (...args: string[]) => run(...common, "--access_key=test", "--secret_key=test", ...args);
  await s3cmd("mb", "s3://tree");
  await s3cmd("sync", "--multipart-chunk-size-mb=5", "up/", "s3://tree/p/");
  expect(await s3cmd("sync", "up/", "s3://tree/p/")).not.toContain("upload:");
  await s3cmd("sync", "s3://tree/p/", "down/");
  await promisify(execFile)("diff", ["-r", "up", "down"], { cwd: folder });

  // s3cmd signs links with version 2.
  const signed = (await s3cmd("signurl", "s3://tree/p/a b/a b.txt", "+600")).trim();
  expect((await fetch(signed)).status).toBe(200);
  // s3cmd copies the source's ACL, which a bucket without ACLs refuses.
  await expect(s3cmd("cp", "s3://tree/p/big", "s3://tree/copy")).rejects.toThrow(
    "AccessControlListNotSupported",
  );
  await s3cmd("cp", "--acl-private", "s3://tree/p/big", "s3://tree/copy");

  const rule = "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>";
  await writeFile(
    join(folder, "cors"),
    `<CORSConfiguration><CORSRule>${rule}</CORSRule></CORSConfiguration>`,
  );
  await s3cmd("setcors", "cors", "s3://tree");
  await s3cmd("expire", "--expiry-days=5", "--expiry-prefix=x", "s3://tree");
  expect(await s3cmd("getlifecycle", "s3://tree")).toContain("<Days>5</Days>");
  await s3cmd("ws-create", "--ws-index=index.html", "s3://tree");
  expect(await s3cmd("ws-info", "s3://tree")).toContain("index.html");
  await s3cmd("rb", "--recursive", "--force", "s3://tree");
  expect(await s3cmd("ls")).toBe("");
});
