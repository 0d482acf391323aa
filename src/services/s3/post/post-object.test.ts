import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AwsError } from "#aws/errors.ts";
import { signPolicy, verifyPostSignature } from "#aws/signature/post-signature.ts";
import { ANONYMOUS, rootOf } from "#kernel/calls/principal.ts";
import { TEST_PLACE, type TestCloud, testCloud } from "#kernel/testing.ts";
import { s3 as service } from "../service.ts";
import { postObject } from "./post-object.ts";

// biome-ignore lint/suspicious/noTemplateCurlyInString: S3's own variable
const FILENAME = "${filename}";
const bucket = "uploads";
const secret = "secret";
const scope = { date: "20260101", region: "us-east-1", service: "s3" };

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await testCloud([service]);
  await cloud.aws.s3.CreateBucket({ Bucket: bucket });
});
afterAll(() => cloud.close());

const ANY = [
  "key",
  "content-type",
  "success_action_status",
  "success_action_redirect",
  "x-amz-meta-uuid",
  "tagging",
  "acl",
];

/** Returns the fields with a signed policy that allows them. */
function signed(fields: Record<string, string>, conditions: unknown[] = []): Record<string, string> {
  const own = {
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": `AKIA/${scope.date}/${scope.region}/s3/aws4_request`,
    "x-amz-date": "20260101T000000Z",
  };
  const document = {
    expiration: "2026-01-01T01:00:00Z",
    conditions: [
      { bucket },
      ...ANY.map((name) => ["starts-with", `$${name}`, ""]),
      own,
      ...conditions,
    ].flatMap((one) =>
      one === own ? Object.entries(own).map(([name, value]) => ({ [name]: value })) : [one],
    ),
  };
  const policy = Buffer.from(JSON.stringify(document)).toString("base64");
  return { ...fields, ...own, policy, "x-amz-signature": signPolicy(secret, policy, scope) };
}

async function post(
  fields: Record<string, string>,
  file: string | Uint8Array,
  filename = "C:\\cats\\a b.txt",
) {
  const lines = Object.entries(fields).map(
    ([name, value]) => `--edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const head = `${lines.join("")}--edge\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\nContent-Type: text/plain\r\n\r\n`;
  const form = Buffer.concat([Buffer.from(head), Buffer.from(file), Buffer.from("\r\n--edge--\r\n")]);
  return postObject({
    bucket,
    contentType: "multipart/form-data; boundary=edge",
    body: (async function* () {
      for (let at = 0; at < form.length; at += 10_000) yield form.subarray(at, at + 10_000);
    })(),
    url: `http://localhost:4566/${bucket}`,
    now: cloud.cloud.clock.now(),
    async callerOf(claim) {
      if (!claim) return cloud.as(ANONYMOUS);
      verifyPostSignature(claim, secret);
      return cloud.as(rootOf(TEST_PLACE.account));
    },
  });
}

async function refused(call: Promise<unknown>) {
  const error = await call.catch((reason) => reason);
  expect(error).toBeInstanceOf(AwsError);
  return error as AwsError;
}

const etag = '"8d777f385d3dfec8815d20f7496026dc"';

describe("the object", () => {
  test("has the properties of the form fields", async () => {
    const tagging = "<Tagging><TagSet><Tag><Key>a b</Key><Value>1+2</Value></Tag></TagSet></Tagging>";
    const fields = {
      key: `in/${FILENAME}`,
      "Content-Type": "text/css",
      "x-amz-meta-uuid": "42",
      tagging,
    };
    await post(signed(fields), "data");
    const Key = "in/a b.txt";
    expect(await cloud.aws.s3.HeadObject({ Bucket: bucket, Key })).toMatchObject({
      ContentLength: 4,
      ContentType: "text/css",
      ETag: etag,
      Metadata: { uuid: "42" },
    });
    expect(await cloud.aws.s3.GetObjectTagging({ Bucket: bucket, Key })).toMatchObject({
      TagSet: [{ Key: "a b", Value: "1+2" }],
    });
  });

  test("may be large", async () => {
    const file = Buffer.alloc(300_000, "0123456789");
    await post(signed({ key: "large" }), file);
    expect(await cloud.aws.s3.HeadObject({ Bucket: bucket, Key: "large" })).toMatchObject({
      ContentLength: 300_000,
    });
  });
});

describe("the response", () => {
  const location = `http://localhost:4566/${bucket}/a%2Fb+c`;
  const key = "a/b c";
  const expected = {
    "x-amz-server-side-encryption": "AES256",
    "x-amz-checksum-crc64nvme": expect.any(String),
    "x-amz-checksum-type": "FULL_OBJECT",
  };

  test.each(["", "204", "300"])("is empty for success_action_status %o", async (status) => {
    const fields: Record<string, string> = status ? { key, success_action_status: status } : { key };
    expect(await post(signed(fields), "data")).toEqual({
      status: 204,
      headers: { etag, location, ...expected },
      body: "",
    });
  });

  test("is a document for 201, and empty for 200", async () => {
    expect(await post(signed({ key, success_action_status: "200" }), "data")).toMatchObject({
      status: 200,
      body: "",
    });
    const { status, headers, body } = await post(signed({ key, success_action_status: "201" }), "data");
    expect(status).toBe(201);
    expect(headers).toEqual({ etag, location, ...expected, "content-type": "application/xml" });
    expect(body.replaceAll("&quot;", '"')).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse><Location>${location}</Location><Bucket>${bucket}</Bucket><Key>a/b c</Key><ETag>${etag}</ETag></PostResponse>`,
    );
  });

  test("redirects with bucket, key and ETag, unless the URL is invalid", async () => {
    const to = async (success_action_redirect: string) =>
      (await post(signed({ key, success_action_redirect }), "data")).headers.location;
    const query = `bucket=${bucket}&key=a%2Fb+c&etag=%228d777f385d3dfec8815d20f7496026dc%22`;
    expect(await to("https://example.com/done")).toBe(`https://example.com/done?${query}`);
    expect(await to("https://example.com/done?x=1#top")).toBe(`https://example.com/done?x=1&${query}#top`);
    expect(await to("nowhere")).toBe(location);
    expect(await to("javascript:alert(1)")).toBe(location);
  });
});

describe("a form is refused", () => {
  test("without a key", async () => {
    expect(await refused(post(signed({}), "data"))).toMatchObject({
      code: "InvalidArgument",
      message:
        "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
      members: { ArgumentName: "key" },
    });
  });

  test("without a signature or with that of another secret", async () => {
    expect(await refused(post({ key: "k" }, "data"))).toMatchObject({ code: "AccessDenied", status: 403 });
    const forged = { ...signed({ key: "k" }), "x-amz-signature": "0".repeat(64) };
    expect(await refused(post(forged, "data"))).toMatchObject({ code: "SignatureDoesNotMatch" });
  });

  test("that violates its policy, and no object is stored", async () => {
    const conditions = [["eq", "$key", "other"]];
    expect(await refused(post(signed({ key: "denied" }, conditions), "data"))).toMatchObject({
      code: "AccessDenied",
      message: 'Invalid according to Policy: Policy Condition failed: ["eq", "$key", "other"]',
    });
    for (const [minimum, maximum, code] of [
      [0, 3, "EntityTooLarge"],
      [5, 9, "EntityTooSmall"],
    ]) {
      const range = [["content-length-range", minimum, maximum]];
      expect(await refused(post(signed({ key: "denied" }, range), "data"))).toMatchObject({ code });
    }
    await expect(cloud.aws.s3.HeadObject({ Bucket: bucket, Key: "denied" })).rejects.toMatchObject({
      code: "NoSuchKey",
    });
  });

  test("for tags that are malformed, and for an ACL", async () => {
    expect(await refused(post(signed({ key: "k", tagging: "a=b" }), "data"))).toMatchObject({
      code: "MalformedXML",
    });
    expect(await refused(post(signed({ key: "k", acl: "public-read" }), "data"))).toMatchObject({
      code: "AccessControlListNotSupported",
    });
  });
});
