import { describe, expect, test } from "vitest";
import { AwsError } from "#aws/errors.ts";
import { parseSignature, unsignedHeaders } from "./credential.ts";
import type { ErrorStyle } from "./errors.ts";
import type { Query } from "./request.ts";
import { checkScope, claimedService } from "./scope.ts";

const header = (changes: Record<string, string> = {}) => {
  const parts = {
    Credential: "AKID/20130524/us-east-1/s3/aws4_request",
    SignedHeaders: "host;x-amz-date",
    Signature: "00ff",
    ...changes,
  };
  const text = Object.entries(parts).map(([name, value]) => `${name}=${value}`);
  return { authorization: `AWS4-HMAC-SHA256 ${text.join(", ")}`, "x-amz-date": "20130524T000000Z" };
};

const presigned = (changes: Record<string, string> = {}): Query =>
  Object.entries({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": "AKID/20130524/us-east-1/s3/aws4_request",
    "X-Amz-Date": "20130524T000000Z",
    "X-Amz-Expires": "60",
    "X-Amz-SignedHeaders": "host",
    "X-Amz-Signature": "00ff",
    ...changes,
  }).filter(([, value]) => value !== "");

function refusal(headers: Record<string, string>, query: Query, style: ErrorStyle): string {
  try {
    parseSignature(headers, query, style);
  } catch (error) {
    if (error instanceof AwsError) return `${error.status} ${error.code}: ${error.message}`;
  }
  throw new Error("not refused");
}

test("a request without a signature", () => {
  expect(parseSignature({ host: "x" }, [["list-type", "2"]], "s3")).toBeUndefined();
  expect(parseSignature({ authorization: "Bearer token" }, [], "json")).toBeUndefined();
});

test("the claimed service is available before validation", () => {
  expect(claimedService(header(), [])).toBe("s3");
  expect(claimedService({}, presigned())).toBe("s3");
  expect(claimedService({ authorization: "AWS4-HMAC-SHA256 nonsense" }, [])).toBeUndefined();
  expect(claimedService({}, [])).toBeUndefined();
});

test("Version 2 is S3's, but for that of forms", () => {
  expect(claimedService({ authorization: "AWS AKID:c2lnbmF0dXJl" }, [])).toBe("s3");
  const presignedV2: [string, string][] = [
    ["AWSAccessKeyId", "AKID"],
    ["Expires", "1767225600"],
    ["Signature", "c2lnbmF0dXJl"],
  ];
  expect(claimedService({}, presignedV2)).toBe("s3");
  expect(claimedService({}, [...presignedV2, ["SignatureVersion", "2"]])).toBeUndefined();
});

test.each([",", " ", ", ", ",  "])("header components may be separated by %j", (separator) => {
  const { authorization, ...rest } = header();
  const headers = { authorization: authorization.replaceAll(", ", separator), ...rest };
  expect(parseSignature(headers, [], "s3")).toMatchObject({ accessKeyId: "AKID", signature: "00ff" });
});

test("a Date header replaces X-Amz-Date", () => {
  const { authorization } = header();
  const headers = { authorization, date: "Fri, 24 May 2013 00:00:01 GMT" };
  expect(parseSignature(headers, [], "s3")).toMatchObject({ amzDate: "20130524T000001Z" });
});

describe("S3 rejects", () => {
  const malformed = (detail: string) =>
    `400 AuthorizationHeaderMalformed: The authorization header is malformed; ${detail}`;
  const noDate = "403 AccessDenied: AWS authentication requires a valid Date or x-amz-date header";

  const noSpace =
    "400 InvalidArgument: Authorization header is invalid -- one and only one ' ' (space) required";

  test.each([
    [{ authorization: "Basic" }, noSpace],
    [{ authorization: "Bearer a b" }, "400 InvalidArgument: Unsupported Authorization Type"],
    [{ authorization: "Basic eDp5" }, "400 InvalidArgument: Unsupported Authorization Type"],
    [{ authorization: "AWS4-HMAC-SHA512 x" }, "400 InvalidArgument: Unsupported Authorization Type"],
    [{ authorization: "AWS a b" }, noSpace],
    [
      { authorization: "AWS ab" },
      "400 InvalidArgument: AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
    ],
    [
      { authorization: "AWS a:b:c" },
      "400 InvalidArgument: AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
    ],
    [{ authorization: "AWS a:b" }, noDate],
    [{ authorization: "AWS :b" }, noDate],
    [{ authorization: header({ Signature: "" }).authorization }, noDate],
    [{ authorization: header().authorization }, noDate],
    [{ ...header(), "x-amz-date": "20130231T000000Z" }, noDate],
    [
      header({ Signature: "" }),
      malformed(
        "the authorization header requires three components: Credential, SignedHeaders, and Signature.",
      ),
    ],
    [
      { ...header(), authorization: "AWS4-HMAC-SHA256 abc" },
      malformed('the authorization component "abc" is malformed.'),
    ],
    [
      header({ Credential: "AKID/20130524/s3" }),
      malformed(
        'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
      ),
    ],
    [
      header({ Credential: "AKID/today/us-east-1/s3/aws4_request" }),
      malformed(
        'incorrect date format "today". This date in the credential must be in the format "yyyyMMdd".',
      ),
    ],
    [
      header({ Credential: "AKID/20130524/us-east-1/s3/x" }),
      malformed('incorrect terminal "x". This endpoint uses "aws4_request".'),
    ],
    [
      header({ Credential: "AKID/20130524//s3/aws4_request" }),
      malformed("a non-empty region must be provided in the credential."),
    ],
    [
      header({ SignedHeaders: "x-amz-date" }),
      "403 AccessDenied: 'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    ],
  ])("header %o", (headers, words) => {
    expect(refusal(headers as Record<string, string>, [], "s3")).toBe(words);
  });

  const query = (detail: string) => `400 AuthorizationQueryParametersError: ${detail}`;
  const parameters = query(
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
  );

  test.each([
    [
      { "X-Amz-Algorithm": "AWS4" },
      query('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"'),
    ],
    [{ "X-Amz-Expires": "" }, parameters],
    [{ "X-Amz-Signature": "" }, parameters],
    [
      { "X-Amz-Date": "now" },
      query("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""),
    ],
    [{ "X-Amz-Expires": "1h" }, query("X-Amz-Expires should be a number")],
    [{ "X-Amz-Expires": "-1" }, query("X-Amz-Expires must be non-negative")],
    [
      { "X-Amz-Expires": "604801" },
      query(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
      ),
    ],
    [
      { "X-Amz-Credential": "AKID" },
      query(
        'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
      ),
    ],
    [{ "X-Amz-Credential": "AKID", "X-Amz-Expires": "1h" }, query("X-Amz-Expires should be a number")],
  ])("query %o", (changes, words) => {
    expect(refusal({}, presigned(changes as Record<string, string>), "s3")).toBe(words);
  });

  test.each([
    [header(), presigned()],
    [header(), [["Signature", "x"]] as Query],
    [{} as Record<string, string>, [...presigned(), ["Signature", "x"]] as Query],
  ])("two authentication mechanisms at once", (headers, pairs) => {
    expect(refusal(headers, pairs, "s3")).toBe(
      "400 InvalidArgument: Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
    );
  });

  test.each(["2147483648", "1e9", "-2147483649"])("Version 2 with the expiry %s", (expires) => {
    const pairs: Query = [
      ["Signature", "x"],
      ["AWSAccessKeyId", "a"],
      ["Expires", expires],
    ];
    expect(refusal({}, pairs, "s3")).toBe(
      `403 AccessDenied: Invalid date (should be seconds since epoch): ${expires}`,
    );
  });

  test("Version 2 in the query without its other parameters", () => {
    expect(
      refusal(
        {},
        [
          ["Signature", "x"],
          ["AWSAccessKeyId", "a"],
        ],
        "s3",
      ),
    ).toContain("403 AccessDenied: Query-string");
  });
});

describe("the other services reject", () => {
  test("a signature that lacks a component, with each family's code and status", () => {
    const words =
      "Authorization header requires 'Signature' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) Authorization=";
    const { authorization } = header({ Signature: "" });
    expect(refusal({ authorization }, [], "json")).toContain(`400 IncompleteSignatureException: ${words}`);
    expect(refusal({ authorization }, [], "rest-json")).toContain(
      `403 IncompleteSignatureException: ${words}`,
    );
    expect(refusal({ authorization }, [], "xml")).toContain(`400 IncompleteSignature: ${words}`);
  });

  test.each([
    [
      header({ Credential: "a/b/c/d" }),
      "400 IncompleteSignatureException: Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b/c/d'",
    ],
    [
      header({ Credential: "AKID/20130523/us-east-1/s3/aws4_request" }),
      "400 InvalidSignatureException: Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20130523' != '20130524', from '20130524T000000Z'.",
    ],
    [
      header({ SignedHeaders: "x-amz-date" }),
      "400 InvalidSignatureException: 'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    ],
    [
      { ...header(), "x-amz-date": "201" },
      "400 IncompleteSignatureException: Date must be in ISO-8601 'basic format'. Got '201'. See http://en.wikipedia.org/wiki/ISO_8601",
    ],
    [
      { authorization: "AWS4-HMAC-SHA512 x=y" },
      "400 IncompleteSignatureException: Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'.",
    ],
  ])("%o", (headers, words) => {
    expect(refusal(headers as Record<string, string>, [], "json")).toBe(words);
  });

  test("a query without its parameters, and one together with a header", () => {
    expect(
      refusal(
        {},
        [
          ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
          ["X-Amz-Date", "x"],
          ["X-Amz-Credential", "y"],
        ],
        "xml",
      ),
    ).toBe(
      "400 IncompleteSignature: AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the query-string parameters.",
    );
    expect(refusal(header(), presigned(), "xml")).toBe(
      "403 SignatureDoesNotMatch: Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
  });
});

test("a scope of another service or Region", () => {
  const claim = (region: string, service: string) => ({
    carrier: "header" as const,
    scope: { date: "20130524", region, service },
  });
  const known = (name: string) => name === "eu-west-1";
  expect(() => checkScope(claim("mars-1", "ec2"), "sqs", known, "json")).toThrow(
    "Credential should be scoped to a valid region, not 'mars-1'. Credential should be scoped to correct service: 'sqs'.",
  );
  expect(() => checkScope(claim("mars-1", "s3"), "s3", known, "s3")).toThrow(
    "The authorization header is malformed; the region 'mars-1' is wrong; expecting 'us-east-1'",
  );
  expect(() => checkScope(claim("eu-west-1", "ec2"), "s3", known, "s3")).toThrow(
    'The authorization header is malformed; incorrect service "ec2". This endpoint belongs to "s3".',
  );
  expect(() => checkScope(claim("eu-west-1", "sqs"), "sqs", known, "json")).not.toThrow();
});

describe("Version 4A", () => {
  const asymmetric = (changes: Record<string, string>, regionSet?: string) => {
    const { authorization, ...rest } = header({
      Credential: "AKID/20130524/s3/aws4_request",
      SignedHeaders: "host;x-amz-date;x-amz-region-set",
      ...changes,
    });
    return {
      authorization: authorization.replace("HMAC-SHA256", "ECDSA-P256-SHA256"),
      ...rest,
      ...(regionSet !== undefined && { "x-amz-region-set": regionSet }),
    };
  };

  test("has no Region in its scope, and a Region set", () => {
    for (const style of ["s3", "json"] as const) {
      expect(parseSignature(asymmetric({}, "eu-*,us-east-1"), [], style)).toMatchObject({
        scope: { date: "20130524", region: "", service: "s3" },
        regionSet: "eu-*,us-east-1",
      });
    }
    expect(claimedService(asymmetric({}), [])).toBe("s3");
  });

  test("must have a Region set, and sign it", () => {
    const none = "AWS4-ECDSA-P256-SHA256 requires a 'X-Amz-Region-Set' header.";
    expect(refusal(asymmetric({}), [], "json")).toBe(`400 IncompleteSignatureException: ${none}`);
    expect(refusal(asymmetric({}, ""), [], "s3")).toBe(
      `400 AuthorizationHeaderMalformed: The authorization header is malformed; ${none}`,
    );
    const unsigned = "'X-Amz-Region-Set' must be a 'SignedHeader' in the AWS Authorization.";
    const loose = asymmetric({ SignedHeaders: "host;x-amz-date" }, "*");
    expect(refusal(loose, [], "json")).toBe(`400 InvalidSignatureException: ${unsigned}`);
    expect(refusal(loose, [], "s3")).toBe(`403 AccessDenied: ${unsigned}`);
    const query = presigned({
      "X-Amz-Algorithm": "AWS4-ECDSA-P256-SHA256",
      "X-Amz-Credential": "AKID/20130524/s3/aws4_request",
    });
    expect(refusal({}, query, "xml")).toBe(
      "400 IncompleteSignature: AWS query-string parameters must include 'X-Amz-Region-Set'. Re-examine the query-string parameters.",
    );
  });

  test("has four parts in its credential", () => {
    const five = asymmetric({ Credential: "AKID/20130524/us-east-1/s3/aws4_request" }, "*");
    expect(refusal(five, [], "json")).toContain("must have exactly 4 slash-delimited elements");
    expect(refusal(five, [], "s3")).toContain('expecting "<YOUR-AKID>/YYYYMMDD/SERVICE/aws4_request"');
    const four = header({ Credential: "AKID/20130524/s3/aws4_request" });
    expect(refusal(four, [], "json")).toContain("must have exactly 5 slash-delimited elements");
  });
});

test("x-amz headers that are not signed", () => {
  const claim = parseSignature(header(), [], "s3");
  if (claim?.version !== 4) throw new Error("not a Version 4 signature");
  const headers = {
    ...header(),
    "x-amz-acl": "public-read",
    "x-amz-content-sha256": "x",
    "content-type": "y",
  };
  expect(unsignedHeaders(claim, headers)).toEqual(["x-amz-acl"]);
});

test("headers that differ only in their signature are distinguished", () => {
  const header = (signature: string) =>
    `AWS4-HMAC-SHA256 Credential=AKID/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`;
  const read = (signature: string) =>
    parseSignature({ authorization: header(signature), "x-amz-date": "20130524T000000Z" }, [], "s3");
  for (const digit of ["a", "b", "a"]) {
    expect(read(digit.repeat(64))).toMatchObject({ accessKeyId: "AKID", signature: digit.repeat(64) });
  }
});
