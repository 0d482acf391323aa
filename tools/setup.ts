/**
 * What the tests need besides npm packages: Debian packages, which are installed when this runs as root, and the AWS CLI, kept in
 * `.cache/`. Run directly, this prints what is missing, and exits with 1 if anything is.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { openZip, readPackage } from "./contract/archives.ts";
import { cliPackage, releases } from "./contract/services.ts";
import { fetchPackages } from "./npm-packages.ts";

const cache = join(import.meta.dirname, "../.cache");

interface Need {
  /** The name of the Debian package. */
  package: string;
  isMet: () => boolean;
  /** Without it, its tests are skipped by name. */
  isOptional?: true;
}

const NEEDS: readonly Need[] = [
  { package: "python3", isMet: () => runs("python3", "--version") },
  { package: "postgresql", isMet: () => runs("postgres", "--version") || hasDebianPostgres() },
  { package: "rclone", isMet: () => runs("rclone", "version"), isOptional: true },
  { package: "restic", isMet: () => runs("restic", "version"), isOptional: true },
  { package: "s3cmd", isMet: () => runs("s3cmd", "--version"), isOptional: true },
];

/** Installs what is missing, if possible. @returns required packages that are still missing */
export function ensureDebianPackages(): string[] {
  const missing = NEEDS.filter((need) => !need.isMet());
  const needed = missing.filter((need) => !need.isOptional);
  if (missing.length === 0 || userInfo().uid !== 0 || !runs("apt-get", "--version")) return namesOf(needed);
  const options = { stdio: "inherit", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } } as const;
  const install = (needs: readonly Need[]) => {
    execFileSync("apt-get", ["update", "--quiet"], options);
    execFileSync("apt-get", [...INSTALL, ...namesOf(needs)], options);
  };
  try {
    install(missing);
  } catch {
    // An optional package must not block required ones, nor fail on a machine that is offline and needs nothing else.
    if (needed.length > 0) install(needed);
  }
  return namesOf(needed.filter((need) => !need.isMet()));
}

const INSTALL = ["install", "--yes", "--quiet", "--no-install-recommends"];
const namesOf = (needs: readonly Need[]) => needs.map((need) => need.package);

function runs(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Debian installs these programs outside of the path. */
function hasDebianPostgres(): boolean {
  const folder = "/usr/lib/postgresql";
  return existsSync(folder) && readdirSync(folder).some((v) => existsSync(join(folder, v, "bin/postgres")));
}

/** How to run the AWS CLI: `python3` with these arguments before the CLI's own, and these variables. */
export interface AwsCli {
  program: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}

/** The AWS CLI of the release from which the contracts are generated, downloaded at the first call. */
export function ensureAwsCli(): AwsCli {
  const release = releases.current;
  const folder = join(cache, `aws-cli-${release.version}`);
  if (!existsSync(folder)) {
    const [archive] = fetchPackages([{ name: cliPackage, ...release }]);
    const unfinished = `${folder}.${process.pid}`;
    unpack(readPackage(archive!).get("package/lib/layer.zip")!, unfinished);
    renameSync(unfinished, folder);
  }
  const home = join(folder, "awscli");
  return { program: "python3", args: [join(home, "aws")], env: { PYTHONPATH: home } };
}

function unpack(bytes: Buffer, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const zip = openZip(bytes);
  for (const name of zip.names) {
    if (name.endsWith("/")) continue;
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, zip.read(name));
  }
}

if (import.meta.main) {
  ensureAwsCli();
  const missing = ensureDebianPackages();
  if (missing.length > 0) {
    console.error(`Missing; on Debian, as root: apt-get install ${missing.join(" ")}`);
    process.exitCode = 1;
  }
}
