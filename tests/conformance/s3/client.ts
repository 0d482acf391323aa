import { Readable } from "node:stream";
import { CreateBucketCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { expect } from "vitest";
import type { ConformanceCloud } from "../cloud.ts";

/** A raw response, as received before the SDK parsed it. */
export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

interface HttpRequest {
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: unknown;
}

type Command = Parameters<S3Client["send"]>[0];

/** Changes to the request of the AWS client before it is signed. */
export interface Change {
  path?: string;
  query?: Record<string, string>;
  /** `undefined` removes a header. */
  headers?: Record<string, string | undefined>;
  body?: string;
}

export interface TappedClient extends S3Client {
  /** Sends a command and returns the raw response, also of an error. */
  raw(command: unknown, change?: Change): Promise<RawAnswer>;
}

/** The AWS client for S3, extended by access to raw responses. */
export function s3Client(
  cloud: ConformanceCloud,
  options: Parameters<ConformanceCloud["client"]>[0] & { style?: "path" | "host" } = {},
  more: S3ClientConfig = {},
): TappedClient {
  const { style = "path", ...who } = options;
  const inner = new NodeHttpHandler();
  let last: RawAnswer | undefined;
  const requestHandler = {
    metadata: inner.metadata,
    async handle(...call: Parameters<NodeHttpHandler["handle"]>) {
      const { response } = await inner.handle(...call);
      const chunks: Buffer[] = [];
      for await (const chunk of response.body as AsyncIterable<Buffer>) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      last = { status: response.statusCode, headers: { ...response.headers }, text: bytes.toString() };
      response.body = Readable.from(bytes.length > 0 ? [bytes] : []);
      return { response };
    },
  };
  const client = new S3Client({
    ...cloud.client(who),
    forcePathStyle: style === "path",
    requestHandler,
    ...more,
  });
  let change: Change | undefined;
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as HttpRequest;
      if (change?.path !== undefined) request.path = change.path;
      if (change?.body !== undefined) {
        request.body = change.body;
        request.headers["content-length"] = String(Buffer.byteLength(change.body));
      }
      Object.assign(request.query, change?.query);
      for (const [name, value] of Object.entries(change?.headers ?? {})) {
        if (value === undefined) delete request.headers[name];
        else request.headers[name] = value;
      }
      return next(args);
    },
    { step: "build", name: "change", priority: "low" },
  );
  return Object.assign(client, {
    async raw(command: unknown, wanted?: Change) {
      last = undefined;
      change = wanted;
      await client.send(command as Command).catch((error: unknown) => {
        if (!last) throw error;
      });
      change = undefined;
      return last!;
    },
  });
}

let made = 0;

/** Creates a bucket with a unique name. */
export async function freshBucket(s3: S3Client, name = "case"): Promise<string> {
  const Bucket = `${name}-${++made}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}

/** Expects the call to fail with this code and status, and with these elements in the error document. */
export async function refused(
  call: Promise<unknown>,
  name: string,
  status: number,
  members: Record<string, unknown> = {},
): Promise<void> {
  await expect(call).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status }, ...members });
}

/** The names of the root element's direct children, in document order. */
export function elementsOf(xml: string): string[] {
  const inside = xml.replace(/^<\?xml.*?\?>\s*/, "").replace(/^<[^>]*>|<\/[^>]*>$/g, "");
  const names: string[] = [];
  for (let rest = inside; rest !== ""; ) {
    const [whole, name, , empty] = /^<([\w-]+)([^>]*?)(\/?)>/.exec(rest) ?? [];
    if (whole === undefined || name === undefined) throw new Error(`not an element: ${rest.slice(0, 80)}`);
    names.push(name);
    rest = empty ? rest.slice(whole.length) : rest.slice(rest.indexOf(`</${name}>`) + name.length + 3);
  }
  return names;
}

/** The text of the first element of that name, with only quotes unescaped. */
export const elementIn = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}(?: [^>]*)?>(.*?)</${name}>`, "s").exec(xml)?.[1]?.replaceAll("&quot;", '"');
