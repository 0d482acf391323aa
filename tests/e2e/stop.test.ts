import { type ClientRequest, request } from "node:http";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { expect, test, vi } from "vitest";
import { type Server, startServer, temporaryFolder } from "./harness.ts";
import { s3Client } from "./sdk-js/client.ts";

vi.setConfig({ testTimeout: 30_000 });

const BODY = Buffer.alloc(1_000_000, "body");
const object = { Bucket: "stopped", Key: "k" };

/** The first half has arrived once its intent file exists. */
async function halfAnUpload(server: Server): Promise<ClientRequest> {
  const s3 = s3Client(server);
  await s3.send(new CreateBucketCommand({ Bucket: object.Bucket })).catch(() => {});
  const url = await getSignedUrl(s3, new PutObjectCommand(object));
  const headers = { "content-length": BODY.length, expect: "100-continue" };
  const upload = request(url, { method: "PUT", headers });
  upload.flushHeaders();
  await new Promise((resolve) => upload.once("continue", resolve));
  await new Promise((resolve) => upload.write(BODY.subarray(0, 500_000), resolve));
  return upload;
}

test("after SIGTERM, an upload in progress completes and is stored", async () => {
  const data = await temporaryFolder();
  const server = await startServer("--data", data);
  const upload = await halfAnUpload(server);
  const ended = server.end("SIGTERM");
  const answered = new Promise<number>((resolve, reject) => {
    upload.once("response", (response) => resolve(response.resume().statusCode!)).once("error", reject);
  });
  await refusesConnections(server);
  upload.end(BODY.subarray(500_000));
  expect([await answered, await ended]).toEqual([200, 0]);

  const { Body } = await s3Client(await startServer("--data", data)).send(new GetObjectCommand(object));
  expect(BODY.equals(await Body!.transformToByteArray())).toBe(true);
});

test("after SIGTERM, the server waits for a silent client only for a limited time", async () => {
  const server = await startServer("--data", await temporaryFolder());
  const upload = await halfAnUpload(server);
  const broken = new Promise<Error>((resolve) => upload.once("error", resolve));
  const started = performance.now();
  expect(await server.end("SIGTERM")).toBe(0);
  expect(performance.now() - started).toBeLessThan(5_500);
  expect(await broken).toMatchObject({ code: "ECONNRESET" });
});

async function refusesConnections({ endpoint }: Server): Promise<void> {
  await expect
    .poll(
      () =>
        fetch(endpoint).then(
          () => "answers",
          () => "refuses",
        ),
      { timeout: 3_000 },
    )
    .toBe("refuses");
}
