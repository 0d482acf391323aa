import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import type { ContractFile } from "#aws/contract/format.ts";
import { crosscheck } from "./crosscheck.ts";
import { disagreements, type KnownDisagreement } from "./disagreements.ts";
import { distil } from "./distil.ts";
import { overlayOf } from "./overlay.ts";
import { type Override, overridden, withoutDropped } from "./override.ts";
import { renderContract, renderIndex } from "./render.ts";
import { readSchemas, type SdkModel } from "./sdk.ts";
import { releases, type ServiceSource, serviceSources } from "./services.ts";
import { fetchSources, type Sources } from "./sources.ts";
import { renderTypeIndex, renderTypes } from "./types.ts";

/*
 * Regenerates `src/aws/contract/{data,types}` from pinned packages of the npm registry and from the project's own `models/`.
 * The result is committed, so that no build needs the sources. To update, change the pins in `services.ts` and
 * `sdk-pins.ts`, run this, and read the diff.
 */
const services = serviceSources();
const clients = services.flatMap(([, { client }]) => client ?? []);
const sources = fetchSources(Object.values(releases), clients);

const unknown: string[] = [];
const unseen = new Set<KnownDisagreement>(disagreements);
const contracts: ContractFile[] = [];
for (const [service, source] of services) {
  const contract = await contractOf(service, source, sources);
  contracts.push(contract);
  if (source.client) compare(contract, readSchemas(sources.schemas(source.client)));
}
for (const { service, at, reason } of unseen) {
  unknown.push(`${service}: ${at} is listed (${reason}), but not found any more`);
}
if (unknown.length > 0) {
  throw new Error(`disagreements.ts does not say how botocore and the SDK differ:\n${unknown.join("\n")}`);
}

const home = new URL("../../src/aws/contract/", import.meta.url);
write("data", [
  ...contracts.map((contract) => [`${contract.service}.json`, renderContract(contract)] as const),
  ["index.json", renderIndex(contracts)],
]);
write("types", [
  ...contracts.map((contract) => [`${contract.service}.ts`, renderTypes(contract)] as const),
  ["index.ts", renderTypeIndex(contracts)],
]);

async function contractOf(service: string, source: ServiceSource, { model, schemas }: Sources) {
  const override = await overrideOf(service);
  const { client, overlay: extent } = source;
  const overlay = client && extent ? overlayOf(readSchemas(schemas(client)), extent) : undefined;
  return overridden(distil(service, withoutDropped(model(source), override), overlay), override);
}

async function overrideOf(service: string): Promise<Override> {
  const file = new URL(`./overrides/${service}.ts`, import.meta.url);
  return existsSync(file) ? (await import(file.href)).default : {};
}

function compare(contract: ContractFile, schemas: SdkModel): void {
  const { service } = contract;
  for (const difference of crosscheck(contract, schemas)) {
    const disagreement = disagreements.find((each) => each.service === service && each.at.test(difference));
    if (disagreement) unseen.delete(disagreement);
    else unknown.push(`${service}: ${difference}`);
  }
}

/** Replaces all files of the folder, so that those of removed services disappear. */
function write(folder: string, files: (readonly [name: string, text: string])[]): void {
  const path = new URL(`${folder}/`, home);
  mkdirSync(path, { recursive: true });
  for (const name of readdirSync(path)) rmSync(new URL(name, path));
  for (const [name, text] of files) writeFileSync(new URL(name, path), text);
}
