import { hash } from "node:crypto";
import {
  CreateBucketCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutBucketAnalyticsConfigurationCommand,
  PutBucketCorsCommand,
  PutBucketMetricsConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { elementIn, freshBucket, s3Client, type TappedClient } from "./client.ts";
import { send } from "./wire.ts";

/* Parts of responses outside the model: content types, status codes and headers of S3's own. */

const cloud = conformanceCloud();
let s3: TappedClient;
let Bucket: string;
beforeAll(async () => {
  s3 = s3Client(cloud);
  Bucket = await freshBucket(s3, "headers");
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "body" }));
});

const api = (operation: string) => doc(`AmazonS3/latest/API/API_${operation}.html`);
const GATEWAY = "https://github.com/versity/versitygw";

for (const [what, command] of [
  ["ListObjects", () => new ListObjectsCommand({ Bucket })],
  ["ListObjectsV2", () => new ListObjectsV2Command({ Bucket })],
] as const) {
  behaviour(`${what} returns the bucket's Region`, `${GATEWAY}/issues/1814`, async () => {
    const { headers } = await s3.raw(command());
    expect(headers["x-amz-bucket-region"]).toBe("us-east-1");
  });
}

behaviour(
  "a listing returns the bucket's Region, whichever endpoint served it",
  `${GATEWAY}/issues/1814`,
  async () => {
    const elsewhere = { LocationConstraint: "eu-west-1" } as const;
    await s3.send(new CreateBucketCommand({ Bucket: "headers-eu", CreateBucketConfiguration: elsewhere }));
    const { headers } = await s3.raw(new ListObjectsV2Command({ Bucket: "headers-eu" }));
    expect(headers["x-amz-bucket-region"]).toBe("eu-west-1");
  },
);

behaviour(
  "an empty content type is stored as such",
  "https://github.com/google/go-cloud/tree/master/blob/s3blob/testdata/TestConformance/TestWrite",
  async () => {
    const Key = "empty type";
    await s3.raw(new PutObjectCommand({ Bucket, Key, Body: "b" }), { headers: { "content-type": "" } });
    const { headers } = await s3.raw(new GetObjectCommand({ Bucket, Key }));
    expect(headers["content-type"]).toBe("");
  },
);

behaviour("a HEAD response has the content type of the omitted document", api("HeadBucket"), async () => {
  const missing = [
    new HeadBucketCommand({ Bucket: "not-there" }),
    new HeadObjectCommand({ Bucket, Key: "x" }),
  ];
  for (const command of [new HeadBucketCommand({ Bucket }), ...missing]) {
    const { headers, text } = await s3.raw(command);
    expect([headers["content-type"], text]).toEqual(["application/xml", ""]);
  }
});

behaviour("a 304 response has no content type", api("GetObject"), async () => {
  const { ETag } = await s3.send(new HeadObjectCommand({ Bucket, Key: "k" }));
  const { status, headers } = await s3.raw(new GetObjectCommand({ Bucket, Key: "k", IfNoneMatch: ETag }));
  expect([status, headers["content-type"]]).toEqual([304, undefined]);
});

const POLICY = {
  Statement: [
    {
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::000000000000:root" },
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::headers-policy/*",
    },
  ],
};

behaviour(
  "a bucket policy is returned as JSON, and may omit its version",
  `${GATEWAY}/issues/1536`,
  async () => {
    const at = { Bucket: "headers-policy" };
    await s3.send(new CreateBucketCommand(at));
    await s3.send(new PutBucketPolicyCommand({ ...at, Policy: JSON.stringify(POLICY) }));
    const { headers, text } = await s3.raw(new GetBucketPolicyCommand(at));
    expect(headers["content-type"]).toBe("application/json");
    expect(JSON.parse(text)).toEqual({ Version: "2008-10-17", ...POLICY });
  },
);

behaviour("PutBucketAnalyticsConfiguration answers 204", api("PutBucketAnalyticsConfiguration"), async () => {
  const AnalyticsConfiguration = { Id: "a", StorageClassAnalysis: {} };
  const put = new PutBucketAnalyticsConfigurationCommand({ Bucket, Id: "a", AnalyticsConfiguration });
  expect((await s3.raw(put)).status).toBe(204);
});

behaviour("PutBucketMetricsConfiguration answers 204", api("PutBucketMetricsConfiguration"), async () => {
  const put = new PutBucketMetricsConfigurationCommand({
    Bucket,
    Id: "a",
    MetricsConfiguration: { Id: "a" },
  });
  expect((await s3.raw(put)).status).toBe(204);
});

behaviour(
  "a preflight response has the server and request ID of S3",
  doc("AmazonS3/latest/API/RESTOPTIONSobject.html"),
  async () => {
    const origin = "https://app.example.com";
    const CORSRules = [{ AllowedMethods: ["GET"], AllowedOrigins: [origin] }];
    await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
    const { status, headers } = await send(cloud, {
      method: "OPTIONS",
      target: `/${Bucket}/k`,
      headers: { origin, "access-control-request-method": "GET" },
      account: false,
    });
    expect([status, headers.server]).toEqual([200, "AmazonS3"]);
    expect(headers["x-amz-request-id"]).toBeDefined();
    expect(headers["x-amz-id-2"]).toBeDefined();
  },
);

// Misplaced parameters and headers

const errorOf = ({ status, text }: { status: number; text: string }) =>
  [
    status,
    ...["Code", "Message", "ArgumentName", "ArgumentValue"].map((name) => elementIn(text, name)),
  ] as const;

behaviour("a part number without an upload ID is refused", `${GATEWAY}/issues/1226`, async () => {
  const answer = await send(cloud, { method: "PUT", target: `/${Bucket}/k?partNumber=1`, body: "part" });
  expect(errorOf(answer)).toEqual([
    400,
    "InvalidArgument",
    "This operation does not accept partNumber without uploadId",
    "partNumber",
    "partNumber",
  ]);
});

behaviour(
  "PUT with an upload ID but without a part number is refused",
  `${GATEWAY}/issues/1236`,
  async () => {
    const answer = await send(cloud, { method: "PUT", target: `/${Bucket}/k?uploadId=u`, body: "part" });
    expect([
      ...errorOf(answer).slice(0, 2),
      answer.headers.allow,
      elementIn(answer.text, "ResourceType"),
    ]).toEqual([405, "MethodNotAllowed", "DELETE, POST, GET", "UPLOAD"]);
  },
);

behaviour("a 405 response has an Allow header", `${GATEWAY}/issues/1810`, async () => {
  const { status, headers } = await send(cloud, { method: "POST", target: "/" });
  expect([status, headers.allow]).toEqual([405, "GET"]);
});

behaviour("overriding a header that cannot be overridden is refused", `${GATEWAY}/issues/2075`, async () => {
  const target = `/${Bucket}/k?response-etag=dummy`;
  expect(errorOf(await send(cloud, { method: "GET", target }))).toEqual([
    400,
    "InvalidArgument",
    "response-etag is not in the set of overridable response headers. Please refer to the S3 API documentation for a complete list of overridable response headers.",
    "response-etag",
    "dummy",
  ]);
});

for (const method of ["GET", "DELETE"]) {
  behaviour(`${method} refuses a copy source`, `${GATEWAY}/pull/1642`, async () => {
    const headers = { "x-amz-copy-source": "a/b" };
    expect(errorOf(await send(cloud, { method, target: `/${Bucket}/k`, headers }))).toEqual([
      400,
      "InvalidArgument",
      "You can only specify a copy source header for copy requests.",
      "x-amz-copy-source",
      "a/b",
    ]);
  });
}

const BACKLOT = "https://github.com/brekkylab/backlot/issues";

behaviour("a version ID is refused by operations without versions", `${BACKLOT}/312`, async () => {
  for (const [method, target] of [
    ["GET", `/${Bucket}?list-type=2&versionId=v`],
    ["GET", `/${Bucket}/k?uploadId=u&versionId=v`],
    ["POST", `/${Bucket}/k?uploads&versionId=v`],
  ] as const)
    expect(errorOf(await send(cloud, { method, target }))).toEqual([
      400,
      "InvalidArgument",
      "This operation does not accept a version-id.",
      "versionId",
      "v",
    ]);
});

behaviour("checksum mode has one value, which is case-insensitive", `${BACKLOT}/312`, async () => {
  const get = (mode: string) =>
    send(cloud, { method: "GET", target: `/${Bucket}/k`, headers: { "x-amz-checksum-mode": mode } });
  expect((await get("enabled")).headers).toHaveProperty("x-amz-checksum-type");
  for (const mode of ["DISABLED", ""])
    expect(errorOf(await get(mode)).slice(0, 3)).toEqual([
      400,
      "InvalidRequest",
      "Value for x-amz-checksum-mode header is invalid.",
    ]);
});

behaviour("the first unknown object attribute is named in the error", `${BACKLOT}/312`, async () => {
  const headers = { "x-amz-object-attributes": "ETag,Colour,Taste" };
  const answer = await send(cloud, { method: "GET", target: `/${Bucket}/k?attributes`, headers });
  expect(errorOf(answer)).toEqual([
    400,
    "InvalidArgument",
    "Invalid attribute name specified.",
    "x-amz-object-attributes",
    "Colour",
  ]);
});

behaviour(
  "an unsatisfiable range reports the object's size in the error document",
  `${BACKLOT}/312`,
  async () => {
    const headers = { range: "bytes=9-" };
    const answer = await send(cloud, { method: "GET", target: `/${Bucket}/k`, headers });
    expect([answer.status, elementIn(answer.text, "ActualObjectSize")]).toEqual([416, "4"]);
    expect(answer.headers).not.toHaveProperty("content-range");
  },
);

behaviour("the error for tags of a missing object names the full path", `${BACKLOT}/312`, async () => {
  const { text } = await send(cloud, { method: "GET", target: `/${Bucket}/missing?tagging` });
  expect([elementIn(text, "Code"), elementIn(text, "Key")]).toEqual(["NoSuchKey", `${Bucket}/missing`]);
});

behaviour("an invalid max-parts is ignored by GetObjectAttributes", `${GATEWAY}/issues/1806`, async () => {
  for (const limit of ["abc", "-1", "99999999999"]) {
    const headers = { "x-amz-object-attributes": "ObjectSize", "x-amz-max-parts": limit };
    const answer = await send(cloud, { method: "GET", target: `/${Bucket}/k?attributes`, headers });
    expect([answer.status, elementIn(answer.text, "ObjectSize")]).toEqual([200, "4"]);
  }
});

behaviour("the total size of request headers is limited", `${GATEWAY}/issues/2180`, async () => {
  const get = (headers: Record<string, string>) =>
    send(cloud, { method: "GET", target: `/${Bucket}/k`, headers });
  const { status, text } = await get({ "x-large": "a".repeat(9_000) });
  expect([
    status,
    elementIn(text, "Code"),
    elementIn(text, "Message"),
    elementIn(text, "MaxSizeAllowed"),
  ]).toEqual([
    400,
    "RequestHeaderSectionTooLarge",
    "Your request header section exceeds the maximum allowed size.",
    "8192",
  ]);
  expect((await get({ "x-large": "a".repeat(7_000) })).status).toBe(200);
});

behaviour("GetObjectAttributes refuses encryption headers", api("GetObjectAttributes"), async () => {
  const headers = { "x-amz-object-attributes": "ETag", "x-amz-server-side-encryption": "AES256" };
  const answer = await send(cloud, { method: "GET", target: `/${Bucket}/k?attributes`, headers });
  expect(errorOf(answer).slice(0, 3)).toEqual([
    400,
    "InvalidArgument",
    "x-amz-server-side-encryption header is not supported for this operation.",
  ]);
});

behaviour(
  "unprintable metadata is reported by x-amz-missing-meta",
  doc("AmazonS3/latest/userguide/UsingMetadata.html"),
  async () => {
    const headers = { "x-amz-meta-bell": "=?UTF-8?Q?a=07b?=", "x-amz-meta-word": "plain" };
    await send(cloud, { method: "PUT", target: `/${Bucket}/bell`, headers });
    const answer = await send(cloud, { method: "HEAD", target: `/${Bucket}/bell` });
    expect(answer.headers).toMatchObject({ "x-amz-missing-meta": "1", "x-amz-meta-word": "plain" });
    expect(answer.headers).not.toHaveProperty("x-amz-meta-bell");
  },
);

const REDIRECT = doc("AmazonS3/latest/userguide/how-to-page-redirect.html");

behaviour("a website redirect is limited to 2 KB", REDIRECT, async () => {
  const put = (length: number) => {
    const headers = { "x-amz-website-redirect-location": "/".padEnd(length, "a") };
    return send(cloud, { method: "PUT", target: `/${Bucket}/moved`, headers });
  };
  expect(errorOf(await put(2_049)).slice(0, 3)).toEqual([
    400,
    "InvalidRedirectLocation",
    "The length of website redirect location cannot exceed 2,048 characters.",
  ]);
  expect((await put(2_048)).status).toBe(200);
});

for (const [kind, source, most, document] of [
  [
    "cors",
    api("PutBucketCors"),
    65_536,
    (text: string) =>
      `<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>${text}</AllowedOrigin></CORSRule></CORSConfiguration>`,
  ],
  [
    "website",
    api("PutBucketWebsite"),
    131_072,
    (text: string) =>
      `<WebsiteConfiguration><IndexDocument><Suffix>${text}</Suffix></IndexDocument></WebsiteConfiguration>`,
  ],
] as const) {
  behaviour(`the size of a configuration document is limited: ${kind}`, source, async () => {
    const put = (size: number) => {
      const body = document("a".repeat(size - document("").length));
      const headers = { "content-md5": hash("md5", body, "base64") };
      return send(cloud, { method: "PUT", target: `/${Bucket}?${kind}`, headers, body });
    };
    const { status, text } = await put(most + 1);
    expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
      400,
      "MaxMessageLengthExceeded",
      "Your request was too big.",
    ]);
    expect((await put(most)).status).toBe(200);
  });
}

for (const [kind, id, document] of [
  [
    "tagging",
    "",
    (text: string) => `<Tagging><TagSet><Tag><Key>k</Key><Value>${text}</Value></Tag></TagSet></Tagging>`,
  ],
  [
    "logging",
    "",
    (text: string) =>
      `<BucketLoggingStatus><LoggingEnabled><TargetBucket>${Bucket}</TargetBucket><TargetPrefix>${text}</TargetPrefix></LoggingEnabled></BucketLoggingStatus>`,
  ],
  [
    "metrics",
    "&id=m",
    (text: string) =>
      `<MetricsConfiguration><Id>m</Id><Filter><Prefix>${text}</Prefix></Filter></MetricsConfiguration>`,
  ],
] as const) {
  behaviour(
    `a configuration within the size limit is stored: ${kind}`,
    `${GATEWAY}/issues/1206`,
    async () => {
      for (const size of [200_000, 6_000_000]) {
        const body = document("a".repeat(size));
        const headers = { "content-md5": hash("md5", body, "base64") };
        const target = `/${Bucket}?${kind}${id}`;
        expect(errorOf(await send(cloud, { method: "PUT", target, headers, body })).slice(0, 3)).toEqual([
          400,
          "MaxMessageLengthExceeded",
          "Your request was too big.",
        ]);
      }
    },
  );
}

behaviour("the number of keys or rules in a document is limited", api("DeleteObjects"), async () => {
  const body = `<Delete><Object><Key>${"a".repeat(2 ** 23)}</Key></Object></Delete>`;
  const headers = { "content-md5": hash("md5", body, "base64") };
  const answer = await send(cloud, { method: "POST", target: `/${Bucket}?delete`, headers, body });
  expect(errorOf(answer).slice(0, 2)).toEqual([400, "MaxMessageLengthExceeded"]);
});

behaviour("each part of CompleteMultipartUpload requires a part number", `${BACKLOT}/312`, async () => {
  expect(errorOf(await send(cloud, { method: "GET", target: `/${Bucket}/k?partNumber=` }))).toEqual([
    400,
    "InvalidArgument",
    "Part number must be an integer between 1 and 10000, inclusive",
    "partNumber",
    "",
  ]);
});

behaviour("an entry of DeleteObjects without a key is refused", `${BACKLOT}/312`, async () => {
  const body = "<Delete><Object><Key></Key></Object></Delete>";
  const headers = { "content-md5": hash("md5", body, "base64") };
  const answer = await send(cloud, { method: "POST", target: `/${Bucket}?delete`, headers, body });
  expect(errorOf(answer).slice(0, 3)).toEqual([400, "UserKeyMustBeSpecified", "User key must be specified."]);
});

behaviour("DeleteObjects refuses conditions on sizes and times", `${BACKLOT}/312`, async () => {
  for (const condition of ["<Size>4</Size>", "<LastModifiedTime>2026-01-01T00:00:00Z</LastModifiedTime>"]) {
    const body = `<Delete><Object><Key>k</Key>${condition}</Object></Delete>`;
    const headers = { "content-md5": hash("md5", body, "base64") };
    const answer = await send(cloud, { method: "POST", target: `/${Bucket}?delete`, headers, body });
    expect(errorOf(answer).slice(0, 2)).toEqual([400, "MalformedXML"]);
  }
});

behaviour(
  "the error for a wrong Content-MD5 repeats the digest as it was sent",
  `${BACKLOT}/312`,
  async () => {
    const body = "<Delete><Object><Key>k</Key></Object></Delete>";
    const digest = hash("md5", "another", "base64");
    const headers = { "content-md5": digest };
    const { text } = await send(cloud, { method: "POST", target: `/${Bucket}?delete`, headers, body });
    expect(["Code", "ExpectedDigest", "CalculatedDigest"].map((name) => elementIn(text, name))).toEqual([
      "BadDigest",
      digest,
      hash("md5", body, "base64"),
    ]);
  },
);

for (const [authorization, sentence] of [
  ["abc", "Authorization header is invalid -- one and only one ' ' (space) required"],
  ["Bearer a b", "Unsupported Authorization Type"],
] as const) {
  behaviour(`the Authorization ${authorization} is refused as unsupported`, `${BACKLOT}/267`, async () => {
    const unsigned = { authorization };
    const answer = await send(cloud, { method: "GET", target: `/${Bucket}/k`, account: false, unsigned });
    expect(errorOf(answer).slice(0, 4)).toEqual([400, "InvalidArgument", sentence, "Authorization"]);
  });
}

behaviour(
  "the object size of CompleteMultipartUpload must be a number",
  `${GATEWAY}/issues/1398`,
  async () => {
    const body =
      "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>e</ETag></Part></CompleteMultipartUpload>";
    const headers = { "x-amz-mp-object-size": "size" };
    const answer = await send(cloud, { method: "POST", target: `/${Bucket}/k?uploadId=u`, headers, body });
    expect(errorOf(answer).slice(0, 3)).toEqual([
      400,
      "InvalidRequest",
      "Value for x-amz-mp-object-size header is invalid: 'size'",
    ]);
  },
);

behaviour("an invalid date in a condition is ignored", `${GATEWAY}/pull/1508`, async () => {
  for (const name of ["if-modified-since", "if-unmodified-since"]) {
    const headers = { [name]: "yesterday" };
    expect((await send(cloud, { method: "GET", target: `/${Bucket}/k`, headers })).text).toBe("body");
  }
});

behaviour(
  "errors of the S3 Control API are wrapped in an ErrorResponse with request IDs",
  "https://github.com/getmoto/moto/pull/9716",
  async () => {
    const account = "777788889999";
    const reply = await send(cloud, {
      method: "GET",
      target: "/v20180820/configuration/publicAccessBlock",
      headers: { "x-amz-account-id": account },
      account,
    });
    expect(reply.text).toContain("<ErrorResponse><Error><Code>NoSuchPublicAccessBlockConfiguration</Code>");
    expect(reply.text).toContain(`<AccountId>${account}</AccountId></Error><RequestId>`);
    expect(reply.text).toContain(`<HostId>${reply.headers["x-amz-id-2"]}</HostId></ErrorResponse>`);
  },
);
