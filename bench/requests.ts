import { hash } from "node:crypto";
import { sign } from "#aws/signature/sigv4.ts";

const ROOT = { accessKeyId: "test", secretAccessKey: "test" };

export interface RequestOptions {
  port: number;
  method: string;
  path: string;
  query?: string;
  service?: string;
  headers?: Record<string, string>;
  body?: Buffer;
  /** Leaves the body out of the signature, to save the client's SHA-256. */
  unsigned?: boolean;
  /** Nube's root by default. */
  credentials?: typeof ROOT;
}

/** A request as bytes, signed as an SDK does. */
export function signed({
  port,
  method,
  path,
  query = "",
  service = "s3",
  headers = {},
  body,
  unsigned,
  credentials = ROOT,
}: RequestOptions): Buffer {
  const bytes = body ?? Buffer.alloc(0);
  const payloadHash = unsigned ? "UNSIGNED-PAYLOAD" : hash("sha256", bytes, "hex");
  const own = { ...headers, host: `127.0.0.1:${port}` };
  const added = sign({ method, path, query, headers: own }, credentials, {
    region: "us-east-1",
    service,
    now: Date.now(),
    payloadHash,
  });
  return plain({ method, path, query, headers: { ...own, ...added }, body: bytes });
}

/** A call of a service with the AWS JSON protocol. @param target for example `AmazonSQS.SendMessage` */
export function jsonCall(
  port: number,
  service: string,
  target: string,
  input: object,
  version = "1.0",
): Buffer {
  const headers = { "content-type": `application/x-amz-json-${version}`, "x-amz-target": target };
  return signed({
    port,
    method: "POST",
    path: "/",
    service,
    headers,
    body: Buffer.from(JSON.stringify(input)),
  });
}

export function plain({
  method,
  path,
  query = "",
  headers = {},
  body = Buffer.alloc(0),
}: Omit<RequestOptions, "port" | "credentials" | "unsigned">): Buffer {
  const all: Record<string, string> = { host: "127.0.0.1", ...headers };
  if (body.length > 0 || method === "PUT" || method === "POST") all["content-length"] = String(body.length);
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${method} ${path}${query === "" ? "" : `?${query}`} HTTP/1.1\r\n${lines.join("")}\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}
