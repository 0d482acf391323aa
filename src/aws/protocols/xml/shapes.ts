import type { ListShape, MapShape, Member, Shape, StructureShape } from "../../contract/shapes.ts";
import { Malformed, setOwn } from "../values/malformed.ts";
import { textReader } from "../values/scalars.ts";
import type { XmlElement } from "./reader.ts";

/** Decodes a shape's value from its element. */
export type ReadXml = (element: XmlElement) => unknown;

const compiled = new WeakMap<Shape, ReadXml>();

export function xmlReader(shape: Shape): ReadXml {
  if (shape.kind === "scalar") return scalar(shape);
  if (shape.kind === "document") throw new Error(`${shape.name}: a document has no XML form`);
  const cached = compiled.get(shape);
  if (cached !== undefined) return cached;
  // A shape that contains itself finds this entry while it is being compiled.
  compiled.set(shape, (element) => read(element));
  const read = container(shape);
  compiled.set(shape, read);
  return read;
}

/** For a structure at the top of a body, of which some members are elsewhere. */
export function xmlMembersReader(shape: StructureShape, members: readonly Member[]): ReadXml {
  const elements = new Map(
    members.filter((member) => !member.xmlAttribute).map((one) => [one.xmlName, reading(one)]),
  );
  const attributes = members.filter((member) => member.xmlAttribute).map(attributeReading);
  return (element) => {
    const result: Record<string, unknown> = {};
    for (const child of element.children) elements.get(child.name)?.(result, child);
    for (const read of attributes) read(result, element);
    if (shape.union && Object.keys(result).length > 1)
      throw new Malformed("A union has more than one member");
    return result;
  };
}

type Collect = (result: Record<string, unknown>, element: XmlElement) => void;

function reading(member: Member): Collect {
  const { name, shape } = member;
  if (member.flattened && shape.kind === "list") {
    const read = xmlReader(shape.member);
    return (result, element) => {
      ((result[name] ??= []) as unknown[]).push(read(element));
    };
  }
  if (member.flattened && shape.kind === "map") {
    const readEntry = mapEntry(shape);
    return (result, element) => readEntry((result[name] ??= {}) as Record<string, unknown>, element);
  }
  const read = xmlReader(shape);
  return (result, element) => {
    result[name] = read(element);
  };
}

function attributeReading(member: Member): Collect {
  if (member.shape.kind !== "scalar") throw new Error(`${member.name}: an attribute must be a scalar`);
  const read = textReader(member.shape);
  const local = member.xmlName.slice(member.xmlName.indexOf(":") + 1);
  return (result, element) => {
    for (const [name, value] of element.attributes ?? []) {
      if (name === member.xmlName || name.endsWith(`:${local}`)) result[member.name] = read(value);
    }
  };
}

function container(shape: StructureShape | ListShape | MapShape): ReadXml {
  switch (shape.kind) {
    case "structure":
      return xmlMembersReader(shape, shape.members);
    case "list": {
      const read = xmlReader(shape.member);
      const { memberName } = shape;
      return (element) => {
        const entries =
          memberName === undefined
            ? element.children
            : element.children.filter((child) => child.name === memberName);
        return entries.map(read);
      };
    }
    case "map": {
      const readEntry = mapEntry(shape);
      return (element) => {
        const map: Record<string, unknown> = {};
        for (const entry of element.children) readEntry(map, entry);
        return map;
      };
    }
  }
}

function mapEntry(shape: MapShape): Collect {
  const readValue = xmlReader(shape.value);
  return (map, entry) => {
    const key = entry.children.find((child) => child.name === shape.keyName);
    const value = entry.children.find((child) => child.name === shape.valueName);
    if (key === undefined || value === undefined) throw new Malformed("A map's entry lacks its key or value");
    setOwn(map, key.text, readValue(value));
  };
}

function scalar(shape: Extract<Shape, { kind: "scalar" }>): ReadXml {
  const read = textReader(shape);
  return (element) => {
    if (element.children.length > 0)
      throw new Malformed(`<${element.name}> has elements where text is expected`);
    return read(element.text);
  };
}
