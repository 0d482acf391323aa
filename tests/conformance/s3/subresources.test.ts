import { hash } from "node:crypto";
import { CreateBucketCommand, HeadBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { elementIn, s3Client, type TappedClient } from "./client.ts";
import { send } from "./wire.ts";

/* Subresource selectors in the query of a bucket or an object. A method that a subresource lacks must not run
   the operation of the bucket or object itself. */

const cloud = conformanceCloud();
let s3: TappedClient;

const MEASURED = "https://github.com/brekkylab/backlot/issues";
const Bucket = "selected-bucket";

beforeAll(async () => {
  s3 = s3Client(cloud);
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "kept" }));
});

const NAMES = ["Code", "Method", "ResourceType"];

async function refusal(method: string, target: string) {
  const { status, headers, text } = await send(cloud, { method, target });
  return [status, ...NAMES.map((name) => elementIn(text, name)), headers.allow];
}

const notAllowed = (method: string, type: string, allow: string | undefined) => [
  405,
  "MethodNotAllowed",
  method,
  type,
  allow,
];

for (const [method, selector, type, allow] of [
  ["DELETE", "acl", "ACL", "GET, PUT"],
  ["DELETE", "versioning=", "VERSIONING", "GET, PUT"],
  ["DELETE", "uploads", "UPLOADS", "POST, GET"],
  ["DELETE", "location", "LOCATION", "GET"],
  ["DELETE", "requestPayment", "REQUEST_PAYMENT", "GET, PUT"],
  ["POST", "policy", "BUCKETPOLICY", "DELETE, GET, PUT"],
  ["GET", "delete", "MULTI_OBJECT_DELETE", "POST"],
  ["GET", "torrent", "TORRENT", undefined],
] as const) {
  behaviour(`${method} of a bucket's ?${selector} is not allowed`, `${MEASURED}/230`, async () => {
    expect(await refusal(method, `/${Bucket}?${selector}`)).toEqual(notAllowed(method, type, allow));
    await s3.send(new HeadBucketCommand({ Bucket }));
  });
}

behaviour("PUT with a subresource does not create a bucket", `${MEASURED}/230`, async () => {
  for (const [selector, type, allow] of [
    ["location", "LOCATION", "GET"],
    ["versions", "BUCKETVERSIONS", "GET"],
    ["policyStatus", "POLICY_STATUS", "GET"],
    ["restore", "RESTORE", "POST"],
  ] as const)
    expect(await refusal("PUT", `/not-made-of-it?${selector}`)).toEqual(notAllowed("PUT", type, allow));
  await expect(s3.send(new HeadBucketCommand({ Bucket: "not-made-of-it" }))).rejects.toThrow();
});

behaviour(
  "a configuration request without its ID neither creates nor deletes the bucket",
  `${MEASURED}/230`,
  async () => {
    for (const selector of ["analytics", "inventory", "metrics", "intelligent-tiering"]) {
      const [put, removed] = [
        await send(cloud, { method: "PUT", target: `/not-made-of-it?${selector}`, body: "<a/>" }),
        await send(cloud, { method: "DELETE", target: `/${Bucket}?${selector}` }),
      ];
      expect([put.status, removed.status]).toEqual([400, 404]);
    }
    await s3.send(new HeadBucketCommand({ Bucket }));
    await expect(s3.send(new HeadBucketCommand({ Bucket: "not-made-of-it" }))).rejects.toThrow();
  },
);

const textOf = async () => (await send(cloud, { method: "GET", target: `/${Bucket}/k` })).text;

for (const [method, selector, type, allow] of [
  ["DELETE", "acl", "ACL", "GET, PUT"],
  ["DELETE", "retention", "OBJECT_LOCK_RETENTION", "GET, PUT"],
  ["DELETE", "versions", "BUCKETVERSIONS", "GET"],
  ["PUT", "uploads", "UPLOADS", "POST, GET"],
  ["PUT", "restore", "RESTORE", "POST"],
  ["PUT", "attributes", "OBJECT_ATTRIBUTES", "GET"],
  ["POST", "tagging", "OBJECT_TAGGING", "DELETE, GET, PUT"],
  ["GET", "select", "SELECT", "POST"],
  ["GET", "torrent", "TORRENT", undefined],
  ["GET", "uploadId=u&partNumber=1", "PART", "PUT"],
] as const) {
  behaviour(`${method} of an object's ?${selector} is not allowed`, `${MEASURED}/230`, async () => {
    expect(await refusal(method, `/${Bucket}/k?${selector}`)).toEqual(notAllowed(method, type, allow));
    expect(await textOf()).toBe("kept");
  });
}

behaviour("the service root has no subresources", `${MEASURED}/230`, async () => {
  const { text } = await send(cloud, { method: "GET", target: "/?location" });
  expect(text).toContain("<ListAllMyBucketsResult");
  expect(await refusal("HEAD", "/?acl")).toEqual([405, undefined, undefined, undefined, "GET"]);
  expect(await refusal("POST", "/?acl&versioning")).toEqual(notAllowed("POST", "SERVICE", "GET"));
});

behaviour("an unknown HTTP method is refused as a bad request", `${MEASURED}/230`, async () => {
  for (const target of ["/", `/${Bucket}`, `/${Bucket}/k?acl`]) {
    const { status, text } = await send(cloud, { method: "PROPFIND", target });
    expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
      400,
      "BadRequest",
      "An error occurred when parsing the HTTP request.",
    ]);
  }
  expect(await refusal("PATCH", `/${Bucket}`)).toEqual(
    notAllowed("PATCH", "BUCKET", "HEAD, DELETE, POST, GET, PUT"),
  );
});

behaviour("HEAD of a subresource is not allowed", `${MEASURED}/267`, async () => {
  for (const [target, allow] of [
    [`/${Bucket}?location`, "GET"],
    [`/${Bucket}?uploads`, "POST, GET"],
    ["/no-such-bucket?tagging", "DELETE, GET, PUT"],
    [`/${Bucket}/k?uploadId=u`, "DELETE, POST, GET"],
    [`/${Bucket}/k?encryption`, "PUT"],
  ] as const) {
    const { status, headers, text } = await send(cloud, { method: "HEAD", target });
    expect([status, headers.allow, headers["content-type"], text]).toEqual([
      405,
      allow,
      "application/xml",
      "",
    ]);
  }
});

behaviour("two subresources in one query conflict", `${MEASURED}/230`, async () => {
  for (const [method, path, first, second] of [
    ["GET", `/${Bucket}?versioning&acl`, "acl", "versioning"],
    ["DELETE", "/no-such-bucket?uploads&versioning", "uploads", "versioning"],
    ["GET", `/${Bucket}/k?tagging&acl`, "acl", "tagging"],
    ["POST", `/${Bucket}/k?uploads&uploadId=u`, "uploadId", "uploads"],
    ["GET", `/${Bucket}/k?tagging&partNumber=1`, "partNumber", "tagging"],
  ] as const) {
    const { status, text } = await send(cloud, { method, target: path });
    const names = ["Code", "Message", "ArgumentName", "ArgumentValue"];
    expect([status, ...names.map((name) => elementIn(text, name))]).toEqual([
      400,
      "InvalidArgument",
      `Conflicting query string parameters: ${first}, ${second}`,
      "ResourceType",
      first,
    ]);
  }
});

behaviour("unknown selectors and the values of selectors are ignored", `${MEASURED}/230`, async () => {
  for (const [target, root] of [
    [`/${Bucket}?Versioning`, "<ListBucketResult"],
    [`/${Bucket}?foo=bar`, "<ListBucketResult"],
    [`/${Bucket}?versioning=1&x-id=Any`, "<VersioningConfiguration"],
    [`/${Bucket}/k?metrics`, "kept"],
  ] as const)
    expect((await send(cloud, { method: "GET", target })).text).toContain(root);
});

behaviour(
  "DeleteObjects uses keys of the bucket, also when sent to an object's path",
  `${MEASURED}/267`,
  async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: "batched" }));
    const body = "<Delete><Object><Key>batched</Key></Object></Delete>";
    const headers = { "content-md5": hash("md5", body, "base64") };
    const { text } = await send(cloud, { method: "POST", target: `/${Bucket}/k?delete`, headers, body });
    expect(elementIn(text, "Deleted")).toBe("<Key>batched</Key>");
    expect(await textOf()).toBe("kept");
  },
);

behaviour("?website must have no value", `${MEASURED}/267`, async () => {
  const { status, text } = await send(cloud, { method: "GET", target: `/${Bucket}?website=x` });
  const names = ["Code", "Message", "ArgumentName", "ArgumentValue"];
  expect([status, ...names.map((name) => elementIn(text, name))]).toEqual([
    400,
    "InvalidArgument",
    "The website parameter must not have a value",
    "website",
    "x",
  ]);
});

behaviour("some bucket subresources are also selected at an object's path", `${MEASURED}/230`, async () => {
  for (const key of ["k", "no-such-key"]) {
    const { text } = await send(cloud, { method: "GET", target: `/${Bucket}/${key}?location` });
    expect(text).toContain("<LocationConstraint");
  }
});

for (const [method, target, status, code, message] of [
  [
    "GET",
    "k?logging",
    400,
    "NoLoggingStatusForKey",
    "There is no such thing as the ?logging sub-resource for a key",
  ],
  [
    "GET",
    "k?versions",
    400,
    "InvalidRequest",
    "There is no such thing as the ?versions sub-resource for a key",
  ],
  ["GET", "k?uploads", 400, "InvalidRequest", "Key is not expected for the GET method ?uploads subresource"],
  ["GET", "?partNumber=1", 400, "InvalidRequest", "Object must have a valid key name."],
  ["DELETE", "?uploadId=u", 400, "InvalidRequest", "A key must be specified"],
  ["POST", "?restore", 400, "UserKeyMustBeSpecified", "User key must be specified."],
] as const) {
  behaviour(`${method} of ${target} is refused as misplaced`, `${MEASURED}/230`, async () => {
    const answer = await send(cloud, { method, target: `/${Bucket}/${target}` });
    expect([answer.status, elementIn(answer.text, "Code"), elementIn(answer.text, "Message")]).toEqual([
      status,
      code,
      message,
    ]);
  });
}
