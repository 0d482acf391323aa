import { link } from "#aws/contract/contract.ts";
import type { ContractFile } from "#aws/contract/format.ts";
import type {
  Contract,
  Member,
  Operation,
  ScalarShape,
  Shape,
  StructureShape,
} from "#aws/contract/shapes.ts";
import type { SdkMember, SdkModel, SdkOperation, SdkShape } from "./sdk.ts";

/**
 * Compares a linked contract with the SDK's schemas, which AWS generates from Smithy models instead of
 * botocore's: what both have must be the same on the wire. What only one of them has is ignored, since the two
 * are of different dates.
 *
 * @returns one sentence per disagreement
 */
export function crosscheck(file: ContractFile, sdk: SdkModel): string[] {
  const contract = link(file);
  const differences: string[] = [];
  const check = comparer(contract, (at, ours, theirs) => {
    if (ours !== theirs) differences.push(`${at}: ${ours}, in the SDK ${theirs}`);
  });
  for (const name of contract.operationNames) {
    const theirs = sdk.operations.get(name);
    if (theirs) check.operation(contract.operation(name)!, theirs);
  }
  for (const [name, theirs] of sdk.errors) {
    const ours = contract.error(name);
    if (ours?.name === name) check.error(ours, theirs);
  }
  return differences;
}

type Compare = (at: string, ours: unknown, theirs: unknown) => void;

function comparer(contract: Contract, same: Compare) {
  const speaks = (...names: string[]) => contract.protocols.some((name) => names.includes(name));
  const ec2 = speaks("ec2Query");
  const xml = speaks("restXml", "awsQuery");
  const json = speaks("restJson1");
  // Other protocols have no HTTP bindings, and use only 400 and 500, whatever an error's status in the model.
  const rest = speaks("restXml", "restJson1");
  const queryErrors = speaks("awsQuery");
  const seen = new Set<string>();

  const operation = (ours: Operation, theirs: SdkOperation): void => {
    if (rest && theirs.http) {
      const [method, uri, status] = theirs.http;
      same(`${ours.name} method`, ours.method, method);
      same(`${ours.name} URI`, pathOf(contract, ours.uri), pathOf(contract, uri));
      same(`${ours.name} status`, ours.status, status);
    }
    shape(`${ours.name} input`, ours.input, theirs.input);
    shape(`${ours.name} output`, ours.output, theirs.output);
  };

  const error = (ours: StructureShape, theirs: SdkShape): void => {
    const { error: traits } = ours;
    same(`${ours.name} fault`, traits?.fault, theirs.traits.error === "server");
    const [code, status] = theirs.traits.awsQueryError ?? [ours.name, theirs.traits.httpError];
    if (queryErrors) same(`${ours.name} code`, traits?.code, code);
    if (contract.queryCompatible)
      same(`${ours.name} query status`, traits?.queryStatus, theirs.traits.awsQueryError?.[1]);
    else if ((rest || queryErrors) && status) same(`${ours.name} status`, traits?.status ?? 400, status);
    shape(ours.name, ours, theirs);
  };

  const shape = (at: string, ours: Shape, theirs: SdkShape): void => {
    const pair = `${ours.kind} ${ours.name} ${theirs.name}`;
    if (ours.kind !== "scalar" && seen.has(pair)) return;
    seen.add(pair);
    if (ours.kind === "scalar") {
      same(
        `${at} type`,
        scalarKind(ours),
        theirs.kind === "scalar" ? sdkScalars[theirs.scalar!] : theirs.kind,
      );
    } else if (ours.kind === "document") {
      same(`${at} type`, "document", sdkScalars[theirs.scalar ?? -1]);
    } else if (ours.kind !== theirs.kind) {
      same(`${at} kind`, ours.kind, theirs.kind);
    } else if (ours.kind === "structure") {
      structure(ours, theirs);
    } else if (ours.kind === "list") {
      const name = theirs.member!.traits.xmlName ?? "member";
      if (xml && !ours.flattened) same(`${ours.name} member name`, ours.memberName ?? "member", name);
      shape(ours.name, ours.member, theirs.member!.shape);
    } else {
      if (xml) same(`${ours.name} key name`, ours.keyName, theirs.key?.traits.xmlName ?? "key");
      if (xml) same(`${ours.name} value name`, ours.valueName, theirs.member!.traits.xmlName ?? "value");
      shape(ours.name, ours.value, theirs.member!.shape);
    }
  };

  const structure = (ours: StructureShape, theirs: SdkShape): void => {
    const required = [...theirs.members.keys()].slice(0, theirs.required);
    for (const [name, sdkMember] of theirs.members) {
      const mine = ours.member(name);
      if (!mine) continue;
      const at = `${ours.name}.${name}`;
      // The SDK drops the requirement of a member that it fills in itself or that has a default; it never adds one.
      if (required.includes(name)) same(`${at} required`, mine.required, true);
      member(at, mine, sdkMember);
      shape(at, mine.shape, sdkMember.shape);
    }
  };

  const member = (at: string, ours: Member, { traits }: SdkMember): void => {
    const location = rest ? locationOf(traits) : undefined;
    same(`${at} location`, ours.location, location);
    if (location === "uri" || location === "status") return;
    if (location !== undefined) {
      const name = traits.httpHeader ?? traits.httpPrefixHeaders ?? traits.httpQuery;
      if (name !== undefined) same(`${at} ${location}`, ours.locationName, name);
    } else if (ec2) {
      same(`${at} element`, ours.xmlName, traits.xmlName ?? ours.name);
      same(`${at} query name`, ours.ec2Name, traits.ec2QueryName ?? capitalized(traits.xmlName ?? ours.name));
    } else if (xml) {
      same(`${at} element`, ours.xmlName, traits.xmlName ?? ours.name);
      same(`${at} flattened`, ours.flattened, traits.xmlFlattened === 1);
    } else if (json) {
      same(`${at} key`, ours.jsonName, traits.jsonName ?? ours.name);
    }
  };
  return { operation, error };
}

function locationOf(traits: SdkMember["traits"]): Member["location"] {
  if (traits.httpHeader !== undefined) return "header";
  if (traits.httpPrefixHeaders !== undefined) return "headers";
  if (traits.httpQuery !== undefined || traits.httpQueryParams) return "query";
  if (traits.httpLabel) return "uri";
  return traits.httpResponseCode ? "status" : undefined;
}

/** Ignores names of labels, the parameter `x-id` that the SDK adds, and the bucket, which the SDK puts into the host. */
function pathOf(contract: Contract, uri: string): string {
  const path = uri.replace(/[?&]x-id=\w+/, "").replace(/\{[\w-]+(\+?)\}/g, "{$1}");
  return contract.service === "s3" ? path.replace(/^\/\{\}(?=\/|\?|$)\/?/, "/") : path;
}

function capitalized(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

/** The SDK has one type for all numbers. */
function scalarKind(shape: ScalarShape): string {
  switch (shape.type) {
    case "string":
    case "character":
      return "string";
    case "blob":
    case "boolean":
    case "timestamp":
      return shape.type;
    default:
      return "number";
  }
}

const sdkScalars: Record<number, string> = {
  0: "string",
  1: "number",
  2: "boolean",
  4: "timestamp",
  5: "timestamp",
  6: "timestamp",
  7: "timestamp",
  15: "document",
  17: "number",
  19: "number",
  21: "blob",
  42: "blob",
};
