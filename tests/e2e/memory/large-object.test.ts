import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { expect, onTestFinished, test } from "vitest";
import { launch } from "../harness.ts";
import { patterned, s3Client } from "../sdk-js/client.ts";
import { highestMegabytes, ownMegabytes } from "./watch.ts";

const MB = 2 ** 20;
/** `NUBE_LARGE_MB=5120` tests the largest body of a single PUT. */
const SIZE = Number(process.env.NUBE_LARGE_MB ?? 512) * MB;
const MAX_MB = 100;
const PIECE = patterned(MB);

/**
 * Only Linux distinguishes a process's anonymous memory from mapped pages of the store, which the kernel can
 * drop.
 */
test.skipIf(process.platform !== "linux")(
  "uploading and downloading any size takes less than 100 MB of memory",
  async ({ annotate }) => {
    const folder = await mkdtemp(join(tmpdir(), "nube-large-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const server = await launch(["--data", folder], onTestFinished);
    const s3 = s3Client(server);
    const object = { Bucket: "large", Key: "object" };
    await s3.send(new CreateBucketCommand({ Bucket: object.Bucket }));
    await s3.send(new PutObjectCommand({ ...object, Body: "what is loaded at the first call" }));
    const idle = await ownMegabytes(server.process.pid!);

    const upload = await getSignedUrl(s3, new PutObjectCommand({ ...object, ContentLength: SIZE }));
    const sent = createHash("md5");
    const uploading = await highestMegabytes(server.process.pid!, put(upload, sent));
    const { ETag, Body } = await s3.send(new GetObjectCommand(object));
    expect(ETag).toBe(`"${sent.digest("hex")}"`);

    const received = createHash("md5");
    const downloading = await highestMegabytes(server.process.pid!, pipeline(Body as Readable, received));
    expect(`"${received.digest("hex")}"`).toBe(ETag);
    const more = { uploading: uploading - idle, downloading: downloading - idle };
    await annotate(`${idle} MB idle, more: ${JSON.stringify(more)}`);
    expect(more.uploading).toBeLessThan(MAX_MB);
    expect(more.downloading).toBeLessThan(MAX_MB);
  },
  600_000,
);

async function put(url: string, hash: ReturnType<typeof createHash>): Promise<void> {
  const sending = request(url, { method: "PUT", headers: { "content-length": SIZE } });
  const answered = new Promise<number>((resolve, reject) => {
    sending.once("response", (response) => resolve(response.resume().statusCode!)).once("error", reject);
  });
  async function* pieces() {
    for (let at = 0; at < SIZE; at += PIECE.length) {
      const piece = PIECE.subarray(0, Math.min(PIECE.length, SIZE - at));
      hash.update(piece);
      yield piece;
    }
  }
  await pipeline(Readable.from(pieces()), sending);
  expect(await answered).toBe(200);
}
