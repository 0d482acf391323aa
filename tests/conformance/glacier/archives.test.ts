import { hash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  DeleteArchiveCommand,
  DescribeVaultCommand,
  InitiateJobCommand,
  InitiateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadArchiveCommand,
  UploadMultipartPartCommand,
} from "@aws-sdk/client-glacier";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { bytes, DAY, glacierOf, HOUR, MIB, page, treeHash } from "./glacier.ts";

const cloud = conformanceCloud();
const { client, vault, upload, beginUpload, sendPart, complete } = glacierOf(cloud);
const invalid = (message?: string) => ({
  name: "InvalidParameterValueException",
  ...(message !== undefined && { message }),
  $metadata: { httpStatusCode: 400 },
});
const notFound = { name: "ResourceNotFoundException", $metadata: { httpStatusCode: 404 } };

behaviour(
  "UploadArchive answers 201 with the archive's ID, path and tree hash",
  page("api-archive-post"),
  async () => {
    const on = await vault();
    const body = bytes(2.5 * MIB);
    const answer = await client().send(new UploadArchiveCommand({ ...on, body }));
    expect(answer.$metadata.httpStatusCode).toBe(201);
    expect(answer.archiveId).toMatch(/^[\w-]{138}$/);
    expect(answer.location).toBe(`/000000000000/vaults/${on.vaultName}/archives/${answer.archiveId}`);
    expect(answer.checksum).toBe(treeHash(body));
  },
);

behaviour("each upload creates a new archive", page("api-archive-post"), async () => {
  const on = await vault();
  expect(await upload(on, bytes(10), "same")).not.toBe(await upload(on, bytes(10), "same"));
});

behaviour("UploadArchive refuses bytes with a wrong tree hash", page("api-archive-post"), async () => {
  const on = await vault();
  const checksum = treeHash(bytes(11));
  await expect(
    client().send(new UploadArchiveCommand({ ...on, body: bytes(10), checksum })),
  ).rejects.toMatchObject({
    ...invalid(),
    message: expect.stringMatching(/^Checksum mismatch:/),
  });
});

behaviour("UploadArchive refuses a malformed tree hash", page("api-archive-post"), async () => {
  const on = await vault();
  const input = { ...on, body: bytes(10), checksum: "000" };
  await expect(client().send(new UploadArchiveCommand(input))).rejects.toMatchObject(
    invalid("Invalid x-amz-sha256-tree-hash: 000"),
  );
});

/** A client that changes a header before it signs. */
function changing(change: (headers: Record<string, string>) => void) {
  const changed = client();
  changed.middlewareStack.add(
    (next) => async (args) => {
      change((args.request as { headers: Record<string, string> }).headers);
      return next(args);
    },
    { step: "build", priority: "low" },
  );
  return changed;
}

behaviour("UploadArchive requires a tree hash", page("api-archive-post"), async () => {
  const on = await vault();
  const without = changing((headers) => delete headers["x-amz-sha256-tree-hash"]);
  await expect(without.send(new UploadArchiveCommand({ ...on, body: bytes(10) }))).rejects.toMatchObject({
    name: "MissingParameterValueException",
    $metadata: { httpStatusCode: 400 },
  });
});

behaviour("UploadArchive refuses bytes with a wrong linear hash", page("api-archive-post"), async () => {
  const on = await vault();
  const wrong = changing((headers) => {
    headers["x-amz-content-sha256"] = hash("sha256", "other", "hex");
  });
  await expect(wrong.send(new UploadArchiveCommand({ ...on, body: bytes(10) }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: expect.toSatisfy((status: number) => status === 400 || status === 403) },
  });
  await cloud.advance(DAY);
  expect(await client().send(new DescribeVaultCommand(on))).toMatchObject({ NumberOfArchives: 0 });
});

behaviour("UploadArchive refuses an empty archive", page("working-with-archives"), async () => {
  const on = await vault();
  const empty = changing((headers) => {
    headers["x-amz-sha256-tree-hash"] = hash("sha256", "", "hex");
    headers["x-amz-content-sha256"] = hash("sha256", "", "hex");
  });
  await expect(empty.send(new UploadArchiveCommand({ ...on, body: "" }))).rejects.toMatchObject(invalid());
});

for (const [what, description, isTaken] of [
  ["1,024 printable characters", `${" ~".repeat(512)}`, true],
  ["1,025 characters", "x".repeat(1_025), false],
  ["a control character", "a\tb", false],
] as const) {
  behaviour(
    `a description of ${what} is ${isTaken ? "accepted" : "refused"}`,
    page("api-archive-post"),
    async () => {
      const on = await vault();
      const uploading = upload(on, bytes(10), description);
      if (isTaken) await expect(uploading).resolves.toBeDefined();
      else await expect(uploading).rejects.toMatchObject(invalid());
    },
  );
}

behaviour("UploadArchive requires an existing vault", page("api-archive-post"), async () => {
  await expect(upload({ vaultName: "nowhere" })).rejects.toMatchObject(notFound);
});

behaviour("DeleteArchive answers 204 and deletes the archive", page("api-archive-delete"), async () => {
  const on = await vault();
  const archiveId = await upload(on);
  const answer = await client().send(new DeleteArchiveCommand({ ...on, archiveId }));
  expect(answer.$metadata.httpStatusCode).toBe(204);
  const jobParameters = { Type: "archive-retrieval", ArchiveId: archiveId };
  await expect(client().send(new InitiateJobCommand({ ...on, jobParameters }))).rejects.toMatchObject({
    ...notFound,
    message: `The archive ID was not found: ${archiveId}`,
  });
});

behaviour("DeleteArchive of a deleted archive succeeds", page("api-archive-delete"), async () => {
  const on = await vault();
  const inventoried = await upload(on);
  await cloud.advance(DAY);
  for (const archiveId of [inventoried, await upload(on)]) {
    await client().send(new DeleteArchiveCommand({ ...on, archiveId }));
    const { $metadata } = await client().send(new DeleteArchiveCommand({ ...on, archiveId }));
    expect($metadata.httpStatusCode).toBe(204);
  }
  await cloud.advance(DAY);
  expect(await client().send(new DescribeVaultCommand(on))).toMatchObject({
    NumberOfArchives: 0,
    SizeInBytes: 0,
  });
});

behaviour("DeleteArchive of an archive in another vault fails", page("api-archive-delete"), async () => {
  const archiveId = await upload(await vault());
  await expect(
    client().send(new DeleteArchiveCommand({ ...(await vault()), archiveId })),
  ).rejects.toMatchObject(notFound);
});

behaviour(
  "InitiateMultipartUpload answers 201 with the upload's ID and path",
  page("api-multipart-initiate-upload"),
  async () => {
    const on = await vault();
    const answer = await client().send(new InitiateMultipartUploadCommand({ ...on, partSize: `${4 * MIB}` }));
    expect(answer.$metadata.httpStatusCode).toBe(201);
    expect(answer.uploadId).toMatch(/^[\w-]{92}$/);
    expect(answer.location).toBe(`/000000000000/vaults/${on.vaultName}/multipart-uploads/${answer.uploadId}`);
  },
);

for (const partSize of ["0", "1", "1048575", "3145728", "10485760", "8589934592", "1048576.5", "big"]) {
  behaviour(`a part size of ${partSize} is refused`, page("api-multipart-initiate-upload"), async () => {
    const on = await vault();
    await expect(
      client().send(new InitiateMultipartUploadCommand({ ...on, partSize })),
    ).rejects.toMatchObject(
      invalid(
        `Invalid part size: ${partSize}. Part size must not be null, must be a power of two and be between 1048576 and 4294967296 bytes.`,
      ),
    );
  });
}

for (const partSize of [MIB, 2 * MIB, 1_024 * MIB, 4_096 * MIB]) {
  behaviour(`a part size of ${partSize} is accepted`, page("api-multipart-initiate-upload"), async () => {
    const to = await beginUpload(await vault(), partSize);
    expect(await client().send(new ListPartsCommand(to))).toMatchObject({
      PartSizeInBytes: partSize,
      Parts: [],
    });
  });
}

behaviour("UploadMultipartPart answers 204 with the part's tree hash", page("api-upload-part"), async () => {
  const data = bytes(2 * MIB);
  const to = await beginUpload(await vault(), 2 * MIB);
  const answer = await sendPart(to, data, 0, 2 * MIB);
  expect(answer.$metadata.httpStatusCode).toBe(204);
  expect(answer.checksum).toBe(treeHash(data));
});

const part = (to: Awaited<ReturnType<typeof beginUpload>>, size: number, range: string | undefined) =>
  client().send(new UploadMultipartPartCommand({ ...to, body: bytes(size), range }));

for (const [what, size, range, message] of [
  ["does not begin at a part boundary", MIB, `bytes 1-${MIB}/*`, undefined],
  ["is longer than a part", 2 * MIB, `bytes 0-${2 * MIB - 1}/*`, undefined],
  ["is empty", 10, "bytes 10-9/*", "Invalid Content-Range: bytes 10-9/*"],
  ["has no unit", 10, "0-9/*", "Invalid Content-Range: 0-9/*"],
  [
    "is shorter than the bytes",
    11,
    "bytes 0-9/*",
    "Content-Range: bytes 0-9/* is incompatible with Content-Length: 11",
  ],
  [
    "is longer than the bytes",
    9,
    "bytes 0-9/*",
    "Content-Range: bytes 0-9/* is incompatible with Content-Length: 9",
  ],
  ["is that of the 10,001st part", 10, `bytes ${10_000 * MIB}-${10_000 * MIB + 9}/*`, undefined],
] as const) {
  behaviour(`a part whose range ${what} is refused`, page("api-upload-part"), async () => {
    const to = await beginUpload(await vault());
    await expect(part(to, size, range)).rejects.toMatchObject(invalid(message));
  });
}

behaviour("UploadMultipartPart requires a range", page("api-upload-part"), async () => {
  const to = await beginUpload(await vault());
  await expect(part(to, 10, undefined)).rejects.toMatchObject({ name: "MissingParameterValueException" });
});

behaviour("UploadMultipartPart refuses a wrong tree hash", page("api-upload-part"), async () => {
  const to = await beginUpload(await vault());
  const input = { ...to, body: bytes(10), range: "bytes 0-9/*", checksum: treeHash(bytes(9)) };
  await expect(client().send(new UploadMultipartPartCommand(input))).rejects.toMatchObject(invalid());
  expect((await client().send(new ListPartsCommand(to))).Parts).toEqual([]);
});

behaviour("UploadMultipartPart of a missing upload is refused", page("api-upload-part"), async () => {
  const to = { ...(await vault()), uploadId: "no-such-upload" };
  await expect(part(to, 10, "bytes 0-9/*")).rejects.toMatchObject({
    ...notFound,
    message: "The upload ID was not found: no-such-upload",
  });
});

behaviour(
  "parts may be uploaded in any order, and form one archive",
  page("api-multipart-complete-upload"),
  async () => {
    const data = bytes(3.5 * MIB);
    const to = await beginUpload(await vault());
    for (const number of [3, 1, 0, 2]) await sendPart(to, data, number);
    const answer = await complete(to, data);
    expect(answer.$metadata.httpStatusCode).toBe(201);
    expect(answer.checksum).toBe(treeHash(data));
    expect(answer.location).toBe(`/000000000000/vaults/${to.vaultName}/archives/${answer.archiveId}`);
  },
);

behaviour("uploading a part again replaces it", page("api-upload-part"), async () => {
  const data = bytes(MIB);
  const to = await beginUpload(await vault());
  await sendPart(to, Buffer.alloc(MIB, "wrong"), 0);
  await sendPart(to, data, 0);
  expect((await complete(to, data)).checksum).toBe(treeHash(data));
});

behaviour(
  "a repeated completion returns the same archive",
  page("api-multipart-complete-upload"),
  async () => {
    const data = bytes(10);
    const to = await beginUpload(await vault());
    await sendPart(to, data, 0);
    const first = await complete(to, data);
    expect((await complete(to, data)).archiveId).toBe(first.archiveId);
    await cloud.advance(DAY);
    expect(await client().send(new DescribeVaultCommand(to))).toMatchObject({ NumberOfArchives: 1 });
  },
);

for (const [what, parts, wanted] of [
  ["a part is missing in the middle", [0, 2], "whole"],
  ["the first part is missing", [1, 2], "whole"],
  ["the last part is missing", [0, 1], "whole"],
  ["no part was sent", [], "whole"],
  ["the size is another", [0, 1, 2], "size"],
  ["the tree hash is another", [0, 1, 2], "hash"],
] as const) {
  behaviour(
    `a completion is refused when ${what}, and can be retried`,
    page("api-multipart-complete-upload"),
    async () => {
      const data = bytes(2.5 * MIB);
      const to = await beginUpload(await vault());
      for (const number of parts) await sendPart(to, data, number);
      const input = {
        ...to,
        archiveSize: `${data.length + (wanted === "size" ? 1 : 0)}`,
        checksum: wanted === "hash" ? treeHash(bytes(1)) : treeHash(data),
      };
      await expect(client().send(new CompleteMultipartUploadCommand(input))).rejects.toMatchObject(invalid());
      for (const number of [0, 1, 2]) await sendPart(to, data, number);
      expect((await complete(to, data)).archiveId).toBeDefined();
    },
  );
}

behaviour(
  "a short part that is not the last is accepted, but the completion is refused",
  page("api-upload-part"),
  async () => {
    const to = await beginUpload(await vault());
    await part(to, 10, "bytes 0-9/*");
    await sendPart(to, bytes(2 * MIB), 1);
    const data = Buffer.concat([bytes(10), bytes(2 * MIB).subarray(MIB)]);
    await expect(complete(to, data)).rejects.toMatchObject(invalid());
  },
);

for (const [what, header] of [
  ["the tree hash", "x-amz-sha256-tree-hash"],
  ["the size", "x-amz-archive-size"],
] as const) {
  behaviour(`a completion requires ${what}`, page("api-multipart-complete-upload"), async () => {
    const data = bytes(10);
    const to = await beginUpload(await vault());
    await sendPart(to, data, 0);
    const without = changing((headers) => delete headers[header]);
    const input = { ...to, checksum: treeHash(data), archiveSize: "10" };
    await expect(without.send(new CompleteMultipartUploadCommand(input))).rejects.toMatchObject({
      name: "MissingParameterValueException",
    });
  });
}

behaviour(
  "ListParts returns ranges in order, with tree hashes",
  page("api-multipart-list-parts"),
  async () => {
    const data = bytes(1.5 * MIB);
    const to = await beginUpload(await vault(), MIB, "archive description");
    await sendPart(to, data, 1);
    await sendPart(to, data, 0);
    expect(await client().send(new ListPartsCommand(to))).toMatchObject({
      ArchiveDescription: "archive description",
      MultipartUploadId: to.uploadId,
      PartSizeInBytes: MIB,
      VaultARN: `arn:aws:glacier:us-east-1:000000000000:vaults/${to.vaultName}`,
      CreationDate: expect.stringMatching(/\.\d{3}Z$/),
      Parts: [
        { RangeInBytes: "0-1048575", SHA256TreeHash: treeHash(data.subarray(0, MIB)) },
        { RangeInBytes: "1048576-1572863", SHA256TreeHash: treeHash(data.subarray(MIB)) },
      ],
    });
  },
);

behaviour("ListParts continues at its marker", page("api-multipart-list-parts"), async () => {
  const data = bytes(2.5 * MIB);
  const to = await beginUpload(await vault());
  for (const number of [0, 1, 2]) await sendPart(to, data, number);
  const first = await client().send(new ListPartsCommand({ ...to, limit: 2 }));
  expect(first.Parts).toHaveLength(2);
  const second = await client().send(new ListPartsCommand({ ...to, limit: 2, marker: first.Marker }));
  expect(second.Parts!.map((one) => one.RangeInBytes)).toEqual([`${2 * MIB}-${2.5 * MIB - 1}`]);
  expect(second.Marker).toBeUndefined();
});

behaviour("ListParts of a completed upload fails", page("api-multipart-list-parts"), async () => {
  const to = await beginUpload(await vault());
  await sendPart(to, bytes(10), 0);
  await complete(to, bytes(10));
  await expect(client().send(new ListPartsCommand(to))).rejects.toMatchObject(notFound);
  expect((await client().send(new ListMultipartUploadsCommand(to))).UploadsList).toEqual([]);
});

behaviour(
  "ListMultipartUploads returns uploads in progress",
  page("api-multipart-list-uploads"),
  async () => {
    const on = await vault();
    const first = await beginUpload(on, MIB, "first");
    const second = await beginUpload(on, 2 * MIB);
    const { UploadsList } = await client().send(new ListMultipartUploadsCommand(on));
    expect(UploadsList).toMatchObject([
      { MultipartUploadId: first.uploadId, PartSizeInBytes: MIB, ArchiveDescription: "first" },
      { MultipartUploadId: second.uploadId, PartSizeInBytes: 2 * MIB },
    ]);
    expect(UploadsList![1]).not.toHaveProperty("ArchiveDescription");
  },
);

behaviour("ListMultipartUploads continues at its marker", page("api-multipart-list-uploads"), async () => {
  const on = await vault();
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) ids.push((await beginUpload(on)).uploadId);
  const first = await client().send(new ListMultipartUploadsCommand({ ...on, limit: 2 }));
  const second = await client().send(
    new ListMultipartUploadsCommand({ ...on, limit: 2, marker: first.Marker }),
  );
  const found = [...first.UploadsList!, ...second.UploadsList!].map((one) => one.MultipartUploadId);
  expect(found).toEqual(ids);
  expect(second.Marker).toBeUndefined();
});

behaviour("an aborted upload no longer exists", page("api-multipart-abort-upload"), async () => {
  const to = await beginUpload(await vault());
  await sendPart(to, bytes(10), 0);
  const answer = await client().send(new AbortMultipartUploadCommand(to));
  expect(answer.$metadata.httpStatusCode).toBe(204);
  await expect(client().send(new ListPartsCommand(to))).rejects.toMatchObject(notFound);
  await expect(complete(to, bytes(10))).rejects.toMatchObject(notFound);
  await expect(sendPart(to, bytes(10), 0)).rejects.toMatchObject(notFound);
  expect((await client().send(new ListMultipartUploadsCommand(to))).UploadsList).toEqual([]);
});

behaviour("an upload can be aborted again for a short time", page("api-multipart-abort-upload"), async () => {
  const to = await beginUpload(await vault());
  const abort = () => client().send(new AbortMultipartUploadCommand(to));
  await abort();
  expect((await abort()).$metadata.httpStatusCode).toBe(204);
  await cloud.advance(2 * DAY);
  await expect(abort()).rejects.toMatchObject(notFound);
});

behaviour("a completed upload cannot be aborted", page("api-multipart-abort-upload"), async () => {
  const to = await beginUpload(await vault());
  await sendPart(to, bytes(10), 0);
  await complete(to, bytes(10));
  await expect(client().send(new AbortMultipartUploadCommand(to))).rejects.toMatchObject(notFound);
});

behaviour("an upload without a new part for 24 hours is removed", page("uploading-archive-mpu"), async () => {
  const to = await beginUpload(await vault());
  await cloud.advance(23 * HOUR);
  await sendPart(to, bytes(10), 0);
  await cloud.advance(23 * HOUR);
  expect((await client().send(new ListPartsCommand(to))).Parts).toHaveLength(1);
  await cloud.advance(2 * HOUR);
  await expect(client().send(new ListPartsCommand(to))).rejects.toMatchObject(notFound);
});
