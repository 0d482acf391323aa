import { rootOf } from "#kernel/calls/principal.ts";
import type { Input, OperationId } from "#kernel/service.ts";
import { TEST_PLACE, type TestCloud, testCloud } from "#kernel/testing.ts";
import { countedBlobs } from "#kernel/testing-blobs.ts";
import type { Body } from "#lib/body.ts";
import { s3 } from "../service.ts";

/** Creates a cloud with one empty bucket, and a blob store that records the files that exist. */
export async function withBucket(Bucket = "bucket") {
  const blobs = countedBlobs();
  const cloud = await testCloud([s3], { blobs });
  await cloud.aws.s3.CreateBucket({ Bucket });
  return { ...cloud, s3: cloud.aws.s3, files: blobs.files };
}

/** Calls an operation with the request facts of a call over HTTP. */
export function overHttp<O extends OperationId<"s3">>(
  { cloud }: TestCloud,
  operation: O,
  input: Input<"s3", O>,
  headers: Record<string, string> = {},
  content?: Uint8Array,
): Promise<object> {
  return cloud.invoke({
    service: s3,
    operation: s3.contract.operation(operation)!,
    input: input as object,
    principal: rootOf(TEST_PLACE.account),
    place: TEST_PLACE,
    requestId: "request",
    request: {
      method: "PUT",
      host: "localhost",
      secure: false,
      sourceIp: "127.0.0.1",
      userAgent: "test",
      path: "/",
      headers: { "content-length": "0", ...headers },
      content,
    },
  });
}

/** Returns the bytes of a response body. */
export async function bytesOf(body: unknown): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export const textOf = async (body: unknown) => (await bytesOf(body)).toString();

/** Returns a body in several chunks with trailers, as aws-chunked encoding delivers it. */
export function bodyWithTrailers(data: Uint8Array, trailers: Record<string, string>): Body {
  return {
    size: data.length,
    announced: Object.keys(trailers),
    trailers,
    bytes: async () => data,
    async *[Symbol.asyncIterator]() {
      for (let at = 0; at < data.length; at += 50_000) yield data.subarray(at, at + 50_000);
    },
  };
}
