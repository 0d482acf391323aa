/**
 * The committed form of a service's contract: one file `data/<service>.json`, one line per operation and per
 * shape, sorted, so that an update can be read as a diff. `tools/contract` writes it, `contract.ts` links it.
 *
 * Names, shapes, traits and constraints only: no documentation. Facts that the source lacks or has wrong stand in
 * `tools/contract/overrides/<service>.ts`, each with its evidence, and are merged in at generation.
 */
export interface ContractFile {
  /** Our id, which is the AWS CLI's command: `s3`, `dynamodb`, `cognito-idp`. */
  service: string;
  /** AWS's service id: `S3`, `DynamoDB`, `Cognito Identity Provider`. */
  serviceId: string;
  apiVersion: string;
  /** The first is the one to answer in where the request does not show its protocol. */
  protocols: ProtocolName[];
  /** The service in a signature's credential scope. */
  signingName: string;
  endpointPrefix: string;
  /** What stands before the last dot of `X-Amz-Target`, and in the path of rpcv2Cbor. */
  targetPrefix?: string;
  xmlNamespace?: string;
  /** A JSON or CBOR service whose errors keep the codes of its former query protocol. */
  queryCompatible?: true;
  /**
   * `coral` unless said: which of AWS's two dialects constraint violations are told in, or `none`. `coral-hashed` tells of
   * members in the order in which a Java hash map has them.
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
  /** `[method, URI template]`, absent for `POST /`. */
  http?: [method: string, uri: string];
  /** Success status, absent for 200. */
  status?: number;
  input?: string;
  output?: string;
  errors?: string[];
  /** Name on the wire where it differs (CloudFront's date suffix). */
  wireName?: string;
  /** Root element of an XML request body, and its namespace. */
  inputRoot?: string;
  inputNamespace?: string;
  /** The element inside `<XResponse>` of the query protocol, absent for `XResult`. */
  resultWrapper?: string;
  hostPrefix?: string;
  /** Calls may come without a signature. */
  unsigned?: true;
  unsignedPayload?: true;
  /** Member that names the checksum algorithm, and whether one is required. */
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
  /** Root element where it differs from the shape's name. */
  xmlName?: string;
  xmlNamespace?: { uri: string; prefix?: string };
  sensitive?: true;
  eventStream?: true;
  event?: true;
  error?: { code?: string; status?: number; queryStatus?: number; fault?: true };
}

export interface MemberTraits {
  location?: "header" | "headers" | "query" | "uri" | "status";
  /** Name on the wire where it differs from the member's. */
  name?: string;
  /** Name in ec2Query where it differs again. */
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
  /** Element name of an entry, absent for `member`. */
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
  /** As AWS writes it (Java's dialect), for messages. */
  pattern?: string;
  /** The same for JavaScript, translated by the generator; absent where `pattern` serves as it is with the `u` flag. */
  regex?: { source: string; flags: string };
  enum?: string[];
  timestampFormat?: TimestampFormat;
  streaming?: true;
  requiresLength?: true;
  sensitive?: true;
}

/** `data/index.json`: all that start-up and routing need to know before a contract is loaded. */
export type ContractIndex = IndexEntry[];

export interface IndexEntry {
  service: string;
  serviceId: string;
  apiVersion: string;
  protocols: ProtocolName[];
  signingName: string;
  endpointPrefix: string;
  targetPrefix?: string;
  /** Names of the operations, for services that speak a query protocol: `Action` chooses among them. */
  actions?: string[];
  operationCount: number;
}
