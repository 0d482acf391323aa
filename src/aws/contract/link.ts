import type {
  ContractFile,
  ListEntry,
  MapEntry,
  MemberTraits,
  ScalarEntry,
  ScalarType,
  ShapeEntry,
  ShapeRef,
  StructureEntry,
} from "./format.ts";
import type { ListShape, MapShape, Member, ScalarShape, Shape, StructureShape } from "./shapes.ts";

type Shapes = Pick<ContractFile, "service" | "protocols" | "shapes">;

/** Creates a shape at its first use and always returns the same object, so shapes may be circular. */
interface Linker {
  shape(ref: ShapeRef): Shape;
  entry(ref: ShapeRef): ShapeEntry | undefined;
  /** Whether JSON bodies use a member's wire name as the key. Only restJson1 does. */
  renamesJson: boolean;
}

export function linkShapes(file: Shapes): { structure(name: string): StructureShape } {
  const linked = new Map<string, Shape>();
  const linker: Linker = {
    renamesJson: file.protocols.includes("restJson1"),
    entry: (ref) => file.shapes[ref],
    shape(ref) {
      let shape = linked.get(ref);
      if (!shape) {
        shape = ref.startsWith("$") ? plainScalar(ref) : linkShape(ref, entryOf(file, ref), linker);
        linked.set(ref, shape);
      }
      return shape;
    },
  };
  return {
    structure(name) {
      const shape = linker.shape(name);
      if (shape.kind !== "structure") throw new Error(`${file.service}: ${name} is no structure`);
      return shape;
    },
  };
}

/** The input or output of an operation for which the model has no shape. */
export const unitShape = linkShapes({
  service: "",
  protocols: [],
  shapes: { Unit: { type: "structure", members: {} } },
}).structure("Unit");

function entryOf(file: Shapes, name: string): ShapeEntry {
  const entry = file.shapes[name];
  if (!entry) throw new Error(`${file.service}: no shape ${name}`);
  return entry;
}

function linkShape(name: string, entry: ShapeEntry, linker: Linker): Shape {
  switch (entry.type) {
    case "document":
      return { kind: "document", name };
    case "structure":
    case "union":
      return linkStructure(name, entry, linker);
    case "list":
      return linkList(name, entry, linker);
    case "map":
      return linkMap(name, entry, linker);
    default:
      return linkScalar(name, entry);
  }
}

function linkStructure(name: string, entry: StructureEntry, linker: Linker): StructureShape {
  const required = entry.required ?? [];
  const members = Object.entries(entry.members).map(([key, value]) => {
    const [ref, traits] = typeof value === "string" ? [value, {}] : value;
    return linkMember(key, ref, traits, required.includes(key), linker);
  });
  const byName = new Map(members.map((member) => [member.name, member]));
  const { error } = entry;
  return {
    kind: "structure",
    name,
    members,
    member: (key) => byName.get(key),
    bodyMembers: members.filter((member) => member.location === undefined),
    httpMembers: members.filter((member) => member.location !== undefined),
    payload: entry.payload === undefined ? undefined : byName.get(entry.payload),
    required,
    union: entry.type === "union",
    eventStream: entry.eventStream ?? false,
    event: entry.event ?? false,
    sensitive: entry.sensitive ?? false,
    xmlName: entry.xmlName,
    xmlNamespace: entry.xmlNamespace,
    error: error && {
      code: error.code ?? name,
      status: error.status,
      queryStatus: error.queryStatus,
      fault: error.fault ?? false,
    },
  };
}

function linkMember(
  name: string,
  ref: ShapeRef,
  traits: MemberTraits,
  required: boolean,
  linker: Linker,
): Member {
  const target = linker.entry(ref);
  const flattenedList = target?.type === "list" && target.flattened ? target.memberName : undefined;
  const wireName = traits.name ?? name;
  const xmlName = traits.name ?? flattenedList ?? name;
  const scalar = target && "timestampFormat" in target ? target.timestampFormat : undefined;
  return {
    name,
    get shape() {
      return linker.shape(ref);
    },
    required,
    location: traits.location,
    locationName: wireName,
    jsonName: linker.renamesJson && traits.location === undefined ? wireName : name,
    xmlName,
    queryName: xmlName,
    ec2Name: traits.queryName ?? capitalized(wireName),
    flattened:
      traits.flattened ?? (target !== undefined && "flattened" in target && target.flattened === true),
    xmlAttribute: traits.xmlAttribute ?? false,
    xmlNamespace: traits.xmlNamespace,
    timestampFormat: traits.timestampFormat ?? scalar,
    streaming:
      traits.streaming ?? (target !== undefined && "streaming" in target && target.streaming === true),
    jsonValue: traits.jsonValue ?? false,
    idempotencyToken: traits.idempotencyToken ?? false,
    hostLabel: traits.hostLabel ?? false,
    eventPayload: traits.eventPayload ?? false,
    eventHeader: traits.eventHeader ?? false,
  };
}

function linkList(name: string, entry: ListEntry, linker: Linker): ListShape {
  return {
    kind: "list",
    name,
    get member() {
      return linker.shape(entry.member);
    },
    memberName: entry.memberName,
    memberNamespace: entry.memberNamespace,
    flattened: entry.flattened ?? false,
    sparse: entry.sparse ?? false,
    min: entry.min,
    max: entry.max,
    sensitive: entry.sensitive ?? false,
  };
}

function linkMap(name: string, entry: MapEntry, linker: Linker): MapShape {
  return {
    kind: "map",
    name,
    get key() {
      return linker.shape(entry.key);
    },
    get value() {
      return linker.shape(entry.value);
    },
    keyName: entry.keyName ?? "key",
    valueName: entry.valueName ?? "value",
    flattened: entry.flattened ?? false,
    sparse: entry.sparse ?? false,
    min: entry.min,
    max: entry.max,
    sensitive: entry.sensitive ?? false,
  };
}

function linkScalar(name: string, entry: ScalarEntry): ScalarShape {
  let regex: RegExp | undefined;
  return {
    kind: "scalar",
    name,
    type: entry.type,
    min: entry.min,
    max: entry.max,
    pattern: entry.pattern,
    get regex() {
      if (entry.pattern === undefined) return undefined;
      return (regex ??= new RegExp(
        `^(?:${entry.regex?.source ?? entry.pattern})$`,
        entry.regex?.flags ?? "u",
      ));
    },
    enum: entry.enum,
    timestampFormat: entry.timestampFormat,
    streaming: entry.streaming ?? false,
    sensitive: entry.sensitive ?? false,
  };
}

const plainScalars = new Map<ShapeRef, ScalarShape>();

/** Returns a scalar without traits; these are the same in every service. */
function plainScalar(ref: ShapeRef): ScalarShape {
  let shape = plainScalars.get(ref);
  if (!shape) {
    const type = ref.slice(1) as ScalarType;
    shape = linkScalar(type, { type });
    plainScalars.set(ref, shape);
  }
  return shape;
}

function capitalized(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}
