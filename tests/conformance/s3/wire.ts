import { hash } from "node:crypto";
import { connect } from "node:net";
import { sign } from "#aws/signature/sigv4.ts";
import type { ConformanceCloud } from "../cloud.ts";
import type { RawAnswer } from "./client.ts";

export interface WireRequest {
  method: string;
  /** The path and query, sent as given. */
  target: string;
  /** Signed headers, in Latin-1; they may include another `host`. */
  headers?: Record<string, string>;
  /** Headers added or replaced after signing; `undefined` removes one. */
  unsigned?: Record<string, string | undefined>;
  body?: string;
  /** The account that signs; `false` sends the request unsigned. */
  account?: string | false;
  region?: string;
  /** The value of x-amz-content-sha256 instead of the payload's hash. */
  payloadHash?: string;
}

/** Sends a raw request that AWS clients would not send, and returns the response. */
export function send(cloud: ConformanceCloud, request: WireRequest): Promise<RawAnswer> {
  const { method, target, body = "" } = request;
  const { port, host } = new URL(cloud.endpoint);
  const headers = { "content-length": String(Buffer.byteLength(body)), ...headersOf(request, host) };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}: ${value}\r\n`,
  );
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(`${method} ${target} HTTP/1.1\r\n${lines.join("")}connection: close\r\n\r\n`, "latin1");
  socket.write(body);
  return new Promise((answered, failed) => {
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", failed).on("close", () => answered(answerIn(Buffer.concat(chunks))));
  });
}

function headersOf(
  { method, target, headers, unsigned, body = "", account = "test", region, payloadHash }: WireRequest,
  host: string,
) {
  const own: Record<string, string> = { host, ...headers };
  if (account === false) return { ...own, ...unsigned };
  const [path = "", query = ""] = target.split("?");
  const added = sign(
    { method, path, query, headers: own },
    { accessKeyId: account, secretAccessKey: "test" },
    {
      region: region ?? "us-east-1",
      service: "s3",
      now: Date.now(),
      payloadHash: payloadHash ?? hash("sha256", body, "hex"),
    },
  );
  return { ...own, ...added, ...unsigned };
}

function answerIn(bytes: Buffer): RawAnswer {
  const end = bytes.indexOf("\r\n\r\n");
  const [status = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return {
    status: Number(status.split(" ")[1]),
    headers: Object.fromEntries(headers),
    text: bytes.toString("utf8", end + 4),
  };
}
