import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { fetchPackages, type PinnedPackage } from "../npm-packages.ts";
import { openZip, readPackage, type Zip } from "./archives.ts";
import type { BotocoreModel } from "./model.ts";
import { type SdkClient, sdkPins } from "./sdk-pins.ts";
import { cliPackage, type Release, type ServiceSource } from "./services.ts";

export interface Sources {
  /** A service's model in botocore's format; if it is botocore's, of the newest API version. */
  model(source: ServiceSource): BotocoreModel;
  /** The text of `dist-es/schemas/schemas_0.js` of a client of the AWS SDK for JavaScript. */
  schemas(client: SdkClient): string;
}

/** Downloads the pinned packages into memory; none of their code runs, and nothing is stored. */
export function fetchSources(releases: Release[], clients: SdkClient[]): Sources {
  const clis = packages(releases, releases.map(cli));
  const sdks = packages(clients, clients.map(sdk));

  const zips = new Map<Release, Zip>();
  const zipOf = (release: Release): Zip => {
    let zip = zips.get(release);
    if (!zip) {
      const files = readPackage(clis.get(release)!);
      zip = openZip(files.get("package/lib/layer.zip")!);
      zips.set(release, zip);
    }
    return zip;
  };
  return {
    model: ({ release, folder }) =>
      release === "own" ? ownModel(folder) : newestModel(zipOf(release), folder),
    schemas(client) {
      const files = readPackage(sdks.get(client)!);
      return files.get("package/dist-es/schemas/schemas_0.js")!.toString();
    },
  };
}

const cli = (release: Release): PinnedPackage => ({ name: cliPackage, ...release });
const sdk = (client: SdkClient): PinnedPackage => ({ name: `@aws-sdk/client-${client}`, ...sdkPins[client] });

function packages<T>(keys: readonly T[], pins: readonly PinnedPackage[]): Map<T, Buffer> {
  const archives = fetchPackages(pins);
  return new Map(keys.map((key, i) => [key, archives[i]!]));
}

function ownModel(folder: string): BotocoreModel {
  return JSON.parse(readFileSync(new URL(`./models/${folder}.json`, import.meta.url), "utf8"));
}

/** Releases differ in the place of botocore's data, and in whether it is gzipped. */
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
