import { describe, expect, test } from "vitest";
import { AwsError } from "#aws/errors.ts";
import { checkLength, checkPostPolicy, expandFilename, parsePostPolicy } from "./post-policy.ts";
import { parsePostSignature, signPolicy, verifyPostSignature } from "./post-signature.ts";

// biome-ignore lint/suspicious/noTemplateCurlyInString: S3's own variable
const FILENAME = "${filename}";

/** "Example: Browser-based upload using HTTP POST" of the S3 API reference: its lines end in CRLF, and are signed so. */
const example = [
  '{ "expiration": "2015-12-30T12:00:00.000Z",',
  '  "conditions": [',
  '    {"bucket": "sigv4examplebucket"},',
  '    ["starts-with", "$key", "user/user1/"],',
  '    {"acl": "public-read"},',
  '    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},',
  '    ["starts-with", "$Content-Type", "image/"],',
  '    {"x-amz-meta-uuid": "14365123651274"},',
  '    {"x-amz-server-side-encryption": "AES256"},',
  '    ["starts-with", "$x-amz-meta-tag", ""],',
  "",
  '    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},',
  '    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},',
  '    {"x-amz-date": "20151229T000000Z" }',
  "  ]",
  "}",
].join("\r\n");

const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const encode = (text: string) => Buffer.from(text).toString("base64");
const now = Date.UTC(2015, 11, 29);

const exampleFields = new Map([
  ["key", "user/user1/photo.jpg"],
  ["acl", "public-read"],
  ["success_action_redirect", "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"],
  ["content-type", "image/jpeg"],
  ["x-amz-meta-uuid", "14365123651274"],
  ["x-amz-server-side-encryption", "AES256"],
  ["x-amz-credential", "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"],
  ["x-amz-algorithm", "AWS4-HMAC-SHA256"],
  ["x-amz-date", "20151229T000000Z"],
  ["x-amz-meta-tag", ""],
  ["policy", encode(example)],
  ["x-amz-signature", "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"],
]);

const without = (...names: string[]) => new Map([...exampleFields].filter(([name]) => !names.includes(name)));

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof AwsError) return `${error.status} ${error.code}: ${error.message}`;
  }
  throw new Error("not refused");
}

describe("S3's documented example", () => {
  test("is allowed, and its signature is valid", () => {
    const policy = parsePostPolicy(encode(example));
    expect(checkPostPolicy(policy, exampleFields, "sigv4examplebucket", now)).toEqual({
      minimum: 0,
      maximum: Infinity,
    });
    const signature = parsePostSignature(exampleFields);
    expect(signature).toMatchObject({ version: 4, accessKeyId: "AKIAIOSFODNN7EXAMPLE" });
    expect(() => verifyPostSignature(signature!, secret)).not.toThrow();
    expect(() => verifyPostSignature(signature!, "other")).toThrow("The request signature we calculated");
  });

  test("allows only its own bucket, until its expiry", () => {
    const policy = parsePostPolicy(encode(example));
    expect(refusal(() => checkPostPolicy(policy, exampleFields, "other", now))).toBe(
      '403 AccessDenied: Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", "sigv4examplebucket"]',
    );
    expect(
      refusal(() => checkPostPolicy(policy, exampleFields, "sigv4examplebucket", policy.expiration)),
    ).toBe("403 AccessDenied: Invalid according to Policy: Policy expired.");
  });
});

describe("a signature", () => {
  const missing = (name: string) =>
    `400 InvalidArgument: Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`;

  test("in Version 2 is HMAC-SHA1 of the same text", () => {
    const policy = encode("{}");
    const signature = signPolicy(secret, policy);
    const fields = new Map([
      ["awsaccesskeyid", "AKID"],
      ["policy", policy],
      ["signature", signature],
    ]);
    const claim = parsePostSignature(fields);
    expect(claim).toEqual({ version: 2, accessKeyId: "AKID", policy, signature, sessionToken: undefined });
    expect(() => verifyPostSignature(claim!, secret)).not.toThrow();
    fields.delete("signature");
    expect(refusal(() => parsePostSignature(fields))).toBe(missing("Signature"));
  });

  test("is missing, or incomplete", () => {
    expect(
      parsePostSignature(
        new Map([
          ["key", "k"],
          ["policy", "p"],
        ]),
      ),
    ).toBeUndefined();
    expect(refusal(() => parsePostSignature(without("x-amz-signature")))).toBe(missing("X-Amz-Signature"));
    expect(refusal(() => parsePostSignature(without("x-amz-algorithm", "x-amz-credential")))).toBe(
      missing("X-Amz-Algorithm"),
    );
    expect(refusal(() => parsePostSignature(without("policy")))).toBe(missing("Policy"));
  });

  test.each([
    ["x-amz-credential", "AKID", "the Credential is mal-formed"],
    ["x-amz-credential", "AKID/20151230/r/s3/aws4_request", 'Invalid credential date "20151230"'],
    ["x-amz-credential", "AKID/20151229/r/ec2/aws4_request", 'incorrect service "ec2"'],
    ["x-amz-credential", "AKID/20151229/r/s3/x", 'incorrect terminal "x"'],
    ["x-amz-algorithm", "MD5", "X-Amz-Algorithm only supports"],
    ["x-amz-date", "today", "X-Amz-Date must be formated via ISO8601 Long format"],
  ])("with %s=%s is rejected", (name, value, words) => {
    expect(refusal(() => parsePostSignature(new Map([...exampleFields, [name, value]])))).toContain(
      `400 InvalidArgument: ${words}`,
    );
  });
});

describe("a malformed policy", () => {
  const of = (...conditions: unknown[]) =>
    encode(JSON.stringify({ expiration: "2030-01-01T00:00:00Z", conditions }));

  test.each([
    ["", "Expecting '{' but found End-of-Input"],
    ["???", "invalid Base64 encoding."],
    [encode("not json"), "Invalid JSON."],
    [encode("[]"), "Invalid JSON."],
    [encode("{}"), "Policy missing expiration."],
    [encode('{"EXPIRATION":"2030-01-01T00:00:00Z"}'), "Policy missing expiration."],
    [encode('{"expiration":"tomorrow"}'), "Invalid 'expiration' value: 'tomorrow'"],
    [encode('{"expiration":{"toString":1}}'), `Invalid 'expiration' value: '{"toString":1}'`],
    [encode('{"expiration":"2030-01-01T00:00:00Z"}'), "Policy missing conditions."],
    [
      encode('{"expiration":"2030-01-01T00:00:00Z","conditions":{}}'),
      "Invalid 'conditions' value: must be a List.",
    ],
    [of("x"), "Invalid condition test: must be a List or Object."],
    [of({}), "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."],
    [
      of({ a: "1", b: "2" }),
      "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
    ],
    [of({ success_action_status: 201 }), "Invalid Simple-Condition: value must be a string."],
    [of([]), "Invalid Condition: missing operation identifier."],
    [of(["ends-with", "$key", "x"]), "Invalid Condition: unknown operation 'ends-with'."],
    [of(["content-length-range", 0]), "Invalid content-length-range: wrong number of arguments."],
    [of(["eq", "$key"]), "Invalid eq: wrong number of arguments."],
  ])("%.30s", (policy, words) => {
    expect(refusal(() => parsePostPolicy(policy))).toBe(
      `400 InvalidPolicyDocument: Invalid Policy: ${words}`,
    );
  });
});

describe("a condition", () => {
  const check = (condition: unknown, fields: Record<string, string>) => {
    const conditions = [{ bucket: "b" }, condition];
    const policy = encode(JSON.stringify({ expiration: "2030-01-01T00:00:00Z", conditions }));
    return checkPostPolicy(parsePostPolicy(policy), new Map(Object.entries(fields)), "b", now);
  };

  test.each([
    [["eq", "$key", "a"], { key: "a" }],
    [["StArTs-WiTh", "$KeY", "a"], { key: "abc" }],
    [{ AcL: "private" }, { acl: "private" }],
    [["starts-with", "$x-amz-meta-a", ""], {}],
    [["starts-with", "$Content-Type", "image/"], { "content-type": "image/png,image/gif" }],
    [
      ["eq", "$key", "a"],
      { key: "a", "x-ignore-me": "1", file: "f", awsaccesskeyid: "i", signature: "s", policy: "p" },
    ],
  ])("%j allows %o", (condition, fields) => {
    expect(() => check(condition, fields as Record<string, string>)).not.toThrow();
  });

  test.each([
    [["eq", "$key", "x"], { key: "y" }, 'Policy Condition failed: ["eq", "$key", "x"]'],
    [["eq", "key", "x"], { key: "x" }, 'Policy Condition failed: ["eq", "key", "x"]'],
    [["eq", "$key", "x"], { key: "X" }, 'Policy Condition failed: ["eq", "$key", "x"]'],
    [{ acl: "private" }, {}, 'Policy Condition failed: ["eq", "$acl", "private"]'],
    [
      ["starts-with", "$Content-Type", "image/"],
      { "content-type": "image/png,text/html" },
      'Policy Condition failed: ["starts-with", "$Content-Type", "image/"]',
    ],
    [["starts-with", "$key", "a,b"], { key: "a" }, 'Policy Condition failed: ["starts-with", "$key", "a,b"]'],
    [
      ["content-length-range", { toString: 1 }, "10"],
      {},
      'Policy Condition failed: ["content-length-range", {"toString":1}, "10"]',
    ],
    [
      ["content-length-range", "test", "10"],
      {},
      'Policy Condition failed: ["content-length-range", "test", "10"]',
    ],
    [["eq", "$key", "x"], { key: "x", "x-amz-meta-b": "1" }, "Extra input fields: x-amz-meta-b"],
  ])("%j rejects %o", (condition, fields, words) => {
    expect(refusal(() => check(condition, fields as Record<string, string>))).toBe(
      `403 AccessDenied: Invalid according to Policy: ${words}`,
    );
  });

  test.each([
    [5, 10],
    ["5", "10"],
  ])("on the length, from %j to %j, includes both", (minimum, maximum) => {
    const allowed = check(["content-length-range", minimum, maximum], {});
    for (const length of [5, 10]) expect(() => checkLength(length, allowed)).not.toThrow();
    expect(refusal(() => checkLength(11, allowed))).toBe(
      "400 EntityTooLarge: Your proposed upload exceeds the maximum allowed size",
    );
    expect(refusal(() => checkLength(4, allowed))).toBe(
      "400 EntityTooSmall: Your proposed upload is smaller than the minimum allowed size",
    );
  });

  test("may use S3's own escapes", () => {
    const policy = encode('{"expiration":"2030-01-01T00:00:00Z","conditions":[["eq","\\$key","\\\\$a\\v"]]}');
    expect(parsePostPolicy(policy).conditions).toEqual([{ operator: "eq", field: "$key", value: "\\$a\v" }]);
  });
});

test("the file's name is inserted without its folders", () => {
  const fields = new Map([
    ["key", `u/${FILENAME}`],
    ["policy", FILENAME],
  ]);
  for (const name of ["a$&.jpg", "C:\\x\\a$&.jpg", "x/a$&.jpg"]) {
    expect(expandFilename(fields, name)).toEqual(
      new Map([
        ["key", "u/a$&.jpg"],
        ["policy", FILENAME],
      ]),
    );
  }
  expect(expandFilename(fields, undefined)).toEqual(fields);
});
