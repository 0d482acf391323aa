import type { Member, Operation, StructureShape } from "../../contract/shapes.ts";
import type { AwsError } from "../../errors.ts";
import { olderNames } from "./older-names.ts";

/** An error, together with its description in the contract. */
export interface WireError {
  /** `undefined` for errors that no model lists, since any call can return them. */
  shape: StructureShape | undefined;
  /** The shape's name, used as the code in JSON and CBOR; for unmodelled errors, the framework's name. */
  name: string;
  /** The code in XML, which differs for many shapes. */
  code: string;
  message: string;
  /** The shape's members except the message. */
  details: readonly Member[];
  values: Readonly<Record<string, unknown>>;
  /** The name of the shape's message member: `message` or `Message`. */
  messageName: string;
  status: number;
}

export function describe(operation: Operation | undefined, error: AwsError): WireError {
  const shape = operation?.contract.error(error.code);
  const message = shape?.members.find((member) => /^message$/i.test(member.name));
  const older = shape === undefined ? olderNames(operation, error.code) : undefined;
  return {
    shape,
    name: shape?.name ?? older?.name ?? error.code,
    code: shape?.error?.code ?? older?.code ?? error.code,
    message: error.message,
    details: shape?.members.filter((member) => member !== message) ?? [],
    values: error.members,
    messageName: messageNameOf(operation, error.code, message?.jsonName),
    status: shape?.error?.status ?? (shape?.error?.fault ? 500 : (older?.status ?? error.status)),
  };
}

/**
 * Services whose frameworks write the message of their own errors with a capital M, according to public
 * reports.
 */
const CAPITALS = new Set(["dynamodb", "dynamodb-streams", "firehose", "kinesis"]);
const OF_FRAMEWORKS = new Set(["AccessDeniedException", "SerializationException"]);

/**
 * The framework's form is also used for a framework error that a service models, as for Kinesis's
 * AccessDeniedException.
 */
function messageNameOf(operation: Operation | undefined, code: string, modelled: string | undefined): string {
  if (OF_FRAMEWORKS.has(code) && CAPITALS.has(operation?.contract.service ?? "")) return "Message";
  return modelled ?? "message";
}

export function isSender(status: number): boolean {
  return status < 500;
}

/**
 * The status of an error in the JSON and CBOR protocols: 400 for every client error, whatever the model says
 * (KMS's NotFoundException has 404 in the model, and 400 at AWS). Services that once had a query protocol
 * keep its statuses.
 */
export function rpcStatus(operation: Operation | undefined, { shape, status }: WireError): number {
  if (shape?.error?.queryStatus !== undefined) return shape.error.queryStatus;
  if (status >= 500) return status;
  return shape === undefined && (operation?.contract.queryCompatible || status === 413) ? status : 400;
}

/**
 * `x-amzn-query-error: AWS.SimpleQueueService.NonExistentQueue;Sender`, for clients that rely on the older
 * codes.
 */
export function queryErrorHeader(operation: Operation | undefined, error: WireError): Record<string, string> {
  if (!operation?.contract.queryCompatible) return {};
  return { "x-amzn-query-error": `${error.code};${isSender(error.status) ? "Sender" : "Receiver"}` };
}
