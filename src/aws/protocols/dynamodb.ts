import { crc32 } from "node:zlib";
import type { Operation } from "../contract/shapes.ts";

export function isDynamodb(operation: Operation | undefined): boolean {
  const service = operation?.contract.service;
  return service === "dynamodb" || service === "dynamodb-streams";
}

/**
 * DynamoDB sends the CRC-32 of the body in a header, unlike all other awsJson services. Its clients verify
 * it; the AWS SDK for Go takes a missing one for 0, and logs a warning for each response.
 */
export function bodyChecksum(
  operation: Operation | undefined,
  body: string | Uint8Array,
): Record<string, string> | undefined {
  if (!isDynamodb(operation)) return undefined;
  return { "x-amz-crc32": String(crc32(body)) };
}
