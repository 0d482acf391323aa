import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { link } from "#aws/contract/contract.ts";
import type { Contract, Operation, Shape, StructureShape } from "#aws/contract/shapes.ts";
import { protocol } from "#aws/protocols/index.ts";
import type { Protocol } from "#aws/protocols/protocol.ts";
import { parseTimestamp } from "#aws/protocols/values/timestamps.ts";
import { distil } from "../../tools/contract/distil.ts";
import type { BotocoreModel, ModelOperation } from "../../tools/contract/model.ts";

/**
 * botocore's cases for AWS's protocols, written for clients. A server runs them in reverse: a client's serialized
 * request must decode to the input parameters, and a result must encode to the response that the client expects.
 */
const root = resolve(
  process.env.NUBE_VECTORS ?? join(import.meta.dirname, "../../../shared/vectors"),
  "protocols",
);

export const vectorsAreMissing = !existsSync(root);
if (vectorsAreMissing) console.warn(`Protocol cases are skipped: there is no ${root} (set NUBE_VECTORS)`);

export interface Case {
  /** File and id, such as `rest-json/RestJsonListsEmpty`. */
  id: string;
  contract: Contract;
  operation: Operation;
  protocol: Protocol;
  params?: unknown;
  serialized?: {
    method: string;
    uri?: string;
    headers?: Record<string, string>;
    body?: string;
  };
  result?: unknown;
  errorCode?: string;
  errorMessage?: string;
  error?: Record<string, unknown>;
  response?: { status_code: number; headers?: Record<string, string>; body?: string };
}

interface Suite {
  metadata: BotocoreModel["metadata"];
  shapes: BotocoreModel["shapes"];
  cases: (Omit<Case, "contract" | "operation" | "protocol"> & { given: ModelOperation & { name: string } })[];
}

export function cases(direction: "input" | "output"): Case[] {
  if (vectorsAreMissing) return [];
  return readdirSync(join(root, direction)).flatMap((file) => {
    const suites = JSON.parse(readFileSync(join(root, direction, file), "utf8")) as Suite[];
    return suites.flatMap((suite) =>
      suite.cases.map(({ given, ...rest }) => {
        const contract = link(
          distil("vectors", {
            metadata: suite.metadata,
            shapes: suite.shapes,
            operations: { [given.name]: given },
          }),
        );
        const operation = contract.operation(given.name)!;
        const id = `${file.replace(".json", "")}/${rest.id}`;
        return { ...rest, id, contract, operation, protocol: protocol(contract.protocols[0]!) };
      }),
    );
  });
}

/**
 * Converts a value of a case, with timestamps as seconds or text, bytes as text and special floats as words, to the
 * handlers' types.
 */
export function toHandlerValue(shape: Shape, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  switch (shape.kind) {
    case "scalar":
      return scalarOf(shape.type, value);
    case "document":
      return value;
    case "list":
      return (value as unknown[]).map((item) => toHandlerValue(shape.member, item));
    case "map":
      return mapValues(value as object, (item) => toHandlerValue(shape.value, item));
    case "structure":
      return structureOf(shape, value as object);
  }
}

function structureOf(shape: StructureShape, value: object): unknown {
  return mapValues(value, (item, name) => {
    const member = shape.member(name);
    return member === undefined || member.jsonValue ? item : toHandlerValue(member.shape, item);
  });
}

function scalarOf(type: string, value: unknown): unknown {
  if (type === "timestamp") return parseTimestamp(String(value));
  if (type === "blob") return Buffer.from(String(value), "latin1");
  if (type === "float" || type === "double") return Number(value);
  return value;
}

function mapValues(value: object, change: (item: unknown, key: string) => unknown): object {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item, key)]));
}

/** Converts a value for comparison: bytes become text, and null members are dropped. */
export function comparable(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  const present = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(present.map(([key, item]) => [key, comparable(item)]));
}
