import { readFileSync } from "node:fs";
import type { ContractFile, ContractIndex, OperationEntry } from "./format.ts";
import { linkShapes, unitShape } from "./link.ts";
import type { Contract, Member, Operation, StructureShape } from "./shapes.ts";
import type { ServiceName } from "./types/index.ts";

const loaded = new Map<string, Contract>();

/**
 * Loads a contract at its first use, and caches it.
 * @param service an id from the index; any other throws
 */
export function loadContract(service: string): Contract {
  let contract = loaded.get(service);
  if (!contract) {
    contract = link(readJson<ContractFile>(new URL(`./data/${service}.json`, import.meta.url)));
    loaded.set(service, contract);
  }
  return contract;
}

let index: ContractIndex | undefined;

/** The facts about every service that startup and routing need, without loading a contract. */
export function loadIndex(): ContractIndex {
  return (index ??= readJson<ContractIndex>(new URL("./data/index.json", import.meta.url)));
}

export function serviceNames(): ServiceName[] {
  return loadIndex().map((entry) => entry.service as ServiceName);
}

/** Links lazily: an operation when it is looked up, a shape when a member refers to it. */
export function link(file: ContractFile): Contract {
  const { structure } = linkShapes(file);
  const operations = new Map<string, Operation>();
  let errors: Map<string, string> | undefined;

  const contract: Contract = {
    service: file.service,
    serviceId: file.serviceId,
    apiVersion: file.apiVersion,
    protocols: file.protocols,
    signingName: file.signingName,
    endpointPrefix: file.endpointPrefix,
    targetPrefix: file.targetPrefix,
    xmlNamespace: file.xmlNamespace,
    queryCompatible: file.queryCompatible ?? false,
    validation: file.validation ?? "coral",
    operationNames: Object.keys(file.operations),
    operation(name) {
      const cached = operations.get(name);
      if (cached) return cached;
      if (!Object.hasOwn(file.operations, name)) return undefined;
      const operation = linkOperation(contract, name, file.operations[name]!, structure);
      operations.set(name, operation);
      return operation;
    },
    error(code) {
      errors ??= errorsByCode(file);
      const name = errors.get(code);
      return name === undefined ? undefined : structure(name);
    },
  };
  return contract;
}

function linkOperation(
  contract: Contract,
  name: string,
  entry: OperationEntry,
  structure: (name: string) => StructureShape,
): Operation {
  const input = entry.input === undefined ? unitShape : structure(entry.input);
  const output = entry.output === undefined ? unitShape : structure(entry.output);
  const wrapped = entry.output !== undefined && contract.protocols.includes("awsQuery");
  return {
    contract,
    name,
    wireName: entry.wireName ?? name,
    method: entry.http?.[0] ?? "POST",
    uri: entry.http?.[1] ?? "/",
    status: entry.status ?? 200,
    input,
    output,
    hasOutput: entry.output !== undefined,
    errors: entry.errors ?? [],
    inputRoot: entry.inputRoot,
    inputNamespace: entry.inputNamespace,
    resultWrapper: entry.resultWrapper ?? (wrapped ? `${name}Result` : undefined),
    hostPrefix: entry.hostPrefix,
    unsigned: entry.unsigned ?? false,
    unsignedPayload: entry.unsignedPayload ?? false,
    checksum: entry.checksum,
    streamingInput: input.members.find((member) => member.streaming),
    streamingOutput: output.members.find((member) => member.streaming),
    eventOutput: output.members.find(carriesEvents),
    eventInput: input.members.find(carriesEvents),
  };
}

function carriesEvents(member: Member): boolean {
  return member.shape.kind === "structure" && member.shape.eventStream;
}

/** Shape names take precedence over wire codes, since some codes are names of other shapes. */
function errorsByCode(file: ContractFile): Map<string, string> {
  const byName = new Map<string, string>();
  const byCode = new Map<string, string>();
  for (const [name, entry] of Object.entries(file.shapes)) {
    if (!("error" in entry) || !entry.error) continue;
    byName.set(name, name);
    if (entry.error.code !== undefined && !byCode.has(entry.error.code)) byCode.set(entry.error.code, name);
  }
  return new Map([...byCode, ...byName]);
}

function readJson<T>(url: URL): T {
  return JSON.parse(readFileSync(url, "utf8"));
}
