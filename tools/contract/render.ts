import type { ContractFile, ContractIndex, IndexEntry } from "#aws/contract/format.ts";

/** One line per operation and per shape. */
export function renderContract(contract: ContractFile): string {
  const { operations, shapes, ...head } = contract;
  return `{${JSON.stringify(head).slice(1, -1)},\n"operations":{\n${lines(operations)}\n},\n"shapes":{\n${lines(shapes)}\n}}\n`;
}

function lines(entries: object): string {
  return Object.entries(entries)
    .map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`)
    .join(",\n");
}

/** One line per service. */
export function renderIndex(contracts: ContractFile[]): string {
  const index: ContractIndex = contracts.map(indexEntry);
  return `[\n${index.map((entry) => JSON.stringify(entry)).join(",\n")}\n]\n`;
}

function indexEntry(contract: ContractFile): IndexEntry {
  const names = Object.keys(contract.operations);
  const query = contract.protocols.includes("awsQuery") || contract.protocols.includes("ec2Query");
  return {
    service: contract.service,
    serviceId: contract.serviceId,
    apiVersion: contract.apiVersion,
    protocols: contract.protocols,
    signingName: contract.signingName,
    endpointPrefix: contract.endpointPrefix,
    targetPrefix: contract.targetPrefix,
    actions: query ? names : undefined,
    operationCount: names.length,
  };
}
