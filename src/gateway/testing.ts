import { createHash } from "node:crypto";
import { type IncomingHttpHeaders, request as open } from "node:http";
import { onTestFinished } from "vitest";
import { type Credentials, presign, sign } from "#aws/signature/sigv4.ts";
import { issueSession } from "#kernel/calls/session.ts";
import type { Cloud } from "#kernel/runtime.ts";
import { defineService, type Service } from "#kernel/service.ts";
import { testCloud } from "#kernel/testing.ts";
import type { Body } from "#lib/body.ts";
import { jsonLog } from "#lib/log.ts";
import { wallNow } from "#lib/wall.ts";
import type { AuthMode } from "./authenticate.ts";
import { gateway } from "./gateway.ts";
import { type ListenOptions, listen } from "./server/listen.ts";

/** A cloud behind a real port, and a client with control over every byte. */
export interface TestGateway {
  readonly port: number;
  readonly cloud: Cloud;
  /** Bodies that a PutObject has read to their end, by path. */
  readonly stored: ReadonlyMap<string, Uint8Array>;
  /** Log lines and server errors, so that a test can expect none. */
  readonly failures: readonly unknown[];
  /** The number of requests to stop the process. */
  readonly stops: () => number;
  send(request: Partial<WireCall>): Promise<Answer>;
  /** Signs as the SDKs do, by the real clock, and sends. */
  call(request: Partial<SignedCall>): Promise<Answer>;
}

export interface WireCall {
  method: string;
  /** Path and query as sent on the wire. */
  target: string;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

export interface SignedCall extends WireCall {
  service: string;
  region: string;
  credentials: Credentials;
  /** The signing time. */
  now: number;
  /** Overrides the body's own hash. */
  payloadHash: string;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  bytes: Uint8Array;
}

export interface TestGatewayOptions {
  mode?: AuthMode;
  hosts?: string[];
  services?: readonly Service[];
  listening?: Partial<ListenOptions>;
}

export const ROOT: Credentials = { accessKeyId: "test", secretAccessKey: "test" };

export async function testGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const failures: unknown[] = [];
  const stored = new Map<string, Uint8Array>();
  let stops = 0;
  const { cloud, close } = await testCloud(options.services ?? [identity, objects(stored)], {
    wall: wallNow,
    log: jsonLog("warn", (line) => failures.push(JSON.parse(line))),
  });
  const handle = gateway(cloud, {
    auth: { mode: options.mode ?? "strict", account: "000000000000", region: "us-east-1" },
    origins: { hosts: options.hosts ?? [] },
    admin: {
      version: "1.2.3",
      started: wallNow(),
      now: wallNow,
      facts: async () => ({ port: 4566 }),
      stop: () => stops++,
    },
  });
  const report = (error: unknown) => failures.push(error);
  const listener = await listen({ host: "127.0.0.1", port: 0, handle, report, ...options.listening });
  onTestFinished(async () => {
    await listener.close({ graceMs: 0 });
    await close();
  });
  const { port } = listener;
  const send = (request: Partial<WireCall>) => exchange(port, request);
  return {
    port,
    cloud,
    stored,
    failures,
    stops: () => stops,
    send,
    call: (call) => send(signed(port, call)),
  };
}

/** Adds the headers that authenticate the call. */
export function signed(port: number, call: Partial<SignedCall>): Partial<WireCall> {
  const { method = "GET", target = "/", body = "", service = "sts", region = "us-east-1" } = call;
  const { credentials = ROOT, now = wallNow() } = call;
  const payloadHash = call.payloadHash ?? createHash("sha256").update(body).digest("hex");
  const headers = { host: `localhost:${port}`, ...call.headers };
  const raw = { method, ...split(target), headers };
  return {
    ...call,
    headers: { ...headers, ...sign(raw, credentials, { region, service, now, payloadHash }) },
  };
}

/** The target of a presigned URL. */
export function presigned(
  port: number,
  call: Partial<SignedCall> & { expiresIn?: number },
): { method: string; target: string } {
  const { method = "GET", target = "/", service = "s3", region = "us-east-1", expiresIn = 60 } = call;
  const { credentials = ROOT, now = wallNow() } = call;
  const { path, query } = split(target);
  const raw = { method, path, query, headers: { host: `localhost:${port}`, ...call.headers } };
  const options = { region, service, now, expiresIn, payloadHash: call.payloadHash };
  return { method, target: `${path}?${presign(raw, credentials, options)}` };
}

function split(target: string) {
  const [path = "", query = ""] = target.split(/\?(.*)/s);
  return { path, query };
}

function exchange(port: number, { method, target, headers, body }: Partial<WireCall>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = open({ port, host: "127.0.0.1", method, path: target, agent: false }, async (answer) => {
      const pieces: Uint8Array[] = [];
      try {
        for await (const piece of answer) pieces.push(piece as Uint8Array);
        const bytes = Buffer.concat(pieces);
        resolve({ status: answer.statusCode!, headers: answer.headers, text: bytes.toString(), bytes });
      } catch (error) {
        reject(error);
      }
    });
    call.on("error", reject);
    call.setHeader("host", `localhost:${port}`);
    for (const [name, value] of Object.entries(headers ?? {})) call.setHeader(name, value);
    if (body !== undefined && body.length > 0 && call.getHeader("transfer-encoding") === undefined) {
      call.setHeader("content-length", Buffer.byteLength(body));
    }
    call.end(body);
  });
}

/** The part of STS that shows who the gateway thinks is calling. */
const identity = defineService({
  id: "sts",
  scope: "account",
  operations: [
    {
      async GetCallerIdentity({ principal }) {
        return { UserId: principal.id, Account: principal.account, Arn: principal.arn };
      },
      async GetSessionToken(ctx, { DurationSeconds = 3_600 }) {
        const session = issueSession(ctx, ctx.principal, DurationSeconds * 1_000);
        const { accessKeyId, secret, token, expires } = session;
        return {
          Credentials: {
            AccessKeyId: accessKeyId,
            SecretAccessKey: secret,
            SessionToken: token,
            Expiration: new Date(expires),
          },
        };
      },
    },
  ],
  access: { GetCallerIdentity: () => [], GetSessionToken: () => [] },
});

/** The part of S3 that shows which bodies the gateway passes to their end. */
const objects = (stored: Map<string, Uint8Array>) =>
  defineService({
    id: "s3",
    operations: [
      {
        async PutObject(_ctx, { Bucket, Key, Body }) {
          const pieces: Uint8Array[] = [];
          for await (const piece of Body as Body) pieces.push(Buffer.from(piece));
          stored.set(`${Bucket}/${Key}`, Buffer.concat(pieces));
          return { ETag: '"etag"' };
        },
        async GetObject(_ctx, { Bucket, Key }) {
          return { Body: stored.get(`${Bucket}/${Key}`) ?? Buffer.from("") };
        },
        async ListBuckets({ principal }) {
          return { Owner: { ID: principal.id } };
        },
        async DeleteObjects(_ctx, { Delete }) {
          return { Deleted: Delete.Objects.map(({ Key }) => ({ Key })) };
        },
      },
    ],
    access: {
      PutObject: () => [],
      GetObject: () => [],
      ListBuckets: () => [],
      DeleteObjects: () => [],
    },
  });
