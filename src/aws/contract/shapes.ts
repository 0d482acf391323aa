import type { ProtocolName, ScalarType, TimestampFormat, ValidationDialect } from "./format.ts";

/**
 * A contract as the other modules see it: shapes are linked objects, traits have their defaults filled in.
 * Shapes are linked on first use; the same shape is always the same object, so anything compiled from it can be kept.
 */
export interface Contract {
  readonly service: string;
  readonly serviceId: string;
  readonly apiVersion: string;
  readonly protocols: readonly ProtocolName[];
  readonly signingName: string;
  readonly endpointPrefix: string;
  readonly targetPrefix: string | undefined;
  readonly xmlNamespace: string | undefined;
  readonly queryCompatible: boolean;
  readonly validation: ValidationDialect;
  readonly operationNames: readonly string[];
  operation(name: string): Operation | undefined;
  /** The modelled error with this shape name or this wire code. */
  error(code: string): StructureShape | undefined;
}

export interface Operation {
  readonly contract: Contract;
  readonly name: string;
  readonly wireName: string;
  readonly method: string;
  /** URI template with its literal query, as modelled: `/{Bucket}/{Key+}?tagging`. */
  readonly uri: string;
  readonly status: number;
  readonly input: StructureShape;
  readonly output: StructureShape;
  /** False where the model has no output shape at all, which some protocols answer differently. */
  readonly hasOutput: boolean;
  readonly errors: readonly string[];
  readonly inputRoot: string | undefined;
  readonly inputNamespace: string | undefined;
  readonly resultWrapper: string | undefined;
  readonly hostPrefix: string | undefined;
  readonly unsigned: boolean;
  readonly unsignedPayload: boolean;
  readonly checksum:
    | { algorithmMember?: string; required?: true; validationModeMember?: string; algorithms?: string[] }
    | undefined;
  /** The input member whose bytes are not read before the handler pulls them. */
  readonly streamingInput: Member | undefined;
  readonly streamingOutput: Member | undefined;
  /** The output member that is an event stream. */
  readonly eventOutput: Member | undefined;
  readonly eventInput: Member | undefined;
}

export type Shape = StructureShape | ListShape | MapShape | ScalarShape | DocumentShape;

export interface StructureShape {
  readonly kind: "structure";
  readonly name: string;
  readonly members: readonly Member[];
  member(name: string): Member | undefined;
  /** Members that travel in the body, and members that travel elsewhere (header, query, path, status). */
  readonly bodyMembers: readonly Member[];
  readonly httpMembers: readonly Member[];
  readonly payload: Member | undefined;
  readonly required: readonly string[];
  readonly union: boolean;
  readonly eventStream: boolean;
  readonly event: boolean;
  readonly sensitive: boolean;
  readonly xmlName: string | undefined;
  readonly xmlNamespace: { uri: string; prefix?: string } | undefined;
  readonly error:
    | { code: string; status: number | undefined; queryStatus: number | undefined; fault: boolean }
    | undefined;
}

export interface Member {
  readonly name: string;
  readonly shape: Shape;
  readonly required: boolean;
  readonly location: "header" | "headers" | "query" | "uri" | "status" | undefined;
  /** Name of the header, query key or label; the prefix for `headers`. */
  readonly locationName: string;
  /** Key in a JSON body: the member's name but in restJson1. */
  readonly jsonName: string;
  /** Element in an XML body; for a flattened list whose shape is flattened, the list member's own name. */
  readonly xmlName: string;
  /** Key in a form of the query protocol, and of ec2Query. */
  readonly queryName: string;
  readonly ec2Name: string;
  readonly flattened: boolean;
  readonly xmlAttribute: boolean;
  readonly xmlNamespace: { uri: string; prefix?: string } | undefined;
  readonly timestampFormat: TimestampFormat | undefined;
  readonly streaming: boolean;
  readonly jsonValue: boolean;
  readonly idempotencyToken: boolean;
  readonly hostLabel: boolean;
  readonly eventPayload: boolean;
  readonly eventHeader: boolean;
}

export interface ListShape {
  readonly kind: "list";
  readonly name: string;
  readonly member: Shape;
  /** Element name of an entry; `undefined` where the model names none (`member` on the wire). */
  readonly memberName: string | undefined;
  readonly memberNamespace: { uri: string; prefix?: string } | undefined;
  readonly flattened: boolean;
  readonly sparse: boolean;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly sensitive: boolean;
}

export interface MapShape {
  readonly kind: "map";
  readonly name: string;
  readonly key: Shape;
  readonly value: Shape;
  readonly keyName: string;
  readonly valueName: string;
  readonly flattened: boolean;
  readonly sparse: boolean;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly sensitive: boolean;
}

export interface ScalarShape {
  readonly kind: "scalar";
  readonly name: string;
  readonly type: ScalarType;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly pattern: string | undefined;
  /** Compiled on first use; a full match is meant. */
  readonly regex: RegExp | undefined;
  readonly enum: readonly string[] | undefined;
  readonly timestampFormat: TimestampFormat | undefined;
  readonly streaming: boolean;
  readonly sensitive: boolean;
}

/** Any JSON value. */
export interface DocumentShape {
  readonly kind: "document";
  readonly name: string;
}
