import { link } from "../contract/contract.ts";
import type { ContractFile, ShapeEntry } from "../contract/format.ts";
import type { Operation } from "../contract/shapes.ts";
import type { WireRequest } from "./protocol.ts";

/** For tests: an operation `Do` of a small service, and requests to it. */
export function operationOf(
  shapes: Record<string, ShapeEntry>,
  file: Partial<ContractFile> = {},
  entry: Partial<ContractFile["operations"][string]> = {},
): Operation {
  const contract = link({
    service: "test",
    serviceId: "Test",
    apiVersion: "2026-01-01",
    protocols: ["awsJson1_1"],
    signingName: "test",
    endpointPrefix: "test",
    operations: {
      Do: {
        input: "Input" in shapes ? "Input" : undefined,
        output: "Output" in shapes ? "Output" : undefined,
        ...entry,
      },
    },
    shapes,
    ...file,
  });
  return contract.operation("Do")!;
}

export function requestOf(
  parts: Partial<Omit<WireRequest, "body">> & { body?: string | Uint8Array },
): WireRequest {
  const { body = "", ...rest } = parts;
  return { method: "POST", query: [], headers: {}, labels: {}, ...rest, body: Buffer.from(body as string) };
}

export const meta = { requestId: "request-id", hostId: "host-id" };

export async function collected<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}
