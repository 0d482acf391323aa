import { describe, expect, test } from "vitest";
import { signV2, stringToSignV2 } from "#aws/signature/sigv2.ts";
import type { Credentials } from "#aws/signature/sigv4.ts";
import { wallNow } from "#lib/wall.ts";
import type { AuthMode } from "./authenticate.ts";
import { type Answer, presigned, type SignedCall, signed, type TestGateway, testGateway } from "./testing.ts";

const MINUTE = 60_000;

const form = (action: string, version = "2011-06-15", more = ""): Partial<SignedCall> => ({
  method: "POST",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: `Action=${action}&Version=${version}${more}`,
});
const callerIdentity = form("GetCallerIdentity");
/** One operation per protocol family, known to this cloud but not implemented. */
const describeRegions = { ...form("DescribeRegions", "2016-11-15"), service: "ec2" };
const listTables: Partial<SignedCall> = {
  method: "POST",
  service: "dynamodb",
  headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.ListTables" },
  body: "{}",
};
const listFunctions = { target: "/2015-03-31/functions", service: "lambda" };
const listBuckets = { service: "s3" };

const member = (name: string, { text }: Answer) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];

/** Status and error code, in any protocol. */
function outcome(answer: Answer): string {
  const { status, headers, text } = answer;
  const type = headers["x-amzn-errortype"] ?? (text.startsWith("{") ? JSON.parse(text).__type : undefined);
  const code = type === undefined ? member("Code", answer) : String(type).replace(/^.*#/, "");
  return code === undefined ? String(status) : `${status} ${code}`;
}

async function session({ call }: TestGateway, seconds = 3_600): Promise<Credentials> {
  const answer = await call(form("GetSessionToken", undefined, `&DurationSeconds=${seconds}`));
  expect(answer.status).toBe(200);
  return {
    accessKeyId: member("AccessKeyId", answer)!,
    secretAccessKey: member("SecretAccessKey", answer)!,
    sessionToken: member("SessionToken", answer)!,
  };
}

const BOTH = test.each<AuthMode>(["strict", "loopback"]);
const stranger = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "secret" };
const wrongSecret = { accessKeyId: "test", secretAccessKey: "wrong" };

describe("the caller", () => {
  BOTH("%s: test/test is the root of the default account", async (mode) => {
    const { call } = await testGateway({ mode });
    const answer = await call(callerIdentity);
    expect(member("Arn", answer)).toBe("arn:aws:iam::000000000000:root");
  });

  BOTH("%s: twelve digits and the secret `test` are the root of that account", async (mode) => {
    const { call } = await testGateway({ mode });
    const answer = await call({
      ...callerIdentity,
      credentials: { accessKeyId: "111122223333", secretAccessKey: "test" },
    });
    expect(member("Arn", answer)).toBe("arn:aws:iam::111122223333:root");
  });

  test("loopback: unknown keys are the root of the default account, wrong secrets of root keys their root", async () => {
    const { call } = await testGateway({ mode: "loopback" });
    const accountOf = async (credentials: Credentials) =>
      member("Account", await call({ ...callerIdentity, credentials }));
    expect(await accountOf(stranger)).toBe("000000000000");
    expect(await accountOf(wrongSecret)).toBe("000000000000");
    expect(await accountOf({ accessKeyId: "111122223333", secretAccessKey: "wrong" })).toBe("111122223333");
    expect(
      await accountOf({ ...stranger, accessKeyId: "ASIAIOSFODNN7EXAMPLE", sessionToken: "of AWS" }),
    ).toBe("000000000000");
  });

  test("a key that a service issued is verified, in loopback mode as well", async () => {
    const { call, cloud } = await testGateway({ mode: "loopback" });
    const principal = {
      type: "user",
      account: "111122223333",
      arn: "arn:aws:iam::111122223333:user/u",
      id: "AIDA",
    } as const;
    cloud.ports.credentials = {
      find: async (key) => (key === stranger.accessKeyId ? { secret: "secret", principal } : undefined),
    };
    expect(member("Arn", await call({ ...callerIdentity, credentials: stranger }))).toBe(principal.arn);
    const wrong = { ...stranger, secretAccessKey: "wrong" };
    expect(outcome(await call({ ...callerIdentity, credentials: wrong }))).toBe("403 SignatureDoesNotMatch");
  });
});

describe("strict mode rejects, with each protocol's error", () => {
  test.each([
    [
      "query",
      callerIdentity,
      "403 InvalidClientTokenId",
      "403 SignatureDoesNotMatch",
      "403 MissingAuthenticationToken",
    ],
    ["EC2", describeRegions, "401 AuthFailure", "401 AuthFailure", "403 MissingAuthenticationToken"],
    [
      "JSON",
      listTables,
      "400 UnrecognizedClientException",
      "400 InvalidSignatureException",
      "400 MissingAuthenticationTokenException",
    ],
    [
      "REST-JSON",
      listFunctions,
      "403 UnrecognizedClientException",
      "403 InvalidSignatureException",
      "403 MissingAuthenticationTokenException",
    ],
    ["S3", listBuckets, "403 InvalidAccessKeyId", "403 SignatureDoesNotMatch", undefined],
  ] as const)("%s", async (_, request, unknownKey, mismatch, missing) => {
    const { port, call, send, failures } = await testGateway();
    expect(outcome(await call({ ...request, credentials: stranger }))).toBe(unknownKey);
    expect(outcome(await call({ ...request, credentials: wrongSecret }))).toBe(mismatch);
    const host = { host: "lambda.us-east-1.localhost" };
    const headers = { ...(request as Partial<SignedCall>).headers, ...(request === listFunctions && host) };
    const bare: Partial<SignedCall> = { ...request, headers };
    if (missing) expect(outcome(await send(bare))).toBe(missing);
    const stale = signed(port, { ...request, now: wallNow() - 16 * MINUTE });
    const early = signed(port, { ...request, now: wallNow() + 16 * MINUTE });
    const times = {
      AuthFailure: "400 RequestExpired",
      InvalidAccessKeyId: "403 RequestTimeTooSkewed",
    }[unknownKey.slice(4)];
    expect(outcome(await send(stale))).toBe(times ?? mismatch);
    expect(outcome(await send(early))).toBe(times ?? mismatch);
    if (!times) {
      expect((await send(stale)).text).toContain("Signature expired: ");
      expect((await send(early)).text).toContain("Signature not yet current: ");
    }
    expect(failures).toEqual([]);
  });

  test("a body, a path or a header other than the signed one", async () => {
    const { port, send } = await testGateway();
    const request = signed(port, callerIdentity);
    expect((await send(request)).status).toBe(200);
    expect(outcome(await send({ ...request, body: `${request.body}&X=1` }))).toBe(
      "403 SignatureDoesNotMatch",
    );
    expect(outcome(await send({ ...request, target: "/other" }))).toBe("403 SignatureDoesNotMatch");
    const headers = {
      ...request.headers,
      "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    };
    expect(outcome(await send({ ...request, headers }))).toBe("403 SignatureDoesNotMatch");
  });

  test("an x-amz- header that S3's signature does not cover", async () => {
    const { port, send } = await testGateway();
    const request = signed(port, { ...listBuckets, method: "PUT", target: "/b/k", body: "x" });
    const headers = { ...request.headers, "x-amz-acl": "public-read" };
    expect(outcome(await send({ ...request, headers }))).toBe("403 AccessDenied");
  });

  test("a scope of another service, another day, or no Region", async () => {
    const { port, call, send } = await testGateway();
    const elsewhere = await call({ ...listTables, service: "sts" });
    expect(outcome(elsewhere)).toBe("400 InvalidSignatureException");
    expect(elsewhere.text).toContain("correct service: 'dynamodb'");
    expect(outcome(await call({ ...callerIdentity, region: "nowhere" }))).toBe("403 SignatureDoesNotMatch");
    expect(outcome(await call({ ...listBuckets, region: "nowhere" }))).toBe(
      "400 AuthorizationHeaderMalformed",
    );
    const request = signed(port, callerIdentity);
    const ofS3 = signed(port, listBuckets);
    const day = (headers: Record<string, string>) => ({
      ...headers,
      authorization: headers.authorization!.replace(/\/20\d{6}\//, "/20010101/"),
    });
    const s3Answer = await send({ ...ofS3, headers: day(ofS3.headers!) });
    expect([outcome(s3Answer), member("Message", s3Answer)]).toEqual([
      "400 AuthorizationHeaderMalformed",
      "The authorization header is malformed; Invalid credential date. Date is not the same as X-Amz-Date.",
    ]);
    // A late request is reported as such, even if it has other faults.
    const late = signed(port, { ...listBuckets, now: wallNow() - 16 * MINUTE });
    expect(outcome(await send({ ...late, headers: day(late.headers!) }))).toBe("403 RequestTimeTooSkewed");
    const otherDay = request.headers!.authorization!.replace(/\/20\d{6}\//, "/20010101/");
    expect(
      outcome(await send({ ...request, headers: { ...request.headers, authorization: otherDay } })),
    ).toBe("403 SignatureDoesNotMatch");
  });

  test("an unsigned request to S3 is anonymous", async () => {
    const { send } = await testGateway();
    expect(member("ID", await send({ target: "/" }))).toBe("anonymous");
  });
});

test.each(["x".repeat(5_000), "a/b", "", "us east"])(
  "loopback: an invalid Region name is rejected, because it becomes part of keys: %#",
  async (region) => {
    const { call, failures } = await testGateway({ mode: "loopback" });
    expect((await call({ ...callerIdentity, region })).status).toBeGreaterThanOrEqual(400);
    expect((await call({ ...listBuckets, region })).status).toBe(400);
    expect(failures).toEqual([]);
  },
);

test("loopback: Regions that AWS does not have, such as `local`, are accepted", async () => {
  const { call } = await testGateway({ mode: "loopback" });
  expect((await call({ ...callerIdentity, region: "local", credentials: stranger })).status).toBe(200);
});

describe("session credentials", () => {
  BOTH("%s: stand for their caller, with the right secret", async (mode) => {
    const gate = await testGateway({ mode });
    const credentials = await session(gate);
    expect(member("Arn", await gate.call({ ...callerIdentity, credentials }))).toBe(
      "arn:aws:iam::000000000000:root",
    );
    const wrong = { ...credentials, secretAccessKey: "wrong" };
    expect(outcome(await gate.call({ ...callerIdentity, credentials: wrong }))).toBe(
      "403 SignatureDoesNotMatch",
    );
    expect(outcome(await gate.call({ ...listBuckets, credentials: wrong }))).toBe(
      "403 SignatureDoesNotMatch",
    );
  });

  BOTH("%s: end by the cloud's clock", async (mode) => {
    const gate = await testGateway({ mode });
    const credentials = await session(gate, 900);
    await gate.cloud.time.advance(899 * 1_000);
    expect((await gate.call({ ...callerIdentity, credentials })).status).toBe(200);
    await gate.cloud.time.advance(2_000);
    expect(outcome(await gate.call({ ...callerIdentity, credentials }))).toBe("403 ExpiredToken");
    expect(outcome(await gate.call({ ...listTables, credentials }))).toBe("400 ExpiredTokenException");
    expect(outcome(await gate.call({ ...listBuckets, credentials }))).toBe("400 ExpiredToken");
    expect(outcome(await gate.call({ ...describeRegions, credentials }))).toBe("400 RequestExpired");
  });

  test("strict: a token that is invalid, of another key, or missing", async () => {
    const gate = await testGateway();
    const [one, other] = [await session(gate), await session(gate)];
    const withToken = (sessionToken: string | undefined) => ({
      accessKeyId: one.accessKeyId,
      secretAccessKey: one.secretAccessKey,
      ...(sessionToken !== undefined && { sessionToken }),
    });
    for (const token of [other.sessionToken!, "nonsense", undefined]) {
      const credentials = withToken(token);
      expect(outcome(await gate.call({ ...callerIdentity, credentials }))).toBe("403 InvalidClientTokenId");
      expect(outcome(await gate.call({ ...listTables, credentials }))).toBe(
        "400 UnrecognizedClientException",
      );
      expect(outcome(await gate.call({ ...listBuckets, credentials }))).toBe(
        token === undefined ? "403 InvalidAccessKeyId" : "400 InvalidToken",
      );
    }
  });

  test("are invalid after a reset", async () => {
    const gate = await testGateway();
    const credentials = await session(gate);
    await gate.cloud.reset();
    expect(outcome(await gate.call({ ...callerIdentity, credentials }))).toBe("403 InvalidClientTokenId");
  });
});

describe("presigned URLs", () => {
  BOTH("%s: of a root key are verified: they speak for it to somebody else", async (mode) => {
    const { port, send } = await testGateway({ mode });
    const { method, target } = presigned(port, { target: "/b/k?versionId=1" });
    expect((await send({ method, target })).status).toBe(200);
    const tampered = target.replace("versionId=1", "versionId=2");
    expect(outcome(await send({ method, target: tampered }))).toBe("403 SignatureDoesNotMatch");
    expect(outcome(await send({ method, target: `${target}&versionId=2` }))).toBe(
      "403 SignatureDoesNotMatch",
    );
    expect(outcome(await send({ method: "PUT", target }))).toBe("403 SignatureDoesNotMatch");
    const headers = { "x-amz-acl": "public-read" };
    expect(outcome(await send({ method, target, headers }))).toBe("403 AccessDenied");
  });

  BOTH("%s: end by the cloud's clock", async (mode) => {
    const { port, send, cloud } = await testGateway({ mode });
    const url = presigned(port, { target: "/b/k", expiresIn: 3_600 });
    await cloud.time.advance(3_590_000);
    expect((await send(url)).status).toBe(200);
    await cloud.time.advance(20_000);
    const answer = await send(url);
    expect(outcome(answer)).toBe("403 AccessDenied");
    expect(member("Message", answer)).toBe("Request has expired");
  });

  test("made after the clock was moved, are valid from then", async () => {
    const { port, send, cloud } = await testGateway();
    await cloud.time.advance(90 * 86_400_000);
    // Signatures have a resolution of one second, so within the same second the order is unknown.
    const now = wallNow() + 1_000;
    expect((await send(presigned(port, { target: "/b/k", now }))).status).toBe(200);
  });

  test("also exist outside of S3: STS's prove an identity", async () => {
    const { port, send } = await testGateway();
    const target = "/?Action=GetCallerIdentity&Version=2011-06-15";
    const answer = await send(presigned(port, { service: "sts", target }));
    expect(member("Account", answer)).toBe("000000000000");
  });

  test("of Version 2, as boto3 makes them; with the bucket in the path or in the host", async () => {
    const { send } = await testGateway();
    const url = (path: string, hostBucket?: string, seconds = 60) => {
      const signature = {
        carrier: "query",
        expires: (Math.floor(wallNow() / 1_000) + seconds) * 1_000,
      } as const;
      const raw = { method: "GET", path, query: "", headers: {} };
      const proof = encodeURIComponent(signV2("test", stringToSignV2(raw, [], signature, hostBucket)));
      return `${path}?AWSAccessKeyId=test&Signature=${proof}&Expires=${signature.expires / 1_000}`;
    };
    expect((await send({ target: url("/b/k") })).status).toBe(200);
    expect(outcome(await send({ target: url("/b/k").replace("/b/k", "/b/x") }))).toBe(
      "403 SignatureDoesNotMatch",
    );
    const headers = { host: "b.s3.localhost" };
    expect((await send({ target: url("/k", "b"), headers })).status).toBe(200);
    expect(outcome(await send({ target: url("/k", "c"), headers }))).toBe("403 SignatureDoesNotMatch");
    expect(outcome(await send({ target: url("/b/k", undefined, -1) }))).toBe("403 AccessDenied");
  });

  test("together with another signature are rejected", async () => {
    const { port, call } = await testGateway();
    expect(outcome(await call({ service: "s3", target: presigned(port, { target: "/b/k" }).target }))).toBe(
      "400 InvalidArgument",
    );
  });
});

test("a signature may cover a bucket in the host", async () => {
  const { call, stored } = await testGateway();
  const headers = { host: "bucket.s3.us-east-1.localhost:4566" };
  const answer = await call({ service: "s3", method: "PUT", target: "/k%20ey", body: "x", headers });
  expect(answer.status).toBe(200);
  expect([...stored.keys()]).toEqual(["bucket/k ey"]);
});

test.each([
  "AWS4-HMAC-SHA256",
  "AWS4-HMAC-SHA256 Credential=a/b/c",
  "AWS4-HMAC-SHA256 Credential=/////, SignedHeaders=, Signature=",
  "AWS4-ECDSA-P256-SHA256 Credential=a/20260101/s3/aws4_request, SignedHeaders=host, Signature=00",
  "AWS test",
  "Bearer token",
  "\xff\xfe",
])("a malformed Authorization header is a client error: %s", async (authorization) => {
  for (const mode of ["strict", "loopback"] as const) {
    const { send, failures } = await testGateway({ mode });
    for (const { service: _, ...request } of [
      callerIdentity,
      listTables,
      listFunctions,
      listBuckets,
    ] as Partial<SignedCall>[]) {
      const { status } = await send({ ...request, headers: { ...request.headers, authorization } });
      expect(status === 501 || (status >= 400 && status < 500)).toBe(true);
    }
    expect(failures).toEqual([]);
  }
});
