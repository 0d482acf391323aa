import { createHash } from "node:crypto";
import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { bucketAccess } from "./bucket-access.ts";
import { elementIn } from "./client.ts";
import { send } from "./wire.ts";

/* Anonymous callers, and the errors for operations that S3 refuses them whatever a policy allows. */

const cloud = conformanceCloud();
const { anonymous, put, open } = bucketAccess(cloud);

const REST = doc("AmazonS3/latest/API/RESTServiceGET.html");

const forbidden = (what: string) => ({
  name: "AccessDenied",
  message: `Anonymous users cannot ${what}.  Please authenticate.`,
  $metadata: { httpStatusCode: 403 },
});

behaviour(
  "CreateMultipartUpload is refused to anonymous callers",
  "https://github.com/scylladb/scylladb/issues/13425",
  async () => {
    const Bucket = await open({ Action: "s3:*" });
    const begun = anonymous().send(new CreateMultipartUploadCommand({ Bucket, Key: "m" }));
    await expect(begun).rejects.toMatchObject(forbidden("initiate multipart uploads"));
  },
);

for (const [what, command] of [
  ["an object", (Bucket: string) => new CopyObjectCommand({ Bucket, Key: "c", CopySource: `${Bucket}/k` })],
  [
    "a part",
    (Bucket: string) =>
      new UploadPartCopyCommand({
        Bucket,
        Key: "m",
        CopySource: `${Bucket}/k`,
        UploadId: "u",
        PartNumber: 1,
      }),
  ],
] as const) {
  behaviour(
    `CopyObject of ${what} is refused to anonymous callers`,
    "https://github.com/Seagate/cortx-prvsnr/issues/2908",
    async () => {
      for (const Bucket of [await open({ Action: "s3:*" }), await open()])
        await expect(anonymous().send(command(Bucket) as CopyObjectCommand)).rejects.toMatchObject(
          forbidden("copy objects"),
        );
    },
  );
}

behaviour(
  "DeleteObjects refuses anonymous callers key by key",
  "https://github.com/minio/mint/pull/116",
  async () => {
    const Bucket = await open();
    await put(Bucket, "a");
    const Objects = [{ Key: "a" }, { Key: "k" }];
    const { Deleted, Errors } = await anonymous().send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects } }),
    );
    expect(Deleted).toBeUndefined();
    expect(Errors?.map(({ Key, Code }) => [Key, Code])).toEqual([
      ["a", "AccessDenied"],
      ["k", "AccessDenied"],
    ]);
  },
);

behaviour("an anonymous GET of the service root is redirected to the product page of S3", REST, async () => {
  const { status, headers, text } = await send(cloud, { method: "GET", target: "/", account: false });
  expect([status, headers.location, text]).toEqual([307, "https://aws.amazon.com/s3/", ""]);
});

behaviour(
  "an empty Authorization header counts as anonymous",
  doc("AmazonS3/latest/API/sigv4-auth-using-authorization-header.html"),
  async () => {
    const Bucket = await open();
    const answer = await send(cloud, {
      method: "PUT",
      target: `/${Bucket}/k`,
      body: "x",
      account: false,
      unsigned: { authorization: "" },
    });
    expect([answer.status, elementIn(answer.text, "Code")]).toEqual([403, "AccessDenied"]);
  },
);

behaviour(
  "CreateBucket is refused to anonymous callers",
  "https://github.com/brekkylab/backlot/issues/335",
  async () => {
    const answer = await send(cloud, { method: "PUT", target: "/nobodys-bucket", account: false });
    expect([answer.status, elementIn(answer.text, "Code"), elementIn(answer.text, "Message")]).toEqual([
      403,
      "AccessDenied",
      "Anonymous users cannot invoke this API. Please authenticate.",
    ]);
  },
);

behaviour(
  "ownership controls are refused to anonymous callers",
  "https://github.com/brekkylab/backlot/issues/312",
  async () => {
    const Bucket = await open({ Action: "s3:*" });
    for (const [method, action] of [
      ["GET", "Get"],
      ["PUT", "Put"],
      ["DELETE", "Put"],
    ] as const) {
      const target = `/${Bucket}?ownershipControls`;
      const body =
        method === "PUT"
          ? "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>"
          : "";
      const answer = await send(cloud, { method, target, body, account: false });
      expect([answer.status, elementIn(answer.text, "Code"), elementIn(answer.text, "Message")]).toEqual([
        403,
        "AccessDenied",
        `s3:${action}BucketOwnershipControls does not support Anonymous requests!`,
      ]);
    }
  },
);

const sent = async (body: string, hash: string) => {
  const Bucket = await open({ Action: "s3:*" });
  const headers = { "x-amz-content-sha256": hash, "x-amz-decoded-content-length": "4" };
  const request = { target: `/${Bucket}/sent`, account: false as const };
  const answer = await send(cloud, { ...request, method: "PUT", headers, body });
  return { ...answer, kept: (await send(cloud, { ...request, method: "GET" })).text };
};

for (const hash of ["nonsense", createHash("sha256").update("else").digest("hex")]) {
  behaviour(
    `the payload hash of an anonymous request is not verified: ${hash}`,
    "https://github.com/versity/versitygw/issues/1423",
    async () => {
      const { status, text } = await sent("body", hash);
      expect([status, elementIn(text, "Code"), elementIn(text, "ClientComputedContentSHA256")]).toEqual([
        400,
        "XAmzContentSHA256Mismatch",
        hash,
      ]);
    },
  );
}

const STREAMED = "https://github.com/versity/versitygw/pull/1555";

behaviour("an anonymous aws-chunked body is decoded", STREAMED, async () => {
  const { status, kept } = await sent("4\r\nbody\r\n0\r\n\r\n", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
  expect([status, kept]).toEqual([200, "body"]);
});

behaviour("signed chunks are refused in an anonymous request", STREAMED, async () => {
  const { status, text } = await sent("", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
    400,
    "InvalidRequest",
    "Anonymous requests don't support this x-amz-content-sha256 value. Please use UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER.",
  ]);
});
