import type { Member, Operation, StructureShape } from "../../contract/shapes.ts";
import type { WireRequest } from "../protocol.ts";
import { setOwn } from "../values/malformed.ts";
import { textReader } from "../values/scalars.ts";
import { headerReader, headerText, headerWriter, type ReadHeader } from "./header-values.ts";

type Structure = Record<string, unknown>;
type Read = (request: WireRequest, input: Structure) => void;

/** Reads the members that are bound to the path, the query string and the headers. */
export function bindingsReader(operation: Operation): Read {
  const reads = operation.input.httpMembers.map(reading);
  return (request, input) => {
    for (const read of reads) read(request, input);
  };
}

function reading(member: Member): Read {
  switch (member.location) {
    case "uri":
      return labelReading(member);
    case "query":
      return member.shape.kind === "map" ? queryMapReading(member) : queryReading(member);
    case "headers":
      return prefixReading(member);
    default:
      return headerReading(member);
  }
}

function labelReading(member: Member): Read {
  const { name, locationName } = member;
  const read = scalarReader(member);
  return (request, input) => {
    const text = request.labels[locationName];
    if (text !== undefined) input[name] = read(text);
  };
}

function headerReading(member: Member): Read {
  const { name } = member;
  const header = member.locationName.toLowerCase();
  const read: ReadHeader = headerReader(member);
  const keepsEmpty = isText(member);
  return (request, input) => {
    const value = request.headers[header];
    if (value !== undefined && (value !== "" || keepsEmpty)) input[name] = read(value);
  };
}

function prefixReading(member: Member): Read {
  const prefix = member.locationName.toLowerCase();
  return (request, input) => {
    let map: Structure | undefined;
    for (const header in request.headers) {
      if (!header.startsWith(prefix) || header.length === prefix.length) continue;
      setOwn((map ??= {}), header.slice(prefix.length), request.headers[header]);
    }
    if (map !== undefined) input[member.name] = map;
  };
}

function queryReading(member: Member): Read {
  const { name, locationName, shape } = member;
  if (shape.kind === "list") {
    if (shape.member.kind !== "scalar") throw new Error(`${name}: this shape has no query form`);
    const read = textReader(shape.member);
    return (request, input) => {
      for (const [key, value] of request.query) {
        if (key === locationName) ((input[name] ??= []) as unknown[]).push(read(value));
      }
    };
  }
  const read = scalarReader(member);
  const keepsEmpty = isText(member);
  return (request, input) => {
    for (const [key, value] of request.query) {
      if (key !== locationName) continue;
      if (value !== "" || keepsEmpty) input[name] = read(value);
      return;
    }
  };
}

/** Reads all parameters, including those of other members, as Smithy specifies for servers. */
function queryMapReading(member: Member): Read {
  const { name, shape } = member;
  const many = shape.kind === "map" && shape.value.kind === "list";
  return (request, input) => {
    let map: Structure | undefined;
    for (const [key, value] of request.query) {
      map ??= {};
      const exists = Object.hasOwn(map, key);
      if (many && exists) (map[key] as string[]).push(value);
      else if (!exists) setOwn(map, key, many ? [value] : value);
    }
    if (map !== undefined) input[name] = map;
  };
}

function scalarReader(member: Member): (text: string) => unknown {
  if (member.shape.kind !== "scalar") throw new Error(`${member.name}: this shape has no text form`);
  return textReader(member.shape);
}

/** Whether an empty string is a valid value: only for text. */
function isText(member: Member): boolean {
  return member.shape.kind === "scalar" && member.shape.type === "string" && !member.jsonValue;
}

type Write = (output: Structure, headers: Record<string, string>) => void;

/** Writes the members that are bound to headers. */
export function headersWriter(shape: StructureShape): Write {
  const writes = shape.httpMembers.flatMap((member): Write[] => {
    if (member.location === "header") return [headerWriting(member)];
    return member.location === "headers" ? [prefixWriting(member)] : [];
  });
  return (output, headers) => {
    for (const write of writes) write(output, headers);
  };
}

function headerWriting(member: Member): Write {
  const { name, shape } = member;
  const header = member.locationName.toLowerCase();
  const write = headerWriter(member);
  return (output, headers) => {
    const value = output[name];
    if (value === undefined || value === null) return;
    if (shape.kind === "list" && (value as unknown[]).length === 0) return;
    headers[header] = write(value);
  };
}

function prefixWriting(member: Member): Write {
  const prefix = member.locationName.toLowerCase();
  return (output, headers) => {
    for (const [key, value] of Object.entries(output[member.name] ?? {})) {
      headers[prefix + key] = headerText(String(value));
    }
  };
}

/** The member that holds the HTTP status, if a shape has one. */
export function statusMember(shape: StructureShape): string | undefined {
  return shape.httpMembers.find((member) => member.location === "status")?.name;
}
