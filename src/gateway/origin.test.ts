import { describe, expect, test } from "vitest";
import { ROOT, signed, type TestGateway, testGateway, type WireCall } from "./testing.ts";

/**
 * The attacker: a web page in the browser of a person whose machine runs a cloud. It can send any request
 * that a browser sends for pages, with the key `test`, which is no secret; it cannot choose Host, Origin,
 * Sec-Fetch-* or User-Agent.
 */
const BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const crossSite = (mode: string) => ({
  "sec-fetch-site": "cross-site",
  "sec-fetch-mode": mode,
  "user-agent": BROWSER,
});
const ACTION = "Action=GetCallerIdentity&Version=2011-06-15";
const CREDENTIAL =
  "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20260101%2Fus-east-1%2Fsts%2Faws4_request" +
  "&X-Amz-Date=20260101T000000Z&X-Amz-Expires=604800&X-Amz-SignedHeaders=host&X-Amz-Signature=00";

/** Whether the request passed the origin check: `/b/k` is readable by everyone here. */
const passes = async ({ send }: TestGateway, request: Partial<WireCall>) => {
  const { status, text } = await send({ target: "/b/k", ...request });
  if (status === 403 && request.method !== "HEAD") expect(text).toContain("AccessForbidden");
  return status !== 403;
};

const loopback = () => testGateway({ mode: "loopback" });

describe("pages of other sites", () => {
  test.each([
    "http://evil.com",
    "https://evil.com:4566",
    "null",
    "file://",
    "chrome-extension://abcdefghijklmnop",
    "http://localhost.evil.com",
    "http://evil.localhost.com",
    "http://evillocalhost",
    "http://127.0.0.1.evil.com",
    "http://127.evil.com",
    "http://localhost@evil.com",
    "http://[::1].evil.com",
    "http://amazonaws.com",
    "http://s3.amazonaws.com",
    "http://192.168.0.7:3000",
    "http://localhost, http://evil.com",
    "",
  ])("Origin: %s", async (origin) => {
    const gate = await loopback();
    expect(await passes(gate, { headers: { origin } })).toBe(false);
    // What a page may send without a preflight: fetch in no-cors mode, and forms.
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=b",
    ]) {
      const request = signed(gate.port, { method: "POST", headers: { "content-type": type }, body: ACTION });
      expect(await passes(gate, { ...request, headers: { ...request.headers, origin } })).toBe(false);
    }
    const preflight = { origin, "access-control-request-method": "PUT" };
    const answer = await gate.send({ method: "OPTIONS", target: "/b/k", headers: preflight });
    expect(answer.status).toBe(403);
    expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
    expect(gate.failures).toEqual([]);
  });

  test("images, scripts, frames and links that call an operation", async () => {
    const gate = await loopback();
    for (const query of [ACTION, "%41ction=x", "a=1&Actio%6e=x", "Version=2011-06-15&Action"]) {
      const target = `/?${query}&${CREDENTIAL}`;
      for (const mode of ["no-cors", "navigate", "websocket"]) {
        expect(await passes(gate, { target, headers: crossSite(mode) })).toBe(false);
      }
      // Over plain HTTP, browsers send Sec-Fetch-Site to `localhost` only.
      for (const host of ["localhost.localstack.cloud", "0.0.0.0", "nube", "192.168.0.7"]) {
        expect(await passes(gate, { target, headers: { host, "user-agent": BROWSER } })).toBe(false);
      }
    }
  });

  test("images and scripts that are objects, and forms from a page that hides its origin", async () => {
    const gate = await loopback();
    expect(await passes(gate, { headers: crossSite("no-cors") })).toBe(false);
    expect(await passes(gate, { method: "HEAD", headers: crossSite("no-cors") })).toBe(false);
    expect(await passes(gate, { method: "POST", headers: crossSite("navigate"), body: ACTION })).toBe(false);
  });

  test("may link to an object", async () => {
    const gate = await loopback();
    expect(await passes(gate, { headers: crossSite("navigate") })).toBe(true);
    expect(await passes(gate, { headers: { "user-agent": BROWSER } })).toBe(true);
  });
});

describe("names in Host", () => {
  test.each([
    "evil.com",
    "evil.com:4566",
    "EVIL.com.",
    "localhost.evil.com",
    "127.0.0.1.evil.com",
    "127.0.0.1.nip.io",
    "evillocalhost.com",
    "evil-amazonaws.com",
    "amazonaws.com.evil.com",
    "evil.aws",
    "evil-api.aws",
    "api.aws.evil.com",
    "[::1].evil.com",
    `${"x".repeat(300)}`,
  ])("%s is not a host of this cloud: its DNS may point anywhere", async (host) => {
    const gate = await loopback();
    expect(await passes(gate, { headers: { host } })).toBe(false);
    const reset = { method: "POST", target: "/_nube/reset", headers: { host } };
    expect(await passes(gate, reset)).toBe(false);
    expect(await passes(gate, { ...reset, headers: { host, origin: `http://${host}` } })).toBe(false);
  });

  test.each([
    "localhost",
    "LOCALHOST:4566",
    "localhost.",
    "127.0.0.1:4566",
    "[::1]:4566",
    "192.168.0.7:4566",
    "nube:4566",
    "host.docker.internal:4566",
    "b.s3.us-east-1.localhost:4566",
    "s3.localhost.localstack.cloud:4566",
    "b.s3.amazonaws.com",
    "s3.cn-north-1.amazonaws.com.cn",
    "dynamodb.eu-central-1.amazonaws.com",
    // https://docs.aws.amazon.com/general/latest/gr/rande.html#dual-stack-endpoints
    "dynamodb.eu-central-1.api.aws",
    "dynamodb-fips.us-east-1.api.aws",
    "dynamodb.cn-north-1.api.amazonwebservices.com.cn",
    "cloud.example.com",
    "b.cloud.example.com:4566",
  ])("%s is a host of this cloud", async (host) => {
    const gate = await testGateway({ mode: "loopback", hosts: ["cloud.example.com"] });
    expect(await passes(gate, { headers: { host } })).toBe(true);
  });
});

describe("pages of this machine", () => {
  test.each([
    "http://localhost:3000",
    "https://app.localhost",
    "http://127.0.0.1:5173",
    "http://[::1]:8080",
    "https://cloud.example.com",
  ])("%s may call and read", async (origin) => {
    const gate = await testGateway({ mode: "loopback", hosts: ["cloud.example.com"] });
    const headers = {
      origin,
      "access-control-request-method": "PUT",
      "access-control-request-headers": "x-amz-date",
    };
    const preflight = await gate.send({ method: "OPTIONS", target: "/b/k", headers });
    expect(preflight.status).toBe(200);
    expect(preflight.headers).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-headers": "x-amz-date",
    });
    expect(preflight.headers["access-control-allow-methods"]).toContain("PUT");
    for (const target of ["/b/k", "/%ff?%zz"]) {
      const answer = await gate.send({ target, headers: { origin } });
      expect(answer.headers).toMatchObject({ "access-control-allow-origin": origin, vary: "Origin" });
      expect(answer.headers).not.toHaveProperty("access-control-allow-credentials");
    }
  });

  test.each([
    ["sqs", "AmazonSQS", ["smithy-protocol", "x-amzn-query-error", "x-amzn-requestid"]],
    ["dynamodb", "DynamoDB_20120810", ["smithy-protocol", "x-amzn-requestid", "date"]],
  ])("see every header that an SDK reads of %s", async (service, target, names) => {
    const gate = await loopback();
    const request = signed(gate.port, {
      method: "POST",
      target: `/service/${target}/operation/NoSuch`,
      service,
      headers: { "smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor" },
    });
    const origin = "http://localhost:3000";
    const answer = await gate.send({ ...request, headers: { ...request.headers, origin } });
    const exposed = answer.headers["access-control-expose-headers"]?.split(", ");
    expect(exposed).toEqual(expect.arrayContaining(names));
    for (const name of names) expect(answer.headers).toHaveProperty(name);
  });

  test("a page of the endpoint itself may call it by any of its names", async () => {
    const gate = await loopback();
    const headers = { host: "nube:4566", origin: "http://nube:4566" };
    expect(await passes(gate, { headers })).toBe(true);
    expect(await passes(gate, { headers: { ...headers, origin: "http://nube:3000" } })).toBe(false);
  });
});

test("programs send no Origin, and need none", async () => {
  const gate = await loopback();
  const form = { "content-type": "application/x-www-form-urlencoded" };
  for (const agent of [
    "curl/8.5.0",
    "aws-cli/1.46.2",
    "Mozilla/5.0 (Windows NT; Windows NT 10.0) WindowsPowerShell/5.1",
  ]) {
    const headers = { ...form, "user-agent": agent };
    expect((await gate.call({ method: "POST", headers, body: ACTION })).status).toBe(200);
  }
  expect((await gate.call({ target: `/?${ACTION}` })).status).toBe(200);
});

describe("/_nube", () => {
  test.each([
    "http://localhost:3000",
    "http://127.0.0.1:4566",
    "http://app.localhost:4566",
    "http://evil.com",
    "null",
  ])("rejects pages of %s", async (origin) => {
    const gate = await loopback();
    const { port, stored } = gate;
    await gate.call({ service: "s3", method: "PUT", target: "/b/k", body: "x" });
    for (const target of ["/_nube/reset", "/_nube/stop", "/_localstack/state/reset"]) {
      const headers = { origin, host: "localhost:4566" };
      expect(await passes(gate, { method: "POST", target, headers })).toBe(false);
      expect(await passes(gate, { method: "OPTIONS", target, headers })).toBe(false);
    }
    expect(gate.stops()).toBe(0);
    expect(port).toBeGreaterThan(0);
    expect(stored.size).toBe(1);
  });

  test("accepts pages of the endpoint itself, and programs", async () => {
    const gate = await loopback();
    const host = "localhost:4566";
    const own: Record<string, string>[] = [
      {},
      { origin: "http://localhost:4566" },
      { "sec-fetch-site": "same-origin" },
    ];
    for (const headers of own) {
      const answer = await gate.send({ target: "/_nube/status", headers: { host, ...headers } });
      expect(answer.status).toBe(200);
    }
    for (const site of ["cross-site", "same-site"]) {
      const headers = { host, "sec-fetch-site": site, "sec-fetch-mode": "navigate" };
      expect((await gate.send({ target: "/_nube/status", headers })).status).toBe(403);
    }
  });

  test("strict: only root may administer, anyone may read its health", async () => {
    const gate = await testGateway();
    const reset: Partial<WireCall> = { method: "POST", target: "/_nube/reset", body: "{}" };
    expect((await gate.send(reset)).status).toBe(403);
    expect((await gate.send({ ...reset, target: `/_nube/reset?${CREDENTIAL}` })).status).toBe(403);
    expect((await gate.send({ ...reset, target: "/_nube/reset?X-Amz-Credential=a/b/c/s3/d" })).status).toBe(
      403,
    );
    const wrong = { ...ROOT, secretAccessKey: "wrong" };
    expect((await gate.call({ ...reset, credentials: wrong })).status).toBe(403);
    const forged = signed(gate.port, reset);
    expect((await gate.send({ ...forged, body: '{"x":1}' })).status).toBe(403);
    gate.cloud.ports.credentials = {
      find: async () => ({
        secret: "secret",
        principal: {
          type: "user",
          account: "000000000000",
          arn: "arn:aws:iam::000000000000:user/u",
          id: "AIDA",
        },
      }),
    };
    const user = { accessKeyId: "AKIAUSER", secretAccessKey: "secret" };
    expect((await gate.call({ ...reset, credentials: user })).status).toBe(403);
    expect((await gate.call({ ...reset, service: "nube" })).status).toBe(200);
    expect((await gate.send({ target: "/_nube/health" })).status).toBe(200);
    expect((await gate.send({ target: "/_localstack/health" })).status).toBe(200);
    expect((await gate.send({ target: "/_nube/status" })).status).toBe(403);
  });
});
