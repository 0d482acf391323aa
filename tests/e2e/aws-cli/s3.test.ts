import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { patterned } from "../sdk-js/client.ts";
import { DURABLE, onStores } from "../stores.ts";
import { type Cli, cli } from "./cli.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nube-cli-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

onStores(DURABLE, (cloud) => {
  let aws: Cli;
  beforeAll(() => {
    aws = cli(cloud(), folder);
  });

  test("mb, cp, ls, mv, rm and rb work", async () => {
    expect(await aws("s3", "mb", "s3://tour")).toBe("make_bucket: tour\n");
    expect(await aws("s3", "ls")).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d tour$/m);
    await writeFile(join(folder, "note"), "hello");
    const copy = await aws("s3", "cp", "--no-progress", "note", "s3://tour/a/note.txt");
    expect(copy).toBe("upload: ./note to s3://tour/a/note.txt\n");
    await aws("s3", "cp", "--quiet", "s3://tour/a/note.txt", "s3://tour/b/copy.txt");
    await aws("s3", "mv", "--quiet", "s3://tour/b/copy.txt", "s3://tour/b/moved.txt");
    expect(await aws("s3", "ls", "s3://tour")).toBe(`${" ".repeat(27)}PRE a/\n${" ".repeat(27)}PRE b/\n`);
    const all = await aws("s3", "ls", "--recursive", "--summarize", "s3://tour");
    expect(all).toMatch(/ 5 a\/note\.txt\n.* 5 b\/moved\.txt\n\nTotal Objects: 2\n +Total Size: 10\n$/);
    expect(await aws("s3", "cp", "s3://tour/b/moved.txt", "-")).toBe("hello");
    expect(await aws.refused("s3", "rb", "s3://tour")).toContain("(BucketNotEmpty)");
    await aws("s3", "rm", "--recursive", "--quiet", "s3://tour/a");
    expect(await aws.refused("s3", "ls", "s3://tour/a/")).toBe("");
    await aws("s3", "rb", "--force", "s3://tour");
    expect(await aws.refused("s3", "ls", "s3://tour")).toContain("(NoSuchBucket)");
  });

  test("a large file is uploaded and copied in parts", async () => {
    const bytes = patterned(20 * 2 ** 20 + 7);
    await writeFile(join(folder, "large"), bytes);
    await aws("s3", "mb", "s3://large");
    await aws("s3", "cp", "--quiet", "large", "s3://large/one");
    await aws("s3", "cp", "--quiet", "--metadata", "made=by-hand", "s3://large/one", "s3://large/two");
    const { ETag, ContentLength } = await aws.json(
      "s3api",
      "head-object",
      "--bucket",
      "large",
      "--key",
      "two",
    );
    expect(ETag).toMatch(/-3"$/);
    expect(ContentLength).toBe(bytes.length);
    await aws("s3", "cp", "--quiet", "s3://large/two", "back");
    expect((await readFile(join(folder, "back"))).equals(bytes)).toBe(true);
  });

  test("a presigned URL can be read without credentials", async () => {
    await aws("s3", "mb", "s3://given");
    await writeFile(join(folder, "given"), "for you");
    await aws("s3", "cp", "--quiet", "given", "s3://given/dir/a b+c");
    const url = (await aws("s3", "presign", "s3://given/dir/a b+c", "--expires-in", "60")).trim();
    expect(await (await fetch(url)).text()).toBe("for you");
    const forged = await fetch(url.replace("a%20b", "another"));
    expect(forged.status).toBe(403);
  });

  test("session credentials belong to the account that requested them", async () => {
    const { Credentials } = await aws.json("sts", "get-session-token");
    const { AccessKeyId: id, SecretAccessKey: secret, SessionToken: token } = Credentials;
    const named = cli(cloud(), folder, {
      AWS_ACCESS_KEY_ID: id,
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_SESSION_TOKEN: token,
    });
    expect(await named.json("sts", "get-caller-identity")).toMatchObject({ Account: "000000000000" });
    await named("s3", "mb", "s3://by-session");
    expect(await aws("s3", "ls")).toContain("by-session");
    const wrong = cli(cloud(), folder, {
      AWS_ACCESS_KEY_ID: id,
      AWS_SECRET_ACCESS_KEY: "wrong",
      AWS_SESSION_TOKEN: token,
    });
    expect(await wrong.refused("s3", "ls")).toContain("(SignatureDoesNotMatch)");
  });
});
