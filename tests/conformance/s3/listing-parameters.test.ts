import {
  CreateMultipartUploadCommand,
  ListBucketAnalyticsConfigurationsCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { elementIn, freshBucket, s3Client, type TappedClient } from "./client.ts";
import { send } from "./wire.ts";

/* How listings treat query parameters: of another version, in other spellings, and empty. */

const cloud = conformanceCloud();
let s3: TappedClient;
let Bucket: string;

const MEASURED = "https://github.com/brekkylab/backlot/issues";

beforeAll(async () => {
  s3 = s3Client(cloud);
  Bucket = await freshBucket(s3, "asked");
  await s3.send(new PutObjectCommand({ Bucket, Key: "k" }));
});

const get = (query: string, bucket = Bucket) =>
  send(cloud, { method: "GET", target: bucket === "" ? `/?${query}` : `/${bucket}?${query}` });

async function errorOf(query: string, bucket = Bucket) {
  const { text } = await get(query, bucket);
  return ["Code", "Message", "ArgumentName", "ArgumentValue"].map((name) => elementIn(text, name));
}

for (const [query, message, argument] of [
  [
    "continuation-token=",
    "continuation-token only supported in REST.GET.BUCKET with list-type=2",
    "continuation-token",
  ],
  [
    "start-after=a&continuation-token=b",
    "continuation-token only supported in REST.GET.BUCKET with list-type=2",
    "continuation-token",
  ],
  [
    "list-type=1&start-after=a",
    "startAfter only supported in REST.GET.BUCKET with list-type=2",
    "start-after",
  ],
  ["list-type=2&marker=", "Marker unsupported with REST.GET.BUCKET in list-type=2", "marker"],
] as const) {
  behaviour(`?${query} is refused as a parameter of the other list version`, `${MEASURED}/178`, async () => {
    const refusal = ["InvalidArgument", message, argument, undefined];
    expect(await errorOf(query)).toEqual(refusal);
    expect(await errorOf(query, "no-such-bucket-anywhere")).toEqual(refusal);
  });
}

behaviour(
  "an invalid token is named in the error, but its value is not repeated",
  `${MEASURED}/178`,
  async () => {
    const refusal = [
      "InvalidArgument",
      "The continuation token provided is incorrect",
      "continuation-token",
      undefined,
    ];
    expect(await errorOf("list-type=2&continuation-token=none")).toEqual(refusal);
    expect(await errorOf("continuation-token=!", "")).toEqual(refusal);
  },
);

behaviour("a limit above the maximum is returned as requested", `${MEASURED}/178`, async () => {
  for (const query of ["list-type=2", "", "versions"])
    expect(elementIn((await get(`${query}&max-keys=1001`)).text, "MaxKeys")).toBe("1001");
  expect(elementIn((await get("uploads&max-uploads=1001")).text, "MaxUploads")).toBe("1000");
});

behaviour(
  "ListParts returns at most 1,000 parts",
  doc("AmazonS3/latest/API/API_ListParts.html"),
  async () => {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "parts" }));
    const target = `/${Bucket}/parts?uploadId=${UploadId}&max-parts=1001`;
    expect(elementIn((await send(cloud, { method: "GET", target })).text, "MaxParts")).toBe("1000");
  },
);

behaviour("max-keys may have leading zeros, and no plus sign", `${MEASURED}/178`, async () => {
  expect(elementIn((await get("max-keys=0000000000000007")).text, "MaxKeys")).toBe("7");
  expect(await errorOf("max-keys=%2B5")).toEqual([
    "InvalidArgument",
    "Provided max-keys not an integer or within integer range",
    "max-keys",
    "+5",
  ]);
  expect((await errorOf("max-keys=-007"))[3]).toBe("-7");
  expect(await errorOf("versions&max-keys=-1")).toEqual([
    "InvalidArgument",
    "max-keys cannot be negative",
    "max-keys",
    undefined,
  ]);
});

behaviour("the encoding type is case-insensitive, and returned as requested", `${MEASURED}/178`, async () => {
  for (const query of ["", "list-type=2", "versions", "uploads"])
    expect(elementIn((await get(`${query}&encoding-type=URL`)).text, "EncodingType")).toBe("URL");
});

behaviour("fetch-owner is true only for the value true", `${MEASURED}/178`, async () => {
  for (const [word, isTold] of [
    ["true", true],
    ["false", false],
    ["yes", false],
    ["", false],
  ] as const) {
    const { status, text } = await get(`list-type=2&fetch-owner=${word}`);
    expect([status, text.includes("<Owner>")]).toEqual([200, isTold]);
  }
});

behaviour("the first of several values of a parameter counts", `${MEASURED}/178`, async () => {
  const { text } = await get("max-keys=1&max-keys=abc&prefix=a&prefix=b");
  expect([elementIn(text, "MaxKeys"), elementIn(text, "Prefix")]).toEqual(["1", "a"]);
});

behaviour("empty parameters are returned as empty elements", `${MEASURED}/178`, async () => {
  expect(elementIn((await get("list-type=2&start-after=")).text, "StartAfter")).toBe("");
  expect(elementIn((await get("versions&delimiter=")).text, "Delimiter")).toBe("");
  expect(elementIn((await get("prefix=&continuation-token=", "")).text, "Prefix")).toBe("");
});

behaviour("ListBuckets returns bucket ARNs", "https://github.com/alchemy-run/itty-aws", async () => {
  const { Buckets } = await s3.send(new ListBucketsCommand({}));
  for (const { Name, BucketArn, BucketRegion } of Buckets!)
    expect([BucketArn, BucketRegion]).toEqual([`arn:aws:s3:::${Name}`, undefined]);
});

behaviour("ListBuckets returns the buckets of the requested Region", `${MEASURED}/312`, async () => {
  const inRegion = await s3.send(new ListBucketsCommand({ BucketRegion: "US-EAST-1" }));
  expect(inRegion.Buckets!.map(({ Name }) => Name)).toContain(Bucket);
  expect(await errorOf("bucket-region=eu-west-1", "")).toEqual([
    "InvalidArgument",
    "Requests with bucket-region specified must be made to the corresponding regional endpoint",
    "bucket-region",
    undefined,
  ]);
  expect(await errorOf("bucket-region=mars-1", "")).toEqual([
    "InvalidArgument",
    "Argument value mars-1 is not a valid AWS Region",
    "bucket-region",
    undefined,
  ]);
});

for (const selector of ["analytics", "inventory", "metrics", "intelligent-tiering"]) {
  behaviour(`an empty ${selector} ID lists all configurations`, `${MEASURED}/312`, async () => {
    const { status, text } = await get(`${selector}&id=`);
    expect([status, elementIn(text, "IsTruncated")]).toEqual([200, "false"]);
  });

  behaviour(`listing ${selector} configurations refuses an invalid token`, `${MEASURED}/312`, async () => {
    const { status, text } = await get(`${selector}&continuation-token=none`);
    expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
      400,
      "MalformedContinuationToken",
      "The continuation-token you provided invalid.",
    ]);
  });
}

behaviour("listing configurations ignores an empty token, and returns it", `${MEASURED}/312`, async () => {
  const { text } = await s3.raw(new ListBucketAnalyticsConfigurationsCommand({ Bucket }), {
    query: { "continuation-token": "" },
  });
  expect(elementIn(text, "ContinuationToken")).toBe("");
});
