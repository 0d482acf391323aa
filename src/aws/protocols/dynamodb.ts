import { crc32 } from "node:zlib";
import type { Operation } from "../contract/shapes.ts";

/**
 * DynamoDB, other than all who speak awsJson, tells the CRC-32 of a body beside it. Clients compare; the AWS SDK for Go takes
 * a missing one for 0, and warns at each answer.
 */
export function bodyChecksum(
  operation: Operation | undefined,
  body: string | Uint8Array,
): Record<string, string> | undefined {
  const service = operation?.contract.service;
  if (service !== "dynamodb" && service !== "dynamodb-streams") return undefined;
  return { "x-amz-crc32": String(crc32(body)) };
}
