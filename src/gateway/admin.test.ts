import { describe, expect, test } from "vitest";
import { type TestGateway, testGateway } from "./testing.ts";

const loopback = () => testGateway({ mode: "loopback" });

async function ask({ send }: TestGateway, line: string, body?: unknown) {
  const [method = "", target = ""] = line.split(" ");
  const sent = body === undefined || typeof body === "string" ? (body as string) : JSON.stringify(body);
  const { status, headers, text } = await send({ method, target, body: sent });
  expect(headers["content-type"]).toBe("application/json");
  return { status, ...JSON.parse(text || "{}") };
}

test("health lists the services, at both addresses", async () => {
  const gate = await loopback();
  const services = { sts: "available", s3: "available" };
  for (const target of ["/_nube/health", "/_localstack/health"]) {
    const { status, text } = await gate.send({ target });
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ status: "running", version: "1.2.3", services });
  }
  expect((await gate.send({ method: "HEAD", target: "/_nube/health" })).status).toBe(200);
});

test("status includes the facts of the process", async () => {
  expect(await ask(await loopback(), "GET /_nube/status")).toMatchObject({ port: 4566, frozen: false });
});

test("stop responds first", async () => {
  const gate = await loopback();
  expect(await ask(gate, "POST /_nube/stop")).toMatchObject({ stopping: true });
  await new Promise(setImmediate);
  expect(gate.stops()).toBe(1);
});

test("the outbox lists sent messages, and can be cleared", async () => {
  const gate = await loopback();
  const place = { account: "000000000000", region: "us-east-1" };
  await gate.cloud.letters.put({ kind: "sms", service: "sns", to: "+15555550100", body: "hello" }, place);
  expect(await ask(gate, "GET /_nube/outbox")).toMatchObject({
    status: 200,
    letters: [{ kind: "sms", to: "+15555550100", body: "hello", ...place }],
  });
  expect(await ask(gate, "DELETE /_nube/outbox")).toMatchObject({ letters: [] });
  expect((await ask(gate, "GET /_nube/outbox")).letters).toEqual([]);
});

describe("the clock", () => {
  test("is frozen, moved and resumed", async () => {
    const gate = await loopback();
    const frozen = await ask(gate, "POST /_nube/clock", { action: "freeze" });
    expect(frozen).toMatchObject({ status: 200, frozen: true });
    const start = Date.parse(frozen.time);
    let moved = 0;
    for (const [by, milliseconds] of [
      ["90d", 90 * 86_400_000],
      ["1h30m", 5_400_000],
      ["15s", 15_000],
      ["250ms", 250],
      [1_000, 1_000],
      [0, 0],
    ]) {
      const { time } = await ask(gate, "POST /_nube/clock", { action: "advance", by });
      moved += milliseconds as number;
      expect(Date.parse(time) - start).toBe(moved);
    }
    const idle = await ask(gate, "POST /_nube/clock", { action: "run-until-idle", by: "1d" });
    expect(idle.status).toBe(200);
    expect(await ask(gate, "POST /_nube/clock", { action: "resume" })).toMatchObject({ frozen: false });
    expect(await ask(gate, "GET /_nube/clock")).toMatchObject({ frozen: false });
  });

  test.each([
    { action: "advance" },
    ...[
      "",
      "1",
      "1x",
      "-1s",
      "1.5h",
      "1h x",
      " 1h",
      "9".repeat(400),
      `${"9".repeat(30)}d`,
      "101y",
      null,
      true,
      [],
      [5],
      {},
      -1,
      0.5,
      1e300,
    ].map((by) => ({ action: "advance", by })),
    { action: "run-until-idle", by: "soon" },
    { action: "back" },
    { action: ["freeze"] },
    {},
  ])("rejects %j", async (body) => {
    const gate = await loopback();
    expect(await ask(gate, "POST /_nube/clock", body)).toMatchObject({ status: 400, code: "InvalidRequest" });
    expect(Math.abs((await ask(gate, "GET /_nube/clock")).offset)).toBeLessThan(1_000);
    expect(gate.failures).toEqual([]);
  });

  test("rejects a span of many digits quickly", async () => {
    const gate = await loopback();
    const body = { action: "advance", by: "1".repeat(200_000) };
    expect(await ask(gate, "POST /_nube/clock", body)).toMatchObject({ status: 400, code: "InvalidRequest" });
  });

  test("cannot be moved beyond the year 9999", async () => {
    const gate = await loopback();
    const answers: number[] = [];
    for (let century = 0; century < 82; century++) {
      answers.push((await ask(gate, "POST /_nube/clock", { action: "advance", by: "36600d" })).status);
    }
    expect(new Set(answers)).toEqual(new Set([200, 400]));
    expect((await ask(gate, "GET /_nube/clock")).time).toMatch(/^9\d{3}-/);
    expect((await gate.call({ target: "/?Action=GetCallerIdentity&Version=2011-06-15" })).status).toBe(200);
    expect(gate.failures).toEqual([]);
  });
});

describe("faults", () => {
  test("take effect until they are removed", async () => {
    const gate = await loopback();
    const error = { code: "ServiceUnavailable", message: "down", status: 503 };
    const rules = [{ service: "s3", operation: "ListBuckets", error }];
    expect(await ask(gate, "PUT /_nube/faults", { rules })).toMatchObject({ status: 200 });
    const told = (await ask(gate, "GET /_nube/faults")).rules;
    expect(told).toEqual([{ ...rules[0], probability: 1, seed: 1 }]);
    expect(await ask(gate, "PUT /_nube/faults", { rules: told })).toEqual({ status: 200, rules: told });
    const struck = await gate.send({ target: "/" });
    expect(struck.status).toBe(503);
    expect(struck.text).toContain("<Code>ServiceUnavailable</Code><Message>down</Message>");
    expect((await gate.send({ target: "/b/k" })).status).toBe(200);
    expect(await ask(gate, "DELETE /_nube/faults")).toMatchObject({ rules: [] });
    expect((await gate.send({ target: "/" })).status).toBe(200);
  });

  test.each<unknown>([
    {},
    { rules: {} },
    { rules: [null] },
    { rules: ["s3"] },
    { rules: [[]] },
    { rules: [{}] },
    { rules: [{ service: 1, throttle: true }] },
    { rules: [{ probability: 2, throttle: true }] },
    { rules: [{ probability: "1", throttle: true }] },
    { rules: [{ seed: 0.5, throttle: true }] },
    { rules: [{ throttle: 1 }] },
    { rules: [{ latency: -1 }] },
    { rules: [{ latency: 1e9 }] },
    { rules: [{ error: null }] },
    { rules: [{ error: { code: "X", status: 200 } }] },
    { rules: [{ error: { code: "X", status: 503.5 } }] },
    { rules: [{ error: { code: "X", status: "503" } }] },
    { rules: [{ error: { code: "X\r\nset-cookie: a=b" } }] },
    { rules: [{ error: { code: "" } }] },
    { rules: [{ error: { code: "X", message: 5 } }] },
    { rules: Array(101).fill({ throttle: true }) },
    "not json",
    "[]",
    "null",
    "5",
    '"rules"',
    "\u0000",
  ])("cannot be %j", async (body) => {
    const gate = await loopback();
    expect(await ask(gate, "PUT /_nube/faults", body)).toMatchObject({ status: 400, code: "InvalidRequest" });
    expect((await ask(gate, "GET /_nube/faults")).rules).toEqual([]);
    expect(gate.failures).toEqual([]);
  });
});

describe("reset", () => {
  test.each(["POST /_nube/reset", "POST /_localstack/state/reset"])("%s empties the cloud", async (line) => {
    const gate = await loopback();
    await ask(gate, "PUT /_nube/faults", { rules: [{ throttle: true }] });
    await ask(gate, "POST /_nube/clock", { action: "advance", by: "90d" });
    expect(await ask(gate, line)).toEqual({ status: 200, reset: true });
    expect((await ask(gate, "GET /_nube/faults")).rules).toEqual([]);
    expect(Math.abs((await ask(gate, "GET /_nube/clock")).offset)).toBeLessThan(1_000);
    expect(gate.failures).toEqual([]);
  });

  test("twice, with calls in between, is two resets", async () => {
    const gate = await loopback();
    const calls = Array.from({ length: 20 }, () =>
      gate.call({ target: "/?Action=GetCallerIdentity&Version=2011-06-15" }),
    );
    const resets = await Promise.all([ask(gate, "POST /_nube/reset"), ask(gate, "POST /_nube/reset")]);
    expect(resets.map(({ status }) => status)).toEqual([200, 200]);
    for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
    expect(gate.failures).toEqual([]);
  });
});

test("any other path does not exist", async () => {
  const gate = await loopback();
  for (const line of [
    "GET /_nube/",
    "GET /_nube/reset",
    "POST /_nube/health",
    "DELETE /_nube/reset/",
    "GET /_nube/../_nube/health",
    "GET /_localstack/",
  ]) {
    expect(await ask(gate, line)).toMatchObject({ status: 404, code: "NotFound" });
  }
});

test("an excessively large body", async () => {
  const gate = await loopback();
  expect(await ask(gate, "POST /_nube/clock", " ".repeat(300_000))).toMatchObject({ status: 413 });
});
