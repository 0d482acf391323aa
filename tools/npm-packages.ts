import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A package that is read, never installed; the registry must return exactly these bytes. */
export interface PinnedPackage {
  name: string;
  version: string;
  /** In the format of a lock file: `sha512-…`. */
  integrity: string;
}

/**
 * Downloads the archives of scoped packages at once, and returns them in this order.
 * @throws {Error} if one differs from its pin
 */
export function fetchPackages(packages: readonly PinnedPackage[]): Buffer[] {
  const folder = mkdtempSync(join(tmpdir(), "nube-packages-"));
  try {
    execFileSync("npm", ["pack", "--silent", ...packages.map(specifier)], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
    return packages.map((pinned) => {
      const name = `${pinned.name.slice(1).replace("/", "-")}-${pinned.version}.tgz`;
      return verified(pinned, readFileSync(join(folder, name)));
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const specifier = ({ name, version }: PinnedPackage) => `${name}@${version}`;

function verified(pinned: PinnedPackage, bytes: Buffer): Buffer {
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  if (integrity === pinned.integrity) return bytes;
  throw new Error(`${specifier(pinned)} is not what was pinned: ${integrity} instead of ${pinned.integrity}`);
}
