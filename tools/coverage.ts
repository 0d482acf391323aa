/** `npm run coverage`: writes each service's implemented and missing operations to `docs/coverage.md` and the README. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { catalog } from "#app/catalog.ts";

const root = join(import.meta.dirname, "..");

interface Coverage {
  service: string;
  /** The folder of its README; services over one store share it. */
  folder: string;
  name: string;
  implemented: string[];
  missing: string[];
}

/** @returns the new text of each file, by path */
export async function coverageFiles(): Promise<Record<string, string>> {
  const services = await Promise.all(Object.keys(catalog).sort().map(coverageOf));
  const readme = readFileSync(join(root, "README.md"), "utf8");
  return {
    "docs/coverage.md": page(services),
    "README.md": readme.replace(
      /(<!-- coverage -->\n)[\s\S]*(<!-- \/coverage -->)/,
      `$1${table(services)}$2`,
    ),
  };
}

async function coverageOf(id: string): Promise<Coverage> {
  const { contract, operations, store } = await catalog[id]!();
  const names = [...contract.operationNames].sort();
  return {
    service: id,
    folder: store,
    name: contract.serviceId,
    implemented: names.filter((name) => operations.has(name)),
    missing: names.filter((name) => !operations.has(name)),
  };
}

function table(services: readonly Coverage[]): string {
  const rows = services.map(({ folder, name, implemented, missing }) => {
    const link = `[${name}](src/services/${folder}/README.md)`;
    return `| ${link} | ${implemented.length} of ${implemented.length + missing.length} |\n`;
  });
  return `| service | operations |\n|---|---|\n${rows.join("")}`;
}

function page(services: readonly Coverage[]): string {
  const sections = services.map(({ service, name, implemented, missing }) =>
    [
      `## ${name} (\`${service}\`): ${implemented.length} of ${implemented.length + missing.length}`,
      implemented.join(" · "),
      ...(missing.length > 0 ? [`Not yet: ${missing.join(" · ")}`] : []),
    ].join("\n\n"),
  );
  return [
    "# Coverage",
    "Written by `npm run coverage` from the catalog. An operation that is not here yet answers 501 `NotImplemented` with its name.",
    ...sections,
    "",
  ].join("\n\n");
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(await coverageFiles())) writeFileSync(join(root, path), text);
}
