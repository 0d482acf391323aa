import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { openZip, readPackage, type Zip } from "./archives.ts";
import type { BotocoreModel } from "./model.ts";
import { type SdkClient, sdkPins } from "./sdk-pins.ts";
import { cliPackage, type Release, type ServiceSource } from "./services.ts";

export interface Sources {
  /** A service's model in botocore's form and, where it is botocore's, in its newest API version. */
  model(source: ServiceSource): BotocoreModel;
  /** Text of `dist-es/schemas/schemas_0.js` of a client of the AWS SDK for JavaScript. */
  schemas(client: SdkClient): string;
}

interface Pinned {
  name: string;
  version: string;
  integrity: string;
}

/** Fetches the pinned packages in one go, into memory; nothing of them is run or kept. */
export function fetchSources(releases: Release[], clients: SdkClient[]): Sources {
  const packages = new Map<string, Buffer>();
  const wanted: Pinned[] = [...releases.map(cli), ...clients.map(sdk)];
  const folder = mkdtempSync(join(tmpdir(), "nube-contract-"));
  try {
    execFileSync("npm", ["pack", "--silent", ...wanted.map(specifier)], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
    for (const pinned of wanted) {
      const bytes = readFileSync(
        join(folder, `${pinned.name.slice(1).replace("/", "-")}-${pinned.version}.tgz`),
      );
      verify(pinned, bytes);
      packages.set(specifier(pinned), bytes);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }

  const zips = new Map<Release, Zip>();
  const zipOf = (release: Release): Zip => {
    let zip = zips.get(release);
    if (!zip) {
      const files = readPackage(packages.get(specifier(cli(release)))!);
      zip = openZip(files.get("package/lib/layer.zip")!);
      zips.set(release, zip);
    }
    return zip;
  };
  return {
    model: ({ release, folder }) =>
      release === "own" ? ownModel(folder) : newestModel(zipOf(release), folder),
    schemas(client) {
      const files = readPackage(packages.get(specifier(sdk(client)))!);
      return files.get("package/dist-es/schemas/schemas_0.js")!.toString();
    },
  };
}

const cli = (release: Release): Pinned => ({ name: cliPackage, ...release });
const sdk = (client: SdkClient): Pinned => ({ name: `@aws-sdk/client-${client}`, ...sdkPins[client] });

function specifier({ name, version }: Pinned): string {
  return `${name}@${version}`;
}

function verify(pinned: Pinned, bytes: Buffer): void {
  const found = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  if (found !== pinned.integrity) {
    throw new Error(`${specifier(pinned)} is not what was pinned: ${found} instead of ${pinned.integrity}`);
  }
}

function ownModel(folder: string): BotocoreModel {
  return JSON.parse(readFileSync(new URL(`./models/${folder}.json`, import.meta.url), "utf8"));
}

/** Releases differ in where botocore's data lies and whether it is gzipped. */
function newestModel(zip: Zip, folder: string): BotocoreModel {
  const path = new RegExp(`/botocore/data/${folder}/[\\d-]+/service-2\\.json(\\.gz)?$`);
  const newest = zip.names
    .filter((name) => path.test(name))
    .sort()
    .at(-1);
  if (newest === undefined) throw new Error(`botocore has no model of ${folder}`);
  const bytes = zip.read(newest);
  return JSON.parse((newest.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString());
}
