import type { Member, Operation, StructureShape } from "../contract/shapes.ts";
import type { AwsError } from "../errors.ts";
import { olderNames } from "./older-names.ts";

/** An error, with what the contract knows of it. */
export interface WireError {
  /** Undefined for errors that any call can end in, which no model lists. */
  shape: StructureShape | undefined;
  /** Name of the shape, the code in JSON and CBOR; where no model lists it, that of the framework. */
  name: string;
  /** The code in XML, which is another for many shapes. */
  code: string;
  message: string;
  /** The shape's members besides the message. */
  details: readonly Member[];
  values: Readonly<Record<string, unknown>>;
  /** What the shape calls its message: `message` or `Message`. */
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

/** Whose frameworks were heard to write the messages of their own errors with a capital. */
const CAPITALS = new Set(["dynamodb", "dynamodb-streams", "firehose", "kinesis"]);
const OF_FRAMEWORKS = new Set(["AccessDeniedException", "SerializationException"]);

/** The framework writes its errors as it does even where a model tells of one, as Kinesis' does of AccessDeniedException. */
function messageNameOf(operation: Operation | undefined, code: string, modelled: string | undefined): string {
  if (OF_FRAMEWORKS.has(code) && CAPITALS.has(operation?.contract.service ?? "")) return "Message";
  return modelled ?? "message";
}

export function isSender(status: number): boolean {
  return status < 500;
}

/**
 * The JSON and CBOR protocols say 400 for whatever a client did wrong, whatever the model says (KMS's NotFoundException
 * is 404 there, and 400 from AWS). Services with a query past keep that past's statuses.
 */
export function rpcStatus(operation: Operation | undefined, { shape, status }: WireError): number {
  if (shape?.error?.queryStatus !== undefined) return shape.error.queryStatus;
  if (status >= 500) return status;
  return shape === undefined && (operation?.contract.queryCompatible || status === 413) ? status : 400;
}

/** `x-amzn-query-error: AWS.SimpleQueueService.NonExistentQueue;Sender`, for clients that know the older codes. */
export function queryErrorHeader(operation: Operation | undefined, error: WireError): Record<string, string> {
  if (!operation?.contract.queryCompatible) return {};
  return { "x-amzn-query-error": `${error.code};${isSender(error.status) ? "Sender" : "Receiver"}` };
}
