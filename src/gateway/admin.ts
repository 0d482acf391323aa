import { AwsError } from "#aws/errors.ts";
import type { FaultEffect, FaultRule, FaultTarget } from "#kernel/calls/faults.ts";
import type { Cloud } from "#kernel/runtime.ts";
import type { HttpRequest, HttpResponse } from "./server/http.ts";

/**
 * The state behind the cloud's own interface under `/_nube/`, and behind the few LocalStack paths that
 * scripts call.
 */
export interface Admin {
  cloud: Cloud;
  version: string;
  /** When this process started to serve, and the current time, in milliseconds of the real clock. */
  started: number;
  now: () => number;
  /** Additional facts for `nube status`. */
  facts: () => Promise<Record<string, unknown>>;
  stop: () => void;
}

type Route = (admin: Admin, body: Record<string, unknown>) => Promise<object> | object;

const ROUTES: Record<string, Route> = {
  "GET /_nube/health": health,
  "GET /_nube/status": async (admin) => ({
    ...health(admin),
    ...clockOf(admin),
    ...(await admin.facts()),
    memory: process.memoryUsage.rss(),
  }),
  "POST /_nube/reset": reset,
  "POST /_nube/stop": ({ stop }) => {
    setImmediate(stop);
    return { stopping: true };
  },
  "GET /_nube/clock": clockOf,
  "POST /_nube/clock": moveClock,
  "GET /_nube/faults": faultsOf,
  "PUT /_nube/faults": setFaults,
  "DELETE /_nube/faults": ({ cloud }) => {
    cloud.faults.set([]);
    return faultsOf({ cloud });
  },
  "GET /_nube/outbox": async ({ cloud }) => ({ letters: await cloud.letters.list(MAX_LETTERS) }),
  "DELETE /_nube/outbox": async ({ cloud }) => {
    await cloud.letters.clear();
    return { letters: [] };
  },
  "GET /_localstack/health": (admin) => ({ ...health(admin), edition: "nube" }),
  "POST /_localstack/state/reset": reset,
};

/** Letters per response, newest first. */
const MAX_LETTERS = 100;

/** Answered without a signature in every mode, since load balancers and container runtimes call it. */
export const isHealth = ({ path }: HttpRequest): boolean =>
  path === "/_nube/health" || path === "/_localstack/health";

export const isAdmin = ({ path }: HttpRequest): boolean =>
  path.startsWith("/_nube/") || path.startsWith("/_localstack/");

/** The maximum size of a request body, in bytes. */
export const MAX_BODY_BYTES = 256 * 1024;

/** @throws {AwsError} which {@link refusal} converts to a response */
export async function administer(
  admin: Admin,
  request: Pick<HttpRequest, "method" | "path" | "body">,
): Promise<HttpResponse> {
  const method = request.method === "HEAD" ? "GET" : request.method;
  const route = ROUTES[`${method} ${request.path}`];
  if (!route)
    throw new AwsError("NotFound", `There is no ${request.method} ${request.path}.`, { status: 404 });
  return json(200, await route(admin, parse(await request.body.bytes(MAX_BODY_BYTES))));
}

export const refusal = ({ status, code, message }: AwsError): HttpResponse => json(status, { code, message });

const json = (status: number, content: object): HttpResponse => ({
  status,
  headers: { "content-type": "application/json" },
  body: `${JSON.stringify(content)}\n`,
});

function parse(bytes: Uint8Array): Record<string, unknown> {
  if (bytes.length === 0) return {};
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {}
  throw invalid("The body must be a JSON object.");
}

function health({ cloud, version, started, now }: Admin) {
  return {
    status: "running",
    version,
    uptime: Math.round((now() - started) / 1_000),
    services: Object.fromEntries(cloud.services.map((id) => [id, "available"])),
  };
}

async function reset({ cloud }: Admin) {
  await cloud.reset();
  return { reset: true };
}

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const CENTURY_MS = 100 * 366 * 86_400_000;
/** AWS's clients cannot parse years with more than four digits. */
const LAST_MOMENT = Date.UTC(9999, 11, 31);

/** Parses `90d`, `1h30m` or `15s`; a number is in milliseconds. */
function span(value: unknown): number {
  const milliseconds = typeof value === "string" ? parseSpan(value) : value;
  if (isSpan(milliseconds)) return milliseconds;
  throw invalid("A span of time is written like 90d, 1h30m or 15s.");
}

/**
 * The number of digits is bounded, since searching for a unit after a long run of digits would take quadratic
 * time.
 */
const SPAN_PARTS = /(\d{1,15})(ms|s|m|h|d)/g;

function parseSpan(text: string): number | undefined {
  const parts = [...text.matchAll(SPAN_PARTS)];
  if (text === "" || parts.map(([part]) => part).join("") !== text) return undefined;
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0);
}

const isSpan = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= CENTURY_MS;

function checkRemaining(remaining: number, milliseconds: number): number {
  if (milliseconds > remaining) throw invalid("The clock ends with the year 9999.");
  return milliseconds;
}

async function moveClock(admin: Admin, { action, by }: Record<string, unknown>) {
  const { time } = admin.cloud;
  const remaining = LAST_MOMENT - admin.cloud.clock.now();
  if (action === "freeze") await time.freeze();
  else if (action === "resume") await time.resume();
  else if (action === "advance") await time.advance(checkRemaining(remaining, span(by)));
  else if (action === "run-until-idle")
    await time.runUntilIdle(Math.min(remaining, by === undefined ? CENTURY_MS : span(by)));
  else throw invalid("The action is freeze, resume, advance or run-until-idle.");
  return clockOf(admin);
}

function clockOf({ cloud: { clock }, now }: Admin) {
  return { time: new Date(clock.now()).toISOString(), frozen: clock.frozen, offset: clock.now() - now() };
}

const MAX_RULES = 100;
const MAX_LATENCY_MS = 600_000;

/** In the format in which rules are set, so that the response can be sent back as a request. */
function faultsOf({ cloud }: Pick<Admin, "cloud">) {
  return { rules: cloud.faults.rules.map(({ effect, ...rule }) => ({ ...rule, ...effect })) };
}

function setFaults({ cloud }: Admin, { rules }: Record<string, unknown>) {
  if (!Array.isArray(rules) || rules.length > MAX_RULES)
    throw invalid(`"rules" is a list of at most ${MAX_RULES}.`);
  cloud.faults.set(rules.map(faultRule));
  return faultsOf({ cloud });
}

function faultRule(value: unknown): FaultRule {
  const {
    service,
    operation,
    account,
    region,
    probability = 1,
    seed = 1,
    error,
    throttle,
    latency,
  } = (value ?? {}) as Record<string, unknown>;
  for (const name of [service, operation, account, region]) {
    if (name !== undefined && typeof name !== "string")
      throw invalid("service, operation, account and region are names.");
  }
  if (typeof probability !== "number" || !(probability >= 0 && probability <= 1))
    throw invalid("probability is from 0 to 1.");
  if (!Number.isSafeInteger(seed)) throw invalid("seed is a whole number.");
  const target = { service, operation, account, region } as Partial<FaultTarget>;
  return { ...target, probability, seed: Number(seed), effect: effect({ error, throttle, latency }) };
}

function effect({ error, throttle, latency }: Record<string, unknown>): FaultEffect {
  if (throttle === true) return { throttle };
  if (typeof latency === "number" && latency >= 0 && latency <= MAX_LATENCY_MS) return { latency };
  const { code, message = "", status = 500 } = (error ?? {}) as Record<string, unknown>;
  if (isErrorCode(code) && typeof message === "string" && isErrorStatus(status)) {
    return { error: { code, message, status } };
  }
  throw invalid(
    'A rule does one of: "error": {code, message, status}, "throttle": true, "latency": milliseconds.',
  );
}

/** Error codes are also sent in headers, so they are limited to characters that a header can hold. */
const isErrorCode = (code: unknown): code is string =>
  typeof code === "string" && /^[A-Za-z][\w.]{0,127}$/.test(code);

const isErrorStatus = (status: unknown): status is number =>
  Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599;

const invalid = (message: string) => new AwsError("InvalidRequest", message, { status: 400 });
