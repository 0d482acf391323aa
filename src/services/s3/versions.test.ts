import { expect, test, vi } from "vitest";
import { INLINE_BYTES } from "#kernel/blobs.ts";
import { testCloud } from "#kernel/testing.ts";
import { countedBlobs } from "#kernel/testing-blobs.ts";
import { bodyOf } from "#lib/body.ts";
import { random } from "#lib/random.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { textOf as contentOf } from "./objects/testing.ts";
import { s3 } from "./service.ts";
import { orderOf, versionIdOf } from "./versions.ts";

vi.setConfig({ testTimeout: 30_000 });

test("a version ID encodes its order and is unique", () => {
  const chance = random(1);
  for (const order of [0, 1, 255, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    const id = versionIdOf(order, chance);
    expect(id).toMatch(/^[A-Za-z0-9_-]{32}$/);
    expect(orderOf(id)).toBe(order);
    expect(versionIdOf(order, chance)).not.toBe(id);
  }
  expect(orderOf("null")).toBeUndefined();
  expect(orderOf("x".repeat(31))).toBeUndefined();
  expect(orderOf(`${"x".repeat(31)}!`)).toBeUndefined();
});

test("a version ID never begins with a hyphen", () => {
  const chance = random(2);
  for (let order = 0; order < 1_000; order++) expect(versionIdOf(order, chance)).not.toMatch(/^-/);
});

interface Version {
  id: string;
  /** `undefined` for a delete marker. */
  text: string | undefined;
}

test("puts, deletes and versioning changes match a model of versions", async () => {
  const store = openMemory();
  const blobs = countedBlobs();
  const { aws, advance, close } = await testCloud([s3], { store, blobs });
  const at = { Bucket: "versions", Key: "k" };
  await aws.s3.CreateBucket({ Bucket: at.Bucket });
  const chance = random(11);
  let versioning: "Enabled" | "Suspended" | undefined;
  /** Newest first. */
  let model: Version[] = [];

  const add = (id: string | undefined, text: string | undefined) => {
    if (versioning !== "Enabled") model = model.filter((version) => version.id !== "null");
    model.unshift({ id: versioning === "Enabled" ? id! : "null", text });
  };

  for (let round = 0; round < 400; round++) {
    const choice = chance.below(10);
    if (choice < 4) {
      const text = [`text ${round}`, "", `text ${round}`.repeat(10_000)][chance.below(3)]!;
      const { VersionId } = await aws.s3.PutObject({ ...at, Body: bodyOf(text) });
      expect(VersionId === undefined).toBe(versioning !== "Enabled");
      add(VersionId, text);
    } else if (choice < 6) {
      const answer = await aws.s3.DeleteObject(at);
      expect(answer.DeleteMarker).toBe(versioning && true);
      if (versioning) add(answer.VersionId, undefined);
      else model = [];
    } else if (choice < 9 && model.length > 0) {
      const [gone] = model.splice(chance.below(model.length), 1);
      const answer = await aws.s3.DeleteObject({ ...at, VersionId: gone!.id });
      expect(answer).toEqual({
        VersionId: gone!.id,
        DeleteMarker: gone!.text === undefined ? true : undefined,
      });
    } else if (round > 40) {
      versioning = chance.below(3) > 0 ? "Enabled" : "Suspended";
      await aws.s3.PutBucketVersioning({
        Bucket: at.Bucket,
        VersioningConfiguration: { Status: versioning },
      });
    }
    expect(await textOf()).toBe(model[0]?.text);
    for (const { id, text } of model) expect(await textOf(id)).toBe(text);
    const lengths = model.flatMap(({ text }) => (text ? [text.length] : []));
    expect(await smallBodies()).toBe(lengths.filter((length) => length <= INLINE_BYTES).length);
    await advance("1s");
    expect(blobs.files.size).toBe(lengths.filter((length) => length > INLINE_BYTES).length);
  }
  await close();

  async function smallBodies(): Promise<number> {
    const rows = await store.range({ start: Buffer.alloc(0), end: Buffer.alloc(4, 0xff), limit: 1_000 });
    return rows.filter(({ key }) => String(key).includes("kernel/body/")).length;
  }

  async function textOf(VersionId?: string): Promise<string | undefined> {
    try {
      const { Body } = await aws.s3.GetObject({ ...at, VersionId });
      return await contentOf(Body);
    } catch (error) {
      expect(error).toMatchObject({
        code: VersionId === undefined ? "NoSuchKey" : "MethodNotAllowed",
      });
      return undefined;
    }
  }
});

test("a missing version and a malformed version ID are refused", async () => {
  const { aws, close } = await testCloud([s3]);
  await aws.s3.CreateBucket({ Bucket: "versions" });
  await aws.s3.PutObject({ Bucket: "versions", Key: "k" });
  const get = (VersionId: string) => aws.s3.GetObject({ Bucket: "versions", Key: "k", VersionId });
  await expect(get(versionIdOf(3, random(2)))).rejects.toMatchObject({ code: "NoSuchVersion", status: 404 });
  await expect(get("dsf")).rejects.toMatchObject({
    code: "InvalidArgument",
    members: { ArgumentName: "versionId", ArgumentValue: "dsf" },
  });
  await expect(get("")).rejects.toMatchObject({ message: "Version id cannot be the empty string" });
  await expect(get("null")).resolves.toMatchObject({ VersionId: undefined });
  await close();
});
