import type {
  ContractFile,
  MemberTraits,
  OperationEntry,
  ProtocolName,
  ScalarEntry,
  ScalarType,
  ShapeEntry,
  ShapeRef,
  StructureEntry,
  TimestampFormat,
} from "#aws/contract/format.ts";
import type {
  BotocoreModel,
  ModelMember,
  ModelMetadata,
  ModelNamespace,
  ModelOperation,
  ModelShape,
} from "./model.ts";
import { translatePattern } from "./patterns.ts";

/** What botocore's model of a service lacks, from other sources. */
export interface Overlay {
  structures?: Record<string, StructureOverlay>;
  lists?: Record<string, { memberName?: string }>;
  maps?: Record<string, { keyName?: string; valueName?: string }>;
}

export interface StructureOverlay {
  xmlName?: string;
  queryError?: { code: string; status: number };
  members?: Record<string, { name?: string; flattened?: true }>;
}

/** Reduces a model to the shapes that operations use, and all errors, in the committed format. */
export function distil(service: string, model: BotocoreModel, overlay: Overlay = {}): ContractFile {
  const { metadata } = model;
  const queryCompatible = metadata.awsQueryCompatible !== undefined;
  const shapes: Record<string, ShapeEntry> = {};
  const waiting: string[] = [];
  const reached = new Set<string>();

  const reach = (name: string): string => {
    if (!reached.has(name)) {
      reached.add(name);
      waiting.push(name);
    }
    return name;
  };
  const refer = (name: string): ShapeRef => {
    const shape = shapeOf(model, name);
    return isScalar(shape) && Object.keys(scalarEntry(shape)).length === 1 ? `$${shape.type}` : reach(name);
  };

  const operations: Record<string, OperationEntry> = {};
  for (const name of Object.keys(model.operations).sort()) {
    const operation = model.operations[name]!;
    operations[name] = operationEntry(name, operation);
    for (const each of [operation.input, operation.output, ...(operation.errors ?? [])]) {
      if (each) reach(each.shape);
    }
  }
  for (const [name, shape] of Object.entries(model.shapes)) if (shape.exception) reach(name);

  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    shapes[name] = shapeEntry(name, shapeOf(model, name), overlay, queryCompatible, refer);
  }

  return tidy({
    service,
    serviceId: metadata.serviceId ?? service,
    apiVersion: metadata.apiVersion ?? "",
    protocols: protocolsOf(metadata),
    signingName: metadata.signingName ?? metadata.endpointPrefix ?? service,
    endpointPrefix: metadata.endpointPrefix ?? service,
    targetPrefix: metadata.targetPrefix,
    xmlNamespace: namespace(metadata.xmlNamespace)?.uri ?? namespaceOfInputs(operations),
    queryCompatible: flag(queryCompatible),
    operations,
    shapes: Object.fromEntries([...reached].sort().map((name) => [name, shapes[name]!])),
  });
}

function operationEntry(name: string, operation: ModelOperation): OperationEntry {
  const { http, input, output, httpChecksum: checksum } = operation;
  const elsewhere = http !== undefined && (http.method !== "POST" || http.requestUri !== "/");
  const wrapper = output?.resultWrapper;
  return tidy({
    http: elsewhere ? [http.method, http.requestUri] : undefined,
    status: http?.responseCode === 200 ? undefined : http?.responseCode,
    input: input?.shape,
    output: output?.shape,
    errors: operation.errors?.length ? operation.errors.map((error) => error.shape) : undefined,
    wireName: operation.name === name ? undefined : operation.name,
    inputRoot: input?.locationName,
    inputNamespace: namespace(input?.xmlNamespace)?.uri,
    resultWrapper: wrapper === `${name}Result` ? undefined : wrapper,
    hostPrefix: operation.endpoint?.hostPrefix,
    unsigned: flag(operation.authtype === "none" || operation.auth?.includes("smithy.api#noAuth")),
    unsignedPayload: flag(operation.unsignedPayload),
    checksum:
      checksum || operation.httpChecksumRequired
        ? tidy({
            algorithmMember: checksum?.requestAlgorithmMember,
            required: flag(checksum?.requestChecksumRequired || operation.httpChecksumRequired),
            validationModeMember: checksum?.requestValidationModeMember,
            algorithms: checksum?.responseAlgorithms,
          })
        : undefined,
  });
}

function shapeEntry(
  name: string,
  shape: ModelShape,
  overlay: Overlay,
  queryCompatible: boolean,
  refer: (name: string) => ShapeRef,
): ShapeEntry {
  switch (shape.type) {
    case "structure":
      return structureEntry(name, shape, overlay.structures?.[name] ?? {}, queryCompatible, refer);
    case "list":
      return tidy({
        type: "list",
        member: refer(shape.member!.shape),
        memberName: overlay.lists?.[name]?.memberName ?? shape.member!.locationName,
        memberNamespace: namespace(shape.member!.xmlNamespace),
        ...containerTraits(shape),
      });
    case "map":
      return tidy({
        type: "map",
        key: refer(shape.key!.shape),
        value: refer(shape.value!.shape),
        keyName: overlay.maps?.[name]?.keyName ?? shape.key!.locationName,
        valueName: overlay.maps?.[name]?.valueName ?? shape.value!.locationName,
        ...containerTraits(shape),
      });
    default:
      return scalarEntry(shape);
  }
}

function structureEntry(
  name: string,
  shape: ModelShape,
  overlay: StructureOverlay,
  queryCompatible: boolean,
  refer: (name: string) => ShapeRef,
): StructureEntry {
  const members: StructureEntry["members"] = {};
  for (const [key, member] of Object.entries(shape.members ?? {})) {
    const traits = memberTraits(key, { ...member, ...overlayOf(overlay, key) });
    const ref = refer(member.shape);
    members[key] = Object.keys(traits).length > 0 ? [ref, traits] : ref;
  }
  const xmlName = shape.locationName ?? overlay.xmlName;
  return tidy({
    type: shape.union ? "union" : shape.document ? "document" : "structure",
    members,
    required: shape.required?.length ? shape.required : undefined,
    payload: shape.payload,
    xmlName: xmlName === name ? undefined : xmlName,
    xmlNamespace: namespace(shape.xmlNamespace),
    sensitive: flag(shape.sensitive),
    eventStream: flag(shape.eventstream),
    event: flag(shape.event),
    error: shape.exception ? errorEntry(name, shape, overlay, queryCompatible) : undefined,
  });
}

function overlayOf(overlay: StructureOverlay, key: string): Partial<ModelMember> {
  const facts = overlay.members?.[key];
  return tidy({ locationName: facts?.name, flattened: facts?.flattened });
}

function errorEntry(
  name: string,
  shape: ModelShape,
  overlay: StructureOverlay,
  queryCompatible: boolean,
): StructureEntry["error"] {
  const { error } = shape;
  const fault = shape.fault || error?.fault || (error?.httpStatusCode ?? 0) >= 500;
  const code = overlay.queryError?.code ?? error?.code;
  // A code that differs from the shape's name comes from the trait `awsQueryError`, and so does the status beside it.
  const queryStatus =
    overlay.queryError?.status ?? (error?.code === undefined ? undefined : error.httpStatusCode);
  return tidy({
    code: code === name ? undefined : code,
    status: error?.httpStatusCode ?? (fault ? 500 : undefined),
    queryStatus: queryCompatible ? queryStatus : undefined,
    fault: flag(fault),
  });
}

function memberTraits(name: string, member: ModelMember): MemberTraits {
  return tidy({
    location: member.location === undefined ? undefined : lookUp(locations, member.location),
    name: member.locationName === name ? undefined : member.locationName,
    queryName: member.queryName,
    flattened: flag(member.flattened),
    xmlAttribute: flag(member.xmlAttribute),
    xmlNamespace: namespace(member.xmlNamespace),
    timestampFormat: member.timestampFormat as TimestampFormat | undefined,
    streaming: flag(member.streaming),
    jsonValue: flag(member.jsonvalue),
    idempotencyToken: flag(member.idempotencyToken),
    hostLabel: flag(member.hostLabel),
    eventPayload: flag(member.eventpayload),
    eventHeader: flag(member.eventheader),
  });
}

function containerTraits(shape: ModelShape) {
  return {
    flattened: flag(shape.flattened),
    sparse: flag(shape.sparse),
    min: shape.min,
    max: shape.max,
    sensitive: flag(shape.sensitive),
  };
}

function scalarEntry(shape: ModelShape): ScalarEntry {
  if (!isScalar(shape)) throw new Error(`Unknown type of shape: ${shape.type}`);
  return tidy({
    type: shape.type as ScalarType,
    min: shape.min,
    max: shape.max,
    pattern: shape.pattern,
    regex: shape.pattern === undefined ? undefined : translatePattern(shape.pattern),
    enum: shape.enum,
    timestampFormat: shape.timestampFormat as TimestampFormat | undefined,
    streaming: flag(shape.streaming),
    requiresLength: flag(shape.requiresLength),
    sensitive: flag(shape.sensitive),
  });
}

function shapeOf(model: BotocoreModel, name: string): ModelShape {
  const shape = model.shapes[name];
  if (!shape) throw new Error(`${model.metadata.serviceId}: no shape ${name}`);
  return shape;
}

function protocolsOf(metadata: ModelMetadata): ProtocolName[] {
  const names = metadata.protocols?.length ? metadata.protocols : [metadata.protocol ?? "none"];
  return names.map((name) =>
    name === "json"
      ? metadata.jsonVersion === "1.1"
        ? "awsJson1_1"
        : "awsJson1_0"
      : lookUp(protocols, name),
  );
}

/** A rest-xml service whose model has no namespace repeats one in every request body: that is the service's. */
function namespaceOfInputs(operations: Record<string, OperationEntry>): string | undefined {
  const all = new Set(Object.values(operations).map((operation) => operation.inputNamespace));
  all.delete(undefined);
  return all.size === 1 ? [...all][0] : undefined;
}

function namespace(value: ModelNamespace | undefined) {
  return typeof value === "string" ? { uri: value } : value;
}

const protocols = {
  "rest-xml": "restXml",
  "rest-json": "restJson1",
  query: "awsQuery",
  ec2: "ec2Query",
  "smithy-rpc-v2-cbor": "rpcv2Cbor",
} as const;

const locations = {
  header: "header",
  headers: "headers",
  querystring: "query",
  uri: "uri",
  statusCode: "status",
} as const;

const scalars: Record<ScalarType, true> = {
  string: true,
  character: true,
  blob: true,
  boolean: true,
  byte: true,
  short: true,
  integer: true,
  long: true,
  biginteger: true,
  float: true,
  double: true,
  bigdecimal: true,
  timestamp: true,
};

function isScalar(shape: ModelShape): boolean {
  return Object.hasOwn(scalars, shape.type);
}

function lookUp<T extends object>(table: T, key: string): T[keyof T] {
  if (!Object.hasOwn(table, key)) throw new Error(`Unknown in a model: ${key}`);
  return table[key as keyof T];
}

const flag = (value: boolean | undefined): true | undefined => (value ? true : undefined);

/** The object without undefined values, which must not become keys in the file. */
function tidy<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
