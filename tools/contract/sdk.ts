import { runInNewContext } from "node:vm";

/** The schemas of a client of the AWS SDK for JavaScript, with their compact arrays spelt out. */
export interface SdkModel {
  operations: Map<string, SdkOperation>;
  errors: Map<string, SdkShape>;
}

export interface SdkOperation {
  http?: [method: string, uri: string, status: number];
  input: SdkShape;
  output: SdkShape;
}

export interface SdkShape {
  kind: "structure" | "list" | "map" | "scalar";
  name: string;
  traits: Traits;
  union: boolean;
  /** A structure's members; the first `required` of them are required. */
  members: Map<string, SdkMember>;
  required: number;
  /** The members of a list or the values of a map. */
  member?: SdkMember;
  key?: SdkMember;
  /** The SDK's number for the type of a scalar. */
  scalar?: number;
}

export interface SdkMember {
  traits: Traits;
  readonly shape: SdkShape;
}

export interface Traits {
  xmlName?: string;
  xmlFlattened?: 1;
  jsonName?: string;
  ec2QueryName?: string;
  httpHeader?: string;
  httpPrefixHeaders?: string;
  httpQuery?: string;
  httpLabel?: 1;
  httpQueryParams?: 1;
  httpResponseCode?: 1;
  http?: [string, string, number];
  awsQueryError?: [code: string, status: number];
  httpError?: number;
  error?: "client" | "server";
}

/**
 * Evaluates `schemas_0.js` for its arrays. Its imports, the error classes, and their uses are removed first, as they are not
 * part of the schemas; so nothing else of the package is needed.
 */
export function readSchemas(text: string): SdkModel {
  const source = text
    .replace(/^import\s*\{[^}]*\}\s*from\s*"[^"]*";?$/gm, "")
    .replace(/^const \w+_registry = .*$/gm, "")
    .replace(/^(?:\w+_registry|TypeRegistry)\..*$/gm, "")
    .replace(/^export const errorTypeRegistries = \[[^\]]*\];?/gm, "")
    .replace(/^export (?:var|const) /gm, "var ");
  const scope: Record<string, unknown> = {};
  runInNewContext(source, scope);

  const operations = new Map<string, SdkOperation>();
  const errors = new Map<string, SdkShape>();
  const spell = speller();
  for (const value of Object.values(scope)) {
    if (!isSchema(value)) continue;
    const [kind, , name, traits] = value;
    if (kind === kinds.operation) {
      operations.set(name, { http: traitsOf(traits).http, input: spell(value[4]), output: spell(value[5]) });
    } else if (kind === kinds.error) {
      errors.set(name, spell(value));
    }
  }
  return { operations, errors };
}

type Schema = [kind: number, namespace: string, name: string, traits: unknown, ...rest: unknown[]];

const kinds = { simple: 0, list: 1, map: 2, structure: 3, union: 4, operation: 9, error: -3 };

function isSchema(value: unknown): value is Schema {
  return Array.isArray(value) && value.length > 2 && typeof value[0] === "number";
}

function speller(): (ref: unknown) => SdkShape {
  const spelt = new Map<Schema, SdkShape>();

  const member = (ref: unknown): SdkMember => {
    const [target, traits] = Array.isArray(ref) && ref.length === 2 ? ref : [ref, 0];
    return {
      traits: traitsOf(traits),
      get shape() {
        return spell(target);
      },
    };
  };
  const spell = (ref: unknown): SdkShape => {
    if (typeof ref === "function") return spell(ref());
    if (Array.isArray(ref) && ref.length === 2) return spell(ref[0]);
    if (!isSchema(ref)) return spellNumber(ref);
    let shape = spelt.get(ref);
    if (!shape) {
      shape = spellSchema(ref);
      spelt.set(ref, shape);
    }
    return shape;
  };
  const spellNumber = (ref: unknown): SdkShape => {
    if (ref === "unit") return { ...blank, kind: "structure" };
    const number = Number(ref);
    if (number & 64) return { ...blank, kind: "list", member: member(number & 63) };
    if (number & 128) return { ...blank, kind: "map", member: member(number & 63) };
    return { ...blank, kind: "scalar", scalar: number };
  };
  const spellSchema = ([kind, , name, traits, ...rest]: Schema): SdkShape => {
    const shape = { ...blank, name, traits: traitsOf(traits) };
    switch (kind) {
      case kinds.list:
        return { ...shape, kind: "list", member: member(rest[0]) };
      case kinds.map:
        return { ...shape, kind: "map", key: member(rest[0]), member: member(rest[1]) };
      case kinds.simple:
        return { ...spell(rest[0]), name, traits: shape.traits };
      default: {
        const [names, refs, required] = rest as [string[], unknown[], number | undefined];
        const members = new Map(names.map((key, index) => [key, member(refs[index])]));
        return { ...shape, kind: "structure", union: kind === kinds.union, members, required: required ?? 0 };
      }
    }
  };
  return spell;
}

const blank: Omit<SdkShape, "kind"> = { name: "", traits: {}, union: false, members: new Map(), required: 0 };

/** The traits without a value, as bits of a number. */
function traitsOf(traits: unknown): Traits {
  if (typeof traits === "object" && traits !== null) return traits;
  const bits = Number(traits);
  return tidyBits({ httpLabel: bits & 1, httpResponseCode: bits & 32, httpQueryParams: bits & 64 });
}

function tidyBits(bits: Record<string, number>): Traits {
  return Object.fromEntries(Object.entries(bits).flatMap(([name, bit]) => (bit ? [[name, 1]] : [])));
}
