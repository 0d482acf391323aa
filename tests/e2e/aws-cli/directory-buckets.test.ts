import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startServer, temporaryFolder } from "../harness.ts";
import { cli } from "./cli.ts";

const BUCKET = "cli--use1-az4--x-s3";
const LOCATION =
  "Location={Type=AvailabilityZone,Name=use1-az4},Bucket={Type=Directory,DataRedundancy=SingleAvailabilityZone}";

/** A cloud with a directory bucket, and the AWS CLI to call it. */
async function withDirectory() {
  const folder = await temporaryFolder();
  const server = await startServer("--ephemeral");
  // Directory buckets are addressed by host, which not every resolver knows, unless the endpoint is a number.
  const aws = cli(server, folder, { AWS_ENDPOINT_URL: server.endpoint.replace("localhost", "127.0.0.1") });
  const s3api = (operation: string, ...more: string[]) =>
    aws.json("s3api", operation, "--bucket", BUCKET, ...more);
  const { BucketArn } = await s3api("create-bucket", "--create-bucket-configuration", LOCATION);
  expect(BucketArn).toBe(`arn:aws:s3express:us-east-1:000000000000:bucket/${BUCKET}`);
  return { folder, aws, s3api };
}

test("files are copied to and from a directory, small ones and those in parts", async () => {
  const { folder, aws, s3api } = await withDirectory();
  const large = Buffer.alloc(12 * 2 ** 20, "l");
  await writeFile(join(folder, "small"), "small");
  await writeFile(join(folder, "large"), large);
  await aws("s3", "cp", "small", `s3://${BUCKET}/dir/small`);
  await aws("s3", "cp", "large", `s3://${BUCKET}/dir/large`);
  expect(await aws("s3", "ls", `s3://${BUCKET}/`)).toContain("PRE dir/");
  expect(await aws("s3", "ls", `s3://${BUCKET}/dir/`)).toMatch(/ 12582912 large\n.* 5 small\n/);
  await aws("s3", "cp", `s3://${BUCKET}/dir/large`, "copy");
  expect((await readFile(join(folder, "copy"))).equals(large)).toBe(true);
  await aws("s3", "mv", `s3://${BUCKET}/dir/small`, `s3://${BUCKET}/dir/moved`);
  const { StorageClass, ContentLength } = await s3api("head-object", "--key", "dir/moved");
  expect([StorageClass, ContentLength]).toEqual(["EXPRESS_ONEZONE", 5]);
});

test("directory buckets are listed, their objects appended to and renamed, and emptied ones deleted", async () => {
  const { folder, aws, s3api } = await withDirectory();
  const { Buckets } = await aws.json("s3api", "list-directory-buckets");
  expect(Buckets.map(({ Name }: { Name: string }) => Name)).toEqual([BUCKET]);
  expect(await s3api("head-bucket")).toMatchObject({ BucketLocationName: "use1-az4" });
  await writeFile(join(folder, "line"), "line ");
  const append = (offset: string) =>
    s3api("put-object", "--key", "log", "--body", "line", "--write-offset-bytes", offset);
  await append("0");
  expect(await append("5")).toMatchObject({ Size: 10 });
  await s3api("rename-object", "--key", "renamed", "--rename-source", "log");
  await s3api("get-object", "--key", "renamed", "renamed");
  expect(await readFile(join(folder, "renamed"), "utf8")).toBe("line line ");
  await aws("s3", "rm", "--recursive", `s3://${BUCKET}/`);
  await s3api("delete-bucket");
  expect(await aws.refused("s3api", "head-bucket", "--bucket", BUCKET)).toContain("(404)");
});
