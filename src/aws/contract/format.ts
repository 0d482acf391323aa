/**
 * The format in which a service's contract is committed: one file `data/<service>.json`, sorted, with one
 * line per operation and per shape, so that updates produce readable diffs. `tools/contract` writes it,
 * `contract.ts` links it.
 *
 * It holds names, shapes, traits and constraints, but no documentation. Facts that are missing or wrong in
 * the source are in `tools/contract/overrides/<service>.ts`, each with its evidence, and are merged at
 * generation.
 */
export interface ContractFile {
  /** This project's id, which is the AWS CLI's command: `s3`, `dynamodb`, `cognito-idp`. */
  service: string;
  /** AWS's service id: `S3`, `DynamoDB`, `Cognito Identity Provider`. */
  serviceId: string;
  apiVersion: string;
  /** The first protocol is used for responses to requests that do not show theirs. */
  protocols: ProtocolName[];
  /** The service in a signature's credential scope. */
  signingName: string;
  endpointPrefix: string;
  /** The part of `X-Amz-Target` before the last dot, also used in the path of rpcv2Cbor. */
  targetPrefix?: string;
  xmlNamespace?: string;
  /** Set for a JSON or CBOR service whose errors keep the codes of its former query protocol. */
  queryCompatible?: true;
  /**
   * The wording of constraint violations, `coral` by default. `coral-hashed` reports members in the order of
   * a Java hash map.
   */
  validation?: ValidationDialect;
  operations: Record<string, OperationEntry>;
  shapes: Record<string, ShapeEntry>;
}

export type ProtocolName =
  | "restXml"
  | "restJson1"
  | "awsJson1_0"
  | "awsJson1_1"
  | "awsQuery"
  | "ec2Query"
  | "rpcv2Cbor";

export type ValidationDialect = "coral" | "coral-hashed" | "smithy" | "none";

export interface OperationEntry {
  /** Method and URI template; absent for `POST /`. */
  http?: [method: string, uri: string];
  /** The status of a successful response; absent for 200. */
  status?: number;
  input?: string;
  output?: string;
  errors?: string[];
  /** The name on the wire, if different (CloudFront's date suffix). */
  wireName?: string;
  /** Root element of an XML request body, and its namespace. */
  inputRoot?: string;
  inputNamespace?: string;
  /** The element inside `<XResponse>` in the query protocol; absent for `XResult`. */
  resultWrapper?: string;
  hostPrefix?: string;
  /** Set if calls may be unsigned. */
  unsigned?: true;
  unsignedPayload?: true;
  /** The member that names the checksum algorithm, and whether a checksum is required. */
  checksum?: {
    algorithmMember?: string;
    required?: true;
    validationModeMember?: string;
    algorithms?: string[];
  };
}

/** A reference to a shape: its name, or `$type` for a scalar without traits (`$string`, `$integer`, `$timestamp` …). */
export type ShapeRef = string;

export type ScalarType =
  | "string"
  | "character"
  | "blob"
  | "boolean"
  | "byte"
  | "short"
  | "integer"
  | "long"
  | "biginteger"
  | "float"
  | "double"
  | "bigdecimal"
  | "timestamp";

export type ShapeEntry = StructureEntry | ListEntry | MapEntry | ScalarEntry;

export interface StructureEntry {
  type: "structure" | "union" | "document";
  members: Record<string, ShapeRef | [ShapeRef, MemberTraits]>;
  required?: string[];
  payload?: string;
  /** The root element, if it differs from the shape's name. */
  xmlName?: string;
  xmlNamespace?: { uri: string; prefix?: string };
  sensitive?: true;
  eventStream?: true;
  event?: true;
  error?: { code?: string; status?: number; queryStatus?: number; fault?: true };
}

export interface MemberTraits {
  location?: "header" | "headers" | "query" | "uri" | "status";
  /** The name on the wire, if it differs from the member's. */
  name?: string;
  /** The name in ec2Query, if it differs from the others. */
  queryName?: string;
  flattened?: true;
  xmlAttribute?: true;
  xmlNamespace?: { uri: string; prefix?: string };
  timestampFormat?: TimestampFormat;
  streaming?: true;
  jsonValue?: true;
  idempotencyToken?: true;
  hostLabel?: true;
  eventPayload?: true;
  eventHeader?: true;
}

export type TimestampFormat = "iso8601" | "rfc822" | "unixTimestamp";

export interface ListEntry {
  type: "list";
  member: ShapeRef;
  /** The element name of an entry; absent for `member`. */
  memberName?: string;
  memberNamespace?: { uri: string; prefix?: string };
  flattened?: true;
  sparse?: true;
  min?: number;
  max?: number;
  sensitive?: true;
}

export interface MapEntry {
  type: "map";
  key: ShapeRef;
  value: ShapeRef;
  keyName?: string;
  valueName?: string;
  flattened?: true;
  sparse?: true;
  min?: number;
  max?: number;
  sensitive?: true;
}

export interface ScalarEntry {
  type: ScalarType;
  min?: number;
  max?: number;
  /** The pattern as AWS writes it (Java's syntax), for messages. */
  pattern?: string;
  /**
   * The pattern in JavaScript's syntax, translated by the generator; absent if `pattern` is valid as it is
   * with the `u` flag.
   */
  regex?: { source: string; flags: string };
  enum?: string[];
  timestampFormat?: TimestampFormat;
  streaming?: true;
  requiresLength?: true;
  sensitive?: true;
}

/** `data/index.json`: the facts that startup and routing need before a contract is loaded. */
export type ContractIndex = IndexEntry[];

export interface IndexEntry {
  service: string;
  serviceId: string;
  apiVersion: string;
  protocols: ProtocolName[];
  signingName: string;
  endpointPrefix: string;
  targetPrefix?: string;
  /** Operation names of services with a query protocol, where `Action` selects the operation. */
  actions?: string[];
  operationCount: number;
}
