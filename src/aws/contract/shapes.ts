import type { ProtocolName, ScalarType, TimestampFormat, ValidationDialect } from "./format.ts";

/**
 * A contract as used by the other modules: shapes are linked objects, and traits have their defaults filled
 * in. Shapes are linked at the first use; the same shape is always the same object, so anything compiled from
 * it can be cached.
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
  /** Finds the modelled error by its shape name or its wire code. */
  error(code: string): StructureShape | undefined;
}

export interface Operation {
  readonly contract: Contract;
  readonly name: string;
  readonly wireName: string;
  readonly method: string;
  /** The URI template with its literal query, as modelled: `/{Bucket}/{Key+}?tagging`. */
  readonly uri: string;
  readonly status: number;
  readonly input: StructureShape;
  readonly output: StructureShape;
  /** False if the model has no output shape, which some protocols encode differently. */
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
  /** The input member whose bytes are streamed to the handler. */
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
  /** Members in the body, and members elsewhere (header, query, path, status). */
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
  /** The name of the header, query parameter or label; the prefix for `headers`. */
  readonly locationName: string;
  /** The key in a JSON body: the member's name, except in restJson1. */
  readonly jsonName: string;
  /**
   * The element in an XML body; for a flattened list whose shape is flattened, the list member's own name.
   */
  readonly xmlName: string;
  /** The key in a form of the query protocol, and of ec2Query. */
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
  /** The element name of an entry; `undefined` if the model names none (`member` on the wire). */
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
  /** Compiled at the first use; must match the whole value. */
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
