import { PutBucketLifecycleConfigurationCommand } from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { signPolicy } from "#aws/signature/post-signature.ts";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { elementIn, freshBucket, s3Client } from "./client.ts";

/* Forms with arbitrary policy documents, signed with Signature Version 2. */

const cloud = conformanceCloud();
let Bucket: string;
beforeAll(async () => {
  Bucket = await freshBucket(s3Client(cloud), "forms");
});

const POLICY = doc("AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html");
const UPLOAD = doc("AmazonS3/latest/API/RESTObjectPOST.html");
const FORM = doc("AmazonS3/latest/API/sigv4-HTTPPOSTForms.html");

const FIELDS = { key: "user/file", "Content-Type": "text/plain" };

async function sent(policy: object, fields: Record<string, string> = FIELDS) {
  const encoded = Buffer.from(JSON.stringify(policy)).toString("base64");
  const signature = signPolicy("test", encoded);
  const form = new FormData();
  for (const [name, value] of Object.entries({
    ...fields,
    AWSAccessKeyId: "test",
    signature,
    policy: encoded,
  }))
    form.append(name, value);
  form.append("file", new Blob(["data"]), "file.txt");
  return fetch(`${cloud.endpoint}/${Bucket}`, { method: "POST", body: form });
}

async function post(policy: object, fields?: Record<string, string>) {
  const answer = await sent(policy, fields);
  const text = await answer.text();
  return [answer.status, elementIn(text, "Code"), elementIn(text, "Message")];
}

const expiration = "2100-01-01T00:00:00Z";
const defaultConditions = () => [
  { bucket: Bucket },
  ["starts-with", "$key", "user/"],
  { "content-type": "text/plain" },
];
const withConditions = (...more: unknown[]) => ({
  expiration,
  conditions: [...defaultConditions(), ...more],
});

const ALLOWED: [string, () => object, Record<string, string>?][] = [
  ["that covers all fields of the form", () => withConditions()],
  [
    "whose operators and field names differ in case",
    () => ({
      expiration,
      conditions: [{ Bucket }, ["StArTs-WiTh", "$KeY", "user/"], ["starts-with", "$Content-Type", ""]],
    }),
  ],
  ["without a condition for an x-ignore- field", () => withConditions(), { ...FIELDS, "x-ignore-me": "1" }],
  [
    "when the names of the form's fields differ in case",
    () => withConditions(),
    { KEY: "user/file", "content-TYPE": "text/plain" },
  ],
  [
    "whose content-length-range includes the file's size",
    () => withConditions(["content-length-range", 4, 4]),
  ],
  [
    "with a prefix that the metadata have",
    () => withConditions(["starts-with", "$x-amz-meta-tag", "re"]),
    { ...FIELDS, "x-amz-meta-tag": "red" },
  ],
];
for (const [what, policy, fields] of ALLOWED) {
  behaviour(`a form is accepted by a policy ${what}`, POLICY, async () => {
    expect(await post(policy(), fields)).toEqual([204, undefined, undefined]);
  });
}

const DENIED: [string, () => object, Record<string, string> | undefined, string][] = [
  [
    "has no condition for the bucket",
    () => ({ expiration, conditions: defaultConditions().slice(1) }),
    undefined,
    "Extra input fields: bucket",
  ],
  [
    "has no condition for a field of the form",
    () => withConditions(),
    { ...FIELDS, "x-amz-meta-a": "1" },
    "Extra input fields: x-amz-meta-a",
  ],
  [
    "requires a field that the form does not have",
    () => withConditions({ acl: "private" }),
    undefined,
    'Policy Condition failed: ["eq", "$acl", "private"]',
  ],
  [
    "requires another bucket",
    () => ({ expiration, conditions: [{ bucket: "another" }] }),
    undefined,
    'Policy Condition failed: ["eq", "$bucket", "another"]',
  ],
  [
    "names a field without a dollar sign",
    () => withConditions(["eq", "key", "user/file"]),
    undefined,
    'Policy Condition failed: ["eq", "key", "user/file"]',
  ],
  [
    "has expired",
    () => ({ ...withConditions(), expiration: "2020-01-01T00:00:00Z" }),
    undefined,
    "Policy expired.",
  ],
];
for (const [what, policy, fields, why] of DENIED) {
  behaviour(`a form is denied if its policy ${what}`, POLICY, async () => {
    expect(await post(policy(), fields)).toEqual([
      403,
      "AccessDenied",
      `Invalid according to Policy: ${why}`,
    ]);
  });
}

const INVALID: [string, () => object, string][] = [
  ["an expiration", () => ({ conditions: defaultConditions() }), "Policy missing expiration."],
  [
    "an expiration whose name is in lower case",
    () => ({ EXPIRATION: expiration, conditions: defaultConditions() }),
    "Policy missing expiration.",
  ],
  [
    "an expiration that is a timestamp",
    () => ({ ...withConditions(), expiration: "soon" }),
    "Invalid 'expiration' value: 'soon'",
  ],
  ["conditions", () => ({ expiration }), "Policy missing conditions."],
  [
    "conditions whose name is in lower case",
    () => ({ expiration, CONDITIONS: defaultConditions() }),
    "Policy missing conditions.",
  ],
  [
    "exactly one property in each simple condition",
    () => withConditions({}),
    "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
  ],
  [
    "known operators",
    () => withConditions(["ends-with", "$key", "e"]),
    "Invalid Condition: unknown operation 'ends-with'.",
  ],
  [
    "a minimum and a maximum in content-length-range",
    () => withConditions(["content-length-range", 1]),
    "Invalid content-length-range: wrong number of arguments.",
  ],
  [
    "lengths that are not negative",
    () => withConditions(["content-length-range", -1, 9]),
    "Invalid content-length-range: must not be negative.",
  ],
];
for (const [what, policy, why] of INVALID) {
  behaviour(`a policy requires ${what}`, POLICY, async () => {
    expect(await post(policy())).toEqual([400, "InvalidPolicyDocument", `Invalid Policy: ${why}`]);
  });
}

const INCOMPLETE: [string, Record<string, string>, string][] = [
  ["a key", { "Content-Type": "text/plain" }, "key"],
  ["a policy if it has a signature", { key: "k", AWSAccessKeyId: "test", signature: "x" }, "Policy"],
  ["a signature if it has an access key", { key: "k", AWSAccessKeyId: "test", policy: "e30=" }, "Signature"],
];
for (const [what, fields, missing] of INCOMPLETE) {
  behaviour(`a form requires ${what}`, FORM, async () => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", new Blob(["data"]), "file.txt");
    const answer = await fetch(`${cloud.endpoint}/${Bucket}`, { method: "POST", body: form });
    const text = await answer.text();
    expect([
      answer.status,
      elementIn(text, "Code"),
      elementIn(text, "ArgumentName"),
      elementIn(text, "Message"),
    ]).toEqual([
      400,
      "InvalidArgument",
      missing,
      `Bucket POST must contain a field named '${missing}'.  If it is specified, please check the order of the fields.`,
    ]);
  });
}

behaviour(
  "a binary file in a field other than file is refused as malformed text",
  "https://github.com/eddturtle/direct-upload/issues/14",
  async () => {
    const form = new FormData();
    form.append("key", "k");
    form.append("upload", new Blob([Uint8Array.of(0xff, 0xd8, 0xff)]), "photo.jpg");
    const answer = await fetch(`${cloud.endpoint}/${Bucket}`, { method: "POST", body: form });
    const text = await answer.text();
    expect(answer.status).toBe(400);
    expect(text).toContain(
      "<Code>InvalidArgument</Code><Message>Malformed Unicode code sequence in the field.</Message><ArgumentName>formField</ArgumentName><RequestId>",
    );
  },
);

behaviour(
  "a policy with elements other than expiration and conditions is refused",
  "https://stackoverflow.com/q/31169349",
  async () => {
    const policy = { Version: "2012-10-17", Statement: [] };
    expect(await post(policy)).toEqual([
      400,
      "InvalidPolicyDocument",
      "Invalid Policy: Unexpected: 'statement'",
    ]);
  },
);

behaviour(
  "the fields before the file have a size limit, which the error reports",
  "https://github.com/waynehoover/s3_direct_upload/issues/45",
  async () => {
    const answer = await sent(withConditions(), { ...FIELDS, "x-ignore-me": "a".repeat(30_000) });
    const text = await answer.text();
    expect([
      answer.status,
      elementIn(text, "Code"),
      elementIn(text, "Message"),
      elementIn(text, "MaxPostPreDataLengthBytes"),
    ]).toEqual([
      400,
      "MaxPostPreDataLengthExceeded",
      "Your POST request fields preceeding the upload file was too large.",
      "20480",
    ]);
  },
);

behaviour("the response reports the file's checksum and expiration", UPLOAD, async () => {
  const Rules = [
    { ID: "soon", Status: "Enabled" as const, Filter: { Prefix: "user/" }, Expiration: { Days: 1 } },
  ];
  await s3Client(cloud).send(
    new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }),
  );
  const { headers } = await sent(withConditions());
  expect(headers.get("x-amz-checksum-crc64nvme")).toMatch(/^[\w+/]{11}=$/);
  expect(headers.get("x-amz-checksum-type")).toBe("FULL_OBJECT");
  expect(headers.get("x-amz-expiration")).toMatch(/^expiry-date=".+ 00:00:00 GMT", rule-id="soon"$/);
});

behaviour(
  "the Location of the response encodes spaces in the key as plus signs",
  "https://github.com/layervault/layervault_ruby_client/issues/8",
  async () => {
    const answer = await sent(withConditions(), { ...FIELDS, key: "user/a copy" });
    expect(answer.headers.get("location")).toBe(`${cloud.endpoint}/${Bucket}/user%2Fa+copy`);
  },
);
