import type { ListShape, MapShape, Member, Shape, StructureShape } from "../../contract/shapes.ts";
import { textWriter } from "../values/scalars.ts";
import { timestampWriter, type WriteTimestamp } from "../values/timestamps.ts";

/** Encodes the content of an element. */
export type WriteXml = (value: unknown) => string;

/**
 * Escapes quotes and line breaks as well, so that the text is valid in attributes and not normalized by
 * parsers. Control characters become references, as S3 prints them, although XML 1.0 has no valid
 * representation for them.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const special = /[<>&\u0000-\u0008\u000b-\u001f\u0085\u2028\ufffe\uffff]/;
const specials = new RegExp(special, "g");
const escapes: Record<string, string> = { "<": "&lt;", ">": "&gt;", "&": "&amp;" };

export function escapeXml(text: string): string {
  const safe = special.test(text) ? text.replace(specials, escaped) : text;
  // Quotes are handled separately, because every ETag of a listing has two and a plain search is three times
  // as fast.
  return safe.includes('"') ? safe.replaceAll('"', "&quot;") : safe;
}

function escaped(character: string): string {
  return escapes[character] ?? `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`;
}

export const xmlDeclaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

type Namespace = { uri: string; prefix?: string } | undefined;

export interface XmlWriters {
  /** Encodes the content of a shape's element. */
  content(shape: Shape, member?: Member): WriteXml;
  /** Encodes some members of a structure. */
  members(members: readonly Member[]): WriteXml;
  /** Encodes an element including its tags. */
  element(tag: string, shape: Shape, namespace?: Namespace): WriteXml;
}

/** Puts content into an element. */
export function wrapped(tag: string, write: WriteXml, namespace: Namespace): WriteXml {
  const open = `<${tag}${xmlnsOf(namespace)}>`;
  const close = `</${tag}>`;
  return (value) => open + write(value) + close;
}

type Structure = Record<string, unknown>;

/** Compiles writers, which differ only in the default format of timestamps. */
export function xmlWriters(writeTimestamp: WriteTimestamp): XmlWriters {
  const compiled = new WeakMap<Shape, WriteXml>();

  function content(shape: Shape, member?: Member): WriteXml {
    if (shape.kind === "scalar") return scalar(shape, member);
    if (shape.kind === "document") return (value) => escapeXml(JSON.stringify(value));
    const cached = compiled.get(shape);
    if (cached !== undefined) return cached;
    // A shape that contains itself finds this entry while it is being compiled.
    compiled.set(shape, (value) => write(value));
    const write = container(shape);
    compiled.set(shape, write);
    return write;
  }

  function scalar(shape: Extract<Shape, { kind: "scalar" }>, member: Member | undefined): WriteXml {
    const format = member?.timestampFormat ?? shape.timestampFormat;
    const write = textWriter(
      shape,
      format === undefined || format === "iso8601" ? writeTimestamp : timestampWriter(format),
    );
    if (shape.type !== "string" && shape.type !== "character") return write;
    return (value) => escapeXml(String(value));
  }

  function container(shape: StructureShape | ListShape | MapShape): WriteXml {
    if (shape.kind === "structure") return members(shape.members);
    return shape.kind === "list"
      ? list(shape, shape.memberName ?? "member", shape.memberNamespace)
      : map(shape, "entry");
  }

  function members(all: readonly Member[]): WriteXml {
    const elements = all
      .filter((member) => !member.xmlAttribute)
      .map((member) => ({ name: member.name, write: memberElement(member) }));
    return (value) => {
      const structure = value as Structure;
      let text = "";
      for (const { name, write } of elements) {
        const item = structure[name];
        if (item !== undefined && item !== null) text += write(item);
      }
      return text;
    };
  }

  function memberElement(member: Member): WriteXml {
    const { shape } = member;
    if (member.flattened && shape.kind === "list") return list(shape, member.xmlName, member.xmlNamespace);
    if (member.flattened && shape.kind === "map") return map(shape, member.xmlName);
    return element(member.xmlName, shape, member.xmlNamespace, member);
  }

  function list(shape: ListShape, tag: string, namespace: Namespace): WriteXml {
    const write = element(tag, shape.member, namespace);
    // Joining gives a long list a flat string; concatenation would build a tree of all its pieces.
    return (value) =>
      (value as unknown[]).map((item) => (item === undefined || item === null ? "" : write(item))).join("");
  }

  function map(shape: MapShape, tag: string): WriteXml {
    const writeKey = element(shape.keyName, shape.key);
    const writeValue = element(shape.valueName, shape.value);
    return (value) => {
      let text = "";
      for (const [key, item] of Object.entries(value as object)) {
        if (item === undefined || item === null) continue;
        text += `<${tag}>${writeKey(key)}${writeValue(item)}</${tag}>`;
      }
      return text;
    };
  }

  function element(tag: string, shape: Shape, namespace?: Namespace, member?: Member): WriteXml {
    const write = content(shape, member);
    const open = `<${tag}${xmlnsOf(namespace ?? (shape.kind === "structure" ? shape.xmlNamespace : undefined))}`;
    const close = `</${tag}>`;
    const attributes = shape.kind === "structure" ? shape.members.filter((one) => one.xmlAttribute) : [];
    if (attributes.length === 0) return (value) => `${open}>${write(value)}${close}`;
    return (value) => `${open}${attributesOf(value as Structure, attributes)}>${write(value)}${close}`;
  }

  return { content, members, element };
}

function attributesOf(structure: Structure, members: readonly Member[]): string {
  let text = "";
  for (const member of members) {
    const value = structure[member.name];
    if (value !== undefined && value !== null) text += ` ${member.xmlName}="${escapeXml(String(value))}"`;
  }
  return text;
}

function xmlnsOf(namespace: Namespace): string {
  if (namespace === undefined) return "";
  const prefix = namespace.prefix === undefined ? "" : `:${namespace.prefix}`;
  return ` xmlns${prefix}="${escapeXml(namespace.uri)}"`;
}
