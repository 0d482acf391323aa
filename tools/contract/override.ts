import type { ContractFile, OperationEntry, ShapeEntry } from "#aws/contract/format.ts";
import type { BotocoreModel } from "./model.ts";

/** Facts that the sources lack or have wrong, by hand; each entry of a file in `overrides/` tells its evidence. */
export interface Override {
  service?: Partial<Omit<ContractFile, "service" | "operations" | "shapes">>;
  /** Operations that are left out. */
  drop?: string[];
  operations?: Record<string, Partial<OperationEntry>>;
  /** Traits and constraints of shapes; of structures not the members, but what stands beside them. */
  shapes?: Record<string, Partial<ShapeEntry>>;
}

export function withoutDropped(model: BotocoreModel, { drop = [] }: Override): BotocoreModel {
  const operations = { ...model.operations };
  for (const name of drop) {
    if (!(name in operations)) throw new Error(`No operation ${name} to drop`);
    delete operations[name];
  }
  return { ...model, operations };
}

export function overridden(contract: ContractFile, override: Override): ContractFile {
  return {
    ...contract,
    ...override.service,
    operations: merged(contract.operations, override.operations),
    shapes: merged(contract.shapes, override.shapes),
  };
}

function merged<T extends object>(entries: Record<string, T>, changes: Record<string, Partial<T>> = {}) {
  const result = { ...entries };
  for (const [name, change] of Object.entries(changes)) {
    const entry = result[name];
    if (!entry) throw new Error(`Nothing is called ${name} any more`);
    result[name] = { ...entry, ...change };
  }
  return result;
}
